//! Where data may go: what is secret, personal or internal, on its way to another origin than its own.
//!
//! Must never say of a value more than where it stands and what it came out of.

use ringfence_model::call::ActionKind;
use ringfence_model::effect::Effect;
use ringfence_model::finding::Severity;
use ringfence_model::label::{Confidentiality, Label};
use ringfence_model::provenance::{Origin, Resemblance, Role, Source};
use ringfence_model::verdict::{Decision, Reason};

use super::column::Column;
use crate::facts::Facts;

/// What the flow of data says of a call, if anything.
pub(super) fn reason(facts: &Facts<'_>) -> Option<Reason> {
    if !goes_out(facts) {
        return None;
    }
    let foreign = |source: &&Source| source.server.as_ref() != facts.server;
    let find = |holds: &dyn Fn(Label) -> bool| {
        // Whom something goes to is not what goes there.
        let said = |value: &&Origin| {
            value.role == Role::Content || value.label.confidentiality == Confidentiality::Secret
        };
        facts.provenance.values.iter().filter(said).find_map(|value| {
            let source = value.sources.iter().filter(foreign).find(|source| holds(source.label));
            // What is not remembered any more could have come from anywhere.
            let forgotten = value.sources.is_empty() && holds(value.label);
            (source.is_some() || forgotten).then_some((value, source))
        })
    };
    let secret = |label: Label| label.confidentiality == Confidentiality::Secret;
    let pii = |label: Label| label.pii;
    let internal = |label: Label| label.confidentiality == Confidentiality::Internal;
    if let Some((value, source)) = find(&secret) {
        return Some(says("secret", Decision::Deny, Severity::Critical, "secret", facts, value, source));
    }
    if let Some((value, source)) = find(&pii) {
        return Some(says("pii", Decision::Deny, Severity::High, "personal", facts, value, source));
    }
    // Who is named by the user may have what the session has read; the words say where, not only what.
    if Column::of(facts, false) != Column::Own
        && let Some((value, source)) = find(&internal)
    {
        return Some(says("internal", Decision::Ask, Severity::Medium, "internal", facts, value, source));
    }
    None
}

/// True for what carries arguments out of the machine, or to a server of which nobody has said that it keeps them.
fn goes_out(facts: &Facts<'_>) -> bool {
    match facts.action {
        ActionKind::CallTool => facts.tool.is_none_or(|tool| {
            tool.egress
                || tool.effects.is_unknown()
                || tool.effects.contains(Effect::Send)
                || tool.effects.contains(Effect::Network)
        }),
        ActionKind::ReadResource
        | ActionKind::GetPrompt
        | ActionKind::Complete
        | ActionKind::Subscribe
        | ActionKind::Unsubscribe => true,
        ActionKind::List
        | ActionKind::Greet
        | ActionKind::Listen
        | ActionKind::SetLogLevel
        | ActionKind::RootsChanged
        | ActionKind::Elicit
        | ActionKind::Sample
        | ActionKind::ListRoots
        | ActionKind::Notify
        | ActionKind::Task
        | ActionKind::Operate => false,
    }
}

fn says(
    name: &str,
    decision: Decision,
    severity: Severity,
    kind: &str,
    facts: &Facts<'_>,
    value: &Origin,
    source: Option<&Source>,
) -> Reason {
    let to = facts.server.map_or("ringfence", |server| server.as_str());
    let from = source.map_or_else(
        || "something the session has read".to_owned(),
        |source| {
            let server = source.server.as_ref().map_or("ringfence", |server| server.as_str());
            let how = match source.by {
                Resemblance::Atom | Resemblance::Passage => "",
                Resemblance::Decoded => ", encoded",
                Resemblance::Partial => ", in part",
            };
            format!("`{}` of `{server}`{how}", source.target)
        },
    );
    // Not remembering is no proof: a person decides.
    let decision = if source.is_none() { decision.min(Decision::Ask) } else { decision };
    Reason {
        rule: format!("ringfence.flow.{name}").into(),
        decision,
        severity,
        message: format!("`{}` holds {kind} data out of {from}, which would leave to `{to}`", value.pointer)
            .into(),
        alternative: Some("leave it out of the arguments, or let the user send it".into()),
    }
}
