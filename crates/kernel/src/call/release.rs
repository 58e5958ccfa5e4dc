//! Stage 6: redact, record the outcome, and make the only thing that the wire can send.
//!
//! INVARIANT: [`Released`] is made in `sealed`, nowhere else, and never holds what was not redacted as the verdict asked.

mod render;

use std::sync::Arc;

use ringfence_mcp::message::RpcError;
use ringfence_model::call::{Action, Question};
use ringfence_model::entry::{CallOutcome, Entry, EntryBody, OutcomeKind};
use ringfence_model::finding::{Category, Finding, worst};
use ringfence_model::json::{Json, JsonText};
use ringfence_model::verdict::{Code, Obligation};

use super::admit::Refused;
use super::execute::{self, End, Waits};
use super::{Denied, Inspected, Pending, Permitted, Request};
use crate::exchange::Way;
use crate::kernel::Kernel;

/// The only thing that may be sent: to a client, or as an answer to a server.
#[derive(Debug)]
pub struct Released {
    wire: Wire,
    _sealed: (),
}

/// What a [`Released`] holds, as plain data for the edge to frame.
#[derive(Debug)]
pub enum Wire {
    /// A result object.
    Result(JsonText),
    /// A JSON-RPC error.
    Error(RpcError),
    /// A notification to the client.
    Notice {
        /// Its method.
        method: &'static str,
        /// Its params.
        params: JsonText,
    },
    /// A request to the client, or part of an `input_required` result.
    Ask {
        /// Its method.
        method: &'static str,
        /// Its params.
        params: JsonText,
    },
}

impl Released {
    /// Takes the content out, to be framed and sent.
    #[must_use]
    pub fn into_wire(self) -> Wire {
        self.wire
    }

    /// True for a notification.
    #[must_use]
    pub const fn is_notice(&self) -> bool {
        matches!(self.wire, Wire::Notice { .. })
    }
}

const fn sealed(wire: Wire) -> Released {
    Released { wire, _sealed: () }
}

/// What was not even admitted.
pub(super) fn refused(refused: Box<Refused>) -> Released {
    let Refused { request, denial } = *refused;
    sealed(render::denial(&request, &denial, None))
}

/// What was denied.
pub(super) fn denied(denied: Box<Denied>) -> Released {
    sealed(render::denial(&denied.request, &denied.denial, denied.approval))
}

/// Our own question, for a client that is asked on its open stream.
pub(super) fn confirmation_question(pending: &Pending) -> Released {
    sealed(Wire::Ask { method: Question::Elicit.method(), params: execute::question(pending) })
}

/// Our own question, for a client that comes back with the answer (MRTR).
pub(super) fn parked(kernel: &Kernel, pending: Box<Pending>) -> Released {
    // A call that was on its way at a legacy server waits on while the user is asked.
    let waits = match pending.assessed.admitted.retry.as_ref().and_then(|retry| retry.parked()) {
        Some(waiting) => {
            let (call, now) = (&pending.request().call, kernel.env.now());
            match kernel.parking.park(call.id, call.session, now, *waiting) {
                Ok(()) => Waits::WithUs,
                Err(_given_up) => Waits::WithServer,
            }
        }
        None => Waits::WithServer,
    };
    match kernel.seal_retry(&crate::retry::State::asked(&pending, waits)) {
        Ok(state) => sealed(Wire::Result(render::our_input_required(&execute::question(&pending), &state))),
        Err(error) => sealed(Wire::Error(RpcError::internal(error.to_string()))),
    }
}

/// A server's question, redacted as the verdict asks.
pub(super) fn server_question(kernel: &Kernel, permitted: &Permitted, question: Question) -> Released {
    let asked = permitted.request().call.action.arguments().cloned().unwrap_or_else(JsonText::empty_object);
    let params = if must_redact(permitted) {
        kernel.secrets.clean_json(&asked, &permitted.assessed.known.secrets)
    } else {
        asked
    };
    // Whose task it is that asks (2025-11-25, "Tasks", section "Related Tasks").
    let task = permitted.request().call.parent.and_then(|call| kernel.tasks.of_call(call));
    let params = task.map_or_else(|| params.clone(), |task| render::of_task(&params, &task));
    sealed(Wire::Ask { method: question.method(), params })
}

/// What a permitted call came to.
pub(super) fn release(kernel: &Arc<Kernel>, inspected: Inspected) -> Released {
    let permitted = &inspected.outcome.permitted;
    let redact = must_redact(permitted);
    let (mut wire, mut kind, mut code) = match (&inspected.outcome.end, inspected.withhold) {
        (_, Some(why)) => (render::withheld(permitted, why), OutcomeKind::Withheld, Some(Code::Withheld)),
        (End::Result(_), None) => result(kernel, &inspected, redact),
        (End::Task(result, task), None) => {
            let clean =
                if redact { kernel.secrets.clean_json(result, &inspected.secrets) } else { result.clone() };
            (Wire::Result(render::begun(permitted.request(), task, &clean)), OutcomeKind::Parked, None)
        }
        (End::PagesFirst(error), None) => {
            (Wire::Error(clean(kernel, error, &inspected, redact)), OutcomeKind::Error, None)
        }
        // What names pages passes only where they were judged.
        (End::Error(error), None) if error.code == execute::URL_ELICITATION_REQUIRED => {
            let why = "it wants the user to open a page first, which cannot be asked for here";
            (render::failed(permitted, why), OutcomeKind::Error, Some(Code::UpstreamFailed))
        }
        (End::Parked(result, waits), None) => park(kernel, &inspected, result, *waits, redact),
        (End::Error(error), None) => {
            let error = render::error(permitted, clean(kernel, error, &inspected, redact));
            (Wire::Error(error), OutcomeKind::Error, None)
        }
        (End::Failed(message), None) => {
            let message = kernel.scrub(message);
            (render::failed(permitted, &message), OutcomeKind::Error, Some(Code::UpstreamFailed))
        }
        (End::Cancelled, None) => (render::cancelled(), OutcomeKind::Cancelled, None),
        (End::Timeout, None) => (render::timed_out(permitted), OutcomeKind::Timeout, Some(Code::Withheld)),
    };
    if record(kernel, &inspected, &wire, kind, code, redact).is_err() && kind != OutcomeKind::Withheld {
        (wire, kind, code) = (
            render::withheld(permitted, "the audit journal cannot be written"),
            OutcomeKind::Withheld,
            Some(Code::Withheld),
        );
        tracing::error!(call = %permitted.assessed.admitted.request.call.id, ?code, "an outcome could not be recorded");
    }
    if matches!(inspected.outcome.end, End::Parked(..)) && kind != OutcomeKind::Parked {
        // The client does not hear of it: what nobody can come back to is given up at the server.
        kernel.parking.cancel(permitted.request().call.id);
    }
    if matches!(inspected.outcome.end, End::Task(..)) && kind != OutcomeKind::Parked {
        kernel.tasks.forget(permitted.request().call.id);
    }
    kernel.counters.ended(kind);
    sealed(wire)
}

pub(super) fn must_redact(permitted: &Permitted) -> bool {
    let by_its_call = permitted.assessed.known.task.as_ref().is_some_and(|task| task.redacts);
    by_its_call
        || permitted.verdict.obligations.iter().any(|(_, obligation)| match obligation {
            Obligation::Redact { categories } => categories.contains(&Category::Secret),
            Obligation::Limit { .. }
            | Obligation::Budget { .. }
            | Obligation::Record
            | Obligation::Approvers { .. } => false,
        })
}

fn result(kernel: &Kernel, inspected: &Inspected, redact: bool) -> (Wire, OutcomeKind, Option<Code>) {
    let permitted = &inspected.outcome.permitted;
    let request = &permitted.assessed.admitted.request;
    let Some(result) = inspected.result() else { return (render::cancelled(), OutcomeKind::Unknown, None) };
    let clean = if redact && !inspected.secrets.is_empty() {
        render::redacted(kernel, permitted, result, &inspected.secrets)
    } else {
        result.clone()
    };
    let wire = match &request.call.action {
        Action::Notify { notice, server, .. } => {
            let params = render::notice(kernel, request, server, *notice, &clean);
            Wire::Notice { method: notice.method(), params }
        }
        Action::Ask { question, .. } if request.exchange.way == Way::Carried => {
            Wire::Ask { method: question.method(), params: clean }
        }
        Action::Ask { .. } => Wire::Result(ringfence_mcp::meta::strip_ours(&clean)),
        Action::CallTool { .. }
        | Action::ReadResource { .. }
        | Action::GetPrompt { .. }
        | Action::Complete { .. }
        | Action::List { .. }
        | Action::Greet { .. }
        | Action::Listen { .. }
        | Action::SetLogLevel { .. }
        | Action::Subscribe { .. }
        | Action::Unsubscribe { .. }
        | Action::RootsChanged { .. }
        | Action::Task { .. }
        | Action::Operate { .. } => Wire::Result(render::result(kernel, permitted, &clean)),
    };
    (wire, if is_error(request, result) { OutcomeKind::Error } else { OutcomeKind::Ok }, None)
}

/// True where a tool says that it failed.
fn is_error(request: &Request, result: &JsonText) -> bool {
    matches!(request.call.action, Action::CallTool { .. })
        && result.value().get("isError").and_then(Json::as_bool) == Some(true)
}

/// A result that asks for input: the server's state goes into ours, so that the retry finds the call it belongs to.
fn park(
    kernel: &Kernel,
    inspected: &Inspected,
    result: &JsonText,
    waits: Waits,
    redact: bool,
) -> (Wire, OutcomeKind, Option<Code>) {
    let permitted = &inspected.outcome.permitted;
    let clean = if redact { kernel.secrets.clean_json(result, &inspected.secrets) } else { result.clone() };
    match kernel.seal_retry(&crate::retry::State::relayed(permitted, &clean, waits)) {
        Ok(state) => (Wire::Result(render::input_required(&clean, &state)), OutcomeKind::Parked, None),
        Err(error) => {
            (render::withheld(permitted, &error.to_string()), OutcomeKind::Withheld, Some(Code::Withheld))
        }
    }
}

fn clean(kernel: &Kernel, error: &RpcError, inspected: &Inspected, redact: bool) -> RpcError {
    if !redact {
        return error.clone();
    }
    RpcError {
        code: error.code,
        message: kernel.scrub(&error.message),
        data: error.data.as_ref().map(|data| kernel.secrets.clean_json(data, &inspected.secrets)),
    }
}

fn record(
    kernel: &Kernel,
    inspected: &Inspected,
    wire: &Wire,
    kind: OutcomeKind,
    code: Option<Code>,
    redacted: bool,
) -> Result<(), ringfence_journal::JournalError> {
    let permitted = &inspected.outcome.permitted;
    let now = kernel.env.now();
    let released = match wire {
        Wire::Result(json) | Wire::Notice { params: json, .. } | Wire::Ask { params: json, .. } => {
            Some(json.as_str())
        }
        Wire::Error(_) => None,
    };
    let findings: Vec<Finding> = inspected
        .secrets
        .iter()
        .map(|secret| secret.finding.clone())
        .chain(inspected.in_error.iter().cloned())
        .collect();
    let entry = CallOutcome {
        call: permitted.assessed.admitted.request.call.id,
        outcome: kind,
        result: released.map(|text| crate::digest::hex(text.as_bytes())),
        bytes: released.map_or(0, |text| text.len() as u64),
        redacted: if redacted { u32::try_from(findings.len()).unwrap_or(u32::MAX) } else { 0 },
        findings: worst(&findings),
        took_us: now.0.saturating_sub(permitted.ruled.0) / 1_000,
        code,
    };
    kernel.record(&Entry::at(now, EntryBody::Outcome(Box::new(entry)))).map(|_| ())
}
