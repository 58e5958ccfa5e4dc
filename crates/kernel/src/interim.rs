//! What a server sends while one of its calls runs: each piece becomes a small call with that call as its parent.
//!
//! Must never answer a server, or reach the client, with anything that the path did not release.

mod asking;

use std::sync::Arc;
use std::time::Duration;

use ringfence_mcp::client::{FromServer, ServerRequest};
use ringfence_mcp::message::{Answer, RpcError};
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::call::{Action, ActionKind, Call, Notice, Question, TaskRequest};
use ringfence_model::id::CallId;
use ringfence_model::json::{Json, JsonText, Kind, Splice};
use ringfence_model::name::ServerName;

use crate::call::{self, Request, Target, Wire};
use crate::errands::Errand;
use crate::exchange::{ClientTerms, Exchange, Interim, LogLevel, Way};
use crate::kernel::Kernel;
use crate::upstream::{Connection, Listener, tell_of_task};

use asking::Asking;

/// Most bytes of a notice that is handed on.
const LARGEST_NOTICE: usize = 256 << 10;

/// What a server wants to know of what a client goes on with.
#[derive(Debug)]
pub(crate) struct After {
    pub(crate) wanted: TaskRequest,
    /// What it goes on with; none for a list of all.
    pub(crate) errand: Option<Arc<Errand>>,
    /// The page of a list.
    pub(crate) page: JsonText,
}

/// Handles one event of a running call. Returns how long a person was waited for, which does not count against the call.
pub(crate) async fn from_server(
    kernel: &Arc<Kernel>,
    parent: &Request,
    connection: &Connection,
    event: FromServer,
) -> Duration {
    match event {
        // What does not name its call could belong to somebody else's: it is not guessed.
        FromServer::Notice(notice)
            if !connection.tells_callers_apart() && &*notice.method != "notifications/progress" =>
        {
            Duration::ZERO
        }
        FromServer::Request(request) if connection.is_shared() => {
            request.reply.answer(&Err(RpcError::method_not_found(&request.method)));
            Duration::ZERO
        }
        FromServer::Notice(notice) if &*notice.method == Notice::TaskStatus.method() => {
            tell_of_task(kernel, connection, notice.params).await;
            Duration::ZERO
        }
        FromServer::Notice(notice) => {
            notify(kernel, parent, &notice.method, notice.params).await;
            Duration::ZERO
        }
        FromServer::Request(request) => {
            let ServerRequest { method, params, reply } = *request;
            let began = kernel.env.now();
            reply.answer(&answer(kernel, parent, &method, params).await);
            Duration::from_nanos(kernel.env.now().0.saturating_sub(began.0))
        }
    }
}

/// Questions inside an `input_required` result (2026-07-28, Multi Round-Trip Requests) for a client of the same era: each
/// takes the path; the result comes back with what was released, or the reason why one was not.
pub(crate) async fn input_requests(
    kernel: &Arc<Kernel>,
    parent: &Request,
    result: &JsonText,
) -> Result<JsonText, RpcError> {
    let mut splice = Splice::new(result);
    for (_, asked) in result.value().get("inputRequests").into_iter().flat_map(Json::members) {
        let (method, params) = parts(result, asked)?;
        splice.replace(asked, &question(kernel, parent, &method, params).await?);
    }
    Ok(splice.finish())
}

/// Puts the questions of an `input_required` result to a legacy client, one after the other; the `inputResponses` that
/// the server is waiting for, where it asked anything.
pub(crate) async fn answers(
    kernel: &Arc<Kernel>,
    parent: &Request,
    result: &JsonText,
) -> Result<Option<JsonText>, RpcError> {
    let mut answers: Vec<(String, JsonText)> = Vec::new();
    for (key, asked) in result.value().get("inputRequests").into_iter().flat_map(Json::members) {
        let (method, params) = parts(result, asked)?;
        let answer = match answer(kernel, parent, &method, params).await {
            // There is no other way to say that the user was not asked.
            Err(_) if method == Question::Elicit.method() => {
                JsonText::object([("action", JsonText::string("cancel"))])
            }
            answer => answer?,
        };
        answers.push((key.as_str().unwrap_or_default().into_owned(), answer));
    }
    let members = answers.iter().map(|(key, answer)| (key.as_str(), answer.clone()));
    Ok((!answers.is_empty()).then(|| JsonText::object(members)))
}

/// Method and params of one of `inputRequests`.
fn parts(result: &JsonText, asked: Json<'_>) -> Result<(String, Option<JsonText>), RpcError> {
    let method = asked.get("method").and_then(Json::as_str);
    let method = method.ok_or_else(|| RpcError::internal("the server asks something without a method"))?;
    let params = asked.get("params").filter(|params| params.kind() == Kind::Object);
    let params = params.map(|params| {
        // Its answer is waited for: this era has no tasks of clients.
        let params = result.share(params);
        let mut splice = Splice::new(&params);
        splice.remove(params.value(), "task");
        splice.finish()
    });
    Ok((method.into_owned(), params))
}

/// A question for a modern client: as a member of `inputRequests`, released.
pub(crate) async fn question(
    kernel: &Arc<Kernel>,
    parent: &Request,
    method: &str,
    params: Option<JsonText>,
) -> Result<JsonText, RpcError> {
    let (method, params) = released(ask(kernel, parent, method, params, Way::Carried).await)?;
    Ok(JsonText::object([("method", JsonText::string(method)), ("params", params)]))
}

/// A question that the client gets inside of an error: its params, released.
pub(crate) async fn carried(
    kernel: &Arc<Kernel>,
    parent: &Request,
    question: Question,
    params: JsonText,
) -> Result<JsonText, RpcError> {
    let asked = ask(kernel, parent, question.method(), Some(params), Way::Carried).await;
    released(asked).map(|(_, params)| params)
}

fn released(wire: Wire) -> Result<(&'static str, JsonText), RpcError> {
    match wire {
        Wire::Ask { method, params } => Ok((method, params)),
        Wire::Error(error) => Err(error),
        Wire::Result(_) | Wire::Notice { .. } => Err(RpcError::internal("the question was not released")),
    }
}

async fn notify(kernel: &Arc<Kernel>, parent: &Request, method: &str, params: Option<JsonText>) {
    let Some(out) = &parent.exchange.out else { return };
    let Some(server) = parent.call.action.server() else { return };
    let Some((notice, params)) = wanted(parent, method, params) else { return };
    if is_too_large(&params) || !kernel.rates.notice(&parent.call, kernel.env.now()) {
        kernel.floods.count("ringfence.notices", Some(&parent.call.principal));
        return;
    }
    let action = Action::Notify { server: server.clone(), notice, params };
    let released = call::run_within(kernel, small(kernel, parent, action)).await;
    if released.is_notice() {
        // A client that does not read loses notices, never answers: the queue is bounded and does not block the server.
        let _full = out.try_send(Interim::Notice(Box::new(released)));
    }
}

/// The notice with params as the client expects them, where it wants it at all.
fn wanted(parent: &Request, method: &str, params: Option<JsonText>) -> Option<(Notice, JsonText)> {
    let params = params.unwrap_or_else(JsonText::empty_object);
    match method {
        "notifications/progress" => {
            let token = parent.exchange.progress_token.as_ref()?;
            let mut splice = Splice::new(&params);
            splice.set(params.value(), "progressToken", token);
            Some((Notice::Progress, splice.finish()))
        }
        "notifications/message" => {
            loud_enough(&parent.exchange.client, &params).then_some((Notice::Log, params))
        }
        "notifications/tools/list_changed" => Some((Notice::ToolsChanged, params)),
        "notifications/resources/list_changed" => Some((Notice::ResourcesChanged, params)),
        "notifications/prompts/list_changed" => Some((Notice::PromptsChanged, params)),
        "notifications/elicitation/complete"
            if parent.exchange.client.version == ProtocolVersion::V2025_11_25 =>
        {
            Some((Notice::ElicitationComplete, params))
        }
        _ => None,
    }
}

/// Notices are small; what is not would cost others their time.
fn is_too_large(params: &JsonText) -> bool {
    params.as_str().len() > LARGEST_NOTICE
}

/// True for a log message that the client wants to see.
fn loud_enough(client: &ClientTerms, params: &JsonText) -> bool {
    let level = params
        .value()
        .get("level")
        .and_then(|level| level.as_str())
        .and_then(|level| LogLevel::named(&level));
    matches!((client.log_level, level), (Some(least), Some(level)) if level >= least)
}

/// A question for a legacy client: put to it now; its answer, released.
async fn answer(
    kernel: &Arc<Kernel>,
    parent: &Request,
    method: &str,
    params: Option<JsonText>,
) -> Result<JsonText, RpcError> {
    answered(ask(kernel, parent, method, params, Way::Asked).await)
}

/// Takes a server's question along the path, where the client said that it may be asked.
async fn ask(
    kernel: &Arc<Kernel>,
    parent: &Request,
    method: &str,
    params: Option<JsonText>,
    way: Way,
) -> Wire {
    let Some(server) = parent.call.action.server() else {
        return Wire::Error(RpcError::internal("no server to answer"));
    };
    let later = parent.exchange.aside.as_ref().filter(|_| way == Way::Asked);
    let asking = Asking { server, client: &parent.exchange.client, session: &parent.session, later };
    let action = match asking::action(kernel, &asking, method, params) {
        Ok(action) => action,
        Err(error) => return Wire::Error(error),
    };
    if !kernel.rates.question(&parent.call, kernel.env.now()) {
        kernel.floods.count("ringfence.questions", Some(&parent.call.principal));
        return Wire::Error(RpcError::internal("too many questions"));
    }
    let mut small = small(kernel, parent, action);
    small.exchange.way = way;
    call::run_within(kernel, small).await.into_wire()
}

/// The answer in what a question came to.
fn answered(wire: Wire) -> Result<JsonText, RpcError> {
    match wire {
        Wire::Result(answer) => Ok(answer),
        Wire::Error(error) => Err(error),
        Wire::Ask { .. } | Wire::Notice { .. } => Err(RpcError::internal("the question was not answered")),
    }
}

/// A call within `parent`, of the same principal, session and client.
fn small(kernel: &Kernel, parent: &Request, action: Action) -> Request {
    Request {
        call: Call {
            id: kernel.env.call_id(),
            session: parent.call.session,
            principal: Arc::clone(&parent.call.principal),
            action,
            // What arises while somebody asks after a task belongs to the task.
            parent: if parent.call.action.kind() == ActionKind::Task {
                parent.call.parent
            } else {
                Some(parent.call.id)
            },
            retries: None,
            received: kernel.env.now(),
        },
        params: JsonText::empty_object(),
        target: Target::Client,
        session: Arc::clone(&parent.session),
        exchange: Exchange {
            client: Arc::clone(&parent.exchange.client),
            progress_token: None,
            param_headers: None,
            out: parent.exchange.out.clone(),
            aside: parent.exchange.aside.clone(),
            way: parent.exchange.way,
            cancel: parent.exchange.cancel.clone(),
        },
        naming: parent.naming,
    }
}

/// A notice of a server outside any call in flight, for one listening client; released or dropped. `parent` is the call
/// that it is about, where there is one.
pub(crate) async fn announce(
    kernel: &Arc<Kernel>,
    listener: &Listener,
    server: &ServerName,
    notice: Notice,
    params: Option<JsonText>,
    parent: Option<CallId>,
) {
    let params = params.unwrap_or_else(JsonText::empty_object);
    if notice == Notice::Log && !loud_enough(&listener.client, &params) {
        return;
    }
    if is_too_large(&params) || !kernel.rates.announcement(&listener.session, server, kernel.env.now()) {
        return kernel.floods.count("ringfence.notices", Some(&listener.session.principal));
    }
    let action = Action::Notify { server: server.clone(), notice, params };
    let exchange = Exchange::silent(Arc::clone(&listener.client));
    let mut request = outside(kernel, listener, action, exchange);
    request.call.parent = parent;
    let released = call::run_within(kernel, request).await;
    if released.is_notice() {
        let _full = listener.out.try_send(Interim::Notice(Box::new(released)));
    }
}

/// A question of a legacy server outside any call in flight, for the client that it is meant for. `parent` is the call
/// whose task asks, where one does.
pub(crate) async fn inquire(
    kernel: &Arc<Kernel>,
    listener: &Listener,
    server: &ServerName,
    asked: ServerRequest,
    parent: Option<CallId>,
) {
    let ServerRequest { method, params, reply } = asked;
    let asking =
        Asking { server, client: &listener.client, session: &listener.session, later: Some(&listener.out) };
    let action = match asking::action(kernel, &asking, &method, params) {
        Ok(action) => action,
        Err(error) => return reply.answer(&Err(error)),
    };
    if !kernel.rates.inquiry(&listener.session, server, kernel.env.now()) {
        kernel.floods.count("ringfence.questions", Some(&listener.session.principal));
        return reply.answer(&Err(RpcError::internal("too many questions")));
    }
    reply.answer(&put(kernel, listener, action, parent).await);
}

/// What a server wants to know of a question that the client goes on with. Nobody is bothered by it, so it may come more
/// often than a question.
pub(crate) async fn ask_after(
    kernel: &Arc<Kernel>,
    listener: &Listener,
    server: &ServerName,
    after: After,
) -> Answer {
    let question = Question::Task(after.wanted);
    let (params, parent) = match after.errand {
        Some(errand) => (errand.named(), Some(errand.call)),
        None => (after.page, None),
    };
    if !listener.client.abilities.has(asking::needed(question, params.value())) {
        return Err(RpcError::method_not_found(question.method()));
    }
    if !kernel.rates.announcement(&listener.session, server, kernel.env.now()) {
        kernel.floods.count("ringfence.questions", Some(&listener.session.principal));
        return Err(RpcError::internal("too many questions"));
    }
    put(kernel, listener, Action::Ask { server: server.clone(), question, params }, parent).await
}

/// Puts a question to a listening client.
async fn put(kernel: &Arc<Kernel>, listener: &Listener, action: Action, parent: Option<CallId>) -> Answer {
    let exchange = Exchange {
        out: Some(listener.out.clone()),
        aside: Some(listener.out.clone()),
        ..Exchange::silent(Arc::clone(&listener.client))
    };
    let mut request = outside(kernel, listener, action, exchange);
    request.call.parent = parent;
    answered(call::run_within(kernel, request).await.into_wire())
}

/// A call that arises outside all calls, for one listening client.
fn outside(kernel: &Kernel, listener: &Listener, action: Action, exchange: Exchange) -> Request {
    Request {
        call: Call {
            id: kernel.env.call_id(),
            session: listener.session.id,
            principal: Arc::clone(&listener.session.principal),
            action,
            parent: None,
            retries: None,
            received: kernel.env.now(),
        },
        params: JsonText::empty_object(),
        target: Target::Client,
        session: Arc::clone(&listener.session),
        exchange,
        naming: listener.naming,
    }
}
