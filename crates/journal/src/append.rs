//! The writing side: one process, any number of threads.
//!
//! Entries are serialized outside the lock and hashed and written inside it, with one write(2) per call.
//! Must never leave half a record with others after it: what was not written whole is cut off again, and where even
//! that fails nothing more is taken.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_model::config::Durability;
use ringfence_model::entry::Entry;

use crate::canonical::Canonical;
use crate::error::JournalError;
use crate::frame::{Batch, Format, Header, MAX_ENTRY};
use crate::medium::Medium;
use crate::reader::Reader;
use crate::recover::{self, Recovered};
use crate::scan::{Position, Reach, Scan};
use crate::segment;
use crate::tail::Tail;

/// Buffers kept for reuse, and the most bytes one of them may hold on to.
const SPARE_DRAFTS: usize = 16;
const SPARE_BYTES: usize = 64 << 10;

/// How to open a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What an acknowledged entry survives.
    pub durability: Durability,
    /// The id of the log, random; used only where there is no log yet.
    pub log_id: [u8; 16],
    /// Bytes after which another segment is begun.
    pub segment: u64,
}

/// Bytes of a segment where nobody says otherwise.
pub const SEGMENT: u64 = 64 << 20;

/// A journal open for writing. Shared by reference; every method takes `&self`.
pub struct Journal {
    dir: PathBuf,
    options: Options,
    pub(crate) tail: Mutex<Tail>,
    /// Up to where the segments hold whole entries.
    committed: Arc<Mutex<Position>>,
    /// How many entries are on the disk. Whoever holds the lock is syncing; the others wait for it.
    synced: Mutex<u64>,
    /// Up to where the log is signed, and the note that says so.
    pub(crate) signed: Mutex<Option<(u64, String)>>,
    spare: Mutex<Vec<Draft>>,
    /// Held for its lock; none in tests of the tail alone.
    _lock: Option<File>,
}

/// Entries on their way, and what it takes to write them.
struct Draft {
    batch: Batch,
    canonical: Canonical,
}

impl Draft {
    fn new() -> Self {
        Self { batch: Batch::new(), canonical: Canonical::new() }
    }
}

impl Journal {
    /// Opens the journal in `dir`, or begins one. Checks the whole chain, cuts off a record that a crash left torn, and
    /// finds the calls that were let through and have no outcome.
    ///
    /// # Errors
    /// [`JournalError::Locked`] where it is open already; [`JournalError::Broken`], [`JournalError::Version`] and
    /// [`JournalError::Segment`] where the log is not one this build can continue; [`JournalError::Io`].
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Recovered), JournalError> {
        Self::replay(dir, options, &mut |_| ())
    }

    /// As [`Self::open`], and shows `state` the entries that a kernel rebuilds its state from
    /// ([`STATEFUL`](ringfence_model::entry::STATEFUL)), oldest first.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn replay(
        dir: &Path,
        options: Options,
        state: &mut dyn FnMut(&Entry),
    ) -> Result<(Self, Recovered), JournalError> {
        segment::create_dir(dir)?;
        let lock = segment::lock(dir)?;
        if segment::beginning(dir)?.is_none() {
            segment::create(dir, Header::of_first(options.log_id))?;
        }
        let (end, recovered) = recover::recover(dir, state)?;
        let file = segment::open_to_write(dir, end.position.segment)?;
        if recovered.torn > 0 {
            file.truncate(end.position.offset)
                .and_then(|()| file.sync())
                .map_err(JournalError::io("cut off the torn end of the journal"))?;
        }
        let mut tail = Tail::new(Arc::new(file), end);
        if end_format(&tail, dir)? != Format::WRITTEN {
            tail.rotate(dir)?;
        }
        Ok((Self::at(dir, tail, options, Some(lock)), recovered))
    }

    pub(crate) fn at(dir: &Path, tail: Tail, options: Options, lock: Option<File>) -> Self {
        Self {
            dir: dir.to_owned(),
            options,
            committed: Arc::new(Mutex::new(tail.end())),
            synced: Mutex::new(tail.end().index),
            tail: Mutex::new(tail),
            signed: Mutex::new(None),
            spare: Mutex::new(Vec::new()),
            _lock: lock,
        }
    }

    /// The id of the log.
    #[must_use]
    pub fn log_id(&self) -> [u8; 16] {
        self.tail.lock().log_id()
    }

    /// How many entries it holds; the index of the next one.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.tail.lock().end().index
    }

    /// Appends an entry and returns its index. When it returns, the entry survives what [`Options::durability`] says.
    /// Blocks for the time of a write, with [`Durability::Power`] for that of an fdatasync.
    ///
    /// # Errors
    /// [`JournalError::Io`] where it could not be written; the log is as before and the next one may do. After
    /// [`JournalError::Failed`] only opening it anew helps. [`JournalError::TooLarge`], [`JournalError::Encode`].
    pub fn append(&self, entry: &Entry) -> Result<u64, JournalError> {
        self.append_all(std::slice::from_ref(entry))
    }

    /// Appends entries with one write, all or none; returns the index of the first.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn append_all(&self, entries: &[Entry]) -> Result<u64, JournalError> {
        let mut draft = self.spare.lock().pop().unwrap_or_else(Draft::new);
        let done = encode(&mut draft, entries).and_then(|()| self.write(&mut draft.batch));
        if draft.batch.capacity() <= SPARE_BYTES {
            let mut spare = self.spare.lock();
            if spare.len() < SPARE_DRAFTS {
                spare.push(draft);
            }
        }
        let (index, end) = done?;
        match self.options.durability {
            Durability::Process => {}
            Durability::Power => self.sync_to(end)?,
        }
        Ok(index)
    }

    /// A reader from entry `from` on, which also sees what is appended later.
    ///
    /// # Errors
    /// [`JournalError::Io`] where the log cannot be opened, [`JournalError::Broken`] where it is not what was written.
    pub fn reader(&self, from: u64) -> Result<Reader, JournalError> {
        Ok(Reader::new(self.scan(self.mark(from))?, from))
    }

    /// The nearest place known at or before entry `index`.
    pub(crate) fn mark(&self, index: u64) -> Position {
        self.tail.lock().mark(index)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn scan(&self, from: Position) -> Result<Scan, JournalError> {
        Scan::new(&self.dir, from, Reach::Committed(Arc::clone(&self.committed)))
    }

    /// Returns the index of the first entry and how many there are after the last.
    fn write(&self, batch: &mut Batch) -> Result<(u64, u64), JournalError> {
        let mut tail = self.tail.lock();
        if tail.end().offset >= self.options.segment {
            tail.rotate(&self.dir)?;
        }
        let first = tail.write(batch)?;
        *self.committed.lock() = tail.end();
        Ok((first, tail.end().index))
    }

    /// Returns once the first `entries` entries are on the disk. One fdatasync serves all who wait.
    pub(crate) fn sync_to(&self, entries: u64) -> Result<(), JournalError> {
        let mut synced = self.synced.lock();
        if *synced >= entries {
            return Ok(());
        }
        let (medium, covers) = {
            let tail = self.tail.lock();
            (Arc::clone(tail.medium()?), tail.end().index)
        };
        if let Err(source) = medium.sync() {
            // After a failed fsync Linux drops the dirty pages and reports success the next time: nobody can know any
            // more what is on the disk.
            self.tail.lock().fail();
            return Err(JournalError::Io { what: "sync the journal", source });
        }
        *synced = covers;
        Ok(())
    }
}

/// How the frames of the segment are made that the log ends in.
fn end_format(tail: &Tail, dir: &Path) -> Result<Format, JournalError> {
    let segment = tail.end().segment;
    Ok(segment::header(&segment::open(dir, segment)?, segment)?.format)
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("dir", &self.dir).finish_non_exhaustive()
    }
}

fn encode(draft: &mut Draft, entries: &[Entry]) -> Result<(), JournalError> {
    let Draft { batch, canonical } = draft;
    batch.clear();
    for entry in entries {
        let bytes = batch.push(|payload| canonical.write(payload, entry)).map_err(JournalError::Encode)?;
        if bytes > MAX_ENTRY {
            return Err(JournalError::TooLarge { bytes });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
