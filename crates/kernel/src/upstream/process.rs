//! Server processes: started with an environment that names every variable, in a process group that dies as a whole.
//!
//! Must never let a child inherit our environment, or outlive its conversation, nor show what it wrote as it stands.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_model::config::ServerConfig;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio_util::task::AbortOnDropHandle;

use crate::kernel::Kernel;

/// How long a server may take to see that its standard input was closed.
const HINT: Duration = Duration::from_millis(500);

/// How long a group may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// How much of stderr is kept.
const STDERR_KEPT: usize = 4 << 10;

/// A running server process and its group.
#[derive(Debug)]
pub(super) struct Process {
    child: Option<Child>,
    group: Option<Pid>,
    stderr: Arc<Mutex<Tail>>,
    _reader: AbortOnDropHandle<()>,
}

/// The end of what it wrote to stderr.
#[derive(Debug)]
struct Tail {
    kept: VecDeque<u8>,
    /// What stood before is gone, and with it the beginning of the first line.
    is_cut: bool,
}

/// Its pipes.
pub(super) struct Pipes {
    /// What it reads.
    pub(super) stdin: ChildStdin,
    /// What it writes.
    pub(super) stdout: ChildStdout,
}

impl Process {
    /// Starts the server of `config`. `base` is the whole environment but for what the entry names.
    pub(super) fn start(config: &ServerConfig, base: &[(String, String)]) -> std::io::Result<(Self, Pipes)> {
        let program = config.command.as_deref().unwrap_or_default();
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where a server is started; the environment is cleared"
        )]
        let mut command = Command::new(program);
        command
            .args(&config.args)
            .env_clear()
            .envs(base.iter().map(|(key, value)| (key, value)))
            .envs(&config.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(cwd) = &config.cwd {
            command.current_dir(cwd);
        }
        let mut child = command.spawn()?;
        let missing = || std::io::Error::other("a pipe of the server is missing");
        let pipes = Pipes {
            stdin: child.stdin.take().ok_or_else(missing)?,
            stdout: child.stdout.take().ok_or_else(missing)?,
        };
        let tail = Tail { kept: VecDeque::with_capacity(STDERR_KEPT), is_cut: false };
        let stderr = Arc::new(Mutex::new(tail));
        let reader = child.stderr.take().ok_or_else(missing)?;
        let kept = Arc::clone(&stderr);
        let reader = AbortOnDropHandle::new(tokio::spawn(keep_last(reader, kept)));
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok((Self { child: Some(child), group, stderr, _reader: reader }, pipes))
    }

    /// The last whole lines that it wrote to stderr, fit for anybody to read.
    pub(super) fn said(&self, kernel: &Kernel) -> String {
        let tail = self.stderr.lock();
        let bytes: Vec<u8> = tail.kept.iter().copied().collect();
        let is_cut = tail.is_cut;
        drop(tail);
        let text = String::from_utf8_lossy(&bytes);
        // Of a credential that was cut in two the rest would not be known for one.
        let whole = if is_cut { text.split_once('\n').map_or("", |(_, rest)| rest) } else { &text };
        kernel.words(whole.trim())
    }
}

impl Process {
    /// Ends it and all of its group.
    pub(super) async fn end(mut self) {
        if let (Some(child), Some(group)) = (self.child.take(), self.group) {
            end(child, group).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let (Some(child), Some(group)) = (self.child.take(), self.group) else { return };
        match tokio::runtime::Handle::try_current() {
            // The runtime owns this task: it is bounded by GRACE and joins the child.
            Ok(runtime) => drop(runtime.spawn(end(child, group))),
            Err(_) => {
                let _gone = kill_process_group(group, Signal::KILL);
            }
        }
    }
}

/// Its standard input has been closed: a server that heeds that may read what was sent last, and ends by itself
/// (2025-11-25, Lifecycle, «Shutdown»). Its group may hold grandchildren (npx leaves some), so the group is ended, not
/// only the child.
async fn end(mut child: Child, group: Pid) {
    let _by_itself = tokio::time::timeout(HINT, child.wait()).await;
    let _gone = kill_process_group(group, Signal::TERM);
    let _timeout = tokio::time::timeout(GRACE, child.wait()).await;
    let _gone = kill_process_group(group, Signal::KILL);
    let _status = child.wait().await;
}

async fn keep_last(mut from: impl AsyncRead + Unpin, tail: Arc<Mutex<Tail>>) {
    let mut chunk = vec![0; 1024];
    while let Ok(read @ 1..) = from.read(&mut chunk).await {
        let mut tail = tail.lock();
        tail.kept.extend(chunk.iter().take(read));
        let excess = tail.kept.len().saturating_sub(STDERR_KEPT);
        tail.kept.drain(..excess);
        tail.is_cut |= excess > 0;
    }
}
