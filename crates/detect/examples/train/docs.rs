//! What programmers write for each other: read-mes, change logs and licences of the crates that `Cargo.lock` names. Must
//! never read a crate of another version: the lock decides the texts, and so the bytes of the weights.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files of a crate that are read, where they are there.
const FILES: [&str; 7] =
    ["README.md", "readme.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE", "LICENSE-APACHE", "CONTRIBUTING.md"];
/// Most bytes of a file.
const MOST: usize = 24 * 1024;

/// Which crates: those that are learnt from, or those that nothing is learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Learnt,
    Unseen,
}

/// The sources of a crate are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocsError {
    /// None of the places that cargo keeps them in could be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The place.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not all crates of the lock were fetched.
    #[error("the sources of crate {0} are not there: run `cargo fetch --locked`")]
    Missing(String),
}

/// The texts of one half, each once, in order.
pub(crate) fn texts(half: Half) -> Result<Vec<String>, DocsError> {
    let mut texts = BTreeSet::new();
    for folder in folders(half)? {
        texts.extend(FILES.iter().filter_map(|file| {
            let mut text = std::fs::read_to_string(folder.join(file)).ok()?;
            let mut end = text.len().min(MOST);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            Some(text)
        }));
    }
    Ok(texts.into_iter().collect())
}

/// Where the crates of one half are.
fn folders(half: Half) -> Result<Vec<PathBuf>, DocsError> {
    let lock = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    let lock =
        std::fs::read_to_string(lock).map_err(|source| DocsError::Read { path: lock.into(), source })?;
    let sources = sources()?;
    let wanted = registry_crates(&lock).filter(|(name, _)| self::half(name) == half);
    wanted
        .map(|(name, version)| {
            let folder = format!("{name}-{version}");
            let found = sources.iter().map(|source| source.join(&folder)).find(|folder| folder.is_dir());
            found.ok_or_else(|| DocsError::Missing(name.to_owned()))
        })
        .collect()
}

/// The doc comments of items in the roots of the crates of one half, each once, in order.
pub(crate) fn comments(half: Half) -> Result<Vec<String>, DocsError> {
    let mut comments = BTreeSet::new();
    for folder in folders(half)? {
        let Ok(root) = std::fs::read_to_string(folder.join("src/lib.rs")) else { continue };
        let mut comment = String::new();
        for line in root.lines().map(str::trim_start) {
            match line.strip_prefix("///") {
                Some(said) => {
                    comment.push_str(said.trim_start());
                    comment.push('\n');
                }
                None => {
                    let whole = std::mem::take(&mut comment);
                    if (60..2000).contains(&whole.len()) {
                        comments.insert(whole);
                    }
                }
            }
        }
    }
    Ok(comments.into_iter().collect())
}

/// Where cargo keeps the sources: `registry/src/*` of its home.
fn sources() -> Result<Vec<PathBuf>, DocsError> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let path = home.unwrap_or_default().join("registry/src");
    let read = std::fs::read_dir(&path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    read.map_err(|source| DocsError::Read { path, source })
}

/// Name and version of the crates of a registry.
fn registry_crates(lock: &str) -> impl Iterator<Item = (&str, &str)> {
    lock.split("[[package]]").filter(|package| package.contains("source = \"registry+")).filter_map(
        |package| {
            let member =
                |key: &str| package.lines().find_map(|line| line.strip_prefix(key)?.strip_suffix('"'));
            Some((member("name = \"")?, member("version = \"")?))
        },
    )
}

/// By the letters of the name, so that a new crate moves no other one.
fn half(name: &str) -> Half {
    let sum = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    if sum % 16 < 8 { Half::Learnt } else { Half::Unseen }
}
