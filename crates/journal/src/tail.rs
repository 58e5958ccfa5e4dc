//! Where the log ends: what is written next goes there, and nowhere else.

use std::path::Path;
use std::sync::Arc;

use crate::error::JournalError;
use crate::frame::{Batch, Format, Hash, Header};
use crate::medium::Medium;
use crate::recover::End;
use crate::scan::Position;
use crate::segment;
use crate::tree::{Tree, WIDTH};

/// Every how many entries a place is remembered, so that a reader need not begin at the start: each run of the tree.
pub(crate) const MARK_EVERY: u64 = WIDTH;

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

impl Tail {
    pub(crate) fn new(medium: Arc<dyn Medium>, end: End) -> Self {
        let End { log_id, position, head, tree, marks } = end;
        Self { medium, log_id, end: position, head, tree, marks, failed: false }
    }

    pub(crate) const fn log_id(&self) -> [u8; 16] {
        self.log_id
    }

    /// Where the next entry goes.
    pub(crate) const fn end(&self) -> Position {
        self.end
    }

    /// The nearest place known at or before entry `index`.
    pub(crate) fn mark(&self, index: u64) -> Position {
        let near = usize::try_from(index / MARK_EVERY).unwrap_or(usize::MAX);
        let mark = near.min(self.marks.len().saturating_sub(1));
        self.marks.get(mark).copied().unwrap_or(self.end)
    }

    /// The file of the last segment.
    ///
    /// # Errors
    /// [`JournalError::Failed`] where the end is in doubt.
    pub(crate) fn medium(&self) -> Result<&Arc<dyn Medium>, JournalError> {
        if self.failed { Err(JournalError::Failed) } else { Ok(&self.medium) }
    }

    /// Takes no more entries.
    pub(crate) const fn fail(&mut self) {
        self.failed = true;
    }

    /// Writes all of `batch` or nothing. Returns the index of its first entry.
    pub(crate) fn write(&mut self, batch: &mut Batch) -> Result<u64, JournalError> {
        let medium = Arc::clone(self.medium()?);
        let head = batch.seal(&self.head);
        let start = self.end;
        if let Err(error) = write_whole(medium.as_ref(), batch.frames(), start.offset) {
            self.failed = medium.truncate(start.offset).is_err();
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
    pub(crate) fn rotate(&mut self, dir: &Path) -> Result<(), JournalError> {
        if let Err(source) = self.medium()?.sync() {
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
