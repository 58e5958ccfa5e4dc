//! How an agent behaves, minute by minute, against its own baseline of minutes that were no anomalies.
//!
//! The score is the modified z-score of Iglewicz and Hoaglin («How to Detect and Handle Outliers», 1993): the distance from the
//! median in median absolute deviations. Must never take an anomaly into the baseline.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use ringfence_model::id::Timestamp;

use super::Made;

/// What is counted in a minute.
pub const FEATURES: [&str; 5] = ["calls", "denied", "tools", "servers", "leaving"];
/// Minutes in the baseline, and how many it takes to say anything.
const MOST_MINUTES: usize = 64;
const FEWEST_MINUTES: usize = 8;
/// From this score on a minute is an anomaly, as the authors recommend.
const ANOMALY: f64 = 3.5;
/// The median absolute deviation of a normal distribution in standard deviations, and its mean absolute deviation.
const OF_MEDIAN: f64 = 0.6745;
const OF_MEAN: f64 = 1.253_314;
const MINUTE_NS: u64 = 60_000_000_000;

/// A minute that is out of what an agent does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anomaly {
    /// Modified z-score.
    pub score: f64,
    /// In what: one of [`FEATURES`].
    pub feature: &'static str,
    /// How much of it there was.
    pub value: f64,
    /// And how much there usually is.
    pub median: f64,
}

/// An agent's minutes.
#[derive(Debug)]
pub struct Behaviour {
    begun: Timestamp,
    counts: [f64; 5],
    tools: HashSet<u64>,
    servers: HashSet<u64>,
    baseline: VecDeque<[f64; 5]>,
    last: Option<Anomaly>,
}

impl Behaviour {
    pub(super) fn new() -> Self {
        Self {
            begun: Timestamp(0),
            counts: [0.0; 5],
            tools: HashSet::new(),
            servers: HashSet::new(),
            baseline: VecDeque::new(),
            last: None,
        }
    }

    /// Counts a call; the anomaly of the minute before, where it ends with this call and was one.
    pub(super) fn count(&mut self, made: &Made<'_>) -> Option<Anomaly> {
        let over = made.time.0.saturating_sub(self.begun.0) >= MINUTE_NS;
        let ended = over.then(|| self.end(made.time)).flatten();
        let [calls, denied, tools, servers, leaving] = &mut self.counts;
        *calls += 1.0;
        *denied += f64::from(u8::from(made.denied));
        *leaving += f64::from(u8::from(made.leaves));
        if let Some((server, tool)) = made.tool {
            self.servers.insert(hash(server));
            self.tools.insert(hash(&(server, tool)));
        }
        (*tools, *servers) = (self.tools.len() as f64, self.servers.len() as f64);
        ended
    }

    /// The last minute that ended, where it was an anomaly.
    #[must_use]
    pub const fn last(&self) -> Option<Anomaly> {
        self.last
    }

    /// Minutes in the baseline.
    #[must_use]
    pub fn minutes(&self) -> usize {
        self.baseline.len()
    }

    /// Median of each feature.
    #[must_use]
    pub fn medians(&self) -> [f64; 5] {
        std::array::from_fn(|at| median(self.column(at)))
    }

    pub(super) const fn is_recent(&self, now: Timestamp) -> bool {
        now.0.saturating_sub(self.begun.0) < 64 * MINUTE_NS
    }

    fn end(&mut self, now: Timestamp) -> Option<Anomaly> {
        let counts = std::mem::replace(&mut self.counts, [0.0; 5]);
        self.tools.clear();
        self.servers.clear();
        let first = self.begun == Timestamp(0);
        self.begun = now;
        if first {
            return None;
        }
        self.last = self.anomaly(counts);
        if self.last.is_none() {
            if self.baseline.len() == MOST_MINUTES {
                self.baseline.pop_front();
            }
            self.baseline.push_back(counts);
        }
        self.last
    }

    /// The feature that is furthest above what is usual: to do less is no anomaly.
    fn anomaly(&self, counts: [f64; 5]) -> Option<Anomaly> {
        if self.baseline.len() < FEWEST_MINUTES {
            return None;
        }
        let scores = counts.into_iter().enumerate().map(|(at, value)| {
            let usual = median(self.column(at));
            let score = score(value, usual, &self.column(at));
            Anomaly { score, feature: FEATURES.get(at).copied().unwrap_or_default(), value, median: usual }
        });
        scores.filter(|one| one.score > ANOMALY).max_by(|a, b| a.score.total_cmp(&b.score))
    }

    fn column(&self, at: usize) -> Vec<f64> {
        self.baseline.iter().filter_map(|minute| minute.get(at).copied()).collect()
    }
}

/// Where half the values are the same, the mean deviation stands in; where all are, a deviation of one.
fn score(value: f64, median_of: f64, values: &[f64]) -> f64 {
    let deviations: Vec<f64> = values.iter().map(|other| (other - median_of).abs()).collect();
    let mean = deviations.iter().sum::<f64>() / deviations.len().max(1) as f64;
    let spread = median(deviations);
    if spread > 0.0 {
        OF_MEDIAN * (value - median_of) / spread
    } else {
        (value - median_of) / (OF_MEAN * mean).max(1.0)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = |at: usize| values.get(at).copied().unwrap_or(0.0);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
