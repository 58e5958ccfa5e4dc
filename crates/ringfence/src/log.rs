//! The log: to stderr, filtered by `RINGFENCE_LOG`. stdout belongs to JSON-RPC and to results.
//!
//! Must never be given a value that a call, a file or the environment carried.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::env::Environment;

/// Variables that say how much to log, ours first, then those of the seeds.
const VARIABLES: [&str; 4] = [
    "RINGFENCE_LOG",
    "AGENTOS_LOG_LEVEL",
    "MCPKERNEL_OBSERVABILITY__LOG_LEVEL",
    "CLAUDE_AGENT_MCP_LOG_LEVEL",
];

/// How much is logged when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// For commands and shims.
    Warn,
    /// For the kernel.
    Info,
}

/// Starts logging. A filter that cannot be read is reported on stderr and passed over.
pub(crate) fn start(level: Level, env: &Environment) {
    let default = match level {
        Level::Warn => "warn",
        Level::Info => "info",
    };
    let given = env.first(&VARIABLES);
    let filter = given.map(|(name, text)| (name, EnvFilter::try_new(text.to_string_lossy().to_lowercase())));
    let filter = match filter {
        Some((_, Ok(filter))) => filter,
        Some((name, Err(_))) => {
            crate::output::note(&format!(
                "{name} is no log filter, using {default}: write info or warn,ringfence=debug"
            ));
            EnvFilter::new(default)
        }
        None => EnvFilter::new(default),
    };
    // A second start changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}
