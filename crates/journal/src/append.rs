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

use crate::canonical;
use crate::error::JournalError;
use crate::frame::{Batch, Format, Hash, Header, MAX_PAYLOAD};
use crate::medium::Medium;
use crate::reader::Reader;
use crate::recover::{self, Recovered};
use crate::scan::{Position, Reach, Scan};
use crate::segment;
use crate::tree::{Tree, WIDTH};

/// Every how many entries a place is remembered, so that a reader need not begin at the start: each run of the tree.
pub(crate) const MARK_EVERY: u64 = WIDTH;

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
    spare: Mutex<Vec<Batch>>,
    /// Held for its lock; none in tests of the tail alone.
    _lock: Option<File>,
}

/// Where the log ends.
pub(crate) struct Tail {
    medium: Arc<dyn Medium>,
    log_id: [u8; 16],
    end: Position,
    head: Hash,
    pub(crate) tree: Tree,
    /// Where the entries 0, [`MARK_EVERY`], 2 × [`MARK_EVERY`], … stand.
    marks: Vec<Position>,
    /// The end is in doubt; nothing more may be appended.
    failed: bool,
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
            committed: Arc::new(Mutex::new(tail.end)),
            synced: Mutex::new(tail.end.index),
            tail: Mutex::new(tail),
            signed: Mutex::new(None),
            spare: Mutex::new(Vec::new()),
            _lock: lock,
        }
    }

    /// The id of the log.
    #[must_use]
    pub fn log_id(&self) -> [u8; 16] {
        self.tail.lock().log_id
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
        let done = encode(&mut batch, entries).and_then(|()| self.write(&mut batch));
        if batch.capacity() <= SPARE_BYTES {
            let mut spare = self.spare.lock();
            if spare.len() < SPARE_BATCHES {
                spare.push(batch);
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
        let near = usize::try_from(index / MARK_EVERY).unwrap_or(usize::MAX);
        let tail = self.tail.lock();
        let mark = near.min(tail.marks.len().saturating_sub(1));
        tail.marks.get(mark).copied().unwrap_or(tail.end)
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
        if tail.failed {
            return Err(JournalError::Failed);
        }
        if tail.end.offset >= self.options.segment {
            tail.rotate(&self.dir)?;
        }
        let first = tail.write(batch)?;
        *self.committed.lock() = tail.end;
        Ok((first, tail.end.index))
    }

    /// Returns once the first `entries` entries are on the disk. One fdatasync serves all who wait.
    pub(crate) fn sync_to(&self, entries: u64) -> Result<(), JournalError> {
        let mut synced = self.synced.lock();
        if *synced >= entries {
            return Ok(());
        }
        let (medium, covers) = {
            let tail = self.tail.lock();
            if tail.failed {
                return Err(JournalError::Failed);
            }
            (Arc::clone(&tail.medium), tail.end.index)
        };
        if let Err(source) = medium.sync() {
            // After a failed fsync Linux drops the dirty pages and reports success the next time: nobody can know any
            // more what is on the disk.
            self.tail.lock().failed = true;
            return Err(JournalError::Io { what: "sync the journal", source });
        }
        *synced = covers;
        Ok(())
    }
}

/// How the frames of the segment are made that the log ends in.
fn end_format(tail: &Tail, dir: &Path) -> Result<Format, JournalError> {
    Ok(segment::header(&segment::open(dir, tail.end.segment)?, tail.end.segment)?.format)
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Tail {
    pub(crate) fn new(medium: Arc<dyn Medium>, end: recover::End) -> Self {
        let recover::End { log_id, position, head, tree, marks } = end;
        Self { medium, log_id, end: position, head, tree, marks, failed: false }
    }

    pub(crate) const fn end(&self) -> Position {
        self.end
    }

    /// Writes all of `batch` or nothing. Returns the index of its first entry.
    fn write(&mut self, batch: &mut Batch) -> Result<u64, JournalError> {
        let head = batch.seal(&self.head);
        let start = self.end;
        if let Err(error) = write_whole(self.medium.as_ref(), batch.frames(), start.offset) {
            self.failed = self.medium.truncate(start.offset).is_err();
            return Err(JournalError::Io { what: "append to the journal", source: error });
        }
        for (size, leaf) in batch.sizes().zip(batch.leaves()) {
            if self.end.index.is_multiple_of(MARK_EVERY) {
                self.marks.push(self.end);
            }
            self.tree.push(*leaf);
            self.end.index += 1;
            self.end.offset += size;
        }
        self.head = head;
        Ok(start.index)
    }

    /// Begins another segment. What is in the one before is on the disk then.
    fn rotate(&mut self, dir: &Path) -> Result<(), JournalError> {
        if let Err(source) = self.medium.sync() {
            self.failed = true;
            return Err(JournalError::Io { what: "sync the journal", source });
        }
        let version = Format::WRITTEN.number();
        let header = Header { version, first: self.end.index, log_id: self.log_id, before: self.head };
        let (file, head) = segment::create(dir, header)?;
        self.medium = Arc::new(file);
        self.head = head;
        self.end = Position::first_of(self.end.index);
        Ok(())
    }
}

fn encode(batch: &mut Batch, entries: &[Entry]) -> Result<(), JournalError> {
    for entry in entries {
        let bytes = batch.push(|payload| canonical::write(payload, entry)).map_err(JournalError::Encode)?;
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
