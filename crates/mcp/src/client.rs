//! Our side of a conversation with one upstream server, over a pipe or over HTTP, in both eras.
//!
//! A [`Peer`] keeps the calls of many callers apart: its own ids, its own progress tokens, each message to the call it
//! belongs to. Must never guess which call a message belongs to.

mod error;
mod events;
mod http;
mod inbound;
mod lifecycle;
mod opening;
mod pipe;

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use ::http::{HeaderName, HeaderValue};
use bytes::Bytes;
use parking_lot::Mutex;
use ringfence_model::json::JsonText;
use tokio::sync::mpsc;

use crate::message::{Answer, RequestId, encode_request_of};
use crate::meta;
use crate::params::Params;
use crate::version::{Era, ProtocolVersion};

pub use error::PeerError;
pub use inbound::{FromServer, Notice, PeerCounts, Reply, ServerRequest};
pub use opening::{ClientHello, PeerLimits, Transport};

use http::Http;
use inbound::Counts;
use pipe::Pipe;

/// What a request needs beyond method and params.
#[derive(Debug, Clone, Default)]
pub struct RequestOptions {
    /// Ask the server for progress notifications.
    pub progress: bool,
    /// Capabilities to declare for this request instead of the ones in the hello. Modern era only.
    pub capabilities: Option<JsonText>,
    /// Headers of this request, e.g. `Mcp-Param-*`. HTTP only.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// One live conversation, after its handshake. Used by many calls at once; dropping it ends it.
pub struct Peer {
    link: Link,
    greeting: Greeting,
    hello: Hello,
    next_id: AtomicI64,
    outside: Mutex<Option<mpsc::Receiver<FromServer>>>,
}

/// The two ways to carry a conversation.
enum Link {
    Pipe(Pipe),
    Http(Http),
}

/// What the server said about itself.
struct Greeting {
    version: ProtocolVersion,
    result: JsonText,
    capabilities: JsonText,
    supported: Vec<String>,
}

/// The hello as it goes into messages.
struct Hello {
    info: JsonText,
    capabilities: JsonText,
    /// Both, and the version, as requests of the modern era carry them.
    identity: JsonText,
}

/// A request ready to be sent.
struct Outgoing<'a> {
    id: i64,
    method: &'a str,
    /// Value of the `Mcp-Name` header (2026-07-28), where the method has one.
    name: Option<HeaderValue>,
    message: Bytes,
    headers: &'a [(HeaderName, HeaderValue)],
    /// The caller wants progress under the id as token.
    progress: bool,
    /// Giving up on it is told to the server; not for the handshake.
    cancels: bool,
}

impl Peer {
    /// Opens a conversation in `era`.
    ///
    /// # Errors
    /// [`PeerError::EraUnsupported`] where the server does not speak it; else what went wrong.
    pub async fn connect(
        transport: Transport,
        hello: ClientHello,
        era: Era,
        limits: PeerLimits,
    ) -> Result<Self, PeerError> {
        let (link, outside) = Link::open(transport, limits);
        let hello = Hello::from(hello);
        let greeting = lifecycle::greet(&link, &hello, era, limits).await?;
        Ok(Self::new(link, greeting, hello, outside))
    }

    /// Opens a conversation in the preferred era, or in the other one where the server does not speak that
    /// (2026-07-28, "Versioning", section "Backward Compatibility with Initialization-Based Versions"), or over the HTTP
    /// transport of 2024-11-05 where the endpoint takes no POST.
    ///
    /// # Errors
    /// What went wrong in the era tried last.
    pub async fn connect_any(
        transport: Transport,
        hello: ClientHello,
        prefer: Era,
        limits: PeerLimits,
    ) -> Result<Self, PeerError> {
        let older = transport.older();
        let hello = Hello::from(hello);
        let (link, outside) = Link::open(transport, limits);
        match (Self::greet_any(&link, &hello, prefer, limits).await, older) {
            (Ok(greeting), _) => Ok(Self::new(link, greeting, hello, outside)),
            (Err(PeerError::Status(status)), Some((client, path, headers)))
                if events::may_be_events(status) =>
            {
                let Ok(transport) = events::open(client, &path, headers, limits).await else {
                    return Err(PeerError::Status(status));
                };
                let (link, outside) = Link::open(transport, limits);
                let greeting = lifecycle::greet(&link, &hello, Era::Legacy, limits).await?;
                Ok(Self::new(link, greeting, hello, outside))
            }
            (Err(error), _) => Err(error),
        }
    }

    async fn greet_any(
        link: &Link,
        hello: &Hello,
        prefer: Era,
        limits: PeerLimits,
    ) -> Result<Greeting, PeerError> {
        match lifecycle::greet(link, hello, prefer, limits).await {
            Err(PeerError::EraUnsupported { .. }) => {
                lifecycle::greet(link, hello, prefer.other(), limits).await
            }
            // A legacy server may keep silent about a method that it does not know.
            Err(PeerError::HandshakeTimeout(_)) if prefer == Era::Modern => {
                lifecycle::greet(link, hello, Era::Legacy, limits).await
            }
            // A modern endpoint may turn `initialize` down before it reads it.
            Err(PeerError::Status(status)) if prefer == Era::Legacy && events::may_be_events(status) => {
                match lifecycle::greet(link, hello, Era::Modern, limits).await {
                    Err(PeerError::EraUnsupported { .. }) => Err(PeerError::Status(status)),
                    greeted => greeted,
                }
            }
            greeted => greeted,
        }
    }

    fn new(link: Link, greeting: Greeting, hello: Hello, outside: mpsc::Receiver<FromServer>) -> Self {
        let outside = Mutex::new(Some(outside));
        Self { link, greeting, hello, next_id: AtomicI64::new(lifecycle::FIRST_FREE_ID), outside }
    }

    /// The version both sides speak.
    #[must_use]
    pub const fn version(&self) -> ProtocolVersion {
        self.greeting.version
    }

    /// Every version that the server says it speaks. In the legacy era only the one agreed on.
    #[must_use]
    pub fn supported_versions(&self) -> &[String] {
        &self.greeting.supported
    }

    /// The server's capabilities, an object.
    #[must_use]
    pub const fn capabilities(&self) -> &JsonText {
        &self.greeting.capabilities
    }

    /// The server's instructions for models, a string.
    #[must_use]
    pub fn instructions(&self) -> Option<JsonText> {
        let result = &self.greeting.result;
        result
            .value()
            .get("instructions")
            .filter(|text| text.as_str().is_some())
            .map(|text| result.share(text))
    }

    /// Name and version as the server reports them itself: for display, never for a decision.
    #[must_use]
    pub fn server_info(&self) -> Option<JsonText> {
        let result = &self.greeting.result;
        let info = match self.greeting.version.era() {
            Era::Legacy => result.value().get("serverInfo"),
            Era::Modern => result.value().get("_meta").and_then(|meta| meta.get(meta::SERVER_INFO)),
        };
        info.map(|info| result.share(info))
    }

    /// The whole result of `initialize` or `server/discover`.
    #[must_use]
    pub const fn greeting(&self) -> &JsonText {
        &self.greeting.result
    }

    /// What belongs to no call: changed lists, log messages without a single call they could be about, and, in the
    /// legacy era, requests that came while no call was in flight. Only the first caller gets it; while the queue is full
    /// notices are dropped and requests refused, and counted.
    #[must_use]
    pub fn outside(&self) -> Option<mpsc::Receiver<FromServer>> {
        self.outside.lock().take()
    }

    /// Sends a request under an id of our own and waits for its answer, without a time limit.
    ///
    /// What else the server sends for this call arrives at `events`: where that queue is full, notices are dropped and
    /// counted and requests are answered with an error. Dropping the future cancels the request as the era and the
    /// transport want it; a later answer is dropped and counted.
    ///
    /// `_meta` entries of `params` that belong to the connection (progress token; version, client info and capabilities
    /// in the modern era) are replaced by ours; all other bytes stay.
    ///
    /// # Errors
    /// [`PeerError`]. The request may have taken effect unless it is [`PeerError::Busy`] or [`PeerError::SessionExpired`].
    pub async fn request(
        &self,
        method: &str,
        params: impl Into<Params>,
        options: RequestOptions,
        events: mpsc::Sender<FromServer>,
    ) -> Result<Answer, PeerError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut params = params.into();
        self.own_meta(&mut params, id, &options);
        let outgoing = Outgoing {
            id,
            method,
            name: crate::headers::name_of(method, &params),
            message: encode_request_of(&RequestId::from(id), method, &params),
            headers: &options.headers,
            progress: options.progress,
            cancels: true,
        };
        self.link.call(outgoing, events).await
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn notify(&self, method: &str, params: Option<&JsonText>) -> Result<(), PeerError> {
        match &self.link {
            Link::Pipe(pipe) => pipe.notify(method, params).await,
            Link::Http(http) => http.notify(method, params).await,
        }
    }

    /// What was dropped or refused so far.
    #[must_use]
    pub fn counts(&self) -> PeerCounts {
        self.link.counts().snapshot()
    }

    /// True when the conversation has ended. A conversation over HTTP has no end of its own.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.link {
            Link::Pipe(pipe) => pipe.end().is_some(),
            Link::Http(_) => false,
        }
    }

    /// Waits for the end of the conversation and says why it ended. Never ready over HTTP.
    pub async fn closed(&self) -> PeerError {
        match &self.link {
            Link::Pipe(pipe) => pipe.ended().await,
            Link::Http(_) => std::future::pending().await,
        }
    }

    /// Says goodbye: closes the server's standard input, or ends its session (`DELETE`), within the handshake's time.
    pub async fn close(&self) {
        match &self.link {
            Link::Pipe(pipe) => pipe.close(),
            Link::Http(http) => http.close().await,
        }
    }

    fn own_meta(&self, params: &mut Params, id: i64, options: &RequestOptions) {
        let identity = match self.greeting.version.era() {
            Era::Legacy => None,
            Era::Modern => Some(&self.hello.identity),
        };
        let capabilities = options.capabilities.as_ref();
        meta::Entries { identity, capabilities, progress: options.progress.then_some(id) }.apply(params);
    }
}

impl Link {
    fn open(transport: Transport, limits: PeerLimits) -> (Self, mpsc::Receiver<FromServer>) {
        let (outside, taken) = mpsc::channel(limits.notices.max(1));
        let link = match transport {
            Transport::Pipe { stdin, stdout } => Self::Pipe(Pipe::open(stdin, stdout, limits, outside)),
            Transport::Http { client, path, headers } => {
                Self::Http(Http::open(client, path, headers, limits, outside))
            }
        };
        (link, taken)
    }

    async fn call(
        &self,
        outgoing: Outgoing<'_>,
        events: mpsc::Sender<FromServer>,
    ) -> Result<Answer, PeerError> {
        match self {
            Self::Pipe(pipe) => pipe.call(outgoing, events).await,
            Self::Http(http) => http.call(outgoing, events).await,
        }
    }

    fn counts(&self) -> &Counts {
        match self {
            Self::Pipe(pipe) => pipe.counts(),
            Self::Http(http) => http.counts(),
        }
    }
}

impl From<ClientHello> for Hello {
    fn from(hello: ClientHello) -> Self {
        let info = JsonText::object([
            ("name", JsonText::string(&hello.name)),
            ("version", JsonText::string(&hello.version)),
        ]);
        let identity = meta::identity(ProtocolVersion::V2026_07_28, &info, &hello.of_requests);
        Self { info, capabilities: hello.capabilities, identity }
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.link {
            Link::Pipe(_) => "pipe",
            Link::Http(_) => "http",
        };
        write!(f, "Peer({transport}, {})", self.greeting.version)
    }
}

#[cfg(test)]
mod tests;
