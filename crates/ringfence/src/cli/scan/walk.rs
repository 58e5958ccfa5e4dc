//! Which files are scanned: those under the named paths that `.gitignore` does not name, and all of a skill's folder.
//! Must never follow a link.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};
use ringfence_model::problem::Problem;

use super::subject;
use crate::problem::{self, usage};

/// Most files of a scan.
const MOST_FILES: usize = 200_000;
/// Deepest folder below a named path.
const DEEPEST: usize = 64;

/// The files to scan.
#[derive(Debug)]
pub(super) struct Found {
    /// In the order of their paths.
    pub(super) files: BTreeSet<PathBuf>,
    /// There were more than a scan takes, or a folder could not be read.
    pub(super) is_cut: bool,
}

/// The files under `paths`; a path that is a file is taken whatever is ignored.
///
/// # Errors
/// A path that is not there.
pub(super) fn files(paths: &[PathBuf], everything: bool) -> Result<Found, Problem> {
    let mut found = Found { files: BTreeSet::new(), is_cut: false };
    for path in paths {
        let metadata =
            std::fs::metadata(path).map_err(|error| problem::io(path, "cannot be read", &error))?;
        if metadata.is_file() {
            found.files.insert(path.clone());
        } else if metadata.is_dir() {
            found.walk(path, everything);
        } else {
            return Err(usage(format!("{} is no file and no folder", path.display())));
        }
    }
    let skills: Vec<PathBuf> = found
        .files
        .iter()
        .filter(|file| subject::is_skill(file))
        .filter_map(|file| file.parent().map(Path::to_path_buf))
        .collect();
    // A skill brings its own .gitignore: what it hides from git it must not hide from us.
    for folder in skills {
        found.walk(&folder, true);
    }
    Ok(found)
}

impl Found {
    fn walk(&mut self, folder: &Path, everything: bool) {
        let walk = WalkBuilder::new(folder)
            .hidden(false)
            .follow_links(false)
            .max_depth(Some(DEEPEST))
            .require_git(false)
            .standard_filters(!everything)
            .hidden(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            let Ok(entry) = entry else {
                self.is_cut = true;
                continue;
            };
            if self.files.len() >= MOST_FILES {
                self.is_cut = true;
                return;
            }
            if is_file(&entry) {
                self.files.insert(entry.into_path());
            }
        }
    }
}

fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
}
