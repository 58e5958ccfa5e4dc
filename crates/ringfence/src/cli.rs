//! The command line: one file per command, each its arguments and what it does.
//!
//! Must never print anything but the result on stdout.

mod approvals;
mod audit;
mod check;
mod init;
mod keys;
mod operator;
mod pins;
mod policy;
mod reference;
mod scan;
mod serve;
mod status;
mod stop;
mod tools;
mod wrap;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use ringfence_detect::{Detectors, PersonalData};
use ringfence_kernel::kernel::detectors;
use ringfence_model::config::Config;
use ringfence_model::control::{Credential, Role};
use ringfence_model::problem::Problem;

use crate::config::env::Environment;
use crate::config::{ConfigFile, Origin};
use crate::control::start::Start;
use crate::control::{Connection, Kernel};
use crate::log;
use crate::output::{self, Format};
use crate::paths::Paths;
use crate::problem::{self, Exit, Stop, usage};

/// The security kernel for AI agents.
///
/// Every action of an agent passes through it, is judged, recorded and contained. `serve` runs it, `wrap` puts one MCP
/// server behind it; the other commands ask it, and start it in the background where none runs.
#[derive(Debug, Parser)]
#[command(
    name = "ringfence",
    version,
    propagate_version = true,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 yes, 1 finding or invalid, 2 could not answer, 3 denied, 4 upstream failed, 70 internal."
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Globals {
    /// Print one JSON value (JSON lines for streams) on stdout and nothing else
    #[arg(long, global = true)]
    json: bool,
    /// Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data directory [default: $XDG_STATE_HOME/ringfence]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Wrap(wrap::Wrap),
    Init(init::Init),
    Status(status::Status),
    Stop(stop::StopKernel),
    #[command(subcommand)]
    Tools(tools::Tools),
    #[command(subcommand)]
    Check(check::Check),
    Scan(scan::Scan),
    #[command(subcommand)]
    Policy(policy::Policy),
    #[command(subcommand)]
    Approvals(approvals::Approvals),
    #[command(subcommand)]
    Audit(audit::Audit),
    #[command(subcommand)]
    Pins(pins::Pins),
    #[command(subcommand)]
    Keys(keys::Keys),
    #[command(subcommand, hide = true)]
    Reference(reference::Reference),
}

/// What a command works with.
struct Context {
    globals: Globals,
    env: Environment,
    format: Format,
}

/// Runs one command and shows what went wrong.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>, env: Environment) -> Exit {
    let arguments: Vec<OsString> = arguments.collect();
    let done = match Cli::try_parse_from(&arguments) {
        Ok(Cli { globals, command }) => {
            let format = if globals.json { Format::Json } else { Format::Text };
            let context = Context { globals, env, format };
            command.run(&context).or_else(|stop| settle(stop, format))
        }
        Err(error) => unparsed(&error, &arguments),
    };
    done.unwrap_or_else(|stop| match stop {
        Stop::Unread => Exit::Yes,
        Stop::Reported(exit) => exit,
        Stop::Problem(problem) => Exit::of(problem.kind),
    })
}

impl Command {
    fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::Serve(command) => command.run(context),
            Self::Wrap(command) => command.run(context),
            Self::Init(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::Stop(command) => command.run(context),
            Self::Tools(command) => command.run(context),
            Self::Check(command) => command.run(context),
            Self::Scan(command) => command.run(context),
            Self::Policy(command) => command.run(context),
            Self::Approvals(command) => command.run(context),
            Self::Audit(command) => command.run(context),
            Self::Pins(command) => command.run(context),
            Self::Keys(command) => command.run(context),
            Self::Reference(command) => command.run(),
        }
    }
}

fn settle(stop: Stop, format: Format) -> Result<Exit, Stop> {
    match stop {
        Stop::Unread => Ok(Exit::Yes),
        Stop::Reported(exit) => Ok(exit),
        Stop::Problem(problem) => {
            output::problem(&problem, format)?;
            Ok(Exit::of(problem.kind))
        }
    }
}

/// Help and version go to stdout; what cannot be parsed is a problem.
fn unparsed(error: &clap::Error, arguments: &[OsString]) -> Result<Exit, Stop> {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output::text(text.trim_end())?;
        return Ok(Exit::Yes);
    }
    if arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json") {
        let mut paragraphs =
            text.split("\n\n").map(|lines| lines.lines().map(str::trim).collect::<Vec<_>>().join(" "));
        let message = paragraphs.next().unwrap_or_default();
        let problem = usage(message.trim_start_matches("error: "));
        let problem = paragraphs.fold(problem, |problem, hint| problem.hint(hint.trim()));
        output::problem(&problem, Format::Json)?;
    } else {
        output::note(text.trim_end());
    }
    Ok(Exit::CouldNot)
}

impl Context {
    fn paths(&self) -> Result<Paths, Problem> {
        Paths::locate(self.globals.config.as_deref(), self.globals.data_dir.as_deref(), &self.env)
    }

    /// The configuration as a command without flags of its own sees it.
    fn origin(&self, paths: &Paths) -> Result<Origin, Problem> {
        Ok(Origin { file: paths.config.clone(), servers: self.servers(&[])?, flags: Vec::new() })
    }

    /// `--servers`, else `RINGFENCE_SERVERS` (separated by `:`), absolute.
    fn servers(&self, flags: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
        let mut files = flags.to_vec();
        if let (true, Some(named)) = (files.is_empty(), self.env.get("RINGFENCE_SERVERS")) {
            files = std::env::split_paths(named).collect();
        }
        files
            .iter()
            .map(|file| {
                std::path::absolute(file).map_err(|error| problem::io(file, "cannot be found", &error))
            })
            .collect()
    }

    /// The kernel of the data directory, to be started with `extra` flags where it does not run.
    fn kernel(&self, servers: &[PathBuf], extra: Vec<OsString>) -> Result<Kernel, Problem> {
        let paths = self.paths()?;
        let sockets = paths.sockets()?;
        let mut arguments: Vec<OsString> = vec!["--data-dir".into(), paths.data.clone().into()];
        if let ConfigFile::Named(config) = &paths.config {
            arguments.extend(["--config".into(), config.into()]);
        }
        for file in self.servers(servers)? {
            arguments.extend(["--servers".into(), file.into()]);
        }
        arguments.extend(extra);
        let start = Start { arguments, log: paths.log(), folder: paths.data };
        Ok(Kernel::new(sockets, start))
    }

    /// Connects to the kernel as the command line and does `task` with the connection.
    fn control<T>(&self, task: impl AsyncFnOnce(Connection) -> Result<T, Stop>) -> Result<T, Stop> {
        log::start(log::Level::Warn, &self.env);
        let mut kernel = self.kernel(&[], Vec::new())?;
        block_on(async move {
            let connection = kernel.connect(&Role::Control).await?;
            task(connection).await
        })
    }

    /// The configuration, for a command that asks no kernel.
    fn config(&self) -> Result<Config, Stop> {
        Ok(crate::config::load(&self.origin(&self.paths()?)?, &self.env)?.config)
    }

    /// The detectors of the path, as `config` says; personal data where it is `wanted` or configured.
    fn detectors(&self, config: &Config, wanted: PersonalData) -> Result<Detectors, Stop> {
        detectors(config, wanted).map_err(|error| {
            problem::internal("detectors", format!("the detectors cannot start: {error}")).into()
        })
    }

    /// Flags of every command that only a kernel that is starting heeds, as far as they were given.
    fn given(&self) -> Vec<&'static str> {
        self.globals.config.iter().map(|_| "--config").collect()
    }

    /// The operator credential of a machine.
    fn credential(&self) -> Option<Credential> {
        let token = self.env.get("RINGFENCE_OPERATOR_TOKEN")?;
        Some(Credential::Token(token.to_string_lossy().into_owned()))
    }
}

/// Runs `task` on this thread alone: a command and a shim wait for one thing at a time.
fn block_on<T>(task: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| problem::internal("runtime", format!("cannot start: {error}")))?;
    runtime.block_on(task)
}

/// The text of `path`, of at most `limit` bytes; `-` is stdin.
fn read_text(path: &Path, limit: usize) -> Result<String, Problem> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let bound = limit as u64 + 1;
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(bound).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(bound).read_to_end(&mut bytes))
    };
    read.map_err(|error| problem::io(path, "cannot be read", &error))?;
    if bytes.len() > limit {
        return Err(usage(format!("{} is larger than {limit} bytes", path.display())));
    }
    String::from_utf8(bytes).map_err(|_| usage(format!("{} is not UTF-8 text", path.display())))
}
