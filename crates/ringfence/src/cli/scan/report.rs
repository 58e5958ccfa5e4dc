//! What a scan came to, for a person and for programs. Must never show a name of others unescaped on a terminal.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use ringfence_model::finding::{Finding, Severity};
use serde::Serialize;

use super::file::Scanned;
use super::subject::Subject;
use crate::output;
use crate::problem::Exit;

/// Most findings that are kept; the rest is counted.
const MOST: usize = 100_000;

/// What was found, file by file and definition by definition.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Files that were scanned.
    files: usize,
    /// Definitions of servers that were.
    definitions: usize,
    /// Files whose content is of a kind that is not read.
    uninspected: usize,
    /// True when not everything was scanned: too many files or findings, a file too large.
    pub(super) truncated: bool,
    /// How many findings of each severity, shown or not.
    summary: BTreeMap<Severity, usize>,
    /// The worst first.
    pub(super) findings: Vec<Located>,
    /// Files that could not be read and servers that could not be asked, and why.
    pub(super) unreadable: Vec<Unreadable>,
    #[serde(skip)]
    least: Severity,
}

/// A finding and where it is.
#[derive(Debug, Serialize)]
pub(super) struct Located {
    /// Of a file; of a definition `SERVER/tools/NAME#POINTER`.
    pub(super) path: String,
    pub(super) subject: Subject,
    #[serde(flatten)]
    pub(super) finding: Finding,
}

/// A file that could not be read, or a server.
#[derive(Debug, Serialize)]
pub(super) struct Unreadable {
    pub(super) path: String,
    pub(super) error: String,
}

impl Report {
    /// Shows findings of `least` and worse.
    pub(super) fn new(least: Severity, truncated: bool) -> Self {
        Self {
            files: 0,
            definitions: 0,
            uninspected: 0,
            truncated,
            summary: BTreeMap::new(),
            findings: Vec::new(),
            unreadable: Vec::new(),
            least,
        }
    }

    pub(super) fn add(&mut self, path: &Path, scanned: io::Result<Scanned>) {
        let path = path.strip_prefix(".").unwrap_or(path).to_string_lossy().into_owned();
        let scanned = match scanned {
            Ok(scanned) => scanned,
            Err(error) => {
                self.unreadable.push(Unreadable { path, error: error.to_string() });
                return;
            }
        };
        self.files += 1;
        self.uninspected += usize::from(scanned.is_unread);
        self.truncated |= scanned.is_cut || scanned.findings.iter().any(|finding| finding.id == "truncated");
        for finding in scanned.findings {
            self.keep(&path, &scanned.subject, finding);
        }
    }

    /// Takes in what was found in one definition of a server, each with its place.
    pub(super) fn add_definition(&mut self, found: Vec<(String, Finding)>) {
        self.definitions += 1;
        for (place, finding) in found {
            self.keep(&place, &Subject::Definition, finding);
        }
    }

    fn keep(&mut self, path: &str, subject: &Subject, finding: Finding) {
        *self.summary.entry(finding.severity).or_default() += 1;
        if finding.severity < self.least {
            return;
        }
        if self.findings.len() >= MOST {
            self.truncated = true;
            return;
        }
        self.findings.push(Located { path: path.to_owned(), subject: subject.clone(), finding });
    }

    /// The worst first, then by place.
    pub(super) fn sort(&mut self) {
        self.findings.sort_by(|a, b| {
            let key = |located: &Located| (std::cmp::Reverse(located.finding.severity), located.path.clone());
            key(a).cmp(&key(b)).then(a.finding.span.start.cmp(&b.finding.span.start))
        });
    }

    /// Yes where nothing of `fail_on` or worse was found and all files could be read.
    pub(super) fn exit(&self, fail_on: Severity) -> Exit {
        if self.summary.range(fail_on..).next().is_some() {
            Exit::Finding
        } else if self.unreadable.is_empty() {
            Exit::Yes
        } else {
            Exit::CouldNot
        }
    }

    /// For a person.
    pub(super) fn shown(&self) -> String {
        let mut text = String::new();
        if !self.findings.is_empty() {
            let rows: Vec<Vec<String>> = self.findings.iter().map(Located::row).collect();
            text.push_str(&output::table(&["SEVERITY", "PLACE", "RULE", "WHAT"], &rows));
            text.push_str("\n\n");
        }
        for file in &self.unreadable {
            text.push_str(&format!("not read: {}: {}\n", output::visible(&file.path), file.error));
        }
        let counts: Vec<String> = self
            .summary
            .iter()
            .rev()
            .map(|(severity, count)| format!("{count} {}", word(*severity)))
            .collect();
        let found = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
        let counted = |count: usize, word: &str| match count {
            0 => None,
            1 => Some(format!("1 {word}")),
            more => Some(format!("{more} {word}s")),
        };
        let looked_at = match (counted(self.files, "file"), counted(self.definitions, "definition")) {
            (Some(files), Some(definitions)) => format!("{files} and {definitions}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => "nothing".to_owned(),
        };
        text.push_str(&format!("{found} in {looked_at}"));
        if self.uninspected > 0 {
            text.push_str(&format!(", {} of them of a kind that is not read", self.uninspected));
        }
        if self.truncated {
            text.push_str("\nNot everything was scanned: there is more than a scan takes");
        }
        text
    }
}

impl Located {
    fn row(&self) -> Vec<String> {
        let finding = &self.finding;
        vec![
            word(finding.severity).to_owned(),
            format!("{}:{}:{}", self.path, finding.span.line, finding.span.column),
            finding.id.to_string(),
            finding.message.clone(),
        ]
    }
}

/// A severity as it is written.
pub(super) const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
