//! `ringfence serve`: the kernel, in the foreground, in the background, or a client's way to it over stdio.

mod prompts;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ringfence_model::control::Role;

use super::{Context, block_on, tools};
use crate::config::settings::{Given, Setting};
use crate::config::{self, Origin};
use crate::problem::{Exit, Stop};
use crate::serve::{Mode, kernel_main};
use crate::{log, output, shim};

/// Run the kernel: one MCP server in front of all configured ones
///
/// Listens for MCP over Streamable HTTP on a loopback address. Needs no configuration. With `--stdio` it speaks MCP on
/// stdin and stdout instead, for a client that starts its servers; the kernel behind it is shared and starts by itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence serve
  ringfence serve --servers .mcp.json --listen 127.0.0.1:9000
  ringfence serve --stdio")]
pub(crate) struct Serve {
    /// Speak MCP on stdin and stdout
    #[arg(long, conflicts_with_all = ["http", "listen", "host", "port", "background"])]
    stdio: bool,
    /// Loopback address of the HTTP endpoint [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Also serve the servers in this `{"mcpServers": …}` JSON; may be given more than once
    #[arg(long, value_name = "FILE")]
    servers: Vec<PathBuf>,
    /// How strictly policy violations count
    #[arg(long, value_name = "MODE", value_parser = ["strict", "permissive", "audit"])]
    policy_mode: Option<String>,
    /// Started by a shim: no HTTP, ends when idle
    #[arg(long, hide = true)]
    background: bool,
    #[command(flatten)]
    seeds: SeedFlags,
}

/// Flags under their old names.
#[derive(Debug, Args)]
#[command(next_help_heading = "Flags of earlier servers")]
struct SeedFlags {
    /// Listen for HTTP, which is the default
    #[arg(long)]
    http: bool,
    /// Host part of --listen
    #[arg(long, value_name = "HOST", conflicts_with = "listen")]
    host: Option<String>,
    /// Port part of --listen
    #[arg(long, value_name = "PORT", conflicts_with = "listen")]
    port: Option<u16>,
    /// `stdio` is --stdio, the others are --http
    #[arg(long, value_name = "TRANSPORT", conflicts_with_all = ["stdio", "http"])]
    transport: Option<Transport>,
    /// List the tools and end
    #[arg(long, conflicts_with = "list_prompts")]
    list_tools: bool,
    /// List the prompts and end
    #[arg(long)]
    list_prompts: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Transport {
    Stdio,
    Http,
    StreamableHttp,
}

impl Serve {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        if self.seeds.list_tools {
            return tools::Tools::List { yaml: false }.run(context);
        }
        if self.seeds.list_prompts {
            return prompts::run(context);
        }
        if self.stdio || self.seeds.transport == Some(Transport::Stdio) {
            return self.shim(context);
        }
        log::start(log::Level::Info, &context.env);
        let mode = if self.background { Mode::Background } else { Mode::Foreground };
        if mode == Mode::Background {
            // A session of its own: no signal of the client's terminal or process group reaches it. It fails only for
            // a process that leads its group already, which is then just as detached.
            let _ = rustix::process::setsid();
        }
        let paths = context.paths()?;
        paths.prepare()?;
        let origin = Origin {
            file: paths.config.clone(),
            servers: context.servers(&self.servers)?,
            flags: self.settings(),
        };
        let loaded = config::load(&origin, &context.env)?;
        for note in &loaded.notes {
            tracing::warn!("{note}");
        }
        kernel_main(loaded, origin, &paths, mode, &context.env)?;
        Ok(Exit::Yes)
    }

    fn shim(self, context: &Context) -> Result<Exit, Stop> {
        log::start(log::Level::Warn, &context.env);
        let mut given = context.given();
        if !self.servers.is_empty() {
            given.push("--servers");
        }
        let mut extra: Vec<OsString> = Vec::new();
        if let Some(mode) = self.policy_mode {
            given.push("--policy-mode");
            extra.extend(["--policy-mode".into(), mode.into()]);
        }
        let kernel = context.kernel(&self.servers, extra)?;
        block_on(async { Ok(shim::run(kernel, Role::Stdio, &given).await?) }).map_err(to_stderr)?;
        Ok(Exit::Yes)
    }

    fn settings(&self) -> Vec<Given> {
        let given = |setting, flag: &str, text: Option<String>| {
            text.map(|text| Given { setting, text, from: flag.to_owned() })
        };
        [
            given(Setting::Listen, "--listen", self.listen.map(|listen| listen.to_string())),
            given(Setting::ListenHost, "--host", self.seeds.host.clone()),
            given(Setting::ListenPort, "--port", self.seeds.port.map(|port| port.to_string())),
            given(Setting::PolicyMode, "--policy-mode", self.policy_mode.clone()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// stdout carries only JSON-RPC: a shim's problem goes to stderr whatever `--json` says.
pub(super) fn to_stderr(stop: Stop) -> Stop {
    match stop {
        Stop::Unread | Stop::Reported(_) => stop,
        Stop::Problem(problem) => {
            let _ = output::problem(&problem, output::Format::Text);
            Stop::Reported(Exit::of(problem.kind))
        }
    }
}
