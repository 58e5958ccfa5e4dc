//! `ringfence stop`: ends the kernel of this data directory.
//!
//! Must never start one.

use std::os::fd::OwnedFd;

use clap::Args;
use ringfence_model::control::{Role, Verb};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde_json::json;

use super::{Context, block_on, operator};
use crate::control::Connection;
use crate::log;
use crate::output::{self, Format};
use crate::problem::{self, Exit, Stop};

/// How long it is waited for the kernel's end.
const PATIENCE: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

/// End the kernel of this data directory
///
/// Its calls are ended in good order and the journal is closed. Needs the operator credential where one is set. Clients
/// notice nothing: their next call starts a kernel again, with the configuration as it is then.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence stop
  RINGFENCE_OPERATOR_TOKEN=… ringfence stop --json")]
pub(crate) struct StopKernel {}

/// A kernel that was told to end.
struct Told {
    pid: u32,
    process: Option<OwnedFd>,
}

impl StopKernel {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self {} = self;
        log::start(log::Level::Warn, &context.env);
        let data = context.paths()?.data;
        let exists = data.try_exists().map_err(|error| problem::io(&data, "cannot be found", &error))?;
        let told = if exists {
            let kernel = context.kernel(&[], Vec::new())?;
            block_on(async {
                match kernel.running(&Role::Control).await? {
                    Some(mut connection) => tell(&mut connection, context).await.map(Some),
                    None => Ok(None),
                }
            })?
        } else {
            None
        };
        let ended = told.map(|told| (told.pid, told.wait()));
        match (context.format, ended) {
            (Format::Json, None) => output::json(&json!({ "kernel": null })),
            (Format::Json, Some((pid, ended))) => {
                output::json(&json!({ "kernel": { "pid": pid, "ended": ended } }))
            }
            (Format::Text, None) => output::text(&format!("no kernel runs on {}", data.display())),
            (Format::Text, Some((pid, true))) => output::text(&format!("the kernel (pid {pid}) has ended")),
            (Format::Text, Some((pid, false))) => output::text(&format!(
                "the kernel (pid {pid}) was told to end and takes no more calls; those in flight end first"
            )),
        }?;
        Ok(Exit::Yes)
    }
}

async fn tell(connection: &mut Connection, context: &Context) -> Result<Told, Stop> {
    let pid = connection.pid;
    // Opened while the kernel surely lives, so that it names no later process of the same number.
    let process = process(pid);
    operator::ask(connection, context, Verb::Shutdown, |_| ()).await?;
    Ok(Told { pid, process })
}

/// The kernel's process; none where it is not seen from here, as from another PID namespace.
fn process(pid: u32) -> Option<OwnedFd> {
    let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
    pidfd_open(pid, PidfdFlags::empty()).ok()
}

impl Told {
    /// Waits for the kernel's end; true when it has ended, false when it is still at it or not seen from here.
    fn wait(&self) -> bool {
        let Some(process) = &self.process else { return false };
        // pidfd_open(2): readable once the process has terminated.
        let mut watched = [PollFd::new(process, PollFlags::IN)];
        matches!(rustix::io::retry_on_intr(|| poll(&mut watched, Some(&PATIENCE))), Ok(1..))
    }
}
