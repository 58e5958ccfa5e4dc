//! The call that rules are checked against, with what is made of its facts once for all of them.
//!
//! Must never outlive the judgement that it was made for.

use std::cell::OnceCell;

use super::Doubt;
use super::expression::Values;
use crate::facts::Facts;
use crate::replay::Unknown;

/// A call that is judged.
#[derive(Debug)]
pub(crate) struct Case<'f> {
    pub(crate) facts: &'f Facts<'f>,
    /// What the operator says this installation is, e.g. `production`.
    pub(crate) environment: Option<&'f str>,
    /// How arguments are taken that were not recorded.
    pub(crate) unknown: Option<Unknown>,
    values: OnceCell<Values>,
}

impl<'f> Case<'f> {
    pub(crate) const fn new(facts: &'f Facts<'f>, environment: Option<&'f str>) -> Self {
        Self { facts, environment, unknown: None, values: OnceCell::new() }
    }

    /// A call of which the arguments are not known.
    pub(crate) const fn without_arguments(
        facts: &'f Facts<'f>,
        environment: Option<&'f str>,
        unknown: Unknown,
    ) -> Self {
        Self { facts, environment, unknown: Some(unknown), values: OnceCell::new() }
    }

    /// What a condition on the arguments comes to, where they are not known.
    pub(super) fn assumed(&self, doubt: Doubt) -> Option<bool> {
        self.unknown.map(|unknown| match unknown {
            Unknown::Strictest => doubt == Doubt::Matches,
            Unknown::Mildest => doubt == Doubt::Misses,
        })
    }

    /// The facts as expressions see them, made when the first one asks.
    pub(super) fn values(&self) -> &Values {
        self.values.get_or_init(|| Values::of(self.facts, self.environment))
    }
}
