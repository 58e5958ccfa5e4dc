//! Reads entries in order, and those that are appended meanwhile.

use std::path::Path;

use ringfence_model::entry::Entry;

use crate::error::JournalError;
use crate::scan::{Position, Reach, Scan, Step};
use crate::segment;

/// Entries with their indexes, each checked against the chain.
///
/// The iterator is not fused: `None` means that there is no further entry *yet*; asked again later it goes on. Where the
/// log is broken it gives that error each time; an entry that this build cannot read is an error once, then passed over.
#[derive(Debug)]
pub struct Reader {
    scan: Scan,
    from: u64,
}

impl Reader {
    /// Reads the journal in `dir` from entry `from` on, whether or not a kernel is writing it. Walks over the entries
    /// before; where the [`Journal`](crate::Journal) is at hand, its `reader` need not.
    ///
    /// # Errors
    /// [`JournalError::Io`] where there is no journal; [`JournalError::Broken`], [`JournalError::Version`] and
    /// [`JournalError::Segment`] where it is not one this build reads.
    pub fn open(dir: &Path, from: u64) -> Result<Self, JournalError> {
        let first = segment::holding(dir, from)?.ok_or_else(JournalError::nothing)?;
        Ok(Self::new(Scan::new(dir, Position::first_of(first), Reach::File)?, from))
    }

    pub(crate) const fn new(scan: Scan, from: u64) -> Self {
        Self { scan, from }
    }

    /// The next entry; none where there is no further one yet.
    fn read(&mut self) -> Result<Option<(u64, Entry)>, JournalError> {
        loop {
            match self.scan.step()? {
                Step::Entry { at, .. } if at.index < self.from => {}
                Step::Entry { at, payload } => {
                    let index = at.index;
                    return serde_json::from_slice(payload)
                        .map(|entry| Some((index, entry)))
                        .map_err(|source| JournalError::Decode { index, source });
                }
                Step::End { .. } => return Ok(None),
                Step::Broken(broken) => return Err(broken.into()),
            }
        }
    }
}

impl Iterator for Reader {
    type Item = Result<(u64, Entry), JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests;
