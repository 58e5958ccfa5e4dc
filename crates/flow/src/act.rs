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

/// What is known of the act.
#[derive(Debug)]
pub(crate) struct Act {
    acts: Acts,
    /// The user's words ask for it, or the user is not heard at all.
    pub(crate) asked: bool,
    /// They ask for a payment, and that is what the tool does.
    pub(crate) asked_to_pay: bool,
    /// Stems of the tool's name.
    name: Vec<u32>,
}

impl Act {
    pub(crate) fn of(index: &Index, words: &Words, asking: &Asking<'_>) -> Self {
        let acts = Acts::of(asking.effects);
        let name: Vec<u32> =
            user::words_of_name(asking.tool).map(|word| user::token(index.seed, word)).collect();
        let asked = words.asked(acts, &name, asking.now);
        let asked_to_pay = acts.meets(Acts::PAY) && words.asked(Acts::PAY, &[], asking.now);
        Self { acts, asked, asked_to_pay, name }
    }

    /// The entry for the act, where it says more than the values do.
    pub(crate) fn origin(
        &self,
        index: &Index,
        words: &Words,
        asking: &Asking<'_>,
        values: &[Origin],
        made_up: bool,
    ) -> Option<Origin> {
        if self.acts.is_none() {
            return None;
        }
        let heard = words.any(asking.now);
        let steered =
            values.iter().filter(|value| value.role == Role::Consequential).map(|value| value.word).max();
        let strangers = asking.floor.integrity == Integrity::Untrusted;
        // To be the user's own, an act needs more than a verb that could mean anything: its name, a payment, a removal.
        let said = words.asked(Acts(self.acts.0 & Acts::PAY.and(Acts::DELETE).0), &self.name, asking.now);
        if heard && said && steered.is_none() {
            return Some(entry(Word::User, None, asking.floor));
        }
        if !strangers {
            return None;
        }
        let ordered = self.ordered(index);
        let at_once = self.acts.meets(GRAVE) && !heard && steered.is_none();
        // A stranger asked for this: and nothing says with what, or a value that stands nowhere does; or the stranger spoke to
        // a model.
        // That `git status` says «use git add» orders nothing: what can be undone takes words to a model.
        let by_stranger = ordered.as_ref().is_some_and(|(_, to_a_model)| {
            let grave = *to_a_model || self.acts.meets(GRAVE);
            // What a stranger's record holds is no better than what stands nowhere.
            (grave && (made_up || steered == Some(Word::Asserted)))
                || (!heard && (*to_a_model || (grave && steered.is_none())))
                || (!heard && steered == Some(Word::Model) && self.acts.meets(BY_ITSELF))
        });
        // Or the user asked for something else.
        let speaks = (heard && !self.asked) || at_once || by_stranger;
        speaks.then(|| entry(Word::Near, ordered.map(|(source, _)| source), asking.floor))
    }

    /// Text of a stranger that orders such an act, and whether it speaks to a model.
    fn ordered(&self, index: &Index) -> Option<(Source, bool)> {
        let mut found = None;
        for (generation, _) in index.generations() {
            let by_noun = self.name.iter().find_map(|noun| {
                let bits = (0..7).filter(|bit| self.acts.meets(Acts(1 << bit)));
                bits.filter_map(|bit| generation.of_order(index.seed.pair(u64::from(*noun), bit))).next()
            });
            // Only to write is said everywhere: that needs a noun of the tool's name, too.
            let by_verb = || generation.ordering(Acts(self.acts.0 & GRAVE.and(Acts::NETWORK).0));
            for record in by_noun.into_iter().chain(by_verb()).filter_map(|record| generation.record(record))
            {
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
