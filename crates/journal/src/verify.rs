//! Answers whether a log is what was written. Needs no lock and no kernel; must never change anything.

use std::path::Path;

use crate::error::JournalError;
use crate::scan::{Position, Reach, Scan, Step};
use crate::segment;

/// A log that is what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Whole entries.
    pub entries: u64,
    /// The last hash of the chain, hex: it stands for the log and all its entries.
    pub head: String,
    /// Bytes after the last whole entry: of a write that is under way, or that a crash interrupted.
    pub torn: Option<u64>,
}

/// Checks every entry of the journal in `dir` against the chain.
///
/// # Errors
/// [`JournalError::Broken`] names the first entry that is not what was written. [`JournalError::Io`] where there is no
/// journal or it cannot be read, [`JournalError::Version`] and [`JournalError::Segment`] where a newer build wrote it.
pub fn verify(dir: &Path) -> Result<Verified, JournalError> {
    let (file, seed) = segment::existing(dir)?;
    let mut scan = Scan::new(file, Position::START, Reach::File);
    let torn = loop {
        match scan.step()? {
            Step::Entry { .. } => {}
            Step::End { torn } => break torn,
            Step::Broken(broken) => return Err(broken.into()),
        }
    };
    let head = scan.head().unwrap_or(seed);
    Ok(Verified { entries: scan.position().index, head: hex(&head), torn: (torn > 0).then_some(torn) })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
