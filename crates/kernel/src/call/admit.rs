//! Stage 1: may this principal make a call now at all? Scope, rate, calls in flight, and the state of a retry.
//!
//! Takes the one policy snapshot that the whole call is judged by. Must do no I/O.

use std::sync::Arc;

use ringfence_mcp::message::RpcError;
use ringfence_model::call::Action;
use ringfence_model::finding::Severity;
use ringfence_model::principal::Scope;
use ringfence_model::verdict::{Code, Decision, Reason};
use ringfence_policy::PolicySet;

use super::{Denial, Request};
use crate::kernel::Kernel;
use crate::retry::{Retry, RetryError};
use crate::session::InFlight;

/// A call that may be looked at.
#[derive(Debug)]
pub struct Admitted {
    pub(super) request: Request,
    pub(super) policy: Arc<PolicySet>,
    pub(super) retry: Option<Retry>,
    /// Holds the session's place until the call ends.
    pub(super) _place: InFlight,
}

/// A call that was not even looked at. Counted per second in the journal, not recorded one by one: a flood must not
/// fill the disk.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) request: Request,
    pub(super) denial: Denial,
}

pub(super) fn admit(kernel: &Kernel, request: Request) -> Result<Admitted, Box<Refused>> {
    let now = kernel.env.now();
    let principal = &request.call.principal;
    if !principal.may(Scope::Call) {
        return Err(refuse(kernel, request, "ringfence.scope", "this principal may not make calls"));
    }
    // What arises within a call was paid for by that call; whoever asks after a task makes a call of his own.
    let arises = request.call.parent.is_some() && !matches!(request.call.action, Action::Task { .. });
    if !arises && !kernel.rates.admit(principal, now) {
        return Err(refuse(kernel, request, "ringfence.rate", "too many calls; wait and try again"));
    }
    let place = match request.session.enter(now, kernel.limits.in_flight) {
        Ok(place) => place,
        Err(_) => {
            return Err(refuse(
                kernel,
                request,
                "ringfence.in_flight",
                "too many calls in flight; wait for answers",
            ));
        }
    };
    let retry = match Retry::of(kernel, &request, now) {
        Ok(retry) => retry,
        Err(error) => {
            let mut refused =
                refuse(kernel, request, "ringfence.retry", "the state of this retry is not valid");
            refused.denial.code = Code::Denied;
            refused.denial.protocol = Some(RpcError::invalid_params(match error {
                RetryError::NotOurs => "requestState is not one that this server gave you",
                RetryError::Expired => "requestState has expired: repeat the call without it",
                RetryError::Used => "requestState has been used: repeat the call without it",
            }));
            return Err(refused);
        }
    };
    Ok(Admitted { request, policy: kernel.policy.load_full(), retry, _place: place })
}

fn refuse(kernel: &Kernel, request: Request, rule: &'static str, message: &'static str) -> Box<Refused> {
    kernel.floods.count(rule, Some(&request.call.principal));
    let reason = Reason {
        rule: rule.into(),
        decision: Decision::Deny,
        severity: Severity::Medium,
        message: message.into(),
        alternative: None,
    };
    Box::new(Refused { request, denial: Denial { code: Code::Limited, reason, protocol: None } })
}
