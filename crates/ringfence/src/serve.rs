//! The kernel process: puts configuration, policy, journal, kernel and edge together and runs them until told to end.
//!
//! Must never answer a client before the policy is in force and the journal is open.

use std::sync::Arc;
use std::time::Duration;

use ringfence_edge::gate::Gate;
use ringfence_edge::{ControlSocket, HttpServer, Room};
use ringfence_govern::desktop::ENVIRONMENT;
use ringfence_govern::{Channels, Decisions, Notifier};
use ringfence_identity::Principals;
use ringfence_kernel::env::Env;
use ringfence_kernel::ledger::LedgerError;
use ringfence_kernel::{Kernel, Parts, StartError};
use ringfence_model::config::{BadWebhook, Config, Desktop};
use ringfence_model::problem::{Problem, ProblemKind};
use ringfence_policy::{LoadError, PolicySet};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::env::Environment;
use crate::config::{Loaded, Origin};
use crate::paths::Paths;
use crate::problem::internal;
use crate::reload::{self, Sources};

/// The code of the problem with which a kernel ends that finds another one on its data directory. A shim that started it
/// then goes on to the other one.
pub(crate) const ALREADY_RUNNING: &str = "kernel-already-running";

/// What servers inherit of our environment; all else is named by their entries.
const BASE_ENVIRONMENT: [&str; 5] = ["PATH", "HOME", "LANG", "TMPDIR", "TZ"];

/// How often a background kernel looks whether anybody is there.
const LOOK: Duration = Duration::from_secs(1);

/// Who started the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A person or a service manager: control sockets and HTTP, until a signal.
    Foreground,
    /// A shim: control sockets only, until `limits.kernel_idle` passes without a client.
    Background,
}

/// Runs the kernel until it is told to end.
///
/// # Errors
/// [`ALREADY_RUNNING`] when another kernel holds the data directory, else what kept it from starting.
pub(crate) fn kernel_main(
    loaded: Loaded,
    origin: Origin,
    paths: &Paths,
    mode: Mode,
    env: &Environment,
) -> Result<(), Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| internal("runtime", format!("no threads can be started: {error}")))?;
    runtime.block_on(run(loaded, origin, paths, mode, env))
}

async fn run(
    loaded: Loaded,
    origin: Origin,
    paths: &Paths,
    mode: Mode,
    env: &Environment,
) -> Result<(), Problem> {
    let sockets = paths.sockets()?;
    let config = loaded.config.clone();
    let sources: Vec<_> = loaded.rules.iter().map(crate::config::policy_files::RuleFile::source).collect();
    let policy = PolicySet::load(&sources, &config.policy).map_err(|errors| policy_problem(&errors))?;
    let builtins =
        ringfence_tools::of(&config.tools).map_err(|error| internal("tools", error.to_string()))?;
    let base_environment = BASE_ENVIRONMENT
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), env.get(name)?.to_str()?.to_owned())))
        .collect();
    let parts = Parts {
        config: config.clone(),
        policy,
        lock: loaded.lock.clone(),
        data_dir: paths.data.clone(),
        builtins,
        base_environment,
        env: Env::system().map_err(|error| internal("randomness", error.to_string()))?,
    };
    let kernel = Kernel::start(parts).map_err(|error| start_problem(&error))?;
    let stop = CancellationToken::new();
    let channels = channels(&config, env).map_err(|error| webhook_problem(&error))?;
    let told = channels.run(Arc::clone(&kernel), stop.clone());
    let changes = reload::watch(Arc::clone(&kernel), Sources::of(origin, &loaded), env.clone(), stop.clone());
    let served = async {
        let ended = serve(&kernel, &config, &sockets, paths, mode).await;
        stop.cancel();
        ended
    };
    let (ended, (), ()) = tokio::join!(served, changes, told);
    kernel.shut_down().await;
    ended
}

async fn serve(
    kernel: &Arc<Kernel>,
    config: &Config,
    sockets: &[std::path::PathBuf],
    paths: &Paths,
    mode: Mode,
) -> Result<(), Problem> {
    let realm = "default".parse().map_err(|_| internal("realm", "the default realm has no name"))?;
    let gate = Arc::new(Gate {
        kernel: Arc::clone(kernel),
        principals: Principals::of_this_process(realm, &config.auth.stdio_scopes),
        keys_dir: paths.keys(),
        decisions: Decisions::new(&config.approvals).map_err(|error| webhook_problem(&error))?,
        room: Room::new(),
    });
    let stop = CancellationToken::new();
    let http = match mode {
        Mode::Foreground => {
            Some(HttpServer::bind(config.listen).await.map_err(|error| listen_problem(&error))?)
        }
        Mode::Background => None,
    };
    let control = ControlSocket::bind(sockets)
        .map_err(|error| Problem::new(ProblemKind::Config, "control-socket", error.to_string()))?;
    let places = Arc::new(Semaphore::new(config.limits.connections));
    let mut signals = Signals::new()?;
    if let Some(http) = &http {
        tracing::info!("serving MCP at http://{}/mcp, data in {}", http.address(), paths.data.display());
    }
    let idle = match mode {
        Mode::Foreground => None,
        Mode::Background => Some(config.limits.kernel_idle.0),
    };
    let control = control.serve(Arc::clone(&gate), stop.clone(), Arc::clone(&places));
    let http = async {
        if let Some(http) = http {
            http.serve(Arc::clone(&gate), stop.clone()).await;
        }
    };
    let watch = async {
        tokio::select! {
            () = signals.wait() => tracing::info!("told to end"),
            () = idleness(&places, config.limits.connections, idle) => tracing::info!("nobody is here any more"),
            () = stop.cancelled() => {}
        }
        stop.cancel();
    };
    tokio::join!(
        control,
        http,
        watch,
        kernel.tend(stop.clone()),
        kernel.keep_signed(stop.clone()),
        kernel.keep_witnessed(stop.clone())
    );
    Ok(())
}

/// Ends once all places have been free for `idle`; never where there is no such time.
async fn idleness(places: &Semaphore, most: usize, idle: Option<Duration>) {
    let Some(idle) = idle else { return std::future::pending().await };
    let mut free = Duration::ZERO;
    while free < idle {
        tokio::time::sleep(LOOK.min(idle)).await;
        free = if places.available_permits() == most { free + LOOK.min(idle) } else { Duration::ZERO };
    }
}

/// The signals that end a kernel.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, Problem> {
        let on = |kind| {
            signal(kind).map_err(|error| internal("signals", format!("signals cannot be heard: {error}")))
        };
        Ok(Self { terminate: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn policy_problem(errors: &[LoadError]) -> Problem {
    let Some(first) = errors.first() else { return internal("policy", "the policy could not be loaded") };
    let problem = crate::problem::rule(first);
    match errors.len() {
        1 => problem,
        count => problem.hint(format!("{} more: `ringfence policy check` shows all", count - 1)),
    }
}

/// How approvers are told.
fn channels(config: &Config, env: &Environment) -> Result<Channels, BadWebhook> {
    let text = |name: &str| env.get(name).and_then(|value| value.to_str()).map(str::to_owned);
    let desktop = match config.approvals.desktop {
        Desktop::Auto => text("PATH").and_then(|path| {
            let needed = ENVIRONMENT.into_iter().filter_map(|name| Some((name.to_owned(), text(name)?)));
            Notifier::on(&path, needed.collect())
        }),
        Desktop::Off => None,
    };
    Channels::new(&config.approvals, desktop)
}

fn webhook_problem(error: &BadWebhook) -> Problem {
    Problem::new(ProblemKind::Config, "webhook", format!("approvals.webhooks: {error}"))
}

fn listen_problem(error: &ringfence_edge::HttpError) -> Problem {
    let problem = Problem::new(ProblemKind::Config, "listen", error.to_string());
    match error {
        ringfence_edge::HttpError::NotLoopback(_) => problem.hint("listen on 127.0.0.1"),
        ringfence_edge::HttpError::Threads(_) => problem,
        ringfence_edge::HttpError::Bind { .. } => {
            problem.hint("is it taken? name another one, e.g. --listen 127.0.0.1:8001")
        }
    }
}

fn start_problem(error: &StartError) -> Problem {
    match error {
        StartError::Journal(ringfence_journal::JournalError::Locked) => {
            Problem::new(ProblemKind::Config, ALREADY_RUNNING, "another kernel runs on this data directory")
                .hint("use it, end it with `ringfence stop`, or name another --data-dir")
        }
        StartError::Journal(_) => Problem::new(ProblemKind::Config, "journal", error.to_string())
            .hint("`ringfence audit verify` says what is wrong with it"),
        StartError::Ledger(LedgerError::KeyLost) => {
            Problem::new(ProblemKind::Config, "journal", error.to_string())
                .hint("put `keys/log` back from a copy, or move the journal aside and begin a new one")
        }
        StartError::Ledger(LedgerError::Journal(_)) => {
            Problem::new(ProblemKind::Config, "journal", error.to_string())
                .hint("`ringfence audit verify` says what is wrong with it")
        }
        StartError::Ledger(LedgerError::Witness { .. }) => {
            Problem::new(ProblemKind::Config, "journal", error.to_string())
                .hint("put the journal back from a copy that has what the witness knows; for another journal name another file")
        }
        StartError::Ledger(LedgerError::BadWitness(_)) => {
            Problem::new(ProblemKind::Config, "witness", error.to_string())
        }
        StartError::Ledger(LedgerError::Keys(_)) => {
            Problem::new(ProblemKind::Config, "keys", error.to_string())
        }
        StartError::Ledger(LedgerError::Env(_) | LedgerError::Name(_)) => {
            internal("start", error.to_string())
        }
        StartError::Keys(_) => Problem::new(ProblemKind::Config, "keys", error.to_string()),
        StartError::Server(_) => Problem::new(ProblemKind::Config, "server", error.to_string()),
        StartError::Rules(_) | StartError::Env(_) => internal("start", error.to_string()),
    }
}
