//! What the journal records. One entry per fact; a call that passes leaves a ruling and an outcome.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::approval::{ApprovalAnswer, ApprovalRequest};
use crate::call::ActionKind;
use crate::effect::{EffectSource, Effects};
use crate::finding::Finding;
use crate::id::{ApprovalId, CallId, SessionId, Timestamp};
use crate::label::Label;
use crate::name::{Realm, ServerName};
use crate::pin::{PinAnswered, PinHeld, Pinned};
use crate::principal::Principal;
use crate::provenance::Provenance;
use crate::trust::{Invalidated, Seen};
use crate::verdict::{Code, Decision, Verdict};

/// The version of [`Entry`] that this build writes. In version 1 arguments and results stood as their SHA-256.
pub const ENTRY_VERSION: u16 = 2;

/// One record of the journal. Its index is its position in the log, counted from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// [`ENTRY_VERSION`] of the writer.
    pub v: u16,
    /// When it was written.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub body: EntryBody,
}

impl Entry {
    /// An entry of this build's version.
    #[must_use]
    pub const fn at(time: Timestamp, body: EntryBody) -> Self {
        Self { v: ENTRY_VERSION, time, body }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum EntryBody {
    /// A kernel opened the journal.
    Opened {
        /// Version of the binary.
        version: String,
        /// Bytes of a torn last record that were cut off, 0 after a clean end.
        recovered: u64,
    },
    /// The kernel closed the journal in good order.
    Closed,
    /// A policy came into force.
    PolicyLoaded {
        /// SHA-256 of its sources, hex.
        digest: String,
        /// Number of rules.
        rules: usize,
        /// The mode in force.
        mode: crate::config::PolicyMode,
    },
    /// A changed policy did not load: the one in force stays.
    PolicyRejected {
        /// The first thing that is wrong with it, and where.
        problem: String,
    },
    /// A session began.
    SessionOpened {
        /// Its id.
        session: SessionId,
        /// Whose.
        principal: Arc<Principal>,
        /// What the client said of itself; claimed, never decides.
        claimed: Option<String>,
        /// The floor it starts with.
        floor: Label,
    },
    /// The floor of a session rose.
    FloorRaised {
        /// Which session.
        session: SessionId,
        /// The new floor.
        floor: Label,
        /// The call whose result raised it.
        call: CallId,
    },
    /// Something worse than a server is declared to hold was written into it: what comes back from it keeps this label.
    StoreTainted {
        /// Whose view of the server.
        realm: Realm,
        /// Which server.
        server: ServerName,
        /// The label of what was written.
        label: Label,
        /// The call that wrote it.
        call: CallId,
    },
    /// An upstream server is about to be started or reached.
    ServerOpening {
        /// Its name.
        server: ServerName,
        /// The program or URL.
        target: String,
        /// SHA-256 of program, arguments, working directory and URL, hex.
        digest: String,
    },
    /// A call was judged. Written before any effect; the only record of a denied call.
    Ruling(Box<Ruling>),
    /// A permitted call ended.
    Outcome(Box<CallOutcome>),
    /// Refusals too many to record one by one.
    Aggregate {
        /// What was refused, e.g. `rate-limited`, `unauthenticated`.
        what: String,
        /// Whom it hit, where known.
        principal: Option<Arc<str>>,
        /// How many in the second that ends at the entry's time.
        count: u64,
    },
    /// An operator did something outside the path of a call: key events, credential changes.
    Operator {
        /// Who.
        principal: Arc<Principal>,
        /// What, e.g. `credential.set`.
        verb: String,
        /// False where no operator credential was set.
        attested: bool,
    },
    /// The key of a session is destroyed: nobody can say any more what its arguments and results were. Written before that.
    SessionErased {
        /// Which session.
        session: SessionId,
        /// Who.
        principal: Arc<Principal>,
        /// False where no operator credential was set.
        attested: bool,
    },
    /// A witness of the log knows another one than this.
    WitnessDisagrees {
        /// Which.
        witness: String,
        /// What it knows.
        why: String,
    },
    /// Somebody other than the caller was asked to allow a call.
    ApprovalRequested(Box<ApprovalRequest>),
    /// An approver answered. The answer is used up by the ruling that names the approval.
    ApprovalAnswered(Box<ApprovalAnswer>),
    /// Definitions of a server were accepted at first sight, or because they are locked.
    Pinned(Box<Pinned>),
    /// A definition is held.
    PinHeld(Box<PinHeld>),
    /// An operator answered about a definition that is held.
    PinAnswered(Box<PinAnswered>),
    /// Something was seen that lowers trust.
    TrustLowered(Box<Seen>),
    /// An operator took all trust away from somebody, or gave it back.
    TrustInvalidated(Box<Invalidated>),
}

/// The tags of entries that a kernel rebuilds its state from when it starts, beside floors and open intents, which the
/// journal finds itself. A ruling that names an approval counts, too.
pub const STATEFUL: [&str; 9] = [
    "approval_requested",
    "approval_answered",
    "store_tainted",
    "session_erased",
    "pinned",
    "pin_held",
    "pin_answered",
    "trust_lowered",
    "trust_invalidated",
];

/// A judged call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    /// Which call.
    pub call: CallId,
    /// The call within which it arose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CallId>,
    /// The call that it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<CallId>,
    /// Tenant.
    pub realm: Realm,
    /// Who.
    pub principal: Arc<str>,
    /// In which session.
    pub session: SessionId,
    /// What kind of action.
    pub action: ActionKind,
    /// Which server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerName>,
    /// What there: tool, URI, prompt, listing, verb.
    pub target: Arc<str>,
    /// Commitment to the arguments as they arrived, hex: HMAC-SHA-256 under the key of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// What the tool can do, and how we know; absent for what is not a tool call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effects: Option<(Effects, EffectSource)>,
    /// SHA-256 of the definition that was judged, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Arc<str>>,
    /// What detectors saw in the arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Where its arguments came from: pointers, words, labels and sources, never values.
    #[serde(default = "Provenance::none", skip_serializing_if = "Provenance::is_none")]
    pub provenance: Provenance,
    /// The session's floor when it was judged.
    pub floor: Label,
    /// What else it was judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
    /// SHA-256 of the policy in force, hex.
    pub policy: Arc<str>,
    /// What was decided.
    pub verdict: Verdict,
    /// True when a person confirmed or approved an `ask`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// The approval: of a call that passed the one that it used up, else the one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// The code the caller got, for a call that did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Findings, provenance and long names stand here in part: all of it is more than an entry holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shortened: bool,
}

/// Facts that a call was judged by and that stand nowhere else in its ruling, so that it can be judged again by another
/// policy. Not its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What the tool does cannot be taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// It carries data out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub egress: bool,
    /// The server ran in a sandbox.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sandboxed: bool,
    /// Somebody could answer an ask.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answerable: bool,
    /// How often the principal had called, where a rule asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recent: Option<crate::tally::Recent>,
    /// How much the call was trusted, where a rule asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<crate::trust::Trust>,
    /// What it took from budgets: by rule, in thousandths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<(Arc<str>, u64)>,
}

impl Ruling {
    /// True when the call was let through: an outcome follows.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.code.is_none() && (self.verdict.decision == Decision::Allow || self.confirmed)
    }

    /// The same in short, for one that is larger than an entry may be: each value with one source, the least trustworthy, and the
    /// worst findings.
    #[must_use]
    pub fn shorten(mut self) -> Self {
        for value in &mut self.provenance.values {
            value.pointer = cut(&value.pointer);
            value.sources.truncate(1);
            value.sources.iter_mut().for_each(|source| source.target = cut(&source.target));
        }
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        self.findings.truncate(MOST_IN_SHORT);
        Self { shortened: true, ..self }
    }

    /// True for the second ruling of a call: a person was asked about it while it waited, and this is what came of it.
    #[must_use]
    pub fn answers_a_question(&self) -> bool {
        let declined =
            self.verdict.reasons.first().is_some_and(|reason| &*reason.rule == "ringfence.declined");
        self.retries.is_none() && self.approval.is_none() && (self.confirmed || declined)
    }
}

/// Findings and characters of a name in a ruling in short.
const MOST_IN_SHORT: usize = 8;
const MOST_OF_NAME: usize = 128;

/// The beginning of a long name.
fn cut(name: &Arc<str>) -> Arc<str> {
    match name.char_indices().nth(MOST_OF_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()).into(),
        None => Arc::clone(name),
    }
}

/// How a permitted call ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallOutcome {
    /// Which call.
    pub call: CallId,
    /// How.
    pub outcome: OutcomeKind,
    /// Commitment to the result as it was released, hex: HMAC-SHA-256 under the key of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Size of the result in bytes.
    pub bytes: u64,
    /// What detectors saw in the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// How many findings were replaced before release.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redacted: u32,
    /// Microseconds from ruling to outcome.
    pub took_us: u64,
    /// The code the caller got, where the outcome is not `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How a permitted call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// A result was released.
    Ok,
    /// The server answered with an error, or the tool with `isError`; that was released.
    Error,
    /// The effect happened; the result was not released.
    Withheld,
    /// The caller cancelled or left.
    Cancelled,
    /// No answer within the limit.
    Timeout,
    /// The kernel ended before an answer came; nobody knows.
    Unknown,
    /// Waiting for the user (MRTR).
    Parked,
}

impl OutcomeKind {
    /// The word used in journal and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Withheld => "withheld",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Unknown => "unknown",
            Self::Parked => "parked",
        }
    }
}
