//! The words beside a number that say what it is. Must never look further than a line of text.

use std::ops::Range;

/// Bytes before a number in which a word counts.
const BEFORE: usize = 64;
/// Bytes behind it.
const BEHIND: usize = 32;

pub(super) const PHONE: [&str; 26] = [
    "phone",
    "tel",
    "mobile",
    "cell",
    "call",
    "fax",
    "whatsapp",
    "sms",
    "text me",
    "dial",
    "hotline",
    "contact",
    "reach",
    "answer",
    "office",
    "ring",
    "telefon",
    "handy",
    "téléphone",
    "teléfono",
    "telefono",
    "móvil",
    "celular",
    "телефон",
    "电话",
    "電話",
];
pub(super) const BIRTH: [&str; 14] = [
    "born",
    "birth",
    "dob",
    "d.o.b",
    "birthday",
    "geboren",
    "geburt",
    "nacido",
    "nacimiento",
    "naissance",
    "né le",
    "nascita",
    "рожд",
    "生日",
];
pub(super) const CARD: [&str; 12] = [
    "card",
    "credit",
    "debit",
    "visa",
    "mastercard",
    "amex",
    "maestro",
    "discover",
    "tarjeta",
    "carte",
    "karte",
    "pan",
];
pub(super) const NETWORK: [&str; 6] = ["version", "release", "ver.", "v.", "oid", "section"];

/// What stands around `at`, in lower case: before it, behind it.
pub(super) struct Context {
    before: String,
    behind: String,
}

impl Context {
    pub(super) fn of(text: &str, at: &Range<usize>) -> Self {
        let mut from = at.start.saturating_sub(BEFORE);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let mut to = (at.end + BEHIND).min(text.len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        let lower = |part: Option<&str>| part.unwrap_or_default().to_lowercase();
        Self { before: lower(text.get(from..at.start)), behind: lower(text.get(at.end..to)) }
    }

    pub(super) fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| has_word(&self.before, word) || has_word(&self.behind, word))
    }

    pub(super) fn is_led_by(&self, words: &[&str]) -> bool {
        words.iter().any(|word| has_word(&self.before, word))
    }
}

/// True when `word` occurs; a short one must stand alone.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let free = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    memchr::memmem::find_iter(text.as_bytes(), word.as_bytes()).any(|at| {
        let bytes = text.as_bytes();
        word.len() > 4
            || free(at.checked_sub(1).and_then(|at| bytes.get(at))) && free(bytes.get(at + word.len()))
    })
}
