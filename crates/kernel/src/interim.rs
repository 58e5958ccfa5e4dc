//! What a server sends while one of its calls runs: each piece becomes a small call with that call as its parent.
//!
//! Must never answer a server, or reach the client, with anything that the path did not release.

use std::sync::Arc;
use std::time::Duration;

use ringfence_mcp::client::{FromServer, ServerRequest};
use ringfence_mcp::message::RpcError;
use ringfence_model::call::{Action, Call, Notice};
use ringfence_model::json::{JsonText, Splice};
use ringfence_model::name::ServerName;

use crate::call::{self, Request, Target, Wire};
use crate::exchange::{ClientTerms, Exchange, Interim, LogLevel};
use crate::kernel::Kernel;
use crate::upstream::Connection;

/// Handles one event of a running call. Returns how long a person was waited for, which does not count against the call.
pub(crate) async fn from_server(
    kernel: &Arc<Kernel>,
    parent: &Request,
    connection: &Connection,
    event: FromServer,
) -> Duration {
    match event {
        // What does not name its call could belong to another session's: it is not guessed.
        FromServer::Notice(notice)
            if connection.is_shared() && &*notice.method != "notifications/progress" =>
        {
            Duration::ZERO
        }
        FromServer::Request(request) if connection.is_shared() => {
            request.reply.answer(&Err(RpcError::method_not_found(&request.method)));
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

/// Questions inside an `input_required` result (2026-07-28, Multi Round-Trip Requests): each takes the path; the result
/// comes back with what was released, or the reason why one was not.
pub(crate) async fn input_requests(
    kernel: &Arc<Kernel>,
    parent: &Request,
    result: &JsonText,
) -> Result<JsonText, String> {
    let Some(requests) = result.value().get("inputRequests") else { return Ok(result.clone()) };
    let mut splice = Splice::new(result);
    for (_, question) in requests.members() {
        let method = question.get("method").and_then(|method| method.as_str()).unwrap_or_default();
        if method != "elicitation/create" {
            return Err(format!("the server asks the client for `{method}`, which is not passed on"));
        }
        let Some(params) = question.get("params") else { return Err("a question without params".into()) };
        match elicit(kernel, parent, result.share(params)).await {
            Wire::Ask { params: released } => splice.replace(params, &released),
            Wire::Error(error) => return Err(error.message),
            Wire::Result(_) | Wire::Notice { .. } => return Err("a question was not released".into()),
        }
    }
    Ok(splice.finish())
}

async fn notify(kernel: &Arc<Kernel>, parent: &Request, method: &str, params: Option<JsonText>) {
    let Some(out) = &parent.exchange.out else { return };
    let Some(server) = parent.call.action.server() else { return };
    let Some((notice, params)) = wanted(parent, method, params) else { return };
    if !kernel.rates.notice(&parent.call, kernel.env.now()) {
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
        _ => None,
    }
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

async fn answer(
    kernel: &Arc<Kernel>,
    parent: &Request,
    method: &str,
    params: Option<JsonText>,
) -> Result<JsonText, RpcError> {
    if method != "elicitation/create" {
        return Err(RpcError::method_not_found(method));
    }
    let params = params.unwrap_or_else(JsonText::empty_object);
    match elicit(kernel, parent, params).await {
        Wire::Result(answer) => Ok(answer),
        Wire::Error(error) => Err(error),
        Wire::Ask { .. } | Wire::Notice { .. } => Err(RpcError::internal("the question was not answered")),
    }
}

async fn elicit(kernel: &Arc<Kernel>, parent: &Request, params: JsonText) -> Wire {
    let Some(server) = parent.call.action.server() else {
        return Wire::Error(RpcError::internal("no server to answer"));
    };
    let mode = params.value().get("mode").and_then(|mode| mode.as_str()).unwrap_or_default();
    let able = if mode == "url" {
        parent.exchange.client.url_elicitation
    } else {
        parent.exchange.client.form_elicitation
    };
    if !able {
        return Wire::Error(RpcError::method_not_found("elicitation/create"));
    }
    if !kernel.rates.question(&parent.call, kernel.env.now()) {
        kernel.floods.count("ringfence.questions", Some(&parent.call.principal));
        return Wire::Error(RpcError::internal("too many questions"));
    }
    let action = Action::Elicit { server: server.clone(), params };
    call::run_within(kernel, small(kernel, parent, action)).await.into_wire()
}

/// A call within `parent`, of the same principal, session and client.
fn small(kernel: &Kernel, parent: &Request, action: Action) -> Request {
    Request {
        call: Call {
            id: kernel.env.call_id(),
            session: parent.call.session,
            principal: Arc::clone(&parent.call.principal),
            action,
            parent: Some(parent.call.id),
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
            cancel: parent.exchange.cancel.clone(),
        },
        naming: parent.naming,
    }
}

/// A notice of a server outside any call, for one listening client; released or dropped.
pub(crate) async fn announce(
    kernel: &Arc<Kernel>,
    listener: &crate::upstream::Listener,
    server: &ServerName,
    notice: Notice,
    params: Option<JsonText>,
) {
    let params = params.unwrap_or_else(JsonText::empty_object);
    if notice == Notice::Log && !loud_enough(&listener.client, &params) {
        return;
    }
    if !kernel.rates.announcement(listener.session.id, kernel.env.now()) {
        return kernel.floods.count("ringfence.notices", Some(&listener.session.principal));
    }
    let call = Call {
        id: kernel.env.call_id(),
        session: listener.session.id,
        principal: Arc::clone(&listener.session.principal),
        action: Action::Notify { server: server.clone(), notice, params },
        parent: None,
        retries: None,
        received: kernel.env.now(),
    };
    let request = Request {
        call,
        params: JsonText::empty_object(),
        target: Target::Client,
        session: Arc::clone(&listener.session),
        exchange: Exchange::silent(Arc::clone(&listener.client)),
        naming: call::Naming::Plain,
    };
    let released = call::run_within(kernel, request).await;
    if released.is_notice() {
        let _full = listener.out.try_send(Interim::Notice(Box::new(released)));
    }
}
