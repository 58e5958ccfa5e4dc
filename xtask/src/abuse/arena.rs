//! Where the cases run: one kernel, a good server, hostile ones, and the canary.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::canary::Canary;
use super::hostile::Hostile;
use super::wire::{Answer, Connection, modern_call};
use crate::bench::place::{Running, free_port};
use crate::bench::usage::Processes;
use crate::failure::{Context as _, Failure};
use crate::kernel::Kernel;
use crate::machine;
use crate::workspace::Workspace;

/// How long a client may take for a request, so that the slow ones do not make the run long.
pub(super) const SLOW: Duration = Duration::from_secs(2);

/// How long a state is good that a client carries for us.
pub(super) const STATE: Duration = Duration::from_secs(3);

/// Longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// All that the cases need.
pub(super) struct Arena {
    kernel: Kernel,
    folder: PathBuf,
    program: PathBuf,
    _good: Running,
    pub(super) hostile: Arc<Hostile>,
    pub(super) canary: Canary,
}

impl Arena {
    pub(super) fn start(workspace: &Workspace) -> Result<Self, Failure> {
        let folder = workspace.target.join("abuse");
        std::fs::create_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
        let this = std::env::current_exe().context("the path of this program")?;
        let good = free_port()?;
        let mut command = machine::program(&this);
        command.args(["fixture", "--http", &good.to_string()]);
        let running = Running::start(command, &folder, good)?;
        let hostile = Hostile::start()?;
        let tools = json!({ "*": { "effects": ["read"], "egress": false } });
        let at = |path: &str| format!("http://127.0.0.1:{}{path}", hostile.port);
        let config = json!({
            "version": 1,
            "limits": { "slow_client": "2s", "person": "3s", "response": "8MiB", "connections": 4096, "sessions": 4096 },
            "servers": {
                "good": { "url": format!("http://127.0.0.1:{good}/mcp"), "share": "all", "tools": tools },
                "ill": { "url": at("/modern"), "share": "all", "tools": tools },
                "old": { "url": at("/legacy"), "tools": tools, "timeout": "10s" },
                "shifty": { "url": at("/shifty"), "share": "all", "tools": tools },
                "pipe": { "command": this, "args": ["abuse", "--upstream"], "tools": tools, "timeout": "3s" },
            },
        });
        let program = workspace.target.join("release/ringfence");
        let kernel = Kernel::start(&program, &folder.join("kernel"), &config)?;
        let canary = Canary::start(kernel.port);
        Ok(Self { kernel, folder, program, _good: running, hostile, canary })
    }

    pub(super) fn port(&self) -> u16 {
        self.kernel.port
    }

    /// Another kernel, for cases that end one.
    pub(super) fn other_kernel(&self) -> Result<Kernel, Failure> {
        let tools = json!({ "*": { "effects": ["read"], "egress": false } });
        let server = |path: &str| {
            let url = format!("http://127.0.0.1:{}{path}", self.hostile.port);
            json!({ "url": url, "share": "all", "tools": tools })
        };
        let servers = json!({ "ill": server("/modern"), "old": server("/legacy") });
        let config = json!({ "version": 1, "servers": servers });
        Kernel::start(&self.program, &self.folder.join("other"), &config)
    }

    /// One request on a connection of its own.
    pub(super) fn say(&self, bytes: &[u8]) -> Result<Option<Answer>, Failure> {
        Connection::with(self.port(), bytes)?.answer()
    }

    /// A call of the tool `ill` of the hostile server.
    pub(super) fn call(&self, id: u64, arguments: &serde_json::Value) -> Result<Answer, Failure> {
        let sent = modern_call("/servers/ill/mcp", id, "ill", &json!({ "arguments": arguments }));
        self.say(&sent)?.ok_or_else(|| Failure::new("the call was not answered"))
    }

    /// Resident memory, after which the peak counts anew, in KiB.
    pub(super) fn held(&self) -> Result<u64, Failure> {
        let path = PathBuf::from(format!("/proc/{}/clear_refs", self.kernel.number()));
        machine::write(&path, "5")?;
        Ok(self.kernel_process().resident_memory())
    }

    /// The most memory since then, in KiB.
    pub(super) fn peak(&self) -> Result<u64, Failure> {
        match self.kernel_process().peak_memory() {
            0 => Err(Failure::new("the kernel has ended")),
            peak => Ok(peak),
        }
    }

    /// How many files and connections the kernel has open.
    pub(super) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.kernel.number())).map_or(0, Iterator::count)
    }

    /// The end: the journal verifies.
    pub(super) fn finish(&self) -> Option<String> {
        match self.kernel.ask(&["audit", "verify"]) {
            Ok(report) if report.get("valid").and_then(serde_json::Value::as_bool) == Some(true) => None,
            Ok(report) => Some(format!("the journal does not verify: {report}")),
            Err(failure) => Some(format!("the journal does not verify: {failure}")),
        }
    }

    fn kernel_process(&self) -> Processes {
        Processes::only(self.kernel.number())
    }
}

/// Waits until something is so.
pub(super) fn until(what: &str, mut so: impl FnMut() -> bool) -> Result<(), Failure> {
    let began = machine::now();
    while !so() {
        if began.elapsed() > PATIENCE {
            return Err(Failure::new(format!("never came true: {what}")));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// That something is as it has to be.
pub(super) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(what())) }
}
