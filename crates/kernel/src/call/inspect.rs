//! Stage 5: what came back: findings in it, its label, and the session's floor, raised and recorded before release.
//!
//! Looks and must change nothing of the result.

mod enter;

use std::borrow::Cow;
use std::sync::Arc;

use ringfence_detect::Message;
use ringfence_detect::injection::Context;
use ringfence_model::call::{Action, Notice, Question, TaskRequest};
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity, Label};

use super::execute::End;
use super::{Outcome, Target};
use crate::exchange::Way;
use crate::kernel::Kernel;

/// An outcome with all that is known about it.
#[derive(Debug)]
pub struct Inspected {
    pub(super) outcome: Outcome,
    /// Where its text stands; none for what no model reads.
    pub(super) context: Option<Context>,
    /// What is in the result.
    pub(super) seen: Message,
    /// What is in the server's error text.
    pub(super) in_error: Vec<Finding>,
    /// Set where the result may not be released, with the reason.
    pub(super) withhold: Option<Cow<'static, str>>,
}

pub(super) fn inspect(kernel: &Arc<Kernel>, outcome: Outcome) -> Inspected {
    let assessed = &outcome.permitted.assessed;
    let request = &assessed.admitted.request;
    let context = match (&request.call.action, request.exchange.way) {
        // The answer of the client's own side, on its way to the server.
        (Action::Ask { .. }, Way::Asked) => None,
        (action, _) => context(action),
    };
    let look = |json: &JsonText| match context {
        Some(context) => kernel.detectors.message(json, context),
        None => Message::of_values(kernel.detectors.values(json)),
    };
    let look_at_text = |text: &str| kernel.detectors.text(text, context.unwrap_or(Context::ToolResult));
    let nothing = || Message::of_values(Vec::new());
    let (seen, in_error) = match &outcome.end {
        End::Result(result) if outcome.is_a_list() => {
            (kernel.lists.inspected.of(result, context, || look(result)), Vec::new())
        }
        End::Result(result) | End::Parked(result, _) | End::Task(result, _) => (look(result), Vec::new()),
        End::Error(error) | End::PagesFirst(error) => {
            (error.data.as_ref().map_or_else(nothing, look), look_at_text(&error.message))
        }
        End::Failed(message) => (nothing(), look_at_text(message)),
        End::Cancelled | End::Timeout => (nothing(), Vec::new()),
    };
    let findings: Vec<Finding> = seen.findings().chain(in_error.iter().cloned()).collect();
    // What was not read to its end may hold a value that was not found.
    let mut values = seen.values.iter().map(|value| &value.finding).chain(&in_error);
    let unread = values.any(|finding| finding.category == Category::Uninspected);
    let mut withhold = unread.then_some(Cow::Borrowed("it holds more than could be inspected"));
    if let Some(reason) = denied(kernel, &outcome, &findings) {
        withhold = Some(reason.into());
    }
    let label = label(kernel, &outcome, &findings).map(|label| enter::with_memory(kernel, &outcome, label));
    if let Some(floor) = label.and_then(|label| request.session.raise(label)) {
        let body = EntryBody::FloorRaised { session: request.session.id, floor, call: request.call.id };
        if kernel.record(&Entry::at(kernel.env.now(), body)).is_err() {
            withhold = Some("the audit journal cannot be written".into());
        }
    }
    if enter::remember(kernel, &outcome).is_err() {
        withhold = Some("the audit journal cannot be written".into());
    }
    if let Some(label) = label {
        let suspicious = findings
            .iter()
            .any(|finding| finding.category == Category::Injection && finding.severity >= Severity::Medium);
        enter::enter(kernel, &outcome, label, suspicious);
    }
    Inspected { outcome, context, seen, in_error, withhold }
}

/// Where the text of what comes back stands; none where it is not content of a server: definitions are looked at when they
/// are listed, and answers to a server's question are the client's own.
pub(super) const fn context(action: &Action) -> Option<Context> {
    match action {
        Action::CallTool { .. } | Action::Complete { .. } | Action::Task { .. } => Some(Context::ToolResult),
        Action::ReadResource { .. } => Some(Context::Resource),
        Action::GetPrompt { .. } => Some(Context::Prompt),
        Action::Notify { .. } | Action::Ask { .. } => Some(Context::Interim),
        Action::List { .. }
        | Action::Greet { .. }
        | Action::Listen { .. }
        | Action::SetLogLevel { .. }
        | Action::Subscribe { .. }
        | Action::Unsubscribe { .. }
        | Action::RootsChanged { .. }
        | Action::Operate { .. } => None,
    }
}

/// The rule that denies a result with these findings, in words.
fn denied(kernel: &Kernel, outcome: &Outcome, findings: &[Finding]) -> Option<String> {
    if findings.is_empty() {
        return None;
    }
    let assessed = &outcome.permitted.assessed;
    let policy = &assessed.admitted.policy;
    let reason =
        super::decide::with_facts(kernel, assessed, false, |facts| policy.judge_result(facts, findings))?;
    Some(format!("the rule `{}` denies it: {}", reason.rule, reason.message))
}

/// The label of what came back; none where nothing of the outside world did.
fn label(kernel: &Kernel, outcome: &Outcome, findings: &[Finding]) -> Option<Label> {
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
        (Action::Ask { question, .. }, ..) => {
            match (question, kernel.errands.of(request).map(|errand| errand.question)) {
                // The user's own answer to a server's question, at once or as what came of a task.
                (Question::Elicit, None) | (Question::Task(TaskRequest::Result), Some(Question::Elicit)) => {
                    (Integrity::User, Confidentiality::Public)
                }
                // What a server says to the client's model is content of that server.
                (Question::Sample, _) => (Integrity::Untrusted, Confidentiality::Public),
                (Question::Elicit | Question::ListRoots | Question::Task(_), _) => return None,
            }
        }
        // So is what it has the model read.
        (Action::Notify { notice: Notice::Progress | Notice::Log, .. }, ..) => {
            (Integrity::Untrusted, Confidentiality::Public)
        }
        _ => return None,
    };
    let holds = |category, least| {
        findings.iter().any(|finding: &Finding| finding.category == category && finding.severity >= least)
    };
    let secret = holds(Category::Secret, Severity::Info);
    let confidentiality = if secret { Confidentiality::Secret } else { confidentiality };
    // Whatever the operator said of the source: it passes on what somebody else wrote.
    let hostile = holds(Category::Injection, Severity::Medium) || holds(Category::Hidden, Severity::High);
    let integrity = if hostile { Integrity::Untrusted } else { integrity };
    Some(Label { confidentiality, pii: holds(Category::Pii, Severity::Info), integrity })
}

impl Inspected {
    /// All findings.
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.seen.findings().chain(self.in_error.iter().cloned()).collect()
    }

    /// The result object, where there is one.
    pub(super) const fn result(&self) -> Option<&JsonText> {
        match &self.outcome.end {
            End::Result(result) | End::Parked(result, _) | End::Task(result, _) => Some(result),
            End::PagesFirst(_) | End::Error(_) | End::Failed(_) | End::Cancelled | End::Timeout => None,
        }
    }
}
