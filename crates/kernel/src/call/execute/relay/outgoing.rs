//! A call as its server gets it: judged members only, in the server's era.
//!
//! Must never hold a key of ours, or a member that nobody looked at.

use ringfence_mcp::Params;
use ringfence_mcp::client::RequestOptions;
use ringfence_mcp::meta;
use ringfence_mcp::version::Era;
use ringfence_model::call::Action;
use ringfence_model::json::{Json, JsonText, Kind, Splice};

use crate::call::Request;
use crate::exchange::Ability;
use crate::upstream::Connection;

/// The method and params; `more` are members that belong to this attempt. The peer adds version, capabilities and
/// progress token of its own conversation.
pub(super) fn message(
    request: &Request,
    connection: &Connection,
    more: Vec<(&'static str, JsonText)>,
) -> (&'static str, Params) {
    let mut members: Vec<(&'static str, JsonText)> = Vec::with_capacity(5);
    let method = match &request.call.action {
        Action::CallTool { tool, arguments, .. } => {
            members.push(("name", JsonText::string(tool)));
            members.push(("arguments", arguments.clone()));
            match as_task(request, connection) {
                AsTask::No => {}
                AsTask::ForClient(task) => members.push(("task", task)),
                AsTask::ForUs => members.push(("task", JsonText::empty_object())),
            }
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
            if let Some(context) = request.params.get("context") {
                members.push(("context", request.params.share(context)));
            }
            "completion/complete"
        }
        Action::Subscribe { uri, .. } => {
            members.push(("uri", JsonText::string(uri)));
            "resources/subscribe"
        }
        Action::Unsubscribe { uri, .. } => {
            members.push(("uri", JsonText::string(uri)));
            "resources/unsubscribe"
        }
        Action::Task { wanted, .. } => wanted.method(),
        Action::List { what, .. } => what.method(),
        Action::SetLogLevel { .. } => "logging/setLevel",
        Action::Ask { question, .. } => question.method(),
        Action::Notify { notice, .. } => notice.method(),
        Action::RootsChanged { .. } => "notifications/roots/list_changed",
        Action::Greet { .. } | Action::Listen { .. } | Action::Operate { .. } => "ping",
    };
    members.extend(more);
    let meta = meta_for(request, connection).and_then(|meta| meta::without_ours(&meta));
    members.extend(meta.map(|meta| ("_meta", meta)));
    (method, Params::of(members))
}

/// The client's `_meta`, with the level of log messages as the server's era wants it.
fn meta_for(request: &Request, connection: &Connection) -> Option<JsonText> {
    let meta = request.params.get("_meta").map(|meta| request.params.share(meta));
    match (request.exchange.client.version.era(), connection.era()) {
        (Era::Legacy, Era::Legacy) | (Era::Modern, Era::Modern) => meta,
        (Era::Modern, Era::Legacy) => {
            let meta = meta?;
            let mut splice = Splice::new(&meta);
            splice.remove(meta.value(), meta::LOG_LEVEL);
            Some(splice.finish())
        }
        (Era::Legacy, Era::Modern) => {
            let Some(level) = request.exchange.client.log_level.filter(|_| connection.logs()) else {
                return meta;
            };
            let meta = meta.unwrap_or_else(JsonText::empty_object);
            let mut splice = Splice::new(&meta);
            splice.set(meta.value(), meta::LOG_LEVEL, &JsonText::string(level.as_str()));
            Some(splice.finish())
        }
    }
}

/// How a call and a task go together at a legacy server.
pub(in crate::call::execute) enum AsTask {
    /// Not at all: it is answered when it is done.
    No,
    /// The client asked for a task, in these words, and comes back for it.
    ForClient(JsonText),
    /// The tool takes no other calls, and the client knows no tasks: we wait for it.
    ForUs,
}

/// How this call and a task go together.
pub(in crate::call::execute) fn as_task(request: &Request, connection: &Connection) -> AsTask {
    let Action::CallTool { tool, .. } = &request.call.action else { return AsTask::No };
    if !connection.augments_calls() {
        return AsTask::No;
    }
    let client = &request.exchange.client;
    if client.version.era() == Era::Legacy && client.abilities.has(Ability::Tasks) {
        let asked = request.params.value().get("task").filter(|task| task.kind() == Kind::Object);
        return asked.map_or(AsTask::No, |task| {
            let ttl = task.get("ttl").and_then(Json::as_i64).map(|ttl| ("ttl", JsonText::from(ttl)));
            AsTask::ForClient(JsonText::object(ttl))
        });
    }
    if connection.requires_task(tool) { AsTask::ForUs } else { AsTask::No }
}

/// What the client can do, as a modern server sees it. For a legacy client we wait for tasks ourselves.
fn capabilities(request: &Request, connection: &Connection) -> JsonText {
    let client = &request.exchange.client;
    let own = client.capabilities(connection.era());
    let extensions = match client.version.era() {
        Era::Modern => client.extensions.clone(),
        Era::Legacy => (connection.era() == Era::Modern && connection.has_tasks())
            .then(|| JsonText::object([(meta::TASKS_EXTENSION, JsonText::empty_object())])),
    };
    let Some(extensions) = extensions else { return own };
    let mut splice = Splice::new(&own);
    splice.set(own.value(), "extensions", &extensions);
    splice.finish()
}

/// What the peer needs beside the message.
pub(in crate::call::execute) fn options(request: &Request, connection: &Connection) -> RequestOptions {
    RequestOptions {
        progress: request.exchange.progress_token.is_some(),
        capabilities: Some(capabilities(request, connection)),
        headers: connection.headers(&request.call.action),
    }
}

/// The `ref` of a completion under the server's own name for it.
fn completion_reference(request: &Request, reference: &str) -> JsonText {
    let given = request.params.get("ref");
    let is_prompt = given.and_then(|given| given.get("type")).and_then(|kind| kind.as_str()).as_deref()
        == Some("ref/prompt");
    let (kind, member) = if is_prompt { ("ref/prompt", "name") } else { ("ref/resource", "uri") };
    JsonText::object([("type", JsonText::string(kind)), (member, JsonText::string(reference))])
}
