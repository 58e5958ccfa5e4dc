//! The one table from what goes wrong in an engine to what a person sees, and from that to an exit code.
//!
//! Must never put internal detail or a secret into a message.

use std::path::Path;

use ringfence_identity::KeysError;
use ringfence_journal::JournalError;
use ringfence_model::problem::{Problem, ProblemKind};
use ringfence_policy::LoadError;

use crate::config::error::ConfigErrors;

/// What a command comes to: the exit codes that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Yes.
    Yes,
    /// A finding, or not valid.
    Finding,
    /// It could not answer: usage, configuration, input or output.
    CouldNot,
    /// Policy said no.
    Denied,
    /// An upstream server failed.
    Upstream,
    /// Ours.
    Internal,
}

impl Exit {
    /// The number that the process ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::Finding => 1,
            Self::CouldNot => 2,
            Self::Denied => 3,
            Self::Upstream => 4,
            Self::Internal => 70,
        }
    }

    /// What a problem comes to.
    pub(crate) const fn of(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::User | ProblemKind::Config => Self::CouldNot,
            ProblemKind::Denied => Self::Denied,
            ProblemKind::Upstream => Self::Upstream,
            ProblemKind::Internal => Self::Internal,
        }
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something went wrong.
    Problem(Problem),
    /// Something went wrong and has been shown.
    Reported(Exit),
    /// Nobody reads our output any more, e.g. `| head`. Not an error.
    Unread,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<ConfigErrors> for Stop {
    fn from(errors: ConfigErrors) -> Self {
        Self::Problem(errors.into())
    }
}

/// Input or output at `path` failed.
pub(crate) fn io(path: &Path, what: &str, error: &std::io::Error) -> Problem {
    let problem = Problem::new(ProblemKind::Config, "io", format!("{}: {what}: {error}", path.display()));
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        problem.hint("give this user access to it, or name another place with --data-dir or --config")
    } else {
        problem
    }
}

/// The caller's input cannot be used.
pub(crate) fn usage(message: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::User, "usage", message)
}

/// Something that cannot happen did.
pub(crate) fn internal(code: &str, message: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Internal, code, message)
}

/// A fault of a rule file.
pub(crate) fn rule(error: &LoadError) -> Problem {
    let problem = Problem::new(ProblemKind::Config, "policy-invalid", error.to_string());
    match &error.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// The journal in `folder` cannot be read.
pub(crate) fn journal(error: &JournalError, folder: &Path) -> Problem {
    let message = format!("{}: {error}", folder.display());
    match error {
        JournalError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            let message = format!("there is no journal in {}", folder.display());
            Problem::new(ProblemKind::Config, "no-journal", message)
                .hint("name the data directory with --data-dir")
        }
        JournalError::Version { .. } | JournalError::Segment { .. } | JournalError::Decode { .. } => {
            Problem::new(ProblemKind::Config, "journal-version", message)
                .hint("a newer version of ringfence wrote it: use that one")
        }
        JournalError::Io { .. }
        | JournalError::Locked
        | JournalError::Broken(_)
        | JournalError::Failed
        | JournalError::TooLarge { .. }
        | JournalError::NoEntry { .. }
        | JournalError::NotCanonical { .. }
        | JournalError::Encode(_) => Problem::new(ProblemKind::Config, "journal", message),
    }
}

/// The files of keys and of the operator credential, or what shall be put into them.
pub(crate) fn keys(error: &KeysError) -> Problem {
    match error {
        KeysError::Unfit(_) => usage(error.to_string()),
        KeysError::Exposed { path, .. } => {
            Problem::new(ProblemKind::Config, "keys-exposed", error.to_string())
                .hint(format!("chmod go= {}", path.display()))
        }
        KeysError::Io { .. }
        | KeysError::Foreign { .. }
        | KeysError::Malformed { .. }
        | KeysError::Version { .. } => Problem::new(ProblemKind::Config, "keys", error.to_string()),
        KeysError::Hash(_) => internal("passphrase-hash", error.to_string()),
    }
}
