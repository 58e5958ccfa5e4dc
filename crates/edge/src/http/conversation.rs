//! Legacy conversations over HTTP: opened by `initialize`, found by their sealed id, ended by DELETE, idleness or need.
//!
//! A conversation belongs to the principal that opened it; to everybody else it does not exist.

mod table;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderValue, Response, StatusCode};
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

pub(super) use table::{Conversations, NotFound, SWEEP};

use super::Site;
use super::body::{self, Body};
use super::stream::{Holds, Stream};
use crate::client::Client;

/// Most streams of one conversation that are kept to be resumed.
const MOST_STREAMS: usize = 64;

/// Most bytes that are kept of streams that were read to the end: the connection may have broken before the client had all.
const READ: usize = 1 << 20;

/// Most bytes that are kept of ended streams that nobody has read to the end, beside the newest of them.
const UNREAD: usize = 4 << 20;

/// How long after its last request a conversation keeps streams that were read to the end.
const RESUMED: Duration = Duration::from_secs(60);

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

/// A conversation that is being opened. Ended on drop, e.g. because the client has hung up, unless it was kept.
pub(super) struct Opening<'a> {
    site: &'a Site,
    conversation: Arc<Conversation>,
    is_kept: bool,
}

impl Conversation {
    /// Opens one, with a session of its own.
    fn open(
        site: &Site,
        principal: &Arc<Principal>,
        endpoint: Endpoint,
        claimed: Option<String>,
        general: Arc<Stream>,
    ) -> Result<Arc<Self>, SessionError> {
        let kernel = &site.gate.kernel;
        let session = kernel.session(principal, SessionKey::Conversation(SessionId(0)), claimed)?;
        let (aside, heard) = mpsc::channel(QUEUE);
        let stop = site.stop.clone();
        let client =
            Arc::new(Client::new(Arc::clone(kernel), endpoint.clone(), session.link(), Some(aside), stop));
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

    /// The stream of what servers say outside requests.
    pub(super) const fn general(&self) -> &Arc<Stream> {
        &self.general
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
        forget_most(&mut streams, READ);
        if streams.len() >= MOST_STREAMS
            && let Some(ended) = streams.iter().position(|(_, stream)| stream.holds() != Holds::Running)
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

    /// Forgets ended streams that are not likely to be resumed any more.
    fn settle(&self, now: Timestamp) {
        let rests = now.0.saturating_sub(self.used.load(Ordering::Relaxed)) > nanoseconds(RESUMED);
        forget_most(&mut self.streams.lock(), if rests { 0 } else { READ });
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

impl<'a> Opening<'a> {
    /// Opens a conversation; `general` is its stream of what servers say outside requests. Where there are too many, the longest-unused one makes room.
    ///
    /// # Errors
    /// [`SessionError`].
    pub(super) fn begin(
        site: &'a Site,
        principal: &Arc<Principal>,
        endpoint: &Endpoint,
        claimed: Option<&str>,
        general: Arc<Stream>,
    ) -> Result<Self, SessionError> {
        let open = || {
            let (claimed, general) = (claimed.map(str::to_owned), Arc::clone(&general));
            Conversation::open(site, principal, endpoint.clone(), claimed, general)
        };
        let conversation = match open() {
            Err(SessionError::TooMany(_)) if site.conversations.make_room(&site.gate.kernel, principal) => {
                open()?
            }
            opened => opened?,
        };
        Ok(Self { site, conversation, is_kept: false })
    }

    pub(super) const fn conversation(&self) -> &Arc<Conversation> {
        &self.conversation
    }

    /// It lasts from now on.
    pub(super) fn keep(mut self) {
        self.site.conversations.keep(Arc::clone(&self.conversation));
        self.is_kept = true;
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            self.conversation.close(&self.site.gate.kernel);
        }
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

/// Forgets what ended streams hold beyond `read` and [`UNREAD`] bytes, the oldest first.
fn forget_most(streams: &mut VecDeque<(u64, Arc<Stream>)>, read: usize) {
    let (mut of_read, mut of_unread, mut is_newest) = (0, 0, true);
    let mut kept = VecDeque::with_capacity(streams.len());
    while let Some((number, stream)) = streams.pop_back() {
        let is_kept = match stream.holds() {
            Holds::Running => true,
            Holds::Read(bytes) => {
                of_read += bytes;
                of_read <= read
            }
            Holds::Unread(_) if is_newest => {
                is_newest = false;
                true
            }
            Holds::Unread(bytes) => {
                of_unread += bytes;
                of_unread <= UNREAD
            }
        };
        if is_kept {
            kept.push_front((number, stream));
        }
    }
    *streams = kept;
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Tells the client what servers say outside requests.
async fn tell(client: Arc<Client>, mut heard: mpsc::Receiver<Interim>, general: Arc<Stream>) {
    while let Some(interim) = heard.recv().await {
        // A question that nobody hears would be waited for in vain; its asker is dropped, which says so.
        if matches!(interim, Interim::Ask(..)) && !general.is_read() {
            continue;
        }
        client.forward(interim, &mut |piece| general.push(&piece));
    }
}

#[cfg(test)]
mod tests;
