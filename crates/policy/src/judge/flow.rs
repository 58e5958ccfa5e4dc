//! Where data may go: what is secret, personal or internal, on its way to another origin than its own.
//!
//! Must never say of a value more than where it stands and what it came out of.

use ringfence_model::call::ActionKind;
use ringfence_model::effect::Effect;
use ringfence_model::finding::Severity;
use ringfence_model::label::{Confidentiality, Label};
use ringfence_model::provenance::{Origin, Resemblance, Role, Source};
use ringfence_model::verdict::{Decision, Reason};

use crate::facts::Facts;
use crate::table::{Column, Flows};

/// What the flow of data says of a call. All kinds speak: which of them blocks hangs on the mode, too.
pub(super) fn reasons(flows: Flows, facts: &Facts<'_>) -> Vec<Reason> {
    if facts.provenance.values.is_empty() || !goes_out(facts) {
        return Vec::new();
    }
    // Who is named by the user may have what the session has read; the words say where, not only what.
    let internal = if Column::of(facts, false) == Column::Own { Decision::Allow } else { flows.internal };
    [(Kind::Secret, flows.secret), (Kind::Personal, flows.pii), (Kind::Internal, internal)]
        .into_iter()
        .filter(|(_, decision)| *decision > Decision::Allow)
        .filter_map(|(kind, decision)| {
            let (value, source) = kind.find(facts)?;
            Some(kind.says(decision, facts, value, source))
        })
        .collect()
}

/// What kind of data.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Secret,
    Personal,
    Internal,
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

impl Kind {
    fn holds(self, label: Label) -> bool {
        match self {
            Self::Secret => label.confidentiality == Confidentiality::Secret,
            Self::Personal => label.pii,
            Self::Internal => label.confidentiality == Confidentiality::Internal,
        }
    }

    /// A value of this kind out of another server, and what it came out of; none of the latter where that is forgotten.
    fn find<'f>(self, facts: &Facts<'f>) -> Option<(&'f Origin, Option<&'f Source>)> {
        // Whom something goes to is not what goes there.
        let said = |value: &&Origin| {
            value.role == Role::Content || value.label.confidentiality == Confidentiality::Secret
        };
        let values = || facts.provenance.values.iter().filter(said);
        let foreign = |source: &&Source| source.server.as_ref() != facts.server && self.holds(source.label);
        let known =
            values().find_map(|value| value.sources.iter().find(foreign).map(|source| (value, Some(source))));
        // What is not remembered any more could have come from anywhere; that weighs less than what is known.
        let forgotten = || values().find(|value| value.sources.is_empty() && self.holds(value.label));
        known.or_else(|| forgotten().map(|value| (value, None)))
    }

    fn says(self, decision: Decision, facts: &Facts<'_>, value: &Origin, source: Option<&Source>) -> Reason {
        let (name, kind, severity) = match self {
            Self::Secret => ("secret", "secret", Severity::Critical),
            Self::Personal => ("pii", "personal", Severity::High),
            Self::Internal => ("internal", "internal", Severity::Medium),
        };
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
            message: format!(
                "`{}` holds {kind} data out of {from}, which would leave to `{to}`",
                value.pointer
            )
            .into(),
            alternative: Some("leave it out of the arguments, or let the user send it".into()),
        }
    }
}
