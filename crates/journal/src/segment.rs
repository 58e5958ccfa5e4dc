//! The files of a journal directory: the lock and the segment. Creates them readable by their owner only.
//!
//! A segment is named by the index of its first entry, so that further ones sort after it. There is one so far; must
//! never open a directory that holds others.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{Broken, Fault, JournalError};
use crate::frame::{HASH, HEADER, Hash, Header, VERSION};

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

/// The segment of `dir`, if there is one.
pub(crate) fn find(dir: &Path) -> Result<Option<PathBuf>, JournalError> {
    let what = "list the journal's directory";
    let first = path(dir, 0);
    let mut found = None;
    for entry in dir.read_dir().map_err(JournalError::io(what))? {
        let entry = entry.map_err(JournalError::io(what))?.path();
        if entry.extension().is_none_or(|extension| extension != EXTENSION) {
            continue;
        }
        if entry != first {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(JournalError::Segment { name });
        }
        found = Some(entry);
    }
    Ok(found)
}

/// Opens the segment of `dir` for reading. Returns it with the hash that its first frame is chained to.
pub(crate) fn existing(dir: &Path) -> Result<(File, Hash), JournalError> {
    let path = find(dir)?
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        .map_err(JournalError::io("find a journal"))?;
    let file = File::open(path).map_err(JournalError::io("open the journal"))?;
    let (_, seed) = header(&file)?;
    Ok((file, seed))
}

/// Creates the first segment of `dir`, whole or not at all.
pub(crate) fn create(dir: &Path, log_id: [u8; 16]) -> Result<PathBuf, JournalError> {
    let header = Header { version: VERSION, first: 0, log_id, before: [0; HASH] };
    let segment = path(dir, 0);
    let draft = segment.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&header.encode())?;
        file.sync_all()?;
        std::fs::rename(&draft, &segment)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(JournalError::io("create the journal"))?;
    Ok(segment)
}

/// Reads the header of a segment. Returns it and the hash that the first frame is chained to.
pub(crate) fn header(file: &File) -> Result<(Header, Hash), JournalError> {
    let mut bytes = Vec::with_capacity(HEADER);
    file.take(HEADER as u64).read_to_end(&mut bytes).map_err(JournalError::io("read the journal"))?;
    let header = Header::decode(&bytes);
    let (Some(header), Some(seed)) = (header, bytes.last_chunk::<HASH>()) else {
        return Err(Broken { index: 0, offset: 0, what: Fault::Header }.into());
    };
    if header.version != VERSION {
        return Err(JournalError::Version { found: header.version, known: VERSION });
    }
    Ok((header, *seed))
}
