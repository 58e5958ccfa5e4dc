//! What is known of unchanged content: findings by the SHA-256 of what was looked at. Findings hold no values, so no
//! secret gets here. Must never be believed when another build of the program wrote it.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use ring::digest::{Context, SHA256};
use ringfence_model::finding::Finding;
use serde::{Deserialize, Serialize};

use super::subject::Subject;
use crate::paths::Paths;

/// Most bytes of the file.
const LARGEST: u64 = 64 << 20;
/// Most contents that are kept.
const MOST: usize = 100_000;

/// Findings of contents that were looked at before.
#[derive(Debug)]
pub(super) struct Cache {
    /// Where it is kept; `None`: nowhere.
    path: Option<PathBuf>,
    build: String,
    /// What the detectors are configured to look for.
    settings: String,
    known: HashMap<String, Vec<Finding>>,
    /// Seen in this run.
    used: HashMap<String, Vec<Finding>>,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The format of this file.
    version: u32,
    /// The program that wrote it: other rules find other things.
    build: String,
    contents: HashMap<String, Vec<Finding>>,
}

/// [`Kept::version`].
const VERSION: u32 = 1;

impl Cache {
    /// One that knows nothing and keeps nothing.
    pub(super) fn none() -> Self {
        Self {
            path: None,
            build: String::new(),
            settings: String::new(),
            known: HashMap::new(),
            used: HashMap::new(),
        }
    }

    /// The one in the data directory, for detectors with these `settings`. What cannot be read, or another build wrote, is as
    /// if it were not there.
    pub(super) fn open(paths: &Paths, settings: String) -> Self {
        let Some(build) = build() else { return Self::none() };
        if paths.prepare().is_err() {
            return Self::none();
        }
        let path = paths.data.join("scan-cache.json");
        let known = read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok())
            .filter(|kept| kept.version == VERSION && kept.build == build)
            .map(|kept| kept.contents)
            .unwrap_or_default();
        Self { path: Some(path), build, settings, known, used: HashMap::new() }
    }

    /// The name of a content that is looked at as `subject`.
    pub(super) fn key(&self, subject: &Subject, bytes: &[u8]) -> String {
        let mut digest = Context::new(&SHA256);
        digest.update(format!("{}\0{subject:?}\0", self.settings).as_bytes());
        digest.update(bytes);
        digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What was found in it.
    pub(super) fn get(&self, key: &str) -> Option<Vec<Finding>> {
        self.known.get(key).or_else(|| self.used.get(key)).cloned()
    }

    /// Remembers what was found in it.
    pub(super) fn put(&mut self, key: String, findings: &[Finding]) {
        if self.path.is_some() && self.used.len() < MOST {
            self.used.insert(key, findings.to_vec());
        }
    }

    /// Keeps it for the next run: what this one saw, then as much of what was known as there is room for.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn save(self) -> io::Result<()> {
        let Some(path) = self.path else { return Ok(()) };
        let mut contents = self.used;
        for (key, findings) in self.known {
            if contents.len() >= MOST {
                break;
            }
            contents.entry(key).or_insert(findings);
        }
        let bytes = serde_json::to_vec(&Kept { version: VERSION, build: self.build, contents })?;
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::other("it would be too large"));
        }
        // Another scan may be reading it.
        let part = path.with_extension(format!("{}.part", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(&bytes)?;
        std::fs::rename(&part, &path)
    }
}

fn read(path: &PathBuf) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What tells this build of the program from others.
fn build() -> Option<String> {
    let program = std::fs::metadata(std::env::current_exe().ok()?).ok()?;
    let version = env!("CARGO_PKG_VERSION");
    Some(format!("{version} {} {}.{}", program.len(), program.mtime(), program.mtime_nsec()))
}
