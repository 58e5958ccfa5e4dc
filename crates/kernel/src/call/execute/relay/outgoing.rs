//! A call as its server gets it: judged members only, in the server's era.
//!
//! Must never hold a key of ours, or a member that nobody looked at.

use ringfence_mcp::client::RequestOptions;
use ringfence_mcp::meta;
use ringfence_mcp::version::Era;
use ringfence_model::call::Action;
use ringfence_model::json::{JsonText, Splice};

use crate::call::Request;
use crate::upstream::Connection;

/// The method and params; `more` are members that belong to this attempt. The peer adds version, capabilities and
/// progress token of its own conversation.
pub(super) fn message(
    request: &Request,
    connection: &Connection,
    more: Vec<(&'static str, JsonText)>,
) -> (&'static str, JsonText) {
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
        Action::Subscribe { uri, .. } => {
            members.push(("uri", JsonText::string(uri)));
            "resources/subscribe"
        }
        Action::Unsubscribe { uri, .. } => {
            members.push(("uri", JsonText::string(uri)));
            "resources/unsubscribe"
        }
        Action::List { what, .. } => what.method(),
        Action::SetLogLevel { .. } => "logging/setLevel",
        Action::Ask { question, .. } => question.method(),
        Action::Notify { notice, .. } => notice.method(),
        Action::RootsChanged { .. } => "notifications/roots/list_changed",
        Action::Greet { .. } | Action::Listen { .. } | Action::Operate { .. } => "ping",
    };
    members.extend(more);
    members.extend(meta_for(request, connection).map(|meta| ("_meta", meta)));
    (method, meta::strip_ours(&JsonText::object(members)))
}

/// The client's `_meta`, with the level of log messages as the server's era wants it.
fn meta_for(request: &Request, connection: &Connection) -> Option<JsonText> {
    let meta = request.params.value().get("_meta").map(|meta| request.params.share(meta));
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

/// What the peer needs beside the message.
pub(super) fn options(request: &Request, connection: &Connection) -> RequestOptions {
    RequestOptions {
        progress: request.exchange.progress_token.is_some(),
        capabilities: Some(request.exchange.client.capabilities()),
        headers: connection.headers(&request.call.action),
    }
}

/// The `ref` of a completion under the server's own name for it.
fn completion_reference(request: &Request, reference: &str) -> JsonText {
    let given = request.params.value().get("ref");
    let is_prompt = given.and_then(|given| given.get("type")).and_then(|kind| kind.as_str()).as_deref()
        == Some("ref/prompt");
    let (kind, member) = if is_prompt { ("ref/prompt", "name") } else { ("ref/resource", "uri") };
    JsonText::object([("type", JsonText::string(kind)), (member, JsonText::string(reference))])
}
