//! Running totals that `status` shows. For display; nothing is decided by them.

use std::sync::atomic::{AtomicU64, Ordering};

use ringfence_model::entry::OutcomeKind;
use ringfence_model::verdict::Decision;
use serde::Serialize;

/// Totals since the kernel started.
#[derive(Debug)]
pub struct Counters {
    allowed: AtomicU64,
    confirmed: AtomicU64,
    asked: AtomicU64,
    denied: AtomicU64,
    withheld: AtomicU64,
    cancelled: AtomicU64,
    timed_out: AtomicU64,
}

/// The totals at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Calls allowed without a question.
    pub allowed: u64,
    /// Calls that a person confirmed.
    pub confirmed: u64,
    /// Calls for which a person was asked.
    pub asked: u64,
    /// Calls denied.
    pub denied: u64,
    /// Calls whose result was withheld.
    pub withheld: u64,
    /// Calls that the client cancelled.
    pub cancelled: u64,
    /// Calls without an answer in time.
    pub timed_out: u64,
}

impl Counters {
    /// All zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            allowed: AtomicU64::new(0),
            confirmed: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            denied: AtomicU64::new(0),
            withheld: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            timed_out: AtomicU64::new(0),
        }
    }

    pub(crate) fn ruled(&self, decision: Decision, confirmed: bool) {
        let counter = match (decision, confirmed) {
            (Decision::Allow, _) => &self.allowed,
            (Decision::Ask, true) => &self.confirmed,
            (Decision::Ask, false) => &self.asked,
            (Decision::Deny, _) => &self.denied,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self, kind: OutcomeKind) {
        let counter = match kind {
            OutcomeKind::Withheld => &self.withheld,
            OutcomeKind::Cancelled => &self.cancelled,
            OutcomeKind::Timeout => &self.timed_out,
            OutcomeKind::Ok | OutcomeKind::Error | OutcomeKind::Unknown | OutcomeKind::Parked => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The totals now.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Totals {
            allowed: read(&self.allowed),
            confirmed: read(&self.confirmed),
            asked: read(&self.asked),
            denied: read(&self.denied),
            withheld: read(&self.withheld),
            cancelled: read(&self.cancelled),
            timed_out: read(&self.timed_out),
        }
    }
}
