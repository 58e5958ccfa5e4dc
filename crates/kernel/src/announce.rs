//! What the kernel tells the channels of approvers: what waits for them, what became of it, and what a rule wants told.
//!
//! Must never hold a call up: a channel that is slow misses a notice, and what was asked still waits in the list.

use std::sync::OnceLock;

use ringfence_model::approval::ApprovalState;
use ringfence_model::entry::Ruling;
use ringfence_model::id::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::approvals::Approval;
use crate::kernel::Kernel;

/// Most notices that wait for the channels.
const MOST: usize = 1_024;

/// Something to tell.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The same for the same thing, also when it is told again.
    pub id: String,
    /// What it is.
    pub what: What,
    /// Since when.
    pub time: Timestamp,
    /// As `approvals show` has it, or the journal's ruling.
    pub data: Value,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A request waits for approvers.
    Requested,
    /// An approver answered one.
    Answered,
    /// A rule wants it told that it spoke about a call.
    Judged,
}

impl What {
    /// The `type` of the notice.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "approval.requested",
            Self::Answered => "approval.answered",
            Self::Judged => "call.judged",
        }
    }
}

/// Where notices go, once somebody listens.
#[derive(Debug)]
pub(crate) struct Announcer(OnceLock<mpsc::Sender<Notice>>);

impl Announcer {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn tell(&self, notice: impl FnOnce() -> Notice) {
        let Some(listener) = self.0.get() else { return };
        if listener.try_send(notice()).is_err() {
            tracing::warn!("a notice to approvers was dropped: the channels are slow, or gone");
        }
    }
}

impl Kernel {
    /// What is to be told from now on, and first what waits already. None where somebody listens.
    #[must_use]
    pub fn announcements(&self) -> Option<mpsc::Receiver<Notice>> {
        let (sender, receiver) = mpsc::channel(MOST);
        self.announcer.0.set(sender).ok()?;
        let now = self.env.now();
        for approval in self.approvals.all().iter().rev() {
            if approval.state(now) == ApprovalState::Pending {
                self.tell_requested(approval);
            }
        }
        Some(receiver)
    }

    pub(crate) fn tell_requested(&self, approval: &Approval) {
        self.announcer.tell(|| Notice {
            id: format!("{}-requested", approval.request.id),
            what: What::Requested,
            time: approval.requested,
            data: shown(approval, self.env.now()),
        });
    }

    pub(crate) fn tell_answered(&self, approval: &Approval) {
        let now = self.env.now();
        self.announcer.tell(|| Notice {
            id: format!("{}-answered-{}", approval.request.id, approval.answers.len()),
            what: What::Answered,
            time: now,
            data: shown(approval, now),
        });
    }

    pub(crate) fn tell_judged(&self, ruling: &Ruling) {
        self.announcer.tell(|| Notice {
            id: format!("{}-judged", ruling.call),
            what: What::Judged,
            time: self.env.now(),
            data: json!(ruling),
        });
    }
}

/// A request with its state, for people and channels.
pub(crate) fn shown(approval: &Approval, now: Timestamp) -> Value {
    let mut shown = json!(approval);
    if let Value::Object(members) = &mut shown {
        members.insert("state".into(), json!(approval.state(now)));
        members.insert("requested".into(), approval.requested.to_string().into());
        members.insert("expires".into(), approval.request.expires.to_string().into());
    }
    shown
}
