//! How answers look on the wire: denials a model can act on, redacted results that still fit their schema.
//!
//! Shapes and codes: design, «The wire»; MCP 2025-11-25 and 2026-07-28, server/tools («Error Handling»).

mod era;
mod tasks;

use ringfence_mcp::message::RpcError;
use ringfence_mcp::meta;
use ringfence_mcp::version::Era;
use ringfence_model::call::{Action, ActionKind, Notice, TaskRequest};
use ringfence_model::id::ApprovalId;
use ringfence_model::json::{Json, JsonText, Kind, Splice};
use ringfence_model::name::ServerName;
use ringfence_model::verdict::Code;

use crate::call::{Denial, Naming, Permitted, Request, Wire};
use crate::endpoint;
use crate::kernel::Kernel;
use crate::retry::CONFIRM_KEY;

pub(super) use tasks::{begun, of_task};

/// The `_meta` key under which a denied tool call says why.
const DENIED: &str = "io.ringfence/denied";

/// A denial: for a tool call a result the model reads, else an error. `approval` is what an approver can answer.
pub(super) fn denial(request: &Request, denial: &Denial, approval: Option<ApprovalId>) -> Wire {
    if let Some(error) = &denial.protocol {
        return Wire::Error(error.clone());
    }
    let reason = &denial.reason;
    let mut text = match denial.code {
        Code::Denied | Code::DefinitionChanged => {
            format!("Denied by the rule `{}`: {}.", reason.rule, reason.message)
        }
        Code::ApprovalNeeded => {
            format!(
                "A person must allow this, and nobody can be asked here (rule `{}`): {}.",
                reason.rule, reason.message
            )
        }
        Code::Withheld => {
            format!("The effect happened, do not retry; its result is withheld: {}.", reason.message)
        }
        Code::UpstreamFailed => format!("{}.", reason.message),
        Code::Limited => format!("Too many (rule `{}`): {}.", reason.rule, reason.message),
    };
    if let Some(alternative) = &reason.alternative {
        text.push(' ');
        text.push_str(alternative);
    }
    if let Some(approval) = approval {
        text.push_str(&format!(
            " The operator can allow it once: `ringfence approvals approve {approval}`; then repeat the call unchanged."
        ));
    }
    let mut members = vec![
        ("code", JsonText::from(i64::from(denial.code.number()))),
        ("rule", JsonText::string(&reason.rule)),
        ("reason", JsonText::string(&reason.message)),
    ];
    if let Some(alternative) = &reason.alternative {
        members.push(("alternative", JsonText::string(alternative)));
    }
    if let Some(approval) = approval {
        members.push(("approval_id", JsonText::string(&approval.to_string())));
    }
    refusal(request, denial.code, &text, JsonText::object(members))
}

/// The effect happened, the result is not released.
pub(super) fn withheld(permitted: &Permitted, why: &str) -> Wire {
    let text = format!("The effect happened, do not retry; its result is withheld: {why}.");
    after_effect(permitted, Code::Withheld, &text, why)
}

/// The server failed while the call ran.
pub(super) fn failed(permitted: &Permitted, message: &str) -> Wire {
    let text = format!("The server failed while the call ran; its effect may have happened: {message}");
    after_effect(permitted, Code::UpstreamFailed, &text, message)
}

/// No answer in time.
pub(super) fn timed_out(permitted: &Permitted) -> Wire {
    let text = "The server did not answer in time; its effect may have happened, do not simply retry.";
    after_effect(permitted, Code::Withheld, text, "timeout")
}

/// The client has gone; nobody reads this.
pub(super) fn cancelled() -> Wire {
    Wire::Error(RpcError::new(i64::from(Code::Withheld.number()), "cancelled by the client"))
}

fn after_effect(permitted: &Permitted, code: Code, text: &str, why: &str) -> Wire {
    let data = JsonText::object([
        ("code", JsonText::from(i64::from(code.number()))),
        ("reason", JsonText::string(why)),
    ]);
    refusal(&permitted.assessed.admitted.request, code, text, data)
}

fn refusal(request: &Request, code: Code, text: &str, data: JsonText) -> Wire {
    if request.call.action.kind() != ActionKind::CallTool {
        return Wire::Error(RpcError {
            code: i64::from(code.number()),
            message: text.to_owned(),
            data: Some(data),
        });
    }
    Wire::Result(tool_error(request, text, JsonText::object([(DENIED, data)])))
}

fn tool_error(request: &Request, text: &str, meta: JsonText) -> JsonText {
    let block = JsonText::object([("type", JsonText::string("text")), ("text", JsonText::string(text))]);
    let mut members =
        vec![("content", JsonText::array([block.value()])), ("isError", true.into()), ("_meta", meta)];
    if request.exchange.client.version.era() == Era::Modern {
        members.push(("resultType", JsonText::string("complete")));
    }
    JsonText::object(members)
}

/// A result as this client sees it: our keys stripped, names of a shared endpoint put in front, in its era.
pub(super) fn result(kernel: &Kernel, permitted: &Permitted, result: &JsonText) -> JsonText {
    let request = permitted.request();
    if let Action::Task { wanted, .. } = &request.call.action {
        return tasks::result(kernel, permitted, *wanted, result);
    }
    let stripped = meta::strip_ours(result);
    let kind = request.call.action.kind();
    let shown = match (request.naming, request.call.action.server()) {
        (Naming::Prefixed, Some(server))
            if matches!(kind, ActionKind::CallTool | ActionKind::ReadResource | ActionKind::GetPrompt) =>
        {
            with_shown_uris(server, &stripped)
        }
        _ => stripped,
    };
    let version = request.exchange.client.version;
    match version.era() {
        Era::Modern => era::modern(&request.call.action, &shown),
        Era::Legacy => era::legacy(&request.call.action, version, &shown),
    }
}

/// A server's error as this client sees it.
pub(super) fn error(permitted: &Permitted, error: RpcError) -> RpcError {
    let request = permitted.request();
    match (&permitted.assessed.known.connection, &request.call.action) {
        (Some(connection), Action::ReadResource { .. }) => {
            era::not_found(request.exchange.client.version.era(), connection.era(), error)
        }
        _ => error,
    }
}

/// A server's notification as this client sees it. On a shared endpoint it says whose it is.
pub(super) fn notice(
    kernel: &Kernel,
    request: &Request,
    server: &ServerName,
    notice: Notice,
    params: &JsonText,
) -> JsonText {
    let stripped = meta::strip_ours(params);
    if matches!(notice, Notice::TaskStatus | Notice::TaskChanged) {
        return tasks::status(kernel, request, &stripped);
    }
    let value = stripped.value();
    let mut splice = Splice::new(&stripped);
    match (request.naming, notice) {
        (Naming::Prefixed, Notice::ResourceUpdated) => {
            if let Some(uri) = value.get("uri").and_then(Json::as_str) {
                splice.set(value, "uri", &JsonText::string(&endpoint::shown_uri(server, &uri)));
            }
        }
        (Naming::Prefixed, Notice::Log) => {
            let logger = value.get("logger").and_then(Json::as_str);
            let shown = logger.map_or_else(|| server.to_string(), |logger| format!("{server}/{logger}"));
            splice.set(value, "logger", &JsonText::string(&shown));
        }
        (
            Naming::Prefixed,
            Notice::Progress
            | Notice::ToolsChanged
            | Notice::ResourcesChanged
            | Notice::PromptsChanged
            | Notice::ElicitationComplete
            | Notice::TaskStatus
            | Notice::TaskChanged,
        )
        | (Naming::Plain, _) => {}
    }
    splice.finish()
}

/// URIs of resources in content, under the name that clients of the whole endpoint can read them by.
fn with_shown_uris(server: &ServerName, result: &JsonText) -> JsonText {
    let mut splice = Splice::new(result);
    let value = result.value();
    let mut show = |holder: Json<'_>| {
        if let Some(uri) = holder.get("uri")
            && let Some(text) = uri.as_str()
        {
            splice.replace(uri, &JsonText::string(&endpoint::shown_uri(server, &text)));
        }
    };
    for block in value.get("contents").into_iter().flat_map(Json::elements) {
        show(block);
    }
    let in_messages = value
        .get("messages")
        .into_iter()
        .flat_map(Json::elements)
        .filter_map(|message| message.get("content"));
    for block in value.get("content").into_iter().flat_map(Json::elements).chain(in_messages) {
        match block.get("type").and_then(|kind| kind.as_str()).as_deref() {
            Some("resource_link") => show(block),
            Some("resource") => block.get("resource").into_iter().for_each(&mut show),
            _ => {}
        }
    }
    splice.finish()
}

/// What was made of the result by taking something out: `structuredContent` stays valid for its schema or goes, with
/// `isError`.
pub(super) fn still_valid(permitted: &Permitted, result: &JsonText, clean: JsonText) -> JsonText {
    if std::ptr::eq(result.as_str(), clean.as_str()) {
        return clean;
    }
    let known = &permitted.assessed.known;
    let action = &permitted.request().call.action;
    // What comes of a task has its result inside, or is the result.
    let (within, schema) = if let Action::CallTool { tool, .. } = action {
        (None, known.connection.as_ref().and_then(|connection| connection.output_schema(tool)))
    } else if let (Action::Task { wanted, .. }, Some(task)) = (action, &known.task) {
        ((*wanted != TaskRequest::Result).then_some("result"), task.schema.clone())
    } else {
        return clean;
    };
    let held = |text: &JsonText| {
        within.map_or_else(|| Some(text.clone()), |name| Some(text.share(text.value().get(name)?)))
    };
    let (Some(result), Some(clean_result)) = (held(result), held(&clean)) else { return clean };
    let (before, after) =
        (result.value().get("structuredContent"), clean_result.value().get("structuredContent"));
    if before.map(Json::raw) == after.map(Json::raw) {
        return clean;
    }
    if schema.is_none_or(|schema| takes_any_string(schema.value())) && same_keys(before, after) {
        return clean;
    }
    let mut splice = Splice::new(&clean_result);
    splice.remove(clean_result.value(), "structuredContent");
    let dropped = splice.finish();
    let mut splice = Splice::new(&dropped);
    splice.set(dropped.value(), "isError", &true.into());
    let dropped = splice.finish();
    let Some(whole) = within.and_then(|name| clean.value().get(name)) else { return dropped };
    let mut splice = Splice::new(&clean);
    splice.replace(whole, &dropped);
    splice.finish()
}

/// True for a schema that cannot tell one string from another (JSON Schema 2020-12 validation, section 6.3 and 6.1).
fn takes_any_string(schema: Json<'_>) -> bool {
    const TELL_APART: [&str; 8] = [
        "pattern",
        "enum",
        "const",
        "format",
        "maxLength",
        "minLength",
        "patternProperties",
        "propertyNames",
    ];
    match schema.kind() {
        Kind::Object => schema.members().all(|(key, value)| {
            key.as_str().is_some_and(|key| !TELL_APART.contains(&key.as_ref())) && takes_any_string(value)
        }),
        Kind::Array => schema.elements().all(takes_any_string),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => true,
    }
}

/// True where redaction left every key as it was.
fn same_keys(before: Option<Json<'_>>, after: Option<Json<'_>>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => {
            before.kind() == after.kind()
                && before.members().map(|(key, _)| key).eq(after.members().map(|(key, _)| key))
                && before.members().zip(after.members()).all(|((_, a), (_, b))| same_keys(Some(a), Some(b)))
                && before.elements().zip(after.elements()).all(|(a, b)| same_keys(Some(a), Some(b)))
        }
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// A server's `input_required` result with our sealed state in place of its own.
pub(super) fn input_required(result: &JsonText, state: &str) -> JsonText {
    let stripped = meta::strip_ours(result);
    let mut splice = Splice::new(&stripped);
    splice.set(stripped.value(), "requestState", &JsonText::string(state));
    splice.finish()
}

/// Our own `input_required` result: one form.
pub(super) fn our_input_required(question: &JsonText, state: &str) -> JsonText {
    let ask =
        JsonText::object([("method", JsonText::string("elicitation/create")), ("params", question.clone())]);
    JsonText::object([
        ("resultType", JsonText::string("input_required")),
        ("inputRequests", JsonText::object([(CONFIRM_KEY, ask)])),
        ("requestState", JsonText::string(state)),
    ])
}
