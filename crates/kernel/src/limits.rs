//! Limits that are counted: rates per principal and per rule, notices per call, states that count once, floods.
//!
//! All tables are bounded; what overflows them is refused, never let through, and to whoever made them overflow.

mod shares;
mod tallies;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_model::call::Call;
use ringfence_model::entry::{EntryBody, Ruling};
use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::name::ServerName;
use ringfence_model::principal::Principal;
use ringfence_model::quantity::Rate;
use ringfence_model::verdict::Obligation;

use crate::session::Session;

use shares::Shares;

pub(crate) use shares::{Who, has_room, who};
pub use tallies::Tallies;

/// Keys that one table holds before each principal is held to an even share.
const MOST_KEYS: usize = 65_536;

/// Notices that one call may send: a burst, then this many in a second.
const NOTICES_A_SECOND: u32 = 200;

/// Questions to the user that one call may bring.
const QUESTIONS_A_MINUTE: u32 = 20;

/// Notices outside calls that one session hears of one server.
const ANNOUNCEMENTS_A_SECOND: u32 = 20;

/// Token buckets of each principal: of all its calls, by rule, by call, by session and server.
#[derive(Debug)]
pub struct Rates {
    calls: Rate,
    buckets: Mutex<Shares<Key, Bucket>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Calls,
    Rule(Arc<str>),
    Notices(CallId),
    Questions(CallId),
    Announcements(SessionId, ServerName),
    Inquiries(SessionId, ServerName),
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled: Timestamp,
    /// Nanoseconds after which it is full again and can be forgotten.
    whole: u64,
}

impl Rates {
    /// `calls` is the rate that each principal has.
    #[must_use]
    pub fn new(calls: Rate) -> Self {
        Self { calls, buckets: Mutex::new(Shares::new(MOST_KEYS)) }
    }

    /// Takes one call of `principal`; false where the rate is used up.
    #[must_use]
    pub fn admit(&self, principal: &Principal, now: Timestamp) -> bool {
        match self.calls {
            Rate::Unlimited => true,
            Rate::Of { calls, per } => self.take(who(principal), Key::Calls, calls.into(), 1, per, now),
        }
    }

    /// Takes one call of `principal` from the limit that `rule` sets.
    #[must_use]
    pub fn within(
        &self,
        principal: &Principal,
        rule: &Arc<str>,
        calls: u32,
        per: Duration,
        now: Timestamp,
    ) -> bool {
        self.take(who(principal), Key::Rule(Arc::clone(rule)), calls.into(), 1, per, now)
    }

    /// Takes `amount`, in thousandths, from the budget that `rule` sets for `principal`.
    #[must_use]
    pub fn spend(
        &self,
        principal: &Principal,
        rule: &Arc<str>,
        amount: u64,
        most: u64,
        per: Duration,
        now: Timestamp,
    ) -> bool {
        self.take(who(principal), Key::Rule(Arc::clone(rule)), most, amount, per, now)
    }

    /// Takes what a recorded ruling took from the limits and budgets of rules, so that a new start grants nothing anew.
    pub(crate) fn restore(&self, ruling: &Ruling, time: Timestamp) {
        if !ruling.passed() {
            return;
        }
        for (rule, obligation) in &ruling.verdict.obligations {
            let who: Who = (ruling.realm.as_str().into(), Arc::clone(&ruling.principal));
            let key = Key::Rule(Arc::clone(rule));
            let _what_was_let_through_counts = match obligation {
                Obligation::Limit { calls, per } => self.take(who, key, (*calls).into(), 1, *per, time),
                Obligation::Budget { most, per, .. } => {
                    let spent = ruling.judged.iter().flat_map(|judged| &judged.spent);
                    let amount = spent.filter(|(of, _)| of == rule).map(|(_, amount)| *amount).sum();
                    self.take(who, key, *most, amount, *per, time)
                }
                Obligation::Redact { .. }
                | Obligation::Record
                | Obligation::Notify
                | Obligation::Approvers { .. } => true,
            };
        }
    }

    /// Takes one notice within `call`.
    #[must_use]
    pub fn notice(&self, call: &Call, now: Timestamp) -> bool {
        let (key, most) = (Key::Notices(call.id), NOTICES_A_SECOND.into());
        self.take(who(&call.principal), key, most, 1, Duration::from_secs(1), now)
    }

    /// Takes one question that a server puts to the user within `call`.
    #[must_use]
    pub fn question(&self, call: &Call, now: Timestamp) -> bool {
        let (key, most) = (Key::Questions(call.id), QUESTIONS_A_MINUTE.into());
        self.take(who(&call.principal), key, most, 1, Duration::from_secs(60), now)
    }

    /// Takes one notice of `server` outside calls for a client of `session`. Each server has its own: one that floods must
    /// not silence another.
    #[must_use]
    pub fn announcement(&self, session: &Session, server: &ServerName, now: Timestamp) -> bool {
        let (key, most) = (Key::Announcements(session.id, server.clone()), ANNOUNCEMENTS_A_SECOND.into());
        self.take(who(&session.principal), key, most, 1, Duration::from_secs(1), now)
    }

    /// Takes one question that `server` puts to the user of `session` outside calls.
    #[must_use]
    pub fn inquiry(&self, session: &Session, server: &ServerName, now: Timestamp) -> bool {
        let (key, most) = (Key::Inquiries(session.id, server.clone()), QUESTIONS_A_MINUTE.into());
        self.take(who(&session.principal), key, most, 1, Duration::from_secs(60), now)
    }

    fn take(&self, who: Who, key: Key, most: u64, amount: u64, per: Duration, now: Timestamp) -> bool {
        let whole = u64::try_from(per.as_nanos()).unwrap_or(u64::MAX).max(1);
        #[expect(clippy::cast_precision_loss, reason = "budgets are at most 1e15, calls at most 4e9")]
        let (full, wanted) = (most as f64, amount as f64);
        let is_whole = |bucket: &Bucket| now.0.saturating_sub(bucket.filled.0) >= bucket.whole;
        let fresh = || Bucket { tokens: full, filled: now, whole };
        let mut buckets = self.buckets.lock();
        let Some(bucket) = buckets.at(who, key, now, is_whole, fresh) else { return false };
        #[expect(clippy::cast_precision_loss, reason = "a fraction of a window needs no more than 52 bits")]
        let share = now.0.saturating_sub(bucket.filled.0) as f64 / whole as f64;
        bucket.tokens = (bucket.tokens + share * full).min(full);
        bucket.filled = now.max(bucket.filled);
        if bucket.tokens < wanted {
            return false;
        }
        bucket.tokens -= wanted;
        true
    }
}

/// Things of a principal that may count once, until they would have expired anyway.
#[derive(Debug)]
pub struct Once {
    keeps: Duration,
    seen: Mutex<Shares<CallId, Seen>>,
}

/// Since when something has counted.
#[derive(Debug)]
struct Seen(Timestamp);

impl Once {
    /// Remembers for `keeps`, which must not be less than the life of what is used once.
    #[must_use]
    pub fn new(keeps: Duration) -> Self {
        Self { keeps, seen: Mutex::new(Shares::new(MOST_KEYS)) }
    }

    /// True the first time.
    #[must_use]
    pub fn take(&self, principal: &Principal, id: CallId, now: Timestamp) -> bool {
        let keeps = u64::try_from(self.keeps.as_nanos()).unwrap_or(u64::MAX);
        let is_over = |seen: &Seen| now.0.saturating_sub(seen.0.0) > keeps;
        let mut is_first = false;
        let fresh = || {
            is_first = true;
            Seen(now)
        };
        let _kept = self.seen.lock().at(who(principal), id, now, is_over, fresh).is_some();
        is_first
    }
}

/// Refusals that are counted instead of recorded one by one.
#[derive(Debug)]
pub struct Floods {
    counts: Mutex<HashMap<Refused, u64>>,
}

/// What was refused, and whom it hit, where known.
type Refused = (&'static str, Option<Arc<str>>);

impl Floods {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: Mutex::new(HashMap::new()) }
    }

    /// Counts one refusal.
    pub fn count(&self, what: &'static str, principal: Option<&Principal>) {
        let mut counts = self.counts.lock();
        let mut key = (what, principal.map(|principal| Arc::clone(&principal.name)));
        if counts.len() >= MOST_KEYS && !counts.contains_key(&key) {
            key.1 = None;
        }
        *counts.entry(key).or_insert(0) += 1;
    }

    /// Takes what was counted since the last time, as journal entries.
    #[must_use]
    pub fn drain(&self) -> Vec<EntryBody> {
        self.counts
            .lock()
            .drain()
            .map(|((what, principal), count)| EntryBody::Aggregate { what: what.into(), principal, count })
            .collect()
    }
}

#[cfg(test)]
mod tests;
