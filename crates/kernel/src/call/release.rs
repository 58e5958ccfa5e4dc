//! Stage 6: redact, record the outcome, and make the only thing that the wire can send.
//!
//! INVARIANT: [`Released`] is made in `sealed`, nowhere else, and never holds what was not redacted as the verdict asked.

mod flag;
mod redact;
mod render;

use std::sync::Arc;

use ringfence_detect::injection::Context;
use ringfence_journal::Committed;
use ringfence_mcp::message::RpcError;
use ringfence_model::call::{Action, Question};
use ringfence_model::entry::{CallOutcome, Entry, EntryBody, OutcomeKind};
use ringfence_model::finding::worst;
use ringfence_model::json::{Json, JsonText};
use ringfence_model::verdict::Code;

use super::admit::Refused;
use super::execute::{self, End, Waits};
use super::{Denied, Inspected, Pending, Permitted, Request};
use crate::exchange::Way;
use crate::kernel::Kernel;
pub(crate) use redact::Redaction;

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
            match kernel.parking.park(call, now, *waiting) {
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
    let params = Redaction::of(permitted).message(
        kernel,
        &asked,
        &permitted.assessed.known.seen,
        Some(Context::Interim),
    );
    // Whose task it is that asks (2025-11-25, "Tasks", section "Related Tasks").
    let task = permitted.request().call.parent.and_then(|call| kernel.tasks.of_call(call));
    let params = task.map_or_else(|| params.clone(), |task| render::of_task(&params, &task));
    sealed(Wire::Ask { method: question.method(), params })
}

/// What a permitted call came to.
pub(super) fn release(kernel: &Arc<Kernel>, inspected: Inspected) -> Released {
    let permitted = &inspected.outcome.permitted;
    let redaction = Redaction::of(permitted);
    let (mut wire, mut kind, mut code) = match (&inspected.outcome.end, &inspected.withhold) {
        (_, Some(why)) => (render::withheld(permitted, why), OutcomeKind::Withheld, Some(Code::Withheld)),
        (End::Result(_), None) => result(kernel, &inspected, redaction),
        (End::Task(result, task), None) => {
            let clean = redaction.message(kernel, result, &inspected.seen, inspected.context);
            (Wire::Result(render::begun(permitted.request(), task, &clean)), OutcomeKind::Parked, None)
        }
        (End::PagesFirst(error), None) => {
            (Wire::Error(clean(kernel, error, &inspected, redaction)), OutcomeKind::Error, None)
        }
        // What names pages passes only where they were judged.
        (End::Error(error), None) if error.code == execute::URL_ELICITATION_REQUIRED => {
            let why = "it wants the user to open a page first, which cannot be asked for here";
            (render::failed(permitted, why), OutcomeKind::Error, Some(Code::UpstreamFailed))
        }
        (End::Parked(result, waits), None) => park(kernel, &inspected, result, *waits, redaction),
        (End::Error(error), None) => {
            let error = render::error(permitted, clean(kernel, error, &inspected, redaction));
            (Wire::Error(error), OutcomeKind::Error, None)
        }
        (End::Failed(message), None) => {
            let message = redaction.text(kernel, &kernel.scrub(message), inspected.context);
            (render::failed(permitted, &message), OutcomeKind::Error, Some(Code::UpstreamFailed))
        }
        (End::Cancelled, None) => (render::cancelled(), OutcomeKind::Cancelled, None),
        (End::Timeout, None) => (render::timed_out(permitted), OutcomeKind::Timeout, Some(Code::Withheld)),
    };
    if record(kernel, &inspected, &wire, kind, code, redaction).is_err() && kind != OutcomeKind::Withheld {
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
    if kind == OutcomeKind::Withheld {
        // The server does not hear of it.
        kernel.errands.forget(permitted.request().call.id);
    }
    kernel.counters.ended(kind);
    sealed(wire)
}

fn result(kernel: &Kernel, inspected: &Inspected, redaction: Redaction) -> (Wire, OutcomeKind, Option<Code>) {
    let permitted = &inspected.outcome.permitted;
    let request = &permitted.assessed.admitted.request;
    let Some(result) = inspected.result() else { return (render::cancelled(), OutcomeKind::Unknown, None) };
    let clean = redaction.message(kernel, result, &inspected.seen, inspected.context);
    let clean = render::still_valid(permitted, result, clean);
    let wire = match &request.call.action {
        Action::Notify { notice, server, .. } => {
            let params = render::notice(kernel, request, server, *notice, &clean);
            Wire::Notice { method: notice.method(), params }
        }
        Action::Ask { question, .. } if request.exchange.way == Way::Carried => {
            Wire::Ask { method: question.method(), params: clean }
        }
        Action::Ask { .. } => {
            Wire::Result(kernel.errands.shown(request, &ringfence_mcp::meta::strip_ours(&clean)))
        }
        Action::List { what, .. } => {
            let key = (*what, request.exchange.client.version);
            Wire::Result(kernel.lists.shown.of(&clean, key, || render::result(kernel, permitted, &clean)))
        }
        Action::CallTool { .. }
        | Action::ReadResource { .. }
        | Action::GetPrompt { .. }
        | Action::Complete { .. }
        | Action::Greet { .. }
        | Action::Listen { .. }
        | Action::SetLogLevel { .. }
        | Action::Subscribe { .. }
        | Action::Unsubscribe { .. }
        | Action::RootsChanged { .. }
        | Action::Task { .. }
        | Action::Operate { .. } => {
            let shown = render::result(kernel, permitted, &clean);
            Wire::Result(flag::flagged(request, shown, &inspected.findings()))
        }
    };
    (wire, if is_error(request, result) { OutcomeKind::Error } else { OutcomeKind::Ok }, None)
}

/// True where a tool says that it failed.
fn is_error(request: &Request, result: &JsonText) -> bool {
    matches!(request.call.action, Action::CallTool { .. })
        && result.get("isError").and_then(Json::as_bool) == Some(true)
}

/// A result that asks for input: the server's state goes into ours, so that the retry finds the call it belongs to.
fn park(
    kernel: &Kernel,
    inspected: &Inspected,
    result: &JsonText,
    waits: Waits,
    redaction: Redaction,
) -> (Wire, OutcomeKind, Option<Code>) {
    let permitted = &inspected.outcome.permitted;
    let clean = redaction.message(kernel, result, &inspected.seen, inspected.context);
    match kernel.seal_retry(&crate::retry::State::relayed(permitted, &clean, waits)) {
        Ok(state) => (Wire::Result(render::input_required(&clean, &state)), OutcomeKind::Parked, None),
        Err(error) => {
            (render::withheld(permitted, &error.to_string()), OutcomeKind::Withheld, Some(Code::Withheld))
        }
    }
}

fn clean(kernel: &Kernel, error: &RpcError, inspected: &Inspected, redaction: Redaction) -> RpcError {
    let context = inspected.context;
    RpcError {
        code: error.code,
        message: redaction.text(kernel, &error.message, context),
        data: error.data.as_ref().map(|data| redaction.message(kernel, data, &inspected.seen, context)),
    }
}

fn record(
    kernel: &Kernel,
    inspected: &Inspected,
    wire: &Wire,
    kind: OutcomeKind,
    code: Option<Code>,
    redaction: Redaction,
) -> Result<(), ringfence_journal::JournalError> {
    let permitted = &inspected.outcome.permitted;
    let now = kernel.env.now();
    let released = match wire {
        Wire::Result(json) | Wire::Notice { params: json, .. } | Wire::Ask { params: json, .. } => Some(json),
        Wire::Error(_) => None,
    };
    let digest = |json: &JsonText| crate::digest::of(json.as_str().as_bytes());
    let is_a_list = inspected.outcome.is_a_list();
    let request = &permitted.assessed.admitted.request;
    let digest = released.map(|json| {
        if is_a_list { kernel.lists.digests.of(json, (), || digest(json)) } else { digest(json) }
    });
    let result = kernel.commit(request, Committed::Result, digest.as_ref())?;
    let entry = CallOutcome {
        call: request.call.id,
        outcome: kind,
        result,
        bytes: released.map_or(0, |json| json.as_str().len() as u64),
        redacted: u32::try_from(redaction.count(&inspected.seen, &inspected.in_error)).unwrap_or(u32::MAX),
        findings: worst(&inspected.findings()),
        took_us: now.0.saturating_sub(permitted.ruled.0) / 1_000,
        code,
    };
    kernel.record(&Entry::at(now, EntryBody::Outcome(Box::new(entry)))).map(|_| ())
}
