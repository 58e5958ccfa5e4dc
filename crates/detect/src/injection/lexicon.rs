//! The words of `data/lexicon.txt`, sought in one pass. Must never know what a language is: all are searched at once.

use super::concept::Concept;
use super::fold::Folded;
use crate::literals::{LiteralError, Literals};

const TEXT: &str = include_str!("../../data/lexicon.txt");

/// Most hits that one window yields; more is a list of words, and what it says is known by then.
const MOST_HITS: usize = 384;

/// The embedded lexicon cannot be read: a fault of ours that the tests rule out.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// A line that is neither a section, a comment nor a concept with stems.
    #[error("lexicon line {line}: not `concept: stem | stem`")]
    Line {
        /// From 1.
        line: usize,
    },
    /// The words cannot be sought.
    #[error("lexicon: {0}")]
    Literals(#[from] LiteralError),
}

/// The words, ready to be searched for.
#[derive(Debug)]
pub struct Lexicon {
    words: Literals,
    /// By word.
    stems: Vec<Stem>,
}

#[derive(Debug, Clone, Copy)]
struct Stem {
    concept: Concept,
    bounds: Bounds,
}

/// What must stand around a stem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bounds {
    /// Anything.
    Anywhere,
    /// No letter before it.
    Start,
    /// No letter on either side.
    Word,
}

/// A word of a concept in a folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// What it stands for.
    pub concept: Concept,
    /// First byte in the folded text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Characters of the folded text before it.
    pub position: usize,
}

impl Lexicon {
    /// Reads the embedded lexicon.
    ///
    /// # Errors
    /// [`LexiconError`], which the tests of this crate rule out.
    pub fn new() -> Result<Self, LexiconError> {
        let mut words = Vec::new();
        let mut stems = Vec::new();
        for (number, line) in TEXT.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line.starts_with('[') {
                continue;
            }
            let bad = || LexiconError::Line { line: number + 1 };
            let (name, list) = line.split_once(':').ok_or_else(bad)?;
            let concept = Concept::named(name.trim()).ok_or_else(bad)?;
            for stem in list.split(" | ") {
                let (bounds, word) = bounds(stem.trim());
                let word = Folded::new(word).as_str().replace("\\n", "\n");
                if word.is_empty() {
                    return Err(bad());
                }
                words.push(word);
                stems.push(Stem { concept, bounds });
            }
        }
        let words = Literals::new(words.iter().map(String::as_str))?;
        Ok(Self { words, stems })
    }

    /// A number that changes with the lexicon (FNV-1a, 64 bits): weights name the one they were trained with.
    #[must_use]
    pub fn digest() -> u64 {
        TEXT.bytes()
            .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.words.memory() + self.stems.len() * size_of::<Stem>()
    }

    /// The words in `text`, by place; at most 384.
    #[must_use]
    pub fn hits(&self, text: &str) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let mut found: Vec<(usize, usize, Concept)> = Vec::new();
        for occurrence in self.words.find(bytes) {
            let (Some(stem), Some(word)) =
                (self.stems.get(occurrence.literal), self.words.text(occurrence.literal))
            else {
                continue;
            };
            let (start, end) = (occurrence.start, occurrence.start + word.len());
            if stem.bounds.hold(bytes, start, end) {
                found.push((start, end, stem.concept));
            }
        }
        found.sort_unstable();
        let (mut counted, mut position) = (0, 0);
        let mut hits: Vec<Hit> = Vec::new();
        for (start, end, concept) in found {
            position += count(bytes.get(counted..start).unwrap_or_default());
            counted = start;
            let hit = Hit { concept, start, end, position };
            // Of stems of one concept that begin together the longest stays.
            let full = hits.len() == MOST_HITS;
            let together = |other: &&mut Hit| other.start == start;
            match hits.iter_mut().rev().take_while(together).find(|other| other.concept == concept) {
                Some(shorter) => *shorter = hit,
                None if full => break,
                None => hits.push(hit),
            }
        }
        hits
    }
}

impl Bounds {
    fn hold(self, bytes: &[u8], start: usize, end: usize) -> bool {
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        match self {
            Self::Anywhere => true,
            Self::Start => !before.is_some_and(is_letter),
            Self::Word => !before.is_some_and(is_letter) && !bytes.get(end).is_some_and(is_letter),
        }
    }
}

/// The marks in front of a stem.
fn bounds(stem: &str) -> (Bounds, &str) {
    if let Some(word) = stem.strip_prefix('~') {
        (Bounds::Anywhere, word)
    } else if let Some(word) = stem.strip_prefix('=') {
        (Bounds::Word, word)
    } else {
        (Bounds::Start, stem)
    }
}

/// True for a byte of a word: a letter, a digit, or part of a character beyond ASCII.
const fn is_letter(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte >= 0x80
}

/// Characters in whole UTF-8.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}
