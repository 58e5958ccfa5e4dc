//! Stage 5: what came back: findings in it, its label, and the session's floor, raised and recorded before release.
//!
//! Looks and must change nothing of the result.

mod enter;

use std::sync::Arc;

use ringfence_detect::secret::InJson;
use ringfence_model::call::{Action, Notice, Question};
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity, Label};

use super::execute::End;
use super::{Outcome, Target};
use crate::kernel::Kernel;

/// An outcome with all that is known about it.
#[derive(Debug)]
pub struct Inspected {
    pub(super) outcome: Outcome,
    /// Credentials in the result.
    pub(super) secrets: Vec<InJson>,
    /// Credentials in the server's error text.
    pub(super) in_error: Vec<Finding>,
    /// Set where the result may not be released, with the reason.
    pub(super) withhold: Option<&'static str>,
}

pub(super) fn inspect(kernel: &Arc<Kernel>, outcome: Outcome) -> Inspected {
    let (secrets, in_error) = match &outcome.end {
        End::Result(result) | End::Parked(result, _) | End::Task(result, _) => {
            (kernel.secrets.scan_json(result), Vec::new())
        }
        End::Error(error) | End::PagesFirst(error) => (
            error.data.as_ref().map(|data| kernel.secrets.scan_json(data)).unwrap_or_default(),
            kernel.secrets.scan_text(&error.message),
        ),
        End::Failed(message) => (Vec::new(), kernel.secrets.scan_text(message)),
        End::Cancelled | End::Timeout => (Vec::new(), Vec::new()),
    };
    let request = &outcome.permitted.assessed.admitted.request;
    let holds_secret =
        secrets.iter().any(|secret| secret.finding.category == Category::Secret) || !in_error.is_empty();
    // What was not read to its end may hold what was not found.
    let unread = secrets
        .iter()
        .map(|secret| &secret.finding)
        .chain(&in_error)
        .any(|finding| finding.category == Category::Uninspected);
    let mut withhold = unread.then_some("it holds more than could be inspected");
    let label = label(&outcome, holds_secret).map(|label| enter::with_memory(kernel, &outcome, label));
    if let Some(floor) = label.and_then(|label| request.session.raise(label)) {
        let body = EntryBody::FloorRaised { session: request.session.id, floor, call: request.call.id };
        if kernel.record(&Entry::at(kernel.env.now(), body)).is_err() {
            withhold = Some("the audit journal cannot be written");
        }
    }
    if enter::remember(kernel, &outcome).is_err() {
        withhold = Some("the audit journal cannot be written");
    }
    if let Some(label) = label {
        let suspicious = secrets.iter().any(|seen| {
            seen.finding.category == Category::Injection && seen.finding.severity >= Severity::Medium
        });
        enter::enter(kernel, &outcome, label, suspicious);
    }
    Inspected { outcome, secrets, in_error, withhold }
}

/// The label of what came back; none where nothing of the outside world did.
fn label(outcome: &Outcome, holds_secret: bool) -> Option<Label> {
    let assessed = &outcome.permitted.assessed;
    let request = &assessed.admitted.request;
    let (integrity, confidentiality) = match (&request.call.action, &assessed.known.facts, &request.target) {
        (Action::CallTool { .. }, Some(facts), _) => (facts.content, facts.confidentiality),
        // What comes of a task is content as its tool's is.
        (Action::Task { .. }, ..) => match assessed.known.task.as_ref().map(|task| (task, &task.facts)) {
            Some((_, Some(facts))) => (facts.content, facts.confidentiality),
            Some((task, None)) => (task.server.content(), Confidentiality::Public),
            None => return None,
        },
        (
            Action::ReadResource { .. }
            | Action::GetPrompt { .. }
            | Action::Complete { .. }
            | Action::CallTool { .. },
            _,
            Target::Upstream(upstream),
        ) => (upstream.content(), Confidentiality::Public),
        // What a server says to the client's model, or has it read, is content of that server.
        // The user's own answer to a server's question.
        (Action::Ask { question: Question::Elicit, .. }, ..) => (Integrity::User, Confidentiality::Public),
        (Action::Notify { notice: Notice::Progress | Notice::Log, .. }, ..)
        | (Action::Ask { question: Question::Sample, .. }, ..) => {
            (Integrity::Untrusted, Confidentiality::Public)
        }
        _ => return None,
    };
    let confidentiality = if holds_secret { Confidentiality::Secret } else { confidentiality };
    Some(Label { confidentiality, pii: false, integrity })
}

impl Inspected {
    /// The result object, where there is one.
    pub(super) const fn result(&self) -> Option<&JsonText> {
        match &self.outcome.end {
            End::Result(result) | End::Parked(result, _) | End::Task(result, _) => Some(result),
            End::PagesFirst(_) | End::Error(_) | End::Failed(_) | End::Cancelled | End::Timeout => None,
        }
    }
}
