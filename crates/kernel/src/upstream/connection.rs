//! One open conversation with a server: its process or HTTP client, its peer, its tools.
//!
//! Ends with the last call that uses it once it has died; must never be reused after that.

mod held;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use parking_lot::Mutex;
use ringfence_mcp::client::{
    ClientHello, FromServer, Peer, PeerError, PeerLimits, RequestOptions, Transport,
};
use ringfence_mcp::version::Era;
use ringfence_model::call::{Action, Listing};
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::id::Timestamp;
use ringfence_model::json::{Json, JsonText, ScanLimits};
use ringfence_model::pin::{PinKind, PinnedServer};
use ringfence_model::principal::Principal;
use ringfence_net::{HttpClient, HttpOptions};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::catalogue::{Catalogue, Tools};
use super::process::Process;
use super::room::Place;
use super::{Followed, PoolKey, ToolEntry, Upstream, UpstreamError, notices};
use crate::call::Naming;
use crate::endpoint;
use crate::exchange::{ClientTerms, LogLevel};
use crate::kernel::Kernel;
use crate::pins::{self, Part};
use crate::remembered::Remembered;
use crate::session::Session;

/// Longest wait for a server to start and answer its first request: `npx` and `uvx` may install first.
const OPENING: Duration = Duration::from_secs(60);

/// Longest tool name that clients take.
const LONGEST_NAME: usize = 64;

/// Most pages of `tools/list` that are read to know the tools.
const MOST_PAGES: usize = 100;

/// Pages of prompts that are remembered.
const MOST_PROMPT_PAGES: usize = 16;

/// Bytes after which no further page of a list is read.
const MOST_BYTES: usize = 16 << 20;

/// One open conversation.
#[derive(Debug)]
pub struct Connection {
    peer: Arc<Peer>,
    server: Arc<Upstream>,
    kernel: Weak<Kernel>,
    /// Whose definitions it lists.
    pinned: PinnedServer,
    /// Pages of prompts that were taken in, so that an unchanged one costs a comparison.
    prompts: Mutex<Vec<JsonText>>,
    catalogue: Mutex<Catalogue>,
    /// Pages without the tools that the catalogue holds back.
    offers: Remembered<u64, JsonText>,
    loading: tokio::sync::Mutex<()>,
    dead: AtomicBool,
    answered: AtomicBool,
    /// Who talks through it.
    key: PoolKey,
    /// Whose calls it carried first, and whether there were others.
    principal: Arc<Principal>,
    mixed: AtomicBool,
    /// The level of log messages that a legacy server was told last.
    log_level: Mutex<Option<LogLevel>>,
    /// Which resources and tasks are followed: told to whoever keeps `subscriptions/listen` open, and by it when it is so.
    followed: Followed,
    /// Calls of modern clients to this legacy server, while they run.
    bridged: Mutex<Vec<mpsc::WeakSender<FromServer>>>,
    used: AtomicU64,
    process: Mutex<Option<Process>>,
    listening: Mutex<Vec<AbortOnDropHandle<()>>>,
    /// Its place among the conversations that may be open.
    _place: Place,
}

impl Connection {
    /// Starts or reaches the server and goes through its handshake, in `era` where the server speaks it.
    pub(super) async fn open(
        kernel: &Arc<Kernel>,
        server: &Arc<Upstream>,
        session: &Session,
        client: &ClientTerms,
        era: Era,
    ) -> Result<Arc<Self>, UpstreamError> {
        let place = kernel.upstreams.place().ok_or_else(|| UpstreamError::Crowded {
            server: server.name().clone(),
            most: kernel.limits.conversations,
        })?;
        let unusable = |why: String, process: &Option<Process>| UpstreamError::Unusable {
            server: server.name().clone(),
            why,
            stderr: process.as_ref().map(|process| process.said(kernel)).unwrap_or_default(),
        };
        // Who shares a conversation cannot be asked through it; but a modern request may say what its client can do.
        let declared = |era| match server.pool_key(session, client, era) {
            PoolKey::Session(..) => client.capabilities(era),
            PoolKey::Principal(..) | PoolKey::Everyone(_) => JsonText::empty_object(),
        };
        let hello = ClientHello {
            name: "ringfence".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            capabilities: declared(Era::Legacy),
            of_requests: declared(Era::Modern),
        };
        let limits = PeerLimits {
            response: ScanLimits { bytes: kernel.limits.response.0, depth: kernel.limits.depth },
            handshake: OPENING,
            in_flight: 1_024,
            outbox: 1 << 20,
            aside: 64,
            notices: 64,
            resumes: 5,
        };
        let greet = async |era: Era| {
            record_opening(kernel, server)?;
            let (transport, process) = transport(kernel, server)?;
            let greeted = Peer::connect_any(transport, hello.clone(), era, limits).await;
            Ok::<_, UpstreamError>((greeted, process))
        };
        let (greeted, process) = match greet(era).await? {
            // Some servers end when they are greeted in the era that they do not speak, so that nobody hears the other
            // greeting: a new process gets that one first.
            (Err(PeerError::Closed), Some(_)) => greet(era.other()).await?,
            greeted => greeted,
        };
        let peer = match greeted {
            Ok(peer) => peer,
            Err(PeerError::EraUnsupported { .. }) => {
                return Err(UpstreamError::NoVersion { server: server.name().clone() });
            }
            Err(error) => return Err(unusable(error.to_string(), &process)),
        };
        let key = server.pool_key(session, client, peer.version().era());
        let connection = Arc::new(Self {
            peer: Arc::new(peer),
            server: Arc::clone(server),
            kernel: Arc::downgrade(kernel),
            pinned: PinnedServer {
                realm: session.principal.realm.clone(),
                server: server.name().clone(),
                identity: server.identity().into(),
            },
            prompts: Mutex::new(Vec::new()),
            catalogue: Mutex::new(Catalogue::new()),
            offers: Remembered::new(),
            loading: tokio::sync::Mutex::new(()),
            dead: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            key,
            principal: Arc::clone(&session.principal),
            mixed: AtomicBool::new(false),
            log_level: Mutex::new(None),
            followed: Followed::new(),
            bridged: Mutex::new(Vec::new()),
            used: AtomicU64::new(kernel.env.now().0),
            process: Mutex::new(process),
            listening: Mutex::new(Vec::new()),
            _place: place,
        });
        let said = connection.peer.instructions();
        let said = said.iter().map(|said| pins::instructions(&kernel.detectors, said)).collect();
        connection.take_in(kernel, PinKind::Instructions, said, Part { first: true, last: true });
        let listening = notices::listen(&Arc::downgrade(kernel), &connection);
        *connection.listening.lock() =
            listening.into_iter().map(|task| AbortOnDropHandle::new(tokio::spawn(task))).collect();
        Ok(connection)
    }

    /// Our side of the conversation.
    #[must_use]
    pub const fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    /// The era it is held in.
    #[must_use]
    pub fn era(&self) -> Era {
        self.peer.version().era()
    }

    /// How long one call may take, where the operator said so.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.server.config().timeout.map(|span| span.0)
    }

    /// True once it cannot be used any more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed) || self.peer.is_closed()
    }

    /// Marks it used now.
    pub fn touch(&self, now: Timestamp) {
        self.used.store(now.0, Ordering::Relaxed);
    }

    /// When it was last used.
    #[must_use]
    pub fn used(&self) -> Timestamp {
        Timestamp(self.used.load(Ordering::Relaxed))
    }

    /// True where more than one session talks through it, so that nothing it asks can be told to belong to one of them.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        !matches!(self.key, PoolKey::Session(..))
    }

    /// It carries a call of this principal.
    pub(super) fn carries_for(&self, principal: &Principal) {
        if principal.name != self.principal.name || principal.realm != self.principal.realm {
            self.mixed.store(true, Ordering::Relaxed);
        }
    }

    /// True where what the server sends without a call's name cannot belong to another principal's call: over HTTP it
    /// comes on the call's own stream.
    #[must_use]
    pub fn tells_callers_apart(&self) -> bool {
        self.server.config().url.is_some() || !self.mixed.load(Ordering::Relaxed)
    }

    /// A modern client's call begins; what the server sends meanwhile without naming it may be meant for it.
    pub(crate) fn bridges(&self, events: &mpsc::Sender<FromServer>) {
        let mut bridged = self.bridged.lock();
        bridged.retain(|call| call.upgrade().is_some());
        bridged.push(events.downgrade());
    }

    /// The modern client's call that runs, where there is exactly one: nothing else can be meant by what a legacy server
    /// asks or logs beside it, since a modern client never asked for anything outside its calls.
    pub(super) fn the_bridged(&self) -> Option<mpsc::Sender<FromServer>> {
        let bridged = self.bridged.lock();
        let mut running = bridged.iter().filter_map(mpsc::WeakSender::upgrade);
        match (running.next(), running.next()) {
            (Some(one), None) => Some(one),
            (Some(_) | None, _) => None,
        }
    }

    /// Who talks through it.
    pub(crate) const fn key(&self) -> &PoolKey {
        &self.key
    }

    /// True where clients follow resources through it: then it is of use without a call.
    pub(super) fn is_listened_to(&self) -> bool {
        !self.server.followed(&self.key).is_empty()
    }

    /// Which resources and tasks are followed through it.
    pub(crate) const fn followed(&self) -> &Followed {
        &self.followed
    }

    /// It answered a request.
    pub fn answers(&self) {
        if !self.answered.swap(true, Ordering::Relaxed) {
            self.server.answered();
        }
    }

    /// True once it has answered a request.
    #[must_use]
    pub fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// A call through it failed in this way. A broken pipe is seen by [`Self::is_dead`]; other failures are of one call.
    pub fn failed(&self, error: &PeerError) {
        let is_end = matches!(error, PeerError::SessionExpired | PeerError::Closed);
        if is_end && !self.dead.swap(true, Ordering::Relaxed) {
            tracing::warn!("{}", self.explain(error));
        }
    }

    /// The failure, with what the server wrote to stderr.
    #[must_use]
    pub fn explain(&self, error: &PeerError) -> String {
        let said = self.said();
        let last = said.lines().last().unwrap_or_default();
        if last.is_empty() {
            format!("the server `{}`: {error}", self.server.name())
        } else {
            format!("the server `{}`: {error} (it wrote: {last})", self.server.name())
        }
    }

    /// True where the server says that it has what `what` lists.
    #[must_use]
    pub fn lists(&self, what: Listing) -> bool {
        let capability = match what {
            Listing::Tools => "tools",
            Listing::Resources | Listing::ResourceTemplates => "resources",
            Listing::Prompts => "prompts",
        };
        self.peer.capabilities().value().get(capability).is_some()
    }

    /// True where the server sends log messages.
    #[must_use]
    pub fn logs(&self) -> bool {
        self.peer.capabilities().value().get("logging").is_some()
    }

    /// True where the server says that it tells of changes of resources.
    #[must_use]
    pub fn tells_of_resources(&self) -> bool {
        let resources = self.peer.capabilities().value().get("resources");
        resources.and_then(|resources| resources.get("subscribe")).and_then(Json::as_bool) == Some(true)
    }

    /// Tells a legacy server the least severe log messages that a modern client wants with this request. Its own clients
    /// say it by `logging/setLevel`, a modern server gets it with each request.
    pub(crate) async fn log_at_least(&self, client: &ClientTerms) {
        let Some(level) = client.log_level.filter(|_| client.version.era() == Era::Modern) else { return };
        if self.era() == Era::Modern || !self.logs() || self.is_shared() {
            return;
        }
        if self.log_level.lock().replace(level) != Some(level) {
            Box::pin(self.set_log_level(level)).await;
        }
    }

    /// `logging/setLevel`, to a legacy server.
    pub(crate) async fn set_log_level(&self, level: LogLevel) {
        let (events, _) = mpsc::channel(1);
        let params = JsonText::object([("level", JsonText::string(level.as_str()))]);
        let options = RequestOptions::default();
        let answer = self.peer.request("logging/setLevel", Some(params), options, events).await;
        if let Err(error) = answer {
            self.failed(&error);
        }
    }

    /// The tool of this name, listed first where that has not been done.
    ///
    /// # Errors
    /// [`UpstreamError`] where the list cannot be had.
    pub async fn tool(&self, name: &str) -> Result<Option<Arc<ToolEntry>>, UpstreamError> {
        {
            let catalogue = self.catalogue.lock();
            if catalogue.is_complete() {
                return Ok(catalogue.get(name));
            }
        }
        let _loading = self.loading.lock().await;
        if !self.catalogue.lock().is_complete() && self.lists(Listing::Tools) {
            Box::pin(self.pages(Listing::Tools, MOST_PAGES)).await?;
        }
        Ok(self.catalogue.lock().get(name))
    }

    /// All pages of a list, at most `most`.
    ///
    /// # Errors
    /// [`UpstreamError`] where the server fails or answers with an error.
    pub async fn pages(&self, what: Listing, most: usize) -> Result<Vec<JsonText>, UpstreamError> {
        let mut pages: Vec<JsonText> = Vec::new();
        let mut cursor: Option<JsonText> = None;
        let mut size = 0;
        while pages.len() < most && size < MOST_BYTES {
            let page = match self.page(what, cursor.take()).await {
                Ok(Ok(page)) => page,
                Ok(Err(error)) => return Err(self.unusable(&format!("{}: {error}", what.method()))),
                Err(error) => {
                    self.failed(&error);
                    return Err(self.unusable(&error.to_string()));
                }
            };
            cursor = page
                .value()
                .get("nextCursor")
                .filter(|next| next.as_str().is_some())
                .map(|next| page.share(next));
            size += page.as_str().len();
            pages.push(page);
            if cursor.is_none() {
                return Ok(pages);
            }
        }
        tracing::warn!(server = %self.server.name(), "a list of {} pages is cut off", pages.len());
        if what == Listing::Tools {
            self.catalogue.lock().cut_off();
        }
        if let (Some(kernel), Some(kind)) = (self.kernel.upgrade(), pins::kind(what)) {
            self.take_in(&kernel, kind, Vec::new(), Part { first: false, last: true });
        }
        Ok(pages)
    }

    /// One page of a list.
    ///
    /// # Errors
    /// As [`Peer::request`].
    pub async fn page(
        &self,
        what: Listing,
        cursor: Option<JsonText>,
    ) -> Result<ringfence_mcp::message::Answer, PeerError> {
        let first = cursor.is_none();
        let params = JsonText::object(cursor.map(|cursor| ("cursor", cursor)));
        // Nobody listens: what the server asks meanwhile is answered with an error at once.
        let (events, _) = mpsc::channel(1);
        let answer =
            self.peer.request(what.method(), Some(params), RequestOptions::default(), events).await?;
        if let Ok(page) = &answer {
            self.take_in_page(what, page, first);
        }
        if let (Ok(page), Listing::Tools) = (&answer, what) {
            let is_new = self.catalogue.lock().read(self.server.declared(), page, first);
            if is_new {
                self.offers.clear();
            }
        }
        self.answers();
        Ok(answer)
    }

    /// `Mcp-Param-*` headers of a tool call (2026-07-28, Streamable HTTP, «Parameter Headers»).
    #[must_use]
    pub fn headers(&self, action: &Action) -> Vec<(HeaderName, HeaderValue)> {
        let Action::CallTool { tool, arguments, .. } = action else { return Vec::new() };
        if self.era() == Era::Legacy || self.process.lock().is_some() {
            return Vec::new();
        }
        let Some(entry) = self.catalogue.lock().get(tool) else { return Vec::new() };
        entry.params.emit(arguments)
    }

    /// The tool's `outputSchema`.
    #[must_use]
    pub fn output_schema(&self, tool: &str) -> Option<JsonText> {
        let entry = self.catalogue.lock().get(tool)?;
        entry.definition.value().get("outputSchema").map(|schema| entry.definition.share(schema))
    }

    /// True for a tool that clients do not see: its name would be too long for them, or its definition is not valid.
    #[must_use]
    pub fn is_held(&self, tool: Json<'_>, naming: Naming) -> bool {
        let name = tool.get("name").and_then(Json::as_str).unwrap_or_default();
        let shown = match naming {
            Naming::Plain => name.chars().count(),
            Naming::Prefixed => endpoint::shown_length(self.server.name(), &name),
        };
        // Of two tools of one name only the one that was looked at is shown.
        let Some(entry) =
            self.catalogue.lock().get(&name).filter(|known| known.definition.as_str() == tool.raw())
        else {
            return true;
        };
        shown > LONGEST_NAME || self.refusal(PinKind::Tool, &name, &entry.digest).is_some()
    }

    /// The tools as they stand now, for whoever is shown them.
    pub(crate) fn shown(&self) -> Arc<Tools> {
        self.catalogue.lock().snapshot()
    }

    /// The tool of this name, where the list has been read.
    pub(super) fn known(&self, tool: &str) -> Option<Arc<ToolEntry>> {
        self.catalogue.lock().get(tool)
    }

    /// All tools known so far.
    #[must_use]
    pub fn tools(&self) -> Vec<(Arc<str>, Arc<ToolEntry>)> {
        let catalogue = self.catalogue.lock();
        catalogue.tools().map(|(name, entry)| (Arc::clone(name), Arc::clone(entry))).collect()
    }

    /// Names of the tools that are held back on a shared endpoint.
    #[must_use]
    pub fn held(&self) -> Vec<String> {
        let too_long = |name: &str| endpoint::shown_length(self.server.name(), name) > LONGEST_NAME;
        let tools = self.tools();
        let held = |name: &str, entry: &ToolEntry| self.refusal(PinKind::Tool, name, &entry.digest).is_some();
        let held = tools.iter().filter(|(name, entry)| too_long(name) || held(name, entry));
        held.map(|(name, _)| name.to_string()).collect()
    }

    /// Says goodbye and ends the process.
    pub async fn close(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.listening.lock().clear();
        self.peer.close().await;
        let process = self.process.lock().take();
        if let Some(process) = process {
            process.end().await;
        }
    }

    /// The server said that its list of tools has changed.
    pub(super) fn outdate(&self) {
        self.catalogue.lock().outdate();
    }

    /// The server.
    pub(crate) const fn server(&self) -> &Arc<Upstream> {
        &self.server
    }

    fn unusable(&self, why: &str) -> UpstreamError {
        let why = self.kernel.upgrade().map(|kernel| kernel.words(why)).unwrap_or_default();
        UpstreamError::Unusable { server: self.server.name().clone(), why, stderr: self.said() }
    }

    /// What its process wrote to stderr last.
    fn said(&self) -> String {
        let process = self.process.lock();
        let (Some(process), Some(kernel)) = (process.as_ref(), self.kernel.upgrade()) else {
            return String::new();
        };
        process.said(&kernel)
    }
}

/// Starting a program or reaching a host is an effect: it stands in the journal before it happens.
fn record_opening(kernel: &Kernel, server: &Upstream) -> Result<(), UpstreamError> {
    let config = server.config();
    let target = config.url.as_deref().or(config.command.as_deref()).unwrap_or_default().to_owned();
    let target = kernel.scrub(&target);
    let digest = server.identity().to_owned();
    let body = EntryBody::ServerOpening { server: server.name().clone(), target, digest };
    kernel.record(&Entry::at(kernel.env.now(), body)).map(|_| ()).map_err(|_| UpstreamError::Unusable {
        server: server.name().clone(),
        why: "the audit journal cannot be written, so nothing may be started".into(),
        stderr: String::new(),
    })
}

/// The way to the server, and its process where it has one.
fn transport(kernel: &Kernel, server: &Upstream) -> Result<(Transport, Option<Process>), UpstreamError> {
    let config = server.config();
    let unusable =
        |why: String| UpstreamError::Unusable { server: server.name().clone(), why, stderr: String::new() };
    let Some(url) = &config.url else {
        let (process, pipes) = Process::start(config, &kernel.base_environment).map_err(|error| {
            unusable(format!("`{}` does not start: {error}", config.command.as_deref().unwrap_or_default()))
        })?;
        return Ok((Transport::pipe(pipes.stdin, pipes.stdout), Some(process)));
    };
    let url = Url::parse(url).map_err(|error| unusable(format!("its URL: {error}")))?;
    let client =
        HttpClient::new(&url, HttpOptions::default()).map_err(|error| unusable(error.to_string()))?;
    let mut headers = HeaderMap::with_capacity(config.headers.len());
    for (name, value) in &config.headers {
        let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            return Err(unusable(format!("the header `{name}` is not valid")));
        };
        value.set_sensitive(true);
        headers.append(name, value);
    }
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let path = target.parse().map_err(|_| unusable("its URL has no usable path".into()))?;
    Ok((Transport::Http { client, path, headers }, None))
}
