//! The keys that seal what clients keep for us, in `keys/sealing`. Must never show a key in a log or a debug line.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::private::{self, Format, KeysError};
use crate::{Fill, hex};

/// A secret key of 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingKey {
    /// Tells keys apart; not secret.
    pub id: u32,
    /// Uniformly random.
    pub bytes: [u8; 32],
}

/// The key to seal with, and the one before it, to open what was sealed before a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingKeys {
    /// Seals and opens.
    pub current: SealingKey,
    /// Only opens.
    pub previous: Option<SealingKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    current: StoredKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    id: u32,
    key: String,
}

impl Format for Stored {
    const VERSION: u32 = 1;
}

impl SealingKeys {
    /// The keys in `keys_dir`; a new one where there is none. Only the process that holds the data directory may call
    /// this.
    ///
    /// # Errors
    /// [`KeysError`], above all for a file that others can read or write.
    pub fn load_or_create(keys_dir: &Path, fill: Fill<'_>) -> Result<Self, KeysError> {
        match Self::load(keys_dir)? {
            Some(keys) => Ok(keys),
            None => Self { current: SealingKey::new(0, fill), previous: None }.store(keys_dir),
        }
    }

    /// Takes a new key into use. What the current one sealed can still be opened, what the one before it sealed no more.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn rotate(keys_dir: &Path, fill: Fill<'_>) -> Result<Self, KeysError> {
        let before = Self::load_or_create(keys_dir, fill)?.current;
        Self { current: SealingKey::new(before.id.wrapping_add(1), fill), previous: Some(before) }
            .store(keys_dir)
    }

    fn load(keys_dir: &Path) -> Result<Option<Self>, KeysError> {
        let path = place(keys_dir);
        let key = |stored: StoredKey| {
            let malformed = || KeysError::Malformed { path: path.clone(), why: format!("key {}", stored.id) };
            Ok(SealingKey { id: stored.id, bytes: hex::decode(&stored.key).ok_or_else(malformed)? })
        };
        let Some(Stored { current, previous }) = private::read(&path)? else { return Ok(None) };
        Ok(Some(Self { current: key(current)?, previous: previous.map(key).transpose()? }))
    }

    fn store(self, keys_dir: &Path) -> Result<Self, KeysError> {
        let stored = |key: &SealingKey| StoredKey { id: key.id, key: hex::encode(&key.bytes) };
        let (current, previous) = (stored(&self.current), self.previous.as_ref().map(stored));
        private::write(&place(keys_dir), &Stored { current, previous })?;
        Ok(self)
    }
}

impl SealingKey {
    fn new(id: u32, fill: Fill<'_>) -> Self {
        let mut bytes = [0; 32];
        fill(&mut bytes);
        Self { id, bytes }
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn place(keys_dir: &Path) -> PathBuf {
    keys_dir.join("sealing")
}

#[cfg(test)]
mod tests;
