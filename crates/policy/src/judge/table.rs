//! What is decided where no rule allows: by the effects of the tool and by whose word its arguments are.
//!
//! Must never have a call without a row.

use std::sync::Arc;

use ringfence_model::call::ActionKind;
use ringfence_model::config::Preset;
use ringfence_model::effect::{Effect, ToolFacts};
use ringfence_model::finding::Severity;
use ringfence_model::verdict::{Decision, Reason};

use super::column::{self, Column};
use crate::facts::Facts;

/// The table of the presets in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// No preset: what no rule allows is denied.
    Closed,
    /// Preset `standard`.
    Standard,
    /// Preset `strict`, also together with `standard`.
    Strict,
}

/// A row, under the id `ringfence.default.<name>`. Ordered by how grave what it lets happen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    /// What does nothing to the world: listing, notifications, questions to the user.
    Protocol,
    /// What a server asks of the client's model or of its folders.
    Question,
    /// Resources, prompts and completion.
    Content,
    /// A tool that looks.
    Read,
    /// A tool that changes what can be changed back.
    Write,
    /// Code, in a sandbox.
    ExecuteSandboxed,
    /// Removal that can be undone.
    Delete,
    /// Code, outside a sandbox.
    Execute,
    /// What reaches over a network, in preset `standard`.
    Network,
    /// The same in preset `strict`.
    NetworkStrict,
    /// Content for somebody, in preset `standard`.
    Send,
    /// The same in preset `strict`.
    SendStrict,
    /// An effect that cannot be taken back.
    Irreversible,
    /// Money.
    Pay,
    /// Rights, keys, settings.
    Admin,
    /// Nothing is known of the tool, and somebody can answer.
    Unknown,
    /// Nothing is known of the tool, and nobody can answer.
    UnknownUnanswerable,
    /// No preset.
    Closed,
}

impl Table {
    pub(super) fn new(presets: &[Preset]) -> Self {
        let names = |wanted: Preset| presets.contains(&wanted);
        match (names(Preset::Standard), names(Preset::Strict)) {
            (_, true) => Self::Strict,
            (true, false) => Self::Standard,
            (false, false) => Self::Closed,
        }
    }

    /// The row that decides: of all effects of the tool the strictest, of equals the gravest.
    pub(super) fn row(self, facts: &Facts<'_>) -> Row {
        match facts.action {
            ActionKind::List
            | ActionKind::Greet
            | ActionKind::Listen
            | ActionKind::SetLogLevel
            | ActionKind::RootsChanged
            | ActionKind::Task
            | ActionKind::Elicit
            | ActionKind::Notify
            | ActionKind::Operate => Row::Protocol,
            ActionKind::Sample | ActionKind::ListRoots => match self {
                Self::Closed => Row::Closed,
                Self::Standard | Self::Strict => Row::Question,
            },
            ActionKind::ReadResource
            | ActionKind::GetPrompt
            | ActionKind::Complete
            | ActionKind::Subscribe
            | ActionKind::Unsubscribe => match self {
                Self::Closed => Row::Closed,
                Self::Standard | Self::Strict => Row::Content,
            },
            ActionKind::CallTool if self == Self::Closed => Row::Closed,
            ActionKind::CallTool => facts
                .tool
                .and_then(|tool| {
                    let column = self.column(facts);
                    self.rows(tool, facts.sandboxed).max_by_key(|row| (row.decision(column), *row))
                })
                .unwrap_or(if facts.answerable { Row::Unknown } else { Row::UnknownUnanswerable }),
        }
    }

    /// Whose word steers the call.
    pub(super) fn column(self, facts: &Facts<'_>) -> Column {
        Column::of(facts, self == Self::Strict)
    }

    /// A row for each effect; none where nothing is known.
    fn rows(self, tool: &ToolFacts, sandboxed: bool) -> impl Iterator<Item = Row> {
        let known = !tool.effects.is_unknown();
        let effects = tool.effects;
        let egress = (known && tool.egress).then_some(Effect::Network);
        let irreversible = tool.irreversible;
        let strict = self == Self::Strict;
        effects.iter().chain(egress).map(move |effect| match effect {
            Effect::Read => Row::Read,
            Effect::Write | Effect::Delete if irreversible => Row::Irreversible,
            Effect::Write => Row::Write,
            Effect::Delete => Row::Delete,
            Effect::Execute if sandboxed => Row::ExecuteSandboxed,
            Effect::Execute if irreversible => Row::Irreversible,
            Effect::Execute => Row::Execute,
            Effect::Network if strict => Row::NetworkStrict,
            Effect::Network => Row::Network,
            Effect::Send if strict => Row::SendStrict,
            Effect::Send => Row::Send,
            Effect::Pay => Row::Pay,
            Effect::Admin => Row::Admin,
        })
    }
}

impl Row {
    const fn decision(self, column: Column) -> Decision {
        match (self, column) {
            (Self::UnknownUnanswerable | Self::Closed, _) => Decision::Deny,
            (Self::Protocol | Self::Question | Self::Content | Self::Read, _) => Decision::Allow,
            (Self::Unknown, _) => Decision::Ask,
            (Self::Irreversible | Self::Pay | Self::Admin, Column::Strangers) => Decision::Deny,
            (Self::Irreversible | Self::Pay | Self::Admin, Column::Model | Column::Nobody) => Decision::Ask,
            (Self::NetworkStrict | Self::SendStrict, Column::Model) => Decision::Ask,
            (_, Column::Nobody | Column::Strangers) => Decision::Ask,
            (_, Column::Own | Column::Model) => Decision::Allow,
        }
    }

    /// What the row is called, how grave a breach is, why, and what else to do.
    const fn words(self) -> (&'static str, Severity, &'static str, Option<&'static str>) {
        use Severity::{Critical, High, Info, Low, Medium};
        match self {
            Self::Protocol => ("protocol", Info, "it does nothing outside the protocol", None),
            Self::Question => ("question", Info, "the client said that servers may ask it", None),
            Self::Content => ("content", Info, "reading is allowed", None),
            Self::Read => ("read", Info, "the tool only reads", None),
            Self::Write => ("write", Low, "what the tool changes can be changed back", None),
            Self::ExecuteSandboxed => ("execute_sandboxed", Low, "the tool runs code in a sandbox", None),
            Self::Delete => ("delete", Low, "what the tool removes can be restored", None),
            Self::Execute => ("execute", Medium, "the tool runs code", None),
            Self::Network => ("network", Low, "the tool may reach the network", None),
            Self::Send => ("send", Low, "the tool may send content", None),
            Self::NetworkStrict => (
                "network",
                Medium,
                "the tool reaches the network, which preset `strict` asks about",
                Some("use what has been fetched already, or a tool without network"),
            ),
            Self::SendStrict => (
                "send",
                Medium,
                "the tool hands content to somebody, which preset `strict` asks about",
                Some("save a draft and let the user send it"),
            ),
            Self::Irreversible => (
                "irreversible",
                High,
                "what the tool does cannot be taken back",
                Some("write to a new name, or use a tool whose effect can be undone"),
            ),
            Self::Pay => (
                "pay",
                Critical,
                "the tool moves money or commits to a purchase",
                Some("prepare it and let the user pay"),
            ),
            Self::Admin => (
                "admin",
                Critical,
                "the tool changes rights, keys or settings",
                Some("describe the change and let the user make it"),
            ),
            Self::Unknown | Self::UnknownUnanswerable => {
                ("unknown", High, "nothing is known of what the tool does", None)
            }
            Self::Closed => (
                "closed",
                High,
                "no rule allows it, and no preset is in force",
                Some("add a rule that allows it, or a preset"),
            ),
        }
    }

    /// What the row says of the call.
    pub(super) fn reason(self, facts: &Facts<'_>, column: Column) -> Reason {
        let (name, severity, message, alternative) = self.words();
        let unknown = matches!(self, Self::Unknown | Self::UnknownUnanswerable);
        let decision = self.decision(column);
        let steered =
            column >= Column::Nobody && decision > Decision::Allow && !unknown && self != Self::Closed;
        let (severity, message, alternative) = if steered {
            let message = format!("{message}, and {}", column::steering(facts));
            (severity.max(Severity::High), message, Some("ask the user to say it in their own words"))
        } else {
            (severity, message.to_owned(), alternative)
        };
        let alternative = if unknown { Some(Arc::from(declare(facts))) } else { alternative.map(Arc::from) };
        Reason {
            rule: format!("ringfence.default.{name}").into(),
            decision,
            severity,
            message: message.into(),
            alternative,
        }
    }
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
