//! Requests for approval that are made outside the judgement of a call: what an agent asks of people in words.
//!
//! Their answer is told to who asked, and lifts nothing: a call that policy asks about has a request of its own. Must never make
//! one that could not be answered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ringfence_identity::OperatorCredential;
use ringfence_journal::JournalError;
use ringfence_model::approval::ApprovalRequest;
use ringfence_model::call::Call;
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::finding::Severity;
use ringfence_model::id::Timestamp;

use crate::approvals::Approval;
use crate::kernel::Kernel;

/// The rule under which they are made.
const RULE: &str = "ringfence.request_approval";

/// Characters of a text that an approver sees.
const SHOWN: usize = 4_000;

/// What an agent asks.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// On whose behalf, as it says.
    pub agent: &'a str,
    /// What it wants to do.
    pub action: &'a str,
    /// In which words.
    pub description: &'a str,
    /// How grave.
    pub severity: Severity,
    /// How many different approvers must say yes.
    pub needed: u8,
    /// Who may answer: `operator`, or names of operator tokens. Not empty.
    pub approvers: &'a [String],
    /// How long it may be answered.
    pub waits: Duration,
}

/// Why a request is not made.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// Too few of those named can be told apart as operators.
    #[error("{needed} approvers are needed, and of those named {} known{}", those(.known), missing(.unknown))]
    Unsatisfiable {
        /// How many are needed.
        needed: u8,
        /// Those who exist.
        known: Vec<String>,
        /// Those who do not.
        unknown: Vec<String>,
    },
    /// Too many wait.
    #[error("too many requests for approval are waiting")]
    TooMany,
    /// It cannot be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

fn those(known: &[String]) -> String {
    match known {
        [] => "none is".to_owned(),
        [one] => format!("only {one} is"),
        more => format!("only {} are", more.join(", ")),
    }
}

fn missing(unknown: &[String]) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    format!("; `ringfence init --token NAME` makes an operator token for each of {}", unknown.join(", "))
}

impl Kernel {
    /// True where an operator credential has been set, also one that cannot be read or that nothing matches any more.
    pub(crate) fn has_operator(&self) -> bool {
        !matches!(OperatorCredential::load(&self.data_dir().join("keys")), Ok(None))
    }

    /// Names under which operators answer: `operator` by the passphrase, `operator:NAME` by each token.
    #[must_use]
    pub fn known_approvers(&self) -> Vec<Arc<str>> {
        let Some(known) = OperatorCredential::load(&self.data_dir().join("keys")).ok().flatten() else {
            return Vec::new();
        };
        let passphrase = known.has_passphrase().then(|| Arc::from("operator"));
        passphrase
            .into_iter()
            .chain(known.tokens().map(|token| format!("operator:{}", token.name).into()))
            .collect()
    }

    /// The request for this that is there already, with its state; else a new one, recorded before it is shown to anybody.
    ///
    /// # Errors
    /// [`WishError`]: there is none.
    pub fn wish(&self, call: &Call, wish: &Wish<'_>) -> Result<(Approval, Timestamp), WishError> {
        let now = self.env.now();
        let binding = binding(call, wish);
        if let Some(known) = self.approvals.latest(&binding).filter(|known| !known.has_expired(now)) {
            return Ok((known, now));
        }
        if !self.approvals.has_room(&call.principal, now) {
            return Err(WishError::TooMany);
        }
        let approvers = self.named(wish)?;
        let waits = u64::try_from(wish.waits.as_nanos()).unwrap_or(u64::MAX);
        let request = ApprovalRequest {
            id: self.env.approval_id(),
            binding: binding.into(),
            call: call.id,
            realm: call.principal.realm.clone(),
            principal: Arc::clone(&call.principal.name),
            session: call.session,
            action: call.action.kind(),
            server: None,
            target: self.shown_target(wish.action),
            shown: self.scrub(&cut(wish.description)),
            whole: false,
            sealed: None,
            rule: RULE.into(),
            message: format!("agent {} asks before it acts", self.scrub(&cut(wish.agent))).into(),
            severity: wish.severity,
            needed: wish.needed,
            approvers,
            quorums: Vec::new(),
            expires: Timestamp(now.0.saturating_add(waits)),
        };
        self.put_before_approvers(request.clone(), now)?;
        Ok((Approval::new(request, now), now))
    }

    /// Records a request, then shows it to the approvers.
    pub(crate) fn put_before_approvers(
        &self,
        request: ApprovalRequest,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.record(&Entry::at(now, EntryBody::ApprovalRequested(Box::new(self.sealed(&request)?))))?;
        self.tell_requested(&self.approvals.put(request, now));
        Ok(())
    }

    /// Those of the named who exist, as they answer. Where no credential is set nobody can be told apart: one yes is then all
    /// that can be had, and the journal says that it is unattested.
    fn named(&self, wish: &Wish<'_>) -> Result<Vec<Arc<str>>, WishError> {
        let all = self.known_approvers();
        let named: BTreeSet<&str> = wish.approvers.iter().map(|name| name.trim()).collect();
        let find = |name: &str| {
            all.iter().find(|known| known.strip_prefix("operator:") == Some(name) || &***known == name)
        };
        let (known, unknown): (Vec<&str>, Vec<&str>) = named.iter().partition(|name| find(name).is_some());
        let enough = known.len() >= usize::from(wish.needed);
        if enough || (all.is_empty() && wish.needed <= 1) {
            return Ok(known.into_iter().filter_map(find).cloned().collect());
        }
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Err(WishError::Unsatisfiable { needed: wish.needed, known: owned(known), unknown: owned(unknown) })
    }
}

/// What the answer is about: who asks for what, in which words, of whom.
fn binding(call: &Call, wish: &Wish<'_>) -> String {
    let principal = call.principal.to_string();
    let approvers = wish.approvers.join("\n");
    let parts = [RULE, &principal, wish.agent, wish.action, wish.description, &approvers];
    let joined: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    crate::digest::hex(joined.as_bytes())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
