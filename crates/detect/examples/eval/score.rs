//! Figures of a yes-or-no detector over a set, and what an item costs. Must never drop an item from a count.
#![expect(clippy::cast_precision_loss, reason = "figures for a person")]

use std::fmt::{self, Display, Formatter};
use std::hint::black_box;
use std::time::Instant;

/// How often the detector was right and wrong, and how long each item took.
#[derive(Debug, Default)]
pub(crate) struct Score {
    hit: usize,
    missed: usize,
    false_alarm: usize,
    passed: usize,
    cost: Cost,
}

/// How many bytes were looked at, and how long each item took.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    bytes: usize,
    nanoseconds: Vec<u64>,
}

impl Cost {
    /// The columns that a cost displays as.
    pub(crate) const HEAD: &str = "MB/s | p50 µs | p99 µs";
    /// The rule under them.
    pub(crate) const RULE: &str = "---|---|---";

    /// Runs `detect` on `text`, once to warm up and once timed.
    pub(crate) fn time<T>(&mut self, text: &str, detect: impl Fn(&str) -> T) -> T {
        let found = black_box(detect(black_box(text)));
        let start = Instant::now();
        black_box(detect(black_box(text)));
        self.nanoseconds.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
        self.bytes += text.len();
        found
    }
}

impl Display for Cost {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let mut sorted = self.nanoseconds.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            sorted
                .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0) as f64
                / 1000.0
        };
        let total: u64 = sorted.iter().sum();
        let speed = self.bytes as f64 * 1000.0 / total.max(1) as f64;
        write!(formatter, "{speed:.0} | {:.1} | {:.1}", at(50), at(99))
    }
}

impl Score {
    /// Times `detect` on `text` and counts what it says against `expected`. Returns what it said.
    pub(crate) fn item(&mut self, text: &str, expected: bool, detect: impl Fn(&str) -> bool) -> bool {
        let found = self.cost.time(text, detect);
        match (expected, found) {
            (true, true) => self.hit += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.false_alarm += 1,
            (false, false) => self.passed += 1,
        }
        found
    }

    /// Found, of those that should be.
    pub(crate) fn recall(&self) -> Option<f64> {
        share(self.hit, self.hit + self.missed)
    }

    /// Found, of those that should not be.
    pub(crate) fn false_positive_rate(&self) -> Option<f64> {
        share(self.false_alarm, self.false_alarm + self.passed)
    }

    /// Right, of those found.
    pub(crate) fn precision(&self) -> Option<f64> {
        share(self.hit, self.hit + self.false_alarm)
    }

    /// The harmonic mean of precision and recall, recall weighing `beta` times as much (van Rijsbergen 1979).
    pub(crate) fn f(&self, beta: f64) -> Option<f64> {
        let (precision, recall) = (self.precision()?, self.recall()?);
        let below = beta * beta * precision + recall;
        (below > 0.0).then(|| (1.0 + beta * beta) * precision * recall / below)
    }

    /// A line of the table under [`HEAD`].
    pub(crate) fn print(&self, set: &str) {
        println!(
            "| {set} | {}/{} | {} | {} | {} | {} | {} |",
            self.hit + self.missed,
            self.false_alarm + self.passed,
            shown(self.recall()),
            shown(self.false_positive_rate()),
            shown(self.precision()),
            shown(self.f(1.0)),
            self.cost,
        );
    }
}

/// The head of the table that [`Score::print`] fills.
pub(crate) const HEAD: &str = "\
| set | yes/no rows | recall | FPR | precision | F1 | MB/s | p50 µs | p99 µs |
|---|---|---|---|---|---|---|---|---|";

pub(crate) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

pub(crate) fn shown(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{share:.3}"))
}
