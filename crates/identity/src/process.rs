//! Finds the client behind a shim, by proc(5): the process whose shims share a session.
//!
//! A process chooses its own name and parent, so the answer groups connections and never grants anything: a liar
//! only shares more of the session's floor, or less of what it already shares as the same principal.

use std::fs::File;
use std::io::{self, Read as _};

/// Most ancestors looked at.
const MAX_CLIMB: usize = 16;
/// Most bytes of `/proc/PID/stat`: 52 numbers and a name of at most 64 bytes.
const MAX_STAT: u64 = 4096;

/// Shells, and launchers that run one command and wait for it, by the name in `/proc/PID/stat`, of which the system keeps
/// 15 bytes. A client starts its servers through these: they stand between it and the shim.
const BETWEEN: [&str; 12] =
    ["sh", "bash", "dash", "zsh", "fish", "ksh", "mksh", "ash", "npx", "bunx", "uv", "uvx"];
/// npm gives its process the title of what it runs.
const BETWEEN_BY_TITLE: [&str; 3] = ["npm exec ", "npm run ", "pnpm dlx "];

/// A process, told apart from later ones of the same id by when it started.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientProcess {
    /// Its process id.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub started: u64,
    /// Its name, as it claims; for people only.
    pub name: String,
}

/// Why the client behind a shim could not be found.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The process has ended, or another one has its id by now.
    #[error("process {pid} is gone")]
    Gone {
        /// Its id.
        pid: u32,
    },
    /// What the system says of it cannot be understood.
    #[error("the state of process {pid} cannot be understood")]
    Malformed {
        /// Its id.
        pid: u32,
    },
    /// The operating system said no.
    #[error("cannot read the state of process {pid}: {source}")]
    Io {
        /// Its id.
        pid: u32,
        /// What came of it.
        source: io::Error,
    },
}

/// The client that started the shim `shim`: its parent, or, where that is a shell or launcher in between, the first
/// ancestor that is not. A shell that leads a session of the system is one that a person works in, and is the client.
///
/// # Errors
/// [`ProcessError`]; then nobody knows whose shim it is, and it must not share a session.
pub fn client_process(shim: u32) -> Result<ClientProcess, ProcessError> {
    climb(shim, read)
}

/// What `/proc/PID/stat` says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stat {
    pid: u32,
    name: String,
    parent: u32,
    session: u32,
    started: u64,
    /// It runs no more, and its parent has not looked yet.
    has_ended: bool,
}

impl Stat {
    fn is_between(&self) -> bool {
        let name = self.name.as_str();
        let leads = self.pid == self.session;
        !leads && (BETWEEN.contains(&name) || BETWEEN_BY_TITLE.iter().any(|title| name.starts_with(title)))
    }
}

impl From<Stat> for ClientProcess {
    fn from(Stat { pid, started, name, .. }: Stat) -> Self {
        Self { pid, started, name }
    }
}

fn climb(
    shim: u32,
    mut read: impl FnMut(u32) -> Result<Stat, ProcessError>,
) -> Result<ClientProcess, ProcessError> {
    let mut at = read(shim)?;
    for _ in 0..MAX_CLIMB {
        // 0: its parent is outside our PID namespace.
        if at.parent == 0 {
            break;
        }
        let parent = read(at.parent)?;
        if parent.started > at.started {
            // Younger than its child: the parent has ended since, and this one got its id.
            return Err(ProcessError::Gone { pid: at.parent });
        }
        let between = parent.is_between();
        at = parent;
        if !between {
            break;
        }
    }
    Ok(at.into())
}

/// True while the process that had this id when it `started` runs, also where the system does not say.
#[must_use]
pub fn is_running(pid: u32, started: u64) -> bool {
    match read(pid) {
        Ok(stat) => stat.started == started && !stat.has_ended,
        Err(ProcessError::Gone { .. }) => false,
        Err(ProcessError::Malformed { .. } | ProcessError::Io { .. }) => true,
    }
}

fn read(pid: u32) -> Result<Stat, ProcessError> {
    let mut bytes = Vec::new();
    let read =
        File::open(format!("/proc/{pid}/stat")).and_then(|file| file.take(MAX_STAT).read_to_end(&mut bytes));
    match read {
        Ok(_) => parse(&bytes).filter(|stat| stat.pid == pid).ok_or(ProcessError::Malformed { pid }),
        // ESRCH: it ended between open and read.
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH) => {
            Err(ProcessError::Gone { pid })
        }
        Err(source) => Err(ProcessError::Io { pid, source }),
    }
}

const ESRCH: i32 = rustix::io::Errno::SRCH.raw_os_error();

/// Reads `pid (name) state ppid pgrp session … starttime …`. The name is the process's choice and may hold anything,
/// brackets, spaces and digits too: it ends at the last bracket.
fn parse(bytes: &[u8]) -> Option<Stat> {
    let text = String::from_utf8_lossy(bytes);
    let (pid, rest) = text.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    // From field 3 on.
    let mut fields = rest.split_ascii_whitespace();
    let mut field = |skip: usize| fields.nth(skip);
    let has_ended = matches!(field(0)?, "Z" | "X");
    let parent = field(0)?.parse().ok()?;
    let session = field(1)?.parse().ok()?;
    let started = field(15)?.parse().ok()?;
    Some(Stat { pid: pid.parse().ok()?, name: name.to_owned(), parent, session, started, has_ended })
}

#[cfg(test)]
mod tests;
