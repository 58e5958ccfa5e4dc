//! Checkpoints: what the log's key has signed, how many entries there are and the root of their tree (C2SP tlog-checkpoint).
//!
//! ```text
//! ORIGIN
//! SIZE
//! BASE64(ROOT)
//! ```
//! The latest one stands in the file `checkpoint`. Must never sign entries that a loss of power could take back.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::append::Journal;
use crate::error::{Broken, Fault, JournalError};
use crate::frame::Hash;
use crate::note::{NoteKey, NoteVerifier};

/// Most bytes of a checkpoint with its signatures.
const MOST: u64 = 64 << 10;

/// Where a log stood when its key signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) size: u64,
    pub(crate) root: Hash,
}

impl Checkpoint {
    fn text(self, origin: &str) -> String {
        format!("{origin}\n{}\n{}\n", self.size, STANDARD.encode(self.root))
    }

    /// The checkpoint that `note` is, where `key` signed it for its own log.
    pub(crate) fn open(note: &str, key: &NoteVerifier) -> Option<Self> {
        let mut lines = key.open(note)?.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let checkpoint =
            Self { size: size.parse().ok()?, root: STANDARD.decode(root).ok()?.try_into().ok()? };
        // As we write it, and nothing after it: a number has one spelling.
        (origin == key.name() && checkpoint.text(origin) == key.open(note)?).then_some(checkpoint)
    }
}

/// How many entries the checkpoint `note` is of, whoever signed it.
pub(crate) fn size_of(note: &str) -> Option<u64> {
    note.lines().nth(1)?.parse().ok()
}

/// The name of a log: its origin in checkpoints.
#[must_use]
pub fn origin(log_id: [u8; 16]) -> String {
    format!("ringfence/{:032x}", u128::from_be_bytes(log_id))
}

/// The note in the file `checkpoint` of `dir`. `None` where there is none.
pub(crate) fn read(dir: &Path) -> Result<Option<String>, JournalError> {
    let read = || -> io::Result<String> {
        let mut note = String::new();
        File::open(dir.join("checkpoint"))?.take(MOST).read_to_string(&mut note)?;
        Ok(note)
    };
    match read() {
        Ok(note) => Ok(Some(note)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // Not text: no note that anybody signed.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Some(String::new())),
        Err(source) => Err(JournalError::Io { what: "read the checkpoint", source }),
    }
}

/// Replaces the checkpoint whole or not at all.
fn write(dir: &Path, note: &str) -> Result<(), JournalError> {
    let draft = dir.join("checkpoint.new");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, dir.join("checkpoint"))
    };
    write().map_err(JournalError::io("write the checkpoint"))
}

impl Journal {
    /// True where a key has signed the log, whichever.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn is_signed(&self) -> Result<bool, JournalError> {
        Ok(read(self.dir())?.is_some())
    }

    /// How many entries are signed, as far as [`Self::check_signed`] and [`Self::sign`] have seen.
    #[must_use]
    pub fn signed(&self) -> u64 {
        self.signed.lock().as_ref().map_or(0, |(size, _)| *size)
    }

    /// Holds the log against what its key has signed. Returns up to where it has.
    ///
    /// # Errors
    /// [`JournalError::Broken`] where the log is shorter or another one, or the checkpoint none of this key.
    pub fn check_signed(&self, key: &NoteVerifier) -> Result<Option<u64>, JournalError> {
        let Some(note) = read(self.dir())? else { return Ok(None) };
        let end = self.tail.lock().end();
        let broken = |what| Broken { index: end.index, segment: end.segment, offset: end.offset, what };
        let signed = Checkpoint::open(&note, key).ok_or_else(|| broken(Fault::Checkpoint))?;
        match self.root_at(signed.size)? {
            None => Err(broken(Fault::Cut).into()),
            Some(root) if root != signed.root => Err(broken(Fault::Unsigned).into()),
            Some(_) => {
                *self.signed.lock() = Some((signed.size, note));
                Ok(Some(signed.size))
            }
        }
    }

    /// Signs what the log holds now, where that is more than was signed before. Blocks for the time of an fdatasync.
    /// Returns the note and how many entries it covers.
    ///
    /// # Errors
    /// [`JournalError::Io`]; [`JournalError::Failed`] once the log failed.
    pub fn sign(&self, key: &NoteKey) -> Result<(u64, String), JournalError> {
        let mut signed = self.signed.lock();
        let (size, root) = {
            let tail = self.tail.lock();
            match &*signed {
                Some((size, note)) if *size == tail.tree.size() => return Ok((*size, note.clone())),
                _ => (tail.tree.size(), tail.tree.root()),
            }
        };
        self.sync_to(size)?;
        let note = key.sign(&Checkpoint { size, root }.text(key.verifier().name()));
        write(self.dir(), &note)?;
        *signed = Some((size, note.clone()));
        Ok((size, note))
    }
}

#[cfg(test)]
mod tests;
