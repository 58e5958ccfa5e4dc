//! Approvals: calls that wait for somebody other than the caller to allow them. The journal is the truth; this is its
//! state, rebuilt at every start.
//!
//! An approval is bound to one call's content, expires, and counts once. Any doubt is a no; must never let one pass that
//! the journal does not hold.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_journal::JournalError;
use ringfence_model::approval::{Answer, ApprovalAnswer, ApprovalRequest, ApprovalState, Lasts, Quorum};
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::id::{ApprovalId, SessionId, Timestamp};
use ringfence_model::principal::{Authentication, Principal};
use serde::Serialize;

use crate::commitments::Unsealing;

/// Most requests that are kept; a new one then makes room by dropping what is over.
const MOST: usize = 4_096;

/// Most requests of one principal that may wait at once: an agent that asks for everything must not bury the operator.
const MOST_WAITING: usize = 64;

/// How long one that is over is still shown, in nanoseconds.
const SHOWN_FOR: u64 = 24 * 3_600 * 1_000_000_000;

/// How far the clock may have gone back behind a request, in nanoseconds: it is set now and then. Farther back nothing can
/// be said of what has expired.
const SKEW: u64 = 60 * 1_000_000_000;

/// All approvals.
#[derive(Debug)]
pub struct Approvals {
    table: Mutex<HashMap<ApprovalId, Approval>>,
}

/// A request and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Approval {
    /// What was asked.
    #[serde(flatten)]
    pub request: ApprovalRequest,
    /// When.
    pub requested: Timestamp,
    /// The answers so far, oldest first.
    pub answers: Vec<ApprovalAnswer>,
    used: bool,
    /// It was seen to expire: a clock that goes back does not bring it back.
    expired: bool,
}

/// Why an answer does not count.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// There is no such request, or it is long over.
    #[error("there is no request for approval {0}")]
    Unknown(ApprovalId),
    /// It is over.
    #[error("this request is {}", .0.as_str())]
    Over(ApprovalState),
    /// The request names who may answer.
    #[error("{0} is not one of the approvers that the request names")]
    NotNamed(Arc<str>),
    /// Four eyes: nobody approves their own call.
    #[error("nobody approves their own call")]
    Own,
    /// One approver, one answer.
    #[error("{0} has answered already")]
    Answered(Arc<str>),
    /// It cannot be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Approval {
    /// Where it stands at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> ApprovalState {
        let said = |wanted| self.answers.iter().filter(move |given| given.answer == wanted).count();
        if self.used {
            ApprovalState::Used
        } else if said(Answer::Deny) > 0 {
            ApprovalState::Denied
        } else if self.expired || now >= self.request.expires || now.0.saturating_add(SKEW) < self.requested.0
        {
            ApprovalState::Expired
        } else if said(Answer::Approve) >= usize::from(self.request.needed)
            && self.request.quorums.iter().all(|quorum| self.meets(quorum))
        {
            ApprovalState::Approved
        } else {
            ApprovalState::Pending
        }
    }

    fn meets(&self, quorum: &Quorum) -> bool {
        let yes = self.answers.iter().filter(|given| given.answer == Answer::Approve);
        yes.filter(|given| quorum.holders.contains(&given.by.name)).count() >= usize::from(quorum.needed)
    }

    /// True where a yes holds for the rest of the session.
    fn lasts(&self) -> bool {
        let mut yes = self.answers.iter().filter(|given| given.answer == Answer::Approve).peekable();
        yes.peek().is_some() && yes.all(|given| given.lasts == Lasts::Session)
    }

    fn has_heard(&self, answer: &ApprovalAnswer) -> bool {
        let same = |given: &ApprovalAnswer| {
            given.by.name == answer.by.name && given.answer == answer.answer && given.lasts == answer.lasts
        };
        self.answers.iter().any(same)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        match self.state(now) {
            ApprovalState::Pending | ApprovalState::Approved => false,
            ApprovalState::Denied | ApprovalState::Used | ApprovalState::Expired => true,
        }
    }

    /// Why `by` may not answer, if that is so.
    fn refuses(&self, by: &Principal, now: Timestamp) -> Result<(), AnswerError> {
        match self.state(now) {
            ApprovalState::Pending => {}
            over @ (ApprovalState::Approved
            | ApprovalState::Denied
            | ApprovalState::Used
            | ApprovalState::Expired) => return Err(AnswerError::Over(over)),
        }
        if self.answers.iter().any(|given| given.by.name == by.name) {
            return Err(AnswerError::Answered(Arc::clone(&by.name)));
        }
        // Where no operator credential has been set nobody can be told apart; the journal says so.
        let unattested = match by.authentication {
            Authentication::Unattested { .. } => true,
            Authentication::PeerCredentials { .. }
            | Authentication::Loopback { .. }
            | Authentication::Operator => false,
        };
        if !unattested && !self.request.approvers.is_empty() && !self.request.approvers.contains(&by.name) {
            return Err(AnswerError::NotNamed(Arc::clone(&by.name)));
        }
        if !unattested && by.name == self.request.principal && by.realm == self.request.realm {
            return Err(AnswerError::Own);
        }
        Ok(())
    }
}

impl Approvals {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { table: Mutex::new(HashMap::new()) }
    }

    /// Takes over what an entry of the journal says.
    pub(crate) fn restore(&mut self, entry: &Entry) {
        let table = self.table.get_mut();
        match &entry.body {
            EntryBody::ApprovalRequested(request) => {
                make_room(table, entry.time);
                table.insert(request.id, Approval::new((**request).clone(), entry.time));
            }
            EntryBody::ApprovalAnswered(answer) => {
                if let Some(approval) = table.get_mut(&answer.approval) {
                    approval.answers.push((**answer).clone());
                }
            }
            EntryBody::Ruling(ruling) if ruling.passed() => {
                if let Some(approval) = ruling.approval.and_then(|id| table.get_mut(&id)) {
                    approval.used = !approval.lasts();
                }
            }
            EntryBody::Ruling(_)
            | EntryBody::Opened { .. }
            | EntryBody::Closed
            | EntryBody::PolicyLoaded { .. }
            | EntryBody::PolicyRejected { .. }
            | EntryBody::SessionOpened { .. }
            | EntryBody::FloorRaised { .. }
            | EntryBody::StoreTainted { .. }
            | EntryBody::WitnessDisagrees { .. }
            | EntryBody::SessionErased { .. }
            | EntryBody::ServerOpening { .. }
            | EntryBody::Outcome(_)
            | EntryBody::Aggregate { .. }
            | EntryBody::Pinned(_)
            | EntryBody::PinHeld(_)
            | EntryBody::PinAnswered(_)
            | EntryBody::TrustLowered(_)
            | EntryBody::TrustInvalidated(_)
            | EntryBody::Operator { .. } => {}
        }
    }

    /// Sessions of requests that were sealed.
    pub(crate) fn sealed(&mut self) -> BTreeSet<SessionId> {
        let sealed = self.table.get_mut().values().filter(|approval| approval.request.sealed.is_some());
        sealed.map(|approval| approval.request.session).collect()
    }

    /// Opens what was sealed.
    pub(crate) fn unseal(&mut self, unsealing: &Unsealing) {
        self.table.get_mut().values_mut().for_each(|approval| unsealing.unseal(&mut approval.request));
    }

    /// Forgets the requests of a session: what they were about can nobody say any more.
    pub(crate) fn forget(&self, session: SessionId) {
        self.table.lock().retain(|_, approval| approval.request.session != session);
    }

    /// Marks what has expired by `now`: a clock that goes back later does not bring it back.
    pub(crate) fn note(&mut self, now: Timestamp) {
        note(self.table.get_mut(), now);
    }

    /// Uses up the approval that allows exactly this in this session, if there is one. It does not come back, whatever
    /// becomes of the call, unless it was given for the session.
    pub(crate) fn take(&self, binding: &str, session: SessionId, now: Timestamp) -> Option<ApprovalId> {
        let mut table = self.table.lock();
        let approved = table.values_mut().find(|approval| {
            &*approval.request.binding == binding
                && approval.state(now) == ApprovalState::Approved
                && (!approval.lasts() || approval.request.session == session)
        })?;
        approved.used = !approved.lasts();
        Some(approved.request.id)
    }

    /// The newest request for exactly this, whatever became of it.
    #[must_use]
    pub fn latest(&self, binding: &str) -> Option<Approval> {
        let table = self.table.lock();
        let same = table.values().filter(|approval| &*approval.request.binding == binding);
        same.max_by_key(|approval| approval.request.id).cloned()
    }

    /// The request that waits for exactly this.
    pub(crate) fn waiting(&self, binding: &str, now: Timestamp) -> Option<ApprovalId> {
        let table = self.table.lock();
        let mut waiting = table.values().filter(|approval| {
            &*approval.request.binding == binding && approval.state(now) == ApprovalState::Pending
        });
        waiting.next().map(|approval| approval.request.id)
    }

    /// Puts a request that the journal holds before the approvers.
    pub(crate) fn put(&self, request: ApprovalRequest, now: Timestamp) -> Approval {
        let approval = Approval::new(request, now);
        let mut table = self.table.lock();
        make_room(&mut table, now);
        table.insert(approval.request.id, approval.clone());
        approval
    }

    /// True where another request of this principal may wait.
    pub(crate) fn has_room(&self, principal: &Principal, now: Timestamp) -> bool {
        let table = self.table.lock();
        let own = |approval: &&Approval| {
            approval.request.principal == principal.name
                && approval.request.realm == principal.realm
                && !approval.is_over(now)
        };
        let waiting = table.values().filter(|approval| !approval.is_over(now)).count();
        waiting < MOST && table.values().filter(own).count() < MOST_WAITING
    }

    /// Takes an answer, which `record` writes into the journal before it counts. The same answer again changes nothing: who
    /// did not hear that it was taken may repeat it.
    ///
    /// # Errors
    /// [`AnswerError`]: it does not count.
    pub(crate) fn answer(
        &self,
        answer: ApprovalAnswer,
        now: Timestamp,
        record: impl FnOnce(&ApprovalAnswer) -> Result<(), JournalError>,
    ) -> Result<Approval, AnswerError> {
        // Held over the append: of two approvers at once the second one sees the first one's answer.
        let mut table = self.table.lock();
        let approval = table.get_mut(&answer.approval).ok_or(AnswerError::Unknown(answer.approval))?;
        if approval.has_heard(&answer) {
            return Ok(approval.clone());
        }
        approval.refuses(&answer.by, now)?;
        record(&answer)?;
        approval.answers.push(answer);
        Ok(approval.clone())
    }

    /// One request.
    #[must_use]
    pub fn get(&self, id: ApprovalId) -> Option<Approval> {
        self.table.lock().get(&id).cloned()
    }

    /// All requests, newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Approval> {
        let mut all: Vec<Approval> = self.table.lock().values().cloned().collect();
        all.sort_by_key(|approval| std::cmp::Reverse(approval.request.id));
        all
    }

    /// Forgets what has been over for long.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut table = self.table.lock();
        note(&mut table, now);
        table.retain(|_, approval| {
            !approval.is_over(now) || now.0 < approval.request.expires.0.saturating_add(SHOWN_FOR)
        });
    }
}

impl Approval {
    /// Its time is over, whatever was answered.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expired || now >= self.request.expires
    }

    pub(crate) const fn new(request: ApprovalRequest, requested: Timestamp) -> Self {
        Self { request, requested, answers: Vec::new(), used: false, expired: false }
    }
}

/// Marks what has expired by `now`.
fn note(table: &mut HashMap<ApprovalId, Approval>, now: Timestamp) {
    table.values_mut().for_each(|approval| approval.expired |= now >= approval.request.expires);
}

/// Drops the oldest of those that are over, where the table is full; where none is, the oldest: it was never allowed.
fn make_room(table: &mut HashMap<ApprovalId, Approval>, now: Timestamp) {
    if table.len() < MOST {
        return;
    }
    let oldest = |over: bool| {
        table.values().filter(|kept| kept.is_over(now) == over).map(|kept| kept.request.id).min()
    };
    if let Some(id) = oldest(true).or_else(|| oldest(false)) {
        table.remove(&id);
    }
}

#[cfg(test)]
mod tests;
