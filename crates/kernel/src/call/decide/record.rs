//! The ruling as it stands in the journal.

use std::sync::Arc;

use ringfence_journal::{Committed, JournalError};
use ringfence_model::effect::{EffectSource, Effects};
use ringfence_model::entry::{Entry, EntryBody, Judged, Ruling as RulingEntry};
use ringfence_model::finding::{Severity, worst};
use ringfence_model::id::{ApprovalId, CallId, Timestamp};
use ringfence_model::verdict::{Code, Decision, Obligation, Reason, Verdict};

use super::super::{Assessed, Denial};
use super::Consent;
use super::facts::answerable;
use super::limits::Spent;
use crate::kernel::Kernel;

/// Writes the ruling; what cannot be recorded may not happen.
pub(super) fn record(
    kernel: &Kernel,
    assessed: &Assessed,
    verdict: &Verdict,
    consent: Consent,
    code: Option<Code>,
) -> Result<Timestamp, Box<Denial>> {
    let (confirmed, approval) = consent.entered();
    record_with(kernel, assessed, verdict, Entered { confirmed, approval, code, spent: Spent::new() })
}

/// What the ruling says beside verdict and facts.
pub(super) struct Entered {
    pub(super) confirmed: bool,
    pub(super) approval: Option<ApprovalId>,
    pub(super) code: Option<Code>,
    pub(super) spent: Spent,
}

pub(super) fn record_with(
    kernel: &Kernel,
    assessed: &Assessed,
    verdict: &Verdict,
    Entered { confirmed, approval, code, spent }: Entered,
) -> Result<Timestamp, Box<Denial>> {
    let call = &assessed.admitted.request.call;
    let known = &assessed.known;
    let time = kernel.env.now();
    let facts: Option<(Effects, EffectSource)> =
        known.facts.as_ref().map(|facts| (facts.effects, facts.source));
    let request = &assessed.admitted.request;
    let arguments = kernel
        .commit(request, Committed::Arguments, known.arguments.as_ref())
        .map_err(|error| journal_failed(call.id, &error))?;
    let entry = RulingEntry {
        call: call.id,
        parent: call.parent,
        retries: call.retries.or_else(|| assessed.admitted.retry.as_ref().map(|retry| retry.of)),
        realm: call.principal.realm.clone(),
        principal: Arc::clone(&call.principal.name),
        session: call.session,
        action: call.action.kind(),
        server: call.action.server().cloned(),
        target: kernel.shown_target(call.action.target()),
        arguments,
        effects: facts,
        definition: known.definition.clone(),
        findings: worst(&known.findings),
        provenance: known.provenance.clone(),
        floor: known.floor,
        judged: Some(judged(assessed, spent)),
        policy: Arc::clone(assessed.admitted.policy.digest()),
        verdict: verdict.clone(),
        confirmed,
        approval,
        code,
        shortened: false,
    };
    let entry = Entry::at(time, EntryBody::Ruling(Box::new(entry)));
    match kernel.record(&entry) {
        Ok(_) => {
            if let EntryBody::Ruling(ruling) = &entry.body
                && verdict.obligations.iter().any(|(_, asked)| *asked == Obligation::Notify)
            {
                kernel.tell_judged(ruling);
            }
            kernel.counters.ruled(verdict.decision, confirmed);
            Ok(time)
        }
        Err(error) => Err(journal_failed(call.id, &error)),
    }
}

/// What the call was judged by and what stands nowhere else in its ruling.
fn judged(assessed: &Assessed, spent: Spent) -> Judged {
    let known = &assessed.known;
    let facts = known.facts.as_deref();
    Judged {
        irreversible: facts.is_some_and(|facts| facts.irreversible),
        egress: facts.is_some_and(|facts| facts.egress),
        sandboxed: false,
        answerable: answerable(assessed),
        recent: known.recent,
        trust: known.trust,
        spent,
    }
}

pub(super) fn journal_failed(call: CallId, error: &JournalError) -> Box<Denial> {
    tracing::error!(%call, %error, "the journal cannot be written; the call is denied");
    let reason = Reason {
        rule: "ringfence.journal".into(),
        decision: Decision::Deny,
        severity: Severity::Critical,
        message: "the audit journal cannot be written, so nothing may happen".into(),
        alternative: Some("ask the operator to look at the disk and at the kernel's log".into()),
    };
    Box::new(Denial { code: Code::Denied, reason, protocol: None })
}
