//! Makes principals out of what an edge knows of a connection. The only place that decides which users may call.
//!
//! Must never make a principal of another user than the kernel's own or root, who could take the kernel's place anyway.

use std::sync::Arc;

use ringfence_model::name::Realm;
use ringfence_model::principal::{Authentication, Principal, Scope};

use crate::operator::Shown;

/// The principals that this kernel knows.
#[derive(Debug, Clone)]
pub struct Principals {
    realm: Realm,
    uid: u32,
    scopes: Arc<[Scope]>,
    operator: Arc<[Scope]>,
}

/// A connection of a user who may not call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("user {uid} may not use this kernel, which runs as user {kernel}")]
pub struct Refused {
    /// Who came.
    pub uid: u32,
    /// Whose kernel it is.
    pub kernel: u32,
}

const ROOT: u32 = 0;

impl Principals {
    /// The principals of `realm` in a kernel that runs as the user `uid`; what a user may do without the operator
    /// credential is `scopes`, from which [`Scope::Operate`] is taken away.
    #[must_use]
    pub fn new(realm: Realm, uid: u32, scopes: &[Scope]) -> Self {
        let scopes: Arc<[Scope]> = scopes.iter().copied().filter(|scope| *scope != Scope::Operate).collect();
        let operator = scopes.iter().copied().chain([Scope::Operate]).collect();
        Self { realm, uid, scopes, operator }
    }

    /// As [`Self::new`], for the user this process runs as.
    #[must_use]
    pub fn of_this_process(realm: Realm, scopes: &[Scope]) -> Self {
        Self::new(realm, rustix::process::geteuid().as_raw(), scopes)
    }

    /// The peer of a Unix socket, by its peer credentials.
    ///
    /// # Errors
    /// [`Refused`] where it is neither the kernel's own user nor root.
    pub fn from_peer(&self, uid: u32) -> Result<Principal, Refused> {
        let name = self.user(uid)?;
        Ok(self.principal(name, Authentication::PeerCredentials { uid }, &self.scopes))
    }

    /// The peer of a TCP connection over loopback, by the owner of its socket ([`Loopback::uid`](crate::Loopback::uid)).
    ///
    /// # Errors
    /// As [`Self::from_peer`].
    pub fn from_loopback(&self, uid: u32) -> Result<Principal, Refused> {
        let name = self.user(uid)?;
        Ok(self.principal(name, Authentication::Loopback { uid }, &self.scopes))
    }

    /// Whoever has shown the operator's credential: `operator` by the passphrase, `operator:NAME` by the token of that name,
    /// so that two of them can be told apart.
    #[must_use]
    pub fn operator(&self, shown: &Shown) -> Principal {
        let name = match shown {
            Shown::Passphrase => "operator".into(),
            Shown::Token(name) => format!("operator:{name}").into(),
        };
        self.principal(name, Authentication::Operator, &self.operator)
    }

    /// The peer of a Unix socket that uses an operator verb where no operator credential has been set.
    ///
    /// # Errors
    /// As [`Self::from_peer`].
    pub fn unattested(&self, uid: u32) -> Result<Principal, Refused> {
        let name = self.user(uid)?;
        Ok(self.principal(name, Authentication::Unattested { uid }, &self.operator))
    }

    fn user(&self, uid: u32) -> Result<Arc<str>, Refused> {
        if uid == self.uid || uid == ROOT {
            Ok(format!("uid:{uid}").into())
        } else {
            Err(Refused { uid, kernel: self.uid })
        }
    }

    fn principal(&self, name: Arc<str>, authentication: Authentication, scopes: &Arc<[Scope]>) -> Principal {
        Principal { realm: self.realm.clone(), name, authentication, scopes: Arc::clone(scopes) }
    }
}

#[cfg(test)]
mod tests;
