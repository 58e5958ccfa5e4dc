//! HTTP with server-sent events (2024-11-05, "HTTP with SSE"): one stream brings all messages of the server, each of ours
//! is a POST to the address that the stream begins with. It is one conversation, so it is made into a pipe.
//!
//! Must never post to another origin than the one it was opened at.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::header::{ACCEPT, CONTENT_TYPE};
use ::http::uri::PathAndQuery;
use ::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use ringfence_net::{Body, HttpClient, Origin, Scheme};
use tokio::io::{AsyncRead, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use super::{PeerError, PeerLimits, Transport};
use crate::line::{Line, LineReader, append_line};
use crate::sse::{Decoder, Event};

/// Bytes that may wait on their way in each direction.
const BUFFER: usize = 64 * 1024;
/// Most bytes of one message of ours.
const LONGEST: usize = 64 << 20;

/// True for the answers to a POST by which an endpoint shows that it may be of this kind (2025-03-26, "Transports",
/// section "Backwards Compatibility").
pub(super) fn may_be_events(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 404 | 405)
}

/// Opens the stream and waits for the address in it.
pub(super) async fn open(
    client: HttpClient,
    path: &PathAndQuery,
    mut headers: HeaderMap,
    limits: PeerLimits,
) -> Result<Transport, PeerError> {
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let get = request(Method::GET, path, &headers, Bytes::new());
    let opening = async {
        let response = client.send(get).await?;
        let kind = response.headers().get(CONTENT_TYPE);
        let events = kind.is_some_and(|kind| super::http::is_kind(kind, "text/event-stream"));
        if response.status() != StatusCode::OK || !events {
            return Err(PeerError::Status(response.status()));
        }
        let mut stream = Stream { body: response.into_body(), decoder: Decoder::new(limits.response.bytes) };
        let first = stream.next().await?.filter(|event| &*event.name == "endpoint");
        let address = first.and_then(|event| address(client.origin(), path, &event.data));
        let address = address.ok_or_else(|| {
            PeerError::Protocol("its stream of events does not begin with an address of its own".into())
        })?;
        Ok((stream, address))
    };
    let (stream, address) = timeout(limits.handshake, opening)
        .await
        .map_err(|_| PeerError::HandshakeTimeout(limits.handshake))??;
    headers.remove(ACCEPT);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let (stdin, written) = duplex(BUFFER);
    let (heard, read) = duplex(BUFFER);
    let mut task = JoinSet::new();
    task.spawn(async move {
        // Whichever ends first ends the conversation: a message of ours that did not arrive would be waited for in vain.
        tokio::select! {
            () = hear(stream, heard) => {}
            () = post(&client, &address, &headers, written, limits.handshake) => {}
        }
    });
    Ok(Transport::pipe(stdin, Reading { read, _task: task }))
}

/// Where messages go: what the stream says, seen from `path`, of the same origin.
fn address(origin: &Origin, path: &PathAndQuery, said: &[u8]) -> Option<PathAndQuery> {
    let scheme = match origin.scheme() {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let base = Url::parse(&format!("{scheme}://{}{path}", origin.authority())).ok()?;
    let url = base.join(std::str::from_utf8(said).ok()?.trim()).ok()?;
    if Origin::of(&url).ok()? != *origin {
        return None;
    }
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    target.parse().ok()
}

fn request(method: Method, path: &PathAndQuery, headers: &HeaderMap, message: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(message));
    *request.method_mut() = method;
    *request.uri_mut() = path.clone().into();
    *request.headers_mut() = headers.clone();
    request
}

/// Each message of the server becomes a line.
async fn hear(mut stream: Stream, mut lines: DuplexStream) {
    let mut line = BytesMut::new();
    while let Ok(Some(event)) = stream.next().await {
        if &*event.name == "message" && !event.data.is_empty() {
            append_line(&mut line, &event.data);
            if lines.write_all(&line).await.is_err() {
                return;
            }
            line.clear();
        }
    }
}

/// Each line becomes a POST, one after the other, until one does not arrive.
async fn post(
    client: &HttpClient,
    address: &PathAndQuery,
    headers: &HeaderMap,
    lines: DuplexStream,
    patience: Duration,
) {
    let mut lines = LineReader::new(lines, LONGEST);
    while let Ok(Some(Line::Message(message))) = lines.next().await {
        let sent = timeout(patience, client.send(request(Method::POST, address, headers, message))).await;
        match sent {
            Ok(Ok(response)) if response.status().is_success() => {
                super::http::read_briefly(response.into_body()).await;
            }
            _ => return,
        }
    }
}

struct Stream {
    body: Body,
    decoder: Decoder,
}

impl Stream {
    /// The next event; none at the end.
    async fn next(&mut self) -> Result<Option<Event>, PeerError> {
        loop {
            let event =
                self.decoder.next_event().map_err(|error| PeerError::TooLarge { limit: error.limit })?;
            if event.is_some() {
                return Ok(event);
            }
            match self.body.frame().await {
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.decoder.feed(data);
                    }
                }
                None => return Ok(None),
            }
        }
    }
}

/// What the server says, and the task that carries the conversation, which ends with it.
struct Reading {
    read: DuplexStream,
    _task: JoinSet<()>,
}

impl AsyncRead for Reading {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.read).poll_read(context, buffer)
    }
}
