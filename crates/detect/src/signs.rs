//! What the bytes of a text say of it: which engines have anything to look at. Some sweeps over whole words and vectors of
//! bytes, each a fraction of what an engine costs. Must never rule out what an engine would find.

/// Bytes in which digits are counted at once.
const BLOCK: usize = 32;
/// Bytes of which [`has_run`] asks at once.
const SWEEP: usize = 64;
/// Digits that a number of a person has at least, within two blocks.
const FEWEST_DIGITS: u8 = 4;

/// The signs of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signs {
    /// Every byte is ASCII.
    pub(crate) ascii: bool,
    /// Four digits within 64 bytes.
    pub(crate) digits: bool,
    /// An `@`.
    pub(crate) at: bool,
    /// Two colons in a row.
    pub(crate) colons: bool,
    /// A `<` or an escape character.
    pub(crate) markup: bool,
    /// A `]` before a `(`.
    pub(crate) link: bool,
}

impl Signs {
    pub(crate) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        Self {
            ascii: bytes.is_ascii(),
            digits: has_digits(bytes),
            at: memchr::memchr(b'@', bytes).is_some(),
            colons: memchr::memmem::find(bytes, b"::").is_some(),
            markup: memchr::memchr2(b'<', 0x1B, bytes).is_some(),
            link: memchr::memmem::find(bytes, b"](").is_some(),
        }
    }
}

/// True when four digits stand within some 32 bytes: fewer make no number of a person.
fn has_digits(bytes: &[u8]) -> bool {
    let mut before = 0_u8;
    for chunk in bytes.chunks(BLOCK) {
        let here = chunk.iter().map(|byte| u8::from(byte.is_ascii_digit())).sum::<u8>();
        if here + before >= FEWEST_DIGITS {
            return true;
        }
        before = here;
    }
    false
}

/// True where [`runs`] has any: the same question to 64 bytes at once, for texts that mostly have none.
pub(crate) fn has_run(text: &str, least: u8, most: u8) -> bool {
    let mut before = 0;
    let mut ends_it = |block: &[u8; SWEEP]| {
        let mut inside = [0; SWEEP];
        for (to, byte) in inside.iter_mut().zip(block) {
            *to = if byte.wrapping_sub(least) <= most - least { u8::MAX } else { 0 };
        }
        let words = inside.as_chunks::<8>().0.iter().enumerate();
        let full = words.fold(before, |full, (at, word)| {
            full | u32::from(u64::from_ne_bytes(*word) == u64::MAX) << (at + 1)
        });
        before = full >> (SWEEP / 8);
        full & (full >> 1) != 0
    };
    let (blocks, rest) = text.as_bytes().as_chunks::<SWEEP>();
    // What stands behind the last whole word is too short for a run to end there, and no run goes over a zero.
    let mut last = [0; SWEEP];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    blocks.iter().any(&mut ends_it) || ends_it(&last)
}

/// A place in each run of 24 bytes or more that all lie in `least..=most`: the second of two whole words of eight bytes
/// ("Bit Twiddling Hacks", Anderson: a byte less or more than another, in a word).
pub(crate) fn runs(text: &str, least: u8, most: u8) -> impl Iterator<Item = usize> {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES * 128;
    let below = ONES * u64::from(least);
    let above = ONES * u64::from(127 - most.min(127));
    let mut full = 0_u8;
    text.as_bytes().as_chunks::<8>().0.iter().enumerate().filter_map(move |(index, word)| {
        let word = u64::from_le_bytes(*word);
        let outside = (word.wrapping_sub(below) & !word | word.wrapping_add(above) | word) & TOPS;
        full = if outside == 0 { full.saturating_add(1) } else { 0 };
        (full == 2).then_some(index * 8)
    })
}

#[cfg(test)]
mod tests;
