//! Sessions: who talks to us, what the conversation has read so far (its floor), how long it has been idle.
//!
//! A session belongs to one principal and must never be found by a name that a caller chose.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_flow::{History, Lexicon, Words};
use ringfence_journal::{LeftFloor, SessionSecret};
use ringfence_model::id::{SessionId, Timestamp};
use ringfence_model::label::Label;
use ringfence_model::principal::Principal;
use serde::Serialize;

use crate::limits::{Who, has_room, who};
use crate::upstream::{ToolEntry, Tools, Upstream};

/// One session of a principal.
#[derive(Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub principal: Arc<Principal>,
    /// What it is shared by.
    pub key: SessionKey,
    /// When it began.
    pub opened: Timestamp,
    /// What the client said of itself; claimed.
    pub claimed: Option<String>,
    used: AtomicU64,
    calls: AtomicU64,
    in_flight: AtomicUsize,
    /// Connections that hold it open.
    links: AtomicUsize,
    /// When housekeeping first saw that none does; 0 while one does.
    alone: AtomicU64,
    floor: Mutex<Label>,
    /// What its principal's sessions have read, value by value.
    pub(crate) history: Arc<Mutex<History>>,
    /// What its user said.
    pub(crate) words: Mutex<Words>,
    /// The tools of each server as they were last listed to it.
    listed: Mutex<Vec<(Weak<Upstream>, Arc<Tools>)>>,
    /// What its values are committed with.
    pub(crate) secret: OnceLock<SessionSecret>,
}

/// What a session is shared by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKey {
    /// All shims of one client process.
    ClientProcess {
        /// Its process id.
        pid: u32,
        /// When it started, in clock ticks since boot: tells a reused pid apart.
        started: u64,
    },
    /// One legacy HTTP conversation, or one connection of nobody knows which process.
    Conversation(SessionId),
    /// All requests of one principal that carry no session (modern HTTP).
    Principal,
}

/// How long a session that was handed out counts as used, whether its connection holds it yet or not.
const HANDED_OUT: Duration = Duration::from_secs(1);

/// All sessions.
#[derive(Debug)]
pub struct Sessions {
    table: Mutex<Table>,
    most: usize,
    idle: Duration,
    remembering: Remembering,
}

/// How histories are kept.
#[derive(Debug)]
pub struct Remembering {
    /// Bytes of one principal's.
    pub most: usize,
    /// Drawn by chance; what makes collisions of hashes unplanned.
    pub seed: u64,
    /// Words that ask for something.
    pub lexicon: Arc<Lexicon>,
}

#[derive(Debug)]
struct Table {
    by_id: HashMap<SessionId, Arc<Session>>,
    by_key: HashMap<(Arc<str>, Arc<str>, SessionKey), SessionId>,
    /// Floors of ended sessions by principal, until the idle time has passed: a fresh session launders nothing.
    left_behind: HashMap<Who, (Label, Timestamp)>,
    /// What the sessions of a principal have read: shared, so that what one read is known when another one sends.
    histories: HashMap<Who, Arc<Mutex<History>>>,
}

/// No session of this kind can be opened: there are too many, and all are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} sessions are open; no more are allowed")]
pub struct TooManySessions(usize);

/// Too many calls of one session are in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} calls of this session are in flight; no more are allowed")]
pub struct TooManyInFlight(usize);

/// A place among the session's calls in flight; given back on drop.
#[derive(Debug)]
pub struct InFlight(Arc<Session>);

/// The session of a client process that no connection holds and in which nothing runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeftAlone {
    pub(crate) session: SessionId,
    /// The client's process id.
    pub(crate) pid: u32,
    /// When the client started, in clock ticks since boot.
    pub(crate) started: u64,
    /// For how long this has been seen.
    pub(crate) since: Duration,
}

/// Holds a session open for a connection; given back on drop.
#[derive(Debug)]
pub struct Link(Arc<Session>);

impl Session {
    /// The floor now.
    #[must_use]
    pub fn floor(&self) -> Label {
        *self.floor.lock()
    }

    /// Raises the floor so that it covers `label`; the new floor where that changed it.
    #[must_use]
    pub fn raise(&self, label: Label) -> Option<Label> {
        let mut floor = self.floor.lock();
        let joined = floor.join(label);
        (joined != *floor).then(|| {
            *floor = joined;
            joined
        })
    }

    /// It is shown the tools of this server.
    pub(crate) fn lists(&self, server: &Arc<Upstream>, tools: Arc<Tools>) {
        let mut listed = self.listed.lock();
        listed.retain(|(known, _)| known.strong_count() > 0 && known.as_ptr() != Arc::as_ptr(server));
        listed.push((Arc::downgrade(server), tools));
    }

    /// True where it was shown another definition of the tool than this one.
    pub(crate) fn knows_otherwise(&self, server: &Arc<Upstream>, tool: &str, now: &ToolEntry) -> bool {
        let listed = self.listed.lock();
        let shown = listed.iter().find(|(known, _)| known.as_ptr() == Arc::as_ptr(server));
        shown.and_then(|(_, tools)| tools.get(tool)).is_some_and(|shown| shown.digest != now.digest)
    }

    /// Takes a place among the calls in flight.
    ///
    /// # Errors
    /// [`TooManyInFlight`] where `most` are taken.
    pub fn enter(self: &Arc<Self>, now: Timestamp, most: usize) -> Result<InFlight, TooManyInFlight> {
        if self.in_flight.fetch_add(1, Ordering::Relaxed) >= most {
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
            return Err(TooManyInFlight(most));
        }
        self.used.store(now.0, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(InFlight(Arc::clone(self)))
    }

    /// Holds it open for a connection.
    #[must_use]
    pub fn link(self: &Arc<Self>) -> Link {
        self.links.fetch_add(1, Ordering::Relaxed);
        Link(Arc::clone(self))
    }

    fn is_of(&self, owner: &Who) -> bool {
        self.owner() == (&*owner.0, &*owner.1)
    }

    fn owner(&self) -> (&str, &str) {
        (self.principal.realm.as_str(), &self.principal.name)
    }

    fn left_alone(&self, now: Timestamp) -> Option<LeftAlone> {
        let SessionKey::ClientProcess { pid, started } = self.key else { return None };
        if !self.is_idle(now, HANDED_OUT) {
            self.alone.store(0, Ordering::Relaxed);
            return None;
        }
        let first = self
            .alone
            .compare_exchange(0, now.0, Ordering::Relaxed, Ordering::Relaxed)
            .unwrap_or_else(|seen| seen);
        let since = if first == 0 { 0 } else { now.0.saturating_sub(first) };
        Some(LeftAlone { session: self.id, pid, started, since: Duration::from_nanos(since) })
    }

    /// True where no call and no connection has used it for `idle`.
    fn is_idle(&self, now: Timestamp, idle: Duration) -> bool {
        let idle = u64::try_from(idle.as_nanos()).unwrap_or(u64::MAX);
        self.in_flight.load(Ordering::Relaxed) == 0
            && self.links.load(Ordering::Relaxed) == 0
            && now.0.saturating_sub(self.used.load(Ordering::Relaxed)) > idle
    }
}

impl SessionKey {
    const fn is_conversation(&self) -> bool {
        match self {
            Self::Conversation(_) => true,
            Self::ClientProcess { .. } | Self::Principal => false,
        }
    }
}

impl Link {
    /// The session it holds open.
    #[must_use]
    pub const fn session(&self) -> &Arc<Session> {
        &self.0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.0.links.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Sessions {
    /// None yet; at most `most` at once, ended after `idle` without a call or a connection. A part of the places is kept
    /// from conversations, which cost whoever opens them nothing, and a smaller one from client processes, too, so that
    /// neither can lock out the command line or the principal's own session.
    #[must_use]
    pub fn new(most: usize, idle: Duration, remembering: Remembering) -> Self {
        let table = Table {
            by_id: HashMap::new(),
            by_key: HashMap::new(),
            left_behind: HashMap::new(),
            histories: HashMap::new(),
        };
        Self { table: Mutex::new(table), most, idle, remembering }
    }

    /// Takes over what sessions had read when the kernel before this one ended: a restart launders nothing either.
    pub(crate) fn inherit(&self, floors: &[LeftFloor], now: Timestamp) {
        let mut table = self.table.lock();
        for left in floors {
            let until = after(left.used, self.idle);
            if until > now {
                table.leave((left.realm.as_str().into(), Arc::clone(&left.principal)), left.floor, until);
            }
        }
    }

    /// The session of this principal and key, opened where there is none; `true` where it is new. Where no place is left,
    /// the longest-unused one that no connection holds and in which nothing runs makes room.
    ///
    /// # Errors
    /// [`TooManySessions`].
    pub fn obtain(
        &self,
        principal: &Arc<Principal>,
        key: SessionKey,
        fresh: SessionId,
        now: Timestamp,
        claimed: Option<String>,
    ) -> Result<(Arc<Session>, bool), TooManySessions> {
        let mut table = self.table.lock();
        let owner = who(principal);
        let full_key = (Arc::clone(&owner.0), Arc::clone(&owner.1), key.clone());
        if let Some(session) = table.by_key.get(&full_key).and_then(|id| table.by_id.get(id)) {
            session.used.store(now.0, Ordering::Relaxed);
            return Ok((Arc::clone(session), false));
        }
        if table.is_full(&key, &owner, self.most) {
            table.sweep(now, self.idle);
        }
        if table.is_full(&key, &owner, self.most) {
            table.make_room(&key, &owner, now, self.idle);
        }
        if table.is_full(&key, &owner, self.most) {
            return Err(TooManySessions(table.by_id.len()));
        }
        let floor = table.inherited(&owner, now);
        let history = table.history(&owner, floor, &self.remembering);
        let session = Arc::new(Session {
            id: fresh,
            principal: Arc::clone(principal),
            key,
            opened: now,
            claimed,
            used: AtomicU64::new(now.0),
            calls: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            links: AtomicUsize::new(0),
            alone: AtomicU64::new(0),
            floor: Mutex::new(floor),
            history,
            words: Mutex::new(Words::none()),
            listed: Mutex::new(Vec::new()),
            secret: OnceLock::new(),
        });
        table.by_key.insert(full_key, fresh);
        table.by_id.insert(fresh, Arc::clone(&session));
        Ok((session, true))
    }

    /// Ends one session.
    pub fn end(&self, id: SessionId, now: Timestamp) {
        self.table.lock().end(id, now, self.idle);
    }

    /// The open session of this id.
    pub(crate) fn find(&self, id: SessionId) -> Option<Arc<Session>> {
        self.table.lock().by_id.get(&id).cloned()
    }

    /// Ends a session that no call and no connection holds, if it is open. False where one does.
    pub(crate) fn end_unused(&self, id: SessionId, now: Timestamp) -> bool {
        let mut table = self.table.lock();
        let unused = table.by_id.get(&id).is_none_or(|session| session.is_idle(now, HANDED_OUT));
        if unused {
            table.end(id, now, self.idle);
        }
        unused
    }

    /// Ends the sessions that have been idle too long; their ids.
    pub fn sweep(&self, now: Timestamp) -> Vec<SessionId> {
        self.table.lock().sweep(now, self.idle)
    }

    /// The sessions of client processes that no connection holds now and in which nothing runs.
    pub(crate) fn left_alone(&self, now: Timestamp) -> Vec<LeftAlone> {
        self.table.lock().by_id.values().filter_map(|session| session.left_alone(now)).collect()
    }

    /// The open session with this id.
    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Session>> {
        self.table.lock().by_id.get(&id).cloned()
    }

    /// True while this session is open.
    #[must_use]
    pub fn holds(&self, id: SessionId) -> bool {
        self.table.lock().by_id.contains_key(&id)
    }

    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.table.lock().by_id.len()
    }

    /// What `status` shows, oldest first.
    #[must_use]
    pub fn report(&self) -> Vec<SessionReport> {
        let table = self.table.lock();
        let mut rows: Vec<SessionReport> =
            table.by_id.values().map(|session| SessionReport::of(session)).collect();
        rows.sort_by_key(|row| row.id);
        rows
    }
}

impl Table {
    /// True where a session of this kind and owner finds no place among `most`. Who holds less than an even share always does.
    fn is_full(&self, key: &SessionKey, owner: &Who, most: usize) -> bool {
        let is_full = |most: usize, of: fn(&SessionKey) -> bool| {
            let held = self.by_id.values().filter(|session| of(&session.key)).map(|held| held.owner());
            !has_room(most, &(&*owner.0, &*owner.1), held)
        };
        match key {
            SessionKey::Conversation(_) => {
                is_full(most, |_| true) || is_full(most - most / 4, SessionKey::is_conversation)
            }
            SessionKey::ClientProcess { .. } => is_full(most - most / 64, |_| true),
            SessionKey::Principal => is_full(most, |_| true),
        }
    }

    /// Ends the longest-unused session that nobody holds, of somebody who has as many as `owner` or more; for a conversation
    /// only another conversation.
    fn make_room(&mut self, key: &SessionKey, owner: &Who, now: Timestamp, idle: Duration) {
        let mut held: HashMap<(&str, &str), usize> = HashMap::new();
        for session in self.by_id.values() {
            *held.entry(session.owner()).or_insert(0) += 1;
        }
        let of = |owner: &(&str, &str)| held.get(owner).copied().unwrap_or(0);
        let own = of(&(&*owner.0, &*owner.1));
        let unused = self.by_id.values().filter(|session| {
            session.is_idle(now, HANDED_OUT)
                && (session.key.is_conversation() || !key.is_conversation())
                && of(&session.owner()) >= own
        });
        let longest =
            unused.min_by_key(|session| session.used.load(Ordering::Relaxed)).map(|session| session.id);
        if let Some(id) = longest {
            self.end(id, now, idle);
        }
    }

    fn end(&mut self, id: SessionId, now: Timestamp, idle: Duration) {
        let Some(session) = self.by_id.remove(&id) else { return };
        self.by_key.retain(|_, kept| *kept != id);
        self.leave(who(&session.principal), session.floor(), after(now, idle));
    }

    /// Leaves a floor behind for the next session of `owner`.
    fn leave(&mut self, owner: Who, floor: Label, until: Timestamp) {
        let left = self.left_behind.entry(owner).or_insert((Label::FRESH, until));
        *left = (left.0.join(floor), left.1.max(until));
    }

    fn sweep(&mut self, now: Timestamp, idle: Duration) -> Vec<SessionId> {
        let ended: Vec<SessionId> = self
            .by_id
            .values()
            .filter(|session| session.is_idle(now, idle))
            .map(|session| session.id)
            .collect();
        for id in &ended {
            self.end(*id, now, idle);
        }
        self.left_behind.retain(|_, (_, until)| *until > now);
        let Self { by_id, left_behind, histories, .. } = self;
        histories.retain(|owner, _| {
            left_behind.contains_key(owner) || by_id.values().any(|session| session.is_of(owner))
        });
        ended
    }

    /// What the sessions of `owner` have read. Where it is not remembered, `floor` is all that is known of it.
    fn history(&mut self, owner: &Who, floor: Label, how: &Remembering) -> Arc<Mutex<History>> {
        let begun = || {
            let mut index = History::new(how.most, how.seed, Arc::clone(&how.lexicon));
            if floor != Label::FRESH {
                index.forget(floor);
            }
            Arc::new(Mutex::new(index))
        };
        Arc::clone(self.histories.entry(owner.clone()).or_insert_with(begun))
    }

    /// The floor that a new session of `owner` begins with.
    fn inherited(&self, owner: &Who, now: Timestamp) -> Label {
        let left = self.left_behind.get(owner).filter(|(_, until)| *until > now).map(|(floor, _)| *floor);
        self.by_id
            .values()
            .filter(|session| session.is_of(owner))
            .map(|session| session.floor())
            .chain(left)
            .fold(Label::FRESH, Label::join)
    }
}

/// `idle` after `time`.
fn after(time: Timestamp, idle: Duration) -> Timestamp {
    Timestamp(time.0.saturating_add(u64::try_from(idle.as_nanos()).unwrap_or(u64::MAX)))
}

/// What `status` shows of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionReport {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub principal: String,
    /// What it is shared by.
    pub shared_by: SessionKey,
    /// What the client said of itself.
    pub claimed: Option<String>,
    /// When it began, RFC 3339.
    pub opened: String,
    /// Connections that hold it open.
    pub links: usize,
    /// Calls so far.
    pub calls: u64,
    /// Its floor.
    pub floor: Label,
}

impl SessionReport {
    fn of(session: &Session) -> Self {
        Self {
            id: session.id,
            principal: session.principal.to_string(),
            shared_by: session.key.clone(),
            claimed: session.claimed.clone(),
            opened: session.opened.to_string(),
            links: session.links.load(Ordering::Relaxed),
            calls: session.calls.load(Ordering::Relaxed),
            floor: session.floor(),
        }
    }
}

#[cfg(test)]
mod tests;
