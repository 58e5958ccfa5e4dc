//! What policy judges by, and what it says.

use ringfence_model::call::ActionKind;
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::finding::Category;
use ringfence_model::principal::Scope;
use ringfence_model::tally::Recent;
use ringfence_model::trust::Trust;
use ringfence_model::verdict::Verdict;
use ringfence_policy::Facts;

use super::super::Assessed;
use crate::exchange::Ability;
use crate::kernel::Kernel;

pub(super) fn judge(kernel: &Kernel, assessed: &Assessed, answerable: bool) -> Verdict {
    with_facts(kernel, assessed, answerable, |facts| assessed.admitted.policy.judge(facts))
}

/// Looks at what policy judges by.
pub(in crate::call) fn with_facts<T>(
    kernel: &Kernel,
    assessed: &Assessed,
    answerable: bool,
    look: impl FnOnce(&Facts<'_>) -> T,
) -> T {
    let call = &assessed.admitted.request.call;
    let runnable: Vec<_> = assessed.known.runnable.iter().map(|text| text.runnable()).collect();
    look(&Facts {
        action: call.action.kind(),
        server: call.action.server(),
        target: call.action.target(),
        tool: assessed.known.facts.as_deref(),
        principal: &call.principal,
        arguments: call.action.arguments(),
        findings: &assessed.known.findings,
        runnable: &runnable,
        provenance: &assessed.known.provenance,
        floor: assessed.known.floor,
        time: kernel.env.now(),
        recent: assessed.known.recent.unwrap_or(Recent::NOTHING),
        trust: assessed.known.trust.unwrap_or(Trust::WHOLE),
        sandboxed: false,
        answerable,
    })
}

/// Can and may the caller's own user answer an `ask`? Never for pay, admin or a secret that leaves.
pub(super) fn answerable(assessed: &Assessed) -> bool {
    let request = &assessed.admitted.request;
    let effects = assessed.known.facts.as_ref().map_or(Effects::UNKNOWN, |facts| facts.effects);
    let leaves = effects.contains(Effect::Network) || effects.contains(Effect::Send);
    let secret = assessed.known.findings.iter().any(|finding| finding.category == Category::Secret);
    asks_a_person(assessed)
        && request.call.principal.may(Scope::Confirm)
        && request.exchange.client.abilities.has(Ability::FormElicitation)
        && !effects.contains(Effect::Pay)
        && !effects.contains(Effect::Admin)
        && !(leaves && secret)
}

/// Can a person be asked about this kind of request? In the modern era only these may be answered by a question (2026-07-28,
/// Multi Round-Trip Requests).
pub(super) fn asks_a_person(assessed: &Assessed) -> bool {
    match assessed.admitted.request.call.action.kind() {
        ActionKind::CallTool | ActionKind::ReadResource | ActionKind::GetPrompt => true,
        ActionKind::Complete
        | ActionKind::List
        | ActionKind::Greet
        | ActionKind::Listen
        | ActionKind::SetLogLevel
        | ActionKind::Subscribe
        | ActionKind::Unsubscribe
        | ActionKind::RootsChanged
        | ActionKind::Task
        | ActionKind::Elicit
        | ActionKind::Sample
        | ActionKind::ListRoots
        | ActionKind::Notify
        | ActionKind::Operate => false,
    }
}
