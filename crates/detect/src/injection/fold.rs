//! One spelling for all: lower case, without accents, compatibility forms made plain. Must never lose where a character
//! came from: a finding points into the text as it was.

use unicode_normalization::UnicodeNormalization as _;

/// A text in its folded form.
#[derive(Debug, Clone)]
pub struct Folded {
    text: String,
    /// For each byte of `text` its offset in the original; empty where both are the same.
    origin: Vec<u32>,
    original: usize,
}

impl Folded {
    /// Folds `text`: Unicode NFKD, lower case, Latin, Greek, Cyrillic, Hebrew and Arabic marks dropped.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self { text: text.to_ascii_lowercase(), origin: Vec::new(), original: text.len() };
        }
        let mut folded = String::with_capacity(text.len());
        let mut origin = Vec::with_capacity(text.len());
        for (at, character) in text.char_indices() {
            if character.is_ascii() {
                folded.push(character.to_ascii_lowercase());
            } else {
                for part in std::iter::once(character).nfkd().flat_map(char::to_lowercase) {
                    push(&mut folded, part);
                }
            }
            origin.resize(folded.len(), u32::try_from(at).unwrap_or(u32::MAX));
        }
        Self { text: folded, origin, original: text.len() }
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where byte `at` of the folded text came from.
    pub(super) fn origin(&self, at: usize) -> usize {
        if self.origin.is_empty() {
            return at.min(self.original);
        }
        self.origin.get(at).map_or(self.original, |origin| *origin as usize)
    }
}

/// Adds `character` unless it is a mark, letters without a decomposition by their base.
fn push(folded: &mut String, character: char) {
    match character {
        '\u{300}'..='\u{36F}' | '\u{591}'..='\u{5C7}' | '\u{64B}'..='\u{652}' | '\u{640}' | '\u{200C}' => {}
        'ı' => folded.push('i'),
        'ø' => folded.push('o'),
        'ł' => folded.push('l'),
        'đ' | 'ð' => folded.push('d'),
        'ß' => folded.push_str("ss"),
        'æ' => folded.push_str("ae"),
        'œ' => folded.push_str("oe"),
        'ς' => folded.push('σ'),
        '’' | '‘' | '´' | 'ʼ' => folded.push('\''),
        other => folded.push(other),
    }
}
