//! Arguments to provenance: each value looked up in what entered the session, as it is and in other forms.
//!
//! Must never hold a value longer than the look-up, nor depend on the order in which sources entered.

mod content;
mod near;

use std::sync::Arc;

use ringfence_model::effect::Effects;
use ringfence_model::id::Timestamp;
use ringfence_model::json::{Json, Kind as JsonKind};
use ringfence_model::label::{Integrity, Label};
use ringfence_model::provenance::{Origin, Provenance, Resemblance, Role, Source, Word};

use crate::act::{Act, Signs};
use crate::atom::{self, Atom, Kind, LONGEST, SURPRISING};
use crate::decode;
use crate::document::{field_hash, hash_of};
use crate::generation::{Generation, Mark, Place, Record};
use crate::index::Index;
use crate::lexicon::Lexicon;
use crate::line::Line;
use crate::user::{self, Words};

/// Most values of a call that get an entry, and most sources of one.
const MOST_VALUES: usize = 64;
const MOST_SOURCES: usize = 4;
/// Most values of a call that are looked at, and most levels of arguments; what lies beyond is near.
const MOST_LEAVES: usize = 512;
const LEVELS: usize = 32;
/// Bits of surprise from which an identifier that stands nowhere was made up by somebody.
const HARD: u32 = 16;
/// From this length on a value that steers can carry something.
const CARRIES: usize = 24;

/// What is to be traced.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The arguments, an object.
    pub arguments: Json<'a>,
    /// JSON pointers (RFC 6901) of those that steer the effect.
    pub consequential: &'a [String],
    /// What the tool does.
    pub effects: Effects,
    /// Its own name.
    pub tool: &'a str,
    /// What is only said is looked at, too; it need not be where it goes nowhere.
    pub content: bool,
    /// The labels that the session has reached.
    pub floor: Label,
    /// Now.
    pub now: Timestamp,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// For policy.
    pub provenance: Provenance,
    /// The user's words name what is asked for: what comes back may be referred to.
    pub named: bool,
}

impl Asking<'_> {
    /// Nothing in the arguments steers, nothing is carried out, and no user is there to have named anything.
    pub(crate) fn wants_nothing(&self, words: &Words) -> bool {
        !self.content && self.consequential.is_empty() && !words.any(self.now)
    }
}

impl Traced {
    /// Where there is nothing to ask.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { provenance: Provenance::none(), named: false }
    }
}

/// What one value is made of.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) word: Word,
    pub(crate) label: Option<Label>,
    pub(crate) sources: Vec<Source>,
}

pub(crate) struct Tracer<'a> {
    pub(crate) index: &'a Index,
    pub(crate) words: &'a Words,
    pub(crate) asking: Asking<'a>,
    pub(crate) act: Act,
    line: Line,
    values: Vec<Origin>,
    leaves: usize,
    named: bool,
    pub(crate) signs: Signs,
}

impl Index {
    /// Where the arguments of a call came from.
    pub(crate) fn trace(&self, words: &Words, asking: Asking<'_>) -> Traced {
        let act = Act::of(self, words, &asking);
        let mut tracer = Tracer {
            index: self,
            words,
            asking,
            act,
            line: Line::new(),
            values: Vec::new(),
            leaves: 0,
            named: false,
            signs: Signs { made_up: false, given: true, dictated: false, encoded: false },
        };
        tracer.walk(asking.arguments, &mut String::new(), "", 0);
        let Tracer { mut values, named, signs, act, .. } = tracer;
        values.extend(act.origin(self, words, &asking, &values, signs));
        Traced { provenance: Provenance { values }, named }
    }

    /// Remembers what a call hands over: as long as the session has read nothing of strangers, none of it is theirs.
    pub(crate) fn hand(&self, words: &mut Words, arguments: Json<'_>) {
        if words.has_no_room() {
            return;
        }
        let mut line = Line::new();
        self.hand_over(words, arguments, "", &mut line, 0);
    }

    fn hand_over(&self, words: &mut Words, value: Json<'_>, field: &str, line: &mut Line, level: usize) {
        if level > LEVELS {
            return;
        }
        let mut leaf = |text: &str| {
            let of_field = field_hash(self.seed, field);
            for atom in Atom::of(text).into_iter().chain(parts_of(line, &self.lexicon, text)) {
                words.hand(hash_of(self.seed, &atom), of_field);
            }
        };
        match value.kind() {
            JsonKind::Object => {
                for (key, part) in value.members() {
                    self.hand_over(words, part, &key.as_str().unwrap_or_default(), line, level + 1);
                }
            }
            JsonKind::Array => {
                for part in value.elements() {
                    self.hand_over(words, part, field, line, level + 1);
                }
            }
            JsonKind::String => leaf(&value.as_str().unwrap_or_default()),
            JsonKind::Number => leaf(value.raw()),
            JsonKind::Null | JsonKind::Bool => {}
        }
    }
}

impl Tracer<'_> {
    fn walk(&mut self, value: Json<'_>, pointer: &mut String, field: &str, level: usize) {
        self.leaves += 1;
        if self.leaves > MOST_LEAVES || level > LEVELS {
            if self.leaves == MOST_LEAVES + 1 && self.asking.floor.integrity == Integrity::Untrusted {
                self.push(pointer, Role::Consequential, Found::unread(self.asking.floor));
            }
            return;
        }
        let length = pointer.len();
        match value.kind() {
            JsonKind::Object => {
                for (key, part) in value.members() {
                    let key = key.as_str().unwrap_or_default();
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                    self.walk(part, pointer, &key, level + 1);
                    pointer.truncate(length);
                }
            }
            JsonKind::Array => {
                for (at, part) in value.elements().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&at.to_string());
                    self.walk(part, pointer, field, level + 1);
                    pointer.truncate(length);
                }
            }
            JsonKind::String => {
                let text = value.as_str().unwrap_or_default();
                self.leaf(&text, pointer, field);
            }
            JsonKind::Number => self.leaf(value.raw(), pointer, field),
            JsonKind::Null | JsonKind::Bool => {}
        }
    }

    fn leaf(&mut self, text: &str, pointer: &str, field: &str) {
        if self.steers(pointer) {
            if is_trivial(text, field) {
                return;
            }
            let found = self.steering(text, field);
            self.named |= found.word <= Word::Referred;
            let given = found.word <= Word::Referred || self.is_handed(text, field);
            let made_up = found.word == Word::Model && !given && self.is_hard(text);
            self.signs.made_up |= made_up;
            self.signs.encoded |= made_up && has_encoded(text);
            self.signs.given &= given;
            self.push(pointer, Role::Consequential, found);
            // What steers can carry something out as well: a URL, a command.
            let is_url = Atom::of(text).is_some_and(|atom| atom.kind == Kind::Url);
            if self.asking.content && ((is_url && text.len() >= CARRIES) || text.len() >= 4 * CARRIES) {
                self.content(text, pointer, field);
            }
        } else {
            if let Some(atom) = Atom::of(text).filter(|atom| atom.kind != Kind::Date) {
                self.named |= self.look_up(&atom, field).is_some_and(|found| found.word <= Word::Referred);
            }
            if self.asking.content {
                self.content(text, pointer, field);
            }
        }
    }

    pub(crate) fn push(&mut self, pointer: &str, role: Role, found: Found) {
        if self.values.len() < MOST_VALUES {
            let label = found.label.unwrap_or(label_of(found.word));
            let (word, sources) = (found.word, found.sources);
            self.values.push(Origin { pointer: pointer.into(), role, word, label, sources });
        } else if let Some(last) = self.values.last_mut() {
            // One entry stands for all beyond: the least trustworthy of them.
            last.role = last.role.max(role);
            last.word = last.word.max(found.word);
            last.label = found.label.map_or(last.label, |label| last.label.join(label));
        }
    }

    fn steers(&self, pointer: &str) -> bool {
        self.asking.consequential.iter().any(|steering| {
            pointer
                .strip_prefix(steering.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// A value that steers the effect: as a whole, else by what it is made of.
    pub(crate) fn steering(&mut self, text: &str, field: &str) -> Found {
        let whole = Atom::of(text);
        if let Some(found) = whole.as_ref().and_then(|atom| self.look_up(atom, field)) {
            let is_one = !text.trim().contains(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
            if is_one || found.word != Word::Model {
                return found;
            }
        }
        let parts = self.parts(text);
        let found: Vec<Found> = parts.iter().filter_map(|part| self.look_up(part, field)).collect();
        if let Some(found) = found.into_iter().reduce(Found::join) {
            return found;
        }
        let mut near = self.near(text, whole.as_ref()).unwrap_or_else(Found::model);
        if text.len() > LONGEST {
            near = self.passages(text).into_iter().fold(near, Found::join);
        }
        if near.word == Word::Model
            && let Some(floor) = self.index.forgotten.filter(|floor| floor.integrity == Integrity::Untrusted)
        {
            return Found::unread(floor);
        }
        near
    }

    /// True for a value that nobody comes by by chance, but for an address at a host that the session knows.
    fn is_hard(&mut self, text: &str) -> bool {
        let atoms: Vec<Atom> = Atom::of(text).into_iter().chain(self.parts(text)).collect();
        atoms.iter().any(|atom| match atom.kind {
            Kind::Email => !atom.spelling.split_once('@').is_some_and(|(_, host)| self.knows_host(host)),
            Kind::Url | Kind::Account => true,
            Kind::Id => atom.surprise() >= HARD,
            Kind::Number => atom.surprise() >= SURPRISING,
            Kind::Date | Kind::Words => false,
        })
    }

    fn knows_host(&self, host: &str) -> bool {
        let Some(host) = Atom::of(host).filter(|host| !atom::is_free_host(&host.spelling)) else {
            return false;
        };
        let hash = hash_of(self.index.seed, &host);
        let of =
            |generation: &Generation| generation.marks(hash).iter().any(|mark| mark.place == Place::Asserted);
        self.index.generations().into_iter().any(|(generation, _)| of(generation))
    }

    /// The atoms in a value, where it is not one.
    pub(crate) fn parts(&mut self, text: &str) -> Vec<Atom> {
        parts_of(&mut self.line, &self.index.lexicon, text)
    }

    /// A value that was handed over before anything of strangers was read.
    fn is_handed(&self, text: &str, field: &str) -> bool {
        Atom::of(text).is_some_and(|atom| self.was_handed(&atom, field_hash(self.index.seed, field)))
    }

    fn was_handed(&self, atom: &Atom, field: u32) -> bool {
        let handed = self.words.handed(hash_of(self.index.seed, atom));
        handed.is_some_and(|of_field| of_field == field || atom.surprise() >= HARD)
    }

    /// What an atom is by the user's words and by where it stands; none where it stands nowhere that counts.
    pub(crate) fn look_up(&self, atom: &Atom, field: &str) -> Option<Found> {
        let hash = hash_of(self.index.seed, atom);
        let kin = || {
            let word = &atom.spelling;
            let is_word = atom.kind == Kind::Words && word.len() >= 4 && !word.contains(' ');
            is_word && self.words.said_kin(self.index.seed, word, self.asking.now)
        };
        if self.words.said(hash, self.asking.now) || kin() {
            return Some(Found { word: Word::User, label: None, sources: Vec::new() });
        }
        let field = field_hash(self.index.seed, field);
        let mut found: Option<Found> = None;
        for (generation, serial) in self.index.generations() {
            for mark in generation.marks(hash) {
                if let Some(one) = self.by_mark(generation, serial, *mark, atom, field) {
                    found = Some(found.map_or(one.clone(), |known| known.join(one)));
                }
            }
        }
        if found.as_ref().is_none_or(|found| found.word > Word::Model) {
            // One file of a folder: the user named the file, not the folder.
            found = found.or_else(|| self.partly_said(atom));
            if found.as_ref().is_none_or(|found| found.word > Word::Model) && self.was_handed(atom, field) {
                found = Some(Found { word: Word::Model, ..found.unwrap_or_else(Found::model) });
            }
        }
        found
    }

    /// A path whose last part the user said, a URL whose host the user said: it points to what the user named.
    fn partly_said(&self, atom: &Atom) -> Option<Found> {
        let part = match atom.kind {
            Kind::Id => atom.spelling.rsplit_once(['/', '\\'])?.1,
            Kind::Url => atom.spelling.split_once('/')?.0,
            Kind::Number | Kind::Date | Kind::Email | Kind::Account | Kind::Words => return None,
        };
        let part = Atom::of(part)?;
        let said =
            part.spelling.len() >= 5 && self.words.said(hash_of(self.index.seed, &part), self.asking.now);
        said.then(|| Found { word: Word::Referred, label: None, sources: Vec::new() })
    }

    fn by_mark(
        &self,
        generation: &Generation,
        serial: u32,
        mark: Mark,
        atom: &Atom,
        field: u32,
    ) -> Option<Found> {
        let record = generation.record(mark.record)?;
        let origin = generation.origin(record.origin)?;
        let means_something =
            mark.strong || mark.place == Place::Ordered || (mark.field == field && atom.kind != Kind::Date);
        let named = self.words.names(serial, mark.record, self.asking.now) && !mark.decoded;
        let word = match origin.label.integrity {
            Integrity::User | Integrity::Trusted if means_something => Word::Trusted,
            Integrity::Model if means_something => Word::Model,
            Integrity::Untrusted if named && self.may_refer(record, mark.place, atom.kind) => Word::Referred,
            Integrity::Untrusted if means_something => match mark.place {
                Place::Asserted if record.suspicious => Word::Near,
                Place::Asserted => Word::Asserted,
                Place::Form | Place::Prose | Place::Ordered => Word::Untrusted,
            },
            Integrity::User | Integrity::Trusted | Integrity::Model | Integrity::Untrusted => return None,
        };
        let by = if mark.decoded { Resemblance::Decoded } else { Resemblance::Atom };
        Some(Found { word, label: Some(origin.label), sources: vec![source(origin, by)] })
    }

    /// May a value in this place of a record that the user named be what the user meant?
    ///
    /// Data may. A value in prose may where the user asked for such an act and there is no other that could be meant, and
    /// nothing there speaks to a model.
    fn may_refer(&self, record: &Record, place: Place, kind: Kind) -> bool {
        let alone = match kind {
            Kind::Account => record.accounts <= 1,
            Kind::Email => record.emails <= 1,
            Kind::Url => record.urls <= 1,
            Kind::Number | Kind::Date | Kind::Id | Kind::Words => record.accounts <= 1 && record.emails <= 1,
        };
        match place {
            Place::Asserted => true,
            Place::Form => !record.suspicious && (alone || !matches!(kind, Kind::Account)),
            Place::Prose => !record.suspicious && alone && self.act.asked,
            // A bill says `please transfer`. Who asks for it to be paid means that; nothing else that is ordered is meant.
            Place::Ordered => {
                matches!(kind, Kind::Account | Kind::Number)
                    && !record.suspicious
                    && alone
                    && self.act.asked_to_pay
            }
        }
    }

    pub(crate) fn source_of(
        &self,
        generation: &Generation,
        record: u32,
        by: Resemblance,
    ) -> Option<(Source, bool)> {
        let record = generation.record(record)?;
        let origin = generation.origin(record.origin)?;
        Some((source(origin, by), origin.label.integrity == Integrity::Untrusted))
    }
}

pub(crate) fn source(origin: &crate::generation::Origin, by: Resemblance) -> Source {
    Source {
        call: origin.call,
        server: origin.server.clone(),
        target: Arc::clone(&origin.target),
        by,
        label: origin.label,
    }
}

/// The atoms in a text.
fn parts_of(line: &mut Line, lexicon: &Lexicon, text: &str) -> Vec<Atom> {
    let mut parts = Vec::new();
    for of_text in text.lines() {
        line.read(of_text, lexicon);
        let chunks = line.chunks.iter().filter(|chunk| !chunk.is_name);
        for chunk in chunks.filter_map(|chunk| of_text.get(chunk.range.clone())) {
            parts.extend(Atom::of(chunk));
            if let Some((_, value)) = chunk.rsplit_once(['=', ':']).filter(|_| !chunk.contains("://")) {
                parts.extend(Atom::of(value));
            }
        }
    }
    parts
}

/// The label of a value that is made of nothing that entered.
const fn label_of(word: Word) -> Label {
    let integrity = match word {
        Word::User => Integrity::User,
        Word::Configured | Word::Trusted => Integrity::Trusted,
        Word::Referred | Word::Model => Integrity::Model,
        Word::Asserted | Word::Near | Word::Untrusted => Integrity::Untrusted,
    };
    Label { integrity, ..Label::FRESH }
}

/// Values that steer nothing by themselves: yes and no, one of something, a date, a currency.
fn is_trivial(text: &str, field: &str) -> bool {
    let quantity = |field: &str| {
        ["amount", "price", "total", "sum", "limit", "value"]
            .iter()
            .any(|name| field.to_ascii_lowercase().contains(name))
    };
    let Some(atom) = Atom::of(text) else { return text.len() <= LONGEST };
    match atom.kind {
        Kind::Date => true,
        Kind::Number => atom.spelling.len() <= 1 && !quantity(field) && !user::is_id(field),
        Kind::Words => {
            atom.spelling.len() <= 2
                || (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()))
                || [
                    "true", "false", "none", "null", "high", "medium", "normal", "daily", "weekly",
                    "monthly", "yearly", "open", "closed",
                ]
                .contains(&atom.spelling.as_str())
        }
        Kind::Email | Kind::Url | Kind::Account | Kind::Id => atom.surprise() < SURPRISING / 6,
    }
}

impl Found {
    pub(crate) const fn model() -> Self {
        Self { word: Word::Model, label: None, sources: Vec::new() }
    }

    /// What it would have been compared with is not remembered.
    pub(crate) const fn unread(floor: Label) -> Self {
        Self { word: Word::Near, label: Some(floor), sources: Vec::new() }
    }

    /// Made of both.
    pub(crate) fn join(mut self, other: Self) -> Self {
        self.word = self.word.max(other.word);
        self.label = match (self.label, other.label) {
            (Some(a), Some(b)) => Some(a.join(b)),
            (a, b) => a.or(b),
        };
        for source in other.sources {
            if !self.sources.iter().any(|known| known.call == source.call) {
                self.sources.push(source);
            }
        }
        self.sources.sort_by_key(|source| {
            std::cmp::Reverse((source.label.integrity, source.label.confidentiality, source.call))
        });
        self.sources.truncate(MOST_SOURCES);
        self
    }
}

/// Text in base64 or hex is a part of the value. What URL encoding writes otherwise everybody may read.
fn has_encoded(text: &str) -> bool {
    let parts = text.split(['/', '?', '&', '=', '#', '.']).filter(|part| !part.contains('%'));
    parts.filter(|part| part.len() >= decode::SHORTEST).any(|part| !decode::blobs(part).is_empty())
}
