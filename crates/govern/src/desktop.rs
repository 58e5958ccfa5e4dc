//! Notices on the desktop of whoever started the kernel, by the system's own `notify-send`.
//!
//! What a notice says comes from agents and servers: must never reach the program as an option or as markup.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use ringfence_kernel::announce::{Notice, What};
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::mpsc;

/// The program.
pub const PROGRAM: &str = "notify-send";

/// What of the environment it needs to find the desktop.
pub const ENVIRONMENT: [&str; 7] =
    ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "HOME", "LANG", "PATH", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"];

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most characters of one part of a notice.
const MOST: usize = 120;

/// Shows notices.
#[derive(Debug, Clone)]
pub struct Notifier {
    program: PathBuf,
    environment: Vec<(String, String)>,
}

impl Notifier {
    /// The first one on `path`, which then runs in `environment` and no other.
    #[must_use]
    pub fn on(path: &str, environment: Vec<(String, String)>) -> Option<Self> {
        let absolute = path.split(':').map(Path::new).filter(|folder| folder.is_absolute());
        let program = absolute.map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())?;
        Some(Self { program, environment })
    }

    pub(crate) async fn tell(self, mut notices: mpsc::Receiver<Arc<Notice>>) {
        while let Some(notice) = notices.recv().await {
            match notice.what {
                What::Requested => self.show(&notice.data).await,
                What::Answered | What::Judged => {}
            }
        }
    }

    async fn show(&self, request: &Value) {
        let [summary, body] = words(request);
        #[expect(clippy::disallowed_methods, reason = "the environment is cleared; no server is started")]
        let mut command = Command::new(&self.program);
        command
            .args(["--app-name=ringfence", "--", &summary, &body])
            .env_clear()
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let shown = tokio::time::timeout(PATIENCE, async { command.spawn()?.wait().await }).await;
        if !matches!(shown, Ok(Ok(status)) if status.success()) {
            tracing::debug!("a notice could not be shown on the desktop");
        }
    }
}

/// A line that says what waits, and what to do about it.
fn words(request: &Value) -> [String; 2] {
    let part = |key: &str| {
        let text = request.get(key).and_then(Value::as_str).unwrap_or_default();
        text.chars().filter(|letter| !letter.is_control()).take(MOST).collect::<String>()
    };
    let server = part("server");
    let target = if server.is_empty() { part("target") } else { format!("{server}/{}", part("target")) };
    let body = format!("{}: {}\nringfence approvals show {}", part("principal"), part("message"), part("id"));
    [format!("Approval needed: {target}"), escaped(&body)]
}

/// The body of a notice is markup (Desktop Notifications Specification 1.2); its summary is not.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
