//! Limits and budgets of a verdict: a call that would pass is taken from all of them, or it does not pass.

use std::sync::Arc;

use ringfence_model::finding::Severity;
use ringfence_model::json::{Json, Kind};
use ringfence_model::verdict::{Decision, Obligation, Reason, Verdict};

use super::super::Assessed;
use crate::kernel::Kernel;

/// What was taken from budgets: by rule, in thousandths.
pub(super) type Spent = Vec<(Arc<str>, u64)>;

/// Takes the call from the limits and budgets of the verdict; the first of them that it would break.
pub(super) fn within(kernel: &Kernel, assessed: &Assessed, verdict: &Verdict) -> Result<Spent, Reason> {
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
