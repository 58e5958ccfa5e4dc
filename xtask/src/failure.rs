//! What ends a task early: one message for the person at the terminal.

use std::fmt;
use std::path::Path;

/// A task could not be done. The message says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// `path` could not be read, written or started.
    pub(crate) fn at(path: &Path, error: &impl fmt::Display) -> Self {
        Self(format!("{}: {error}", path.display()))
    }

    /// The same with a last line of its own.
    pub(crate) fn then(self, last: &impl fmt::Display) -> Self {
        Self(format!("{}\n{last}", self.0))
    }
}

/// A failed operation as a [`Failure`] that names what was tried.
pub(crate) trait Context<T> {
    fn context(self, tried: &str) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> Context<T> for Result<T, E> {
    fn context(self, tried: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("{tried}: {error}")))
    }
}
