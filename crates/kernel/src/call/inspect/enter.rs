//! What came back enters the session's history, what was written is remembered with its server.
//!
//! Must never let a result be released that the history has not taken in.

use ringfence_flow::Entering;
use ringfence_journal::JournalError;
use ringfence_model::call::{Action, Question};
use ringfence_model::effect::Effect;
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::json::{Json, JsonText};
use ringfence_model::label::Label;

use super::super::Outcome;
use super::super::execute::End;
use crate::kernel::Kernel;

/// `label` and what was once written into the server and comes back now.
pub(super) fn with_memory(kernel: &Kernel, outcome: &Outcome, label: Label) -> Label {
    let call = &outcome.permitted.assessed.admitted.request.call;
    let kept = match (&outcome.end, call.action.server()) {
        (End::Result(result) | End::Parked(result, _) | End::Task(result, _), Some(server)) => {
            kernel.stores.read(&call.principal.realm, server, result.value())
        }
        (End::Result(_) | End::Parked(..) | End::Task(..), None)
        | (End::PagesFirst(_) | End::Error(_) | End::Failed(_) | End::Cancelled | End::Timeout, _) => None,
    };
    kept.map_or(label, |kept| kept.join(label))
}

/// Remembers what a call wrote into its server, where that is worse than the server is declared to be.
///
/// # Errors
/// [`JournalError`]: the result may not be released.
pub(super) fn remember(kernel: &Kernel, outcome: &Outcome) -> Result<(), JournalError> {
    let assessed = &outcome.permitted.assessed;
    let call = &assessed.admitted.request.call;
    let (Action::CallTool { server, arguments, .. }, Some(facts), Some(label)) =
        (&call.action, &assessed.known.facts, assessed.known.provenance.label())
    else {
        return Ok(());
    };
    let keeps = facts.effects.is_unknown() || facts.effects.contains(Effect::Write);
    let worse = label.integrity > facts.content || label.confidentiality > facts.confidentiality || label.pii;
    if !keeps || !worse {
        return Ok(());
    }
    if kernel.stores.write(&call.principal.realm, server, arguments.value(), label) {
        let body = EntryBody::StoreTainted {
            realm: call.principal.realm.clone(),
            server: server.clone(),
            label,
            call: call.id,
        };
        kernel.record(&Entry::at(kernel.env.now(), body))?;
    }
    Ok(())
}

/// Takes what came back into the session's history.
pub(super) fn enter(kernel: &Kernel, outcome: &Outcome, label: Label, suspicious: bool) {
    let assessed = &outcome.permitted.assessed;
    let request = &assessed.admitted.request;
    let target = kernel.shown_target(request.call.action.target());
    let uri = if let Action::ReadResource { uri, .. } = &request.call.action {
        Some(JsonText::object([("uri", JsonText::string(uri))]))
    } else {
        None
    };
    let said = uri.as_ref().or_else(|| request.call.action.arguments());
    let entering = Entering {
        call: request.call.id,
        server: request.call.action.server(),
        target: &target,
        label,
        named: assessed.known.named,
        suspicious,
        said: said.map(JsonText::value),
    };
    let mut history = request.session.history.lock();
    let mut words = request.session.words.lock();
    let mut take = |value: Json<'_>| history.enter(&entering, value, &mut words);
    match (&request.call.action, &outcome.end) {
        // What the client's model is told is what enters, not what it answers.
        (Action::Ask { question: Question::Sample, params, .. }, _) => take(params.value()),
        (_, End::Result(result) | End::Parked(result, _) | End::Task(result, _)) => take(result.value()),
        (_, End::Error(error)) => {
            if let Some(data) = &error.data {
                take(data.value());
            }
            history.enter_text(&entering, &error.message, &mut words);
        }
        (_, End::Failed(message)) => history.enter_text(&entering, message, &mut words),
        (_, End::PagesFirst(_) | End::Cancelled | End::Timeout) => {}
    }
}
