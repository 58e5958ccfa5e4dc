//! `wrap` and `serve --stdio`: JSON lines between a client on stdin and stdout and the kernel on its socket.
//!
//! Survives a kernel that dies: the next one gets the client's handshake again, each call that was in flight is answered
//! with 1003, and what the client says meanwhile waits in its pipe. Must never write anything but JSON-RPC to stdout.

mod ledger;
mod stdio;

use std::cell::RefCell;
use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ringfence_mcp::line::{Line, LineReader, append_line};
use ringfence_mcp::message::{INVALID_REQUEST, RequestId, RpcError, encode_error};
use ringfence_model::control::Role;
use ringfence_model::problem::{Problem, ProblemKind};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::control::{Connection, Kernel, LINE_LIMIT};
use crate::output;
use crate::problem::internal;
use ledger::{Aftermath, Ledger, Replay};

/// How long answers may still come after the client has closed our stdin.
const DRAIN: Duration = Duration::from_secs(2);

/// Most refusals of our own that wait to be written; more are only logged.
const COMPLAINTS: usize = 16;

/// How long the next kernel may take to answer the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many kernels in a row may end without a word.
const MUTE_KERNELS: u32 = 5;

/// Carries one client's conversation until the client closes it. `given` are the flags that only a kernel that is starting
/// heeds; where one runs already, stderr says that they have no effect.
///
/// # Errors
/// What keeps a kernel from answering.
pub(crate) async fn run(kernel: Kernel, role: Role, given: &[&str]) -> Result<(), Problem> {
    let broken = |error| internal("stdio", format!("stdin or stdout cannot be used: {error}"));
    let input = stdio::input().map_err(broken)?;
    let output = stdio::output().map_err(broken)?;
    let client = Client { input: LineReader::new(input, LINE_LIMIT), output };
    Shim { client, kernel, role, ledger: RefCell::default(), sent: RefCell::default(), ahead: None }
        .run(given)
        .await
}

struct Client<I, O> {
    input: LineReader<I>,
    output: O,
}

struct Shim<I, O> {
    client: Client<I, O>,
    kernel: Kernel,
    role: Role,
    ledger: RefCell<Ledger>,
    sent: RefCell<Sent>,
    /// A line that was read before there was a kernel for it.
    ahead: Option<Line>,
}

/// What the present kernel may not have read.
#[derive(Default)]
struct Sent {
    /// The last line that is in its socket; none when all requests have been answered since.
    last: Option<Bytes>,
    /// The line that is being written: not whole in its socket.
    unsent: Option<Bytes>,
}

/// How a connection ended.
enum End {
    /// The client closed our stdin or does not read our stdout.
    Client,
    /// The kernel is gone. `heard`: it said something; `unread`: it left bytes of ours in its socket.
    Kernel { heard: bool, unread: bool },
}

impl<I: AsyncRead + Unpin, O: AsyncWrite + Unpin> Shim<I, O> {
    async fn run(mut self, given: &[&str]) -> Result<(), Problem> {
        let mut connection = self.kernel.connect(&self.role).await?;
        if !given.is_empty() && !self.kernel.started(&connection) {
            output::note(&format!(
                "note: {} changed nothing: a kernel runs already (pid {}); after `ringfence stop` the next one starts with what is given",
                given.join(", "),
                connection.pid
            ));
        }
        let mut mute = 0;
        loop {
            let (heard, unread) = match self.carry(connection).await {
                End::Client => return Ok(()),
                End::Kernel { heard, unread } => (heard, unread),
            };
            mute = if heard { 0 } else { mute + 1 };
            if mute > MUTE_KERNELS {
                let message = format!("{MUTE_KERNELS} kernels in a row ended without a word");
                return Err(Problem::new(ProblemKind::Internal, "kernel-ends", message)
                    .hint(format!("the log is {}", self.kernel.start.log.display())));
            }
            tracing::info!("the kernel ended");
            let Sent { last, unsent } = self.sent.take();
            let unread: Vec<Bytes> = last.filter(|_| unread).into_iter().chain(unsent).collect();
            let Aftermath { to_client, to_kernel } = self.ledger.borrow_mut().kernel_gone(unread);
            for line in to_client {
                if send(&mut self.client.output, &line).await.is_err() {
                    return Ok(());
                }
            }
            // Who ended the kernel may have meant it: the next one is needed when there is something to say to it.
            if to_kernel.is_empty() && self.ahead.is_none() {
                match self.client.input.next().await {
                    Ok(Some(line)) => self.ahead = Some(line),
                    Ok(None) | Err(_) => return Ok(()),
                }
            }
            match self.resume(to_kernel).await? {
                Some(next) => connection = next,
                None => return Ok(()),
            }
        }
    }

    /// Connects to the next kernel, repeats the handshake, then `again`. None when the client has gone.
    async fn resume(&mut self, again: Vec<Bytes>) -> Result<Option<Connection>, Problem> {
        let mut next = self.kernel.connect(&self.role).await?;
        let refused = |message: &str| {
            Problem::new(ProblemKind::Internal, "kernel-handshake", message)
                .hint("restart the client so that it connects anew")
        };
        let id = RequestId::from(-1);
        let replay = self.ledger.borrow().replay(&id);
        if let Some(replay) = replay {
            let answered = async {
                if send(&mut next.writer, &replay).await.is_err() {
                    return Ok(Some(false));
                }
                while let Ok(Some(Line::Message(line))) = next.reader.next().await {
                    let replayed = self.ledger.borrow().replayed(&id, &line);
                    match replayed {
                        Replay::Agreed => return Ok(Some(true)),
                        Replay::Refused => {
                            return Err(refused("the next kernel does not agree to the client's handshake"));
                        }
                        Replay::NotYet => {
                            self.ledger.borrow_mut().kernel_says(&line);
                            if send(&mut self.client.output, &line).await.is_err() {
                                return Ok(None);
                            }
                        }
                    }
                }
                Ok(Some(false))
            };
            let late = |_| refused("the next kernel does not answer the client's handshake");
            match timeout(HANDSHAKE, answered).await.map_err(late)?? {
                None => return Ok(None),
                // It ended too; `carry` finds out and the next one is asked.
                Some(false) => {}
                Some(true) => {
                    let initialized = self.ledger.borrow().initialized();
                    if let Some(line) = initialized {
                        let _ = send(&mut next.writer, &line).await;
                    }
                }
            }
        }
        for line in again {
            // A failure shows as the end of this connection; the ledger still has them in flight.
            let _ = send(&mut next.writer, &line).await;
        }
        Ok(Some(next))
    }

    /// Carries lines both ways until one side ends.
    async fn carry(&mut self, connection: Connection) -> End {
        let Connection { pid: _, reader, writer } = connection;
        let Client { input, output } = &mut self.client;
        let (complain, complaints) = mpsc::channel(COMPLAINTS);
        let answered = Notify::new();
        let mut heard = false;
        let up = Upward { ledger: &self.ledger, sent: &self.sent, answered: &answered, complain };
        let down = Downward {
            ledger: &self.ledger,
            sent: &self.sent,
            answered: &answered,
            complaints,
            heard: &mut heard,
        };
        let ended = {
            let mut up = pin!(up.run(&mut self.ahead, input, writer));
            let mut down = pin!(down.run(reader, output));
            tokio::select! {
                biased;
                side = &mut down => side,
                side = &mut up => match side {
                    // What the kernel had already said still reaches the client, then its socket ends.
                    Side::Kernel { .. } => down.await,
                    Side::Client => {
                        let idle = async {
                            while !self.ledger.borrow().is_idle() {
                                answered.notified().await;
                            }
                        };
                        let last = async { tokio::select! { biased; _ = &mut down => {}, () = idle => {} } };
                        let _ = timeout(DRAIN, last).await;
                        side
                    }
                },
            }
        };
        match ended {
            Side::Client => End::Client,
            Side::Kernel { unread } => End::Kernel { heard, unread },
        }
    }
}

/// Which side ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    /// `unread`: it left bytes of ours in its socket.
    Kernel {
        unread: bool,
    },
}

/// Client to kernel.
struct Upward<'a> {
    ledger: &'a RefCell<Ledger>,
    sent: &'a RefCell<Sent>,
    answered: &'a Notify,
    complain: mpsc::Sender<Bytes>,
}

impl Upward<'_> {
    /// Runs until one side ends, beginning with the line `ahead`. At the end of the input the socket is closed in this
    /// direction only.
    async fn run<I: AsyncRead + Unpin>(
        self,
        ahead: &mut Option<Line>,
        input: &mut LineReader<I>,
        mut writer: OwnedWriteHalf,
    ) -> Side {
        loop {
            while self.ledger.borrow().is_full() {
                self.answered.notified().await;
            }
            let read = match ahead.take() {
                Some(line) => Ok(Some(line)),
                None => input.next().await,
            };
            let line = match read {
                Ok(Some(Line::Message(line))) => line,
                Ok(Some(Line::TooLong { bytes })) => {
                    tracing::warn!(bytes, limit = LINE_LIMIT, "passed over a line of the client");
                    let message = format!("a message of {bytes} bytes is over the limit of {LINE_LIMIT}");
                    let _ =
                        self.complain.try_send(encode_error(None, &RpcError::new(INVALID_REQUEST, message)));
                    continue;
                }
                Ok(None) | Err(_) => {
                    let _ = writer.shutdown().await;
                    return Side::Client;
                }
            };
            if !self.ledger.borrow_mut().client_says(&line) {
                continue;
            }
            self.sent.borrow_mut().unsent = Some(line.clone());
            if send(&mut writer, &line).await.is_err() {
                return Side::Kernel { unread: false };
            }
            let mut sent = self.sent.borrow_mut();
            sent.last = sent.unsent.take();
        }
    }
}

/// Kernel to client.
struct Downward<'a> {
    ledger: &'a RefCell<Ledger>,
    sent: &'a RefCell<Sent>,
    answered: &'a Notify,
    complaints: mpsc::Receiver<Bytes>,
    heard: &'a mut bool,
}

impl Downward<'_> {
    /// Runs until one side ends.
    async fn run<O: AsyncWrite + Unpin>(
        mut self,
        mut reader: LineReader<OwnedReadHalf>,
        output: &mut O,
    ) -> Side {
        loop {
            let line = tokio::select! {
                biased;
                Some(complaint) = self.complaints.recv() => complaint,
                line = reader.next() => match line {
                    Ok(Some(Line::Message(line))) => {
                        *self.heard = true;
                        let mut ledger = self.ledger.borrow_mut();
                        ledger.kernel_says(&line);
                        if ledger.is_idle() {
                            self.sent.borrow_mut().last = None;
                        }
                        line
                    }
                    Ok(Some(Line::TooLong { bytes })) => {
                        tracing::error!(bytes, limit = LINE_LIMIT, "passed over a line of the kernel");
                        continue;
                    }
                    Ok(None) => return Side::Kernel { unread: false },
                    // unix(7): a peer that closes with data unread resets the connection. So it has not read our last line
                    // whole, and that line can be said to the next kernel without happening twice.
                    Err(error) => {
                        return Side::Kernel { unread: error.kind() == io::ErrorKind::ConnectionReset };
                    }
                },
            };
            if send(output, &line).await.is_err() {
                return Side::Client;
            }
            self.answered.notify_one();
        }
    }
}

async fn send(to: &mut (impl AsyncWrite + Unpin), line: &[u8]) -> io::Result<()> {
    let mut framed = BytesMut::new();
    append_line(&mut framed, line);
    to.write_all(&framed).await?;
    to.flush().await
}
