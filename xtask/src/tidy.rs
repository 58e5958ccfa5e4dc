//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! Every rule lists all its breaches, each with what to do. A rule must never be silenced at the place it finds:
//! the exceptions stand in the rule, with their reason.

use std::fmt;

use crate::args::Args;
use crate::failure::Failure;
use crate::workspace::{TextFile, Workspace};
use crate::{generate, say};

mod confined;
mod layers;
mod shape;
mod source;
mod words;

use source::Source;

/// A rule was broken here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl Breach {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Checks the tree and lists every breach.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    args.finish()?;
    let workspace = Workspace::find()?;
    let breaches = breaches(&workspace)?;
    for breach in &breaches {
        say::result(format_args!("{breach}"));
    }
    match breaches.len() {
        0 => Ok(()),
        count => Err(Failure::new(format!("tidy: {count} to put right"))),
    }
}

/// All breaches, in the order of the files.
fn breaches(workspace: &Workspace) -> Result<Vec<Breach>, Failure> {
    let files = workspace.text_files()?;
    let sources: Vec<Source<'_>> = files.iter().filter_map(Source::of).collect();
    let crates: Vec<layers::Crate> = workspace
        .packages
        .iter()
        .map(|package| layers::Crate::new(package, &workspace.relative(&package.manifest_path), &files))
        .collect();
    let mut breaches = rules(&files, &sources, &crates);
    let graph = workspace.dependency_graph()?;
    breaches.extend(layers::impure_closures(&crates, &graph));
    breaches.extend(layers::banned_families(&graph));
    breaches.extend(generate::stale(workspace)?);
    breaches.sort();
    breaches.dedup();
    Ok(breaches)
}

/// The rules that need nothing but the text of the tree.
fn rules(files: &[TextFile], sources: &[Source<'_>], crates: &[layers::Crate]) -> Vec<Breach> {
    let generated = generate::paths();
    let mut breaches = layers::breaches(crates);
    breaches.extend(confined::breaches(sources, crates));
    breaches.extend(shape::breaches(sources, &generated));
    breaches.extend(words::breaches(files, sources));
    breaches
}
