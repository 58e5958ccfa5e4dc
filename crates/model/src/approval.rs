//! Approvals: a call that policy asks about, put to somebody other than the caller, out of band.
//!
//! Plain data; an approval is bound to exactly one call's content and counts once. Must never hold a credential: what an
//! approver is shown has been cleaned.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::call::ActionKind;
use crate::finding::Severity;
use crate::id::{ApprovalId, CallId, SessionId, Timestamp};
use crate::name::{Realm, ServerName};
use crate::principal::Principal;

/// What is asked of the approvers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// Minted by the kernel.
    pub id: ApprovalId,
    /// SHA-256, hex, over realm, principal, action, server and its identity, target, definition, arguments and policy: what
    /// the answer is about, and nothing else. In the journal it is sealed; empty where it cannot be opened, which is no call's.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub binding: Arc<str>,
    /// The call that was not let through.
    pub call: CallId,
    /// Tenant.
    pub realm: Realm,
    /// Who called.
    pub principal: Arc<str>,
    /// In which session.
    pub session: SessionId,
    /// What kind of action.
    pub action: ActionKind,
    /// Which server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerName>,
    /// What there: tool, URI, prompt.
    pub target: Arc<str>,
    /// The arguments for a person to read: credentials blotted out, a long text in part, which it then says. In the journal
    /// they are sealed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shown: String,
    /// What is shown is all of the arguments: a rule can be made of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// In the journal: `binding` and `shown`, sealed with the key of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// The rule that asks.
    pub rule: Arc<str>,
    /// Why it asks.
    pub message: Arc<str>,
    /// How grave.
    pub severity: Severity,
    /// How many different approvers must say yes; one no is enough to end it.
    pub needed: u8,
    /// Names of those who may answer, as [`Principal::name`] has them; whoever is an operator, where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<Arc<str>>,
    /// Those of whom so many must be among the yeses; each must be met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quorums: Vec<Quorum>,
    /// Until when it can be answered and used.
    pub expires: Timestamp,
}

/// So many of those who hold a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// The roles, any of them.
    pub roles: Vec<Arc<str>>,
    /// Who held one when it was asked, as [`Principal::name`] has them.
    pub holders: Vec<Arc<str>>,
    /// How many of them must say yes.
    pub needed: u8,
}

/// What an approver says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It may happen, once.
    Approve,
    /// It may not.
    Deny,
}

/// For how long a yes holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasts {
    /// For one call.
    Once,
    /// For the same call, as often as it comes in the session that asked, until the request expires.
    Session,
}

impl Lasts {
    /// For one call.
    #[must_use]
    pub const fn once() -> Self {
        Self::Once
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    const fn is_once(&self) -> bool {
        matches!(self, Self::Once)
    }
}

/// An approver's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalAnswer {
    /// To which request.
    pub approval: ApprovalId,
    /// What.
    pub answer: Answer,
    /// For how long, where it is a yes; of several answers the shortest counts.
    #[serde(default = "Lasts::once", skip_serializing_if = "Lasts::is_once")]
    pub lasts: Lasts,
    /// Whose.
    pub by: Arc<Principal>,
    /// False where no operator credential was set.
    pub attested: bool,
    /// In the approver's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Nobody has decided yet.
    Pending,
    /// Enough approvers said yes; the same call passes once.
    Approved,
    /// An approver said no.
    Denied,
    /// The call has passed.
    Used,
    /// Its time is over.
    Expired,
}

impl ApprovalState {
    /// The word used in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Used => "used",
            Self::Expired => "expired",
        }
    }
}
