//! The act itself: whether the user asked for such a tool, and whether text of a stranger did.
//!
//! Must never speak for a tool that only reads.

use ringfence_model::label::{Integrity, Label};
use ringfence_model::provenance::{Origin, Resemblance, Role, Source, Word};

use crate::index::Index;
use crate::lexicon::Acts;
use crate::trace::{Asking, Found, source};
use crate::user::{self, Words};

/// Acts that nobody undoes: unheard, the model does none of them without a word that says with what.
const GRAVE: Acts = Acts::PAY.and(Acts::DELETE).and(Acts::ADMIN).and(Acts::EXECUTE).and(Acts::SEND);

/// Those that a stranger's order is enough to doubt, whatever steers them.
const BY_ITSELF: Acts = Acts::PAY.and(Acts::DELETE).and(Acts::ADMIN).and(Acts::EXECUTE);

/// Those that carry something to where a value says.
const OUT: Acts = Acts::NETWORK;

/// What the values of a call say of the act.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs {
    /// A value that steers could not be come by by chance and stands nowhere.
    pub(crate) made_up: bool,
    /// All that steers was handed over before anything of strangers was read, or is the user's.
    pub(crate) given: bool,
    /// What is said was ordered by a text that speaks to a model.
    pub(crate) dictated: bool,
    /// A URL that stands nowhere has text encoded in it.
    pub(crate) encoded: bool,
}

/// What is known of the act.
#[derive(Debug)]
pub(crate) struct Act {
    acts: Acts,
    /// The user's words ask for it, or the user is not heard at all.
    pub(crate) asked: bool,
    /// They ask for a payment, and that is what the tool does.
    pub(crate) asked_to_pay: bool,
    /// They ask for something to be done, if not for this.
    wants: bool,
    /// The user was heard to ask for it.
    asked_aloud: bool,
    /// Stems of the tool's name.
    name: Vec<u32>,
}

impl Act {
    pub(crate) fn of(index: &Index, words: &Words, asking: &Asking<'_>) -> Self {
        let acts = Acts::of(asking.effects);
        let name: Vec<u32> =
            user::words_of_name(asking.tool).map(|word| user::token(index.seed, word)).collect();
        let wants = words.wants(asking.now);
        // Who only wants to be told of an application has not asked for it to be moved.
        let nouns = if wants || !words.any(asking.now) { &*name } else { &[] };
        let asked = words.asked(acts, nouns, asking.now);
        let asked_to_pay = acts.meets(Acts::PAY) && words.asked(Acts::PAY, &[], asking.now);
        let asked_aloud = asked && words.any(asking.now);
        Self { acts, asked, asked_to_pay, wants, asked_aloud, name }
    }

    /// The entry for the act, where it says more than the values do.
    pub(crate) fn origin(
        &self,
        index: &Index,
        words: &Words,
        asking: &Asking<'_>,
        values: &[Origin],
        signs: Signs,
    ) -> Option<Origin> {
        if self.acts.is_none() {
            return None;
        }
        let heard = words.any(asking.now);
        let steered =
            values.iter().filter(|value| value.role == Role::Consequential).map(|value| value.word).max();
        let strangers = asking.floor.integrity == Integrity::Untrusted;
        // To be the user's own, an act needs more than a verb that could mean anything: its name, a payment, a removal.
        let nouns = if self.wants { &*self.name } else { &[] };
        let said = words.asked(Acts(self.acts.0 & Acts::PAY.and(Acts::DELETE).0), nouns, asking.now);
        if heard && said && steered.is_none() {
            return Some(entry(Word::User, None, asking.floor));
        }
        if !strangers {
            return None;
        }
        let ordered = self.ordered(index);
        let to_a_model = ordered.as_ref().is_some_and(|(_, to_a_model)| *to_a_model);
        let carried =
            self.acts.meets(OUT) && signs.made_up && (signs.encoded || (!heard && ordered.is_some()));
        let speaks = if carried {
            true
        } else if heard {
            (!self.asked && !self.follows(steered, ordered.is_some()))
                || (ordered.is_some() && self.by_stranger(steered, to_a_model, signs))
        } else {
            let at_once = self.acts.meets(GRAVE) && steered.is_none();
            // Unheard, a stranger's order is enough for what cannot be undone and that nothing steers but the model, unless it
            // runs what the model named before it had read a stranger.
            let by_itself = self.acts.meets(BY_ITSELF) && steered == Some(Word::Model);
            let is_given = signs.given && !self.acts.meets(Acts::PAY.and(Acts::DELETE).and(Acts::ADMIN));
            let alone = ordered.is_some() && ((by_itself && !is_given) || to_a_model);
            at_once
                || alone
                || signs.dictated
                || (ordered.is_some() && self.by_stranger(steered, to_a_model, signs))
        };
        speaks.then(|| entry(Word::Near, ordered.map(|(source, _)| source), asking.floor))
    }

    /// A stranger asked for this, and a value that stands nowhere, or only where strangers are recorded, says with what.
    ///
    /// That `git status` says «use git add» orders nothing: what can be undone takes words to a model.
    fn by_stranger(&self, steered: Option<Word>, to_a_model: bool, signs: Signs) -> bool {
        let grave = to_a_model || self.acts.meets(GRAVE);
        // Who asked for such an act chose among the strangers that are recorded; who was not heard did not.
        let recorded = steered == Some(Word::Asserted) && (to_a_model || !self.asked_aloud);
        grave && (signs.made_up || recorded)
    }

    /// The act is a step of what the user asked for in other words: it can be undone or only says something, no stranger
    /// orders it, and what steers it is no stranger's.
    fn follows(&self, steered: Option<Word>, ordered: bool) -> bool {
        let least = if self.acts.meets(BY_ITSELF) {
            return false;
        } else if self.acts.meets(Acts::SEND.and(Acts::NETWORK)) {
            Word::Referred
        } else {
            Word::Model
        };
        self.wants && !ordered && steered.is_some_and(|word| word <= least)
    }

    /// Text of a stranger that orders such an act, and whether it speaks to a model.
    fn ordered(&self, index: &Index) -> Option<(Source, bool)> {
        let mut found = None;
        for (generation, _) in index.generations() {
            let by_noun = self.name.iter().find_map(|noun| {
                (0..7).find_map(|bit| generation.of_order(index.seed.pair(u64::from(*noun), bit)))
            });
            // Only to write is said everywhere: that needs a noun of the tool's name, too.
            let by_verb = generation.ordering(Acts(self.acts.0 & GRAVE.and(Acts::NETWORK).0));
            // Who speaks to a model may want by the way what cannot be undone, whatever verb he has for it.
            let by_command = self.acts.meets(GRAVE).then(|| generation.commanding()).flatten();
            let records = by_noun.into_iter().chain(by_verb).chain(by_command);
            for record in records.filter_map(|record| generation.record(record)) {
                let origin = generation.origin(record.origin);
                if let Some(origin) = origin.filter(|origin| origin.label.integrity == Integrity::Untrusted) {
                    let known = (source(origin, Resemblance::Partial), record.suspicious);
                    if known.1 {
                        return Some(known);
                    }
                    found.get_or_insert(known);
                }
            }
        }
        found
    }
}

fn entry(word: Word, source: Option<Source>, floor: Label) -> Origin {
    let found = Found { word, label: None, sources: source.into_iter().collect() };
    let label = if word == Word::User { Label::FRESH } else { floor };
    Origin { pointer: "".into(), role: Role::Consequential, word: found.word, label, sources: found.sources }
}
