//! What can be wrong with the configuration, each with the place where it stands.
//!
//! Must never hold a configured value that could be a secret: types, names and places only.

use std::fmt;
use std::path::PathBuf;

use ringfence_model::problem::{Problem, ProblemKind};

/// A place in a file; lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) line: u64,
    pub(crate) column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// One fault of the configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A file that was named or matched cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// A file is larger than any sane one.
    #[error("{}: larger than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: usize },
    /// A file is not UTF-8.
    #[error("{}: not UTF-8 text", path.display())]
    NotText { path: PathBuf },
    /// Not YAML or JSON, or a value of the wrong type or form.
    #[error("{place}: {message}")]
    Form { place: Place, message: String },
    /// A key that the format does not know.
    #[error("{place}: unknown key {key:?}")]
    UnknownKey { place: Place, key: String, valid: Vec<&'static str> },
    /// A word where only certain words may stand.
    #[error("{place}: unknown value {value:?}")]
    UnknownValue { place: Place, value: String, valid: Vec<&'static str> },
    /// A key stands twice in one mapping.
    #[error("{place}: {key:?} stands twice")]
    Twice { place: Place, key: String },
    /// Two servers of one name.
    #[error("{place}: a server {name:?} is already defined at {first}")]
    TwoServers { place: Place, name: String, first: Place },
    /// A server with neither a command nor a URL.
    #[error("{place}: server {name:?} has neither `command` nor `url`")]
    NoTransport { place: Place, name: String },
    /// A server with both.
    #[error("{place}: server {name:?} has both `command` and `url`")]
    TwoTransports { place: Place, name: String },
    /// A transport that this build does not speak.
    #[error("{place}: server {name:?} has the type {transport:?}, which is not supported")]
    UnknownTransport { place: Place, name: String, transport: String },
    /// A key that only the other transport knows.
    #[error("{place}: server {name:?} has `{key}`, which means nothing for a {transport} server")]
    WrongTransport { place: Place, name: String, key: &'static str, transport: &'static str },
    /// A server's name that cannot be made to fit.
    #[error("{place}: server name {name:?} has no letter or digit")]
    BadServerName { place: Place, name: String },
    /// A JSON file without servers.
    #[error("{}: neither \"mcpServers\" nor \"servers\" in it", path.display())]
    NoServers { path: PathBuf },
    /// `${VAR}` names a variable that is not set.
    #[error("{place}: the environment variable {variable} is not set")]
    MissingVariable { place: Place, variable: String },
    /// A `${…}` of another form.
    #[error("{place}: cannot replace {reference:?}")]
    BadReference { place: Place, reference: String },
    /// An address that other machines can reach.
    #[error("{from}: {address} is not a loopback address")]
    NotLoopback { from: String, address: std::net::IpAddr },
    /// An environment variable or flag with a value of the wrong form.
    #[error("{from}: {message}")]
    Setting { from: String, message: String },
    /// A `RINGFENCE_…` variable that nothing reads.
    #[error("unknown environment variable {name}")]
    UnknownSetting { name: String, valid: Vec<&'static str> },
    /// A pattern of `policy.files` that cannot be used.
    #[error("{}: policy.files: {pattern:?} {message}", path.display())]
    Pattern { path: PathBuf, pattern: String, message: String },
}

impl ConfigError {
    /// Stable, kebab-case.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config-unreadable",
            Self::TooLarge { .. } => "config-too-large",
            Self::NotText { .. } => "config-not-text",
            Self::Form { .. } | Self::Setting { .. } => "config-invalid",
            Self::UnknownKey { .. } => "unknown-key",
            Self::UnknownValue { .. } => "unknown-value",
            Self::Twice { .. } => "duplicate-key",
            Self::TwoServers { .. } => "duplicate-server",
            Self::NoTransport { .. }
            | Self::TwoTransports { .. }
            | Self::UnknownTransport { .. }
            | Self::WrongTransport { .. } => "server-transport",
            Self::BadServerName { .. } => "server-name",
            Self::NoServers { .. } => "no-servers",
            Self::MissingVariable { .. } => "missing-variable",
            Self::BadReference { .. } => "bad-reference",
            Self::NotLoopback { .. } => "not-loopback",
            Self::UnknownSetting { .. } => "unknown-variable",
            Self::Pattern { .. } => "policy-files",
        }
    }

    /// What to try, most likely first.
    pub(crate) fn hints(&self) -> Vec<String> {
        match self {
            Self::UnknownKey { key: given, valid, .. }
            | Self::UnknownValue { value: given, valid, .. }
            | Self::UnknownSetting { name: given, valid } => spelling(given, valid),
            Self::Twice { .. } => vec!["keep one of them".into()],
            Self::TwoServers { .. } => vec!["give each server its own name".into()],
            Self::NoTransport { .. } => {
                vec!["`command: npx` starts a program, `url: https://…` reaches one that runs".into()]
            }
            Self::TwoTransports { .. } => vec!["remove one of them".into()],
            Self::UnknownTransport { .. } => {
                vec!["this build speaks `stdio` (a command) and `http` (Streamable HTTP)".into()]
            }
            Self::WrongTransport { key, .. } => vec![format!("remove `{key}`")],
            Self::BadServerName { .. } => vec!["use 1 to 24 of a-z, 0-9 and '-'".into()],
            Self::NoServers { .. } => {
                vec!["expected {\"mcpServers\": {\"NAME\": {\"command\": …, \"args\": […]}}}".into()]
            }
            Self::MissingVariable { variable, .. } => {
                vec![format!("set {variable} where the kernel is started, or write ${{{variable}:-default}}")]
            }
            Self::BadReference { .. } => {
                vec!["write ${NAME} or ${NAME:-default}; $${ stands for a literal ${".into()]
            }
            Self::NotLoopback { .. } => vec!["use 127.0.0.1 or [::1]; put a proxy with TLS in front".into()],
            Self::Unreadable { .. }
            | Self::TooLarge { .. }
            | Self::NotText { .. }
            | Self::Form { .. }
            | Self::Setting { .. }
            | Self::Pattern { .. } => Vec::new(),
        }
    }
}

/// All faults that were found; never empty.
#[derive(Debug)]
pub(crate) struct ConfigErrors {
    first: Box<ConfigError>,
    rest: Vec<ConfigError>,
}

impl ConfigErrors {
    /// None when there are no faults.
    pub(crate) fn of(faults: Vec<ConfigError>) -> Option<Self> {
        let mut faults = faults.into_iter();
        Some(Self { first: Box::new(faults.next()?), rest: faults.collect() })
    }

    /// Each as a problem of its own.
    pub(crate) fn each(&self) -> impl Iterator<Item = Problem> {
        std::iter::once(&*self.first).chain(&self.rest).map(problem)
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(first: ConfigError) -> Self {
        Self { first: Box::new(first), rest: Vec::new() }
    }
}

impl From<ConfigErrors> for Problem {
    /// The first fault; a hint says how many more there are.
    fn from(errors: ConfigErrors) -> Self {
        let first = problem(&errors.first);
        match errors.rest.len() {
            0 => first,
            more => first.hint(format!("and {more} more: `ringfence policy check` shows all")),
        }
    }
}

fn problem(error: &ConfigError) -> Problem {
    let problem = Problem::new(ProblemKind::Config, error.code(), error.to_string());
    error.hints().into_iter().fold(problem, Problem::hint)
}

/// The nearest valid name where one is near, then all of them.
fn spelling(given: &str, valid: &[&'static str]) -> Vec<String> {
    let mut hints = Vec::new();
    if let Some(nearest) = nearest(given, valid) {
        hints.push(format!("did you mean {nearest:?}?"));
    }
    if !valid.is_empty() {
        hints.push(format!("valid here: {}", valid.join(", ")));
    }
    hints
}

/// The valid name with the fewest edits (Damerau and Levenshtein), at most a third of its length and at least one.
fn nearest(given: &str, valid: &[&'static str]) -> Option<&'static str> {
    let given = given.to_lowercase().replace('-', "_");
    valid
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), *name))
        .filter(|(edits, name)| *edits <= (name.chars().count() / 3).max(1))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}
