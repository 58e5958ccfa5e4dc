//! The workspace as cargo and git see it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::{Context as _, Failure};
use crate::machine;

/// The workspace as `cargo metadata` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// Where cargo builds; follows `CARGO_TARGET_DIR`.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    /// The members.
    pub(crate) packages: Vec<Package>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as the manifest declares it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    #[serde(deserialize_with = "kind")]
    pub(crate) kind: DependencyKind,
}

/// When a dependency is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DependencyKind {
    Normal,
    Dev,
    Build,
}

/// A tracked text file; the path is relative to the root, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Package to the packages it is built with (dev-dependencies apart), by name; versions of one name are joined.
pub(crate) type DependencyGraph = BTreeMap<String, BTreeSet<String>>;

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self, Failure> {
        let described =
            machine::output(machine::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        serde_json::from_slice(&described).context("cargo metadata")
    }

    /// Files of the repository: tracked, or new and not ignored. Files that are not UTF-8 are left out.
    pub(crate) fn text_files(&self) -> Result<Vec<TextFile>, Failure> {
        let listed = machine::output(
            machine::program("git")
                .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
                .current_dir(&self.root),
        )?;
        let listed = String::from_utf8(listed).context("git ls-files")?;
        let mut files = Vec::new();
        for path in listed.split_terminator('\0') {
            // A file that was deleted and not committed yet is listed still.
            if !self.root.join(path).is_file() {
                continue;
            }
            if let Ok(text) = String::from_utf8(machine::read(&self.root.join(path))?) {
                files.push(TextFile { path: path.to_owned(), text });
            }
        }
        Ok(files)
    }

    /// The graph that the lock file fixes, packages of the registry included.
    pub(crate) fn dependency_graph(&self) -> Result<DependencyGraph, Failure> {
        let command = &mut machine::cargo();
        command.args(["metadata", "--locked", "--format-version", "1"]).current_dir(&self.root);
        let described: Described =
            serde_json::from_slice(&machine::output(command)?).context("cargo metadata")?;
        let names: BTreeMap<&str, &str> =
            described.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let name = |id: &str| names.get(id).map_or_else(|| id.to_owned(), |name| (*name).to_owned());
        let mut graph = DependencyGraph::new();
        for node in &described.resolve.nodes {
            let used = node
                .deps
                .iter()
                .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            graph.entry(name(&node.id)).or_default().extend(used.map(|dep| name(&dep.pkg)));
        }
        Ok(graph)
    }

    /// `path` relative to the root, with `/`.
    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Where the bench keeps the servers it compares with.
    pub(crate) fn peers(&self) -> PathBuf {
        self.target.join("peers")
    }
}

#[derive(Deserialize)]
struct Described {
    packages: Vec<Identified>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<NodeUse>,
}

#[derive(Deserialize)]
struct NodeUse {
    pkg: String,
    dep_kinds: Vec<NodeKind>,
}

#[derive(Deserialize)]
struct NodeKind {
    #[serde(deserialize_with = "kind")]
    kind: DependencyKind,
}

/// Cargo writes `null` for a normal dependency.
fn kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<DependencyKind, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(DependencyKind::Normal))
}
