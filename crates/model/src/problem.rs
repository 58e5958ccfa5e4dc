//! An error as a person or a client sees it. Surfaces render it; internal detail never enters it.

use serde::{Deserialize, Serialize};

/// Whose fault it is, which also picks the exit code and the HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The caller's input.
    User,
    /// The operator's configuration or machine.
    Config,
    /// Policy said no.
    Denied,
    /// An upstream server.
    Upstream,
    /// Ours.
    Internal,
}

/// An error with a stable code, a message for a person, and what to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// Whose fault.
    pub kind: ProblemKind,
    /// Stable, kebab-case, e.g. `unknown-key`.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What to try, most likely first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

impl Problem {
    /// A problem without hints.
    #[must_use]
    pub fn new(kind: ProblemKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), hints: Vec::new() }
    }

    /// The same problem with one more thing to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}
