//! The table of defaults as a rule file writes it: a row for each kind of effect, a column for whose word steers the call.
//!
//! Plain data. Must never be milder where the values that steer are less trustworthy; where several tables are in force the
//! strictest of each cell counts.

use std::sync::Arc;

use ringfence_model::finding::Severity;
use ringfence_model::verdict::Decision;

/// A column: whose word steers a call. Ordered from the most to the least trustworthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    /// The user's own words, what they refer to, or configured values.
    Own,
    /// The model's own, or from trusted sources.
    Model,
    /// Text of strangers has been read, and nobody was seen to ask for the act: no proof that they did.
    Nobody,
    /// From untrusted text, or near it.
    Strangers,
}

/// A row, under the id `ringfence.default.<name>`. Ordered by how grave what it lets happen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
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
    /// What reaches over a network.
    Network,
    /// Content for somebody.
    Send,
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
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// By [`Column`].
    pub(crate) cells: [Decision; 4],
    pub(crate) severity: Severity,
    pub(crate) message: Arc<str>,
    pub(crate) alternative: Option<Arc<str>>,
    /// The id under which it speaks.
    pub(crate) rule: Arc<str>,
}

/// Whose word a value is that stands in nothing the session has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MadeUp {
    /// The model's own.
    Model,
    /// As suspect as all that the session has read.
    Floor,
}

/// What is said of data on its way to another origin than its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flows {
    pub(crate) secret: Decision,
    pub(crate) pii: Decision,
    pub(crate) internal: Decision,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) made_up: MadeUp,
    pub(crate) flows: Flows,
    /// By [`Row`].
    pub(crate) lines: [Line; 14],
}

impl Row {
    /// Every row, in order.
    pub(crate) const ALL: [Self; 14] = [
        Self::Question,
        Self::Content,
        Self::Read,
        Self::Write,
        Self::ExecuteSandboxed,
        Self::Delete,
        Self::Execute,
        Self::Network,
        Self::Send,
        Self::Irreversible,
        Self::Pay,
        Self::Admin,
        Self::Unknown,
        Self::UnknownUnanswerable,
    ];

    /// What a file calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Content => "content",
            Self::Read => "read",
            Self::Write => "write",
            Self::ExecuteSandboxed => "execute_sandboxed",
            Self::Delete => "delete",
            Self::Execute => "execute",
            Self::Network => "network",
            Self::Send => "send",
            Self::Irreversible => "irreversible",
            Self::Pay => "pay",
            Self::Admin => "admin",
            Self::Unknown => "unknown",
            Self::UnknownUnanswerable => "unknown_unanswerable",
        }
    }

    /// The id under which it speaks; who can answer is no part of it.
    pub(crate) fn rule(self) -> Arc<str> {
        let name = if self == Self::UnknownUnanswerable { Self::Unknown.name() } else { self.name() };
        format!("ringfence.default.{name}").into()
    }
}

impl Line {
    pub(crate) fn decision(&self, column: Column) -> Decision {
        let [own, model, nobody, strangers] = self.cells;
        match column {
            Column::Own => own,
            Column::Model => model,
            Column::Nobody => nobody,
            Column::Strangers => strangers,
        }
    }

    /// The strictest of each cell, in the words of the stricter one.
    fn join(self, other: &Self) -> Self {
        let [a, b, c, d] = self.cells;
        let [e, f, g, h] = other.cells;
        let cells = [a.max(e), b.max(f), c.max(g), d.max(h)];
        let severity = self.severity.max(other.severity);
        let words = if *other > self { other.clone() } else { self };
        Self { cells, severity, ..words }
    }
}

impl Table {
    pub(crate) fn line(&self, row: Row) -> &Line {
        #[expect(clippy::indexing_slicing, reason = "there are as many lines as rows")]
        &self.lines[row as usize]
    }

    /// What they say together; none where there is none.
    pub(crate) fn strictest(mut tables: Vec<Self>) -> Option<Self> {
        // In one order, so that the words do not depend on that of the files.
        tables.sort_by(|a, b| b.lines.cmp(&a.lines));
        tables.into_iter().reduce(|one, other| Self {
            made_up: one.made_up.max(other.made_up),
            flows: Flows {
                secret: one.flows.secret.max(other.flows.secret),
                pii: one.flows.pii.max(other.flows.pii),
                internal: one.flows.internal.max(other.flows.internal),
            },
            lines: {
                let mut others = other.lines.iter();
                one.lines.map(|line| match others.next() {
                    Some(other) => line.join(other),
                    None => line,
                })
            },
        })
    }
}
