//! The writing side: one process, any number of threads.
//!
//! Entries are serialized outside the lock and hashed and written inside it, with one write(2) per call.
//! Must never leave half a record with others after it: what was not written whole is cut off again, and where even
//! that fails nothing more is taken.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use ringfence_model::config::Durability;
use ringfence_model::entry::Entry;

use crate::error::JournalError;
use crate::frame::{Batch, Hash, MAX_PAYLOAD};
use crate::medium::Medium;
use crate::reader::Reader;
use crate::recover::{self, Recovered};
use crate::scan::{Position, Reach};
use crate::segment;

/// Every how many entries an offset is remembered, so that a reader need not begin at the start.
pub(crate) const MARK_EVERY: u64 = 1024;

/// Buffers kept for reuse, and the most bytes one of them may hold on to.
const SPARE_BATCHES: usize = 16;
const SPARE_BYTES: usize = 64 << 10;

/// How to open a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What an acknowledged entry survives.
    pub durability: Durability,
    /// The id of the log, random; used only where there is no log yet.
    pub log_id: [u8; 16],
}

/// A journal open for writing. Shared by reference; every method takes `&self`.
pub struct Journal {
    medium: Box<dyn Medium>,
    durability: Durability,
    segment: PathBuf,
    log_id: [u8; 16],
    tail: Mutex<Tail>,
    /// Up to where the file holds whole entries.
    committed: Arc<AtomicU64>,
    /// Up to where the file is on the disk. Whoever holds the lock is syncing; the others wait for it.
    synced: Mutex<u64>,
    spare: Mutex<Vec<Batch>>,
    /// Held for its lock; none in tests of the tail alone.
    _lock: Option<File>,
}

/// Where the log ends.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) end: Position,
    pub(crate) head: Hash,
    /// Offsets of the entries 0, [`MARK_EVERY`], 2 × [`MARK_EVERY`], …
    pub(crate) marks: Vec<u64>,
    /// The end is in doubt; nothing more may be appended.
    pub(crate) failed: bool,
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
        let path = match segment::find(dir)? {
            Some(path) => path,
            None => segment::create(dir, options.log_id)?,
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(JournalError::io("open the journal"))?;
        let (header, seed) = segment::header(&file)?;
        let (tail, recovered) = recover::recover(&file, seed, state)?;
        if recovered.torn > 0 {
            file.truncate(tail.end.offset)
                .and_then(|()| file.sync())
                .map_err(JournalError::io("cut off the torn end of the journal"))?;
        }
        let journal = Self::at(Box::new(file), tail, options.durability, path, header.log_id, Some(lock));
        Ok((journal, recovered))
    }

    pub(crate) fn at(
        medium: Box<dyn Medium>,
        tail: Tail,
        durability: Durability,
        segment: PathBuf,
        log_id: [u8; 16],
        lock: Option<File>,
    ) -> Self {
        Self {
            medium,
            durability,
            segment,
            log_id,
            committed: Arc::new(AtomicU64::new(tail.end.offset)),
            synced: Mutex::new(tail.end.offset),
            tail: Mutex::new(tail),
            spare: Mutex::new(Vec::new()),
            _lock: lock,
        }
    }

    /// The id of the log.
    #[must_use]
    pub const fn log_id(&self) -> [u8; 16] {
        self.log_id
    }

    /// How many entries it holds; the index of the next one.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.tail.lock().end.index
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
        let mut batch = self.spare.lock().pop().unwrap_or_else(Batch::new);
        batch.clear();
        let done = encode(&mut batch, entries).and_then(|()| self.write(&mut batch, entries.len() as u64));
        if batch.capacity() <= SPARE_BYTES {
            let mut spare = self.spare.lock();
            if spare.len() < SPARE_BATCHES {
                spare.push(batch);
            }
        }
        let (index, end) = done?;
        match self.durability {
            Durability::Process => {}
            Durability::Power => self.sync_to(end)?,
        }
        Ok(index)
    }

    /// A reader from entry `from` on, which also sees what is appended later.
    ///
    /// # Errors
    /// [`JournalError::Io`] where the file cannot be opened.
    pub fn reader(&self, from: u64) -> Result<Reader, JournalError> {
        let near = usize::try_from(from / MARK_EVERY).unwrap_or(usize::MAX);
        let at = {
            let tail = self.tail.lock();
            let mark = near.min(tail.marks.len().saturating_sub(1));
            tail.marks.get(mark).map_or(Position::START, |offset| Position {
                index: mark as u64 * MARK_EVERY,
                offset: *offset,
            })
        };
        let file = File::open(&self.segment).map_err(JournalError::io("open the journal"))?;
        Ok(Reader::new(file, at, from, Reach::Committed(Arc::clone(&self.committed))))
    }

    /// Returns the index of the first entry and the offset after the last.
    fn write(&self, batch: &mut Batch, entries: u64) -> Result<(u64, u64), JournalError> {
        let mut tail = self.tail.lock();
        if tail.failed {
            return Err(JournalError::Failed);
        }
        let head = batch.seal(&tail.head);
        let start = tail.end;
        if let Err(error) = write_whole(self.medium.as_ref(), batch.frames(), start.offset) {
            tail.failed = self.medium.truncate(start.offset).is_err();
            return Err(JournalError::Io { what: "append to the journal", source: error });
        }
        tail.mark(batch);
        tail.head = head;
        tail.end =
            Position { index: start.index + entries, offset: start.offset + batch.frames().len() as u64 };
        self.committed.store(tail.end.offset, Ordering::Release);
        Ok((start.index, tail.end.offset))
    }

    /// Returns once all up to `end` is on the disk. One fdatasync serves all who wait.
    fn sync_to(&self, end: u64) -> Result<(), JournalError> {
        let mut synced = self.synced.lock();
        if *synced >= end {
            return Ok(());
        }
        if self.tail.lock().failed {
            return Err(JournalError::Failed);
        }
        let covers = self.committed.load(Ordering::Acquire);
        if let Err(source) = self.medium.sync() {
            // After a failed fsync Linux drops the dirty pages and reports success the next time: nobody can know any
            // more what is on the disk.
            self.tail.lock().failed = true;
            return Err(JournalError::Io { what: "sync the journal", source });
        }
        *synced = covers;
        Ok(())
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("segment", &self.segment).finish_non_exhaustive()
    }
}

impl Tail {
    fn mark(&mut self, batch: &Batch) {
        let mut at = self.end;
        for frame in batch.sizes() {
            if at.index.is_multiple_of(MARK_EVERY) {
                self.marks.push(at.offset);
            }
            at = Position { index: at.index + 1, offset: at.offset + frame };
        }
    }
}

fn encode(batch: &mut Batch, entries: &[Entry]) -> Result<(), JournalError> {
    for entry in entries {
        let bytes =
            batch.push(|payload| serde_json::to_writer(payload, entry)).map_err(JournalError::Encode)?;
        if bytes > MAX_PAYLOAD {
            return Err(JournalError::TooLarge { bytes });
        }
    }
    Ok(())
}

fn write_whole(medium: &dyn Medium, mut bytes: &[u8], mut offset: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match medium.write_at(bytes, offset) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
