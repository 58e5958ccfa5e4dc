//! Starts the kernel in the background, detached from the client that needed it, and tells why it did not start.
//!
//! Must never wait for it: [`super::Kernel::connect`] does, with a bound.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use ringfence_model::problem::{Problem, ProblemKind};
use serde::Deserialize;

use crate::problem;
use crate::serve::ALREADY_RUNNING;

/// A log of a background kernel that grew beyond this is begun anew at the next start.
const LOG_LIMIT: u64 = 4 << 20;

/// Most bytes of what a kernel says when it fails to start.
const REPORT_LIMIT: u64 = 64 << 10;

/// How to start a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// Arguments after `serve --background --json`.
    pub(crate) arguments: Vec<OsString>,
    /// Its working directory: the data directory, so that it keeps no other folder busy.
    pub(crate) folder: PathBuf,
    /// Where its log goes.
    pub(crate) log: PathBuf,
}

/// A kernel that we started.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    log: PathBuf,
}

/// How it fares.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It runs.
    Alive,
    /// It ended because another one was there first.
    LostRace,
    /// It ended for another reason.
    Failed(Problem),
}

/// What a failing `--json` command prints.
#[derive(Deserialize)]
struct Report {
    problem: Problem,
}

impl Start {
    /// Starts one.
    ///
    /// # Errors
    /// [`ProblemKind::Config`] when its log cannot be opened or it cannot be run.
    #[expect(
        clippy::disallowed_methods,
        reason = "the kernel is this program itself and needs the environment it is configured by"
    )]
    pub(crate) fn spawn(&self) -> Result<Child, Problem> {
        let log = self.open_log().map_err(|error| problem::io(&self.log, "cannot be written", &error))?;
        let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe"));
        let process = Command::new(&program)
            .args(["serve", "--background", "--json"])
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| problem::io(&program, "cannot be started", &error))?;
        tracing::debug!(pid = process.id(), "started a kernel");
        Ok(Child { process, log: self.log.clone() })
    }

    /// It runs, or seems to, and did not answer within `patience`.
    pub(crate) fn silent(&self, patience: Duration) -> Problem {
        let message = format!("the kernel did not answer within {} s", patience.as_secs());
        Problem::new(ProblemKind::Internal, "kernel-silent", message)
            .hint(format!("its log is {}", self.log.display()))
            .hint("`ringfence serve` starts one in the foreground")
    }

    fn open_log(&self) -> std::io::Result<File> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.log)?;
        if file.metadata()?.len() > LOG_LIMIT {
            file.set_len(0)?;
        }
        Ok(file)
    }
}

impl Child {
    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// How it fares now.
    ///
    /// # Errors
    /// [`ProblemKind::Internal`] when the system does not tell.
    pub(crate) fn fate(&mut self) -> Result<Fate, Problem> {
        let status = self.process.try_wait().map_err(|error| {
            problem::internal("kernel-start", format!("cannot watch the kernel: {error}"))
        })?;
        let Some(status) = status else { return Ok(Fate::Alive) };
        let mut text = String::new();
        if let Some(stdout) = self.process.stdout.take() {
            // What it said before it ended is in the pipe; nothing waits.
            let _ = stdout.take(REPORT_LIMIT).read_to_string(&mut text);
        }
        Ok(match serde_json::from_str::<Report>(&text) {
            Ok(report) if report.problem.code == ALREADY_RUNNING => Fate::LostRace,
            Ok(report) => Fate::Failed(report.problem),
            Err(_) => Fate::Failed(
                problem::internal("kernel-start", format!("the kernel ended at its start ({status})"))
                    .hint(format!("its log is {}", self.log.display())),
            ),
        })
    }
}
