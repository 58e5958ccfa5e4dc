//! MCP on JSON lines: a shim's connection. One task reads, one writes, each request has its own.
//!
//! A client that does not read is not read from either once its queue is full, and is cut off by its [`Patient`] writer.
//! Must never buffer without a bound.
//!
//! [`Patient`]: crate::patient::Patient

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ringfence_kernel::exchange::QUEUE;
use ringfence_kernel::session::Link;
use ringfence_kernel::{Endpoint, Kernel};
use ringfence_mcp::headers;
use ringfence_mcp::line::{Line, LineReader, append_line};
use ringfence_mcp::message::{Malformed, Message, Request, RpcError, encode_error};
use ringfence_model::json::ScanLimits;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::client::Client;
use crate::client::terms::{self, Era, MODERN};
use crate::room::Room;

/// The notification that must not wait behind anything.
const CANCELLED: &str = "notifications/cancelled";

/// Messages that may wait for a client that does not read.
const UNREAD: usize = 1_024;

/// How long running requests may take to end after `stop`.
const DRAIN: Duration = Duration::from_secs(10);

/// How long cancelled requests may take to end, and then what is still to be written.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long a conversation may take to end after `stop`.
pub(crate) const ENDING: Duration = DRAIN.saturating_add(FAREWELL).saturating_add(FAREWELL);

/// Serves one conversation until the client closes it or `stop` ends it.
pub(crate) async fn serve<R, W>(
    kernel: &Arc<Kernel>,
    room: Room,
    endpoint: Endpoint,
    link: Link,
    reader: LineReader<R>,
    writer: W,
    stop: CancellationToken,
) where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (out, unsent) = mpsc::channel::<Bytes>(UNREAD);
    let (aside, heard) = mpsc::channel(QUEUE);
    let client = Arc::new(Client::new(Arc::clone(kernel), endpoint, link, Some(aside), stop.clone()));
    let mut tasks = JoinSet::new();
    let writing = AbortOnDropHandle::new(tokio::spawn(write(writer, unsent)));
    let telling = AbortOnDropHandle::new(tokio::spawn(tell(Arc::clone(&client), heard, out.clone())));
    let conversation = Conversation { client: Arc::clone(&client), room, out };
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = conversation.read(reader, &mut tasks, &stop) => {}
        () = overdue => {}
    }
    // End of input is the client's farewell: what runs for it is cancelled (stdio, «Shutdown»).
    client.gone();
    drop((conversation, telling));
    // Each request ends by its cancellation, with its outcome in the journal; the bound is for what should not happen.
    let _overdue = tokio::time::timeout(FAREWELL, async { while tasks.join_next().await.is_some() {} }).await;
    tasks.shutdown().await;
    let _written = tokio::time::timeout(FAREWELL, writing).await;
}

struct Conversation {
    client: Arc<Client>,
    room: Room,
    out: mpsc::Sender<Bytes>,
}

impl Conversation {
    /// Reads until the client's end. After `stop` only until what runs has ended; nothing is begun then.
    async fn read<R: AsyncRead + Unpin + Send>(
        &self,
        mut reader: LineReader<R>,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let limits = &self.client.kernel().limits;
        let scan = ScanLimits { bytes: limits.body.0, depth: limits.depth };
        // Those that the session refuses are answered, too.
        let most = limits.in_flight.saturating_mul(2);
        loop {
            while tasks.try_join_next().is_some() {}
            if stop.is_cancelled() && tasks.is_empty() {
                return;
            }
            let line = tokio::select! {
                line = reader.next() => line,
                // The writer has ended: nobody reads answers any more.
                () = self.out.closed() => return,
                () = stop.cancelled(), if !stop.is_cancelled() => continue,
                _ = tasks.join_next(), if stop.is_cancelled() => continue,
            };
            let (line, has_room) = match line {
                Ok(Some(Line::Message(bytes))) => {
                    let (bytes, has_room) = match self.room.hold(bytes) {
                        Ok(held) => (held, true),
                        Err(bytes) => (bytes, false),
                    };
                    (Ok(Some(Line::Message(bytes))), has_room)
                }
                other => (other, true),
            };
            let message = match line {
                Ok(Some(Line::Message(bytes))) if Message::is_batch(&bytes) && self.client.has_batches() => {
                    match Message::parse_batch(bytes, scan) {
                        Ok(messages) if tasks.len() < most && has_room && !stop.is_cancelled() => {
                            let (client, out) = (Arc::clone(&self.client), self.out.clone());
                            tasks.spawn(answer_batch(client, messages, out));
                        }
                        Ok(_) => {
                            let error = RpcError::internal("too many requests are running: wait for answers");
                            self.send(encode_error(None, &error)).await;
                        }
                        Err(malformed) => self.send(encode_error(None, &malformed.error)).await,
                    }
                    continue;
                }
                Ok(Some(Line::Message(bytes))) => Message::parse(bytes, scan),
                Ok(Some(Line::TooLong { bytes })) => {
                    let text = format!("a message of {bytes} bytes exceeds the limit of {}", limits.body.0);
                    self.send(encode_error(
                        None,
                        &RpcError::new(ringfence_mcp::message::INVALID_REQUEST, text),
                    ))
                    .await;
                    continue;
                }
                Ok(None) | Err(_) => return,
            };
            match message {
                Ok(Message::Request(request)) if stop.is_cancelled() => {
                    let error = RpcError::internal("the kernel is ending: nothing was done, try again");
                    self.send(encode_error(Some(&request.id), &error)).await;
                }
                // Whatever a client sends right behind it needs what it agrees on.
                Ok(Message::Request(request)) if &*request.method == "initialize" => {
                    answer(Arc::clone(&self.client), request, self.out.clone()).await;
                }
                // A client that sends on and does not read must not fill our memory.
                Ok(Message::Request(request)) if tasks.len() >= most || !has_room => {
                    let error = RpcError::internal("too many requests are running: wait for answers");
                    self.send(encode_error(Some(&request.id), &error)).await;
                }
                Ok(Message::Request(request)) => {
                    let (client, out) = (Arc::clone(&self.client), self.out.clone());
                    tasks.spawn(answer(client, request, out));
                }
                Ok(Message::Notification(notification)) if &*notification.method == CANCELLED => {
                    self.client.cancelled(&notification);
                }
                // What may take its time is not waited for, and there is no more of it than of requests.
                Ok(Message::Notification(notification)) if tasks.len() < most => {
                    let client = Arc::clone(&self.client);
                    tasks.spawn(async move { client.notified(notification).await });
                }
                Ok(Message::Notification(_)) => {}
                Ok(Message::Response(response)) => self.client.responded(response),
                Err(malformed) => self.send(encode_error(malformed.id.as_deref(), &malformed.error)).await,
            }
        }
    }

    /// Sends a refusal. Waits where the client does not read: nothing more is read from it until it does.
    async fn send(&self, message: Bytes) {
        let _client_left = self.out.send(message).await;
    }
}

async fn answer(client: Arc<Client>, request: Request, out: mpsc::Sender<Bytes>) {
    let era = if terms::is_modern(request.params.as_ref()) {
        match headers::check_meta(request.params.as_ref(), &MODERN) {
            Ok(modern) => Era::Modern(Box::new(modern), None),
            Err(error) => {
                let _client_left = out.send(encode_error(Some(&request.id), &error)).await;
                return;
            }
        }
    } else {
        Era::Legacy
    };
    let pieces = out.clone();
    let answer =
        client.answer(era, request, CancellationToken::new(), |piece| pieces.try_send(piece).is_ok()).await;
    if let Some(answer) = answer {
        let _client_left = out.send(answer.message).await;
    }
}

async fn answer_batch(
    client: Arc<Client>,
    messages: Vec<Result<Message, Malformed>>,
    out: mpsc::Sender<Bytes>,
) {
    let pieces = out.clone();
    let answer = client.answer_batch(messages, move |piece| pieces.try_send(piece).is_ok()).await;
    if let Some(answer) = answer {
        let _client_left = out.send(answer.message).await;
    }
}

/// Tells the client what servers say outside calls.
async fn tell(
    client: Arc<Client>,
    mut heard: mpsc::Receiver<ringfence_kernel::exchange::Interim>,
    out: mpsc::Sender<Bytes>,
) {
    while let Some(interim) = heard.recv().await {
        client.forward(interim, &mut |piece| out.try_send(piece).is_ok());
    }
}

/// Writes what is queued, as much as there is at a time.
async fn write<W: AsyncWrite + Unpin>(mut writer: W, mut unsent: mpsc::Receiver<Bytes>) {
    let mut buffer = BytesMut::new();
    while let Some(message) = unsent.recv().await {
        append_line(&mut buffer, &message);
        while buffer.len() < 1 << 16
            && let Ok(more) = unsent.try_recv()
        {
            append_line(&mut buffer, &more);
        }
        if writer.write_all(&buffer).await.is_err() || writer.flush().await.is_err() {
            return;
        }
        buffer.clear();
    }
    let _closed = writer.shutdown().await;
}

#[cfg(test)]
mod tests;
