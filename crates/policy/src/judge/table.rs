//! What is decided where no rule allows: which row of the table, and what it says of the call.
//!
//! Must never have a call without a row.

use std::sync::Arc;

use ringfence_model::call::ActionKind;
use ringfence_model::effect::{Effect, ToolFacts};
use ringfence_model::finding::Severity;
use ringfence_model::verdict::{Decision, Reason};

use super::column;
use crate::facts::Facts;
use crate::table::{Column, Line, MadeUp, Row, Table};

/// What decides where no rule does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing<'t> {
    /// Nothing is done outside the protocol: listing, notifications, questions to the user.
    Protocol,
    /// No table is in force.
    Closed,
    /// A row of the table, where this steers the call.
    Row(Row, &'t Line, Column),
}

impl<'t> Standing<'t> {
    pub(super) fn of(table: Option<&'t Table>, facts: &Facts<'_>) -> Self {
        let row = match facts.action {
            ActionKind::List
            | ActionKind::Greet
            | ActionKind::Listen
            | ActionKind::SetLogLevel
            | ActionKind::RootsChanged
            | ActionKind::Task
            | ActionKind::Elicit
            | ActionKind::Notify
            | ActionKind::Operate => return Self::Protocol,
            ActionKind::Sample | ActionKind::ListRoots => Some(Row::Question),
            ActionKind::ReadResource
            | ActionKind::GetPrompt
            | ActionKind::Complete
            | ActionKind::Subscribe
            | ActionKind::Unsubscribe => Some(Row::Content),
            ActionKind::CallTool => None,
        };
        let Some(table) = table else { return Self::Closed };
        let column = Column::of(facts, table.made_up == MadeUp::Floor);
        let row = row.unwrap_or_else(|| of_tool(table, facts, column));
        Self::Row(row, table.line(row), column)
    }

    pub(super) fn reason(self, facts: &Facts<'_>) -> Reason {
        let fixed = |name: &str, decision, severity, message: &str, alternative: Option<&str>| Reason {
            rule: format!("ringfence.default.{name}").into(),
            decision,
            severity,
            message: message.into(),
            alternative: alternative.map(Arc::from),
        };
        match self {
            Self::Protocol => {
                let message = "it does nothing outside the protocol";
                fixed("protocol", Decision::Allow, Severity::Info, message, None)
            }
            Self::Closed => fixed(
                "closed",
                Decision::Deny,
                Severity::High,
                "no rule allows it, and no preset with a table is in force",
                Some("add a rule that allows it, or a preset"),
            ),
            Self::Row(row, line, column) => said(row, line, column, facts),
        }
    }
}

/// The row that decides: of all effects of the tool the strictest, of equals the gravest.
fn of_tool(table: &Table, facts: &Facts<'_>, column: Column) -> Row {
    let unknown = if facts.answerable { Row::Unknown } else { Row::UnknownUnanswerable };
    let decides = |row: &Row| (table.line(*row).decision(column), *row);
    facts.tool.and_then(|tool| rows(tool, facts.sandboxed).max_by_key(decides)).unwrap_or(unknown)
}

/// A row for each effect; none where nothing is known.
fn rows(tool: &ToolFacts, sandboxed: bool) -> impl Iterator<Item = Row> {
    let known = !tool.effects.is_unknown();
    let egress = (known && tool.egress).then_some(Effect::Network);
    let irreversible = tool.irreversible;
    tool.effects.iter().chain(egress).map(move |effect| match effect {
        Effect::Read => Row::Read,
        Effect::Write | Effect::Delete if irreversible => Row::Irreversible,
        Effect::Write => Row::Write,
        Effect::Delete => Row::Delete,
        Effect::Execute if sandboxed => Row::ExecuteSandboxed,
        Effect::Execute if irreversible => Row::Irreversible,
        Effect::Execute => Row::Execute,
        Effect::Network => Row::Network,
        Effect::Send => Row::Send,
        Effect::Pay => Row::Pay,
        Effect::Admin => Row::Admin,
    })
}

/// What the row says of the call.
fn said(row: Row, line: &Line, column: Column, facts: &Facts<'_>) -> Reason {
    let unknown = matches!(row, Row::Unknown | Row::UnknownUnanswerable);
    let decision = line.decision(column);
    let steered = column >= Column::Nobody && decision > Decision::Allow && !unknown;
    let (severity, message, alternative) = if steered {
        let message = format!("{}, and {}", line.message, column::steering(facts));
        let alternative = Arc::from("ask the user to say it in their own words");
        (line.severity.max(Severity::High), message.into(), Some(alternative))
    } else if unknown && line.alternative.is_none() {
        (line.severity, Arc::clone(&line.message), Some(declare(facts).into()))
    } else {
        (line.severity, Arc::clone(&line.message), line.alternative.clone())
    };
    Reason { rule: Arc::clone(&line.rule), decision, severity, message, alternative }
}

/// The line that makes an unknown tool known.
fn declare(facts: &Facts<'_>) -> String {
    let server = facts.server.map_or("SERVER", |server| server.as_str());
    format!(
        "the operator can declare it in ringfence.yaml: \
         servers: {{ {server}: {{ tools: {{ {:?}: {{ effects: [read] }} }} }} }} \
         with those of read, write, delete, execute, network, send, pay, admin that it does",
        facts.target
    )
}
