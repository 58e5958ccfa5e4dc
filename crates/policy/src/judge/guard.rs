//! Guards: what no rule of a file lifts. Unsafe code, what could not be read, secrets on their way out or from one server to
//! another, text of one server that steers another one, orders on their way into a store.
//!
//! Must never depend on the words of a server alone: findings are our own detectors' and so is the list of arguments
//! that hold code.

use std::sync::Arc;

use ringfence_model::call::ActionKind;
use ringfence_model::code::CodeArgument;
use ringfence_model::effect::{Effect, EffectSource, Effects};
use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::label::Confidentiality;
use ringfence_model::provenance::{Origin, Role, Source, Word};
use ringfence_model::verdict::{Decision, Reason};

use crate::facts::Facts;

/// A guard.
#[derive(Debug, Clone, Copy)]
pub(super) enum Guard {
    /// Dangerous code on its way to something that runs it.
    UnsafeCode,
    /// What could not be read on its way to something that runs code, or on its way out.
    Uninspected,
    /// A credential on its way out.
    SecretEgress,
    /// A credential that one server gave, on its way to another one.
    TokenPassthrough,
    /// Text of one server steers what another one does with the user's rights (Hardy 1988, «The Confused Deputy»).
    ConfusedDeputy,
    /// Orders of a stranger on their way into a store that later prompts are made of.
    MemoryPoisoning,
    /// An address inside, on its way to something that fetches.
    InternalUrl,
}

/// Every guard.
pub(super) const GUARDS: [Guard; 7] = [
    Guard::UnsafeCode,
    Guard::Uninspected,
    Guard::SecretEgress,
    Guard::TokenPassthrough,
    Guard::ConfusedDeputy,
    Guard::MemoryPoisoning,
    Guard::InternalUrl,
];

/// Findings of URLs that lead inside: to this host, its network, its files, its cloud. The others are worth a note.
const INSIDE: [&str; 12] = [
    "metadata_service",
    "nested_metadata_service",
    "loopback_address",
    "private_address",
    "link_local_address",
    "multicast_address",
    "reserved_address",
    "internal_name",
    "rebinding_name",
    "ambiguous_url",
    "dangerous_scheme",
    "file_url",
];

/// True for actions whose result reaches the client: secrets and hidden content are taken out of it.
pub(super) const fn releases_content(action: ActionKind) -> bool {
    match action {
        ActionKind::CallTool
        | ActionKind::ReadResource
        | ActionKind::GetPrompt
        | ActionKind::Complete
        | ActionKind::List
        | ActionKind::Greet
        | ActionKind::Listen
        | ActionKind::Task
        | ActionKind::Elicit
        | ActionKind::Sample
        | ActionKind::ListRoots
        | ActionKind::Notify => true,
        ActionKind::SetLogLevel
        | ActionKind::Subscribe
        | ActionKind::Unsubscribe
        | ActionKind::RootsChanged
        | ActionKind::Operate => false,
    }
}

impl Guard {
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::UnsafeCode => "ringfence.unsafe_code",
            Self::Uninspected => "ringfence.uninspected",
            Self::SecretEgress => "ringfence.secret_egress",
            Self::TokenPassthrough => "ringfence.token_passthrough",
            Self::ConfusedDeputy => "ringfence.confused_deputy",
            Self::MemoryPoisoning => "ringfence.memory_poisoning",
            Self::InternalUrl => "ringfence.internal_url",
        }
    }

    /// Why it does not speak, where it does not.
    pub(super) const fn absent(self) -> &'static str {
        match self {
            Self::UnsafeCode => "no dangerous code goes to something that runs it",
            Self::Uninspected => "nothing unread goes out or to something that runs code",
            Self::SecretEgress => "no secret goes out",
            Self::TokenPassthrough => "no credential of one server goes to another one",
            Self::ConfusedDeputy => "no server's text steers what another one does for good",
            Self::MemoryPoisoning => "no stranger's orders go into a store",
            Self::InternalUrl => "no address inside is fetched",
        }
    }

    /// What it says of the call, if anything.
    pub(super) fn reason(self, facts: &Facts<'_>) -> Option<Reason> {
        let effects = facts.effects();
        let leaves = effects.map_or_else(|| hands_over(facts.action), |_| facts.leaves());
        let runs_code = || effects.is_some_and(|effects| runs_code(facts, effects));
        match self {
            Self::UnsafeCode => {
                let finding = worst(facts.findings, Severity::High, |category| {
                    matches!(category, Category::Code | Category::Command | Category::Sql)
                })?;
                runs_code().then(|| {
                    let alternative = finding.alternative.as_deref();
                    self.says(Decision::Deny, Severity::Critical, &finding.message, alternative)
                })
            }
            Self::Uninspected => {
                let unread =
                    |least| worst(facts.findings, least, |category| category == Category::Uninspected);
                // A text that exhausts the secret scanner must not carry a secret past it, in mode `permissive` either.
                let out = unread(Severity::Medium).filter(|_| leaves);
                let run = || unread(Severity::High).filter(|_| runs_code());
                let (finding, severity) = out
                    .map(|out| (out, Severity::Critical))
                    .or_else(|| run().map(|run| (run, Severity::High)))?;
                let alternative = Some("write it so that it can be read: shorter, and without indirection");
                Some(self.says(Decision::Ask, severity, &finding.message, alternative))
            }
            Self::SecretEgress => {
                let secret = |category| category == Category::Secret;
                let finding = worst(facts.findings, Severity::Medium, secret)?;
                leaves.then(|| {
                    let message = format!("a secret would leave: {}", finding.message);
                    let alternative = Some("leave the secret out of the arguments");
                    self.says(Decision::Deny, Severity::Critical, &message, alternative)
                })
            }
            Self::TokenPassthrough => self.passed_through(facts),
            Self::ConfusedDeputy => self.steered(facts, effects?),
            Self::MemoryPoisoning => self.poisons(facts, effects?),
            Self::InternalUrl => {
                let inside = |finding: &&Finding| {
                    finding.category == Category::Url
                        && finding.severity >= Severity::Medium
                        && INSIDE.contains(&&*finding.id)
                };
                let finding = facts.findings.iter().filter(inside).max_by_key(|finding| finding.severity)?;
                effects.is_some_and(|effects| effects.contains(Effect::Network)).then(|| {
                    let message = format!("an address inside would be fetched: {}", finding.message);
                    let alternative = "the operator can name its origin in ringfence.yaml under detect: { origins: [\"http://…\"] }";
                    self.says(Decision::Deny, Severity::Critical, &message, Some(alternative))
                })
            }
        }
    }

    fn passed_through(self, facts: &Facts<'_>) -> Option<Reason> {
        worst(facts.findings, Severity::Medium, |category| category == Category::Secret)?;
        let (value, source) = facts.provenance.carries(Confidentiality::Secret, facts.server)?;
        let message = format!("`{}` holds a credential out of {}", value.pointer, named(source));
        let alternative = Some("let each server be configured with credentials of its own");
        Some(self.says(Decision::Deny, Severity::Critical, &message, alternative))
    }

    fn steered(self, facts: &Facts<'_>, effects: Effects) -> Option<Reason> {
        let grave = effects.contains(Effect::Pay)
            || effects.contains(Effect::Admin)
            || (effects.contains(Effect::Execute) && !facts.sandboxed)
            || facts.tool.is_some_and(|tool| tool.irreversible && effects.contains(Effect::Delete));
        let steering = |value: &&Origin| value.role == Role::Consequential && value.word == Word::Untrusted;
        let foreign = |source: &&Source| source.server.as_ref() != facts.server;
        let (value, source) = facts.provenance.values.iter().filter(steering).find_map(|value| {
            value
                .sources
                .iter()
                .filter(foreign)
                .find(|source| source.server.is_some())
                .map(|source| (value, source))
        })?;
        grave.then(|| {
            let message = format!("`{}` comes out of text of strangers in {}", value.pointer, named(source));
            let alternative = Some("ask the user to say it in their own words");
            self.says(Decision::Deny, Severity::Critical, &message, alternative)
        })
    }

    fn poisons(self, facts: &Facts<'_>, effects: Effects) -> Option<Reason> {
        let keeps = effects.contains(Effect::Write) || effects.is_unknown();
        let finding = worst(facts.findings, Severity::Medium, |category| category == Category::Injection)?;
        let value = facts.provenance.values.iter().find(|value| value.word >= Word::Near)?;
        keeps.then(|| {
            let message =
                format!("`{}` is text of strangers that gives orders: {}", value.pointer, finding.message);
            let alternative = Some("keep what it says in your own words");
            self.says(Decision::Ask, Severity::Critical, &message, alternative)
        })
    }

    fn says(
        self,
        decision: Decision,
        severity: Severity,
        message: &str,
        alternative: Option<&str>,
    ) -> Reason {
        Reason {
            rule: self.id().into(),
            decision,
            severity,
            message: message.into(),
            alternative: alternative.map(Arc::from),
        }
    }
}

/// A source, for a person.
fn named(source: &Source) -> String {
    let server = source.server.as_ref().map_or("ringfence", |server| server.as_str());
    format!("`{}` of `{server}`", source.target)
}

/// True for the actions other than tool calls by which a client hands text to a server of which nobody has said that it
/// keeps it: a URI, the arguments of a prompt, what is to be completed.
const fn hands_over(action: ActionKind) -> bool {
    match action {
        ActionKind::ReadResource
        | ActionKind::GetPrompt
        | ActionKind::Complete
        | ActionKind::Subscribe
        | ActionKind::Unsubscribe => true,
        ActionKind::CallTool
        | ActionKind::List
        | ActionKind::Greet
        | ActionKind::Listen
        | ActionKind::SetLogLevel
        | ActionKind::RootsChanged
        | ActionKind::Task
        | ActionKind::Elicit
        | ActionKind::Sample
        | ActionKind::ListRoots
        | ActionKind::Notify
        | ActionKind::Operate => false,
    }
}

fn worst(findings: &[Finding], least: Severity, counts: impl Fn(Category) -> bool) -> Option<&Finding> {
    findings
        .iter()
        .filter(|finding| finding.severity >= least && counts(finding.category))
        .max_by_key(|finding| finding.severity)
}

/// True for tools that run code or of which nothing is known, and wherever an argument holds code by its name. The
/// tools of ours declare their effects in code that we wrote: one that checks code may be given dangerous code.
fn runs_code(facts: &Facts<'_>, effects: Effects) -> bool {
    let declared = facts.tool.is_some_and(|tool| tool.source == EffectSource::Declared);
    let named = || {
        facts.arguments.is_some_and(|arguments| {
            let mut names = arguments.value().members().filter_map(|(key, _)| key.as_str());
            names.any(|name| CodeArgument::named(&name).is_some())
        })
    };
    effects.contains(Effect::Execute) || effects.is_unknown() || (!declared && named())
}
