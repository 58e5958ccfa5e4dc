//! Calls that go on as tasks: kept under an id of ours for a client that comes back for them, waited for on behalf of any
//! other (docs/adr/0009).
//!
//! Must never leave a task running at a server for which nobody is going to come.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ringfence_mcp::Params;
use ringfence_mcp::client::{FromServer, Peer, PeerError, RequestOptions};
use ringfence_mcp::message::{Answer, RpcError};
use ringfence_mcp::version::Era;
use ringfence_model::call::TaskRequest;
use ringfence_model::json::{Json, JsonText, Kind, Splice};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::End;
use super::relay;
use super::relay::outgoing::{self, AsTask};
use crate::call::{Permitted, Target};
use crate::exchange::Ability;
use crate::interim;
use crate::kernel::Kernel;
use crate::tasks::{Beginning, Task};
use crate::upstream::{Connection, Upstream};

/// How long a server may take to hear that a task is given up, or to say how one of a list stands.
const BRIEFLY: Duration = Duration::from_secs(5);

/// Between two looks at a task that we wait for, where its server names no interval, and the bounds of what it names.
const INTERVAL: Duration = Duration::from_millis(500);
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(5);

/// Most tasks of a list that are asked after; the others are listed as last heard of.
const MOST_LOOKS: usize = 32;

/// A task that we answer for at its server: dropped before it has ended, it is cancelled there.
struct Awaited {
    remote: Arc<Remote>,
    runtime: Handle,
    is_left: bool,
}

/// A task as its server knows it.
struct Remote {
    peer: Arc<Peer>,
    own: JsonText,
    options: RequestOptions,
}

/// Executes what a client wants of a task.
pub(super) async fn perform(kernel: &Arc<Kernel>, permitted: &Permitted, wanted: TaskRequest) -> End {
    match wanted {
        TaskRequest::List => list(kernel, permitted).await,
        TaskRequest::Get | TaskRequest::Result | TaskRequest::Update | TaskRequest::Cancel => {
            relay::relay(kernel, permitted).await
        }
    }
}

/// What a server said about a task that the client asked after.
pub(super) async fn answered(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    task: &Task,
    result: JsonText,
) -> End {
    let value = result.value();
    if value.get("status").is_some() {
        task.update(value);
    }
    if task.era == Era::Legacy || value.get("inputRequests").is_none() {
        return End::Result(without_urls(&result));
    }
    match interim::input_requests(kernel, permitted.request(), &result).await {
        Ok(result) => End::Result(result),
        Err(error) => End::Error(error),
    }
}

/// A failed task may have failed because a page was to be opened first: whoever polls is not sent to pages that were not
/// judged.
fn without_urls(result: &JsonText) -> JsonText {
    let error = result.value().get("error");
    let code = error.and_then(|error| error.get("code")).and_then(Json::as_i64);
    match error {
        Some(error) if code == Some(super::urls::REQUIRED) => {
            let mut splice = Splice::new(result);
            splice.remove(error, "data");
            splice.finish()
        }
        Some(_) | None => result.clone(),
    }
}

/// A server answered a call with a task: kept for a client that knows tasks in the same form, waited for on behalf of a
/// client of the other era.
pub(super) async fn begun(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    connection: &Arc<Connection>,
    result: JsonText,
) -> End {
    let client = &permitted.request().exchange.client;
    let value = result.value();
    let said = match connection.era() {
        Era::Modern => Some(value),
        Era::Legacy => value.get("task"),
    };
    let named = said.and_then(|task| Some((task, task.get("taskId")?.as_str()?)));
    let Some((said, own)) = named else { return End::Failed("it began a task without an id".into()) };
    let awaited = Awaited::of(kernel, permitted, connection, &own);
    match (connection.era(), client.version.era()) {
        (Era::Legacy, Era::Legacy) | (Era::Modern, Era::Modern) if is_wanted(permitted, connection) => {
            let known = &permitted.assessed.known;
            let beginning = Beginning {
                call: permitted.request().call.id,
                server: Arc::clone(connection.server()),
                era: connection.era(),
                own: own.into_owned(),
                facts: known.facts.clone(),
                schema: connection.output_schema(permitted.request().call.action.target()),
                redacts: super::super::release::Redaction::of(permitted),
                confirmed: if permitted.is_confirmed() { permitted.asking() } else { BTreeSet::new() },
            };
            match kernel.keep_task(&permitted.request().session, beginning, said) {
                Ok(task) => {
                    awaited.leave();
                    End::Task(result.clone(), task)
                }
                Err(error) => End::Failed(format!("{error}: the task was cancelled")),
            }
        }
        (Era::Modern, Era::Legacy) => wait(kernel, permitted, connection, awaited, said).await,
        (Era::Modern | Era::Legacy, Era::Modern | Era::Legacy) => {
            End::Failed("it began a task that nobody asked for, which was cancelled".into())
        }
    }
}

/// True where the client comes back for a task: a legacy one asked for it with the call, a modern one says so.
fn is_wanted(permitted: &Permitted, connection: &Connection) -> bool {
    let request = permitted.request();
    match connection.era() {
        Era::Legacy => matches!(outgoing::as_task(request, connection), AsTask::ForClient(_)),
        Era::Modern => request.exchange.client.abilities.has(Ability::Tasks),
    }
}

/// Waits for a modern server's task on behalf of a legacy client, who is asked on its stream what the task asks.
async fn wait(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    connection: &Connection,
    awaited: Awaited,
    said: Json<'_>,
) -> End {
    let request = permitted.request();
    let mut deadline = Instant::now() + connection.timeout().unwrap_or(kernel.limits.timeout.0);
    let mut pause = interval(said);
    let mut asked = Vec::new();
    loop {
        let detail = tokio::select! {
            biased;
            () = request.exchange.cancel.cancelled() => return End::Cancelled,
            () = tokio::time::sleep_until(deadline) => return End::Timeout,
            answer = async {
                tokio::time::sleep(pause).await;
                awaited.remote.say(TaskRequest::Get, None).await
            } => match answer {
                Ok(Ok(detail)) => detail,
                Ok(Err(error)) => {
                    awaited.leave();
                    return End::Error(error);
                }
                Err(error) => {
                    connection.failed(&error);
                    return End::Failed(connection.explain(&error));
                }
            },
        };
        pause = interval(detail.value());
        let status = detail.value().get("status").and_then(Json::as_str).unwrap_or_default();
        match &*status {
            "working" => {}
            "input_required" => {
                let began = Instant::now();
                if let Err(end) = inquire(kernel, permitted, &awaited, &detail, &mut asked).await {
                    return end;
                }
                // Waiting for a person does not count.
                deadline += began.elapsed();
            }
            status => {
                awaited.leave();
                return ended(status, &detail);
            }
        }
    }
}

/// Puts the questions of a task to the client, each once, and gives the answers to the server.
async fn inquire(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    awaited: &Awaited,
    detail: &JsonText,
    asked: &mut Vec<String>,
) -> Result<(), End> {
    let questions: Vec<(String, JsonText)> = detail
        .value()
        .get("inputRequests")
        .into_iter()
        .flat_map(Json::members)
        .filter_map(|(key, question)| Some((key.as_str()?.into_owned(), detail.share(question))))
        .filter(|(key, _)| !asked.contains(key))
        .collect();
    if questions.is_empty() {
        return Ok(());
    }
    if asked.len() + questions.len() > relay::MOST_ROUNDS {
        return Err(End::Failed(format!("its task asked for more than {} things", relay::MOST_ROUNDS)));
    }
    let new = questions.iter().map(|(key, question)| (key.as_str(), question.clone()));
    let new = JsonText::object([("inputRequests", JsonText::object(new))]);
    let answers = interim::answers(kernel, permitted.request(), &new).await.map_err(End::Error)?;
    asked.extend(questions.into_iter().map(|(key, _)| key));
    match awaited.remote.say(TaskRequest::Update, answers).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(End::Error(error)),
        Err(error) => Err(End::Failed(error.to_string())),
    }
}

/// What a task came to that is not going on.
fn ended(status: &str, detail: &JsonText) -> End {
    let value = detail.value();
    match (status, value.get("result"), value.get("error")) {
        ("completed", Some(result), _) if result.kind() == Kind::Object => End::Result(detail.share(result)),
        ("failed", _, Some(error)) => End::Error(RpcError {
            code: error.get("code").and_then(Json::as_i64).unwrap_or(ringfence_mcp::message::INTERNAL_ERROR),
            message: error.get("message").and_then(Json::as_str).unwrap_or_default().into_owned(),
            data: error.get("data").map(|data| detail.share(data)),
        }),
        ("cancelled", ..) => End::Failed("its task was cancelled".into()),
        (_, _, _) => End::Failed("its task ended without a result".into()),
    }
}

fn interval(task: Json<'_>) -> Duration {
    let millis = task.get("pollIntervalMs").and_then(Json::as_i64);
    let millis = millis.and_then(|millis| u64::try_from(millis).ok());
    millis.map_or(INTERVAL, |millis| Duration::from_millis(millis).clamp(SHORTEST, LONGEST))
}

/// A call that its legacy server takes only as a task, made and waited for as one request (2025-11-25, "Tasks").
///
/// # Errors
/// As [`Peer::request`]; never [`PeerError::SessionExpired`] once the task has begun.
pub(super) async fn through(
    peer: Arc<Peer>,
    runtime: Handle,
    message: (&'static str, Params),
    options: RequestOptions,
    events: mpsc::Sender<FromServer>,
) -> Result<Answer, PeerError> {
    let (method, params) = message;
    let first = peer.request(method, params, options, events.clone()).await?;
    let own = first.as_ref().ok().and_then(|created| {
        let own = created.value().pointer("/task/taskId").filter(|own| own.as_str().is_some())?;
        Some(created.share(own))
    });
    let Some(own) = own else { return Ok(first) };
    let params = JsonText::object([("taskId", own.clone())]);
    let remote = Remote { peer: Arc::clone(&peer), own, options: RequestOptions::default() };
    let awaited = Awaited { remote: Arc::new(remote), runtime, is_left: false };
    let method = TaskRequest::Result.method();
    let result = peer.request(method, Some(params), RequestOptions::default(), events).await;
    if matches!(result, Err(PeerError::SessionExpired)) {
        // The call has happened: it must not look as if it had not.
        return Err(PeerError::Protocol("it forgot the session in which its task ran".into()));
    }
    if result.is_ok() {
        awaited.leave();
    }
    result
}

/// `tasks/list`: those of this session, each as its server says that it stands, else as it last said.
async fn list(kernel: &Arc<Kernel>, permitted: &Permitted) -> End {
    let request = permitted.request();
    let servers: &[Arc<Upstream>] = match &request.target {
        Target::Upstream(upstream) => std::slice::from_ref(upstream),
        Target::Every(servers) => servers,
        Target::Builtin(_) | Target::Kernel | Target::Client | Target::Nothing => &[],
    };
    let tasks = kernel.tasks.of_session(request.call.session, servers);
    let mut looks = JoinSet::new();
    for task in tasks.iter().filter(|task| !task.has_ended()).take(MOST_LOOKS) {
        let open = task.server.conversation(&request.session, &request.exchange.client, task.era);
        let Some(connection) = open else { continue };
        let task = Arc::clone(task);
        looks.spawn(async move {
            let params = JsonText::object([("taskId", JsonText::string(&task.own))]);
            let (events, _) = mpsc::channel(1);
            let method = TaskRequest::Get.method();
            let answer = connection.peer().request(method, Some(params), RequestOptions::default(), events);
            if let Ok(Ok(Ok(said))) = timeout(BRIEFLY, answer).await {
                task.update(said.value());
            }
        });
    }
    tokio::select! {
        biased;
        () = request.exchange.cancel.cancelled() => return End::Cancelled,
        () = async { while looks.join_next().await.is_some() {} } => {}
    }
    let all: Vec<JsonText> = tasks.iter().map(|task| task.said()).collect();
    End::Result(JsonText::object([("tasks", JsonText::array(all.iter().map(JsonText::value)))]))
}

impl Awaited {
    fn of(kernel: &Kernel, permitted: &Permitted, connection: &Connection, own: &str) -> Self {
        let options = RequestOptions {
            progress: false,
            headers: Vec::new(),
            ..outgoing::options(permitted.request(), connection)
        };
        let remote = Remote { peer: Arc::clone(connection.peer()), own: JsonText::string(own), options };
        Self { remote: Arc::new(remote), runtime: kernel.runtime.clone(), is_left: false }
    }

    /// It has ended, or somebody else comes for it.
    fn leave(mut self) {
        self.is_left = true;
    }
}

impl Remote {
    async fn say(&self, wanted: TaskRequest, answers: Option<JsonText>) -> Result<Answer, PeerError> {
        let mut members = vec![("taskId", self.own.clone())];
        members.extend(answers.map(|answers| ("inputResponses", answers)));
        // Nobody listens: what the server asks meanwhile is answered with an error at once.
        let (events, _) = mpsc::channel(1);
        let params = Some(JsonText::object(members));
        self.peer.request(wanted.method(), params, self.options.clone(), events).await
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if !self.is_left {
            let remote = Arc::clone(&self.remote);
            self.runtime.spawn(async move {
                let _told = timeout(BRIEFLY, remote.say(TaskRequest::Cancel, None)).await;
            });
        }
    }
}
