//! Legacy conversations over HTTP: opened by `initialize`, found by their sealed id, ended by DELETE or idleness.
//!
//! A conversation belongs to the principal that opened it; to everybody else it does not exist.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::Request;
use parking_lot::Mutex;
use ringfence_kernel::exchange::{Interim, QUEUE};
use ringfence_kernel::kernel::SessionError;
use ringfence_kernel::session::SessionKey;
use ringfence_kernel::{Endpoint, Kernel};
use ringfence_mcp::headers;
use ringfence_mcp::seal::{NONCE_SIZE, Purpose};
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::id::{SessionId, Timestamp};
use ringfence_model::principal::Principal;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::Site;
use super::body::{self, Body};
use super::stream::Stream;
use crate::client::Client;

/// How often idle conversations are looked for.
pub(super) const SWEEP: Duration = Duration::from_secs(5);

/// Most streams of one conversation that are kept to be resumed.
const MOST_STREAMS: usize = 64;

/// How long a sealed id lasts at most, in nanoseconds: a year. Idleness ends a conversation long before.
const LASTS: u64 = 365 * 24 * 3_600 * 1_000_000_000;

/// One conversation.
pub(super) struct Conversation {
    client: Arc<Client>,
    endpoint: Endpoint,
    used: AtomicU64,
    next_stream: AtomicU64,
    streams: Mutex<VecDeque<(u64, Arc<Stream>)>>,
    /// What servers say outside requests.
    general: Arc<Stream>,
    _telling: AbortOnDropHandle<()>,
}

/// All conversations.
pub(super) struct Conversations {
    table: Mutex<HashMap<SessionId, Arc<Conversation>>>,
    idle: Duration,
}

/// Why there is no conversation for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotFound {
    /// No `Mcp-Session-Id`, or two.
    NoSession,
    /// Not one of ours, of somebody else, of another endpoint, or ended.
    Unknown,
    /// A version other than the one agreed on.
    Version,
}

impl NotFound {
    pub(super) fn response(self) -> Response<Body> {
        match self {
            Self::NoSession => {
                body::text(StatusCode::BAD_REQUEST, "one Mcp-Session-Id header is needed: initialize first")
            }
            Self::Unknown => body::text(StatusCode::NOT_FOUND, "there is no such session: initialize again"),
            Self::Version => {
                body::text(StatusCode::BAD_REQUEST, "MCP-Protocol-Version is not the version agreed on")
            }
        }
    }
}

impl Conversation {
    /// Opens one, with a session of its own.
    pub(super) fn open(
        kernel: &Arc<Kernel>,
        principal: &Arc<Principal>,
        endpoint: Endpoint,
        claimed: Option<String>,
    ) -> Result<Arc<Self>, SessionError> {
        let session = kernel.session(principal, SessionKey::Conversation(SessionId(0)), claimed)?;
        let (aside, heard) = mpsc::channel(QUEUE);
        let client = Arc::new(Client::new(Arc::clone(kernel), endpoint.clone(), session.link(), Some(aside)));
        let general = Stream::numbered(Some(0));
        let telling = tokio::spawn(tell(Arc::clone(&client), heard, Arc::clone(&general)));
        Ok(Arc::new(Self {
            client,
            endpoint,
            used: AtomicU64::new(kernel.env.now().0),
            next_stream: AtomicU64::new(1),
            streams: Mutex::new(VecDeque::new()),
            general,
            _telling: AbortOnDropHandle::new(telling),
        }))
    }

    pub(super) const fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// True where the version has resumable streams for requests that take long.
    pub(super) fn resumes(&self) -> bool {
        self.client.agreed().is_some_and(|terms| terms.version >= ProtocolVersion::V2025_11_25)
    }

    /// A stream for one request.
    pub(super) fn stream(&self) -> Arc<Stream> {
        let number = self.next_stream.fetch_add(1, Ordering::Relaxed);
        let stream = Stream::numbered(Some(number));
        let mut streams = self.streams.lock();
        if streams.len() >= MOST_STREAMS
            && let Some(ended) = streams.iter().position(|(_, stream)| stream.has_ended())
        {
            streams.remove(ended);
        }
        if streams.len() < MOST_STREAMS {
            streams.push_back((number, Arc::clone(&stream)));
        }
        stream
    }

    /// A request was answered whole; its stream need not be kept.
    pub(super) fn forget(&self, stream: &Arc<Stream>) {
        self.streams.lock().retain(|(_, kept)| !Arc::ptr_eq(kept, stream));
    }

    /// The id that the client carries.
    pub(super) fn sealed_id(&self, kernel: &Kernel) -> Option<HeaderValue> {
        let session = self.client.link().session();
        let mut nonce = [0; NONCE_SIZE];
        kernel.env.fill(&mut nonce).ok()?;
        let expires = Timestamp(kernel.env.now().0.saturating_add(LASTS));
        let payload = session.id.0.to_be_bytes();
        let binding = session.principal.to_string();
        let sealed =
            kernel.sealer.seal(Purpose::Session, binding.as_bytes(), expires, &payload, nonce).ok()?;
        HeaderValue::try_from(sealed).ok()
    }

    /// Ends it: what runs for it is cancelled.
    pub(super) fn close(&self, kernel: &Kernel) {
        self.client.gone();
        self.general.end(None);
        kernel.end_session(self.client.link().session().id);
    }

    fn same_endpoint(&self, endpoint: &Endpoint) -> bool {
        match (&self.endpoint, endpoint) {
            (Endpoint::Every, Endpoint::Every) => true,
            (Endpoint::One(mine), Endpoint::One(asked)) => Arc::ptr_eq(mine, asked),
            (Endpoint::Every, Endpoint::One(_)) | (Endpoint::One(_), Endpoint::Every) => false,
        }
    }
}

impl Conversations {
    pub(super) fn new(kernel: &Kernel) -> Self {
        Self { table: Mutex::new(HashMap::new()), idle: kernel.limits.session_idle.0 }
    }

    pub(super) fn keep(&self, conversation: Arc<Conversation>) {
        let id = conversation.client.link().session().id;
        self.table.lock().insert(id, conversation);
    }

    /// The conversation that the headers of a request name.
    pub(super) fn find(
        &self,
        kernel: &Kernel,
        principal: &Principal,
        endpoint: &Endpoint,
        given: &HeaderMap,
    ) -> Result<Arc<Conversation>, NotFound> {
        let conversation = self.named(kernel, principal, given)?;
        if !conversation.same_endpoint(endpoint) {
            return Err(NotFound::Unknown);
        }
        let mut versions = given.get_all(headers::PROTOCOL_VERSION).iter();
        if let Some(version) = versions.next() {
            let agreed = conversation.client.agreed().map(|terms| terms.version.as_str());
            if versions.next().is_some() || version.to_str().ok() != agreed {
                return Err(NotFound::Version);
            }
        }
        conversation.used.store(kernel.env.now().0, Ordering::Relaxed);
        Ok(conversation)
    }

    fn named(
        &self,
        kernel: &Kernel,
        principal: &Principal,
        given: &HeaderMap,
    ) -> Result<Arc<Conversation>, NotFound> {
        let mut ids = given.get_all(headers::SESSION_ID).iter();
        let (Some(id), None) = (ids.next(), ids.next()) else { return Err(NotFound::NoSession) };
        let id = id.to_str().map_err(|_| NotFound::Unknown)?;
        let now = kernel.env.now();
        let binding = principal.to_string();
        let opened = kernel
            .sealer
            .open(Purpose::Session, binding.as_bytes(), now, id)
            .map_err(|_| NotFound::Unknown)?;
        let id = <[u8; 16]>::try_from(opened.as_slice()).map_err(|_| NotFound::Unknown)?;
        let id = SessionId(u128::from_be_bytes(id));
        self.table.lock().get(&id).cloned().ok_or(NotFound::Unknown)
    }

    /// Ends conversations that have been idle too long.
    pub(super) fn sweep(&self, kernel: &Kernel) {
        let idle = u64::try_from(self.idle.as_nanos()).unwrap_or(u64::MAX);
        let now = kernel.env.now().0;
        let over: Vec<Arc<Conversation>> = {
            let mut table = self.table.lock();
            let is_over = |conversation: &Conversation| {
                now.saturating_sub(conversation.used.load(Ordering::Relaxed)) > idle
            };
            table
                .extract_if(|_, conversation| is_over(conversation))
                .map(|(_, conversation)| conversation)
                .collect()
        };
        for conversation in over {
            conversation.close(kernel);
        }
    }

    /// Ends the streams that wait for what servers say outside requests: they would hold up the end of the kernel.
    pub(super) fn hush(&self) {
        for conversation in self.table.lock().values() {
            conversation.general.end(None);
        }
    }

    /// Ends all of them.
    pub(super) fn end(&self, kernel: &Kernel) {
        let all: Vec<Arc<Conversation>> =
            self.table.lock().drain().map(|(_, conversation)| conversation).collect();
        for conversation in all {
            conversation.close(kernel);
        }
    }

    fn remove(&self, id: SessionId) {
        self.table.lock().remove(&id);
    }
}

/// GET: what servers say outside requests, or the rest of a stream that broke off.
pub(super) fn listen<B>(site: &Site, principal: &Principal, request: &Request<B>) -> Response<Body> {
    let kernel = &site.gate.kernel;
    let found = super::endpoint(site, request.uri().path())
        .ok_or(NotFound::Unknown)
        .and_then(|endpoint| site.conversations.find(kernel, principal, &endpoint, request.headers()));
    let conversation = match found {
        Ok(conversation) => conversation,
        // A modern client has no session and may not GET (2026-07-28).
        Err(NotFound::NoSession) => return body::not_allowed("POST"),
        Err(refusal) => return refusal.response(),
    };
    let Some(last) = request.headers().get(headers::LAST_EVENT_ID) else {
        return body::events(&conversation.general, None, None);
    };
    let resumed = last.to_str().ok().and_then(|last| last.split_once('-')).and_then(|(stream, event)| {
        let (stream, event): (u64, u64) = (stream.parse().ok()?, event.parse().ok()?);
        if stream == 0 {
            return Some((Arc::clone(&conversation.general), event));
        }
        let streams = conversation.streams.lock();
        streams.iter().find(|(number, _)| *number == stream).map(|(_, stream)| (Arc::clone(stream), event))
    });
    match resumed {
        Some((stream, event)) => body::events(&stream, Some(event), None),
        None => body::text(StatusCode::NOT_FOUND, "there is no such event to resume after"),
    }
}

/// DELETE: the client ends its session.
pub(super) fn delete<B>(site: &Site, principal: &Principal, request: &Request<B>) -> Response<Body> {
    let kernel = &site.gate.kernel;
    match site.conversations.named(kernel, principal, request.headers()) {
        Ok(conversation) => {
            site.conversations.remove(conversation.client.link().session().id);
            conversation.close(kernel);
            body::empty(StatusCode::NO_CONTENT)
        }
        Err(NotFound::NoSession) => body::not_allowed("POST"),
        Err(refusal) => refusal.response(),
    }
}

/// Tells the client what servers say outside requests.
async fn tell(client: Arc<Client>, mut heard: mpsc::Receiver<Interim>, general: Arc<Stream>) {
    while let Some(interim) = heard.recv().await {
        client.forward(interim, &mut |piece| general.push(&piece));
    }
}
