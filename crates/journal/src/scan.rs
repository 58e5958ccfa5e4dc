//! Walks the frames of a segment, checking the chain. Memory is bounded by one frame and one read.
//!
//! At the end it can be asked again: what was appended since is found then. Must never return an entry whose hash does
//! not fit.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Broken, Fault, JournalError};
use crate::frame::{self, HASH, HEADER, Hash, OVERHEAD, Parsed};

const CHUNK: usize = 256 << 10;

/// How far a scan may read.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// To the end of the file.
    File,
    /// To what the journal in this process has written whole.
    Committed(Arc<AtomicU64>),
}

/// Where the next frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) index: u64,
    pub(crate) offset: u64,
}

impl Position {
    pub(crate) const START: Self = Self { index: 0, offset: HEADER as u64 };
}

#[derive(Debug)]
pub(crate) struct Scan {
    file: File,
    reach: Reach,
    next: Position,
    /// File bytes; the hash before the next frame is at `start`.
    window: Vec<u8>,
    start: usize,
}

/// What came next.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// A sound entry.
    Entry { at: Position, payload: &'a [u8] },
    /// Nothing more for now; `torn` bytes follow that are not a whole record.
    End { torn: u64 },
    /// Not what was written.
    Broken(Broken),
}

impl Scan {
    pub(crate) const fn new(file: File, from: Position, reach: Reach) -> Self {
        Self { file, reach, next: from, window: Vec::new(), start: 0 }
    }

    pub(crate) const fn position(&self) -> Position {
        self.next
    }

    /// The next entry.
    pub(crate) fn step(&mut self) -> Result<Step<'_>, JournalError> {
        loop {
            let at = self.next;
            match frame::parse(self.chained()) {
                Parsed::Whole { payload } => {
                    let chained = self.start;
                    self.start += payload + OVERHEAD;
                    self.next =
                        Position { index: at.index + 1, offset: at.offset + (payload + OVERHEAD) as u64 };
                    let frame = self.window.get(chained..).unwrap_or_default();
                    return Ok(Step::Entry { at, payload: frame::payload(frame, payload) });
                }
                Parsed::Short { needed } => {
                    if self.fill(needed).map_err(JournalError::io("read the journal"))? {
                        continue;
                    }
                    let there = self.chained().len();
                    // What is torn now may be whole, or be something else, when we look again.
                    self.forget();
                    return Ok(match there.checked_sub(HASH) {
                        Some(torn) => Step::End { torn: torn as u64 },
                        None => Step::Broken(self.broken(Fault::Shrunk)),
                    });
                }
                Parsed::Broken { what, from } => {
                    let from = at.offset - HASH as u64 + from as u64;
                    let end = blank(&self.file, from).map_err(JournalError::io("read the journal"))?;
                    self.forget();
                    // Blocks that never reached the disk before the power went read as zeros. A hash never does.
                    return Ok(match end {
                        Some(end) => Step::End { torn: end - at.offset },
                        None => Step::Broken(self.broken(what)),
                    });
                }
            }
        }
    }

    /// The hash before the next frame, as far as it has been read.
    pub(crate) fn head(&self) -> Option<Hash> {
        self.chained().first_chunk().copied()
    }

    fn chained(&self) -> &[u8] {
        self.window.get(self.start..).unwrap_or_default()
    }

    const fn broken(&self, what: Fault) -> Broken {
        Broken { index: self.next.index, offset: self.next.offset, what }
    }

    fn forget(&mut self) {
        self.window.truncate(self.start + HASH);
    }

    /// Reads on until `needed` bytes follow `start`. False when the file ends before.
    fn fill(&mut self, needed: usize) -> io::Result<bool> {
        self.window.drain(..self.start);
        self.start = 0;
        let origin = self.next.offset - HASH as u64;
        while self.window.len() < needed {
            let held = self.window.len();
            let from = origin + held as u64;
            let room = match &self.reach {
                Reach::File => u64::MAX,
                Reach::Committed(end) => end.load(Ordering::Acquire).saturating_sub(from),
            };
            let want = usize::try_from(room).unwrap_or(usize::MAX).min(needed.max(CHUNK));
            self.window.resize(held + want, 0);
            let got = self.window.get_mut(held..).map_or(Ok(0), |free| read_at(&self.file, free, from));
            self.window.truncate(held + got.as_ref().map_or(0, |got| *got));
            if got? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        match file.read_at(bytes, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Where the file ends, if it holds only zeros from `from` on.
fn blank(file: &File, from: u64) -> io::Result<Option<u64>> {
    let mut bytes = vec![0; 4096];
    let mut at = from;
    loop {
        let got = read_at(file, &mut bytes, at)?;
        let read = bytes.get(..got).unwrap_or_default();
        if read.iter().any(|byte| *byte != 0) {
            return Ok(None);
        }
        if got == 0 {
            return Ok(Some(at));
        }
        at += got as u64;
    }
}
