//! The rest that a failing server gets: doubled with each failure, ended by the first success.

use std::time::Duration;

use ringfence_model::id::Timestamp;

/// The first rest.
const FIRST: Duration = Duration::from_millis(250);

/// The longest rest.
const LONGEST: Duration = Duration::from_secs(30);

/// Counts failures in a row.
#[derive(Debug)]
pub struct Breaker {
    failures: u32,
    until: Timestamp,
    why: String,
}

impl Breaker {
    /// Nothing has failed yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { failures: 0, until: Timestamp(0), why: String::new() }
    }

    /// It worked: the count begins anew.
    pub fn succeeded(&mut self) {
        *self = Self::new();
    }

    /// It failed.
    pub fn failed(&mut self, now: Timestamp, why: &str) {
        let rest = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.until = Timestamp(now.0.saturating_add(u64::try_from(rest.as_nanos()).unwrap_or(u64::MAX)));
        self.why = why.to_owned();
    }

    /// While it rests: the seconds left, rounded up, and the last failure.
    #[must_use]
    pub fn resting(&self, now: Timestamp) -> Option<(u64, String)> {
        let left = self.until.0.checked_sub(now.0).filter(|left| *left > 0)?;
        Some((left.div_ceil(1_000_000_000), self.why.clone()))
    }
}

#[cfg(test)]
mod tests;
