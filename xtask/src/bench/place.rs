//! Where the bench finds and keeps things, and the processes it starts there.
//!
//! A process must never outlive the run: dropping it ends it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::failure::{Context as _, Failure};
use crate::machine;
use crate::workspace::Workspace;

/// Version of the crate that is compared with.
const MCP_PROXY: &str = "0.6.0";

/// How long a target may take to listen, and to end.
const START_LIMIT: Duration = Duration::from_secs(60);
const END_LIMIT: Duration = Duration::from_secs(5);

/// Where the bench finds and keeps things.
pub(crate) struct Place {
    repository: PathBuf,
    target: PathBuf,
    peers: PathBuf,
    this_program: PathBuf,
}

impl Place {
    pub(crate) fn of(workspace: &Workspace) -> Result<Self, Failure> {
        let place = Self {
            repository: workspace.root.clone(),
            target: workspace.target.clone(),
            peers: workspace.peers(),
            this_program: std::env::current_exe().context("the path of this program")?,
        };
        let runs = place.runs();
        if runs.exists() {
            std::fs::remove_dir_all(&runs).map_err(|error| Failure::at(&runs, &error))?;
        }
        Ok(place)
    }

    pub(crate) fn repository(&self) -> &Path {
        &self.repository
    }

    /// The optimised xtask, which is the upstream server too.
    pub(crate) fn this_program(&self) -> &Path {
        &self.this_program
    }

    fn runs(&self) -> PathBuf {
        self.target.join("bench")
    }

    /// An empty folder for a process: its configuration, its data, what it says.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.runs().join(name);
        std::fs::create_dir_all(&path).map_err(|error| Failure::at(&path, &error))?;
        Ok(path)
    }

    /// `ringfence serve` with a data directory of its own; nothing configured yet.
    pub(crate) fn ringfence_command(&self, home: &Path, port: u16) -> Result<Command, Failure> {
        let (data, sockets) = (home.join("data"), home.join("sockets"));
        for folder in [&data, &sockets] {
            std::fs::create_dir_all(folder).map_err(|error| Failure::at(folder, &error))?;
        }
        let mut command = machine::program(self.target.join("release/ringfence"));
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"]).arg(data);
        command.env("XDG_RUNTIME_DIR", sockets).env("XDG_CONFIG_HOME", home);
        Ok(command)
    }

    /// The upstream server of the whole run.
    pub(crate) fn upstream(&self) -> Result<(Running, u16), Failure> {
        let port = free_port()?;
        let mut command = machine::program(&self.this_program);
        command.args(["fixture", "--http", &port.to_string()]);
        Ok((Running::start(command, &self.folder("upstream")?, port)?, port))
    }

    /// Builds the crate once; it takes a quarter of an hour on two cores.
    pub(crate) fn mcp_proxy(&self) -> Result<PathBuf, Failure> {
        let program = self.peers.join("bin/mcp-proxy");
        if !program.is_file() {
            let mut command = machine::cargo();
            command.args(["install", "mcp-proxy", "--version", MCP_PROXY, "--locked"]);
            // Without it the newer half of the protocol is refused.
            command.args(["--features", "protocol-2026-07-28"]).arg("--root").arg(&self.peers);
            machine::run(&mut command)?;
        }
        Ok(program)
    }
}

/// A process of ours; dropping it ends it.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// Starts `command`, what it says going to `home/log`, and waits until `port` takes connections.
    pub(crate) fn start(mut command: Command, home: &Path, port: u16) -> Result<Self, Failure> {
        let log = home.join("log");
        let file = std::fs::File::create(&log).map_err(|error| Failure::at(&log, &error))?;
        let other = file.try_clone().map_err(|error| Failure::at(&log, &error))?;
        let child = command.stdout(Stdio::from(file)).stderr(Stdio::from(other)).spawn();
        let child =
            child.map_err(|error| Failure::new(format!("`{}`: {error}", machine::shown(&command))))?;
        let mut running = Self { child };
        let started = machine::now();
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = running.child.try_wait().context("watching a process")?;
            if ended.is_some() || started.elapsed() > START_LIMIT {
                let said = machine::read_text(&log).unwrap_or_default();
                let last =
                    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                let state =
                    ended.map_or("does not listen".to_owned(), |status| format!("ended with {status}"));
                return Err(Failure::new(format!("`{}` {state}: {last}", machine::shown(&command))));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(running)
    }

    pub(crate) fn number(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked first: nginx takes its workers along, and a kernel closes its journal.
        let number = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let asked = number
            .is_some_and(|pid| rustix::process::kill_process(pid, rustix::process::Signal::TERM).is_ok());
        let started = machine::now();
        while asked && started.elapsed() < END_LIMIT {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nothing listens on now.
pub(crate) fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    listener.local_addr().map(|address| address.port()).context("looking for a free port")
}
