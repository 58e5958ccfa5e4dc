//! Proofs over a log: that entries stand in it, that it has only grown. Also over a log that is only read.
//!
//! Must never hold the log up: what has to be read again is read while others write.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_model::json::JsonText;
use serde::{Deserialize, Serialize};

use crate::append::Journal;
use crate::checkpoint::{self, Checkpoint, origin};
use crate::error::{Broken, Fault, JournalError};
use crate::frame::Hash;
use crate::note::NoteVerifier;
use crate::scan::{Position, Reach, Scan, Step};
use crate::tree::{self, Leaves, Tree, WIDTH};

/// The form of a proof that this build writes.
const FORMAT: &str = "ringfence.consistency/1";

/// Shows that a log has only grown: RFC 9162 section 2.1.4. As JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    format: String,
    /// The name of the log.
    log: String,
    old: Head,
    new: Head,
    /// In base64, in the order of the RFC.
    proof: Vec<String>,
    /// The signed checkpoint of the new tree, where there is one of just that size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
}

/// A tree: how many entries, and the root in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    size: u64,
    root: String,
}

/// Why a proof shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum BadConsistency {
    /// Not one of ours.
    #[error("not a proof of consistency: {0}")]
    Form(String),
    /// One of the two checkpoints.
    #[error("the {0} checkpoint is not one that {1} signed for this tree")]
    Checkpoint(&'static str, String),
    /// What it shows.
    #[error("the log of {old} entries is not the beginning of that of {new}")]
    Changed {
        /// Entries of the old tree.
        old: u64,
        /// Entries of the new one.
        new: u64,
    },
}

/// Checks a proof with nothing but the key of the log and a checkpoint that was kept: the log has only grown since. Returns
/// from how many entries to how many.
///
/// # Errors
/// [`BadConsistency`] says what does not fit.
pub fn verify_consistency(text: &str, kept: &str, key: &NoteVerifier) -> Result<(u64, u64), BadConsistency> {
    let form = |error: &dyn ToString| BadConsistency::Form(error.to_string());
    JsonText::try_from(text.to_owned()).map_err(|error| form(&error))?;
    let told: Consistency = serde_json::from_str(text).map_err(|error| form(&error))?;
    if told.format != FORMAT || told.log != key.name() {
        return Err(BadConsistency::Form(format!("this build reads {FORMAT}, of the log of the key")));
    }
    let opened = |which, note: Option<&str>, head: &Head| {
        let signed = note.and_then(|note| Checkpoint::open(note, key));
        signed
            .filter(|signed| signed.size == head.size && STANDARD.encode(signed.root) == head.root)
            .ok_or_else(|| BadConsistency::Checkpoint(which, key.name().to_owned()))
    };
    let old = opened("old", Some(kept), &told.old)?;
    let new = opened("new", told.checkpoint.as_deref(), &told.new)?;
    let hashes = told.proof.iter().map(|hash| STANDARD.decode(hash).ok()?.try_into().ok());
    let proof: Option<Vec<Hash>> = hashes.collect();
    let proof = proof.ok_or_else(|| BadConsistency::Form("its proof is no list of hashes".to_owned()))?;
    if tree::is_consistent((old.size, old.root), (new.size, new.root), &proof) {
        Ok((old.size, new.size))
    } else {
        Err(BadConsistency::Changed { old: old.size, new: new.size })
    }
}

/// The leaves of whole runs that were read again.
type Runs = BTreeMap<u64, Vec<Hash>>;

/// Answers out of what was read; names the run that is missing.
struct Read<'a>(&'a Runs);

#[derive(Debug, Clone, Copy)]
struct Missing(u64);

impl Leaves for Read<'_> {
    type Error = Missing;

    fn run(&mut self, run: u64) -> Result<Vec<Hash>, Missing> {
        self.0.get(&run).cloned().ok_or(Missing(run))
    }
}

/// Asks until nothing is missing.
fn answer<T>(
    mut ask: impl FnMut(&mut Read<'_>) -> Result<T, Missing>,
    mut read: impl FnMut(u64) -> Result<Vec<Hash>, JournalError>,
) -> Result<T, JournalError> {
    let mut runs = Runs::new();
    loop {
        match ask(&mut Read(&runs)) {
            Ok(answer) => return Ok(answer),
            Err(Missing(run)) => runs.insert(run, read(run)?),
        };
    }
}

/// The leaves of the whole run number `run`.
fn leaves(mut scan: Scan, run: u64) -> Result<Vec<Hash>, JournalError> {
    let from = run * WIDTH;
    let mut leaves = Vec::with_capacity(WIDTH as usize);
    while leaves.len() < WIDTH as usize {
        match scan.step()? {
            Step::Entry { at, payload } if at.index >= from => leaves.push(tree::leaf(payload)),
            Step::Entry { .. } => {}
            Step::Broken(broken) => return Err(broken.into()),
            Step::End { .. } => {
                let Position { index, segment, offset } = scan.position();
                return Err(Broken { index, segment, offset, what: Fault::Shrunk }.into());
            }
        }
    }
    Ok(leaves)
}

impl Journal {
    /// Asks the tree, each time for a moment.
    fn ask<T>(&self, ask: impl Fn(&Tree, &mut Read<'_>) -> Result<T, Missing>) -> Result<T, JournalError> {
        let read = |run| leaves(self.scan(self.mark(run * WIDTH))?, run);
        answer(|runs| ask(&self.tail.lock().tree, runs), read)
    }

    /// The root over the first `size` entries; `None` of more than there are.
    pub(crate) fn root_at(&self, size: u64) -> Result<Option<Hash>, JournalError> {
        self.ask(|tree, runs| tree.root_at(size, runs))
    }

    /// Shows that entry `index` is one of the first `size`. `None` where it is not.
    pub(crate) fn inclusion(&self, index: u64, size: u64) -> Result<Option<Vec<Hash>>, JournalError> {
        self.ask(|tree, runs| tree.inclusion(index, size, runs))
    }

    /// Shows that the first `old` entries are the beginning of the first `new`. `None` where there are not so many.
    pub(crate) fn consistency(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, JournalError> {
        self.ask(|tree, runs| tree.consistency(old, new, runs))
    }
}

/// The tree of a log that is only read, whether or not a kernel writes it.
#[derive(Debug)]
pub struct Replica<'a> {
    dir: &'a Path,
    log: String,
    /// The checkpoint, taken before the entries: it may be of fewer.
    note: Option<String>,
    tree: Tree,
    /// Where each run begins.
    marks: Vec<Position>,
}

impl<'a> Replica<'a> {
    /// Reads the whole log in `dir`.
    ///
    /// # Errors
    /// [`JournalError::Broken`] where it is not what was written; others as of [`verify`](crate::verify).
    pub fn read(dir: &'a Path) -> Result<Self, JournalError> {
        let note = checkpoint::read(dir)?;
        let mut scan = Scan::new(dir, Position::first_of(0), Reach::File)?;
        let (mut tree, mut marks) = (Tree::new(), Vec::new());
        loop {
            match scan.step()? {
                Step::Entry { at, payload } => {
                    if at.index.is_multiple_of(WIDTH) {
                        marks.push(at);
                    }
                    tree.push(tree::leaf(payload));
                }
                Step::End { .. } => break,
                Step::Broken(broken) => return Err(broken.into()),
            }
        }
        Ok(Self { dir, log: origin(scan.log_id()), note, tree, marks })
    }

    /// Shows that the log of `old` entries is the beginning of that of `new`; of what its key has signed, where `new` is not
    /// said, else of all there is. `None` where there are not so many.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn consistency(&self, old: u64, new: Option<u64>) -> Result<Option<Consistency>, JournalError> {
        let signed = self.note.as_deref().and_then(checkpoint::size_of).filter(|size| *size >= old);
        let new = new.or(signed).unwrap_or_else(|| self.tree.size());
        let Some(proof) = self.ask(|runs| self.tree.consistency(old, new, runs))? else { return Ok(None) };
        let root = |size| self.ask(|runs| self.tree.root_at(size, runs));
        let (Some(old_root), Some(new_root)) = (root(old)?, root(new)?) else { return Ok(None) };
        let head = |size, root: Hash| Head { size, root: STANDARD.encode(root) };
        Ok(Some(Consistency {
            format: FORMAT.to_owned(),
            log: self.log.clone(),
            old: head(old, old_root),
            new: head(new, new_root),
            proof: proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
            checkpoint: self.note.clone().filter(|_| signed == Some(new)),
        }))
    }

    /// What a witness is asked that knows the first `old` entries: [`Journal::add_checkpoint`].
    ///
    /// # Errors
    /// [`JournalError`]; [`Fault::Checkpoint`] where `key` has signed nothing here.
    pub fn add_checkpoint(&self, key: &NoteVerifier, old: u64) -> Result<Option<String>, JournalError> {
        let opened = self.note.as_deref().and_then(|note| Some((Checkpoint::open(note, key)?, note)));
        let Position { index, segment, offset } = Position::first_of(0);
        let unsigned = Broken { index, segment, offset, what: Fault::Checkpoint };
        let (signed, note) = opened.ok_or(unsigned)?;
        let proof = self.ask(|runs| self.tree.consistency(old, signed.size, runs))?;
        Ok(proof.map(|proof| crate::witness::add_checkpoint(old, &proof, note)))
    }

    fn ask<T>(&self, ask: impl Fn(&mut Read<'_>) -> Result<T, Missing>) -> Result<T, JournalError> {
        let read = |run: u64| {
            let mark = usize::try_from(run).ok().and_then(|run| self.marks.get(run).copied());
            leaves(Scan::new(self.dir, mark.unwrap_or(Position::first_of(0)), Reach::File)?, run)
        };
        answer(ask, read)
    }
}

#[cfg(test)]
mod tests;
