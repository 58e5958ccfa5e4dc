//! Rules by the range in which a number of the arguments lies.
//!
//! Must never leave out a rule whose range is only not to be compared with what stands there.

use ringfence_model::json::{Json, Kind};

/// Rules by one bound of their range; the other one is checked with the rule.
#[derive(Debug)]
pub(super) struct Ranges {
    /// By the least number, where there is a bound; ascending.
    from: Vec<(f64, usize)>,
    /// By the greatest number, where only that is bounded; ascending.
    to: Vec<(f64, usize)>,
}

impl Ranges {
    pub(super) const fn new() -> Self {
        Self { from: Vec::new(), to: Vec::new() }
    }

    /// The rule at `at` speaks about numbers from `low` to `high`, infinite where there is no bound.
    pub(super) fn add(&mut self, at: usize, low: f64, high: f64) {
        if low == f64::NEG_INFINITY {
            self.to.push((high, at));
        } else {
            self.from.push((low, at));
        }
    }

    pub(super) fn sorted(mut self) -> Self {
        self.from.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.to.sort_by(|a, b| a.0.total_cmp(&b.0));
        self
    }

    /// Adds the rules whose range may hold `value`; each of them, where that is not one number.
    pub(super) fn candidates(&self, value: Json<'_>, at: &mut Vec<usize>) {
        let number: Option<f64> = match value.kind() {
            Kind::Number => value.raw().parse().ok(),
            Kind::Null | Kind::Bool | Kind::String | Kind::Array | Kind::Object => None,
        };
        let (begun, over) = number.map_or((self.from.len(), 0), |number| {
            (
                self.from.partition_point(|(low, _)| *low <= number),
                self.to.partition_point(|(high, _)| *high < number),
            )
        });
        at.extend(self.from.iter().take(begun).map(|(_, rule)| rule));
        at.extend(self.to.iter().skip(over).map(|(_, rule)| rule));
    }
}
