//! The conditions of a rule as they were written, so that those of two rules can be compared.
//!
//! Must never take two conditions for the same that could differ: order of keys apart, only equal text is equal.

use std::collections::BTreeMap;

use crate::load::{Source, conditions_of};

/// Conditions by name; nested ones by path.
pub(super) type Conditions = BTreeMap<String, String>;

/// The conditions of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    when: Conditions,
    except: Vec<Conditions>,
}

/// The shape of each rule, in order.
pub(super) fn of(sources: &[Source<'_>]) -> Vec<Shape> {
    sources
        .iter()
        .flat_map(|source| conditions_of(source))
        .map(|(when, except)| Shape { when, except })
        .collect()
}

impl Shape {
    /// True where this rule speaks whenever the other one does.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let exceptions = self.except.iter().all(|mine| other.except.iter().any(|theirs| theirs == mine));
        exceptions && weaker(&self.when, &other.when)
    }

    /// True where an exception holds whenever the conditions do.
    pub(super) fn excepts_itself(&self) -> bool {
        self.except.iter().any(|except| weaker(except, &self.when))
    }
}

/// True where `few` holds whenever `many` does: each of its conditions is one of those.
fn weaker(few: &Conditions, many: &Conditions) -> bool {
    few.iter().all(|(name, value)| many.get(name) == Some(value))
}
