//! Answers whether a log is what was written. Needs no lock and no kernel; must never change anything.

use ringfence_model::hex;
use std::path::Path;

use crate::checkpoint::{self, Checkpoint};
use crate::error::{Broken, Fault, JournalError};
use crate::note::NoteVerifier;
use crate::scan::{Position, Reach, Scan, Step};
use crate::segment;
use crate::tree::{self, Tree};

/// A log that is what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its name: the origin of its checkpoints.
    pub origin: String,
    /// Whole entries.
    pub entries: u64,
    /// The last hash of the chain, hex: it stands for the log and all its entries.
    pub head: String,
    /// The root of the tree of all entries, hex.
    pub root: String,
    /// How many entries the log's key has signed; none where no key was given or there is no checkpoint.
    pub signed: Option<u64>,
    /// Bytes after the last whole entry: of a write that is under way, or that a crash interrupted.
    pub torn: Option<u64>,
}

/// What a log is held against, beside its own chain: nothing, or what its key has signed.
#[derive(Debug, Clone, Copy)]
pub struct Trusted<'a> {
    /// The log's key.
    pub key: &'a NoteVerifier,
    /// Checkpoints of the log that were kept elsewhere.
    pub kept: &'a [String],
}

/// Checks every entry of the journal in `dir` against the chain and, with the log's key, against what it has signed.
///
/// # Errors
/// [`JournalError::Broken`] names the first entry that is not what was written. [`JournalError::Io`] where there is no
/// journal or it cannot be read, [`JournalError::Version`] and [`JournalError::Segment`] where a newer build wrote it.
pub fn verify(dir: &Path, trusted: Option<Trusted<'_>>) -> Result<Verified, JournalError> {
    segment::beginning(dir)?.ok_or_else(JournalError::nothing)?;
    // Before the entries: a kernel that goes on meanwhile signs more.
    let mut checkpoints = match trusted {
        None => Vec::new(),
        Some(Trusted { key, kept }) => {
            let own = checkpoint::read(dir)?;
            let opened = own.iter().chain(kept).map(|note| Checkpoint::open(note, key));
            opened
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| broken(Position::first_of(0), Fault::Checkpoint))?
        }
    };
    // The smallest last.
    checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
    let signed = checkpoints.first().map(|largest| largest.size);
    let mut scan = Scan::new(dir, Position::first_of(0), Reach::File)?;
    let mut tree = Tree::new();
    let torn = loop {
        while let Some(due) = checkpoints.pop_if(|next| next.size == tree.size()) {
            if due.root != tree.root() {
                return Err(broken(scan.position(), Fault::Unsigned).into());
            }
        }
        match scan.step()? {
            Step::Entry { payload, .. } => tree.push(tree::leaf(payload)),
            Step::End { torn } => break torn,
            Step::Broken(broken) => return Err(broken.into()),
        }
    };
    if !checkpoints.is_empty() {
        return Err(broken(scan.position(), Fault::Cut).into());
    }
    Ok(Verified {
        origin: checkpoint::origin(scan.log_id()),
        entries: scan.position().index,
        head: hex::text(&scan.head()?),
        root: hex::text(&tree.root()),
        signed,
        torn: (torn > 0).then_some(torn),
    })
}

/// What of a log is what was written, from some entry on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPart {
    /// Its name.
    pub origin: String,
    /// The first entry that was looked at: of the segment that holds the one asked for.
    pub from: u64,
    /// Whole entries of the log.
    pub entries: u64,
    /// The last hash of the chain, hex.
    pub head: String,
    /// Bytes after the last whole entry.
    pub torn: Option<u64>,
}

/// Checks the entries of the journal in `dir` from that segment on that holds entry `from`, against the chain alone: what is
/// signed is the tree of all.
///
/// # Errors
/// As of [`verify`].
pub fn verify_from(dir: &Path, from: u64) -> Result<VerifiedPart, JournalError> {
    let first = segment::holding(dir, from)?.ok_or_else(JournalError::nothing)?;
    let mut scan = Scan::new(dir, Position::first_of(first), Reach::File)?;
    let torn = loop {
        match scan.step()? {
            Step::Entry { .. } => {}
            Step::End { torn } => break torn,
            Step::Broken(broken) => return Err(broken.into()),
        }
    };
    Ok(VerifiedPart {
        origin: checkpoint::origin(scan.log_id()),
        from: first,
        entries: scan.position().index,
        head: hex::text(&scan.head()?),
        torn: (torn > 0).then_some(torn),
    })
}

const fn broken(at: Position, what: Fault) -> Broken {
    Broken { index: at.index, segment: at.segment, offset: at.offset, what }
}

#[cfg(test)]
mod tests;
