//! Tasks: calls that their servers go on with after they have answered, under ids of ours.
//!
//! A task is kept in memory under the call that began it, within bounds of number and time, and its id is sealed for the
//! principal: one of an earlier kernel says so. Must never hand a task to another principal or session.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_mcp::message::RpcError;
use ringfence_mcp::seal::{NONCE_SIZE, Purpose, SealError};
use ringfence_mcp::version::Era;
use ringfence_model::effect::ToolFacts;
use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::json::{Json, JsonText, Splice};
use ringfence_model::principal::Principal;

use crate::call::Redaction;
use crate::kernel::Kernel;
use crate::limits::{Who, has_room, who};
use crate::session::Session;
use crate::upstream::{PoolKey, Upstream};

/// Most tasks of one session.
const MOST_OF_SESSION: usize = 256;

/// Tasks in all before each principal is held to an even share.
const MOST: usize = 4_096;

/// Longest that a task is kept, whatever its server says.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Longest `statusMessage` that is remembered for `tasks/list`.
const LONGEST_MESSAGE: usize = 1_024;

/// One task. What is known of its call is what was known when it was permitted.
#[derive(Debug)]
pub(crate) struct Task {
    /// The call that began it.
    pub(crate) call: CallId,
    /// Whose server runs it.
    pub(crate) server: Arc<Upstream>,
    /// The era of its form.
    pub(crate) era: Era,
    /// The server's id.
    pub(crate) own: String,
    /// The facts of the tool.
    pub(crate) facts: Option<Arc<ToolFacts>>,
    /// The tool's `outputSchema`.
    pub(crate) schema: Option<JsonText>,
    /// Credentials in its results are to be redacted, as its call was judged.
    pub(crate) redacts: Redaction,
    /// Whose it is.
    pub(crate) session: SessionId,
    owner: Who,
    /// Our id.
    shown: String,
    began: Timestamp,
    state: Mutex<State>,
    /// Rules whose question a person has answered with yes, for the call or for an earlier look at the task.
    confirmed: Mutex<BTreeSet<Arc<str>>>,
}

#[derive(Debug)]
struct State {
    until: Timestamp,
    has_ended: bool,
    /// The members of a `Task` (2025-11-25) as the server last said them, with the call in place of the id.
    said: JsonText,
}

/// What a task begins with.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) call: CallId,
    pub(crate) server: Arc<Upstream>,
    pub(crate) era: Era,
    pub(crate) own: String,
    pub(crate) facts: Option<Arc<ToolFacts>>,
    pub(crate) schema: Option<JsonText>,
    pub(crate) redacts: Redaction,
    pub(crate) confirmed: BTreeSet<Arc<str>>,
}

/// Why there is no such task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TaskError {
    /// Never given out, or given to another principal, session or endpoint.
    #[error("unknown task")]
    Unknown,
    /// Its time is over.
    #[error("the task has expired; its result cannot be had any more")]
    Expired,
    /// An earlier kernel gave it out.
    #[error(
        "Ringfence has been restarted since the task began; its result cannot be had, its effect may have happened"
    )]
    Restarted,
}

/// Why a task is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKept {
    /// There is no room.
    #[error("too many tasks are kept")]
    Full,
    /// It cannot be given an id.
    #[error("its id cannot be sealed")]
    Unsealed,
}

/// All tasks.
#[derive(Debug)]
pub(crate) struct Tasks {
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    by_call: HashMap<CallId, Arc<Task>>,
    /// By the server's own id, which two servers may have given.
    by_own: HashMap<String, Vec<CallId>>,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self { table: Mutex::new(Table { by_call: HashMap::new(), by_own: HashMap::new() }) }
    }

    /// The task that this call began.
    pub(crate) fn of_call(&self, call: CallId) -> Option<Arc<Task>> {
        self.table.lock().by_call.get(&call).cloned()
    }

    /// The tasks of a session at these servers, oldest first.
    pub(crate) fn of_session(&self, session: SessionId, servers: &[Arc<Upstream>]) -> Vec<Arc<Task>> {
        let is_there = |task: &&Arc<Task>| {
            task.session == session && servers.iter().any(|server| Arc::ptr_eq(server, &task.server))
        };
        let mut all: Vec<_> = self.table.lock().by_call.values().filter(is_there).cloned().collect();
        all.sort_by_key(|task| task.call);
        all
    }

    /// The tasks that a server means by its id in the conversation `key`: more than one where it gave one id twice.
    pub(crate) fn named(&self, server: &Arc<Upstream>, key: &PoolKey, own: &str) -> Vec<Arc<Task>> {
        let table = self.table.lock();
        let calls = table.by_own.get(own).into_iter().flatten();
        calls
            .filter_map(|call| table.by_call.get(call))
            .filter(|task| {
                Arc::ptr_eq(&task.server, server)
                    && match key {
                        PoolKey::Session(id, ..) => task.session == *id,
                        PoolKey::Principal(..) | PoolKey::Everyone(_) => true,
                    }
            })
            .cloned()
            .collect()
    }

    /// True where a task of the session has not ended.
    pub(crate) fn are_open(&self, session: SessionId) -> bool {
        let table = self.table.lock();
        table.by_call.values().any(|task| task.session == session && !task.state.lock().has_ended)
    }

    /// True where the session may begin another task.
    pub(crate) fn has_room(&self, session: &Session) -> bool {
        let table = self.table.lock();
        table.has_room(session.id, &who(&session.principal))
            || table.by_call.values().any(|task| task.session == session.id && task.state.lock().has_ended)
    }

    /// Keeps a task; one of the session that has ended makes room where there is none.
    fn keep(&self, task: Arc<Task>) -> Result<(), NotKept> {
        let mut table = self.table.lock();
        if !table.has_room(task.session, &task.owner) {
            let ended = table
                .by_call
                .values()
                .filter(|kept| kept.session == task.session && kept.state.lock().has_ended)
                .map(|kept| kept.call)
                .min();
            table.remove(ended.ok_or(NotKept::Full)?);
        }
        table.by_own.entry(task.own.clone()).or_default().push(task.call);
        table.by_call.insert(task.call, task);
        Ok(())
    }

    /// Forgets a task.
    pub(crate) fn forget(&self, call: CallId) {
        self.table.lock().remove(call);
    }

    /// Forgets those whose time is over, or whose session is not `alive`.
    pub(crate) fn sweep(&self, now: Timestamp, alive: impl Fn(SessionId) -> bool) {
        let mut table = self.table.lock();
        let is_over = |task: &&Arc<Task>| task.state.lock().until <= now || !alive(task.session);
        let over: Vec<CallId> = table.by_call.values().filter(is_over).map(|task| task.call).collect();
        for call in over {
            table.remove(call);
        }
    }
}

impl Table {
    fn has_room(&self, session: SessionId, owner: &Who) -> bool {
        self.by_call.values().filter(|task| task.session == session).count() < MOST_OF_SESSION
            && has_room(MOST, &owner, self.by_call.values().map(|task| &task.owner))
    }

    fn remove(&mut self, call: CallId) {
        let Some(task) = self.by_call.remove(&call) else { return };
        if let Some(calls) = self.by_own.get_mut(&task.own) {
            calls.retain(|kept| *kept != call);
            if calls.is_empty() {
                self.by_own.remove(&task.own);
            }
        }
    }
}

impl Kernel {
    /// Keeps a task of this session as the server said it: an object with the members of a `Task`.
    pub(crate) fn keep_task(
        &self,
        session: &Session,
        beginning: Beginning,
        said: Json<'_>,
    ) -> Result<Arc<Task>, NotKept> {
        let Beginning { call, server, era, own, facts, schema, redacts, confirmed } = beginning;
        let now = self.env.now();
        let task = Arc::new(Task {
            shown: self.seal_task(&session.principal, call, now).ok_or(NotKept::Unsealed)?,
            state: Mutex::new(State::of(call, era, now, said)),
            confirmed: Mutex::new(confirmed),
            session: session.id,
            owner: who(&session.principal),
            began: now,
            call,
            server,
            era,
            own,
            facts,
            schema,
            redacts,
        });
        self.tasks.keep(Arc::clone(&task))?;
        Ok(task)
    }

    fn seal_task(&self, principal: &Principal, call: CallId, now: Timestamp) -> Option<String> {
        let mut nonce = [0; NONCE_SIZE];
        self.env.fill(&mut nonce).ok()?;
        let payload = [&call.0.to_be_bytes()[..], &self.env.boot().to_be_bytes()].concat();
        let expires = after(now, LONGEST);
        self.sealer.seal(Purpose::Task, principal.to_string().as_bytes(), expires, &payload, nonce).ok()
    }

    /// The task that a client of `session` names.
    ///
    /// # Errors
    /// [`TaskError`].
    pub(crate) fn task(&self, session: &Session, id: &str) -> Result<Arc<Task>, TaskError> {
        let now = self.env.now();
        let binding = session.principal.to_string();
        let opened = self.sealer.open(Purpose::Task, binding.as_bytes(), now, id);
        let payload = opened.map_err(|error| match error {
            SealError::Expired => TaskError::Expired,
            SealError::Malformed | SealError::NotOurs => TaskError::Unknown,
        })?;
        let (call, boot) = payload.split_first_chunk::<16>().ok_or(TaskError::Unknown)?;
        if *boot != self.env.boot().to_be_bytes() {
            return Err(TaskError::Restarted);
        }
        let task = self.tasks.of_call(CallId(u128::from_be_bytes(*call))).ok_or(TaskError::Expired)?;
        if task.session != session.id {
            return Err(TaskError::Unknown);
        }
        if task.state.lock().until <= now {
            return Err(TaskError::Expired);
        }
        Ok(task)
    }
}

impl Task {
    /// The server said anew how it stands: an object with the members of a `Task`.
    pub(crate) fn update(&self, said: Json<'_>) {
        *self.state.lock() = State::of(self.call, self.era, self.began, said);
    }

    /// A person said yes to what these rules ask.
    pub(crate) fn confirm(&self, rules: impl IntoIterator<Item = Arc<str>>) {
        self.confirmed.lock().extend(rules);
    }

    /// True where a person said yes before to all that these rules ask.
    pub(crate) fn is_confirmed(&self, rules: &BTreeSet<Arc<str>>) -> bool {
        !rules.is_empty() && rules.is_subset(&self.confirmed.lock())
    }

    /// Its result was handed over.
    pub(crate) fn has_ended(&self) -> bool {
        self.state.lock().has_ended
    }

    /// The members of a `Task`, as the server last said them, with the call's id in place of the task's.
    pub(crate) fn said(&self) -> JsonText {
        self.state.lock().said.clone()
    }

    /// `text` where `task` within it, an object with the members of a `Task`, has our id and a time that we keep.
    pub(crate) fn shown_in(&self, text: &JsonText, task: Json<'_>) -> JsonText {
        let mut splice = Splice::new(text);
        if task.get("taskId").is_some() {
            splice.set(task, "taskId", &self.shown());
        }
        let ttl = of_ttl(self.era);
        if let Some(said) = task.get(ttl)
            && span(Some(said)) == LONGEST
        {
            splice.replace(said, &JsonText::from(i64::try_from(LONGEST.as_millis()).unwrap_or(i64::MAX)));
        }
        splice.finish()
    }

    /// Our id.
    pub(crate) fn shown(&self) -> JsonText {
        JsonText::string(&self.shown)
    }
}

impl State {
    fn of(call: CallId, era: Era, began: Timestamp, said: Json<'_>) -> Self {
        let status = said.get("status").and_then(Json::as_str).unwrap_or_default();
        let text = |name: &'static str| {
            let text = said.get(name).and_then(Json::as_str)?;
            (text.len() <= LONGEST_MESSAGE).then(|| (name, JsonText::string(&text)))
        };
        let kept = span(said.get(of_ttl(era)));
        let mut members = vec![("taskId", JsonText::string(&call.to_string()))];
        members
            .extend(["status", "statusMessage", "createdAt", "lastUpdatedAt"].into_iter().filter_map(text));
        members.push(("ttl", JsonText::from(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX))));
        let interval = said.get("pollInterval").and_then(Json::as_i64);
        members.extend(interval.map(|interval| ("pollInterval", JsonText::from(interval))));
        Self {
            until: after(began, kept),
            has_ended: matches!(&*status, "completed" | "failed" | "cancelled"),
            said: JsonText::object(members),
        }
    }
}

/// The member that says for how many milliseconds a task is kept.
const fn of_ttl(era: Era) -> &'static str {
    match era {
        Era::Legacy => "ttl",
        Era::Modern => "ttlMs",
    }
}

/// How long a task is kept for which the server says this many milliseconds, or that there is no end.
fn span(said: Option<Json<'_>>) -> Duration {
    let millis = said.and_then(Json::as_i64).and_then(|millis| u64::try_from(millis).ok());
    millis.map_or(LONGEST, |millis| Duration::from_millis(millis).min(LONGEST))
}

fn after(start: Timestamp, span: Duration) -> Timestamp {
    Timestamp(start.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
}

impl From<TaskError> for RpcError {
    fn from(error: TaskError) -> Self {
        Self::invalid_params(error.to_string())
    }
}
