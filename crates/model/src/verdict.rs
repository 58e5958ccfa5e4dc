//! What policy says of a call: a decision, obligations and reasons.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Category, Severity};

/// The answer to "may this happen". Ordered: the strictest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may.
    Allow,
    /// A person must say so first.
    Ask,
    /// It may not.
    Deny,
}

/// What must be done along with an allowed call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obligation {
    /// Replace findings of these categories in the result before it is released.
    Redact {
        /// Which findings.
        categories: Vec<Category>,
    },
    /// At most `calls` in any window of `per`, counted per principal and rule; more is refused with 1006.
    Limit {
        /// How many.
        calls: u32,
        /// In which time.
        per: Duration,
    },
    /// Where it asks and the caller's own user cannot answer: so many different approvers must say yes.
    Approvers {
        /// How many.
        needed: u8,
        /// Each of them holds one of these roles; any operator counts where there is none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        roles: Vec<Arc<str>>,
    },
    /// The numbers that an argument holds, added up over any window of `per`, counted per principal and rule, stay at or
    /// below `most`; what would go beyond is refused with 1006.
    Budget {
        /// JSON pointer (RFC 6901) of the argument.
        sum: Arc<str>,
        /// In thousandths.
        most: u64,
        /// In which time.
        per: Duration,
    },
    /// Mark the call in the journal with the rule that asked for it.
    Record,
    /// Tell the operator's webhooks that it was judged.
    Notify,
}

/// Why a decision fell: the rule that spoke.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// Rule id. Ids that begin with `ringfence.` are ours and reserved.
    pub rule: Arc<str>,
    /// What the rule said.
    pub decision: Decision,
    /// How grave a breach of this rule is.
    pub severity: Severity,
    /// Why, for a person and for the model.
    pub message: Arc<str>,
    /// What to do instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Arc<str>>,
}

/// Policy's whole answer. `reasons` holds each rule that spoke, the deciding one first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was decided under the mode in force.
    pub decision: Decision,
    /// What would have been decided in mode `strict`, where the mode made a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would: Option<Decision>,
    /// What must be done along with it, each with the rule that asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<(Arc<str>, Obligation)>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Stable codes of what did not pass (JSON-RPC error codes, outside the reserved range of the protocol).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "i32", try_from = "i32")]
#[repr(i32)]
pub enum Code {
    /// Policy said no.
    Denied = 1001,
    /// A person must say yes and has not.
    ApprovalNeeded = 1002,
    /// The effect happened; its result may not be released. Do not retry.
    Withheld = 1003,
    /// The upstream server failed, died or did not answer.
    UpstreamFailed = 1004,
    /// The tool's definition is not the one that was listed.
    DefinitionChanged = 1005,
    /// A limit was reached.
    Limited = 1006,
}

impl Code {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }
}

impl From<Code> for i32 {
    fn from(code: Code) -> Self {
        code.number()
    }
}

impl TryFrom<i32> for Code {
    type Error = String;
    fn try_from(number: i32) -> Result<Self, String> {
        [
            Self::Denied,
            Self::ApprovalNeeded,
            Self::Withheld,
            Self::UpstreamFailed,
            Self::DefinitionChanged,
            Self::Limited,
        ]
        .into_iter()
        .find(|code| code.number() == number)
        .ok_or_else(|| format!("unknown code {number}"))
    }
}
