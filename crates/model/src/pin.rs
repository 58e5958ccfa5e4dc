//! Pins: which definitions of a server were accepted, and what came in their place.
//!
//! A definition is held until it is accepted; must never be accepted by what the server says of itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::name::{Realm, ServerName};
use crate::principal::Principal;

/// What is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinKind {
    /// The server's instructions for models; there is one, and it has no name.
    Instructions,
    /// A prompt.
    Prompt,
    /// A tool.
    Tool,
}

impl PinKind {
    /// The word used in journal and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Prompt => "prompt",
            Self::Tool => "tool",
        }
    }
}

/// Whose definitions: one server as one realm reaches it. The credentials of a server stand in its entry, so a scope of
/// credentials is an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PinnedServer {
    /// Tenant.
    pub realm: Realm,
    /// Its name.
    pub server: ServerName,
    /// SHA-256 of program, arguments, working directory and URL, hex: another server of the same name has pins of its own.
    pub identity: Arc<str>,
}

/// One definition as a server gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Of what.
    pub kind: PinKind,
    /// The server's own name for it; empty for instructions.
    pub name: Arc<str>,
    /// SHA-256 of its canonical form (members sorted, no space between), hex.
    pub digest: Arc<str>,
    /// Its canonical form; none where it is larger than what is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// What detectors saw in it, from severity medium on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// Why a definition is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It gives the model orders, or hides something.
    Poisoned,
    /// It is not the one that was accepted.
    Changed,
    /// The server did not have it when it was first seen.
    Added,
    /// Its name is written to be taken for one of another server.
    Resembles,
    /// `ringfence.lock` does not have it, or has another one.
    NotLocked,
}

impl Because {
    /// In words, behind "it is held: ".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poisoned => "it gives the model orders or hides something",
            Self::Changed => "it is not the definition that was accepted",
            Self::Added => "the server did not have it when it was first seen",
            Self::Resembles => "its name is written to be taken for one of another server",
            Self::NotLocked => "it is not the definition in ringfence.lock",
        }
    }
}

/// Definitions that were accepted without a person: those that a server had when it was first seen, or that are locked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pinned {
    /// Whose.
    #[serde(flatten)]
    pub of: PinnedServer,
    /// Which.
    pub definitions: Vec<Definition>,
    /// The lists that have now been seen to their end: what comes later was added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complete: Vec<SeenList>,
}

/// A list of definitions as clients of certain abilities see it: servers offer some tools only to those who can use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeenList {
    /// Of what.
    pub kind: PinKind,
    /// The abilities that the server was told, a bit each.
    pub abilities: u16,
}

/// A definition that is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PinHeld {
    /// Whose.
    #[serde(flatten)]
    pub of: PinnedServer,
    /// What the server gives now.
    pub definition: Definition,
    /// Why.
    pub because: Because,
}

/// An operator's answer about a definition that was held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PinAnswered {
    /// Who.
    pub principal: Arc<Principal>,
    /// False where no operator credential was set.
    pub attested: bool,
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

/// `ringfence.lock`: the only definitions that are accepted without a person, in place of trust on first sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinLock {
    /// Version of this format: 1.
    pub version: u32,
    /// By server.
    pub servers: BTreeMap<ServerName, LockedServer>,
}

/// The locked definitions of a server: digests by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedServer {
    /// Of its instructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Arc<str>>,
    /// Of its prompts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<Arc<str>, Arc<str>>,
    /// Of its tools.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<Arc<str>, Arc<str>>,
}

impl PinLock {
    /// The version that this build reads and writes.
    pub const VERSION: u32 = 1;

    /// The locked digest.
    #[must_use]
    pub fn digest(&self, server: &ServerName, kind: PinKind, name: &str) -> Option<&Arc<str>> {
        let server = self.servers.get(server)?;
        match kind {
            PinKind::Instructions => server.instructions.as_ref(),
            PinKind::Prompt => server.prompts.get(name),
            PinKind::Tool => server.tools.get(name),
        }
    }
}
