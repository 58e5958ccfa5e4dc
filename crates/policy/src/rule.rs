//! A compiled rule and whether it speaks about a call.
//!
//! [`Rule::check`] is the only matcher: `judge` and `explain` both go through it. It must never treat a value that it
//! cannot compare as harmless.

mod argument;
mod pattern;

use std::fmt;
use std::sync::Arc;

use ringfence_model::call::ActionKind;
use ringfence_model::effect::Effects;
use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::verdict::{Decision, Obligation, Reason};

pub(crate) use argument::{ArgumentMatch, BadPointer, Missing, Pointer, Scalar, ValueTest, widen};
pub(crate) use pattern::{Globs, Names, Pattern, regex};

use crate::facts::Facts;

/// A rule as it is judged.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: Arc<str>,
    pub(crate) severity: Severity,
    pub(crate) when: Matcher,
    pub(crate) except: Vec<Matcher>,
    /// What it says; none for a rule that only brings obligations.
    pub(crate) reason: Option<Reason>,
    pub(crate) obligations: Vec<Obligation>,
}

/// Conditions that must all hold. An empty one holds always.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    pub(crate) server: Option<Names>,
    pub(crate) tool: Option<Names>,
    pub(crate) principal: Option<Names>,
    pub(crate) actions: Option<Vec<ActionKind>>,
    pub(crate) effects: Option<EffectsMatch>,
    pub(crate) arguments: Vec<ArgumentMatch>,
    pub(crate) findings: Option<FindingMatch>,
    pub(crate) floor: Option<FloorMatch>,
}

/// Conditions on the effects of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EffectsMatch {
    /// At least one of these, where there are any.
    pub(crate) any: Effects,
    /// Being unknown counts as one of `any`.
    pub(crate) unknown: bool,
    /// Each of these.
    pub(crate) all: Effects,
}

/// Conditions that one finding must meet together.
#[derive(Debug)]
pub(crate) struct FindingMatch {
    pub(crate) categories: Option<Vec<Category>>,
    pub(crate) at_least: Severity,
    pub(crate) id: Option<Names>,
}

/// Labels that the session must at least have reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FloorMatch {
    pub(crate) confidentiality: Option<Confidentiality>,
    pub(crate) integrity: Option<Integrity>,
    pub(crate) pii: Option<bool>,
}

/// What to make of a value that is hard to compare: nested where a scalar was expected, text where a number was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// For conditions whose match makes the verdict stricter.
    Matches,
    /// For conditions whose match makes it milder.
    Misses,
}

/// Why a rule does not speak about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch<'r> {
    Server,
    Tool,
    Principal,
    Action,
    Effects,
    Argument(&'r Pointer),
    Findings,
    Floor,
    /// Which `except`, from 1.
    Except(usize),
}

impl Rule {
    /// True when it says that the call may happen.
    pub(crate) fn allows(&self) -> bool {
        self.reason.as_ref().is_some_and(|reason| reason.decision == Decision::Allow)
    }

    /// What doubt means for it: only an `allow` makes a verdict milder.
    fn doubt(&self) -> Doubt {
        if self.allows() { Doubt::Misses } else { Doubt::Matches }
    }

    /// Whether the rule speaks about the call, and if not, the first condition that does not hold.
    pub(crate) fn check<'r>(&'r self, facts: &Facts<'_>) -> Result<(), Mismatch<'r>> {
        let doubt = self.doubt();
        self.when.check(facts, doubt)?;
        match self.except.iter().position(|except| except.check(facts, doubt.other()).is_ok()) {
            Some(at) => Err(Mismatch::Except(at + 1)),
            None => Ok(()),
        }
    }
}

impl Doubt {
    const fn other(self) -> Self {
        match self {
            Self::Matches => Self::Misses,
            Self::Misses => Self::Matches,
        }
    }
}

impl Matcher {
    /// True when it has no condition.
    pub(crate) const fn is_empty(&self) -> bool {
        self.server.is_none()
            && self.tool.is_none()
            && self.principal.is_none()
            && self.actions.is_none()
            && self.effects.is_none()
            && self.arguments.is_empty()
            && self.findings.is_none()
            && self.floor.is_none()
    }

    /// The cheap conditions first.
    fn check<'r>(&'r self, facts: &Facts<'_>, doubt: Doubt) -> Result<(), Mismatch<'r>> {
        let holds = |holds: bool, mismatch| if holds { Ok(()) } else { Err(mismatch) };
        if let Some(actions) = &self.actions {
            holds(actions.contains(&facts.action), Mismatch::Action)?;
        }
        if let Some(effects) = self.effects {
            holds(facts.effects().is_some_and(|known| effects.holds(known)), Mismatch::Effects)?;
        }
        if let Some(floor) = self.floor {
            holds(floor.holds(facts.floor), Mismatch::Floor)?;
        }
        if let Some(tool) = &self.tool {
            let is_tool = facts.action == ActionKind::CallTool;
            holds(is_tool && tool.matches(facts.target), Mismatch::Tool)?;
        }
        if let Some(server) = &self.server {
            let name = facts.server.map(|server| server.as_str());
            holds(name.is_some_and(|name| server.matches(name)), Mismatch::Server)?;
        }
        if let Some(principal) = &self.principal {
            holds(principal.matches_principal(facts.principal), Mismatch::Principal)?;
        }
        if let Some(wanted) = &self.findings {
            holds(facts.findings.iter().any(|finding| wanted.holds(finding)), Mismatch::Findings)?;
        }
        for argument in &self.arguments {
            holds(argument.holds(facts.arguments, doubt), Mismatch::Argument(&argument.pointer))?;
        }
        Ok(())
    }
}

impl EffectsMatch {
    fn holds(self, known: Effects) -> bool {
        let none_of_any = self.any.is_unknown() && !self.unknown;
        let any = none_of_any
            || (self.unknown && known.is_unknown())
            || self.any.iter().any(|effect| known.contains(effect));
        any && self.all.iter().all(|effect| known.contains(effect))
    }
}

impl FindingMatch {
    fn holds(&self, finding: &Finding) -> bool {
        finding.severity >= self.at_least
            && self.categories.as_ref().is_none_or(|categories| categories.contains(&finding.category))
            && self.id.as_ref().is_none_or(|id| id.matches(&finding.id))
    }
}

impl FloorMatch {
    fn holds(self, floor: Label) -> bool {
        self.confidentiality.is_none_or(|least| floor.confidentiality >= least)
            && self.integrity.is_none_or(|least| floor.integrity >= least)
            && self.pii.is_none_or(|pii| floor.pii == pii)
    }
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("`server` does not match"),
            Self::Tool => f.write_str("`tool` does not match"),
            Self::Principal => f.write_str("`principal` does not match"),
            Self::Action => f.write_str("`action` does not match"),
            Self::Effects => f.write_str("`effects` do not match"),
            Self::Argument(pointer) => write!(f, "argument {pointer} does not match"),
            Self::Findings => f.write_str("no finding matches"),
            Self::Floor => f.write_str("the session has not reached `floor`"),
            Self::Except(at) => write!(f, "exception {at} matches"),
        }
    }
}

#[cfg(test)]
mod tests;
