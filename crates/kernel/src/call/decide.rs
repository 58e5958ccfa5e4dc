//! Stage 3: judge, write the ruling into the journal, and only then mint [`Permitted`], [`Pending`] or [`Denied`].
//!
//! INVARIANT: the only constructor of `Permitted` is `seal`, and it is reached only behind a successful journal append.

mod consult;

use std::collections::BTreeSet;
use std::sync::Arc;

use ringfence_journal::{Committed, JournalError};
use ringfence_model::call::ActionKind;
use ringfence_model::effect::{Effect, EffectSource, Effects};
use ringfence_model::entry::{Entry, EntryBody, Judged, Ruling as RulingEntry};
use ringfence_model::finding::{Category, Severity, worst};
use ringfence_model::id::{ApprovalId, CallId, Timestamp};
use ringfence_model::json::{Json, Kind};
use ringfence_model::principal::Scope;
use ringfence_model::tally::Recent;
use ringfence_model::trust::Trust;
use ringfence_model::verdict::{Code, Decision, Obligation, Reason, Verdict};
use ringfence_policy::Facts;

use super::assess::Unassessable;
use super::{Assessed, Denial, leading};
use crate::exchange::Ability;
use crate::kernel::Kernel;

/// Proof that a call was judged, that it may happen, and that this stands in the journal.
#[derive(Debug)]
pub struct Permitted {
    pub(super) assessed: Assessed,
    pub(super) verdict: Verdict,
    pub(super) ruled: Timestamp,
    pub(super) confirmed: bool,
    _sealed: (),
}

/// A call that a person must confirm first; this stands in the journal.
#[derive(Debug)]
pub struct Pending {
    pub(super) assessed: Assessed,
    pub(super) verdict: Verdict,
    _sealed: (),
}

/// A call that may not happen; this stands in the journal, or the journal cannot be written.
#[derive(Debug)]
pub struct Denied {
    pub(super) request: super::Request,
    pub(super) denial: Denial,
    /// The request that an approver can answer.
    pub(super) approval: Option<ApprovalId>,
    _sealed: (),
}

impl Permitted {
    /// The call as it arrived.
    pub(crate) const fn request(&self) -> &super::Request {
        &self.assessed.admitted.request
    }

    /// The rules that asked a person.
    pub(crate) fn asking(&self) -> BTreeSet<Arc<str>> {
        asking(&self.verdict)
    }

    /// A person confirmed it.
    pub(crate) const fn is_confirmed(&self) -> bool {
        self.confirmed
    }
}

impl Pending {
    /// The rules that ask a person.
    pub(crate) fn asking(&self) -> BTreeSet<Arc<str>> {
        asking(&self.verdict)
    }

    /// The call as it arrived.
    pub(crate) const fn request(&self) -> &super::Request {
        &self.assessed.admitted.request
    }
}

/// Whose consent lets a call pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consent {
    /// Policy allows it.
    Policy,
    /// The caller's user said yes.
    User,
    /// Somebody other than the caller said yes; used up by this call.
    Approver(ApprovalId),
}

impl Consent {
    /// As the journal has it: a person said yes, and which request they answered.
    const fn entered(self) -> (bool, Option<ApprovalId>) {
        match self {
            Self::Policy => (false, None),
            Self::User => (true, None),
            Self::Approver(approval) => (true, Some(approval)),
        }
    }
}

/// What became of a call.
#[derive(Debug)]
pub enum Ruling {
    /// It may happen.
    Permitted(Box<Permitted>),
    /// A person must say so first.
    Pending(Box<Pending>),
    /// It may not.
    Denied(Box<Denied>),
}

pub(super) fn decide(kernel: &Kernel, assessed: Assessed) -> Ruling {
    let answerable = answerable(&assessed);
    let verdict = judge(kernel, &assessed, answerable);
    match verdict.decision {
        Decision::Allow => permit(kernel, assessed, verdict, Consent::Policy),
        Decision::Ask if confirmed_before(&assessed, &verdict) || confirmed_for_task(&assessed, &verdict) => {
            permit(kernel, assessed, verdict, Consent::User)
        }
        Decision::Ask if declined_before(&assessed) => Ruling::Denied(deny(
            kernel,
            assessed,
            with_reason(verdict, declined_reason("the user said no")),
            Code::Denied,
        )),
        Decision::Ask if answerable => {
            match record(kernel, &assessed, &verdict, Consent::Policy, Some(Code::ApprovalNeeded)) {
                Ok(_) => Ruling::Pending(Box::new(Pending { assessed, verdict, _sealed: () })),
                Err(denial) => unrecorded(assessed, *denial),
            }
        }
        Decision::Ask => match consult::approved(kernel, &assessed) {
            Some(approval) => permit(kernel, assessed, verdict, Consent::Approver(approval)),
            None => Ruling::Denied(put_before_approvers(kernel, assessed, verdict)),
        },
        Decision::Deny => Ruling::Denied(deny(kernel, assessed, verdict, Code::Denied)),
    }
}

/// The person said yes.
pub(super) fn confirmed(kernel: &Kernel, pending: Pending) -> Ruling {
    permit(kernel, pending.assessed, pending.verdict, Consent::User)
}

/// The person said no, or cannot be asked any more.
pub(super) fn declined(kernel: &Kernel, pending: Pending, message: &str) -> Box<Denied> {
    deny(kernel, pending.assessed, with_reason(pending.verdict, declined_reason(message)), Code::Denied)
}

fn declined_reason(message: &str) -> Reason {
    Reason {
        rule: "ringfence.declined".into(),
        decision: Decision::Deny,
        severity: Severity::Medium,
        message: message.into(),
        alternative: None,
    }
}

/// Denies a call whose facts could not be found.
pub(super) fn refuse(kernel: &Kernel, unassessable: Unassessable) -> Box<Denied> {
    let Unassessable { assessed, denial } = unassessable;
    let verdict = Verdict {
        decision: Decision::Deny,
        would: None,
        obligations: Vec::new(),
        reasons: vec![denial.reason.clone()],
    };
    let denial = match record(kernel, &assessed, &verdict, Consent::Policy, Some(denial.code)) {
        Ok(_) => denial,
        Err(unrecorded) => *unrecorded,
    };
    Box::new(Denied { request: assessed.admitted.request, denial, approval: None, _sealed: () })
}

fn judge(kernel: &Kernel, assessed: &Assessed, answerable: bool) -> Verdict {
    with_facts(kernel, assessed, answerable, |facts| assessed.admitted.policy.judge(facts))
}

/// Looks at what policy judges by.
pub(super) fn with_facts<T>(
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
fn answerable(assessed: &Assessed) -> bool {
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
fn asks_a_person(assessed: &Assessed) -> bool {
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

/// Nobody can be asked here: the approvers are, and the caller is told to come back.
fn put_before_approvers(kernel: &Kernel, assessed: Assessed, verdict: Verdict) -> Box<Denied> {
    let (approval, verdict) = match consult::request(kernel, &assessed, &verdict) {
        Ok(Ok(approval)) => (Some(approval), verdict),
        Ok(Err(why)) => {
            let mut verdict = verdict;
            if let Some(leading) = verdict.reasons.first_mut() {
                leading.message = format!("{}; {why}", leading.message).into();
            }
            (None, verdict)
        }
        Err(denial) => {
            return Box::new(Denied {
                request: assessed.admitted.request,
                denial: *denial,
                approval: None,
                _sealed: (),
            });
        }
    };
    let code = Code::ApprovalNeeded;
    let entered = Entered { confirmed: false, approval, code: Some(code), spent: Spent::new() };
    let (denial, approval) = match record_with(kernel, &assessed, &verdict, entered) {
        Ok(_) => (Denial { code, reason: leading(&verdict), protocol: None }, approval),
        Err(denial) => (*denial, None),
    };
    Box::new(Denied { request: assessed.admitted.request, denial, approval, _sealed: () })
}

fn confirmed_before(assessed: &Assessed, verdict: &Verdict) -> bool {
    assessed.admitted.retry.as_ref().is_some_and(|retry| retry.confirms(&asking(verdict)))
}

/// True for a request about a task where a person has said yes to what is asked now, for its call or for a request before.
fn confirmed_for_task(assessed: &Assessed, verdict: &Verdict) -> bool {
    assessed.known.task.as_ref().is_some_and(|task| task.is_confirmed(&asking(verdict)))
}

/// The rules that ask a person.
fn asking(verdict: &Verdict) -> BTreeSet<Arc<str>> {
    let asks = verdict.reasons.iter().filter(|reason| reason.decision == Decision::Ask);
    asks.map(|reason| Arc::clone(&reason.rule)).collect()
}

fn declined_before(assessed: &Assessed) -> bool {
    assessed.admitted.retry.as_ref().is_some_and(|retry| retry.declined)
}

/// What was taken from budgets: by rule, in thousandths.
type Spent = Vec<(Arc<str>, u64)>;

/// Takes the call from the limits and budgets of the verdict; the first of them that it would break.
fn within_limits(kernel: &Kernel, assessed: &Assessed, verdict: &Verdict) -> Result<Spent, Reason> {
    let principal = &assessed.admitted.request.call.principal;
    let now = kernel.env.now();
    let mut spent = Spent::new();
    let broken = verdict.obligations.iter().find_map(|(rule, obligation)| {
        let message = match obligation {
            Obligation::Limit { calls, per } => {
                let within = kernel.rates.within(principal, rule, *calls, *per, now);
                (!within).then(|| format!("no more than {calls} calls in {} s", per.as_secs()))
            }
            Obligation::Budget { sum, most, per } => {
                let taken = amount(assessed, sum)
                    .filter(|amount| kernel.rates.spend(principal, rule, *amount, *most, *per, now));
                spent.extend(taken.map(|amount| (Arc::clone(rule), amount)));
                let most = most / 1_000;
                taken.is_none().then(|| format!("no more than {most} at {sum} in {} s", per.as_secs()))
            }
            Obligation::Redact { .. }
            | Obligation::Record
            | Obligation::Notify
            | Obligation::Approvers { .. } => None,
        }?;
        Some(Reason {
            rule: Arc::clone(rule),
            decision: Decision::Deny,
            severity: Severity::Medium,
            message: message.into(),
            alternative: Some("wait, then try again".into()),
        })
    });
    broken.map_or(Ok(spent), Err)
}

/// What the numbers at `pointer` come to, in thousandths, rounded up; `None` where one of them is not a number from 0.
/// A missing argument is nothing to pay for.
fn amount(assessed: &Assessed, pointer: &str) -> Option<u64> {
    let call = &assessed.admitted.request.call;
    let Some(value) = call.action.arguments().and_then(|arguments| arguments.value().pointer(pointer)) else {
        return Some(0);
    };
    let one = |value: Json<'_>| {
        let text = value.as_str();
        let number: f64 = text.as_deref().unwrap_or(value.raw()).trim().parse().ok()?;
        let thousandths = (number * 1_000.0).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1e15 by the range")]
        (0.0..=1e15).contains(&thousandths).then_some(thousandths as u64)
    };
    match value.kind() {
        Kind::Null => Some(0),
        Kind::Array => value.elements().map(one).try_fold(0_u64, |sum, amount| sum.checked_add(amount?)),
        Kind::Bool | Kind::Number | Kind::String | Kind::Object => one(value),
    }
}

fn with_reason(mut verdict: Verdict, reason: Reason) -> Verdict {
    verdict.decision = Decision::Deny;
    verdict.reasons.insert(0, reason);
    verdict
}

fn deny(kernel: &Kernel, assessed: Assessed, verdict: Verdict, code: Code) -> Box<Denied> {
    let denial = match record(kernel, &assessed, &verdict, Consent::Policy, Some(code)) {
        Ok(time) => {
            if assessed.admitted.policy.needs().recent {
                kernel.tallies.denied(&assessed.admitted.request.call.principal, time);
            }
            Denial { code, reason: leading(&verdict), protocol: None }
        }
        Err(denial) => *denial,
    };
    Box::new(Denied { request: assessed.admitted.request, denial, approval: None, _sealed: () })
}

fn permit(kernel: &Kernel, assessed: Assessed, verdict: Verdict, consent: Consent) -> Ruling {
    let spent = match within_limits(kernel, &assessed, &verdict) {
        Ok(spent) => spent,
        Err(reason) => {
            return Ruling::Denied(deny(kernel, assessed, with_reason(verdict, reason), Code::Limited));
        }
    };
    let (confirmed, approval) = consent.entered();
    match record_with(kernel, &assessed, &verdict, Entered { confirmed, approval, code: None, spent }) {
        Ok(ruled) => {
            let confirmed = consent != Consent::Policy;
            if let Some(task) = assessed.known.task.as_ref().filter(|_| confirmed) {
                task.confirm(asking(&verdict));
            }
            Ruling::Permitted(Box::new(seal(assessed, verdict, confirmed, ruled)))
        }
        Err(denial) => unrecorded(assessed, *denial),
    }
}

fn seal(assessed: Assessed, verdict: Verdict, confirmed: bool, ruled: Timestamp) -> Permitted {
    Permitted { assessed, verdict, ruled, confirmed, _sealed: () }
}

fn unrecorded(assessed: Assessed, denial: Denial) -> Ruling {
    Ruling::Denied(Box::new(Denied {
        request: assessed.admitted.request,
        denial,
        approval: None,
        _sealed: (),
    }))
}

/// Writes the ruling; what cannot be recorded may not happen.
fn record(
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
struct Entered {
    confirmed: bool,
    approval: Option<ApprovalId>,
    code: Option<Code>,
    spent: Spent,
}

fn record_with(
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

fn journal_failed(call: CallId, error: &JournalError) -> Box<Denial> {
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
