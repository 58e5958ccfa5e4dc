//! All conversations: where requests find theirs, and which of them ends when there are too many.
//!
//! Must never find a conversation for anybody but the principal that opened it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};
use parking_lot::Mutex;
use ringfence_kernel::{Endpoint, Kernel};
use ringfence_mcp::headers;
use ringfence_mcp::seal::Purpose;
use ringfence_model::id::{SessionId, Timestamp};
use ringfence_model::principal::Principal;

use super::{Conversation, nanoseconds};
use crate::http::body::{self, Body};

/// How often idle conversations are looked for.
pub(crate) const SWEEP: Duration = Duration::from_secs(5);

/// All conversations.
pub(crate) struct Conversations {
    table: Mutex<HashMap<SessionId, Arc<Conversation>>>,
    /// Sealed ids that opened a while ago, at most one for each that was given out: a client shows its id with every
    /// request.
    opened: Mutex<HashMap<Box<str>, Opened>>,
    idle: Duration,
}

/// What a sealed id opened as.
struct Opened {
    id: SessionId,
    /// Whose it is.
    binding: String,
    /// When it is looked into again.
    until: Timestamp,
}

/// How long a sealed id that opened is taken for open.
const TRUSTED: Duration = Duration::from_secs(60);

/// Why there is no conversation for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotFound {
    /// No `Mcp-Session-Id`, or two.
    NoSession,
    /// Not one of ours, of somebody else, of another endpoint, or ended.
    Unknown,
    /// A version other than the one agreed on.
    Version,
}

impl NotFound {
    pub(crate) fn response(self) -> Response<Body> {
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

impl Conversations {
    pub(crate) fn new(kernel: &Kernel) -> Self {
        Self {
            table: Mutex::new(HashMap::new()),
            opened: Mutex::new(HashMap::new()),
            idle: kernel.limits.session_idle.0,
        }
    }

    pub(crate) fn keep(&self, conversation: Arc<Conversation>) {
        let id = conversation.client.link().session().id;
        self.table.lock().insert(id, conversation);
    }

    /// The conversation that the headers of a request name.
    pub(crate) fn find(
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

    /// The conversation of this principal that the headers of a request name, whatever its endpoint and version.
    pub(crate) fn named(
        &self,
        kernel: &Kernel,
        principal: &Principal,
        given: &HeaderMap,
    ) -> Result<Arc<Conversation>, NotFound> {
        let mut ids = given.get_all(headers::SESSION_ID).iter();
        let (Some(id), None) = (ids.next(), ids.next()) else { return Err(NotFound::NoSession) };
        self.sealed(kernel, principal, id.to_str().map_err(|_| NotFound::Unknown)?)
    }

    /// The conversation of this principal and endpoint with this sealed id.
    pub(crate) fn by_id(
        &self,
        kernel: &Kernel,
        principal: &Principal,
        endpoint: &Endpoint,
        id: &str,
    ) -> Result<Arc<Conversation>, NotFound> {
        let conversation = self.sealed(kernel, principal, id)?;
        if !conversation.same_endpoint(endpoint) {
            return Err(NotFound::Unknown);
        }
        conversation.used.store(kernel.env.now().0, Ordering::Relaxed);
        Ok(conversation)
    }

    fn sealed(
        &self,
        kernel: &Kernel,
        principal: &Principal,
        id: &str,
    ) -> Result<Arc<Conversation>, NotFound> {
        let now = kernel.env.now();
        let binding = principal.to_string();
        let is_open = |opened: &&Opened| opened.binding == binding && now < opened.until;
        if let Some(opened) = self.opened.lock().get(id).filter(is_open).map(|opened| opened.id) {
            return self.open(opened).ok_or(NotFound::Unknown);
        }
        let opened = kernel
            .sealer
            .open(Purpose::Session, binding.as_bytes(), now, id)
            .map_err(|_| NotFound::Unknown)?;
        let session = <[u8; 16]>::try_from(opened.as_slice()).map_err(|_| NotFound::Unknown)?;
        let session = SessionId(u128::from_be_bytes(session));
        let conversation = self.open(session).ok_or(NotFound::Unknown)?;
        let until = Timestamp(now.0.saturating_add(nanoseconds(TRUSTED)));
        self.opened.lock().insert(id.into(), Opened { id: session, binding, until });
        Ok(conversation)
    }

    fn open(&self, id: SessionId) -> Option<Arc<Conversation>> {
        self.table.lock().get(&id).cloned()
    }

    /// Ends conversations that have been idle too long, and lets go of what the others need not keep.
    pub(crate) fn sweep(&self, kernel: &Kernel) {
        let idle = nanoseconds(self.idle);
        let now = kernel.env.now();
        let over: Vec<Arc<Conversation>> = {
            let mut table = self.table.lock();
            let is_over = |conversation: &Conversation| {
                now.0.saturating_sub(conversation.used.load(Ordering::Relaxed)) > idle
                    && !conversation.client.is_busy()
            };
            let over = table.extract_if(|_, conversation| is_over(conversation));
            let over = over.map(|(_, conversation)| conversation).collect();
            for conversation in table.values() {
                conversation.settle(now);
            }
            over
        };
        self.opened.lock().retain(|_, opened| now < opened.until && self.open(opened.id).is_some());
        for conversation in over {
            conversation.close(kernel);
        }
    }

    /// Ends the streams that wait for what servers say outside requests: they would hold up the end of the kernel.
    pub(crate) fn hush(&self) {
        for conversation in self.table.lock().values() {
            conversation.general.end(None);
        }
    }

    /// Ends all of them.
    pub(crate) fn end(&self, kernel: &Kernel) {
        let all: Vec<Arc<Conversation>> =
            self.table.lock().drain().map(|(_, conversation)| conversation).collect();
        for conversation in all {
            conversation.close(kernel);
        }
    }

    /// Ends the longest-unused conversation in which nothing runs, one of `principal`'s where it has any, and rather one
    /// to which nobody listens; false where there is none.
    pub(crate) fn make_room(&self, kernel: &Kernel, principal: &Principal) -> bool {
        let longest = {
            let mut table = self.table.lock();
            let unused = table.iter().filter(|(_, conversation)| !conversation.client.is_busy());
            let longest = unused.min_by_key(|(_, conversation)| {
                let others = *conversation.client.link().session().principal != *principal;
                (others, conversation.general.is_read(), conversation.used.load(Ordering::Relaxed))
            });
            let longest = longest.map(|(id, _)| *id);
            longest.and_then(|id| table.remove(&id))
        };
        longest.inspect(|conversation| conversation.close(kernel)).is_some()
    }

    /// Takes one out of the table.
    pub(crate) fn remove(&self, id: SessionId) {
        self.table.lock().remove(&id);
    }
}
