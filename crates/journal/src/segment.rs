//! The files of a journal directory: the lock and the segments. Creates them readable by their owner only.
//!
//! A segment is named by the index of its first entry, so that they sort. Must never take a file for a segment that this
//! build would not have named so.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{Broken, Fault, JournalError};
use crate::frame::{Format, HEADER, Hash, Header};

const EXTENSION: &str = "rfj";

fn path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.{EXTENSION}"))
}

/// Creates `dir` if there is none.
pub(crate) fn create_dir(dir: &Path) -> Result<(), JournalError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(JournalError::io("create the journal's directory"))
}

/// Takes the lock of `dir`; it is held until the file is dropped, or the process ends in whatever way.
pub(crate) fn lock(dir: &Path) -> Result<File, JournalError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(dir.join("lock"))
        .map_err(JournalError::io("open the journal's lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::Locked),
        Err(TryLockError::Error(source)) => Err(JournalError::Io { what: "lock the journal", source }),
    }
}

/// The segment of `dir` that begins with entry `from` or later, the first of them. `None` where there is none.
pub(crate) fn first_from(dir: &Path, from: u64) -> Result<Option<u64>, JournalError> {
    Ok(all(dir)?.into_iter().find(|first| *first >= from))
}

/// The first segment of `dir`, which begins with entry 0. `None` where there is no log.
pub(crate) fn beginning(dir: &Path) -> Result<Option<u64>, JournalError> {
    match first_from(dir, 0)? {
        Some(first) if first > 0 => {
            Err(Broken { index: 0, segment: first, offset: 0, what: Fault::Gap }.into())
        }
        other => Ok(other),
    }
}

/// The segment of `dir` in which entry `index` stands or would stand.
pub(crate) fn holding(dir: &Path, index: u64) -> Result<Option<u64>, JournalError> {
    let all = all(dir)?;
    let before = all.iter().rev().find(|first| **first <= index);
    Ok(before.or(all.first()).copied())
}

/// The first entries of all segments, in order.
fn all(dir: &Path) -> Result<Vec<u64>, JournalError> {
    let what = "list the journal's directory";
    let mut all = Vec::new();
    for entry in dir.read_dir().map_err(JournalError::io(what))? {
        let name = entry.map_err(JournalError::io(what))?.file_name().to_string_lossy().into_owned();
        let Some(first) = name.strip_suffix(EXTENSION).and_then(|name| name.strip_suffix('.')) else {
            continue;
        };
        match first.parse() {
            Ok(first) if path(dir, first).file_name().is_some_and(|own| *own == *name) => all.push(first),
            _ => return Err(JournalError::Segment { name }),
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// Opens a segment for reading.
pub(crate) fn open(dir: &Path, first: u64) -> Result<File, JournalError> {
    File::open(path(dir, first)).map_err(JournalError::io("open the journal"))
}

/// Opens a segment for writing, too.
pub(crate) fn open_to_write(dir: &Path, first: u64) -> Result<File, JournalError> {
    let file = OpenOptions::new().read(true).write(true).open(path(dir, first));
    file.map_err(JournalError::io("open the journal"))
}

/// The id of the log in `dir`.
///
/// # Errors
/// [`JournalError::Io`] where there is no log; [`JournalError::Broken`] and [`JournalError::Version`] where its beginning is not
/// one that this build reads.
pub fn log_id(dir: &Path) -> Result<[u8; 16], JournalError> {
    let first = beginning(dir)?.ok_or_else(JournalError::nothing)?;
    Ok(header(&open(dir, first)?, first)?.header.log_id)
}

/// Creates a segment of `dir`, whole or not at all.
///
/// Returns it with the hash that its first frame is chained to.
pub(crate) fn create(dir: &Path, header: Header) -> Result<(File, Hash), JournalError> {
    let segment = path(dir, header.first);
    let draft = segment.with_extension("new");
    let (bytes, seed) = header.encode();
    let write = || -> io::Result<File> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, &segment)?;
        File::open(dir)?.sync_all()?;
        Ok(file)
    };
    let file = write().map_err(JournalError::io("create a segment of the journal"))?;
    Ok((file, seed))
}

/// What the header of a segment says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) header: Header,
    pub(crate) format: Format,
}

/// Reads the header of the segment that begins with entry `first`.
pub(crate) fn header(file: &File, first: u64) -> Result<Opened, JournalError> {
    let mut bytes = vec![0; HEADER];
    let broken = Broken { index: first, segment: first, offset: 0, what: Fault::Header };
    match file.read_exact_at(&mut bytes, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(broken.into()),
        other => other.map_err(JournalError::io("read the journal"))?,
    }
    let header = Header::decode(&bytes).filter(|header| header.first == first);
    let header = header.ok_or(broken)?;
    match Format::of(header.version) {
        Some(format) => Ok(Opened { header, format }),
        None => Err(JournalError::Version { found: header.version, known: Format::WRITTEN.number() }),
    }
}
