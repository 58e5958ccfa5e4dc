//! One request to one upstream server, with everything that the server sends before its answer, and the rounds of
//! questions that it takes (docs/adr/0008).

pub(super) mod outgoing;

use std::pin::Pin;
use std::sync::Arc;

use ringfence_mcp::client::{FromServer, PeerError, ServerRequest};
use ringfence_mcp::message::{Answer, RpcError};
use ringfence_mcp::version::Era;
use ringfence_model::call::{Action, TaskRequest};
use ringfence_model::json::{Json, JsonText};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{End, Waits, tasks, urls};
use crate::call::{Permitted, Request, Target};
use crate::exchange::QUEUE;
use crate::interim;
use crate::kernel::Kernel;
use crate::parking::{Full, Parked, UnderWay};
use crate::retry::{self, Retry};
use crate::upstream::Connection;

use outgoing::AsTask;

/// Most times that a modern server may ask a legacy client for more within one call.
pub(super) const MOST_ROUNDS: usize = 16;

/// The key of a legacy server's question among `inputRequests`.
const ASKED: &str = "question";

/// What a request to a server came to, or why it stopped on its way.
enum Step {
    /// The answer, or none and why.
    Ended(Result<Answer, PeerError>),
    /// The client cancelled or left.
    Cancelled,
    /// No answer within the limit.
    TimedOut,
    /// The server asks what only the client's next request can answer.
    Asked(Box<ServerRequest>),
}

/// What kind of result a server gave.
enum Form {
    /// All there is.
    Complete,
    /// It wants to know more first (2026-07-28, Multi Round-Trip Requests).
    InputRequired,
    /// It goes on as a task.
    Task,
    /// Of an extension that we do not carry: nobody would look at what comes of it.
    Unknown,
}

/// Sends the call to its server and waits for the answer; goes on with the call that was parked for it, if one was.
pub(super) async fn relay(kernel: &Arc<Kernel>, permitted: &Permitted) -> End {
    let retry = permitted.assessed.admitted.retry.as_ref();
    if let Some(parked) = retry.and_then(|retry| retry.parked()) {
        let connection = Arc::clone(&parked.connection);
        let answer = Box::pin(resume(kernel, permitted, *parked)).await;
        return ended(kernel, permitted, &connection, answer).await;
    }
    let Some(connection) = &permitted.assessed.known.connection else {
        return End::Failed("no connection to the server was assessed".into());
    };
    let first = attempt(kernel, permitted, connection, brought(kernel, permitted, connection)).await;
    let Err(PeerError::SessionExpired) = first else {
        return ended(kernel, permitted, connection, first).await;
    };
    Box::pin(once_more(kernel, permitted, connection)).await
}

/// The server forgot the session before it looked at the call: nothing happened, so a new session may try once.
async fn once_more(kernel: &Arc<Kernel>, permitted: &Permitted, connection: &Arc<Connection>) -> End {
    let request = permitted.request();
    let Target::Upstream(upstream) = &request.target else {
        return ended(kernel, permitted, connection, Err(PeerError::SessionExpired)).await;
    };
    upstream.forget(connection);
    match upstream.connection(kernel, &request.session, &request.exchange.client).await {
        Ok(fresh) => {
            if !same_definition(permitted, &fresh).await {
                return End::Failed(
                    "the tool's definition has changed since it was judged; call it again".into(),
                );
            }
            let second = attempt(kernel, permitted, &fresh, brought(kernel, permitted, &fresh)).await;
            ended(kernel, permitted, &fresh, second).await
        }
        Err(error) => End::Failed(error.to_string()),
    }
}

/// True where the tool is still the one that was judged.
async fn same_definition(permitted: &Permitted, fresh: &Connection) -> bool {
    let Action::CallTool { tool, .. } = &permitted.request().call.action else { return true };
    let judged = permitted.assessed.known.definition.as_ref();
    fresh.tool(tool).await.is_ok_and(|entry| entry.as_ref().map(|entry| &entry.digest) == judged)
}

/// What the client brings for a modern server: answers, and the server's own state. For a task, the server's id of it.
fn brought(kernel: &Kernel, permitted: &Permitted, connection: &Connection) -> Vec<(&'static str, JsonText)> {
    if let (Some(task), Action::Task { wanted, answers, .. }) =
        (&permitted.assessed.known.task, &permitted.request().call.action)
    {
        let mut members = vec![("taskId", JsonText::string(&task.own))];
        if *wanted == TaskRequest::Update {
            members.push(("inputResponses", kernel.clean(answers)));
        }
        return members;
    }
    if connection.era() == Era::Legacy {
        return Vec::new();
    }
    let answers = retry::forwarded_answers(kernel, &permitted.request().params);
    let state = permitted.assessed.admitted.retry.as_ref().and_then(Retry::inner);
    let members = [("inputResponses", answers), ("requestState", state)];
    members.into_iter().filter_map(|(name, member)| Some((name, member?))).collect()
}

async fn ended(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    connection: &Arc<Connection>,
    answer: Result<End, PeerError>,
) -> End {
    let request = permitted.request();
    match answer {
        Ok(End::Result(result)) => match Form::of(permitted, connection, &result) {
            Form::Complete => match &permitted.assessed.known.task {
                Some(task) => Box::pin(tasks::answered(kernel, permitted, task, result)).await,
                None => End::Result(result),
            },
            Form::Task => Box::pin(tasks::begun(kernel, permitted, connection, result)).await,
            Form::InputRequired => match request.exchange.client.version.era() {
                Era::Modern => match Box::pin(interim::input_requests(kernel, request, &result)).await {
                    Ok(result) => End::Parked(result, Waits::WithServer),
                    Err(error) => End::Failed(error.message),
                },
                Era::Legacy => Box::pin(rounds(kernel, permitted, connection, result)).await,
            },
            Form::Unknown => {
                End::Failed("it answered with a kind of result that nobody here can look at".into())
            }
        },
        Ok(End::Error(error)) if error.code == urls::REQUIRED => {
            Box::pin(urls::required(kernel, permitted, error)).await
        }
        Ok(end) => end,
        Err(error) => {
            connection.failed(&error);
            End::Failed(connection.explain(&error))
        }
    }
}

/// A modern server asks a legacy client: the client is asked on its stream, then the call is made again with the answers
/// (2026-07-28, Multi Round-Trip Requests), until the server has all that it wants.
async fn rounds(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    connection: &Arc<Connection>,
    mut result: JsonText,
) -> End {
    for _ in 0..MOST_ROUNDS {
        let answers = match interim::answers(kernel, permitted.request(), &result).await {
            Ok(answers) => answers,
            Err(error) => return End::Error(error),
        };
        if permitted.request().exchange.cancel.is_cancelled() {
            return End::Cancelled;
        }
        let mut more = Vec::with_capacity(2);
        more.extend(answers.map(|answers| ("inputResponses", answers)));
        more.extend(result.get("requestState").map(|state| ("requestState", result.share(state))));
        match attempt(kernel, permitted, connection, more).await {
            Ok(End::Result(next)) => match Form::of(permitted, connection, &next) {
                Form::InputRequired => result = next,
                Form::Task => return tasks::begun(kernel, permitted, connection, next).await,
                Form::Complete => return End::Result(next),
                Form::Unknown => {
                    return End::Failed(
                        "it answered with a kind of result that nobody here can look at".into(),
                    );
                }
            },
            Ok(end) => return end,
            Err(error) => {
                connection.failed(&error);
                return End::Failed(connection.explain(&error));
            }
        }
    }
    End::Failed(format!("it asked for more input {MOST_ROUNDS} times"))
}

async fn attempt(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    connection: &Arc<Connection>,
    more: Vec<(&'static str, JsonText)>,
) -> Result<End, PeerError> {
    let request = permitted.request();
    let (method, params) = outgoing::message(request, connection, more);
    let options = outgoing::options(request, connection);
    connection.log_at_least(&request.exchange.client).await;
    let (events, mut from_server) = mpsc::channel(QUEUE);
    let as_task = outgoing::as_task(request, connection);
    if matches!(as_task, AsTask::ForClient(_)) && !kernel.tasks.has_room(&request.session) {
        return Ok(End::Error(RpcError::internal("too many tasks of this session are kept")));
    }
    let is_parkable = is_parkable(request, connection);
    if is_parkable {
        connection.bridges(&events);
    }
    if is_parkable || matches!(as_task, AsTask::ForUs) {
        let peer = Arc::clone(connection.peer());
        let answer: UnderWay = match as_task {
            AsTask::ForUs => {
                let runtime = kernel.runtime.clone();
                Box::pin(tasks::through(peer, runtime, (method, params), options, events))
            }
            AsTask::No | AsTask::ForClient(_) => {
                Box::pin(async move { peer.request(method, params, options, events).await })
            }
        };
        return Box::pin(bridged(kernel, permitted, connection, answer, from_server)).await;
    }
    let answer = connection.peer().request(method, params, options, events);
    tokio::pin!(answer);
    Ok(match drive(kernel, request, connection, answer, &mut from_server).await {
        Step::Ended(answer) => finish(answer?),
        Step::Cancelled => End::Cancelled,
        Step::TimedOut => End::Timeout,
        // `drive` hands on only what can be parked.
        Step::Asked(_) => End::Failed("it asks what cannot be answered".into()),
    })
}

/// True where what the server asks can only be answered by the client's next request.
fn is_parkable(request: &Request, connection: &Connection) -> bool {
    request.exchange.client.version.era() == Era::Modern
        && connection.era() == Era::Legacy
        && !connection.is_shared()
        && match &request.call.action {
            // Only these may be answered by a question (2026-07-28, Multi Round-Trip Requests).
            Action::CallTool { .. } | Action::ReadResource { .. } | Action::GetPrompt { .. } => true,
            Action::Complete { .. }
            | Action::List { .. }
            | Action::Greet { .. }
            | Action::Listen { .. }
            | Action::SetLogLevel { .. }
            | Action::Subscribe { .. }
            | Action::Unsubscribe { .. }
            | Action::RootsChanged { .. }
            | Action::Task { .. }
            | Action::Ask { .. }
            | Action::Notify { .. }
            | Action::Operate { .. } => false,
        }
}

/// A modern client's call to a legacy server: a question parks it.
async fn bridged(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    connection: &Arc<Connection>,
    mut answer: UnderWay,
    mut events: mpsc::Receiver<FromServer>,
) -> Result<End, PeerError> {
    let request = permitted.request();
    loop {
        let ServerRequest { method, params, reply } =
            match drive(kernel, request, connection, answer.as_mut(), &mut events).await {
                Step::Ended(answer) => return answer.map(finish),
                Step::Cancelled => return Ok(End::Cancelled),
                Step::TimedOut => return Ok(End::Timeout),
                Step::Asked(asked) => *asked,
            };
        let asked = match interim::question(kernel, request, &method, params).await {
            Ok(asked) => asked,
            Err(error) => {
                reply.answer(&Err(error));
                continue;
            }
        };
        let parked = Parked { connection: Arc::clone(connection), answer, events, reply, asked };
        match park(kernel, request, parked) {
            Ok(end) => return Ok(end),
            Err(Full(kept)) => {
                kernel.floods.count("ringfence.parked", Some(&request.call.principal));
                let kept = *kept;
                kept.reply.answer(&Err(RpcError::internal("too many calls wait for answers")));
                (answer, events) = (kept.answer, kept.events);
            }
        }
    }
}

fn park(kernel: &Kernel, request: &Request, parked: Parked) -> Result<End, Full> {
    let result = JsonText::object([
        ("resultType", JsonText::string("input_required")),
        ("inputRequests", JsonText::object([(ASKED, parked.asked.clone())])),
    ]);
    kernel.parking.park(&request.call, kernel.env.now(), parked)?;
    Ok(End::Parked(result, Waits::WithUs))
}

/// The client came back: the server gets the answer, and the call goes on. Without an answer it is asked again.
async fn resume(kernel: &Arc<Kernel>, permitted: &Permitted, parked: Parked) -> Result<End, PeerError> {
    let request = permitted.request();
    let given = request.params.get("inputResponses").and_then(|answers| answers.get(ASKED));
    let Some(given) = given else {
        return Ok(park(kernel, request, parked)
            .unwrap_or_else(|Full(_)| End::Error(RpcError::internal("too many calls wait for answers"))));
    };
    let Parked { connection, answer, events, reply, .. } = parked;
    reply.answer(&Ok(kernel.clean(&request.params.share(given))));
    bridged(kernel, permitted, &connection, answer, events).await
}

/// Waits for the answer to a request under way, and for what stops it before.
async fn drive(
    kernel: &Arc<Kernel>,
    request: &Request,
    connection: &Arc<Connection>,
    mut answer: Pin<&mut (dyn Future<Output = Result<Answer, PeerError>> + Send)>,
    from_server: &mut mpsc::Receiver<FromServer>,
) -> Step {
    let parkable = is_parkable(request, connection);
    let limit = connection.timeout().unwrap_or(kernel.limits.timeout.0);
    let mut deadline = Instant::now() + limit;
    loop {
        tokio::select! {
            biased;
            () = request.exchange.cancel.cancelled() => return Step::Cancelled,
            event = from_server.recv() => match event {
                Some(FromServer::Request(asked)) if parkable => return Step::Asked(asked),
                Some(event) => deadline += interim::from_server(kernel, request, connection, event).await,
                // The peer has dropped its end: only the answer is left.
                None => return Step::Ended(answer.await),
            },
            result = &mut answer => {
                // What the server sent before its answer reaches the client before it.
                while let Ok(event) = from_server.try_recv() {
                    interim::from_server(kernel, request, connection, event).await;
                }
                connection.answers();
                return Step::Ended(result);
            }
            () = tokio::time::sleep_until(deadline) => return Step::TimedOut,
        }
    }
}

impl Form {
    fn of(permitted: &Permitted, connection: &Connection, result: &JsonText) -> Self {
        let is_call = matches!(permitted.request().call.action, Action::CallTool { .. });
        match connection.era() {
            Era::Modern => match result.get("resultType").and_then(Json::as_str).as_deref() {
                None | Some("complete") => Self::Complete,
                Some("input_required") => Self::InputRequired,
                Some("task") if is_call => Self::Task,
                Some(_) => Self::Unknown,
            },
            Era::Legacy => {
                let is_task = is_call && result.get("content").is_none() && result.get("task").is_some();
                if is_task { Self::Task } else { Self::Complete }
            }
        }
    }
}

fn finish(answer: Answer) -> End {
    match answer {
        Ok(result) => End::Result(result),
        Err(error) => End::Error(error),
    }
}
