//! Stage 3: judge, write the ruling into the journal, and only then mint [`Permitted`], [`Pending`] or [`Denied`].
//!
//! INVARIANT: the only constructor of `Permitted` is `seal`, and it is reached only behind a successful journal append.

mod consult;
mod facts;
mod limits;
mod record;

use std::collections::BTreeSet;
use std::sync::Arc;

use ringfence_model::finding::Severity;
use ringfence_model::id::{ApprovalId, Timestamp};
use ringfence_model::verdict::{Code, Decision, Reason, Verdict};

use super::assess::Unassessable;
use super::{Assessed, Denial, leading};
use crate::kernel::Kernel;

pub(super) use facts::with_facts;
use facts::{answerable, judge};
use limits::Spent;
use record::{Entered, record, record_with};

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
    let spent = match limits::within(kernel, &assessed, &verdict) {
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
