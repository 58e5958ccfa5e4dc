//! The key that signs the log, in `keys/log`. Must never show it in a log or a debug line, and never make another one where
//! there was one.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::private::{self, Format, KeysError};
use crate::{Fill, hex};

/// The seed of an Ed25519 key (RFC 8032 section 5.1.5).
#[derive(Clone, PartialEq, Eq)]
pub struct LogKey {
    /// Uniformly random.
    pub seed: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    seed: String,
}

impl Format for Stored {
    const VERSION: u32 = 1;
}

impl LogKey {
    /// The key in `keys_dir`; `None` where there is none.
    ///
    /// # Errors
    /// [`KeysError`], above all for a file that others can read or write.
    pub fn load(keys_dir: &Path) -> Result<Option<Self>, KeysError> {
        let path = place(keys_dir);
        let Some(Stored { seed }) = private::read(&path)? else { return Ok(None) };
        let seed = hex::decode(&seed).ok_or(KeysError::Malformed { path, why: "not a seed".to_owned() })?;
        Ok(Some(Self { seed }))
    }

    /// A new key, kept in `keys_dir`. Only the process that holds the data directory may call this, and only where nothing was
    /// signed yet.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn create(keys_dir: &Path, fill: Fill<'_>) -> Result<Self, KeysError> {
        let mut seed = [0; 32];
        fill(&mut seed);
        private::write(&place(keys_dir), &Stored { seed: hex::encode(&seed) })?;
        Ok(Self { seed })
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogKey").finish_non_exhaustive()
    }
}

fn place(keys_dir: &Path) -> PathBuf {
    keys_dir.join("log")
}

#[cfg(test)]
mod tests;
