//! The rule files that `policy.files` names: patterns relative to the configuration file, `*` within a folder.
//!
//! Must never pass over a pattern that matches nothing: the operator meant rules to be in force.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use ringfence_policy::Source;

use super::error::ConfigError;
use super::file;

/// Characters that make a pattern of a name.
const GLOB: [char; 4] = ['*', '?', '[', '{'];

/// Most rule files.
const FILES_LIMIT: usize = 256;

/// Most entries of a folder that a pattern looks at.
const FOLDER_LIMIT: usize = 10_000;

/// A rule file, read and not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleFile {
    /// Its path, as errors show it.
    pub(crate) name: String,
    /// YAML.
    pub(crate) text: String,
}

impl RuleFile {
    /// As the policy engine wants it.
    pub(crate) fn source(&self) -> Source<'_> {
        Source { name: &self.name, text: &self.text }
    }

    /// Reads one.
    ///
    /// # Errors
    /// As [`file::read`].
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        Ok(Self { name: path.display().to_string(), text: file::read(path)? })
    }
}

/// Reads the files that `patterns` of the configuration file `config` match, each once, sorted within a pattern.
///
/// # Errors
/// Every pattern that matches nothing and every file that cannot be read.
pub(crate) fn read(config: &Path, patterns: &[String]) -> Result<Vec<RuleFile>, Vec<ConfigError>> {
    let folder = config.parent().unwrap_or(Path::new("."));
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut faults = Vec::new();
    for pattern in patterns {
        let refuse = |message: String| ConfigError::Pattern {
            path: config.to_owned(),
            pattern: pattern.clone(),
            message,
        };
        match matches(folder, pattern) {
            Ok(found) if found.is_empty() => faults.push(refuse("matches no file".into())),
            Ok(found) => {
                for path in found {
                    if !paths.contains(&path) {
                        paths.push(path);
                    }
                }
            }
            Err(message) => faults.push(refuse(message)),
        }
        if paths.len() > FILES_LIMIT {
            faults.push(refuse(format!("matches more than {FILES_LIMIT} files")));
            break;
        }
    }
    let mut files = Vec::new();
    for path in paths {
        match RuleFile::read(&path) {
            Ok(file) => files.push(file),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

/// The files that `pattern` matches, component by component.
fn matches(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let mut found = vec![folder.to_owned()];
    for component in Path::new(pattern).components() {
        let part = component.as_os_str();
        match part.to_str().filter(|part| part.contains(GLOB)) {
            None => found.iter_mut().for_each(|path| path.push(part)),
            Some("**") => return Err("contains `**`: `*` matches within one folder".into()),
            Some(glob) => {
                let glob = GlobBuilder::new(glob).literal_separator(true).build();
                let matcher = glob.map_err(|error| error.kind().to_string())?.compile_matcher();
                let mut next = Vec::new();
                for path in &found {
                    next.extend(entries(path, &matcher)?);
                }
                found = next;
            }
        }
    }
    if pattern.contains(GLOB) {
        found.retain(|path| path.is_file());
    }
    Ok(found)
}

/// The visible entries of `folder` that match, sorted. A folder that does not exist has none.
fn entries(folder: &Path, matcher: &GlobMatcher) -> Result<Vec<PathBuf>, String> {
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    let mut found = Vec::new();
    for entry in listing.take(FOLDER_LIMIT) {
        let name = entry.map_err(|error| format!("{}: {error}", folder.display()))?.file_name();
        let hidden = name.to_string_lossy().starts_with('.');
        if !hidden && matcher.is_match(&name) {
            found.push(folder.join(name));
        }
    }
    found.sort();
    Ok(found)
}
