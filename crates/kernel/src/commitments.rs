//! What the journal says of values, and what it keeps for approvers: only the key of the session opens it.
//!
//! Must never write a value into the journal that stays readable once the key of its session is destroyed.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use ringfence_identity::{KeysError, SessionKeys};
use ringfence_journal::{Committed, JournalError, NONCE, SessionSecret};
use ringfence_model::approval::ApprovalRequest;
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::id::SessionId;
use ringfence_model::json::JsonText;
use ringfence_model::principal::{Principal, Scope};
use ringfence_model::problem::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::approvals::Approvals;
use crate::call::Request;
use crate::digest::ValueDigest;
use crate::kernel::Kernel;
use crate::session::Session;

/// What a request for approval says that is not for everybody who reads the journal.
#[derive(Serialize, Deserialize)]
struct Private {
    binding: Arc<str>,
    shown: String,
}

/// Why the key of a session was not destroyed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EraseError {
    /// Calls or connections hold it.
    #[error("session {0} is in use")]
    InUse(SessionId),
    /// It never had one, or not any more.
    #[error("there is no key of session {0}")]
    NoKey(SessionId),
    /// It cannot be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It cannot be destroyed.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl Kernel {
    /// What the journal says of a value of this call.
    pub(crate) fn commit(
        &self,
        request: &Request,
        which: Committed,
        value: Option<&ValueDigest>,
    ) -> Result<Option<String>, JournalError> {
        let Some(value) = value else { return Ok(None) };
        Ok(Some(self.secret(&request.session)?.commit(which, request.call.id, value)))
    }

    /// The key of a session, made when it is first needed.
    pub(crate) fn secret<'a>(&self, session: &'a Session) -> Result<&'a SessionSecret, JournalError> {
        if let Some(secret) = session.secret.get() {
            return Ok(secret);
        }
        // Held while it is made: a session has one key.
        let mut keys = self.session_keys.lock();
        if let Some(secret) = session.secret.get() {
            return Ok(secret);
        }
        let mut filled = Ok(());
        let key = keys.add(session.id, &mut |bytes| filled = filled.and(self.env.fill(bytes)));
        let key = key.map_err(unkept)?;
        filled.map_err(unkept)?;
        Ok(session.secret.get_or_init(|| SessionSecret::new(&key)))
    }

    /// A request for approval as the journal keeps it.
    pub(crate) fn sealed(&self, request: &ApprovalRequest) -> Result<ApprovalRequest, JournalError> {
        let session = self.sessions.find(request.session);
        let session = session.ok_or_else(|| unkept(format!("session {} has ended", request.session)))?;
        let mut nonce = [0; NONCE];
        self.env.fill(&mut nonce).map_err(unkept)?;
        let private = Private { binding: Arc::clone(&request.binding), shown: request.shown.clone() };
        let text = serde_json::to_string(&private).map_err(JournalError::Encode)?;
        let sealed = self.secret(&session)?.seal(&request.id.to_string(), nonce, &text).map_err(unkept)?;
        Ok(ApprovalRequest {
            binding: "".into(),
            shown: String::new(),
            sealed: Some(sealed),
            ..request.clone()
        })
    }

    /// The key of a session that may have ended; none where it is destroyed.
    pub(crate) fn kept_secret(&self, session: SessionId) -> Result<Option<SessionSecret>, KeysError> {
        let found = self.session_keys.lock().find(&BTreeSet::from([session]))?;
        Ok(found.get(&session).map(SessionSecret::new))
    }

    /// Destroys the key of a session that has ended, or that nobody uses; it ends, then. Recorded first.
    pub(crate) fn erase(&self, session: SessionId, by: &Arc<Principal>) -> Result<(), EraseError> {
        let now = self.env.now();
        if !self.sessions.end_unused(session, now) {
            return Err(EraseError::InUse(session));
        }
        let mut keys = self.session_keys.lock();
        if keys.find(&BTreeSet::from([session]))?.is_empty() {
            return Err(EraseError::NoKey(session));
        }
        let body =
            EntryBody::SessionErased { session, principal: Arc::clone(by), attested: by.is_attested() };
        self.record(&Entry::at(now, body))?;
        keys.destroy(session)?;
        self.approvals.forget(session);
        Ok(())
    }

    /// The verb `audit.erase`.
    pub(crate) fn erase_session(&self, request: &Request) -> Result<serde_json::Value, Problem> {
        let by = &request.call.principal;
        if !by.may(Scope::Operate) {
            let message = "only an operator destroys the key of a session";
            return Err(Problem::new(ProblemKind::Denied, "operator-credential", message));
        }
        let session = request.params.get("session").and_then(|session| session.as_str()?.parse().ok());
        let session: SessionId = session
            .ok_or_else(|| Problem::new(ProblemKind::User, "bad-query", "name the id of a session"))?;
        self.erase(session, by).map_err(|error| match error {
            EraseError::InUse(_) => Problem::new(ProblemKind::User, "session-in-use", error.to_string())
                .hint("end its client first: `ringfence status` shows the sessions"),
            EraseError::NoKey(_) => Problem::new(ProblemKind::User, "no-such-session", error.to_string())
                .hint("`ringfence audit query --json` shows the ids of sessions"),
            EraseError::Journal(_) | EraseError::Keys(_) => crate::operate::internal(&error),
        })?;
        Ok(json!({ "session": session, "attested": by.is_attested() }))
    }
}

/// What the journal sealed, for the state that a kernel rebuilds from it.
pub(crate) struct Unsealing {
    keys: HashMap<SessionId, SessionSecret>,
}

impl Unsealing {
    /// With the keys that are there.
    pub(crate) fn new(keys: HashMap<SessionId, [u8; 32]>) -> Self {
        Self { keys: keys.iter().map(|(session, key)| (*session, SessionSecret::new(key))).collect() }
    }

    /// Opens what was sealed of `request`. Where it cannot be opened nothing of it can be approved any more.
    pub(crate) fn unseal(&self, request: &mut ApprovalRequest) {
        let Some(sealed) = request.sealed.take() else { return };
        let opened = self.keys.get(&request.session).and_then(|secret| {
            let text = secret.open(&request.id.to_string(), &sealed).ok()?;
            // The strict reader: what is shown to an approver is what was asked.
            JsonText::try_from(text.clone()).ok()?;
            serde_json::from_str::<Private>(&text).ok()
        });
        match opened {
            Some(Private { binding, shown }) => {
                request.binding = binding;
                request.shown = shown;
            }
            None => request.whole = false,
        }
    }
}

/// The keys of sessions, without those whose end the journal holds; opens what approvers still wait for.
pub(crate) fn session_keys(
    keys_dir: &Path,
    erased: &BTreeSet<SessionId>,
    approvals: &mut Approvals,
) -> Result<SessionKeys, KeysError> {
    let mut keys = SessionKeys::open(keys_dir)?;
    let wanted = erased | &approvals.sealed();
    if wanted.is_empty() {
        return Ok(keys);
    }
    let mut found = keys.find(&wanted)?;
    // The kernel before this one did not live to do it.
    for session in erased {
        if found.remove(session).is_some() {
            keys.destroy(*session)?;
        }
    }
    approvals.unseal(&Unsealing::new(found));
    Ok(keys)
}

fn unkept(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> JournalError {
    JournalError::Io { what: "keep the key of a session", source: std::io::Error::other(why) }
}
