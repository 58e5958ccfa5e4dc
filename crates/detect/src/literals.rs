//! Every occurrence of many short literals in one pass, without regard to ASCII case: a sieve of trigrams, then a
//! comparison.
//!
//! An occurrence of four bytes or more covers two trigrams one byte apart, and one of the two begins at an even place of
//! the text. So only even places are looked at, each with one look into 4 KB (q-gram filtration: Navarro and Raffinot,
//! «Flexible Pattern Matching in Strings», chapter 6). Must never report what is not there, nor miss what is.

use std::iter::FusedIterator;
use std::ops::Range;

/// Trigrams are told apart by five bits of each byte, in which upper and lower case are the same.
const CLASSES: usize = 32;
/// Pairs of classes.
const PAIRS: usize = CLASSES * CLASSES;
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
    texts: Vec<Box<[u8]>>,
    /// By the pair of the first two classes: a bit for each third class that makes a trigram of some literal.
    sieve: Box<[u32; PAIRS]>,
    /// Trigrams before each pair.
    ranks: Box<[u16; PAIRS]>,
    /// By trigram, in order: where its places begin; one more for the end of the last.
    starts: Vec<u32>,
    /// By trigram: the literals it may belong to.
    places: Vec<Place>,
}

/// A trigram that a literal covers, or half covers where it is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    trigram: u16,
    literal: u16,
    /// How far the trigram's second byte lies behind the literal's first.
    second: u8,
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
    /// More than 65,535 literals or trigrams of them.
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
    /// The place that `pending` belongs to.
    here: usize,
    pending: Range<usize>,
}

impl Literals {
    /// # Errors
    /// [`LiteralError`].
    pub(crate) fn new<'a>(literals: impl IntoIterator<Item = &'a str>) -> Result<Self, LiteralError> {
        let texts: Vec<Box<[u8]>> = literals.into_iter().map(|text| text.as_bytes().into()).collect();
        let mut places = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let literal = u16::try_from(index).map_err(|_| LiteralError::TooMany)?;
            if text.len() < SHORTEST || text.len() > usize::from(u8::MAX) {
                return Err(LiteralError::Length(index));
            }
            places.extend(trigrams(text).into_iter().map(|(second, trigram)| Place {
                trigram,
                literal,
                second,
            }));
        }
        places.sort_unstable();
        let mut sieve = Box::new([0_u32; PAIRS]);
        let mut starts = Vec::new();
        for (at, place) in places.iter().enumerate() {
            let (pair, bit) = split(place.trigram);
            let Some(word) = sieve.get_mut(pair) else { continue };
            if *word & bit == 0 {
                *word |= bit;
                starts.push(u32::try_from(at).map_err(|_| LiteralError::TooMany)?);
            }
        }
        starts.push(u32::try_from(places.len()).map_err(|_| LiteralError::TooMany)?);
        let mut ranks = Box::new([0_u16; PAIRS]);
        let mut before = 0_u32;
        for (rank, word) in ranks.iter_mut().zip(sieve.iter()) {
            *rank = u16::try_from(before).map_err(|_| LiteralError::TooMany)?;
            before += word.count_ones();
        }
        Ok(Self { texts, sieve, ranks, starts, places })
    }

    /// The occurrences in `text`.
    pub(crate) fn find<'a>(&'a self, text: &'a [u8]) -> Occurrences<'a> {
        Occurrences { literals: self, text, next: 0, here: 0, pending: 0..0 }
    }

    /// The first even place from `from` on whose trigram belongs to some literal.
    fn candidate(&self, text: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<{ BLOCK + 1 }>) {
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = *block;
            // Without a branch between them, so that the looks overlap.
            let hits = self.look(a, b, c)
                | self.look(c, d, e) << 1
                | self.look(e, f, g) << 2
                | self.look(g, h, i) << 3
                | self.look(i, j, k) << 4
                | self.look(k, l, m) << 5
                | self.look(m, n, o) << 6
                | self.look(o, p, q) << 7;
            if hits != 0 {
                return Some(at + 2 * hits.trailing_zeros() as usize);
            }
            at += BLOCK;
        }
        // A short literal may end with the text, one byte before the trigram would that it half covers.
        let rest = text.get(at..).unwrap_or_default();
        rest.chunks(2).enumerate().find_map(|(index, pair)| {
            let [first, second] = *pair else { return None };
            let third = rest.get(2 * index + 2).copied().unwrap_or_default();
            (self.look(first, second, third) != 0).then_some(at + 2 * index)
        })
    }

    /// One where the trigram belongs to some literal.
    #[inline(always)]
    fn look(&self, first: u8, second: u8, third: u8) -> u32 {
        let pair = class(first) << 5 | class(second);
        (self.sieve.get(pair).copied().unwrap_or_default() >> class(third)) & 1
    }

    /// The places of the trigram at `at`.
    fn places_at(&self, text: &[u8], at: usize) -> Range<usize> {
        let byte = |at: usize| text.get(at).copied().unwrap_or_default();
        let (pair, bit) = split(trigram(byte(at), byte(at + 1), byte(at + 2)));
        let rank = self.ranks.get(pair).copied().unwrap_or_default();
        let within = self.sieve.get(pair).copied().unwrap_or_default() & (bit - 1);
        let index = usize::from(rank) + within.count_ones() as usize;
        match self.starts.get(index..index + 2) {
            Some(&[start, end]) => start as usize..end as usize,
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
                let text = self.literals.texts.get(literal)?;
                let Some(start) = (self.here + 1).checked_sub(usize::from(place.second)) else { continue };
                let there = self.text.get(start..start + text.len());
                if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                    return Some(Occurrence { start, literal });
                }
            }
            let Some(here) = self.literals.candidate(self.text, self.next) else {
                self.next = self.text.len();
                return None;
            };
            self.here = here;
            self.next = here + 2;
            self.pending = self.literals.places_at(self.text, here);
        }
    }
}

impl FusedIterator for Occurrences<'_> {}

const fn class(byte: u8) -> usize {
    (byte & 0x1F) as usize
}

const fn trigram(first: u8, second: u8, third: u8) -> u16 {
    (class(first) << 10 | class(second) << 5 | class(third)) as u16
}

/// A trigram as its pair and the bit of its third class.
fn split(trigram: u16) -> (usize, u32) {
    (usize::from(trigram >> 5), 1 << (trigram & 0x1F))
}

/// Two trigrams of a literal, one byte apart, the rarest there are; a short one leaves a byte of them open.
fn trigrams(text: &[u8]) -> Vec<(u8, u16)> {
    let any = 0..CLASSES as u8;
    match *text {
        [first, second] => {
            let behind = any.clone().map(|after| (1, trigram(first, second, after)));
            behind.chain(any.map(|before| (0, trigram(before, first, second)))).collect()
        }
        [first, second, third] => {
            let behind = any.map(|after| (2, trigram(second, third, after)));
            behind.chain([(1, trigram(first, second, third))]).collect()
        }
        _ => {
            let rarest = text.windows(4).enumerate().min_by_key(|(_, window)| commonness(window));
            let Some((offset, &[a, b, c, d])) = rarest else { return Vec::new() };
            let offset = offset as u8;
            vec![(offset + 1, trigram(a, b, c)), (offset + 2, trigram(b, c, d))]
        }
    }
}

/// How often the two trigrams of four bytes are likely to be seen.
fn commonness(window: &[u8]) -> u32 {
    let weight = |byte: &u8| COMMON.get(class(*byte)).copied().unwrap_or(u32::MAX);
    window.windows(3).map(|trigram| trigram.iter().map(weight).product::<u32>()).sum()
}

#[cfg(test)]
mod tests;
