//! Approval by somebody other than the caller: the one that allows a call is used up, or the approvers are asked.
//!
//! Must never ask for what could never be approved.

use std::sync::Arc;

use ringfence_model::approval::{ApprovalRequest, Quorum};
use ringfence_model::id::{ApprovalId, Timestamp};
use ringfence_model::json::JsonText;
use ringfence_model::verdict::{Obligation, Verdict};
use ringfence_policy::PolicySet;

use super::super::{Assessed, leading};
use super::facts::asks_a_person;
use super::record::journal_failed;
use crate::binding;
use crate::call::Denial;
use crate::kernel::Kernel;
use crate::shown;

/// Characters of each end of the arguments that an approver sees.
const SHOWN: usize = 4_000;

/// The approval that allows exactly this call, which is used up by this.
pub(super) fn approved(kernel: &Kernel, assessed: &Assessed) -> Option<ApprovalId> {
    let session = assessed.admitted.request.call.session;
    let take = || kernel.approvals.take(&binding_of(assessed), session, kernel.env.now());
    asks_a_person(assessed).then(take).flatten()
}

/// Asks the approvers about a call; the request that waits for this call already, if there is one. None where nobody could
/// approve it, with the reason.
pub(super) fn request(
    kernel: &Kernel,
    assessed: &Assessed,
    verdict: &Verdict,
) -> Result<Result<ApprovalId, String>, Box<Denial>> {
    if !asks_a_person(assessed) {
        return Ok(Err("this kind of request cannot be approved".to_owned()));
    }
    let now = kernel.env.now();
    let binding = binding_of(assessed);
    if let Some(waiting) = kernel.approvals.waiting(&binding, now) {
        return Ok(Ok(waiting));
    }
    let call = &assessed.admitted.request.call;
    if !kernel.approvals.has_room(&call.principal, now) {
        return Ok(Err("too many requests for approval are waiting".to_owned()));
    }
    let wanted = Wanted::of(assessed.admitted.policy.as_ref(), verdict);
    if let Err(why) = wanted.satisfiable(&kernel.known_approvers()) {
        return Ok(Err(why));
    }
    let Wanted { needed, approvers, quorums } = wanted;
    let reason = leading(verdict);
    let shown =
        shown::arguments(&assessed.admitted.request, &assessed.known.seen.values, SHOWN).unwrap_or_default();
    let waits = u64::try_from(kernel.limits.approval.0.as_nanos()).unwrap_or(u64::MAX);
    let request = ApprovalRequest {
        id: kernel.env.approval_id(),
        binding: binding.into(),
        call: call.id,
        realm: call.principal.realm.clone(),
        principal: Arc::clone(&call.principal.name),
        session: call.session,
        action: call.action.kind(),
        server: call.action.server().cloned(),
        target: kernel.shown_target(call.action.target()),
        whole: is_whole(call.action.arguments(), &shown),
        shown,
        sealed: None,
        rule: reason.rule,
        message: reason.message,
        severity: reason.severity,
        needed,
        approvers,
        quorums,
        expires: Timestamp(now.0.saturating_add(waits)),
    };
    let id = request.id;
    kernel.put_before_approvers(request, now).map_err(|error| journal_failed(call.id, &error))?;
    Ok(Ok(id))
}

/// True where what an approver sees is all that was given.
fn is_whole(given: Option<&JsonText>, shown: &str) -> bool {
    let shown = JsonText::try_from(shown.to_owned()).ok();
    given.zip(shown).is_some_and(|(given, shown)| given.value().canonical() == shown.value().canonical())
}

fn binding_of(assessed: &Assessed) -> String {
    let definition = assessed.known.definition.as_deref();
    binding::approval(&assessed.admitted.request, definition, assessed.admitted.policy.digest())
}

/// What the rules want of the approvers.
struct Wanted {
    /// The most that any rule wants.
    needed: u8,
    /// Who may answer, where every rule that wants approvers says whose.
    approvers: Vec<Arc<str>>,
    quorums: Vec<Quorum>,
}

impl Wanted {
    fn of(policy: &PolicySet, verdict: &Verdict) -> Self {
        let mut wanted = Self { needed: 1, approvers: Vec::new(), quorums: Vec::new() };
        let mut anybody = false;
        for (_, obligation) in &verdict.obligations {
            match obligation {
                Obligation::Approvers { needed, roles } => {
                    wanted.needed = wanted.needed.max(*needed);
                    anybody |= roles.is_empty();
                    if !roles.is_empty() {
                        let mut holders: Vec<Arc<str>> = roles
                            .iter()
                            .flat_map(|role| policy.holders(role))
                            .map(|name| as_answered(name))
                            .collect();
                        holders.sort();
                        holders.dedup();
                        wanted.quorums.push(Quorum { roles: roles.clone(), holders, needed: *needed });
                    }
                }
                Obligation::Redact { .. }
                | Obligation::Limit { .. }
                | Obligation::Budget { .. }
                | Obligation::Record
                | Obligation::Notify => {}
            }
        }
        if !anybody {
            wanted.approvers =
                wanted.quorums.iter().flat_map(|quorum| quorum.holders.iter().cloned()).collect();
            wanted.approvers.sort();
            wanted.approvers.dedup();
        }
        wanted
    }

    /// Two need two who can be told apart: the passphrase and each token are one. A role needs one of those at least.
    fn satisfiable(&self, known: &[Arc<str>]) -> Result<(), String> {
        let more = "`ringfence init --token NAME` makes another";
        let (needed, approvers) = (self.needed, known.len());
        if needed > 1 && approvers < usize::from(needed) {
            return Err(format!("{needed} approvers are needed and {approvers} are known; {more}"));
        }
        for quorum in &self.quorums {
            let there = quorum.holders.iter().filter(|holder| known.contains(holder)).count();
            if there < usize::from(quorum.needed) {
                let (needed, roles) = (quorum.needed, quorum.roles.join(" or "));
                return Err(format!(
                    "{needed} approvers of {roles} are needed and {there} are known; {more}"
                ));
            }
        }
        Ok(())
    }
}

/// The name of an operator of the configuration as the principal has it that answers.
fn as_answered(name: &str) -> Arc<str> {
    if name == "operator" { name.into() } else { format!("operator:{name}").into() }
}
