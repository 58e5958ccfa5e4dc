//! The keys of sessions, in `keys/sessions`: one by one appended, one by one destroyed.
//!
//! ```text
//! header   "ringfence session keys 1\n", filled with zeros to 64 bytes
//! record   id of the session (16) | key (32) | first half of the SHA-256 of both (16); key and hash are zeros once it is destroyed
//! ```
//! Must never give out a key that was destroyed, or show one in a log.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use ringfence_model::id::SessionId;

use crate::Fill;
use crate::private::{self, KeysError};

const RECORD: usize = 64;
const HEADER: &[u8] = b"ringfence session keys 1\n";
const ID: usize = 16;
const KEY: usize = 32;

/// The file, open for writing. There is one for each data directory.
#[derive(Debug)]
pub struct SessionKeys {
    path: PathBuf,
    file: File,
    /// Where the next record goes.
    end: u64,
}

impl SessionKeys {
    /// The keys in `keys_dir`; a file without any where there is none. Only the process that holds the data directory may call
    /// this.
    ///
    /// # Errors
    /// [`KeysError`], above all for a file that others can read or write.
    pub fn open(keys_dir: &Path) -> Result<Self, KeysError> {
        let path = keys_dir.join("sessions");
        let file = private::open_to_append(&path)?;
        let io = |what| move |source| KeysError::Io { what, path: keys_dir.join("sessions"), source };
        let length = file.metadata().map_err(io("look at"))?.len();
        let mut header = [0; RECORD];
        header.iter_mut().zip(HEADER).for_each(|(place, byte)| *place = *byte);
        if length < RECORD as u64 {
            file.set_len(0).and_then(|()| file.write_all_at(&header, 0)).map_err(io("write"))?;
            return Ok(Self { path, file, end: RECORD as u64 });
        }
        let mut found = [0; RECORD];
        file.read_exact_at(&mut found, 0).map_err(io("read"))?;
        if found != header {
            return Err(KeysError::Malformed { path, why: "not the keys of sessions".to_owned() });
        }
        // A record that was not written whole has never been used.
        let end = length - length % RECORD as u64;
        file.set_len(end).map_err(io("write"))?;
        Ok(Self { path, file, end })
    }

    /// A key for a new session; kept before it is given.
    ///
    /// # Errors
    /// [`KeysError`]: the session has none.
    pub fn add(&mut self, session: SessionId, fill: Fill<'_>) -> Result<[u8; KEY], KeysError> {
        let mut key = [0; KEY];
        fill(&mut key);
        let record = record(session, &key);
        if let Err(source) = self.file.write_all_at(&record, self.end) {
            // Half a record is cut off when the file is opened next, or written over.
            return Err(KeysError::Io { what: "write", path: self.path.clone(), source });
        }
        self.end += RECORD as u64;
        Ok(key)
    }

    /// The keys of these sessions that are there.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn find(&self, wanted: &BTreeSet<SessionId>) -> Result<HashMap<SessionId, [u8; KEY]>, KeysError> {
        let mut found = HashMap::new();
        self.each(|_, session, bytes| {
            if let Some(key) = wanted.contains(&session).then(|| sound(session, bytes)).flatten() {
                found.insert(session, key);
            }
        })?;
        Ok(found)
    }

    /// Destroys the key of a session; false where there is none. On the disk when it returns.
    ///
    /// # Errors
    /// [`KeysError`]: it may still be there.
    pub fn destroy(&mut self, session: SessionId) -> Result<bool, KeysError> {
        let mut places = Vec::new();
        self.each(|offset, found, bytes| {
            if found == session && sound(session, bytes).is_some() {
                places.push(offset);
            }
        })?;
        let wipe = || -> io::Result<()> {
            for offset in &places {
                self.file.write_all_at(&[0; RECORD - ID], offset + ID as u64)?;
            }
            self.file.sync_data()
        };
        wipe().map_err(|source| KeysError::Io { what: "write", path: self.path.clone(), source })?;
        Ok(!places.is_empty())
    }

    fn each(&self, mut see: impl FnMut(u64, SessionId, &[u8; RECORD])) -> Result<(), KeysError> {
        let mut walk = || -> io::Result<()> {
            let mut reader =
                BufReader::with_capacity(1 << 16, At { file: &self.file, offset: RECORD as u64 });
            let mut offset = RECORD as u64;
            while offset < self.end {
                let mut bytes = [0; RECORD];
                reader.read_exact(&mut bytes)?;
                if let Some(id) = bytes.first_chunk::<ID>() {
                    see(offset, SessionId(u128::from_be_bytes(*id)), &bytes);
                }
                offset += RECORD as u64;
            }
            Ok(())
        };
        walk().map_err(|source| KeysError::Io { what: "read", path: self.path.clone(), source })
    }
}

/// The file from an offset on.
struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl io::Read for At<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(bytes, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

fn record(session: SessionId, key: &[u8; KEY]) -> [u8; RECORD] {
    let mut context = Context::new(&SHA256);
    context.update(&session.0.to_be_bytes());
    context.update(key);
    let mut record = [0; RECORD];
    let check = context.finish();
    let parts = session.0.to_be_bytes().into_iter().chain(*key).chain(check.as_ref().iter().copied());
    record.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
    record
}

/// The key in a record, where it was written whole and not destroyed.
fn sound(session: SessionId, bytes: &[u8; RECORD]) -> Option<[u8; KEY]> {
    let key = *bytes.get(ID..)?.first_chunk::<KEY>()?;
    (record(session, &key) == *bytes).then_some(key)
}

#[cfg(test)]
mod tests;
