//! Trust: whose it is, how much there is, what raised and lowered it.
//!
//! Never decides by itself: policy reads it as a fact, an operator takes it away.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{CallId, Timestamp};
use crate::name::{Realm, ServerName};
use crate::principal::Principal;

/// Who or what is trusted; a node of the trust graph. As text: `SERVER`, `SERVER/TOOL`, `call:ID`, `principal:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Party {
    /// An agent.
    Principal(Arc<str>),
    /// A server, all its tools with it.
    Server(ServerName),
    /// A tool of a server.
    Tool(ServerName, Arc<str>),
    /// A call and its result.
    Call(CallId),
}

/// A text that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of SERVER, SERVER/TOOL, call:ID, principal:NAME")]
pub struct BadParty(String);

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal(name) => write!(f, "principal:{name}"),
            Self::Server(server) => write!(f, "{server}"),
            Self::Tool(server, tool) => write!(f, "{server}/{tool}"),
            Self::Call(call) => write!(f, "call:{call}"),
        }
    }
}

impl FromStr for Party {
    type Err = BadParty;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadParty(text.chars().take(128).collect());
        if let Some(name) = text.strip_prefix("principal:") {
            return if name.is_empty() { Err(bad()) } else { Ok(Self::Principal(name.into())) };
        }
        if let Some(call) = text.strip_prefix("call:") {
            return call.parse().map(Self::Call).map_err(|_| bad());
        }
        match text.split_once('/') {
            Some((_, "")) => Err(bad()),
            Some((server, tool)) => Ok(Self::Tool(server.parse().map_err(|_| bad())?, tool.into())),
            None => text.parse().map(Self::Server).map_err(|_| bad()),
        }
    }
}

impl TryFrom<String> for Party {
    type Error = BadParty;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Party> for String {
    fn from(party: Party) -> Self {
        party.to_string()
    }
}

/// How much somebody is trusted, in hundredths: 100 wholly, 0 not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trust(pub u8);

impl Trust {
    /// Whoever was invalidated.
    pub const NONE: Self = Self(0);
    /// Nothing is known against anybody.
    pub const WHOLE: Self = Self(100);

    /// In a word.
    #[must_use]
    pub const fn level(self) -> &'static str {
        match self.0 {
            70.. => "trusted",
            30.. => "degraded",
            10.. => "suspicious",
            _ => "compromised",
        }
    }
}

/// What was seen that bears on trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// A call ended well.
    Served,
    /// A result held orders to the model.
    Orders,
    /// What came from here steered a call that was stopped.
    Steered,
    /// A definition is held.
    Held,
    /// An operator refused a call of this principal.
    Refused,
    /// The principal did not behave as it does.
    Anomaly,
}

/// Something that was seen and lowers trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Tenant.
    pub realm: Realm,
    /// Of whom.
    pub party: Party,
    /// What.
    pub sign: Sign,
    /// In which call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
}

/// An operator takes all trust away, also for what happened before; or gives it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invalidated {
    /// Tenant.
    pub realm: Realm,
    /// From whom.
    pub party: Party,
    /// What happened from here on counts; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who.
    pub principal: Arc<Principal>,
    /// False where no operator credential was set.
    pub attested: bool,
    /// Trust is given back, and the behaviour of a principal is learnt anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restored: bool,
}
