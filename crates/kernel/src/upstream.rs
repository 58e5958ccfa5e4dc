//! Upstream servers: one conversation for each of those who share it, opened when first needed, restarted when it dies.
//!
//! A dead or slow server must never hurt the calls to another one.

mod breaker;
mod catalogue;
mod connection;
mod errands;
mod followed;
mod listener;
mod notices;
mod process;
mod room;
mod tasks;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indexmap::IndexMap;
use parking_lot::Mutex;
use ringfence_mcp::version::Era;
use ringfence_model::call::Notice;
use ringfence_model::config::{ServerConfig, Share};
use ringfence_model::id::{SessionId, Timestamp};
use ringfence_model::label::Integrity;
use ringfence_model::name::ServerName;
use ringfence_policy::{BadToolKey, Declarations};
use serde::Serialize;

pub use breaker::Breaker;
pub use catalogue::ToolEntry;
pub(crate) use catalogue::Tools;
pub use connection::Connection;
pub(crate) use followed::Followed;
pub use listener::Listener;
use room::Room;
pub(crate) use tasks::tell_of_task;

use crate::exchange::{Abilities, ClientTerms};
use crate::kernel::Kernel;
use crate::session::Session;

/// How long all conversations together may take to end.
const CLOSING: Duration = Duration::from_secs(5);

/// How long a server counts as not speaking an era after an attempt that showed so.
const LACKS: Duration = Duration::from_secs(60);

/// All upstream servers: those of the configuration, and those that shims wrap.
#[derive(Debug)]
pub struct Upstreams {
    configured: IndexMap<ServerName, Arc<Upstream>>,
    wrapped: Mutex<HashMap<(ServerName, String), Arc<Upstream>>>,
    room: Room,
}

/// One upstream server.
#[derive(Debug)]
pub struct Upstream {
    name: ServerName,
    config: ServerConfig,
    declared: Declarations,
    /// SHA-256 of what is started or reached, hex.
    identity: String,
    pool: Mutex<HashMap<PoolKey, Arc<Slot>>>,
    breaker: Mutex<Breaker>,
    /// Eras that an attempt has shown it to lack, and when.
    lacks: Mutex<Vec<(Era, Timestamp)>>,
    listeners: Mutex<Vec<Listener>>,
    /// A list has been answered without its part.
    missed: AtomicBool,
    /// In a conversation it said that it has tasks.
    has_tasks: AtomicBool,
}

/// Who shares one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PoolKey {
    /// One session, and in it the clients of these abilities: a legacy server reads them once.
    Session(SessionId, Era, Abilities),
    /// All sessions of one principal.
    Principal(String, Era),
    /// Everybody.
    Everyone(Era),
}

/// The place of one conversation: empty, opening or open.
#[derive(Debug)]
struct Slot {
    open: Mutex<Option<Arc<Connection>>>,
    opening: tokio::sync::Mutex<()>,
}

/// Why a server cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadServer {
    /// It has our own name, under which our tools are judged.
    #[error("a server may not be named `{0}`: that is the name of the built-in tools")]
    Reserved(ServerName),
    /// A key under its `tools` is no glob.
    #[error(transparent)]
    Tool(#[from] BadToolKey),
}

/// Why a server cannot be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// It could not be started, reached or understood.
    #[error("the server `{server}` cannot be used: {why}")]
    Unusable {
        /// Which one.
        server: ServerName,
        /// Why.
        why: String,
        /// What it last wrote to stderr.
        stderr: String,
    },
    /// It failed a moment ago and is not tried again yet.
    #[error("the server `{server}` failed and is tried again in {seconds} s: {why}")]
    Resting {
        /// Which one.
        server: ServerName,
        /// When.
        seconds: u64,
        /// Why it failed.
        why: String,
    },
    /// Too many conversations are open, with whatever servers, and all are in use.
    #[error("{most} conversations with servers are open and in use; none with `{server}` can be opened")]
    Crowded {
        /// Which one.
        server: ServerName,
        /// How many may be open.
        most: usize,
    },
    /// It speaks no version of the protocol that we do.
    #[error("the server `{server}` speaks no version of the protocol that Ringfence speaks")]
    NoVersion {
        /// Which one.
        server: ServerName,
    },
}

impl UpstreamError {
    /// What to try.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unusable { stderr, .. } if !stderr.is_empty() => {
                Some(format!("The server wrote: {stderr}"))
            }
            Self::Unusable { .. } => None,
            Self::Resting { .. } | Self::Crowded { .. } => Some("Wait, then try again.".into()),
            Self::NoVersion { .. } => None,
        }
    }
}

impl Upstreams {
    /// The servers of the configuration, with at most `most` conversations open at once.
    ///
    /// # Errors
    /// [`BadServer`].
    pub fn new(servers: &IndexMap<ServerName, ServerConfig>, most: usize) -> Result<Self, BadServer> {
        let mut configured = IndexMap::with_capacity(servers.len());
        for (name, config) in servers {
            configured.insert(name.clone(), Arc::new(Upstream::new(name.clone(), config.clone())?));
        }
        Ok(Self { configured, wrapped: Mutex::new(HashMap::new()), room: Room::new(most) })
    }

    /// The servers of the configuration, in its order.
    #[must_use]
    pub fn configured(&self) -> Vec<Arc<Upstream>> {
        self.configured.values().cloned().collect()
    }

    /// The server of the configuration with this name.
    #[must_use]
    pub fn named(&self, name: &ServerName) -> Option<Arc<Upstream>> {
        self.configured.get(name).cloned()
    }

    /// The server that a shim wraps; the same for shims that wrap the same thing under the same name.
    ///
    /// # Errors
    /// [`BadServer`].
    pub fn wrapped(&self, name: &ServerName, config: &ServerConfig) -> Result<Arc<Upstream>, BadServer> {
        let identity = crate::digest::hex(serde_json::to_string(config).unwrap_or_default().as_bytes());
        match self.wrapped.lock().entry((name.clone(), identity)) {
            Entry::Occupied(known) => Ok(Arc::clone(known.get())),
            Entry::Vacant(place) => {
                Ok(Arc::clone(place.insert(Arc::new(Upstream::new(name.clone(), config.clone())?))))
            }
        }
    }

    /// All servers.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Upstream>> {
        self.configured.values().cloned().chain(self.wrapped.lock().values().cloned()).collect()
    }

    /// Closes the conversations of sessions that are not `alive` and those that nobody has used for `idle`, and forgets
    /// wrapped servers that nobody uses.
    pub fn sweep(&self, now: Timestamp, idle: Duration, alive: impl Fn(SessionId) -> bool) {
        for upstream in self.all() {
            upstream.close_unused(now, idle, &alive);
        }
        self.wrapped
            .lock()
            .retain(|_, upstream| Arc::strong_count(upstream) > 1 || !upstream.pool.lock().is_empty());
    }

    /// Closes everything, all at once, within a bound.
    pub async fn close(&self) {
        let mut closing = tokio::task::JoinSet::new();
        for upstream in self.all() {
            let slots: Vec<Arc<Slot>> = upstream.pool.lock().drain().map(|(_, slot)| slot).collect();
            for connection in slots.iter().filter_map(|slot| slot.open.lock().take()) {
                closing.spawn(async move { connection.close().await });
            }
        }
        let _overdue =
            tokio::time::timeout(CLOSING, async { while closing.join_next().await.is_some() {} }).await;
    }
}

impl Upstream {
    fn new(name: ServerName, config: ServerConfig) -> Result<Self, BadServer> {
        if name == crate::endpoint::own_name() {
            return Err(BadServer::Reserved(name));
        }
        Ok(Self {
            name,
            declared: Declarations::of(&config)?,
            // Environment and headers may hold credentials: only what is started or reached enters the digest.
            identity: crate::digest::hex(
                serde_json::to_string(&(&config.command, &config.args, &config.cwd, &config.url))
                    .unwrap_or_default()
                    .as_bytes(),
            ),
            config,
            pool: Mutex::new(HashMap::new()),
            breaker: Mutex::new(Breaker::new()),
            lacks: Mutex::new(Vec::new()),
            listeners: Mutex::new(Vec::new()),
            missed: AtomicBool::new(false),
            has_tasks: AtomicBool::new(false),
        })
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &ServerName {
        &self.name
    }

    /// Whose word its results are.
    #[must_use]
    pub const fn content(&self) -> Integrity {
        self.config.content
    }

    /// Its entry in the configuration.
    #[must_use]
    pub const fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// SHA-256 of its program, arguments, working directory and URL, hex: the same name may stand for two servers.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// What the operator and the catalogue say of its tools.
    const fn declared(&self) -> &Declarations {
        &self.declared
    }

    /// When an attempt last showed that it does not speak this era.
    fn lacked(&self, era: Era) -> Option<Timestamp> {
        self.lacks.lock().iter().find(|(lacked, _)| *lacked == era).map(|(_, since)| *since)
    }

    /// The era to speak with it for a client of era `own`: that one, unless it lacks it.
    fn era_for(&self, own: Era, now: Timestamp) -> Era {
        let lasts = u64::try_from(LACKS.as_nanos()).unwrap_or(u64::MAX);
        match self.lacked(own) {
            Some(since) if now.0.saturating_sub(since.0) < lasts => own.other(),
            Some(_) | None => own,
        }
    }

    /// The conversation for this session and client, opened where there is none: in the client's era where the server
    /// speaks it, else in the other one.
    ///
    /// # Errors
    /// [`UpstreamError`].
    pub async fn connection(
        self: &Arc<Self>,
        kernel: &Arc<Kernel>,
        session: &Arc<Session>,
        client: &Arc<ClientTerms>,
    ) -> Result<Arc<Connection>, UpstreamError> {
        let own = client.version.era();
        // What it lacked once is asked for again only when there is no conversation to go on with.
        let other = self.lacked(own).map(|_| own.other());
        for era in [Some(own), other].into_iter().flatten() {
            let slot = self.pool.lock().get(&self.pool_key(session, client, era)).cloned();
            if let Some(open) = slot.and_then(|slot| slot.usable(kernel)) {
                open.carries_for(&session.principal);
                return Ok(open);
            }
        }
        // In a task of its own, so that a caller who leaves does not kill a server that is still starting. It is bounded
        // by the time that a handshake may take, and the slot keeps what it opens.
        let opening = Arc::clone(self).fill(Arc::clone(kernel), Arc::clone(session), Arc::clone(client));
        kernel.runtime.spawn(opening).await.unwrap_or_else(|_| {
            let why = "starting it was interrupted".to_owned();
            Err(UpstreamError::Unusable { server: self.name.clone(), why, stderr: String::new() })
        })
    }

    /// Opens a conversation, unless somebody else has meanwhile.
    async fn fill(
        self: Arc<Self>,
        kernel: Arc<Kernel>,
        session: Arc<Session>,
        client: Arc<ClientTerms>,
    ) -> Result<Arc<Connection>, UpstreamError> {
        let own = client.version.era();
        loop {
            let era = self.era_for(own, kernel.env.now());
            let slot = self.slot(self.pool_key(&session, &client, era));
            let _opening = slot.opening.lock().await;
            if let Some(open) = slot.usable(&kernel) {
                open.carries_for(&session.principal);
                return Ok(open);
            }
            // Whoever held the lock may have found out that it does not speak this era.
            if era == self.era_for(own, kernel.env.now()) {
                return self.open(&kernel, &session, &client, era, &slot).await;
            }
        }
    }

    /// Opens a conversation, in `era` where the server speaks it, and puts it into its slot.
    async fn open(
        self: &Arc<Self>,
        kernel: &Arc<Kernel>,
        session: &Arc<Session>,
        client: &Arc<ClientTerms>,
        era: Era,
        slot: &Arc<Slot>,
    ) -> Result<Arc<Connection>, UpstreamError> {
        // One that died before it answered anything is a failure like one that did not start.
        if slot.open.lock().take().is_some_and(|dead| !dead.has_answered()) {
            self.breaker.lock().failed(kernel.env.now(), "it ended before it answered anything");
        }
        if let Some((seconds, why)) = self.breaker.lock().resting(kernel.env.now()) {
            return Err(UpstreamError::Resting { server: self.name.clone(), seconds, why });
        }
        let connection = match Connection::open(kernel, self, session, client, era).await {
            Ok(connection) => connection,
            // That is not its fault.
            Err(error @ UpstreamError::Crowded { .. }) => return Err(error),
            Err(error) => {
                tracing::warn!("{error}{}", error.hint().map(|hint| format!(". {hint}")).unwrap_or_default());
                self.breaker.lock().failed(kernel.env.now(), &kernel.scrub(&error.to_string()));
                return Err(error);
            }
        };
        if connection.has_tasks() {
            self.has_tasks.store(true, Ordering::Relaxed);
        }
        let key = self.pool_key(session, client, connection.era());
        if connection.era() == era {
            *slot.open.lock() = Some(Arc::clone(&connection));
        } else {
            let mut lacks = self.lacks.lock();
            lacks.retain(|(lacked, _)| *lacked != era);
            lacks.push((era, kernel.env.now()));
            drop(lacks);
            let slot = self.slot(key.clone());
            if let Some(open) = slot.usable(kernel) {
                open.carries_for(&session.principal);
                return Ok(open);
            }
            *slot.open.lock() = Some(Arc::clone(&connection));
        }
        if self.missed.swap(false, Ordering::Relaxed) {
            self.announce_return(kernel, &key).await;
        }
        Ok(connection)
    }

    fn slot(&self, key: PoolKey) -> Arc<Slot> {
        Arc::clone(self.pool.lock().entry(key).or_insert_with(|| Arc::new(Slot::empty())))
    }

    fn slots(&self) -> Vec<Arc<Slot>> {
        self.pool.lock().values().cloned().collect()
    }

    /// True where it has said in a conversation that it has tasks.
    #[must_use]
    pub fn has_tasks(&self) -> bool {
        self.has_tasks.load(Ordering::Relaxed)
    }

    /// A call or list was answered: earlier failures are over.
    pub(crate) fn answered(&self) {
        self.breaker.lock().succeeded();
    }

    /// A list was answered without this server's part; clients hear when it is there.
    pub(crate) fn missed_by_a_list(&self) {
        self.missed.store(true, Ordering::Relaxed);
    }

    async fn announce_return(&self, kernel: &Arc<Kernel>, key: &PoolKey) {
        for notice in [Notice::ToolsChanged, Notice::ResourcesChanged, Notice::PromptsChanged] {
            for listener in self.hearing(key, notice) {
                crate::interim::announce(kernel, &listener, &self.name, notice, None, None).await;
            }
        }
    }

    /// Clients hear that what they may see of it has changed.
    pub(crate) async fn announce_release(&self, kernel: &Arc<Kernel>) {
        let keys: Vec<PoolKey> = self.pool.lock().keys().cloned().collect();
        for key in &keys {
            for notice in [Notice::ToolsChanged, Notice::PromptsChanged] {
                for listener in self.hearing(key, notice) {
                    crate::interim::announce(kernel, &listener, &self.name, notice, None, None).await;
                }
            }
        }
    }

    /// Drops a conversation, so that the next call opens a new one.
    pub fn forget(&self, connection: &Arc<Connection>) {
        for slot in self.pool.lock().values() {
            let mut open = slot.open.lock();
            if open.as_ref().is_some_and(|current| Arc::ptr_eq(current, connection)) {
                *open = None;
            }
        }
    }

    /// The conversation of this session and client in `era`, where one is open.
    pub(crate) fn conversation(
        &self,
        session: &Session,
        client: &ClientTerms,
        era: Era,
    ) -> Option<Arc<Connection>> {
        let slot = self.pool.lock().get(&self.pool_key(session, client, era)).cloned()?;
        let open = slot.open.lock().clone();
        open.filter(|open| !open.is_dead())
    }

    fn pool_key(&self, session: &Session, client: &ClientTerms, era: Era) -> PoolKey {
        // A legacy server may keep state per conversation; a modern one may not (2026-07-28, statelessness).
        let share = self.config.share.unwrap_or(match era {
            Era::Legacy => Share::Session,
            Era::Modern => Share::All,
        });
        match share {
            Share::Session => PoolKey::Session(session.id, era, client.abilities),
            Share::Principal => PoolKey::Principal(session.principal.to_string(), era),
            Share::All => PoolKey::Everyone(era),
        }
    }

    fn close_unused(&self, now: Timestamp, idle: Duration, alive: &impl Fn(SessionId) -> bool) {
        let idle = u64::try_from(idle.as_nanos()).unwrap_or(u64::MAX);
        self.pool.lock().retain(|key, slot| {
            let over = matches!(key, PoolKey::Session(id, ..) if !alive(*id));
            let mut open = slot.open.lock();
            let unused =
                |open: &Connection| now.0.saturating_sub(open.used().0) > idle && !open.is_listened_to();
            if open.as_ref().is_some_and(|open| open.is_dead() || unused(open)) {
                *open = None;
            }
            !over
        });
    }

    /// Its open conversations.
    fn live(&self) -> Vec<Arc<Connection>> {
        let pool = self.pool.lock();
        let open = pool.values().filter_map(|slot| slot.open.lock().clone());
        open.filter(|open| !open.is_dead()).collect()
    }

    /// Its tools, as far as one conversation that is open has listed them.
    pub(crate) fn tools(&self) -> Vec<(Arc<str>, Arc<ToolEntry>)> {
        self.live().first().map(|connection| connection.tools()).unwrap_or_default()
    }

    /// What `status` shows.
    #[must_use]
    pub fn report(&self, now: Timestamp) -> UpstreamReport {
        let open = self.live();
        let resting = self.breaker.lock().resting(now);
        let mut held: Vec<String> = open.iter().flat_map(|connection| connection.held()).collect();
        held.sort();
        held.dedup();
        UpstreamReport {
            name: self.name.clone(),
            state: match (&resting, open.is_empty()) {
                (Some(_), _) => "resting",
                (None, true) => "idle",
                (None, false) => "open",
            },
            connections: open.len(),
            error: resting.map(|(_, why)| why),
            held_back: held,
        }
    }
}

impl Slot {
    fn empty() -> Self {
        Self { open: Mutex::new(None), opening: tokio::sync::Mutex::new(()) }
    }

    fn usable(&self, kernel: &Kernel) -> Option<Arc<Connection>> {
        let open = self.open.lock();
        let connection = open.as_ref().filter(|open| !open.is_dead())?;
        connection.touch(kernel.env.now());
        Some(Arc::clone(connection))
    }
}

/// What `status` shows of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpstreamReport {
    /// Its name.
    pub name: ServerName,
    /// `open`, `idle`, or `resting` after a failure.
    pub state: &'static str,
    /// Open conversations.
    pub connections: usize,
    /// Why it rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Tools that are not listed: their name is too long for clients, or their definition is held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held_back: Vec<String>,
}

#[cfg(test)]
mod tests;
