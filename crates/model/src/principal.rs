//! Who is calling. Authenticated by the edge that received the call; never declared by the caller.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::Realm;

/// What a principal may do beyond being identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Make calls.
    Call,
    /// Answer an `ask` of its own call.
    Confirm,
    /// Say what its user's own words are.
    Vouch,
    /// Use operator verbs.
    Operate,
}

/// How the principal was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Authentication {
    /// The kernel's word for the peer of a Unix socket (`SO_PEERCRED`, unix(7)).
    PeerCredentials {
        /// User id of the peer.
        uid: u32,
    },
    /// A TCP connection over loopback whose socket belongs to this user.
    Loopback {
        /// User id that owns the peer's socket.
        uid: u32,
    },
    /// The operator credential.
    Operator,
    /// An operator verb where no operator credential has been set.
    Unattested {
        /// User id of the peer.
        uid: u32,
    },
}

/// An authenticated caller in a realm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// The tenant it belongs to.
    pub realm: Realm,
    /// Stable name within the realm, e.g. `uid:1000`.
    pub name: Arc<str>,
    /// How we know.
    pub authentication: Authentication,
    /// What it may do.
    pub scopes: Arc<[Scope]>,
}

impl Principal {
    /// True when the principal holds `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// True for the operator by credential.
    #[must_use]
    pub fn is_attested(&self) -> bool {
        match self.authentication {
            Authentication::Operator => true,
            Authentication::Unattested { .. }
            | Authentication::PeerCredentials { .. }
            | Authentication::Loopback { .. } => false,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.realm, self.name)
    }
}
