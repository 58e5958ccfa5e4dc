//! Every occurrence of many short literals in one pass, without regard to ASCII case: a sieve of windows of four bytes, then
//! a comparison.
//!
//! An occurrence of five bytes or more covers two windows of four bytes, one byte apart, and one of the two begins at an
//! even place of the text. So only even places are looked at, each with one look into a bit for each window that there can
//! be, 128 KB of which a language touches a part (q-gram filtration: Navarro and Raffinot, «Flexible Pattern Matching in Strings»,
//! chapter 6). Must never report what is not there, nor miss what is.

use std::iter::FusedIterator;
use std::ops::Range;

/// Windows are told apart by five bits of each byte, in which upper and lower case are the same.
const CLASSES: usize = 32;
/// Trigrams of classes.
const TRIPLES: usize = CLASSES * CLASSES * CLASSES;
/// The last class in each 16 bits of a word.
const LAST_CLASS: u64 = 0x001F_001F_001F_001F;
/// Bytes that are looked at in one go.
const BLOCK: usize = 16;
/// The shortest literal.
const SHORTEST: usize = 2;

/// How common a class is in prose, code and JSON, roughly per mille: literals are sieved by what is rare in them.
const COMMON: [u32; CLASSES] = [
    150, 65, 25, 25, 35, 105, 18, 17, 45, 60, 2, 8, 40, 25, 65, 65, 22, 6, 52, 55, 75, 25, 10, 17, 4, 17, 5,
    2, 2, 3, 1, 3,
];

/// A set of literals, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Literals {
    texts: Box<[u8]>,
    /// By literal: where it ends in `texts`, which is where the next one begins.
    ends: Vec<u32>,
    /// The first eight bytes of each literal.
    heads: Vec<Head>,
    /// The windows of all literals: by the classes of three bytes a bit for the fourth.
    windows: Box<[u32; TRIPLES]>,
    /// By first trigram: where its places begin; one more for the end of the last.
    starts: Vec<u16>,
    /// By first trigram: the literals it may belong to.
    places: Vec<Place>,
}

/// A window that begins with `trigram` and that a literal covers, or half covers where it is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    trigram: u16,
    literal: u16,
    /// How far the window's second byte lies behind the literal's first.
    second: u8,
}

/// Up to eight bytes to compare at once, upper and lower case alike: most that the sieve lets through fails here.
#[derive(Debug, Clone, Copy)]
struct Head {
    bytes: u64,
    mask: u64,
}

/// A window of a literal by its classes; what the literal does not cover can be any.
struct Window {
    second: u8,
    classes: [Option<u8>; 4],
}

/// A literal found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Occurrence {
    /// Its first byte in the text.
    pub(crate) start: usize,
    /// Its place in the list of literals.
    pub(crate) literal: usize,
}

/// Why a list of literals cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LiteralError {
    /// Shorter than two bytes or longer than 255.
    #[error("literal {0} is shorter than 2 bytes or longer than 255")]
    Length(usize),
    /// More than 65,535 literals or windows of them.
    #[error("too many literals")]
    TooMany,
}

/// Iterator over the occurrences in a text, each once, in the order in which their trigrams come.
#[derive(Debug)]
pub(crate) struct Occurrences<'a> {
    literals: &'a Literals,
    text: &'a [u8],
    /// The next even place to look at.
    next: usize,
    /// The places of a block that have not been looked into.
    hits: Hits,
    /// The place that `pending` belongs to.
    here: usize,
    pending: Range<usize>,
}

/// Even places from `at` on, a bit for each.
#[derive(Debug, Clone, Copy)]
struct Hits {
    at: usize,
    bits: u32,
}

impl Literals {
    /// # Errors
    /// [`LiteralError`].
    pub(crate) fn new<'a>(literals: impl IntoIterator<Item = &'a str>) -> Result<Self, LiteralError> {
        let (mut texts, mut ends, mut heads) = (Vec::new(), Vec::new(), Vec::new());
        let mut sieve = Box::new([0_u32; TRIPLES]);
        let mut places = Vec::new();
        for (index, text) in literals.into_iter().map(str::as_bytes).enumerate() {
            let literal = u16::try_from(index).map_err(|_| LiteralError::TooMany)?;
            if text.len() < SHORTEST || text.len() > usize::from(u8::MAX) {
                return Err(LiteralError::Length(index));
            }
            texts.extend_from_slice(text);
            ends.push(u32::try_from(texts.len()).map_err(|_| LiteralError::TooMany)?);
            heads.push(Head::of(text));
            for Window { second, classes: [a, b, c, d] } in windows(text) {
                let fourth = d.map_or(u32::MAX, |class| 1 << class);
                for trigram in every(a, b, c) {
                    places.push(Place { trigram, literal, second });
                    if let Some(bits) = sieve.get_mut(usize::from(trigram)) {
                        *bits |= fourth;
                    }
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        let mut starts = Vec::with_capacity(TRIPLES + 1);
        for (at, place) in places.iter().enumerate() {
            let start = u16::try_from(at).map_err(|_| LiteralError::TooMany)?;
            while starts.len() <= usize::from(place.trigram) {
                starts.push(start);
            }
        }
        starts.resize(TRIPLES + 1, u16::try_from(places.len()).map_err(|_| LiteralError::TooMany)?);
        Ok(Self { texts: texts.into(), ends, heads, windows: sieve, starts, places })
    }

    /// Bytes that it holds.
    pub(crate) fn memory(&self) -> usize {
        self.texts.len()
            + size_of_val(&*self.ends)
            + size_of_val(&*self.heads)
            + size_of_val(&*self.windows)
            + size_of_val(&*self.starts)
            + size_of_val(&*self.places)
    }

    /// The literal of that number.
    pub(crate) fn text(&self, literal: usize) -> Option<&[u8]> {
        let start = literal.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before))?;
        self.texts.get(*start as usize..*self.ends.get(literal)? as usize)
    }

    /// The occurrences in `text`.
    pub(crate) fn find<'a>(&'a self, text: &'a [u8]) -> Occurrences<'a> {
        Occurrences { literals: self, text, next: 0, hits: Hits { at: 0, bits: 0 }, here: 0, pending: 0..0 }
    }

    /// The first even places from `from` on whose windows belong to some literal, as far as their trigrams tell, and the
    /// place to go on at.
    fn candidates(&self, text: &[u8], from: usize) -> Option<(Hits, usize)> {
        let mut at = from;
        while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<{ BLOCK + 2 }>)
            && let (&[front, back], &[next, last]) = block.as_chunks::<8>()
        {
            let (front, back) = (pairs(front), pairs(back));
            // Without a branch between them, so that the looks overlap.
            let bits = self.looks(front, front >> 16 | back << 48)
                | self.looks(back, back >> 16 | pair(next, last) << 48) << 4;
            if bits != 0 {
                return Some((Hits { at, bits }, at + BLOCK));
            }
            at += BLOCK;
        }
        // A literal may end with the text, before the window would that it half covers.
        let byte = |at: usize| text.get(at).copied().unwrap_or_default();
        let four = |at: usize| pair(byte(at), byte(at + 1)) << 10 | pair(byte(at + 2), byte(at + 3));
        let mut rest = (at..text.len()).step_by(2);
        let at = rest.find(|at| self.look(four(*at) >> 5, four(*at)) != 0)?;
        Some((Hits { at, bits: 1 }, at + 2))
    }

    /// A bit for each of four windows, set where it belongs to some literal: `before` has the first pair of each, `after` the
    /// second.
    #[inline(always)]
    fn looks(&self, before: u64, after: u64) -> u32 {
        let (triples, fourths) = (before << 5 | after >> 5 & LAST_CLASS, after & LAST_CLASS);
        self.look(triples, fourths)
            | self.look(triples >> 16, fourths >> 16) << 1
            | self.look(triples >> 32, fourths >> 32) << 2
            | self.look(triples >> 48, fourths >> 48) << 3
    }

    /// One where the window with the classes `triple` and `fourth`, each in the lowest 16 bits, belongs to some literal.
    #[inline(always)]
    fn look(&self, triple: u64, fourth: u64) -> u32 {
        let fourths = self.windows.get(triple as usize & (TRIPLES - 1)).copied().unwrap_or_default();
        fourths >> (fourth & 0x1F) & 1
    }

    /// The places of the trigram at `at`.
    fn places_at(&self, text: &[u8], at: usize) -> Range<usize> {
        let byte = |at: usize| text.get(at).copied().unwrap_or_default();
        let trigram = usize::from(trigram(byte(at), byte(at + 1), byte(at + 2)));
        match self.starts.get(trigram..trigram + 2) {
            Some(&[start, end]) => usize::from(start)..usize::from(end),
            _ => 0..0,
        }
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Occurrence;

    fn next(&mut self) -> Option<Occurrence> {
        loop {
            for index in self.pending.by_ref() {
                let place = self.literals.places.get(index)?;
                let literal = usize::from(place.literal);
                let Some(start) = (self.here + 1).checked_sub(usize::from(place.second)) else { continue };
                if !self.literals.heads.get(literal)?.may_stand(self.text, start) {
                    continue;
                }
                let text = self.literals.text(literal)?;
                let there = self.text.get(start..start + text.len());
                if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                    return Some(Occurrence { start, literal });
                }
            }
            if self.hits.bits == 0 {
                let Some((hits, next)) = self.literals.candidates(self.text, self.next) else {
                    self.next = self.text.len();
                    return None;
                };
                (self.hits, self.next) = (hits, next);
            }
            self.here = self.hits.at + 2 * self.hits.bits.trailing_zeros() as usize;
            self.hits.bits &= self.hits.bits - 1;
            self.pending = self.literals.places_at(self.text, self.here);
        }
    }
}

impl FusedIterator for Occurrences<'_> {}

const fn class(byte: u8) -> usize {
    (byte & 0x1F) as usize
}

/// The classes of two bytes that follow each other.
#[inline(always)]
const fn pair(first: u8, second: u8) -> u64 {
    (class(first) << 5 | class(second)) as u64
}

/// The four pairs in eight bytes, in 16 bits each.
#[inline(always)]
const fn pairs(eight: [u8; 8]) -> u64 {
    let eight = u64::from_le_bytes(eight);
    (eight & LAST_CLASS) << 5 | eight >> 8 & LAST_CLASS
}

const fn trigram(first: u8, second: u8, third: u8) -> u16 {
    (class(first) << 10 | class(second) << 5 | class(third)) as u16
}

impl Head {
    /// The bit that tells upper from lower case, and little else.
    const CASE: u64 = u64::from_ne_bytes([0x20; 8]);

    fn of(text: &[u8]) -> Self {
        let (mut bytes, mut mask) = ([0; 8], [0; 8]);
        for ((byte, covered), from) in bytes.iter_mut().zip(&mut mask).zip(text) {
            (*byte, *covered) = (*from, u8::MAX);
        }
        let mask = u64::from_ne_bytes(mask);
        Self { bytes: (u64::from_ne_bytes(bytes) | Self::CASE) & mask, mask }
    }

    /// False only where the literal does not stand at `start`.
    fn may_stand(self, text: &[u8], start: usize) -> bool {
        let there = text.get(start..).and_then(<[u8]>::first_chunk::<8>);
        there.is_none_or(|there| (u64::from_ne_bytes(*there) | Self::CASE) & self.mask == self.bytes)
    }
}

/// Two windows of a literal, one byte apart, the rarest there are; a short literal leaves bytes of them open.
fn windows(text: &[u8]) -> Vec<Window> {
    let of = |byte: u8| Some(byte & 0x1F);
    let window = |second, classes| Window { second, classes };
    match *text {
        [a, b] => vec![window(1, [of(a), of(b), None, None]), window(0, [None, of(a), of(b), None])],
        [a, b, c] => vec![window(1, [of(a), of(b), of(c), None]), window(0, [None, of(a), of(b), of(c)])],
        [a, b, c, d] => {
            vec![window(1, [of(a), of(b), of(c), of(d)]), window(0, [None, of(a), of(b), of(c)])]
        }
        _ => {
            let rarest = text.windows(5).enumerate().min_by_key(|(_, five)| commonness(five));
            let Some((offset, &[a, b, c, d, e])) = rarest else { return Vec::new() };
            let second = offset as u8 + 1;
            vec![
                window(second, [of(a), of(b), of(c), of(d)]),
                window(second + 1, [of(b), of(c), of(d), of(e)]),
            ]
        }
    }
}

/// How often the two windows in five bytes are likely to be seen.
fn commonness(five: &[u8]) -> u32 {
    let weight = |byte: &u8| COMMON.get(class(*byte)).copied().unwrap_or(u32::MAX);
    five.windows(4).map(|window| window.iter().map(weight).product::<u32>()).fold(0, u32::saturating_add)
}

/// The trigrams of these classes.
fn every(first: Option<u8>, second: Option<u8>, third: Option<u8>) -> Vec<u16> {
    let classes = |class: Option<u8>| class.map_or(0..CLASSES as u8, |class| class..class + 1);
    let mut trigrams = Vec::new();
    for first in classes(first) {
        for second in classes(second) {
            trigrams.extend(classes(third).map(|third| trigram(first, second, third)));
        }
    }
    trigrams
}

#[cfg(test)]
mod tests;
