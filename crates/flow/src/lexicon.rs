//! Words that ask for an act, words that only link, and words that speak to the model, in ten languages.
//!
//! Must never decide alone: it tells prose that wants something from data, and what the user asked for from what not.

pub(crate) mod spaceless;

use ringfence_model::effect::{Effect, Effects};

use spaceless::Spaceless;

/// Kinds of acts, as a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Acts(pub(crate) u16);

impl Acts {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const SEND: Self = Self(1);
    pub(crate) const PAY: Self = Self(2);
    pub(crate) const DELETE: Self = Self(4);
    pub(crate) const WRITE: Self = Self(8);
    pub(crate) const ADMIN: Self = Self(16);
    pub(crate) const EXECUTE: Self = Self(32);
    pub(crate) const NETWORK: Self = Self(64);
    /// Speaks to a model or wants to be obeyed rather than read.
    pub(crate) const COMMANDS: Self = Self(128);

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }
    /// Those that a kind of the data files stands for.
    fn named(kind: &str) -> Option<Self> {
        Some(match kind {
            "send" => Self::SEND,
            "pay" => Self::PAY,
            "delete" => Self::DELETE,
            "write" => Self::WRITE,
            "admin" => Self::ADMIN,
            "execute" => Self::EXECUTE,
            "network" => Self::NETWORK,
            "commands" => Self::COMMANDS,
            _ => return None,
        })
    }

    /// Those that do something.
    pub(crate) const fn deeds(self) -> Self {
        Self(self.0 & 127)
    }

    /// What a tool of these effects does; nothing for one that only reads.
    pub(crate) fn of(effects: Effects) -> Self {
        effects.iter().fold(Self::NONE, |acts, effect| {
            acts.and(match effect {
                Effect::Read => Self::NONE,
                Effect::Write => Self::WRITE,
                Effect::Delete => Self::DELETE,
                Effect::Execute => Self::EXECUTE,
                Effect::Network => Self::NETWORK,
                Effect::Send => Self::SEND,
                Effect::Pay => Self::PAY,
                Effect::Admin => Self::ADMIN,
            })
        })
    }
}

/// What a word is. A plain word is looked up by its last eight letters and its length.
#[derive(Debug)]
pub struct Lexicon {
    slots: Vec<Slot>,
    spaceless: Spaceless,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    acts: Acts,
    common: bool,
    cue: Cue,
    before_noun: bool,
    reads: bool,
}

/// What a word makes of verbs that follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cue {
    /// Nothing.
    None,
    /// The next one orders.
    Next,
    /// All of the sentence order.
    Sentence,
}

/// The words of languages that put spaces between them, by what they are.
const WORDS: [&str; 8] = [
    include_str!("../data/words.txt"),
    include_str!("../data/words.de.txt"),
    include_str!("../data/words.fr.txt"),
    include_str!("../data/words.es.txt"),
    include_str!("../data/words.pt.txt"),
    include_str!("../data/words.it.txt"),
    include_str!("../data/words.nl.txt"),
    include_str!("../data/words.ru.txt"),
];

const SLOTS: usize = 4_096;
const VACANT: Slot =
    Slot { key: 0, acts: Acts::NONE, common: false, cue: Cue::None, before_noun: false, reads: false };

impl Lexicon {
    /// The words, compiled.
    #[must_use]
    pub fn new() -> Self {
        let mut lexicon = Self { slots: vec![VACANT; SLOTS], spaceless: Spaceless::new() };
        for line in WORDS.iter().flat_map(|words| words.lines()) {
            let Some((kind, words)) = line.split_once(": ") else { continue };
            let adds = match (kind, Acts::named(kind)) {
                (_, Some(acts)) => Slot { acts, ..VACANT },
                ("common", None) => Slot { common: true, ..VACANT },
                ("cues", None) => Slot { cue: Cue::Next, ..VACANT },
                ("please", None) => Slot { cue: Cue::Sentence, ..VACANT },
                ("before_nouns", None) => Slot { before_noun: true, ..VACANT },
                ("reads", None) => Slot { reads: true, ..VACANT },
                (_, None) => continue,
            };
            for word in words.split_whitespace() {
                lexicon.put(word, adds);
                // The key takes case away from ASCII only.
                if let Some(first) = word.chars().next().filter(|first| !first.is_ascii()) {
                    let rest = word.get(first.len_utf8()..).unwrap_or_default();
                    lexicon.put(&first.to_uppercase().chain(rest.chars()).collect::<String>(), adds);
                }
            }
        }
        lexicon
    }

    fn put(&mut self, word: &str, adds: Slot) {
        let key = key_of(word.bytes());
        let mut at = place(key);
        while let Some(slot) = self.slots.get_mut(at) {
            if slot.key == 0 || slot.key == key {
                *slot = Slot {
                    key,
                    acts: slot.acts.and(adds.acts),
                    common: slot.common || adds.common,
                    cue: slot.cue.max(adds.cue),
                    before_noun: slot.before_noun || adds.before_noun,
                    reads: slot.reads || adds.reads,
                };
                return;
            }
            at = (at + 1) % SLOTS;
        }
    }

    fn slot(&self, key: u64) -> Slot {
        let mut at = place(key);
        while let Some(slot) = self.slots.get(at) {
            if slot.key == key || slot.key == 0 {
                return *slot;
            }
            at = (at + 1) % SLOTS;
        }
        VACANT
    }

    /// The acts that a word asks for, by its key.
    pub(crate) fn acts(&self, key: u64) -> Acts {
        self.slot(key).acts
    }

    /// The acts of a word, and whether what follows it is an order.
    pub(crate) fn acts_and_cue(&self, key: u64) -> (Acts, Cue) {
        let slot = self.slot(key);
        (slot.acts, slot.cue)
    }

    /// The acts that a word asks for in any of its forms (`deleted`, `sending`).
    pub(crate) fn acts_of(&self, word: &str) -> Acts {
        forms(word).into_iter().fold(Acts::NONE, |acts, form| acts.and(self.acts(key_of(form.bytes()))))
    }

    /// True for a word behind which a noun stands.
    pub(crate) fn is_before_noun(&self, word: &str) -> bool {
        self.slot(key_of(word.bytes())).before_noun
    }

    /// True for a word by which a user asks to be told something.
    pub(crate) fn reads(&self, word: &str) -> bool {
        self.slot(key_of(word.bytes())).reads
    }

    /// What a text in a script without spaces orders.
    pub(crate) fn spaceless(&self) -> &Spaceless {
        &self.spaceless
    }

    /// True for a word that refers to nothing by itself.
    pub(crate) fn is_common(&self, word: &str) -> bool {
        self.slot(key_of(word.bytes())).common
    }
}

/// The key of a word: its last eight letters in lower case, mixed with its length.
pub(crate) fn key_of(word: impl Iterator<Item = u8>) -> u64 {
    let mut key = Key::new();
    for byte in word {
        key.push(byte);
    }
    key.done()
}

/// A key in the making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    last: u64,
    length: u64,
}

impl Key {
    pub(crate) const fn new() -> Self {
        Self { last: 0, length: 0 }
    }
    pub(crate) const fn push(&mut self, byte: u8) {
        self.last = self.last << 8 | (byte | 0x20) as u64;
        self.length += 1;
    }
    pub(crate) const fn done(self) -> u64 {
        let key = self.last ^ self.length << 59;
        // 0 is the vacant slot.
        if key == 0 { 1 } else { key }
    }
}

const fn place(key: u64) -> usize {
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize
}

/// `word` and what it may be a form of.
fn forms(word: &str) -> Vec<String> {
    let word = word.to_lowercase();
    let mut forms = vec![word.clone()];
    for ending in ["s", "es", "ed", "d", "ing"] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() > 2) {
            forms.push(stem.to_owned());
            forms.push(format!("{stem}e"));
            let mut doubled = stem.chars().rev();
            if doubled.next() == doubled.next() {
                forms.push(stem.get(..stem.len() - 1).unwrap_or_default().to_owned());
            }
        }
    }
    forms
}

/// The stem that words of one family share: `invoices`, `invoice`; `deleting`, `delete`.
pub(crate) fn stem(word: &str) -> String {
    let mut stem = word.to_ascii_lowercase();
    for (ending, least, instead) in
        [("ies", 5, "y"), ("ing", 6, ""), ("ed", 5, ""), ("es", 5, ""), ("s", 4, "")]
    {
        if stem.len() >= least && stem.ends_with(ending) && !stem.ends_with("ss") {
            stem.truncate(stem.len() - ending.len());
            stem.push_str(instead);
            break;
        }
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

#[cfg(test)]
mod tests;
