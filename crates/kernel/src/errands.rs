//! Tasks of clients (2025-11-25): questions of servers that a client goes on with after it has answered, under ids of ours.
//!
//! Kept in memory under the call that asked, within bounds of number and time. Must never let a server ask after what
//! another server, or another session, has asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_mcp::meta;
use ringfence_model::call::{Action, Question, TaskRequest};
use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::json::{Json, JsonText, Splice};
use ringfence_model::name::ServerName;
use tokio::sync::mpsc;

use crate::call::Request;
use crate::exchange::Interim;
use crate::limits::{Who, has_room, who};
use crate::session::Session;

/// Most of one session, and how many in all before each principal is held to an even share.
const MOST_OF_SESSION: usize = 64;
const MOST: usize = 1_024;

/// Longest that one is kept, whatever the client says.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Longest id that a client may give.
const LONGEST_ID: usize = 256;

/// One question that a client goes on with.
#[derive(Debug)]
pub(crate) struct Errand {
    /// The call that asked, which is its id for the server.
    pub(crate) call: CallId,
    /// What was asked.
    pub(crate) question: Question,
    /// Where the client is asked after it.
    pub(crate) channel: mpsc::Sender<Interim>,
    /// The client's own id.
    own: String,
    server: ServerName,
    owner: Who,
    session: SessionId,
    until: Timestamp,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Errands {
    by_call: Mutex<HashMap<CallId, Arc<Errand>>>,
}

impl Errands {
    /// True where this session may begin another one.
    pub(crate) fn has_room(&self, session: &Session) -> bool {
        let owner = who(&session.principal);
        let by_call = self.by_call.lock();
        by_call.values().filter(|kept| kept.session == session.id).count() < MOST_OF_SESSION
            && has_room(MOST, &&owner, by_call.values().map(|kept| &kept.owner))
    }

    /// Keeps what the client has answered with, where it was asked for a task and answers with one. False where there is no
    /// room for it.
    pub(crate) fn keep(&self, request: &Request, answer: &JsonText, now: Timestamp) -> bool {
        let Some(errand) = Errand::of(request, answer, now) else { return true };
        if !self.has_room(&request.session) {
            return false;
        }
        self.by_call.lock().insert(errand.call, Arc::new(errand));
        true
    }

    /// The one that this question began, or is about.
    pub(crate) fn of(&self, request: &Request) -> Option<Arc<Errand>> {
        let Action::Ask { question, .. } = &request.call.action else { return None };
        let call = match question {
            Question::Task(_) => request.call.parent?,
            Question::Elicit | Question::Sample | Question::ListRoots => request.call.id,
        };
        self.by_call.lock().get(&call).cloned()
    }

    /// The one that a server means by its id.
    pub(crate) fn named(&self, server: &ServerName, session: SessionId, id: &str) -> Option<Arc<Errand>> {
        let call: CallId = id.parse().ok()?;
        let errand = self.by_call.lock().get(&call).cloned()?;
        (errand.server == *server && errand.session == session).then_some(errand)
    }

    /// Forgets what this call began.
    pub(crate) fn forget(&self, call: CallId) {
        self.by_call.lock().remove(&call);
    }

    /// Forgets those whose time is over, whose client has gone, or whose session is not `alive`.
    pub(crate) fn sweep(&self, now: Timestamp, alive: impl Fn(SessionId) -> bool) {
        let is_kept =
            |kept: &Arc<Errand>| kept.until > now && alive(kept.session) && !kept.channel.is_closed();
        self.by_call.lock().retain(|_, kept| is_kept(kept));
    }

    /// The client's answer to `request` as the server gets it: under our ids, and of a list what is the server's.
    pub(crate) fn shown(&self, request: &Request, answer: &JsonText) -> JsonText {
        let Action::Ask { question, .. } = &request.call.action else { return answer.clone() };
        if *question == Question::Task(TaskRequest::List) {
            return self.list(request, answer);
        }
        let Some(errand) = self.of(request) else { return answer.clone() };
        let id = JsonText::string(&errand.call.to_string());
        let value = answer.value();
        let mut splice = Splice::new(answer);
        match question {
            Question::Task(TaskRequest::Result) => {
                let related = JsonText::object([("taskId", id)]);
                match value.get("_meta") {
                    Some(held) => splice.set(held, meta::RELATED_TASK, &related),
                    None => splice.set(value, "_meta", &JsonText::object([(meta::RELATED_TASK, related)])),
                }
            }
            Question::Task(_) => splice.set(value, "taskId", &id),
            Question::Elicit | Question::Sample | Question::ListRoots => {
                if let Some(own) = value.pointer("/task/taskId") {
                    splice.replace(own, &id);
                }
            }
        }
        splice.finish()
    }

    /// Of all tasks of the client those that this server has begun.
    fn list(&self, request: &Request, answer: &JsonText) -> JsonText {
        let by_call = self.by_call.lock();
        let ours = |own: &str| {
            let channel = request.exchange.out.as_ref()?;
            by_call.values().find(|kept| {
                kept.own == own
                    && kept.session == request.call.session
                    && request.call.action.server() == Some(&kept.server)
                    && kept.channel.same_channel(channel)
            })
        };
        let tasks: Vec<JsonText> = answer
            .value()
            .get("tasks")
            .into_iter()
            .flat_map(Json::elements)
            .filter_map(|task| {
                let errand = ours(&task.get("taskId")?.as_str()?)?;
                let task = answer.share(task);
                let mut splice = Splice::new(&task);
                splice.set(task.value(), "taskId", &JsonText::string(&errand.call.to_string()));
                Some(splice.finish())
            })
            .collect();
        let mut splice = Splice::new(answer);
        splice.set(answer.value(), "tasks", &JsonText::array(tasks.iter().map(JsonText::value)));
        splice.finish()
    }
}

impl Errand {
    fn of(request: &Request, answer: &JsonText, now: Timestamp) -> Option<Self> {
        let Action::Ask { server, question, params } = &request.call.action else { return None };
        let task = answer.value().get("task").filter(|_| params.get("task").is_some())?;
        let own = task.get("taskId")?.as_str().filter(|own| own.len() <= LONGEST_ID)?;
        let millis = task.get("ttl").and_then(Json::as_i64).and_then(|millis| u64::try_from(millis).ok());
        let span = millis.map_or(LONGEST, |millis| Duration::from_millis(millis).min(LONGEST));
        let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Some(Self {
            call: request.call.id,
            question: *question,
            channel: request.exchange.aside.clone()?,
            own: own.into_owned(),
            server: server.clone(),
            owner: who(&request.call.principal),
            session: request.call.session,
            until: Timestamp(now.0.saturating_add(span)),
        })
    }

    /// The params of a request about it, as the client knows it.
    pub(crate) fn named(&self) -> JsonText {
        JsonText::object([("taskId", JsonText::string(&self.own))])
    }
}
