//! One request to one upstream server, with everything that the server sends before its answer.

use std::sync::Arc;

use ringfence_mcp::client::{PeerError, RequestOptions};
use ringfence_mcp::meta;
use ringfence_mcp::version::Era;
use ringfence_model::call::Action;
use ringfence_model::json::JsonText;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::End;
use crate::call::{Permitted, Request, Target};
use crate::exchange::QUEUE;
use crate::interim;
use crate::kernel::Kernel;
use crate::upstream::Connection;

/// Sends the call to its server and waits for the answer.
pub(super) async fn relay(kernel: &Arc<Kernel>, permitted: &Permitted) -> End {
    let known = &permitted.assessed.known;
    let request = &permitted.assessed.admitted.request;
    let Some(connection) = &known.connection else {
        return End::Failed("no connection to the server was assessed".into());
    };
    let first = attempt(kernel, permitted, connection).await;
    let Err(PeerError::SessionExpired) = first else {
        return ended(kernel, request, connection, first).await;
    };
    // The server forgot the session before it looked at the call: nothing happened, so a new session may try once.
    let Target::Upstream(upstream) = &request.target else {
        return ended(kernel, request, connection, first).await;
    };
    upstream.forget(connection);
    match upstream.connection(kernel, &request.session, &request.exchange.client).await {
        Ok(fresh) => {
            if !same_definition(permitted, &fresh).await {
                return End::Failed(
                    "the tool's definition has changed since it was judged; call it again".into(),
                );
            }
            let second = attempt(kernel, permitted, &fresh).await;
            ended(kernel, request, &fresh, second).await
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

async fn ended(
    kernel: &Arc<Kernel>,
    request: &Request,
    connection: &Connection,
    answer: Result<End, PeerError>,
) -> End {
    match answer {
        Ok(End::Result(result)) if connection.era() == Era::Modern && asks_for_input(&result) => {
            match interim::input_requests(kernel, request, &result).await {
                Ok(result) => End::Parked(result),
                Err(why) => End::Failed(why),
            }
        }
        Ok(end) => end,
        Err(error) => {
            connection.failed(&error);
            End::Failed(connection.explain(&error))
        }
    }
}

async fn attempt(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    connection: &Arc<Connection>,
) -> Result<End, PeerError> {
    let request = &permitted.assessed.admitted.request;
    let (method, params) = outgoing(permitted);
    let options = RequestOptions {
        progress: request.exchange.progress_token.is_some(),
        capabilities: Some(request.exchange.client.capabilities()),
        headers: connection.headers(&request.call.action),
    };
    let (events, mut from_server) = mpsc::channel(QUEUE);
    let answer = connection.peer().request(method, Some(params), options, events);
    tokio::pin!(answer);
    let limit = connection.timeout().unwrap_or(kernel.limits.timeout.0);
    let mut deadline = Instant::now() + limit;
    loop {
        tokio::select! {
            biased;
            () = request.exchange.cancel.cancelled() => return Ok(End::Cancelled),
            event = from_server.recv() => if let Some(event) = event {
                deadline += interim::from_server(kernel, request, connection, event).await;
            } else {
                // The peer has dropped its end: only the answer is left.
                return finish(answer.await);
            },
            result = &mut answer => {
                // What the server sent before its answer reaches the client before it.
                while let Ok(event) = from_server.try_recv() {
                    interim::from_server(kernel, request, connection, event).await;
                }
                connection.answers();
                return finish(result);
            }
            () = tokio::time::sleep_until(deadline) => return Ok(End::Timeout),
        }
    }
}

fn asks_for_input(result: &JsonText) -> bool {
    result.value().get("resultType").and_then(|kind| kind.as_str()).as_deref() == Some("input_required")
}

fn finish(
    answer: Result<Result<JsonText, ringfence_mcp::message::RpcError>, PeerError>,
) -> Result<End, PeerError> {
    Ok(match answer? {
        Ok(result) => End::Result(result),
        Err(error) => End::Error(error),
    })
}

/// The method and params as the server gets them: judged members only, and a `_meta` without our keys. The peer puts
/// version, capabilities and progress token of its own conversation there.
fn outgoing(permitted: &Permitted) -> (&'static str, JsonText) {
    let request = &permitted.assessed.admitted.request;
    let mut members: Vec<(&str, JsonText)> = Vec::with_capacity(5);
    let method = match &request.call.action {
        Action::CallTool { tool, arguments, .. } => {
            members.push(("name", JsonText::string(tool)));
            members.push(("arguments", arguments.clone()));
            "tools/call"
        }
        Action::ReadResource { uri, .. } => {
            members.push(("uri", JsonText::string(uri)));
            "resources/read"
        }
        Action::GetPrompt { prompt, arguments, .. } => {
            members.push(("name", JsonText::string(prompt)));
            members.push(("arguments", arguments.clone()));
            "prompts/get"
        }
        Action::Complete { reference, argument, .. } => {
            members.push(("ref", completion_reference(request, reference)));
            members.push(("argument", argument.clone()));
            if let Some(context) = request.params.value().get("context") {
                members.push(("context", request.params.share(context)));
            }
            "completion/complete"
        }
        Action::List { what, .. } => what.method(),
        Action::SetLogLevel { .. } => "logging/setLevel",
        Action::Greet { .. }
        | Action::Listen { .. }
        | Action::Elicit { .. }
        | Action::Notify { .. }
        | Action::Operate { .. } => "ping",
    };
    if let Some(retry) = &permitted.assessed.admitted.retry {
        members.extend(retry.forwarded(&request.params));
    }
    if let Some(meta) = request.params.value().get("_meta") {
        members.push(("_meta", request.params.share(meta)));
    }
    (method, meta::strip_ours(&JsonText::object(members)))
}

/// The `ref` of a completion under the server's own name for it.
fn completion_reference(request: &Request, reference: &str) -> JsonText {
    let given = request.params.value().get("ref");
    let is_prompt = given.and_then(|given| given.get("type")).and_then(|kind| kind.as_str()).as_deref()
        == Some("ref/prompt");
    let (kind, member) = if is_prompt { ("ref/prompt", "name") } else { ("ref/resource", "uri") };
    JsonText::object([("type", JsonText::string(kind)), (member, JsonText::string(reference))])
}
