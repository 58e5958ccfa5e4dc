//! How often each principal called lately, for rules that ask for it.
//!
//! Two neighbouring windows are kept of each length and the older one is counted by the part of it that still lies within
//! (sliding window counter). Rounded up: must never count less than that.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_model::entry::Ruling;
use ringfence_model::id::Timestamp;
use ringfence_model::principal::Principal;
use ringfence_model::tally::{Counts, Recent, Window};
use ringfence_model::verdict::Code;

use super::{MOST_KEYS, Who, who};

/// Counts by realm and name of the principal.
#[derive(Debug)]
pub struct Tallies(Mutex<HashMap<Who, Tally>>);

#[derive(Debug, Clone, Copy)]
struct Tally {
    calls: [Pair; 3],
    denied: [Pair; 3],
}

/// A window that is being filled, and the one before it.
#[derive(Debug, Clone, Copy)]
struct Pair {
    /// Number of the window since the epoch.
    at: u64,
    now: u32,
    before: u32,
}

impl Tallies {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Counts a call of `principal`; what it has done lately, this call with it. Where no more principals can be counted
    /// the counts are as high as they can be.
    #[must_use]
    pub fn called(&self, principal: &Principal, now: Timestamp) -> Recent {
        self.with(principal, now, |tally| {
            tally.calls = count(tally.calls, now, 1);
            Recent { calls: counts(tally.calls, now), denied: counts(count(tally.denied, now, 0), now) }
        })
        .unwrap_or(Recent { calls: FULL, denied: FULL })
    }

    /// Counts a denial of `principal`.
    pub fn denied(&self, principal: &Principal, now: Timestamp) {
        self.with(principal, now, |tally| tally.denied = count(tally.denied, now, 1));
    }

    /// Counts a recorded ruling, so that a new start forgets nothing.
    pub(crate) fn restore(&self, ruling: &Ruling, time: Timestamp) {
        let calls = u32::from(!ruling.answers_a_question());
        let denied = u32::from(ruling.code.is_some_and(|code| code != Code::ApprovalNeeded));
        self.of((ruling.realm.as_str().into(), Arc::clone(&ruling.principal)), time, |tally| {
            tally.calls = count(tally.calls, time, calls);
            tally.denied = count(tally.denied, time, denied);
        });
    }

    fn with<T>(
        &self,
        principal: &Principal,
        now: Timestamp,
        work: impl FnOnce(&mut Tally) -> T,
    ) -> Option<T> {
        self.of(who(principal), now, work)
    }

    fn of<T>(&self, key: Who, now: Timestamp, work: impl FnOnce(&mut Tally) -> T) -> Option<T> {
        let mut all = self.0.lock();
        if all.len() >= MOST_KEYS && !all.contains_key(&key) {
            all.retain(|_, tally| !tally.is_past(now));
            if all.len() >= MOST_KEYS {
                return None;
            }
        }
        Some(work(all.entry(key).or_insert(Tally { calls: [Pair::EMPTY; 3], denied: [Pair::EMPTY; 3] })))
    }
}

const FULL: Counts = Counts { minute: u32::MAX, hour: u32::MAX, day: u32::MAX };

impl Tally {
    /// True where nothing of it can count any more.
    fn is_past(&self, now: Timestamp) -> bool {
        let [.., day] = self.calls;
        day.at.saturating_add(1) < number(now, Window::Day)
    }
}

impl Pair {
    const EMPTY: Self = Self { at: 0, now: 0, before: 0 };
}

fn nanos(window: Window) -> u64 {
    u64::try_from(window.span().as_nanos()).unwrap_or(u64::MAX)
}

fn number(now: Timestamp, window: Window) -> u64 {
    now.0 / nanos(window)
}

/// The pairs moved on to `now`, with `more` added. A clock that went back does not empty them.
fn count(pairs: [Pair; 3], now: Timestamp, more: u32) -> [Pair; 3] {
    let mut moved = pairs;
    for (pair, window) in moved.iter_mut().zip(Window::ALL) {
        let at = number(now, window);
        *pair = match at.saturating_sub(pair.at) {
            0 => *pair,
            1 => Pair { at, now: 0, before: pair.now },
            _ => Pair { at, now: 0, before: 0 },
        };
        pair.now = pair.now.saturating_add(more);
    }
    moved
}

fn counts(pairs: [Pair; 3], now: Timestamp) -> Counts {
    let within = |pair: Pair, window: Window| {
        let length = nanos(window);
        let left = length - now.0 % length;
        let before = (u128::from(pair.before) * u128::from(left)).div_ceil(u128::from(length));
        pair.now.saturating_add(u32::try_from(before).unwrap_or(u32::MAX))
    };
    let [minute, hour, day] = pairs;
    Counts {
        minute: within(minute, Window::Minute),
        hour: within(hour, Window::Hour),
        day: within(day, Window::Day),
    }
}

#[cfg(test)]
mod tests;
