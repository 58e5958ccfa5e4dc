//! A server's question as this client can be given it: what it declared, in the words of its version.
//!
//! Must never pass on what the client did not say that it can do.

use ringfence_mcp::message::RpcError;
use ringfence_mcp::meta;
use ringfence_mcp::version::{Era, ProtocolVersion};
use ringfence_model::call::{Action, Question, TaskRequest};
use ringfence_model::json::{Json, JsonText, Kind, Splice};
use ringfence_model::name::ServerName;
use tokio::sync::mpsc;

use crate::exchange::{Ability, ClientTerms, Interim};
use crate::kernel::Kernel;
use crate::session::Session;

/// Longest `elicitationId` that is passed on.
const LONGEST_ID: usize = 256;

/// Who asks whom.
pub(super) struct Asking<'a> {
    pub(super) server: &'a ServerName,
    pub(super) client: &'a ClientTerms,
    pub(super) session: &'a Session,
    /// Where the client can be asked later about what it goes on with, where it can.
    pub(super) later: Option<&'a mpsc::Sender<Interim>>,
}

/// The action that the question is.
///
/// # Errors
/// `-32601` where the client cannot be asked this at all, `-32602` where it cannot be asked in this way.
pub(super) fn action(
    kernel: &Kernel,
    asking: &Asking<'_>,
    method: &str,
    params: Option<JsonText>,
) -> Result<Action, RpcError> {
    let question = Question::of_method(method).ok_or_else(|| RpcError::method_not_found(method))?;
    let params = params.unwrap_or_else(JsonText::empty_object);
    let asked = for_client(kernel, asking.client, question, &params)?;
    let params = match as_task(asking, question, &params) {
        None => asked,
        Some(_) if !kernel.errands.has_room(asking.session) => {
            return Err(RpcError::internal("the client goes on with too many questions"));
        }
        Some(task) => {
            let mut splice = Splice::new(&asked);
            splice.set(asked.value(), "task", &task);
            splice.finish()
        }
    };
    Ok(Action::Ask { server: asking.server.clone(), question, params })
}

/// The `task` of a question that the client may go on with as a task of its own (2025-11-25): its `ttl`, no more.
fn as_task(asking: &Asking<'_>, question: Question, params: &JsonText) -> Option<JsonText> {
    let needs = match question {
        Question::Elicit => Ability::ElicitationTasks,
        Question::Sample => Ability::SamplingTasks,
        Question::ListRoots | Question::Task(_) => return None,
    };
    asking.later.filter(|_| asking.client.abilities.has(needs))?;
    let task = params.get("task").filter(|task| task.kind() == Kind::Object)?;
    let ttl = task.get("ttl").and_then(Json::as_i64).map(|ttl| ("ttl", JsonText::from(ttl)));
    Some(JsonText::object(ttl))
}

/// The params for this client.
fn for_client(
    kernel: &Kernel,
    client: &ClientTerms,
    question: Question,
    params: &JsonText,
) -> Result<JsonText, RpcError> {
    let needs = needed(question, params.value());
    if !client.abilities.has(needs) {
        return Err(match needs {
            Ability::SamplingTools => RpcError::invalid_params("the client did not declare `sampling.tools`"),
            Ability::UrlElicitation if client.abilities.has(Ability::FormElicitation) => {
                RpcError::invalid_params("the client did not declare `elicitation.url`")
            }
            Ability::FormElicitation
            | Ability::UrlElicitation
            | Ability::Sampling
            | Ability::Roots
            | Ability::RootsChanges
            | Ability::Tasks
            | Ability::SamplingTasks
            | Ability::ElicitationTasks
            | Ability::TaskList
            | Ability::TaskCancel => RpcError::method_not_found(question.method()),
        });
    }
    let params = without_ours(params);
    Ok(match question {
        Question::Elicit => elicitation(kernel, client.version, needs, &params),
        Question::Sample => without_context(&params),
        Question::ListRoots | Question::Task(_) => params,
    })
}

pub(super) fn needed(question: Question, params: Json<'_>) -> Ability {
    let mode = params.get("mode").and_then(Json::as_str);
    let with_tools = || params.get("tools").is_some() || params.get("toolChoice").is_some();
    match question {
        Question::Elicit if mode.as_deref() == Some("url") => Ability::UrlElicitation,
        Question::Elicit => Ability::FormElicitation,
        Question::Sample if with_tools() => Ability::SamplingTools,
        Question::Sample => Ability::Sampling,
        Question::ListRoots => Ability::Roots,
        Question::Task(TaskRequest::List) => Ability::TaskList,
        Question::Task(TaskRequest::Cancel) => Ability::TaskCancel,
        Question::Task(TaskRequest::Get | TaskRequest::Result | TaskRequest::Update) => Ability::Tasks,
    }
}

/// Without what belongs to the conversation with the server: its progress token, the task that asks, and the task that it
/// wants.
fn without_ours(params: &JsonText) -> JsonText {
    let params = meta::strip_ours(params);
    let in_meta = |key| params.value().get("_meta").filter(|meta| meta.get(key).is_some());
    let mut splice = Splice::new(&params);
    // One at a time: the commas of neighbours are one edit's.
    if params.value().get("task").is_some() {
        splice.remove(params.value(), "task");
    } else if let Some(meta) = in_meta(meta::RELATED_TASK) {
        splice.remove(meta, meta::RELATED_TASK);
    } else if let Some(meta) = in_meta(meta::PROGRESS_TOKEN) {
        splice.remove(meta, meta::PROGRESS_TOKEN);
    } else {
        return params;
    }
    without_ours(&splice.finish())
}

/// A URL has an id up to 2025-11-25, and none later.
fn elicitation(kernel: &Kernel, version: ProtocolVersion, needs: Ability, params: &JsonText) -> JsonText {
    if needs != Ability::UrlElicitation {
        return params.clone();
    }
    let id = params.value().get("elicitationId").and_then(Json::as_str);
    let mut splice = Splice::new(params);
    match version.era() {
        Era::Modern => splice.remove(params.value(), "elicitationId"),
        Era::Legacy if id.is_some_and(|id| id.len() <= LONGEST_ID) => {}
        Era::Legacy => {
            let id = JsonText::string(&kernel.env.call_id().to_string());
            splice.set(params.value(), "elicitationId", &id);
        }
    }
    splice.finish()
}

/// Without `includeContext`: what other servers said is not this server's to have.
fn without_context(params: &JsonText) -> JsonText {
    let mut splice = Splice::new(params);
    splice.remove(params.value(), "includeContext");
    splice.finish()
}
