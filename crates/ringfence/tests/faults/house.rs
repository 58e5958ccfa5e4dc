//! A home of its own for each test, the kernel in it, and what can be seen of that kernel from outside.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Modern;

/// How long anything may take before the test fails. Long, because the machine may be busy; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The user `nobody`.
pub(crate) const NOBODY: u32 = 65_534;

/// Configuration, data and scratch files below one temporary folder.
pub(crate) struct Home {
    folder: TempDir,
    /// Whose it is, where that is not the user of the test.
    owner: Option<u32>,
}

/// What a run of the binary came to; paths of the home are shown as `HOME`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running `ringfence serve`. Dropping it ends it, whatever state it is in.
pub(crate) struct Kernel {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    pub(crate) home: Arc<Home>,
    log: Arc<Mutex<String>>,
}

impl Home {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { folder: tempfile::tempdir().unwrap(), owner: None })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the home.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The binary with this home's configuration and data directory.
    #[expect(
        clippy::disallowed_methods,
        reason = "starts the binary under test in an environment of its own"
    )]
    pub(crate) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.path("ringfence.yaml"))
            .arg("--data-dir")
            .arg(self.path("data"))
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(owner) = self.owner {
            command.uid(owner).gid(owner);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.shown(&self.command(arguments).output().unwrap())
    }

    pub(crate) fn shown(&self, output: &Output) -> Ran {
        let home = self.folder.path().display().to_string();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&home, "HOME");
        Ran { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// The journal as `audit verify --json` reports on it.
    pub(crate) fn verified(&self) -> Value {
        let ran = self.run(&["audit", "verify", "--json"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["valid"], json!(true), "{report}");
        report
    }
}

impl Kernel {
    /// Starts one with this configuration; `listen` is chosen by the system.
    pub(crate) fn start(config: &Value) -> Self {
        let home = Home::new();
        home.write("ringfence.yaml", &config.to_string());
        Self::start_in(&home)
    }

    /// Starts one as another user, to whom the home then belongs.
    pub(crate) fn start_as(uid: u32, config: impl FnOnce(&Home) -> Value) -> Self {
        let home = Arc::new(Home { folder: tempfile::tempdir().unwrap(), owner: Some(uid) });
        home.write("ringfence.yaml", &config(&home).to_string());
        for path in [home.path(""), home.path("ringfence.yaml")] {
            std::os::unix::fs::chown(path, Some(uid), Some(uid)).unwrap();
        }
        Self::start_in(&home)
    }

    /// Starts one in a home that has its configuration.
    pub(crate) fn start_in(home: &Arc<Home>) -> Self {
        let mut child =
            home.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (say, said) = sync_channel(1);
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("serving MCP at http://") {
                    let address = rest.split('/').next().unwrap_or_default().parse::<SocketAddr>().unwrap();
                    let _ = say.try_send(address);
                }
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let address = said.recv_timeout(PATIENCE);
        let mut kernel = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            home: Arc::clone(home),
            log: Arc::clone(&log),
        };
        kernel.address = address.unwrap_or_else(|_| panic!("the kernel does not listen: {}", kernel.log()));
        kernel
    }

    /// What it wrote to stderr so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path("data/run/kernel.sock")
    }

    /// The most memory that it ever held, in KiB.
    pub(crate) fn peak(&self) -> u64 {
        let status = std::fs::read(format!("/proc/{}/status", self.child.id())).unwrap();
        let status = String::from_utf8(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse().unwrap()
    }

    /// A client that has nothing to do with the fault is served.
    #[track_caller]
    pub(crate) fn serves_others(&self) {
        let answer = Modern::new(self, "/mcp").call(1, "ringfence_status", &json!({}));
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        assert_eq!(
            (&answer["id"], answer["result"]["isError"].as_bool().unwrap_or(false)),
            (&json!(1), false),
            "{answer}"
        );
        assert!(answer["result"]["structuredContent"].is_object(), "{answer}");
    }

    /// The calls in the journal, newest first.
    pub(crate) fn calls(&self) -> Vec<Value> {
        let ran = self.home.run(&["audit", "query", "--json", "--limit", "1000"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// The outcomes of the calls of one tool, newest first.
    pub(crate) fn outcomes(&self, tool: &str) -> Vec<String> {
        let named = |call: &Value| call["target"] == tool;
        let outcome = |call: Value| call["outcome"].as_str().unwrap_or("open").to_owned();
        self.calls().into_iter().filter(named).map(outcome).collect()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        until("the kernel ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// The end of every test: others are served, the kernel ends in good order, and its journal verifies.
    #[track_caller]
    pub(crate) fn finish(mut self) {
        self.serves_others();
        self.signal(Signal::TERM);
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{}", self.log());
        self.home.verified();
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // SIGTERM first: it then ends the servers that it started.
            self.signal(Signal::TERM);
            for _ in 0..200 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Waits until something is so; fails when it does not become so.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a deadline for the test itself")]
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How long something took.
#[expect(clippy::disallowed_methods, reason = "measures what a client waits")]
pub(crate) fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = std::time::Instant::now();
    let done = act();
    (done, began.elapsed())
}

/// True where the test may become other users; says so where it may not.
pub(crate) fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped: only root can start a process of another user");
    }
    root
}

/// A file exists from now on; the fake servers wait for such.
pub(crate) fn create(path: &Path) {
    std::fs::write(path, "").unwrap();
}
