//! The control socket: shims and the command line of the same user, known by the kernel's word for the peer.
//!
//! Must never serve another user, and never trust what a shim says of who started it.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use ringfence_identity::client_process;
use ringfence_kernel::Endpoint;
use ringfence_kernel::session::SessionKey;
use ringfence_mcp::line::{Line, LineReader, append_line};
use ringfence_model::control::{CONTROL_VERSION, Hello, Role, Welcome};
use ringfence_model::id::SessionId;
use ringfence_model::problem::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::accept::Faults;
use crate::gate::Gate;
use crate::patient::Patient;
use crate::{control, pipe};

/// How long a shim may take to say hello.
const HELLO: Duration = Duration::from_secs(5);

/// How long connections may take to end after `stop`: a little more than a conversation takes that keeps to its own bounds.
const DRAIN: Duration = pipe::ENDING.saturating_add(Duration::from_secs(1));

/// Listens where the shims look.
#[derive(Debug)]
pub struct ControlSocket {
    listeners: Vec<UnixListener>,
    paths: Vec<PathBuf>,
}

/// Why it cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {path}: {source}")]
pub struct SocketError {
    /// Where.
    path: PathBuf,
    /// Why.
    source: io::Error,
}

/// What every version of [`Hello`] has.
#[derive(Deserialize)]
struct Spoken {
    control: u32,
    version: String,
}

/// The two halves of a shim's connection after its hello.
pub(crate) struct Connection {
    pub(crate) reader: LineReader<OwnedReadHalf>,
    pub(crate) writer: Patient<OwnedWriteHalf>,
}

impl ControlSocket {
    /// Listens on all of `paths`, mode 0600. Call it only while holding the journal: a socket that is in the way then
    /// belongs to a kernel that was killed.
    ///
    /// # Errors
    /// [`SocketError`].
    pub fn bind(paths: &[PathBuf]) -> Result<Self, SocketError> {
        let mut bound =
            Self { listeners: Vec::with_capacity(paths.len()), paths: Vec::with_capacity(paths.len()) };
        for path in paths {
            let listener = listen(path).map_err(|source| SocketError { path: path.clone(), source })?;
            bound.listeners.push(listener);
            bound.paths.push(path.clone());
        }
        Ok(bound)
    }

    /// Serves until `stop`, and then for a bounded time. `busy` holds one permit less for each connection, so that idleness can be seen.
    pub async fn serve(mut self, gate: Arc<Gate>, stop: CancellationToken, busy: Arc<Semaphore>) {
        let mut accepting = JoinSet::new();
        for listener in self.listeners.drain(..) {
            accepting.spawn(accept(listener, Arc::clone(&gate), stop.clone(), Arc::clone(&busy)));
        }
        while accepting.join_next().await.is_some() {}
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        for path in &self.paths {
            let _already_gone = std::fs::remove_file(path);
        }
    }
}

fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn accept(listener: UnixListener, gate: Arc<Gate>, stop: CancellationToken, busy: Arc<Semaphore>) {
    let mut connections = JoinSet::new();
    let mut faults = Faults::new();
    loop {
        while connections.try_join_next().is_some() {}
        let stream = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    faults.rest(&error).await;
                    continue;
                }
            },
        };
        let Ok(permit) = Arc::clone(&busy).try_acquire_owned() else {
            gate.kernel.refused("ringfence.connections");
            continue;
        };
        let (gate, stop) = (Arc::clone(&gate), stop.clone());
        connections.spawn(async move {
            serve(&gate, stream, stop).await;
            drop(permit);
        });
    }
    // Who comes now shall find nobody here, not wait in the queue of a kernel that ends.
    drop(listener);
    let _overdue =
        tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
}

async fn serve(gate: &Arc<Gate>, stream: UnixStream, stop: CancellationToken) {
    let credentials = stream.peer_cred();
    let (read, write) = stream.into_split();
    let reader = LineReader::new(read, gate.kernel.limits.body.0);
    let writer = Patient::new(write, gate.kernel.limits.slow_client.0);
    let mut connection = Connection { reader, writer };
    let admitted = async {
        let credentials = credentials.map_err(|_| refusal("the peer is not known"))?;
        let principal = gate.principals.from_peer(credentials.uid()).map_err(|error| {
            gate.kernel.refused("ringfence.foreign_user");
            refusal(&error.to_string())
        })?;
        let hello = hello(&mut connection).await?;
        Ok::<_, Problem>((Arc::new(principal), credentials.pid(), credentials.uid(), hello))
    };
    let (principal, pid, uid, hello) = match admitted.await {
        Ok(admitted) => admitted,
        Err(problem) => {
            let _shim_left = connection.say(&Welcome::Refused(problem)).await;
            return;
        }
    };
    let key = session_key(pid);
    let is_own = matches!(key, SessionKey::Conversation(_));
    let session = gate.kernel.session(&principal, key, None);
    let (session, endpoint) = match (session, endpoint(gate, &hello.role)) {
        (Ok(session), Ok(endpoint)) => (session, endpoint),
        (Err(error), _) => {
            let problem = Problem::new(ProblemKind::Internal, "no-session", error.to_string());
            let _shim_left = connection.say(&Welcome::Refused(problem)).await;
            return;
        }
        (_, Err(problem)) => {
            let _shim_left = connection.say(&Welcome::Refused(problem)).await;
            return;
        }
    };
    let ready = Welcome::Ready { version: env!("CARGO_PKG_VERSION").to_owned(), pid: std::process::id() };
    if connection.say(&ready).await.is_err() {
        return;
    }
    let link = session.link();
    match endpoint {
        Some(endpoint) => {
            let Connection { reader, writer } = connection;
            pipe::serve(&gate.kernel, gate.room.clone(), endpoint, link, reader, writer, stop).await;
        }
        None => control::serve(gate, &session, uid, connection, stop).await,
    }
    if is_own {
        // Nobody could find it again.
        gate.kernel.end_session(session.id);
    }
}

/// What a shim's connection reaches; none for the command line.
fn endpoint(gate: &Gate, role: &Role) -> Result<Option<Endpoint>, Problem> {
    match role {
        Role::Stdio => Ok(Some(Endpoint::Every)),
        Role::Wrap { name, server } => match gate.kernel.upstreams.wrapped(name, server) {
            Ok(upstream) => Ok(Some(Endpoint::One(upstream))),
            Err(error) => Err(Problem::new(ProblemKind::User, "bad-server", error.to_string())),
        },
        Role::Control => Ok(None),
    }
}

/// All shims of one client process share a session. Who that is, /proc says, not the shim; where it does not, the shim
/// shares with nobody.
fn session_key(shim: Option<i32>) -> SessionKey {
    let shim = shim.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0);
    match client_process(shim) {
        Ok(client) => SessionKey::ClientProcess { pid: client.pid, started: client.started },
        Err(error) => {
            tracing::debug!(%error, shim, "the client behind a shim is not known; it gets a session of its own");
            // The kernel puts the id of the new session in its place.
            SessionKey::Conversation(SessionId(0))
        }
    }
}

async fn hello(connection: &mut Connection) -> Result<Hello, Problem> {
    let line = tokio::time::timeout(HELLO, connection.reader.next()).await;
    let Ok(Ok(Some(Line::Message(line)))) = line else { return Err(refusal("no hello came")) };
    let unreadable = |error: serde_json::Error| refusal(&format!("the hello cannot be read: {error}"));
    // Before all else: what else another version says, this one need not know.
    let spoken: Spoken = serde_json::from_slice(&line).map_err(unreadable)?;
    if spoken.control == CONTROL_VERSION {
        return serde_json::from_slice(&line).map_err(unreadable);
    }
    let message =
        format!("a kernel of version {} runs, this is {}", env!("CARGO_PKG_VERSION"), spoken.version);
    Err(Problem::new(ProblemKind::Config, "kernel-version", message)
        .hint("end the running kernel with its own `ringfence stop` and try again: the next command starts one of this version"))
}

fn refusal(message: &str) -> Problem {
    Problem::new(ProblemKind::Denied, "refused", message)
}

impl Connection {
    /// Writes one line.
    pub(crate) async fn say(&mut self, message: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_vec(message)?;
        let mut line = BytesMut::with_capacity(text.len() + 1);
        append_line(&mut line, &text);
        self.writer.write_all(&line).await
    }
}
