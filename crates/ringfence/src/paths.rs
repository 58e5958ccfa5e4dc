//! Where things are: the configuration file, the data directory, the control sockets.
//!
//! Must never fall back to the current folder.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use ringfence_model::problem::{Problem, ProblemKind};

use crate::config::ConfigFile;
use crate::config::env::Environment;
use crate::problem;

/// Most bytes of a socket's path: `sun_path` of unix(7) without its final NUL.
const SOCKET_PATH_LIMIT: usize = 107;

/// Variables that name the data directory, ours first, then those of the seeds.
const DATA_VARIABLES: [&str; 3] = ["RINGFENCE_DATA_DIR", "AGENTOS_DATA_DIR", "CLAUDE_AGENT_MCP_STATE_DIR"];

/// The places of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    /// The configuration file, absolute.
    pub(crate) config: ConfigFile,
    /// The data directory, absolute. It may not exist yet.
    pub(crate) data: PathBuf,
    /// `$XDG_RUNTIME_DIR`, where it is one (XDG Base Directory Specification 0.8: ours, mode 0700).
    runtime: Option<PathBuf>,
}

impl Paths {
    /// Finds the places from flags, else the environment, else the user's home.
    ///
    /// # Errors
    /// [`ProblemKind::Config`] when there is no home to go by.
    pub(crate) fn locate(
        config: Option<&Path>,
        data: Option<&Path>,
        env: &Environment,
    ) -> Result<Self, Problem> {
        let config = match config.map(Path::as_os_str).or_else(|| env.get("RINGFENCE_CONFIG")) {
            Some(named) => ConfigFile::Named(absolute(Path::new(named))?),
            None => {
                let folder = base(env, "XDG_CONFIG_HOME", ".config")?;
                ConfigFile::Usual(folder.join("ringfence/ringfence.yaml"))
            }
        };
        let named = data.map(Path::as_os_str);
        let data = match named.or_else(|| env.first(&DATA_VARIABLES).map(|(_, value)| value)) {
            Some(named) => absolute(Path::new(named))?,
            None => base(env, "XDG_STATE_HOME", ".local/state")?.join("ringfence"),
        };
        let runtime = env.get("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| is_runtime(folder));
        Ok(Self { config, data, runtime })
    }

    /// Creates the data directory (0700) where there is none.
    ///
    /// # Errors
    /// [`ProblemKind::Config`] when it cannot be created, is another user's, or others may write to it.
    pub(crate) fn prepare(&self) -> Result<(), Problem> {
        create(&self.data)?;
        let metadata =
            fs::metadata(&self.data).map_err(|error| problem::io(&self.data, "cannot be read", &error))?;
        let shown = self.data.display();
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            let message = format!("the data directory {shown} belongs to another user");
            return Err(Problem::new(ProblemKind::Config, "data-dir-owner", message)
                .hint("name another one with --data-dir"));
        }
        if metadata.mode() & 0o022 != 0 {
            let message = format!("others may write to the data directory {shown}");
            return Err(Problem::new(ProblemKind::Config, "data-dir-mode", message)
                .hint(format!("chmod 700 {shown}")));
        }
        Ok(())
    }

    /// Where the kernel of this data directory listens, most specific first, with their folders created (0700).
    ///
    /// The kernel binds all of them and a shim tries them in order, so that a shim finds it whether or not both know the
    /// same `$XDG_RUNTIME_DIR`: `$XDG_RUNTIME_DIR/ringfence/<data-dir-id>.sock` and `<data-dir>/run/kernel.sock`.
    ///
    /// # Errors
    /// [`ProblemKind::Config`] when the folders cannot be made or no path is short enough for a socket.
    pub(crate) fn sockets(&self) -> Result<Vec<PathBuf>, Problem> {
        self.prepare()?;
        let mut folders = vec![(self.data.join("run"), "kernel.sock".to_owned())];
        if let Some(runtime) = &self.runtime {
            folders.insert(0, (runtime.join("ringfence"), format!("{}.sock", self.id()?)));
        }
        let mut sockets = Vec::new();
        for (folder, name) in folders {
            let socket = folder.join(name);
            if socket.as_os_str().len() <= SOCKET_PATH_LIMIT {
                create(&folder)?;
                sockets.push(socket);
            }
        }
        if sockets.is_empty() {
            let message = format!(
                "the path of the data directory {} is too long for a socket in it",
                self.data.display()
            );
            return Err(Problem::new(ProblemKind::Config, "socket-path", message)
                .hint("set XDG_RUNTIME_DIR, or name a shorter --data-dir"));
        }
        Ok(sockets)
    }

    /// Where a kernel that was started in the background writes its log.
    pub(crate) fn log(&self) -> PathBuf {
        self.data.join("run/kernel.log")
    }

    /// The journal's folder.
    pub(crate) fn journal(&self) -> PathBuf {
        self.data.join("journal")
    }

    /// The folder of keys and the operator credential.
    pub(crate) fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// 64 bits of the SHA-256 of the real path of the data directory, in hex.
    fn id(&self) -> Result<String, Problem> {
        let real = fs::canonicalize(&self.data)
            .map_err(|error| problem::io(&self.data, "cannot be found", &error))?;
        let digest = ring::digest::digest(&ring::digest::SHA256, real.as_os_str().as_bytes());
        Ok(digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Creates `folder` and what is missing above it, each 0700.
fn create(folder: &Path) -> Result<(), Problem> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| problem::io(folder, "cannot be created", &error))
}

fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(path).map_err(|error| problem::io(path, "cannot be found", &error))
}

/// An XDG base directory. A relative one is invalid and is passed over, as the specification says.
fn base(env: &Environment, variable: &str, below_home: &str) -> Result<PathBuf, Problem> {
    let is_absolute = |value: &&OsStr| Path::new(value).is_absolute();
    if let Some(folder) = env.get(variable).filter(is_absolute) {
        return Ok(folder.into());
    }
    match env.get("HOME").filter(is_absolute) {
        Some(home) => Ok(Path::new(home).join(below_home)),
        None => Err(Problem::new(ProblemKind::Config, "no-home", "neither HOME nor an XDG directory is set")
            .hint("name the places with --config and --data-dir")),
    }
}

fn is_runtime(folder: &Path) -> bool {
    let ours = rustix::process::geteuid().as_raw();
    folder.is_absolute()
        && fs::metadata(folder)
            .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == ours && metadata.mode() & 0o077 == 0)
}

#[cfg(test)]
mod tests;
