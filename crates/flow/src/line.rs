//! One line of text: its sentences, whether they order something, and what in it may be an atom.
//!
//! Must never look at a byte more than once, but for sentences that order something.

use std::ops::Range;

use crate::lexicon::{Acts, Cue, Key, Lexicon, spaceless};

/// A run of characters without space, quote or bracket.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) range: Range<usize>,
    /// A word of letters that begins with a capital.
    pub(crate) is_name: bool,
    pub(crate) sentence: usize,
}

/// A sentence.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    pub(crate) range: Range<usize>,
    /// What it orders, with [`Acts::COMMANDS`] where it speaks to a model.
    pub(crate) orders: Acts,
}

/// What one line holds. Reused from line to line.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) sentences: Vec<Sentence>,
    pub(crate) words: usize,
    pub(crate) commas: usize,
    /// It ends like a sentence.
    pub(crate) ends: bool,
}

const SPACE: u8 = 1;
const MARK: u8 = 2;
const LETTER: u8 = 4;
const DIGIT: u8 = 8;
const INNER: u8 = 16;

/// The class of each byte.
#[expect(clippy::indexing_slicing, reason = "computed by the compiler, which checks it")]
const CLASS: [u8; 256] = {
    let mut table = [INNER; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = match byte {
            0..=b' ' => SPACE,
            b'"' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b';' | b'!' | b'?' | b','
            | b'|' | b'`' | b'*' => MARK,
            b'a'..=b'z' | b'A'..=b'Z' | b'\'' | 0x80..=0xff => LETTER,
            b'0'..=b'9' => DIGIT,
            _ => INNER,
        };
        at += 1;
    }
    table
};

/// A word of letters from this length on may be an identifier.
const LONG: usize = 16;

impl Line {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), sentences: Vec::new(), words: 0, commas: 0, ends: false }
    }

    /// Reads one line.
    pub(crate) fn read(&mut self, text: &str, lexicon: &Lexicon) {
        self.chunks.clear();
        self.sentences.clear();
        (self.words, self.commas, self.ends) = (0, 0, false);
        let mut reading =
            Reading { line: self, begun: 0, orders: Acts::NONE, clause: true, cued: false, asked: false };
        let (mut from, mut seen, mut key) = (0, 0_u8, Key::new());
        let bytes = text.as_bytes();
        let mut before = b' ';
        for (at, byte) in bytes.iter().enumerate() {
            let class = CLASS.get(usize::from(*byte)).copied().unwrap_or(INNER);
            if class & (SPACE | MARK) == 0 {
                if class == LETTER {
                    key.push(*byte);
                }
                seen |= class;
                before = *byte;
                continue;
            }
            // `1,200`: the comma groups digits.
            if *byte == b',' && before.is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
                seen |= INNER;
                continue;
            }
            if seen != 0 {
                reading.chunk(bytes, from..at, seen, key, lexicon);
            }
            reading.mark(*byte, before, class, at);
            (from, seen, key, before) = (at + 1, 0, Key::new(), *byte);
        }
        if seen != 0 {
            reading.chunk(bytes, from..bytes.len(), seen, key, lexicon);
        }
        reading.sentence(bytes.len());
        if spaceless::has_spaceless(text) {
            self.spaceless(text, lexicon);
        }
        self.ends = text.trim_end().ends_with(['.', '!', '?']);
    }

    /// What a script without spaces adds: what its sentences order, and values among its letters.
    #[cold]
    fn spaceless(&mut self, text: &str, lexicon: &Lexicon) {
        for sentence in &mut self.sentences {
            let of_text = text.get(sentence.range.clone()).unwrap_or_default();
            sentence.orders = sentence.orders.and(lexicon.spaceless().orders(of_text));
        }
        for range in spaceless::embedded(text) {
            let holds = |sentence: &Sentence| sentence.range.contains(&range.start);
            let sentence = self.sentences.iter().position(holds).unwrap_or(0);
            self.chunks.push(Chunk { range, is_name: false, sentence });
        }
        self.ends |= text.trim_end().ends_with(['。', '！', '？']);
    }

    /// What all sentences order.
    pub(crate) fn orders(&self) -> Acts {
        self.sentences.iter().fold(Acts::NONE, |acts, sentence| acts.and(sentence.orders))
    }
}

struct Reading<'a> {
    line: &'a mut Line,
    begun: usize,
    orders: Acts,
    /// The next word begins a clause.
    clause: bool,
    /// The word before makes an order of a verb.
    cued: bool,
    /// A word of the sentence makes an order of all its verbs.
    asked: bool,
}

impl Reading<'_> {
    fn chunk(&mut self, bytes: &[u8], range: Range<usize>, seen: u8, key: Key, lexicon: &Lexicon) {
        let ends_with = |mark: u8| bytes.get(range.end - 1) == Some(&mark);
        let trailing = ends_with(b'.') || ends_with(b':');
        let inner = seen & INNER != 0
            && (!trailing
                || bytes.get(range.start..range.end - 1).is_some_and(|inside| {
                    inside.iter().any(|byte| CLASS.get(usize::from(*byte)) == Some(&INNER))
                }));
        let sentence = self.line.sentences.len();
        // A letter of another script takes two bytes or three.
        let long = || range.len() >= LONG && bytes.get(range.clone()).is_some_and(<[u8]>::is_ascii);
        if seen & DIGIT != 0 || inner || long() {
            self.line.chunks.push(Chunk { range: range.clone(), is_name: false, sentence });
            self.cued = false;
            self.clause = ends_with(b':') || (seen & (LETTER | DIGIT) == 0);
        } else {
            self.line.words += 1;
            if bytes.get(range.start).is_some_and(u8::is_ascii_uppercase) {
                let range = range.start..range.end - usize::from(trailing);
                self.line.chunks.push(Chunk { range, is_name: true, sentence });
            }
            let (acts, cue) = lexicon.acts_and_cue(key.done());
            if !acts.is_none() {
                let command = Acts(acts.0 & Acts::COMMANDS.0);
                self.orders =
                    self.orders.and(if self.clause || self.cued || self.asked { acts } else { command });
            }
            self.cued = cue == Cue::Next;
            self.asked |= cue == Cue::Sentence;
            self.clause = ends_with(b':');
        }
        if ends_with(b'.') {
            self.sentence(range.end);
        }
    }

    fn mark(&mut self, byte: u8, before: u8, class: u8, at: usize) {
        if class != MARK {
            return;
        }
        self.line.commas += usize::from(byte == b',' || byte == b'|');
        self.clause = true;
        if matches!(byte, b'!' | b'?' | b';') && before != byte {
            self.sentence(at + 1);
        }
    }

    fn sentence(&mut self, end: usize) {
        if end > self.begun {
            self.line.sentences.push(Sentence { range: self.begun..end, orders: self.orders });
        }
        (self.begun, self.orders, self.clause) = (end, Acts::NONE, true);
        (self.cued, self.asked) = (false, false);
    }
}
