//! What was seen of one party: good and bad signs that fade, and the trust that they come to.
//!
//! Must never let good signs weigh out more than a few bad ones.

use std::collections::BTreeMap;

use ringfence_model::id::Timestamp;
use ringfence_model::trust::{Sign, Trust};

/// Seconds in which a sign loses half its weight.
pub const HALF_LIFE_S: u64 = 24 * 3_600;
/// What is expected of whom nothing is known, and how many signs that expectation weighs.
pub const BASE: f64 = 0.8;
const PRIOR: f64 = 2.0;
/// Good signs count no more than this in sum: nobody earns the right to one bad turn.
const MOST_GOOD: f64 = 8.0;

/// What was seen of a party.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    good: f64,
    bad: f64,
    as_of: Timestamp,
    pub(super) signs: BTreeMap<Sign, u64>,
}

impl Standing {
    /// The trust in whom nothing is known of.
    pub(super) const UNKNOWN: Trust = expected(0.0, 0.0);

    pub(super) const fn new(now: Timestamp) -> Self {
        Self { good: 0.0, bad: 0.0, as_of: now, signs: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, sign: Sign, now: Timestamp) {
        (self.good, self.bad) = self.weights(now);
        self.as_of = self.as_of.max(now);
        let weight = weight(sign);
        if weight > 0.0 {
            self.good = (self.good + weight).min(MOST_GOOD);
        } else {
            self.bad -= weight;
        }
        *self.signs.entry(sign).or_default() += 1;
    }

    /// Good and bad signs as they weigh now. A clock that goes back changes nothing.
    pub(super) fn weights(&self, now: Timestamp) -> (f64, f64) {
        let seconds = now.0.saturating_sub(self.as_of.0) as f64 / 1e9;
        let left = (-std::f64::consts::LN_2 * seconds / HALF_LIFE_S as f64).exp();
        (self.good * left, self.bad * left)
    }

    pub(super) fn trust(&self, now: Timestamp) -> Trust {
        let (good, bad) = self.weights(now);
        expected(good, bad)
    }
}

/// The mean of the beta distribution of these signs and of what is expected before any was seen.
const fn expected(good: f64, bad: f64) -> Trust {
    let mean = (good + PRIOR * BASE) / (good + bad + PRIOR);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100 by the range")]
    Trust((100.0 * mean).round().clamp(0.0, 100.0) as u8)
}

/// What a sign weighs: above 0 it raises trust.
const fn weight(sign: Sign) -> f64 {
    match sign {
        Sign::Served => 0.05,
        Sign::Orders => -1.0,
        Sign::Steered | Sign::Refused => -2.0,
        Sign::Held => -4.0,
        Sign::Anomaly => -0.5,
    }
}
