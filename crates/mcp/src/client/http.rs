//! A conversation over Streamable HTTP: each request is a POST of its own, answered by JSON or by a stream of events.
//! Must never follow up a request on another session than the one it was sent in.

mod answer;
mod aside;
mod ending;
mod listen;
mod stream;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::http::header::{ACCEPT, CONTENT_TYPE};
use ::http::uri::PathAndQuery;
use ::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use bytes::Bytes;
use http_body_util::Full;
use parking_lot::Mutex;
use ringfence_model::json::{JsonText, ScanLimits};
use ringfence_net::{Body, HttpClient, NetError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub(super) use ending::read_briefly;

use super::inbound::{Back, Counts};
use super::{FromServer, Outgoing, PeerError, PeerLimits};
use crate::headers;
use crate::message::{Answer, encode_notification};
use crate::version::{Era, ProtocolVersion};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// A conversation over HTTP. Dropping it ends its tasks; requests end with their futures.
pub(super) struct Http {
    shared: Arc<Shared>,
    tasks: Mutex<JoinSet<()>>,
    aside: mpsc::Sender<Bytes>,
}

/// What the tasks and the calls share.
struct Shared {
    client: HttpClient,
    target: Uri,
    /// Of every request, before the handshake has settled anything.
    base: HeaderMap,
    /// Of a request in the handshake: `base` and the version asked for.
    opening: Mutex<HeaderMap>,
    /// What the handshake settled.
    settled: OnceLock<Settled>,
    /// The session id of the answer to `initialize`, until it is settled.
    session: Mutex<Option<HeaderValue>>,
    outside: mpsc::Sender<FromServer>,
    counts: Counts,
    response: ScanLimits,
    resumes: u32,
    patience: Duration,
    /// Streams that have brought their answer and are about to end.
    ending: mpsc::Sender<Body>,
}

struct Settled {
    era: Era,
    batches: bool,
    session: bool,
    headers: HeaderMap,
}

/// Tells a legacy server when its request is given up; a modern one sees the connection close
/// (2025-11-25 "Cancellation"; 2026-07-28 "Streamable HTTP", section "Cancellation").
struct Open<'a> {
    id: i64,
    http: &'a Http,
    tell: bool,
}

impl Http {
    pub(super) fn open(
        client: HttpClient,
        path: PathAndQuery,
        headers: HeaderMap,
        limits: PeerLimits,
        outside: mpsc::Sender<FromServer>,
    ) -> Self {
        let mut base = headers;
        base.insert(ACCEPT, BOTH);
        base.insert(CONTENT_TYPE, JSON);
        let (ending, answered) = mpsc::channel(ending::AT_ONCE);
        let shared = Arc::new(Shared {
            client,
            target: Uri::from(path),
            opening: Mutex::new(base.clone()),
            base,
            settled: OnceLock::new(),
            session: Mutex::new(None),
            outside,
            counts: Counts::default(),
            response: limits.response,
            resumes: limits.resumes,
            patience: limits.handshake,
            ending,
        });
        let (aside, waiting) = mpsc::channel(limits.aside.max(1));
        let mut tasks = JoinSet::new();
        tasks.spawn(aside::send(Arc::clone(&shared), waiting));
        tasks.spawn(ending::read_out(answered));
        Self { shared, tasks: Mutex::new(tasks), aside }
    }

    pub(super) async fn call(
        &self,
        outgoing: Outgoing<'_>,
        events: mpsc::Sender<FromServer>,
    ) -> Result<Answer, PeerError> {
        let era = self.shared.settled.get().map(|settled| settled.era);
        let mut open =
            Open { id: outgoing.id, http: self, tell: outgoing.cancels && era == Some(Era::Legacy) };
        let mut headers = self.shared.headers();
        let modern = match era {
            Some(era) => era == Era::Modern,
            // In the handshake only `server/discover` names a version.
            None => headers.contains_key(headers::PROTOCOL_VERSION),
        };
        if modern {
            let own =
                [(headers::METHOD, headers::method_of(outgoing.method)), (headers::NAME, outgoing.name)];
            for (name, value) in own.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                headers.insert(name, value);
            }
        }
        for (name, value) in outgoing.headers {
            headers.insert(name, value.clone());
        }
        let incoming = answer::Incoming {
            shared: &self.shared,
            id: outgoing.id,
            progress: outgoing.progress,
            events,
            back: Back::Aside(self.aside.clone()),
        };
        let result = async {
            let response = self.shared.post(outgoing.message, headers).await?;
            incoming.read(response).await
        }
        .await;
        // Whatever it came to, the server is done with it or cannot be reached.
        open.tell = false;
        result
    }

    pub(super) async fn notify(&self, method: &str, params: Option<&JsonText>) -> Result<(), PeerError> {
        let response = self.shared.post(encode_notification(method, params), self.shared.headers()).await?;
        if response.status().is_success() { Ok(()) } else { Err(PeerError::Status(response.status())) }
    }

    /// The version that the next request of the handshake is in.
    pub(super) fn speak(&self, version: ProtocolVersion) {
        let value = HeaderValue::from_static(version.as_str());
        self.shared.opening.lock().insert(headers::PROTOCOL_VERSION, value);
    }

    /// The next request of the handshake agrees on a version first.
    pub(super) fn speak_of_nothing(&self) {
        self.shared.opening.lock().remove(headers::PROTOCOL_VERSION);
    }

    /// Notes what the handshake came to.
    pub(super) fn settle(&self, version: ProtocolVersion) {
        let mut headers = self.shared.base.clone();
        headers.insert(headers::PROTOCOL_VERSION, HeaderValue::from_static(version.as_str()));
        let session = match version.era() {
            Era::Legacy => self.shared.session.lock().take(),
            Era::Modern => None,
        };
        let in_session = session.is_some();
        headers.extend(session.map(|session| (headers::SESSION_ID, session)));
        let batches = version.has_batches();
        let settled = Settled { era: version.era(), batches, session: in_session, headers };
        // A conversation has one handshake that succeeds.
        let _ = self.shared.settled.set(settled);
    }

    /// Starts to listen for messages that belong to no request (legacy era).
    pub(super) fn listen(&self) {
        let shared = Arc::clone(&self.shared);
        let back = Back::Aside(self.aside.clone());
        self.tasks.lock().spawn(listen::listen(shared, back));
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// Ends the session, where there is one.
    pub(super) async fn close(&self) {
        if self.shared.settled.get().is_some_and(|settled| settled.session) {
            let request = self.shared.request(Method::DELETE, Bytes::new(), self.shared.headers());
            // A server that does not answer keeps its session; there is nothing more to do about it.
            let _ = timeout(self.shared.patience, self.shared.client.send(request)).await;
        }
        self.tasks.lock().abort_all();
    }
}

impl Shared {
    fn has_batches(&self) -> bool {
        self.settled.get().is_some_and(|settled| settled.batches)
    }

    fn headers(&self) -> HeaderMap {
        match self.settled.get() {
            Some(settled) => settled.headers.clone(),
            None => self.opening.lock().clone(),
        }
    }

    async fn post(&self, message: Bytes, headers: HeaderMap) -> Result<::http::Response<Body>, PeerError> {
        Ok(self.client.send(self.request(Method::POST, message, headers)).await?)
    }

    /// Opens a stream of events (legacy era), after the one with that id where there is one.
    async fn get(&self, last: &str) -> Result<::http::Response<Body>, PeerError> {
        let mut headers = self.headers();
        headers.remove(CONTENT_TYPE);
        headers.insert(ACCEPT, EVENTS);
        if let Some(last) = HeaderValue::from_str(last).ok().filter(|last| !last.is_empty()) {
            headers.insert(headers::LAST_EVENT_ID, last);
        }
        let response = self.client.send(self.request(Method::GET, Bytes::new(), headers)).await?;
        let events =
            response.headers().get(CONTENT_TYPE).is_some_and(|kind| is_kind(kind, "text/event-stream"));
        if response.status() == StatusCode::OK && events {
            Ok(response)
        } else {
            Err(PeerError::Status(response.status()))
        }
    }

    /// Leaves a stream that has brought its answer to end on its own, so that its connection can be used again.
    fn let_end(&self, body: Option<Body>) {
        // Where too many are ending, dropping the stream costs a connection and nothing else.
        let _ = body.map(|body| self.ending.try_send(body));
    }

    fn request(&self, method: Method, message: Bytes, headers: HeaderMap) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(message));
        *request.method_mut() = method;
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = headers;
        request
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.tell {
            let params = JsonText::object([("requestId", JsonText::from(self.id))]);
            let notice = encode_notification("notifications/cancelled", Some(&params));
            if self.http.aside.try_send(notice).is_err() {
                Counts::add(&self.http.shared.counts.unsent);
            }
        }
    }
}

/// True when a `Content-Type` is `kind`, whatever its parameters (RFC 9110 section 8.3.1).
pub(super) fn is_kind(value: &HeaderValue, kind: &str) -> bool {
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(kind.as_bytes())
}

/// True for errors after which a stream may be resumed: what connects again may find the server again.
fn is_broken_off(error: &PeerError) -> bool {
    match error {
        PeerError::Interrupted => true,
        PeerError::Net(error) => match **error {
            NetError::Exchange(_) | NetError::Closed | NetError::Connect(_) | NetError::ConnectTimeout(_) => {
                true
            }
            NetError::Origin(_) | NetError::Target | NetError::Busy(_) | NetError::Redirect { .. } => false,
        },
        PeerError::Closed
        | PeerError::Protocol(_)
        | PeerError::TooLarge { .. }
        | PeerError::SessionExpired
        | PeerError::EraUnsupported { .. }
        | PeerError::Refused(_)
        | PeerError::HandshakeTimeout(_)
        | PeerError::Status(_)
        | PeerError::Busy { .. } => false,
    }
}
