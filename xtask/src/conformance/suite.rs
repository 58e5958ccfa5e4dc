//! The npm package `@modelcontextprotocol/conformance`, and what one run of it found.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::str::FromStr;

use serde::Deserialize;

use crate::failure::{Context as _, Failure};
use crate::workspace::Workspace;
use crate::{machine, test};

/// A requirement set of the suite: what one version of the protocol requires of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Revision {
    Legacy,
    Modern,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    Success,
    Failure,
    Warning,
    Skipped,
    /// An observation, no check.
    Info,
}

/// One check of one scenario; the same check may be made several times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Check {
    pub(super) scenario: String,
    pub(super) id: String,
    pub(super) name: String,
    /// From 0.
    pub(super) turn: usize,
}

/// What came of it, and what the suite says about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) status: Status,
    pub(super) message: String,
}

/// All checks of a run.
pub(super) type Checks = BTreeMap<Check, Finding>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    id: String,
    name: String,
    status: Status,
    #[serde(default)]
    error_message: String,
}

impl Revision {
    pub(super) const ALL: [Self; 2] = [Self::Legacy, Self::Modern];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "2025-11-25",
            Self::Modern => "2026-07-28",
        }
    }
}

impl FromStr for Revision {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|revision| revision.name() == name).ok_or(())
    }
}

/// Runs a requirement set against `url`; the suite writes its results below `results`.
pub(super) fn run(
    workspace: &Workspace,
    revision: Revision,
    url: &str,
    results: &Path,
) -> Result<Checks, Failure> {
    if results.exists() {
        std::fs::remove_dir_all(results).map_err(|error| Failure::at(results, &error))?;
    }
    let programs = test::node_programs(workspace);
    let mut command = machine::program(programs.join("node"));
    command.arg(programs.join("conformance")).args([
        "server",
        "--url",
        url,
        "--requirements",
        revision.name(),
    ]);
    command.arg("-o").arg(results).stdout(Stdio::null()).stderr(Stdio::null());
    // Its exit code says whether all passed. What we look for is whether the same passed.
    command.status().context("starting the conformance suite")?;
    let checks = read(results)?;
    if checks.is_empty() {
        return Err(Failure::new(format!("{}: the suite left no results", machine::shown(&command))));
    }
    Ok(checks)
}

/// Each scenario has a folder `server-SCENARIO-TIME` with `checks.json`.
fn read(results: &Path) -> Result<Checks, Failure> {
    let mut checks = Checks::new();
    let folders = std::fs::read_dir(results).map_err(|error| Failure::at(results, &error))?;
    for folder in folders.filter_map(Result::ok) {
        let folder_name = folder.file_name().to_string_lossy().into_owned();
        let Some(scenario) = scenario(&folder_name) else { continue };
        let text = machine::read_text(&folder.path().join("checks.json"))?;
        let written: Vec<Written> = serde_json::from_str(&text).context(scenario)?;
        for check in written {
            let mut key = Check { scenario: scenario.to_owned(), id: check.id, name: check.name, turn: 0 };
            while checks.contains_key(&key) {
                key.turn += 1;
            }
            checks.insert(key, Finding { status: check.status, message: check.error_message });
        }
    }
    Ok(checks)
}

/// `ping` of `server-ping-2026-11-20T20-15-32-493Z`.
fn scenario(folder: &str) -> Option<&str> {
    let name = folder.strip_prefix("server-")?;
    let year = name.rfind('T')?.checked_sub("-2026-11-20".len())?;
    name.get(..year)
}

#[cfg(test)]
mod tests;
