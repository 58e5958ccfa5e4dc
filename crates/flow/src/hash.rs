//! Seeded hashing of short texts. A hash must never leave the process: its seed is what keeps collisions unplanned.

use std::hash::{BuildHasherDefault, Hasher};

/// An odd constant with well spread bits (the golden ratio, as in Knuth's multiplicative hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The seed of one index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    /// The hash of `bytes`, ASCII letters in lower case.
    pub(crate) fn of(self, bytes: impl IntoIterator<Item = u8>) -> u64 {
        let mut hash = self.0 ^ SPREAD;
        for byte in bytes {
            hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01B3);
            hash ^= hash >> 29;
        }
        finish(hash)
    }

    /// The hash of a pair.
    pub(crate) fn pair(self, a: u64, b: u64) -> u64 {
        finish(a.rotate_left(17) ^ b.wrapping_mul(SPREAD) ^ self.0)
    }
}

/// Spreads a value over all bits (the finalizer of SplitMix64, Steele et al. 2014).
pub(crate) const fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

/// For keys that are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashed(u64);

pub(crate) type ByHash = BuildHasherDefault<Hashed>;

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(SPREAD);
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(SPREAD);
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
