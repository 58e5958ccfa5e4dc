//! Bodies: what we answer with, and reading what a client sends within bounds of size and time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio_util::sync::DropGuard;

use super::stream::{Reader, Stream};
use crate::room::Room;

/// Most bytes for which room is made before they are there.
const PREPARED: usize = 256 << 10;

/// The body of an answer.
pub(super) enum Body {
    /// All of it.
    Whole(Option<Bytes>),
    /// Server-sent events. The guard cancels what produces them once the client has left, where that is the era's rule.
    Events {
        /// What is sent.
        reader: Reader,
        /// Cancels on drop.
        _leaving: Option<DropGuard>,
    },
}

/// Why a request's body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// More than the limit.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// Too many bytes of other messages are arriving or held.
    NoRoom,
    /// The connection broke.
    Broken,
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Events { reader, .. } => {
                reader.poll_next(context).map(|event| event.map(|event| Ok(Frame::data(event))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Events { .. } => SizeHint::default(),
        }
    }
}

/// Reads a body of at most `limit` bytes that arrives within `time`, while there is `room`, which it then holds.
pub(super) async fn read<B>(mut body: B, limit: usize, time: Duration, room: &Room) -> Result<Bytes, Unread>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(Unread::TooLarge);
    }
    let promised = usize::try_from(body.size_hint().lower()).unwrap_or_default().min(PREPARED);
    let collect = async {
        let mut first: Option<Bytes> = None;
        let mut rest = BytesMut::new();
        let mut places = room.places();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            let bytes = first.as_ref().map_or(0, Bytes::len) + rest.len() + data.len();
            if bytes > limit {
                return Err(Unread::TooLarge);
            }
            if !places.suffice(bytes) {
                return Err(Unread::NoRoom);
            }
            match &first {
                // A small body is one frame, and is not copied.
                None => first = Some(data),
                Some(begun) => {
                    if rest.is_empty() {
                        rest.reserve(promised);
                        rest.extend_from_slice(begun);
                        first = Some(Bytes::new());
                    }
                    rest.extend_from_slice(&data);
                }
            }
        }
        Ok(places.with(if rest.is_empty() { first.unwrap_or_default() } else { rest.freeze() }))
    };
    tokio::time::timeout(time, collect).await.unwrap_or(Err(Unread::TooSlow))
}

/// A JSON-RPC message.
pub(super) fn json(status: StatusCode, message: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Some(message)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Server-sent events from `stream`, after the event `after` where one is given.
pub(super) fn events(stream: &Arc<Stream>, after: Option<u64>, guard: Option<DropGuard>) -> Response<Body> {
    let mut response = Response::new(Body::Events { reader: stream.reader(after), _leaving: guard });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// A sentence for a person.
pub(super) fn text(status: StatusCode, sentence: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Some(Bytes::from_static(sentence.as_bytes()))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Nothing but a status.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Whole(None));
    *response.status_mut() = status;
    response
}

/// 405 with the methods that are allowed.
pub(super) fn not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

#[cfg(test)]
mod tests;
