//! Stage 2: what is known about the call: what the tool does, what the arguments hold, what the session has read.
//!
//! Finds facts and must decide nothing.

mod origin;

use std::sync::Arc;

use ringfence_detect::Message;
use ringfence_detect::injection::Context;
use ringfence_detect::url::InProse;
use ringfence_mcp::message::RpcError;
use ringfence_model::call::{Action, TaskRequest};
use ringfence_model::effect::{Effect, Effects, ToolFacts};
use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::json::{Json, JsonText};
use ringfence_model::label::Label;
use ringfence_model::name::ServerName;
use ringfence_model::pin::{Because, PinKind};
use ringfence_model::provenance::{Provenance, Word};
use ringfence_model::tally::Recent;
use ringfence_model::trust::{Party, Trust};
use ringfence_model::verdict::{Code, Decision, Reason};

use super::{Admitted, Denial, Target};
use crate::digest::ValueDigest;
use crate::kernel::Kernel;
use crate::runnable;
use crate::shown;
use crate::tasks::{Task, TaskError};
use crate::upstream::{Connection, ToolEntry, UpstreamError};

/// A call with all that is known about it.
#[derive(Debug)]
pub struct Assessed {
    pub(super) admitted: Admitted,
    pub(super) known: Known,
}

/// What is known about a call.
#[derive(Debug)]
pub(super) struct Known {
    /// Facts of the tool, for a tool call.
    pub(super) facts: Option<Arc<ToolFacts>>,
    /// The task that is asked after.
    pub(super) task: Option<Arc<Task>>,
    /// SHA-256 of the tool's definition, hex.
    pub(super) definition: Option<Arc<str>>,
    /// The conversation with the server that will be used, for a call to one server.
    pub(super) connection: Option<Arc<Connection>>,
    /// What is in the params.
    pub(super) seen: Message,
    /// All findings.
    pub(super) findings: Vec<Finding>,
    /// What the texts of the arguments would do, where a rule asks for it.
    pub(super) runnable: Vec<runnable::Text>,
    /// How often the principal called lately, where a rule asks for it.
    pub(super) recent: Option<Recent>,
    /// How much the call is trusted, where a rule asks for it.
    pub(super) trust: Option<Trust>,
    /// Where the arguments came from.
    pub(super) provenance: Provenance,
    /// The user's words name what is asked for.
    pub(super) named: bool,
    /// The session's floor.
    pub(super) floor: Label,
    /// SHA-256 of the arguments.
    pub(super) arguments: Option<ValueDigest>,
}

/// A call whose facts could not be found; it is denied for this reason.
#[derive(Debug)]
pub(super) struct Unassessable {
    pub(super) assessed: Assessed,
    pub(super) denial: Denial,
}

pub(super) async fn assess(kernel: &Arc<Kernel>, admitted: Admitted) -> Result<Assessed, Box<Unassessable>> {
    let request = &admitted.request;
    let mut known = Known {
        facts: None,
        task: None,
        definition: None,
        connection: None,
        seen: seen(kernel, request),
        findings: Vec::new(),
        runnable: Vec::new(),
        recent: admitted
            .policy
            .needs()
            .recent
            .then(|| kernel.tallies.called(&request.call.principal, kernel.env.now())),
        trust: None,
        provenance: Provenance::none(),
        named: false,
        floor: request.session.floor(),
        arguments: request
            .call
            .action
            .arguments()
            .map(|arguments| crate::digest::of(arguments.as_str().as_bytes())),
    };
    let denial = tokio::select! {
        biased;
        found = find_target(kernel, &admitted, &mut known) => found.err(),
        () = request.exchange.cancel.cancelled() => Some(not_ready(request, "the client left before")),
        () = tokio::time::sleep(kernel.limits.timeout.0) => Some(not_ready(request, "the time was up before")),
    };
    origin::hear(kernel, request);
    let traced = origin::trace(kernel, request, known.facts.as_deref());
    (known.provenance, known.named) = (traced.provenance, traced.named);
    kernel.trust.doubt(&request.call.principal.realm, &mut known.provenance);
    known.trust = admitted
        .policy
        .needs()
        .trust
        .then(|| kernel.trust.of_call(&request.call, &known.provenance, kernel.env.now()));
    known.findings.extend(known.seen.findings());
    if let Action::CallTool { arguments, .. } = &admitted.request.call.action {
        let fetches = known.facts.as_deref().and_then(|facts| fetches(facts.effects));
        known.findings.extend(kernel.detectors.arguments(arguments, fetches));
        known.findings.extend(orders(kernel, arguments, &known.provenance, known.facts.as_deref()));
    }
    if let (true, Some(arguments)) = (admitted.policy.needs().code, admitted.request.call.action.arguments())
    {
        known.runnable = runnable::of(arguments, kernel.secrets());
    }
    let assessed = Assessed { admitted, known };
    match denial {
        None => Ok(assessed),
        Some(denial) => Err(Box::new(Unassessable { assessed, denial })),
    }
}

/// Orders to a model in what a stranger wrote, on its way to a tool that keeps it: only there they are looked for.
fn orders(
    kernel: &Kernel,
    arguments: &JsonText,
    provenance: &Provenance,
    facts: Option<&ToolFacts>,
) -> Vec<Finding> {
    let keeps = facts.is_none_or(|facts| facts.effects.is_unknown() || facts.effects.contains(Effect::Write));
    let strangers = provenance.values.iter().any(|value| value.word >= Word::Near);
    if !keeps || !strangers {
        return Vec::new();
    }
    let message = kernel.detectors.message(arguments, Context::ToolResult);
    message.findings().filter(|finding| finding.category == Category::Injection).collect()
}

/// How a tool of these effects would use the URLs in its arguments; none where it has no network.
#[must_use]
pub fn fetches(effects: Effects) -> Option<InProse> {
    if effects.contains(Effect::Send) {
        return Some(InProse::Carried);
    }
    (effects.contains(Effect::Network) || effects.is_unknown()).then_some(InProse::Followed)
}

/// What is in the params: of what a server sends, orders to the model as well.
fn seen(kernel: &Kernel, request: &super::Request) -> Message {
    let params = scanned(request);
    if super::inspect::context(&request.call.action) == Some(Context::Interim) {
        return kernel.detectors.message(params, Context::Interim);
    }
    Message::of_values(kernel.detectors.values(params))
}

/// What detectors look at: everything that the client sent and that is forwarded.
fn scanned(request: &super::Request) -> &JsonText {
    match &request.call.action {
        Action::Ask { params, .. } | Action::Notify { params, .. } => params,
        Action::CallTool { .. }
        | Action::ReadResource { .. }
        | Action::GetPrompt { .. }
        | Action::Complete { .. }
        | Action::List { .. }
        | Action::Greet { .. }
        | Action::Listen { .. }
        | Action::SetLogLevel { .. }
        | Action::Subscribe { .. }
        | Action::Unsubscribe { .. }
        | Action::RootsChanged { .. }
        | Action::Task { .. }
        | Action::Operate { .. } => &request.params,
    }
}

async fn find_target(kernel: &Arc<Kernel>, admitted: &Admitted, known: &mut Known) -> Result<(), Denial> {
    let request = &admitted.request;
    if let Some(party) = kernel.trust.refuses(&request.call) {
        return Err(distrusted(&party));
    }
    if matches!(&request.call.action, Action::Task { wanted, .. } if *wanted != TaskRequest::List) {
        known.task = Some(task(kernel, request).map_err(no_task)?);
    }
    match &request.target {
        Target::Builtin(tool) => {
            known.facts = Some(Arc::clone(tool.facts()));
            known.definition = Some(Arc::clone(tool.definition_digest()));
            Ok(())
        }
        Target::Upstream(upstream) => {
            let action = &request.call.action;
            let unusable = |error: UpstreamError| unusable(kernel, &error);
            let open = || upstream.connection(kernel, &request.session, &request.exchange.client);
            let mut connection = open().await.map_err(unusable)?;
            if let Action::CallTool { tool, .. } = action {
                let mut entry = connection.tool(tool).await;
                if entry.is_err() && connection.is_dead() {
                    upstream.forget(&connection);
                    connection = open().await.map_err(unusable)?;
                    entry = connection.tool(tool).await;
                }
                let entry = entry.map_err(unusable)?;
                if let Some(entry) = &entry {
                    known.definition = Some(Arc::clone(&entry.digest));
                    if let Some(because) = connection.refusal(PinKind::Tool, tool, &entry.digest) {
                        return Err(held(upstream.name(), PinKind::Tool, tool, because));
                    }
                }
                // A tool that is held back is not there.
                let visible =
                    |entry: &Arc<ToolEntry>| !connection.is_held(entry.definition.value(), request.naming);
                let Some(entry) = entry.filter(visible) else {
                    return Err(unknown(action));
                };
                if let (Some(given), Some(arguments)) = (&request.exchange.param_headers, action.arguments())
                {
                    entry.params.check(given, arguments).map_err(mismatched)?;
                }
                if request.session.knows_otherwise(upstream, tool, &entry) {
                    return Err(changed(tool));
                }
                known.facts = Some(Arc::clone(&entry.facts));
                known.definition = Some(Arc::clone(&entry.digest));
            }
            if known.task.as_ref().is_some_and(|task| task.era != connection.era()) {
                return Err(no_task(TaskError::Unknown));
            }
            if let Action::GetPrompt { prompt, .. } = action
                && let Some(because) = connection.holds_prompt(prompt)
            {
                return Err(held(upstream.name(), PinKind::Prompt, prompt, because));
            }
            known.connection = Some(connection);
            Ok(())
        }
        Target::Every(_) | Target::Kernel | Target::Client => Ok(()),
        Target::Nothing => Err(unknown(&request.call.action)),
    }
}

/// The task that the client names, which is one of the server that this endpoint sent the call to.
fn task(kernel: &Kernel, request: &super::Request) -> Result<Arc<Task>, TaskError> {
    let named = request.params.value().get("taskId").and_then(Json::as_str).unwrap_or_default();
    let task = kernel.task(&request.session, &named)?;
    match &request.target {
        Target::Upstream(server) if Arc::ptr_eq(server, &task.server) => Ok(task),
        Target::Upstream(_)
        | Target::Builtin(_)
        | Target::Every(_)
        | Target::Kernel
        | Target::Client
        | Target::Nothing => Err(TaskError::Unknown),
    }
}

fn no_task(error: TaskError) -> Denial {
    let reason = Reason {
        rule: "ringfence.unknown".into(),
        decision: Decision::Deny,
        severity: Severity::Low,
        message: error.to_string().into(),
        alternative: None,
    };
    Denial { code: Code::Denied, reason, protocol: Some(error.into()) }
}

/// A tool that is not what the client was told it is.
fn changed(tool: &str) -> Denial {
    let reason = Reason {
        rule: "ringfence.definition_changed".into(),
        decision: Decision::Deny,
        severity: Severity::High,
        message: format!("the definition of `{}` has changed since it was listed here", shown::target(tool))
            .into(),
        alternative: Some("list the tools again and look at what it does now".into()),
    };
    Denial { code: Code::DefinitionChanged, reason, protocol: None }
}

/// A definition that waits for an operator.
fn held(server: &ServerName, kind: PinKind, name: &str, because: Because) -> Denial {
    let name: String = name.chars().take(128).collect();
    let alternative = format!(
        "an operator can look at it with `ringfence pins diff {server}` and release it with `ringfence pins approve \
         {server}/{name}`"
    );
    let reason = Reason {
        rule: "ringfence.pins".into(),
        decision: Decision::Deny,
        severity: Severity::High,
        message: format!("the definition of the {} `{name}` is held: {}", kind.as_str(), because.as_str())
            .into(),
        alternative: Some(alternative.into()),
    };
    Denial { code: Code::DefinitionChanged, reason, protocol: None }
}

/// Somebody from whom an operator took all trust.
fn distrusted(party: &Party) -> Denial {
    let name: String = party.to_string().chars().take(128).collect();
    let reason = Reason {
        rule: "ringfence.trust".into(),
        decision: Decision::Deny,
        severity: Severity::High,
        message: format!("an operator has invalidated the trust in `{name}`").into(),
        alternative: Some(format!("an operator can look at it with `ringfence trust explain {name}`").into()),
    };
    Denial { code: Code::Denied, reason, protocol: None }
}

/// A header that does not say what the body says (2026-07-28, Streamable HTTP, «Server Validation»).
fn mismatched(error: RpcError) -> Denial {
    let reason = Reason {
        rule: "ringfence.header_mismatch".into(),
        decision: Decision::Deny,
        severity: Severity::Medium,
        message: error.message.as_str().into(),
        alternative: None,
    };
    Denial { code: Code::Denied, reason, protocol: Some(error) }
}

/// A server that was still starting, or has not said what its tools are, when there was no waiting for it any more.
fn not_ready(request: &super::Request, why: &str) -> Denial {
    let server = request.call.action.server().map_or("ringfence", |server| server.as_str());
    let reason = Reason {
        rule: "ringfence.upstream".into(),
        decision: Decision::Deny,
        severity: Severity::Low,
        message: format!("{why} the server `{server}` was ready; nothing was done").into(),
        alternative: None,
    };
    Denial { code: Code::UpstreamFailed, reason, protocol: None }
}

fn unusable(kernel: &Kernel, error: &UpstreamError) -> Denial {
    let reason = Reason {
        rule: "ringfence.upstream".into(),
        decision: Decision::Deny,
        severity: Severity::Low,
        message: kernel.scrub(&error.to_string()).into(),
        alternative: error.hint().map(|hint| kernel.scrub(&hint).into()),
    };
    Denial { code: Code::UpstreamFailed, reason, protocol: None }
}

fn unknown(action: &Action) -> Denial {
    let what = match action {
        Action::CallTool { .. } => "tool",
        Action::GetPrompt { .. } => "prompt",
        Action::ReadResource { .. } | Action::Subscribe { .. } | Action::Unsubscribe { .. } => "resource",
        Action::Complete { .. } => "reference",
        Action::List { .. }
        | Action::Greet { .. }
        | Action::Listen { .. }
        | Action::SetLogLevel { .. }
        | Action::RootsChanged { .. }
        | Action::Task { .. }
        | Action::Ask { .. }
        | Action::Notify { .. }
        | Action::Operate { .. } => "target",
    };
    let name: String = action.target().chars().take(128).collect();
    let message = format!("Unknown {what}: {name}");
    let reason = Reason {
        rule: "ringfence.unknown".into(),
        decision: Decision::Deny,
        severity: Severity::Low,
        message: message.as_str().into(),
        alternative: None,
    };
    Denial { code: Code::Denied, reason, protocol: Some(RpcError::invalid_params(message)) }
}
