//! Fingerprints of passages: winnowing (Schleimer, Wilkerson, Aiken: «Winnowing», SIGMOD 2003) over normalized text.
//!
//! Normalized: letters and digits in lower case, all else left out. So a passage keeps its fingerprints in other case, with
//! other spacing, punctuation and JSON escapes of these. Must never choose differently in a source and in an argument.

use crate::hash::{Seed, finish};

/// Letters of one fingerprint.
pub(crate) const GRAM: usize = 24;
/// Fingerprints of which the least is kept: any passage of `GRAM + WINDOW - 1` letters that two texts share is found.
const WINDOW: usize = 24;

/// Letters of one shingle: every one is kept, so that a part of a value is found.
pub(crate) const SHINGLE: usize = 6;

/// A rolling hash over the last `N` letters (cyclic polynomials: Cohen 1997).
#[derive(Debug)]
struct Rolling<const N: usize> {
    ring: [u8; N],
    at: usize,
    filled: usize,
    hash: u64,
}

impl<const N: usize> Rolling<N> {
    const fn new() -> Self {
        Self { ring: [0; N], at: 0, filled: 0, hash: 0 }
    }

    /// The hash once `N` letters have been seen.
    fn push(&mut self, letter: u8) -> Option<u64> {
        let out = self.ring.get_mut(self.at).map_or(0, |place| std::mem::replace(place, letter));
        self.at = if self.at + 1 == N { 0 } else { self.at + 1 };
        self.hash = self.hash.rotate_left(1) ^ value(letter);
        if self.filled < N {
            self.filled += 1;
        } else {
            self.hash ^= value(out).rotate_left(N as u32);
        }
        (self.filled == N).then_some(self.hash)
    }
}

/// A random word for each letter.
fn value(letter: u8) -> u64 {
    VALUES.get(usize::from(letter)).copied().unwrap_or(0)
}

#[expect(clippy::indexing_slicing, reason = "computed by the compiler, which checks it")]
const VALUES: [u64; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = finish(at as u64 + 0x5DEE_CE66);
        at += 1;
    }
    table
};

/// The letter or digit in lower case; none for what normalization leaves out.
const fn normal(byte: u8) -> Option<u8> {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' | 0x80..=0xff => Some(byte),
        b'A'..=b'Z' => Some(byte | 0x20),
        _ => None,
    }
}

/// Calls `keep` with each fingerprint of `text`.
pub(crate) fn passages(seed: Seed, text: &str, mut keep: impl FnMut(u64)) {
    let mut rolling = Rolling::<GRAM>::new();
    let mut window = [u64::MAX; WINDOW];
    let (mut at, mut least, mut least_at, mut count) = (0, u64::MAX, 0, 0_usize);
    for letter in text.bytes().filter_map(normal) {
        let Some(hash) = rolling.push(letter) else { continue };
        let hash = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed.0;
        if let Some(place) = window.get_mut(at) {
            *place = hash;
        }
        count += 1;
        let evicted = at == least_at && count > 1;
        if hash <= least || count == 1 {
            (least, least_at) = (hash, at);
            if count >= WINDOW {
                keep(finish(hash));
            }
        } else if evicted {
            // The rightmost of the least, as the paper has it.
            least = u64::MAX;
            for step in 1..=WINDOW {
                let place = (at + step) % WINDOW;
                let here = window.get(place).copied().unwrap_or(u64::MAX);
                if here <= least {
                    (least, least_at) = (here, place);
                }
            }
            if count >= WINDOW {
                keep(finish(least));
            }
        } else if count == WINDOW {
            keep(finish(least));
        }
        at = (at + 1) % WINDOW;
    }
    // A text shorter than a window has the least of what it has.
    if count > 0 && count < WINDOW {
        keep(finish(least));
    }
}

/// Calls `keep` with each shingle of `text`.
pub(crate) fn shingles(seed: Seed, text: &str, mut keep: impl FnMut(u64)) {
    let mut rolling = Rolling::<SHINGLE>::new();
    for letter in text.bytes().filter_map(normal) {
        if let Some(hash) = rolling.push(letter) {
            keep(finish(hash ^ seed.0.rotate_left(32)));
        }
    }
}

/// How many letters of `text` stand in shingles that `known` says yes to, and how many there are.
pub(crate) fn covered(seed: Seed, text: &str, mut known: impl FnMut(u64) -> bool) -> (usize, usize) {
    let letters = text.bytes().filter(|byte| normal(*byte).is_some()).count();
    let (mut covered, mut until, mut at) = (0, 0, 0);
    shingles(seed, text, |hash| {
        if known(hash) {
            covered += at + SHINGLE - until.max(at);
            until = at + SHINGLE;
        }
        at += 1;
    });
    (covered, letters)
}
