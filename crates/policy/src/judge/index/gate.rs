//! What a rule needs that is seen of a call at a glance. Rules with the same needs are passed over together.
//!
//! Must never ask for what a rule can do without.

use crate::facts::Facts;
use crate::rule::{EffectsMatch, FloorMatch, Missing, Pointer, Rule};

/// Conditions that each rule behind it has.
#[derive(Debug, PartialEq)]
pub(super) struct Gate {
    effects: Option<EffectsMatch>,
    floor: Option<FloorMatch>,
    findings: bool,
    provenance: bool,
    /// An argument that is there and not null.
    argument: Option<Pointer>,
}

impl Gate {
    /// For rules of which nothing is asked beforehand.
    pub(super) const OPEN: Self =
        Self { effects: None, floor: None, findings: false, provenance: false, argument: None };

    pub(super) fn of(rule: &Rule) -> Self {
        let mut arguments = rule.when.arguments.iter();
        Self {
            effects: rule.when.effects,
            floor: rule.when.floor,
            findings: rule.when.findings.is_some(),
            provenance: rule.when.provenance.is_some(),
            argument: arguments
                .find(|argument| argument.missing == Missing::Misses)
                .map(|argument| argument.pointer.clone()),
        }
    }

    pub(super) fn lets(&self, facts: &Facts<'_>) -> bool {
        let given = |pointer: &Pointer| {
            let value = facts.arguments.and_then(|arguments| pointer.resolve(arguments.value()));
            value.is_some_and(|value| !value.is_null())
        };
        self.effects.is_none_or(|effects| facts.effects().is_some_and(|known| effects.holds(known)))
            && self.floor.is_none_or(|floor| floor.holds(facts.floor))
            && !(self.findings && facts.findings.is_empty())
            && !(self.provenance && facts.provenance.values.is_empty())
            && self.argument.as_ref().is_none_or(given)
    }
}
