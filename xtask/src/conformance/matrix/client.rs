//! The client libraries, each a program in `tests/peers/clients` that is driven line by line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::compare::{Outcome, Said};
use super::feature::Feature;
use crate::failure::{Context as _, Failure};
use crate::machine;
use crate::workspace::Workspace;

/// Longest that an operation may take; a client's own patience is shorter.
const PATIENCE: Duration = Duration::from_secs(45);

/// How many seconds a client waits for what it should hear.
const HEARING: u32 = 10;

/// Stands for the number of the visit in an operation.
pub(super) const VISIT: &str = "$VISIT";

/// A library with the way it negotiates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    /// PyPI mcp 2.x: tries the modern era first.
    Mcp,
    /// PyPI mcp 1.x.
    McpLegacy,
    /// npm @modelcontextprotocol/sdk 1.x.
    Sdk,
    /// npm @modelcontextprotocol/client 2.x where it tries the modern era first.
    ClientAuto,
    /// The same, pinned to 2026-07-28.
    ClientPinned,
}

impl Library {
    pub(super) const ALL: [Self; 5] =
        [Self::Mcp, Self::McpLegacy, Self::Sdk, Self::ClientAuto, Self::ClientPinned];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mcp => "mcp-2",
            Self::McpLegacy => "mcp-1",
            Self::Sdk => "sdk-1",
            Self::ClientAuto => "client-2-auto",
            Self::ClientPinned => "client-2-pinned",
        }
    }

    /// What its program calls the way it negotiates.
    pub(super) const fn mode(self) -> Option<&'static str> {
        match self {
            Self::Mcp | Self::McpLegacy | Self::Sdk => None,
            Self::ClientAuto => Some("auto"),
            Self::ClientPinned => Some("2026-07-28"),
        }
    }

    /// A mode in which the same library speaks the other era, too.
    pub(super) const fn other_mode(self) -> Option<&'static str> {
        match self {
            Self::ClientPinned => Some("auto"),
            Self::Mcp | Self::McpLegacy | Self::Sdk | Self::ClientAuto => None,
        }
    }

    /// Interpreter and script, below `tests/peers`.
    const fn program(self) -> (&'static str, &'static str) {
        match self {
            Self::Mcp => ("venv/bin/python", "clients/mcp_client.py"),
            Self::McpLegacy => ("venv-legacy/bin/python", "clients/mcp1_client.py"),
            Self::Sdk => ("node_modules/.bin/node", "clients/sdk_client.mjs"),
            Self::ClientAuto | Self::ClientPinned => ("node_modules/.bin/node", "clients/client.mjs"),
        }
    }
}

/// A client program, started when it is needed and again after it fell silent.
pub(super) struct Client {
    library: Library,
    peers: PathBuf,
    log: PathBuf,
    running: Option<Program>,
    /// How many visits it has made.
    visits: u32,
}

struct Program {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Client {
    pub(super) fn new(workspace: &Workspace, library: Library, folder: &Path) -> Self {
        let peers = workspace.root.join("tests/peers");
        Self { library, peers, log: folder.join("client.log"), running: None, visits: 0 }
    }

    pub(super) const fn library(&self) -> Library {
        self.library
    }

    /// Connects, tries every feature, and leaves.
    pub(super) fn visit(
        &mut self,
        entry: &Value,
        mode: Option<&str>,
        features: &[Feature],
    ) -> Result<Outcome, Failure> {
        self.visits += 1;
        let mut open = json!({ "op": "open", "entry": entry });
        if let (Some(members), Some(mode)) = (open.as_object_mut(), mode) {
            members.insert("mode".to_owned(), mode.into());
        }
        let opened = self.ask(&open)?;
        let Said::Answer(about) = opened else { return Ok(Outcome::closed(opened)) };
        let mut outcome = Outcome::opened(&about);
        for feature in features {
            let mut said = Vec::new();
            for operation in &feature.operations {
                said.push(self.ask(operation)?);
                if self.running.is_none() {
                    // Its connection went with it.
                    outcome.push(said);
                    return Ok(outcome);
                }
            }
            outcome.push(said);
        }
        self.ask(&json!({ "op": "close" }))?;
        Ok(outcome)
    }

    fn ask(&mut self, operation: &Value) -> Result<Said, Failure> {
        let program = match self.running.take() {
            Some(program) => self.running.insert(program),
            None => {
                let started = self.start()?;
                self.running.insert(started)
            }
        };
        let line = format!("{operation}\n").replace(VISIT, &self.visits.to_string());
        let heard = program.stdin.write_all(line.as_bytes()).ok().and_then(|()| program.hear());
        let Some(mut heard) = heard else {
            if let Some(mut program) = self.running.take() {
                let _ = program.child.kill();
                let _ = program.child.wait();
            }
            return Ok(Said::Nothing);
        };
        let error = heard.get_mut("error").map(Value::take);
        Ok(error.map_or_else(
            || Said::Answer(heard.get_mut("result").map(Value::take).unwrap_or_default()),
            Said::Error,
        ))
    }

    fn start(&self) -> Result<Program, Failure> {
        let (interpreter, script) = self.library.program();
        let plan = json!({
            "servers": [],
            "patience": HEARING,
            "answer": { "action": "accept", "content": { "name": "Ada" } },
            "sampling": { "role": "assistant", "model": "the-model", "stopReason": "endTurn",
                "content": { "type": "text", "text": "Paris" } },
            "roots": [{ "uri": "file:///srv/work", "name": "work" }],
        });
        let log = std::fs::File::options().create(true).append(true).open(&self.log);
        let log = log.map_err(|error| Failure::at(&self.log, &error))?;
        let mut command = machine::program(self.peers.join(interpreter));
        command.arg(self.peers.join(script)).arg(plan.to_string());
        command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&self.peers);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context(self.library.name())?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("a client without pipes"));
        };
        let (send, lines) = sync_channel(64);
        thread_of(stdout, send);
        let program = Program { child, stdin, lines };
        match program.hear() {
            Some(ready) if ready.get("ready").is_some() => Ok(program),
            other => Err(Failure::new(format!("{} does not start: {other:?}", self.library.name()))),
        }
    }
}

fn thread_of(stdout: std::process::ChildStdout, send: std::sync::mpsc::SyncSender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
}

impl Program {
    fn hear(&self) -> Option<Value> {
        serde_json::from_str(&self.lines.recv_timeout(PATIENCE).ok()?).ok()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(Program { mut child, stdin, .. }) = self.running.take() {
            // It ends with its input.
            drop(stdin);
            let _ = child.wait();
        }
    }
}
