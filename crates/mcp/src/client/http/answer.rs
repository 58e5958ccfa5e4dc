//! From the response to a POST to the answer in it. Must never buffer more than the limit of one message.

use ::http::header::CONTENT_TYPE;
use ::http::{Response, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use ringfence_model::json::ScanLimits;
use ringfence_net::Body;
use tokio::sync::mpsc;

use super::super::inbound::{Back, Counts};
use super::super::{FromServer, PeerError};
use super::{Shared, is_kind};
use crate::headers;
use crate::message::{Answer, Message, RequestId, RpcError};
use crate::version::Era;

/// Most bytes of the body of an HTTP error.
const ERROR_BODY: usize = 64 * 1024;

/// Most bytes for which room is made before they are there.
const PREPARED: usize = 256 * 1024;

/// What comes back for one request.
pub(super) struct Incoming<'a> {
    pub(super) shared: &'a Shared,
    pub(super) id: i64,
    pub(super) progress: bool,
    pub(super) events: mpsc::Sender<FromServer>,
    pub(super) back: Back,
}

impl Incoming<'_> {
    pub(super) async fn read(&self, response: Response<Body>) -> Result<Answer, PeerError> {
        let (head, body) = response.into_parts();
        if !head.status.is_success() {
            return Box::pin(self.failed(head.status, body)).await;
        }
        if self.shared.settled.get().is_none() {
            *self.shared.session.lock() = head.headers.get(headers::SESSION_ID).cloned();
        }
        let kind = head.headers.get(CONTENT_TYPE);
        if kind.is_some_and(|kind| is_kind(kind, "application/json")) {
            let text = whole(body, self.shared.response.bytes).await?;
            self.answer_in(text, self.shared.response)
        } else if kind.is_some_and(|kind| is_kind(kind, "text/event-stream")) {
            Box::pin(self.follow(body)).await
        } else {
            Err(PeerError::Protocol("a request was answered by neither JSON nor events".into()))
        }
    }

    /// The answer that is the whole of a body.
    fn answer_in(&self, text: Bytes, limits: ScanLimits) -> Result<Answer, PeerError> {
        if self.shared.has_batches() && Message::is_batch(&text) {
            let mut answer = None;
            for message in Message::parse_batch(text, limits)? {
                answer = self.sort(message?).or(answer);
            }
            return answer.ok_or(PeerError::Protocol("a batch does not hold the answer".into()));
        }
        match Message::parse(text, limits) {
            Ok(Message::Response(response)) if self.is_ours(response.id.as_ref()) => Ok(response.body),
            Ok(Message::Response(_)) => {
                Counts::add(&self.shared.counts.unknown);
                Err(PeerError::Protocol("the answer has another id than the request".into()))
            }
            Ok(Message::Request(_) | Message::Notification(_)) => {
                Err(PeerError::Protocol("a request was answered by something else than a response".into()))
            }
            Err(malformed) => Err(malformed.into()),
        }
    }

    pub(super) fn is_ours(&self, id: Option<&RequestId>) -> bool {
        id.and_then(RequestId::as_i64) == Some(self.id)
    }

    /// An HTTP error: an answer all the same where the body is a JSON-RPC error.
    async fn failed(&self, status: StatusCode, body: Body) -> Result<Answer, PeerError> {
        let settled = self.shared.settled.get();
        let in_session = settled.is_some_and(|settled| settled.session && settled.era == Era::Legacy);
        if in_session && status == StatusCode::NOT_FOUND {
            return Err(PeerError::SessionExpired);
        }
        let limits = ScanLimits { bytes: ERROR_BODY, ..self.shared.response };
        let Ok(text) = whole(body, ERROR_BODY).await else { return Err(PeerError::Status(status)) };
        let error = match Message::parse(text, limits) {
            Ok(Message::Response(response))
                if response.id.is_none() || self.is_ours(response.id.as_ref()) =>
            {
                response.body.err()
            }
            Ok(_) | Err(_) => None,
        };
        match error {
            Some(error) if in_session && is_lost_session(status, &error) => Err(PeerError::SessionExpired),
            Some(error) => Ok(Err(error)),
            None => Err(PeerError::Status(status)),
        }
    }
}

/// The TypeScript SDK's example servers, and those made after them, answer a session they do not know with 400 and this
/// code instead of the 404 that the specification asks for.
fn is_lost_session(status: StatusCode, error: &RpcError) -> bool {
    let about = error.message.to_ascii_lowercase();
    status == StatusCode::BAD_REQUEST && error.code == -32000 && about.contains("session")
}

/// Reads a body of at most `limit` bytes; a single chunk is not copied.
async fn whole(mut body: Body, limit: usize) -> Result<Bytes, PeerError> {
    let too_large = PeerError::TooLarge { limit };
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large);
    }
    let promised = usize::try_from(body.size_hint().lower()).unwrap_or_default().min(PREPARED);
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if first.len() + joined.len() + data.len() > limit {
            return Err(too_large);
        }
        if first.is_empty() && joined.is_empty() {
            first = data;
        } else {
            if joined.is_empty() {
                joined.reserve(promised);
            }
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&data);
        }
    }
    Ok(if joined.is_empty() { first } else { joined.freeze() })
}
