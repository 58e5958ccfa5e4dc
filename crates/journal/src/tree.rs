//! The Merkle tree over the entries of a log: RFC 9162 section 2.1. Pure.
//!
//! Of each run of 256 leaves that is whole only the root is kept, of 256 such runs one more, and so on: an eighth of a byte
//! an entry. What lies below is asked of whoever has the leaves. Must never answer for leaves that it has not seen.

mod consistency;

use ring::digest::{Context, SHA256};

use crate::frame::{HASH, Hash};

pub(crate) use consistency::is_consistent;

/// Leaves of a run, and runs of a larger one. The tiles of C2SP tlog-tiles have this width, too.
pub(crate) const WIDTH: u64 = 256;

/// The hash of an entry: RFC 9162 section 2.1.1.
pub(crate) fn leaf(entry: &[u8]) -> Hash {
    digest(&[&[0], entry])
}

/// The hash over two subtrees.
fn node(left: &Hash, right: &Hash) -> Hash {
    digest(&[&[1], left, right])
}

/// Of no leaves at all.
fn empty() -> Hash {
    digest(&[])
}

pub(crate) fn digest(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; HASH];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The root over `hashes`, each the root of equally many leaves but for the last.
fn root_of(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty(),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(split(more.len() as u64) as usize);
            node(&root_of(left), &root_of(right))
        }
    }
}

/// The largest power of two below `size`, which is two or more.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// All leaves of a log, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    /// First the leaves of the run that is not whole yet; then the roots of whole runs of 256 leaves, of 256 × 256, ….
    levels: Vec<Vec<Hash>>,
    size: u64,
}

/// Where a proof needs what lies within a run: its leaves, of the log itself.
pub(crate) trait Leaves {
    type Error;
    /// The leaves of the whole run number `run`: 256.
    fn run(&mut self, run: u64) -> Result<Vec<Hash>, Self::Error>;
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self { levels: vec![Vec::new()], size: 0 }
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn push(&mut self, leaf: Hash) {
        self.size += 1;
        let mut full = Some(leaf);
        for at in 0.. {
            let Some(hash) = full.take() else { break };
            if self.levels.len() == at {
                self.levels.push(Vec::new());
            }
            let Some(level) = self.levels.get_mut(at) else { break };
            level.push(hash);
            if (level.len() as u64).is_multiple_of(WIDTH) {
                let run = level.get(level.len() - WIDTH as usize..).unwrap_or_default();
                full = Some(root_of(run));
                if at == 0 {
                    level.clear();
                }
            }
        }
    }

    /// The root over all leaves so far.
    pub(crate) fn root(&self) -> Hash {
        match self.range(0, self.size, &mut Nothing) {
            Ok(root) => root,
            Err(never) => match never {},
        }
    }

    /// The root over the first `size` leaves; `None` of more than there are.
    pub(crate) fn root_at<L: Leaves>(&self, size: u64, leaves: &mut L) -> Result<Option<Hash>, L::Error> {
        (size <= self.size).then(|| self.range(0, size, leaves)).transpose()
    }

    /// Shows that leaf number `index` is one of the first `size`: RFC 9162 section 2.1.3.1. `None` where it is not.
    pub(crate) fn inclusion<L: Leaves>(
        &self,
        index: u64,
        size: u64,
        leaves: &mut L,
    ) -> Result<Option<Vec<Hash>>, L::Error> {
        if index >= size || size > self.size {
            return Ok(None);
        }
        let (mut start, mut end, mut proof) = (0, size, Vec::new());
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                proof.push(self.range(middle, end, leaves)?);
                end = middle;
            } else {
                proof.push(self.range(start, middle, leaves)?);
                start = middle;
            }
        }
        proof.reverse();
        Ok(Some(proof))
    }

    /// The root over the leaves from `start` to `end`, a part of some tree of them.
    fn range<L: Leaves>(&self, start: u64, end: u64, leaves: &mut L) -> Result<Hash, L::Error> {
        let length = end - start;
        if length == 0 {
            return Ok(empty());
        }
        // A whole run of some height is there, or has been part of one that is.
        if length.is_power_of_two()
            && let Some(known) = self.known(start, length)
        {
            return Ok(known);
        }
        if length < WIDTH && start / WIDTH == (end - 1) / WIDTH && start / WIDTH < self.size / WIDTH {
            let run = leaves.run(start / WIDTH)?;
            let within = (start % WIDTH) as usize..(start % WIDTH + length) as usize;
            return Ok(root_of(run.get(within).unwrap_or_default()));
        }
        let middle = start + split(length);
        Ok(node(&self.range(start, middle, leaves)?, &self.range(middle, end, leaves)?))
    }

    /// The root of `length` leaves from `start` on where it is kept, or follows from what is kept beside each other.
    fn known(&self, start: u64, length: u64) -> Option<Hash> {
        // The lowest level at which these leaves are whole hashes.
        let level = (length.ilog2() / WIDTH.ilog2()) as usize;
        let unit = WIDTH.pow(level as u32);
        let (mut from, count) = (start / unit, length / unit);
        if level == 0 {
            from = start.checked_sub(self.size / WIDTH * WIDTH)?;
        }
        let kept = self.levels.get(level)?.get(from as usize..(from + count) as usize)?;
        Some(root_of(kept))
    }
}

/// For what is asked of the latest tree alone.
struct Nothing;

impl Leaves for Nothing {
    type Error = std::convert::Infallible;
    fn run(&mut self, _: u64) -> Result<Vec<Hash>, Self::Error> {
        // The latest root is made of whole runs and of leaves that are still at hand.
        Ok(Vec::new())
    }
}

/// The root that `proof` leads to from leaf number `index` of `size`: RFC 9162 section 2.1.3.2. `None` where the proof does not
/// have the form of one.
pub(crate) fn root_from_inclusion(index: u64, size: u64, leaf: Hash, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut first, mut last, mut root) = (index, size - 1, leaf);
    for hash in proof {
        if last == 0 {
            return None;
        }
        if first & 1 == 1 || first == last {
            root = node(hash, &root);
            while first & 1 == 0 && first != 0 {
                first >>= 1;
                last >>= 1;
            }
        } else {
            root = node(&root, hash);
        }
        first >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

#[cfg(test)]
mod tests;
