//! The call that rules are checked against, with what is made of its facts once for all of them.
//!
//! Must never outlive the judgement that it was made for.

use std::cell::OnceCell;

use super::expression::Values;
use crate::facts::Facts;

/// A call that is judged.
#[derive(Debug)]
pub(crate) struct Case<'f> {
    pub(crate) facts: &'f Facts<'f>,
    /// What the operator says this installation is, e.g. `production`.
    pub(crate) environment: Option<&'f str>,
    values: OnceCell<Values>,
}

impl<'f> Case<'f> {
    pub(crate) const fn new(facts: &'f Facts<'f>, environment: Option<&'f str>) -> Self {
        Self { facts, environment, values: OnceCell::new() }
    }

    /// The facts as expressions see them, made when the first one asks.
    pub(super) fn values(&self) -> &Values {
        self.values.get_or_init(|| Values::of(self.facts, self.environment))
    }
}
