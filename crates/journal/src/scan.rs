//! Walks the frames of a log from segment to segment, checking the chain. Memory is bounded by one frame and one read.
//!
//! At the end it can be asked again: what was appended since is found then. Must never return an entry whose hash does
//! not fit.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::{Broken, Fault, JournalError};
use crate::frame::{self, Format, HASH, HEADER, Hash, OVERHEAD, Parsed};
use crate::segment;

const CHUNK: usize = 256 << 10;

/// How far a scan may read.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// To the end of the files.
    File,
    /// To what the journal in this process has written whole.
    Committed(Arc<Mutex<Position>>),
}

/// Where a frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) index: u64,
    /// The first entry of its segment.
    pub(crate) segment: u64,
    /// In its segment.
    pub(crate) offset: u64,
}

impl Position {
    /// The first frame of a segment.
    pub(crate) const fn first_of(segment: u64) -> Self {
        Self { index: segment, segment, offset: HEADER as u64 }
    }

    const fn after(self, payload: usize) -> Self {
        Self { index: self.index + 1, offset: self.offset + (payload + OVERHEAD) as u64, ..self }
    }
}

#[derive(Debug)]
pub(crate) struct Scan {
    dir: PathBuf,
    file: File,
    format: Format,
    log_id: [u8; 16],
    reach: Reach,
    next: Position,
    /// Bytes of the segment; the hash before the next frame is at `start`.
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
    /// Of the log in `dir`.
    pub(crate) fn new(dir: &Path, from: Position, reach: Reach) -> Result<Self, JournalError> {
        let file = segment::open(dir, from.segment)?;
        let opened = segment::header(&file, from.segment)?;
        Ok(Self {
            dir: dir.to_owned(),
            file,
            format: opened.format,
            log_id: opened.header.log_id,
            reach,
            next: from,
            window: Vec::new(),
            start: 0,
        })
    }

    pub(crate) const fn position(&self) -> Position {
        self.next
    }

    pub(crate) const fn log_id(&self) -> [u8; 16] {
        self.log_id
    }

    /// The next entry.
    pub(crate) fn step(&mut self) -> Result<Step<'_>, JournalError> {
        loop {
            let at = self.next;
            match frame::parse(self.format, self.chained()) {
                Parsed::Whole { payload } => {
                    let chained = self.start;
                    self.start += payload + OVERHEAD;
                    self.next = at.after(payload);
                    let frame = self.window.get(chained..).unwrap_or_default();
                    return Ok(Step::Entry { at, payload: frame::payload(frame, payload) });
                }
                Parsed::Short { needed } => {
                    if self.fill(needed).map_err(JournalError::io("read the journal"))? {
                        continue;
                    }
                    let Some(torn) = self.chained().len().checked_sub(HASH) else {
                        self.forget();
                        return Ok(Step::Broken(self.broken(Fault::Shrunk)));
                    };
                    match self.following()? {
                        None => {
                            // What is torn now may be whole, or be something else, when we look again.
                            self.forget();
                            return Ok(Step::End { torn: torn as u64 });
                        }
                        Some(next) if torn == 0 && next == at.index => {
                            if !self.enter(next)? {
                                return Ok(Step::Broken(self.broken(Fault::Gap)));
                            }
                        }
                        Some(_) => {
                            self.forget();
                            return Ok(Step::Broken(self.broken(Fault::Gap)));
                        }
                    }
                }
                Parsed::Broken { what, from } => {
                    let from = at.offset - HASH as u64 + from as u64;
                    let end = blank(&self.file, from).map_err(JournalError::io("read the journal"))?;
                    self.forget();
                    // Blocks that never reached the disk before the power went read as zeros. A hash never does.
                    return Ok(match end {
                        Some(end) if self.following()?.is_none() => Step::End { torn: end - at.offset },
                        _ => Step::Broken(self.broken(what)),
                    });
                }
            }
        }
    }

    /// The hash before the next frame.
    pub(crate) fn head(&mut self) -> Result<Hash, JournalError> {
        // Of a segment without frames nothing has been read yet.
        self.fill(HASH).map_err(JournalError::io("read the journal"))?;
        self.chained().first_chunk().copied().ok_or_else(|| self.broken(Fault::Shrunk).into())
    }

    /// The segment after this one, where there is one.
    fn following(&self) -> Result<Option<u64>, JournalError> {
        match &self.reach {
            Reach::Committed(end) if end.lock().segment == self.next.segment => Ok(None),
            Reach::Committed(_) | Reach::File => segment::first_from(&self.dir, self.next.segment + 1),
        }
    }

    /// Goes on with the segment `first`; false where it does not go on from here.
    fn enter(&mut self, first: u64) -> Result<bool, JournalError> {
        let file = segment::open(&self.dir, first)?;
        let opened = segment::header(&file, first)?;
        if self.head()? != opened.header.before || opened.header.log_id != self.log_id {
            return Ok(false);
        }
        self.file = file;
        self.format = opened.format;
        self.next = Position::first_of(first);
        self.window.clear();
        self.start = 0;
        Ok(true)
    }

    fn chained(&self) -> &[u8] {
        self.window.get(self.start..).unwrap_or_default()
    }

    const fn broken(&self, what: Fault) -> Broken {
        Broken { index: self.next.index, segment: self.next.segment, offset: self.next.offset, what }
    }

    fn forget(&mut self) {
        self.window.truncate(self.start + HASH);
    }

    /// Reads on until `needed` bytes follow `start`. False when the segment ends before.
    fn fill(&mut self, needed: usize) -> io::Result<bool> {
        self.window.drain(..self.start);
        self.start = 0;
        let origin = self.next.offset - HASH as u64;
        while self.window.len() < needed {
            let held = self.window.len();
            let from = origin + held as u64;
            let room = match &self.reach {
                Reach::File => u64::MAX,
                Reach::Committed(end) => {
                    let end = *end.lock();
                    if end.segment == self.next.segment { end.offset.saturating_sub(from) } else { u64::MAX }
                }
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
