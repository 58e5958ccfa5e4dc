//! Where the peers are. A part that is missing fails the test with the command that installs it.

use std::path::PathBuf;

/// The servers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Server {
    Everything,
    Filesystem,
    Memory,
    Fetch,
    Git,
    Time,
}

impl Server {
    /// The program that starts it.
    pub(crate) fn program(self) -> String {
        let path = match self {
            Self::Everything => "node_modules/.bin/mcp-server-everything",
            Self::Filesystem => "node_modules/.bin/mcp-server-filesystem",
            Self::Memory => "node_modules/.bin/mcp-server-memory",
            Self::Fetch => "venv/bin/mcp-server-fetch",
            Self::Git => "venv/bin/mcp-server-git",
            Self::Time => "venv/bin/mcp-server-time",
        };
        part(path)
    }
}

/// A file below `tests/peers`.
pub(crate) fn part(path: &str) -> String {
    let part = folder().join(path);
    assert!(
        part.exists(),
        "{} is missing: `cargo xtask test --only nextest` installs the peers and runs the tests",
        part.display()
    );
    part.into_os_string().into_string().unwrap()
}

/// A `PATH` whose Node is the pinned one.
pub(crate) fn search_path() -> String {
    let programs = folder().join("node_modules/.bin");
    format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers").canonicalize().unwrap()
}
