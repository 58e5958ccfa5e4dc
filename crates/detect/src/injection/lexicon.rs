//! The words of `data/lexicon.txt` as one automaton. Must never know what a language is: all are searched at once.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::concept::Concept;
use super::fold::Folded;

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
    /// The automaton cannot be built.
    #[error("lexicon: {0}")]
    Automaton(#[from] aho_corasick::BuildError),
}

/// The words, ready to be searched for.
#[derive(Debug)]
pub struct Lexicon {
    automaton: AhoCorasick,
    /// By pattern id.
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
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&words)?;
        Ok(Self { automaton, stems })
    }

    /// A number that changes with the lexicon (FNV-1a, 64 bits): weights name the one they were trained with.
    #[must_use]
    pub fn digest() -> u64 {
        TEXT.bytes()
            .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
    }

    /// Bytes that the automaton holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.automaton.memory_usage() + self.stems.len() * size_of::<Stem>()
    }

    /// The words in `text`, by place; at most 384.
    #[must_use]
    pub fn hits(&self, text: &str) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let mut hits: Vec<Hit> = Vec::new();
        let (mut counted, mut characters) = (0, 0);
        for found in self.automaton.find_overlapping_iter(text) {
            let Some(stem) = self.stems.get(found.pattern().as_usize()) else { continue };
            if !stem.bounds.hold(bytes, found.start(), found.end()) {
                continue;
            }
            if hits.len() == MOST_HITS {
                break;
            }
            characters += count(bytes.get(counted..found.end()).unwrap_or_default());
            counted = found.end();
            let length = count(bytes.get(found.range()).unwrap_or_default());
            let hit = Hit {
                concept: stem.concept,
                start: found.start(),
                end: found.end(),
                position: characters.saturating_sub(length),
            };
            // Of stems of one concept that begin together the longest stays.
            match hits
                .iter_mut()
                .rev()
                .take(4)
                .find(|other| other.concept == hit.concept && other.start == hit.start)
            {
                Some(shorter) => *shorter = hit,
                None => hits.push(hit),
            }
        }
        hits.sort_by_key(|hit| hit.position);
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
