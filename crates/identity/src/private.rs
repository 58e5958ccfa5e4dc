//! The files under `keys/`: readable by the kernel's user alone, replaced whole or not at all.
//!
//! Must never use a file that somebody else could have read or written.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most bytes of a file under `keys/`.
const MAX_FILE: u64 = 64 << 10;

/// Why a secret could not be read, kept or accepted.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The operating system said no.
    #[error("cannot {what} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
    /// Others than its owner may read or write it.
    #[error("{path} is open to others (mode {mode:03o}): make it so that only its owner has access", path = path.display())]
    Exposed {
        /// Which file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to somebody else.
    #[error("{path} belongs to user {owner}", path = path.display())]
    Foreign {
        /// Which file or directory.
        path: PathBuf,
        /// The user id of its owner.
        owner: u32,
    },
    /// Not what this build writes.
    #[error("{path} cannot be understood: {why}", path = path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A format version that this build does not know.
    #[error("{path} has format version {found}; this build reads version {known}", path = path.display())]
    Version {
        /// Which file.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The version of this build.
        known: u32,
    },
    /// A passphrase or a token's name that is not accepted.
    #[error("{0}")]
    Unfit(&'static str),
    /// The passphrase could not be hashed.
    #[error("the passphrase cannot be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

impl KeysError {
    fn io<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

/// A file of ours: JSON with a `format` member.
pub(crate) trait Format: Serialize + DeserializeOwned {
    /// The version that this build reads and writes.
    const VERSION: u32;
}

#[derive(Serialize)]
struct Versioned<'a, T> {
    format: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// The file `path`; none where there is no such file.
pub(crate) fn read<T: Format>(path: &Path) -> Result<Option<T>, KeysError> {
    let Some(bytes) = read_bytes(path)? else { return Ok(None) };
    let malformed = |why: &dyn ToString| KeysError::Malformed { path: path.to_owned(), why: why.to_string() };
    let mut json: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&bytes).map_err(|error| malformed(&error))?;
    let format = json.remove("format").and_then(|format| u32::try_from(format.as_u64()?).ok());
    match format {
        Some(found) if found == T::VERSION => {}
        Some(found) => return Err(KeysError::Version { path: path.to_owned(), found, known: T::VERSION }),
        None => return Err(malformed(&"no format version")),
    }
    T::deserialize(serde_json::Value::Object(json)).map(Some).map_err(|error| malformed(&error))
}

/// Puts `content` into the file `path`, whose directory is made where there is none.
pub(crate) fn write<T: Format>(path: &Path, content: &T) -> Result<(), KeysError> {
    let mut bytes = serde_json::to_vec_pretty(&Versioned { format: T::VERSION, content })
        .map_err(|error| KeysError::Malformed { path: path.to_owned(), why: error.to_string() })?;
    bytes.push(b'\n');
    let dir = make_dir(path)?;
    let draft = path.with_extension("new");
    replace(dir, path, &draft, &bytes).map_err(KeysError::io("write", path))
}

/// The directory of `path`, made where there is none.
fn make_dir(path: &Path) -> Result<&Path, KeysError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(KeysError::io("create", dir))?;
    check(dir, &dir.symlink_metadata().map_err(KeysError::io("look at", dir))?)?;
    Ok(dir)
}

/// The file `path` to read and to write, made where there is none.
pub(crate) fn open_to_append(path: &Path) -> Result<File, KeysError> {
    make_dir(path)?;
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)
        .map(File::from)
        .map_err(|error| KeysError::io("open", path)(error.into()))?;
    let metadata = file.metadata().map_err(KeysError::io("look at", path))?;
    check(path, &metadata)?;
    if !metadata.is_file() {
        return Err(KeysError::Malformed { path: path.to_owned(), why: "not a file".into() });
    }
    Ok(file)
}

fn replace(dir: &Path, path: &Path, draft: &Path, bytes: &[u8]) -> io::Result<()> {
    match std::fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(draft, flags, Mode::RUSR | Mode::WUSR)?);
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(draft, path)?;
    File::open(dir)?.sync_all()
}

fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, KeysError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    match dir.symlink_metadata() {
        Ok(metadata) => check(dir, &metadata)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(KeysError::io("look at", dir)(source)),
    }
    // NONBLOCK: a FIFO in its place must not hold us up.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(error) => return Err(KeysError::io("open", path)(error.into())),
    };
    // Of what was opened, not of what the name means by now.
    let metadata = file.metadata().map_err(KeysError::io("look at", path))?;
    check(path, &metadata)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Err(KeysError::Malformed { path: path.to_owned(), why: "not a small file".into() });
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(KeysError::io("read", path))?;
    Ok(Some(bytes))
}

fn check(path: &Path, metadata: &Metadata) -> Result<(), KeysError> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(KeysError::Foreign { path: path.to_owned(), owner: metadata.uid() });
    }
    match metadata.mode() & 0o777 {
        mode if mode & 0o077 == 0 => Ok(()),
        mode => Err(KeysError::Exposed { path: path.to_owned(), mode }),
    }
}

#[cfg(test)]
mod tests;
