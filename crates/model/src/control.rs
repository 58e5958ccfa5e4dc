//! What a shim and the kernel say to each other over the control socket: JSON lines.
//!
//! The shim sends [`Hello`], the kernel answers [`Welcome`]. In the roles `wrap` and `stdio` the rest of the connection is
//! MCP on JSON lines, both ways. In the role `control` the shim sends [`Request`]s, one at a time; the kernel answers
//! each with zero or more [`Reply::Item`]s and then [`Reply::Done`] or [`Reply::Problem`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::approval::{Answer, Lasts};
use crate::config::ServerConfig;
use crate::id::{ApprovalId, CallId, SessionId, Timestamp};
use crate::name::ServerName;
use crate::pin::{PinKind, PinnedServer};
use crate::problem::Problem;
use crate::trust::Party;

/// The version of this protocol. A kernel refuses another one; the shim then says to restart the kernel.
pub const CONTROL_VERSION: u32 = 1;

/// The first line of a connection, from the shim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`CONTROL_VERSION`] of the shim.
    pub control: u32,
    /// Version of the shim's binary, for messages.
    pub version: String,
    /// What the connection is for.
    pub role: Role,
}

/// What a connection is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// MCP for all configured servers and the built-in tools.
    Stdio,
    /// MCP for this one server, with its own names.
    Wrap {
        /// Its name.
        name: ServerName,
        /// How to reach it.
        server: Box<ServerConfig>,
    },
    /// Requests of the command line.
    Control,
}

/// The kernel's answer to [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Welcome {
    /// Go on.
    Ready {
        /// Version of the kernel's binary.
        version: String,
        /// Process id of the kernel.
        pid: u32,
    },
    /// The connection ends here.
    Refused(Problem),
}

/// One request of the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What is asked.
    #[serde(flatten)]
    pub verb: Verb,
    /// The operator credential, for verbs that need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
}

/// The operator credential. Never logged, never journaled.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// Typed on a terminal.
    Passphrase(String),
    /// `RINGFENCE_OPERATOR_TOKEN`.
    Token(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// What is asked of the kernel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", content = "args", rename_all = "snake_case")]
pub enum Verb {
    /// One item: the kernel's status.
    Status,
    /// One item per tool: `{server, tool, name, description, effects, source, irreversible, egress, consequential, held?}`.
    ToolsList,
    /// One item per tool, prompt and instructions of the servers: `{server, kind, name, held?, findings: [{pointer, finding}],
    /// resembles: [{tool, likeness}]}`; one `{server, error, hint?}` per server that could not be asked.
    ServersScan,
    /// One item: the result of `tools/call`, on the path like any other call.
    ToolsCall {
        /// As listed: `server__tool`, or a built-in tool's own name.
        name: String,
        /// A JSON object, as text: a number keeps all its digits.
        arguments: String,
    },
    /// One item per call, newest first.
    AuditQuery(AuditQuery),
    /// One item: the receipt of a call, for `audit verify-receipt`.
    AuditReceipt {
        /// Which.
        call: CallId,
        /// With what shows its arguments and result to be those that were committed to.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        open: bool,
    },
    /// One item: `{session, attested}`. Destroys the key of a session. Operator verb.
    AuditErase {
        /// Which.
        session: SessionId,
    },
    /// One item per journal entry `{index, time, entry, …}`.
    AuditTail(Entries),
    /// One item: counts of calls, in all and by decision, outcome, principal, target and rule.
    AuditStats {
        /// Only judged at or after this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
    /// One item per pinned or held definition of a server: `{realm, server, identity, kind, name, state, because?, accepted?,
    /// held?, resembles?}`.
    PinsList,
    /// One item: the answer. Operator verb.
    PinsAnswer(PinAnswer),
    /// One item per party that anything is known of, the least trusted first: `{party, trust, level, invalidated?, signs: {SIGN: n},
    /// anomaly?}`.
    TrustShow,
    /// One item: as in `TrustShow` and `half_life_s, raised, lowered, base, behind: […], ahead: […], behaviour?`.
    TrustExplain {
        /// Of whom.
        party: Party,
    },
    /// One item: `{party, reached: [call…], sessions, attested}`. Operator verb.
    TrustInvalidate(TrustAnswer),
    /// One item per request for approval, newest first: the members of `ApprovalRequest`, `requested`, `state`, `answers`.
    ApprovalsList,
    /// One item: the request as it stands then, and `attested`. Operator verb.
    ApprovalsAnswer(ApprovalReply),
    /// One item: `{digest, in_force, attested}`. The policy of this digest may come into force. Operator verb.
    PolicyLoad {
        /// SHA-256 of its sources, hex.
        digest: String,
    },
    /// One item: `{attested}`, false where no operator credential is set. Ends the kernel after its calls have ended.
    /// Operator verb.
    Shutdown,
    /// No item. Records that the operator credential has changed; needs the new one.
    CredentialChanged {
        /// How.
        what: CredentialChange,
    },
}

/// An approver's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalReply {
    /// To which.
    pub approval: ApprovalId,
    /// What.
    pub answer: Answer,
    /// For how long.
    #[serde(default = "Lasts::once")]
    pub lasts: Lasts,
    /// In the approver's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An operator's answer about a definition that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinAnswer {
    /// Whose.
    #[serde(flatten)]
    pub of: PinnedServer,
    /// Of what.
    pub kind: PinKind,
    /// Its name.
    pub name: Arc<str>,
    /// SHA-256 of the definition that was looked at, hex.
    pub digest: Arc<str>,
    /// It may be used from now on.
    pub approved: bool,
}

/// What an operator decides about somebody's trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustAnswer {
    /// Whose.
    pub party: Party,
    /// From when on; absent for all that happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// In the operator's words.
    pub reason: String,
    /// It is given back.
    #[serde(default)]
    pub restored: bool,
}

/// How the operator credential has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CredentialChange {
    /// A passphrase was set, the first one or another.
    #[serde(rename = "credential.set")]
    PassphraseSet,
    /// A token was minted.
    #[serde(rename = "token.minted")]
    TokenMinted,
}

impl CredentialChange {
    /// The verb in the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PassphraseSet => "credential.set",
            Self::TokenMinted => "token.minted",
        }
    }
}

/// Which entries of the journal are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries {
    /// Where it begins.
    pub begin: Begin,
    /// It goes on with what is recorded meanwhile, until the shim leaves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follow: bool,
}

/// Where entries are told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Begin {
    /// The last so many.
    Last(u64),
    /// From this index on.
    At(u64),
}

/// Which calls an audit query returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// At most this many.
    pub limit: u32,
    /// Only of this principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Only of this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Only of this tool, URI or prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Only of this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Only where this rule decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Only judged under this label, a word of it: `secret`, `pii`, `untrusted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Only with this text in target, rule, reason or findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Only with this decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<crate::verdict::Decision>,
    /// Only calls that were let through, or only those that were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// Only judged at or after this time, in nanoseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<crate::id::Timestamp>,
    /// Only judged before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<crate::id::Timestamp>,
    /// Only before this journal index: the `cursor` of an earlier answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

impl AuditQuery {
    /// The newest calls, whichever.
    #[must_use]
    pub const fn newest(limit: u32) -> Self {
        Self {
            limit,
            principal: None,
            server: None,
            target: None,
            session: None,
            rule: None,
            label: None,
            text: None,
            decision: None,
            passed: None,
            since: None,
            until: None,
            before: None,
        }
    }
}

/// One line of the kernel's answer to a [`Request`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// One value, as it is: numbers keep all their digits.
    Item(Box<serde_json::value::RawValue>),
    /// The answer is whole.
    Done,
    /// The answer ends here.
    Problem(Problem),
}
