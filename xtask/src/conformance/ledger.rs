//! What the fixture wrote down of the calls it got, and what the journal says of the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::{Context as _, Failure};
use crate::kernel::Kernel;
use crate::machine;

/// Calls by method and target, such as `tools/call greet`, and how many there were.
pub(super) type Calls = BTreeMap<String, usize>;

/// Most calls that one query gives; a run of the suite makes some hundreds.
const QUERY_LIMIT: &str = "10000";

/// A ledger of the fixture, and how far it and the journal were read.
pub(super) struct Ledger {
    path: PathBuf,
    lines: usize,
    /// Index of the last journal entry that was counted.
    entry: Option<u64>,
}

#[derive(Deserialize)]
struct Call {
    index: u64,
    action: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    confirmed: Option<bool>,
}

impl Ledger {
    /// One that nothing stands in yet.
    pub(super) fn empty(path: PathBuf) -> Result<Self, Failure> {
        machine::write(&path, "")?;
        Ok(Self { path, lines: 0, entry: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The calls since the last reading.
    pub(super) fn read(&mut self) -> Result<Calls, Failure> {
        let text = machine::read_text(&self.path)?;
        let mut calls = Calls::new();
        for line in text.lines().skip(self.lines) {
            *calls.entry(line.to_owned()).or_default() += 1;
        }
        self.lines = text.lines().count();
        Ok(calls)
    }

    /// The calls to `server` that the journal says were let through, since the last time.
    pub(super) fn recorded(&mut self, kernel: &Kernel, server: &str) -> Result<Calls, Failure> {
        let said = kernel.ask(&["audit", "query", "--limit", QUERY_LIMIT, "--server", server])?;
        let all: Vec<Call> = serde_json::from_value(said).context("audit query")?;
        let last = self.entry;
        self.entry = all.iter().map(|call| call.index).max().max(last);
        let mut calls = Calls::new();
        for call in all.into_iter().filter(|call| Some(call.index) > last) {
            let is_let_through = call.decision == "allow" || call.confirmed == Some(true);
            if let (Some(method), true) = (method(&call.action), is_let_through) {
                *calls.entry(format!("{method} {}", call.target)).or_default() += 1;
            }
        }
        Ok(calls)
    }
}

/// The methods that the fixture writes down.
fn method(action: &str) -> Option<&'static str> {
    match action {
        "call_tool" => Some("tools/call"),
        "get_prompt" => Some("prompts/get"),
        "read_resource" => Some("resources/read"),
        _ => None,
    }
}
