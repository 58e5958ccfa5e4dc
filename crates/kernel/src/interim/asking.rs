//! A server's question as this client can be given it: what it declared, in the words of its version.
//!
//! Must never pass on what the client did not say that it can do.

use ringfence_mcp::message::RpcError;
use ringfence_mcp::meta;
use ringfence_mcp::version::{Era, ProtocolVersion};
use ringfence_model::call::{Action, Question};
use ringfence_model::json::{Json, JsonText, Splice};
use ringfence_model::name::ServerName;

use crate::exchange::{Ability, ClientTerms};
use crate::kernel::Kernel;

/// Longest `elicitationId` that is passed on.
const LONGEST_ID: usize = 256;

/// The action that the question is.
///
/// # Errors
/// `-32601` where the client cannot be asked this at all, `-32602` where it cannot be asked in this way.
pub(super) fn action(
    kernel: &Kernel,
    client: &ClientTerms,
    server: &ServerName,
    method: &str,
    params: Option<JsonText>,
) -> Result<Action, RpcError> {
    let question = Question::of_method(method).ok_or_else(|| RpcError::method_not_found(method))?;
    let params = for_client(kernel, client, question, &params.unwrap_or_else(JsonText::empty_object))?;
    Ok(Action::Ask { server: server.clone(), question, params })
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
            | Ability::Tasks => RpcError::method_not_found(question.method()),
        });
    }
    let params = without_ours(params);
    Ok(match question {
        Question::Elicit => elicitation(kernel, client.version, needs, &params),
        Question::Sample => without_context(&params),
        Question::ListRoots => params,
    })
}

fn needed(question: Question, params: Json<'_>) -> Ability {
    let mode = params.get("mode").and_then(Json::as_str);
    let with_tools = || params.get("tools").is_some() || params.get("toolChoice").is_some();
    match question {
        Question::Elicit if mode.as_deref() == Some("url") => Ability::UrlElicitation,
        Question::Elicit => Ability::FormElicitation,
        Question::Sample if with_tools() => Ability::SamplingTools,
        Question::Sample => Ability::Sampling,
        Question::ListRoots => Ability::Roots,
    }
}

/// Without what belongs to the conversation with the server: its progress token, the task that asks, and tasks of the
/// client, which are not offered to it.
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
