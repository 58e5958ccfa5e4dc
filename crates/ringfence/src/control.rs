//! The client's end of the control socket: find the kernel of a data directory, start it where there is none, shake hands.
//!
//! Must never start a kernel where one answers, and never wait without a bound.

pub(crate) mod start;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::BytesMut;
use ringfence_mcp::line::{Line, LineReader, append_line};
use ringfence_model::control::{CONTROL_VERSION, Credential, Hello, Reply, Request, Role, Verb, Welcome};
use ringfence_model::problem::{Problem, ProblemKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, sleep, timeout};

use crate::problem::{Stop, internal};
use start::{Child, Fate};

/// Most bytes of one line in either direction.
pub(crate) const LINE_LIMIT: usize = 64 << 20;

/// How long a kernel may take until it answers, including its start.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a kernel that accepted a connection may take to say [`Welcome`].
const WELCOME: Duration = Duration::from_secs(5);

/// First and longest pause between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// How often a shim starts a kernel for one connection: each start can lose a race against another shim's.
const STARTS: u32 = 8;

/// How long the winner of such a race may take until it listens; after each race that much longer.
const WINNER: Duration = Duration::from_millis(100);

/// A connection on which the kernel has said [`Welcome::Ready`].
#[derive(Debug)]
pub(crate) struct Connection {
    /// The kernel's process id, as it says.
    pub(crate) pid: u32,
    /// What the kernel says.
    pub(crate) reader: LineReader<OwnedReadHalf>,
    /// What we say.
    pub(crate) writer: OwnedWriteHalf,
}

/// How to reach the kernel of a data directory.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// Where it may listen, in the order to try.
    pub(crate) sockets: Vec<PathBuf>,
    /// How to start it; none for a kernel that must be running already.
    pub(crate) start: start::Start,
    /// The one we started, so that it is reaped when it ends.
    child: Option<Child>,
}

/// What came of one attempt.
enum Attempt {
    Ready(Connection),
    /// Nobody listens, or who listened ended.
    Nobody,
}

impl Kernel {
    /// The kernel behind `sockets`.
    pub(crate) const fn new(sockets: Vec<PathBuf>, start: start::Start) -> Self {
        Self { sockets, start, child: None }
    }

    /// Connects in `role`; starts the kernel where nobody answers.
    ///
    /// # Errors
    /// What the kernel refuses, what keeps it from starting, or `kernel-silent` after ten seconds.
    pub(crate) async fn connect(&mut self, role: &Role) -> Result<Connection, Problem> {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = PAUSES.0;
        let mut starts = 0;
        let mut next_start = Instant::now();
        loop {
            if let Attempt::Ready(connection) = self.attempt(role).await? {
                return Ok(connection);
            }
            let now = Instant::now();
            match self.child.as_mut().map(Child::fate).transpose()? {
                Some(Fate::Alive) => {}
                // The winner needs a moment until it listens. It may also be a kernel that is just dying.
                Some(Fate::LostRace) => {
                    self.child = None;
                    next_start = now + WINNER * starts;
                }
                Some(Fate::Failed(problem)) if starts > 0 => return Err(problem),
                // One that we started for an earlier connection.
                Some(Fate::Failed(_)) => self.child = None,
                None if starts < STARTS && now >= next_start => {
                    self.child = Some(self.start.spawn()?);
                    starts += 1;
                }
                None => {}
            }
            if now >= deadline {
                return Err(self.start.silent(PATIENCE));
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Connects in `role` to the kernel that runs; none where nobody answers.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub(crate) async fn running(&self, role: &Role) -> Result<Option<Connection>, Problem> {
        match self.attempt(role).await? {
            Attempt::Ready(connection) => Ok(Some(connection)),
            Attempt::Nobody => Ok(None),
        }
    }

    /// True when the kernel behind `connection` is the one that we started.
    pub(crate) fn started(&self, connection: &Connection) -> bool {
        self.child.as_ref().is_some_and(|child| child.pid() == connection.pid)
    }

    async fn attempt(&self, role: &Role) -> Result<Attempt, Problem> {
        for socket in &self.sockets {
            match UnixStream::connect(socket).await {
                Ok(stream) => match shake(stream, role).await? {
                    Attempt::Ready(connection) => return Ok(Attempt::Ready(connection)),
                    Attempt::Nobody => {}
                },
                Err(error) if is_nobody(&error) => {}
                Err(error) => return Err(crate::problem::io(socket, "cannot be reached", &error)),
            }
        }
        Ok(Attempt::Nobody)
    }
}

/// Nothing there, a socket that a killed kernel left behind, or one whose queue is full for a moment.
fn is_nobody(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::WouldBlock
    )
}

async fn shake(stream: UnixStream, role: &Role) -> Result<Attempt, Problem> {
    let peer = stream.peer_cred().ok().and_then(|peer| u32::try_from(peer.pid()?).ok());
    let (read, writer) = stream.into_split();
    let mut connection =
        Connection { pid: peer.unwrap_or(0), reader: LineReader::new(read, LINE_LIMIT), writer };
    let hello =
        Hello { control: CONTROL_VERSION, version: env!("CARGO_PKG_VERSION").to_owned(), role: role.clone() };
    // A kernel that ends while we talk to it is nobody; the next attempt finds its successor.
    if connection.say(&hello).await.is_err() {
        return Ok(Attempt::Nobody);
    }
    match timeout(WELCOME, connection.hear::<Welcome>()).await {
        Ok(Ok(Some(Welcome::Ready { pid, .. }))) => Ok(Attempt::Ready(Connection { pid, ..connection })),
        Ok(Ok(Some(Welcome::Refused(problem)))) => Err(problem),
        Ok(Ok(None)) => Ok(Attempt::Nobody),
        Ok(Err(Unheard::Gone)) => Ok(Attempt::Nobody),
        Ok(Err(Unheard::Nonsense)) => Err(mismatch(peer)),
        Err(_elapsed) => Err(Problem::new(
            ProblemKind::Internal,
            "kernel-silent",
            "the kernel accepted a connection and says nothing",
        )
        .hint("end it and try again; `ringfence serve` starts one that shows its log")),
    }
}

fn mismatch(pid: Option<u32>) -> Problem {
    let version = env!("CARGO_PKG_VERSION");
    let message = format!("a kernel of another version runs; this is {version}");
    // It would not understand our `stop` either.
    let kill = pid.map(|pid| format!(", or with `kill {pid}`")).unwrap_or_default();
    Problem::new(ProblemKind::Config, "kernel-version", message).hint(format!(
        "end it with `ringfence stop` of its version{kill}; the next command starts one of this version"
    ))
}

/// Why a line of the kernel could not be read.
enum Unheard {
    Gone,
    Nonsense,
}

impl Connection {
    async fn say(&mut self, message: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_vec(message)?;
        let mut line = BytesMut::new();
        append_line(&mut line, &text);
        self.writer.write_all(&line).await
    }

    async fn hear<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Unheard> {
        match self.reader.next().await {
            Ok(Some(Line::Message(line))) => {
                serde_json::from_slice(&line).map(Some).map_err(|_| Unheard::Nonsense)
            }
            Ok(Some(Line::TooLong { .. })) => Err(Unheard::Nonsense),
            Ok(None) => Ok(None),
            Err(_) => Err(Unheard::Gone),
        }
    }

    /// Asks for one thing, hands each item of the answer to `item`, returns when the answer is whole.
    ///
    /// # Errors
    /// The kernel's [`Problem`], or that it ended before its answer was whole; what `item` returns.
    pub(crate) async fn ask(
        &mut self,
        verb: Verb,
        credential: Option<Credential>,
        mut item: impl FnMut(Value) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.ask_as_is(verb, credential, |raw| {
            let value = serde_json::from_str(raw.get());
            item(value.map_err(|_| internal("kernel-answer", "the kernel's answer cannot be read"))?)
        })
        .await
    }

    /// The same, with each item as it is: numbers keep all their digits.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) async fn ask_as_is(
        &mut self,
        verb: Verb,
        credential: Option<Credential>,
        mut item: impl FnMut(&RawValue) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let ended = || {
            Problem::new(
                ProblemKind::Internal,
                "kernel-ended",
                "the kernel ended before its answer was whole",
            )
            .hint("what was asked may have happened: look at `ringfence audit query` before you repeat it")
        };
        self.say(&Request { verb, credential }).await.map_err(|_| ended())?;
        loop {
            match self.hear::<Reply>().await {
                Ok(Some(Reply::Item(raw))) => item(&raw)?,
                Ok(Some(Reply::Done)) => return Ok(()),
                Ok(Some(Reply::Problem(problem))) => return Err(problem.into()),
                Ok(None) | Err(Unheard::Gone) => return Err(ended().into()),
                Err(Unheard::Nonsense) => {
                    return Err(internal("kernel-answer", "the kernel's answer cannot be read").into());
                }
            }
        }
    }
}
