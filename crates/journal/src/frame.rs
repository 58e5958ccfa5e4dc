//! The bytes of a log: header and frames, written and read. Pure; must never touch a file.
//!
//! ```text
//! header   magic (8) | format version u32 | index of the first entry u64 | log id (16) | chain before (32)
//!          | SHA-256 of the above (32)
//! frame    length u32 | ones' complement of length u32 | payload (canonical JSON of an Entry) | hash (32)
//! ```
//! Integers are little-endian. A frame's hash is SHA-256 of the 32 bytes before the frame (the hash of the previous
//! frame or of the header), the two lengths, and the hash of the payload as a leaf of the [`tree`](crate::tree); in format 1 of
//! the payload itself. The complement makes a damaged length known as such, where it would otherwise pass for a record that
//! was cut off by a crash.

use crate::error::Fault;
use crate::tree::{self, digest};

/// Most bytes of one entry as JSON. A longer one is refused; larger things stand in entries as their digests.
pub const MAX_ENTRY: usize = 60_000;

/// Most bytes of one entry that earlier builds wrote: a longer length in a file is damage.
pub(crate) const MAX_PAYLOAD: usize = 1 << 20;

pub(crate) const HASH: usize = 32;
pub(crate) const HEADER: usize = 68 + HASH;
/// What a frame adds to its payload.
pub(crate) const OVERHEAD: usize = LENGTHS + HASH;

const LENGTHS: usize = 8;
/// Not text, and damaged by any transfer that takes it for text (the idea is PNG's, RFC 2083 section 12.11).
const MAGIC: [u8; 8] = *b"\x89RFJ\r\n\x1a\n";

/// A link of the chain.
pub(crate) type Hash = [u8; HASH];

/// How the frames of a segment are made: its format version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Of builds before 0.2: the payload is JSON in any order. Only read.
    One,
    Two,
}

impl Format {
    /// The one that this build writes.
    pub(crate) const WRITTEN: Self = Self::Two;

    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    pub(crate) const fn of(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }

    /// The hash of a frame.
    fn link(self, before: &[u8], lengths: &[u8], payload: &[u8]) -> Hash {
        match self {
            Self::One => digest(&[before, lengths, payload]),
            Self::Two => link(before, lengths, &tree::leaf(payload)),
        }
    }
}

fn link(before: &[u8], lengths: &[u8], leaf: &Hash) -> Hash {
    digest(&[before, lengths, leaf])
}

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) version: u32,
    pub(crate) first: u64,
    pub(crate) log_id: [u8; 16],
    /// The last hash of the segment before; zero for the first one.
    pub(crate) before: Hash,
}

impl Header {
    /// Of the first segment of a log.
    pub(crate) const fn of_first(log_id: [u8; 16]) -> Self {
        Self { version: Format::WRITTEN.number(), first: 0, log_id, before: [0; HASH] }
    }

    /// Its bytes, and the hash at their end.
    pub(crate) fn encode(&self) -> (Vec<u8>, Hash) {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.log_id);
        bytes.extend_from_slice(&self.before);
        let hash = digest(&[&bytes]);
        bytes.extend_from_slice(&hash);
        (bytes, hash)
    }

    /// The header that `bytes` begin with; none where they do not begin with a whole and sound one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (covered, rest) = bytes.split_at_checked(HEADER - HASH)?;
        if rest.first_chunk::<HASH>()? != &digest(&[covered]) {
            return None;
        }
        let (magic, rest) = covered.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (log_id, rest) = rest.split_first_chunk::<16>()?;
        let before = rest.first_chunk::<HASH>()?;
        (magic == &MAGIC).then_some(Self {
            version: u32::from_le_bytes(*version),
            first: u64::from_le_bytes(*first),
            log_id: *log_id,
            before: *before,
        })
    }
}

/// Frames in the making: room for the hash before them, then frames whose hashes are filled in by [`Batch::seal`].
#[derive(Debug)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Of each payload.
    leaves: Vec<Hash>,
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self { bytes: Vec::with_capacity(4096), leaves: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.resize(HASH, 0);
        self.leaves.clear();
    }

    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Adds a frame with the payload that `write` writes. Returns the payload's size, which may be over the limit: the
    /// batch is then of no use until it is cleared.
    pub(crate) fn push<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<usize, E> {
        let frame = self.bytes.len();
        self.bytes.extend_from_slice(&[0; LENGTHS]);
        write(&mut self.bytes)?;
        let size = self.bytes.len() - frame - LENGTHS;
        let length = u32::try_from(size).unwrap_or(u32::MAX);
        if let Some(lengths) = self.bytes.get_mut(frame..frame + LENGTHS) {
            let (plain, complement) = lengths.split_at_mut(LENGTHS / 2);
            plain.copy_from_slice(&length.to_le_bytes());
            complement.copy_from_slice(&(!length).to_le_bytes());
        }
        self.leaves.push(tree::leaf(self.bytes.get(frame + LENGTHS..).unwrap_or_default()));
        self.bytes.extend_from_slice(&[0; HASH]);
        Ok(size)
    }

    /// Chains all frames to `before`. Returns the hash of the last one.
    pub(crate) fn seal(&mut self, before: &Hash) -> Hash {
        let mut head = *before;
        let mut at = 0;
        for leaf in &self.leaves {
            put(&mut self.bytes, at, &head);
            let frame = self.bytes.get(at + HASH..).and_then(|frame| frame.first_chunk::<LENGTHS>());
            let Some(lengths @ &[a, b, c, d, ..]) = frame else { break };
            head = link(&head, lengths, leaf);
            at += HASH + LENGTHS + u32::from_le_bytes([a, b, c, d]) as usize;
        }
        put(&mut self.bytes, at, &head);
        head
    }

    /// The hashes of the payloads, in order.
    pub(crate) fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// The sizes of the frames, in order.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = u64> {
        let mut rest = self.frames();
        std::iter::from_fn(move || {
            let size = u32::from_le_bytes(*rest.first_chunk::<4>()?) as usize + OVERHEAD;
            rest = rest.get(size..)?;
            Some(size as u64)
        })
    }

    /// The bytes to write, once sealed.
    pub(crate) fn frames(&self) -> &[u8] {
        self.bytes.get(HASH..).unwrap_or_default()
    }
}

fn put(bytes: &mut [u8], at: usize, hash: &Hash) {
    if let Some(place) = bytes.get_mut(at..at + HASH) {
        place.copy_from_slice(hash);
    }
}

/// What a run of bytes holds that begins with the hash before a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// A sound frame with a payload of this many bytes.
    Whole { payload: usize },
    /// The bytes end within the frame; this many are needed, as far as can be told.
    Short { needed: usize },
    /// Not what was written. Were the bytes from `from` on never to reach the disk, it would look the same.
    Broken { what: Fault, from: usize },
}

/// Reads the frame in `chained`, which begins with the hash before it.
pub(crate) fn parse(format: Format, chained: &[u8]) -> Parsed {
    let lengths = chained.get(HASH..).and_then(|frame| frame.first_chunk::<LENGTHS>());
    let Some(&[a, b, c, d, complement @ ..]) = lengths else {
        return Parsed::Short { needed: HASH + LENGTHS };
    };
    let length = u32::from_le_bytes([a, b, c, d]);
    let payload = length as usize;
    if u32::from_le_bytes(complement) != !length || payload == 0 || payload > MAX_PAYLOAD {
        return Parsed::Broken { what: Fault::Length, from: HASH };
    }
    let covered = HASH + LENGTHS + payload;
    let whole = chained
        .split_at_checked(covered)
        .and_then(|(sealed, rest)| Some((sealed, rest.first_chunk::<HASH>()?)));
    let Some((sealed, stored)) = whole else { return Parsed::Short { needed: covered + HASH } };
    let (before, rest) = sealed.split_at(HASH);
    let (lengths, bytes) = rest.split_at(LENGTHS);
    if format.link(before, lengths, bytes) == *stored {
        Parsed::Whole { payload }
    } else {
        Parsed::Broken { what: Fault::Hash, from: covered }
    }
}

/// The payload of the frame in `chained`, which [`parse`] has found whole.
pub(crate) fn payload(chained: &[u8], size: usize) -> &[u8] {
    chained.get(HASH + LENGTHS..HASH + LENGTHS + size).unwrap_or_default()
}

#[cfg(test)]
mod tests;
