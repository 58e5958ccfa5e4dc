//! A compiled rule and whether it speaks about a call.
//!
//! [`Rule::check`] is the only matcher: `judge` and `explain` both go through it. It must never treat a value that it
//! cannot compare as harmless.

mod argument;
mod case;
mod condition;
mod expression;
mod matcher;
mod network;
mod path;
mod pattern;
mod required;

use std::fmt;
use std::sync::Arc;

use ringfence_model::finding::{Finding, Severity};
use ringfence_model::verdict::{Decision, Obligation, Reason};

pub(crate) use argument::{ArgumentMatch, BadPointer, Missing, Pointer, Scalar, ValueTest, widen};
pub(crate) use case::Case;
pub(crate) use condition::{
    Counted, DAY, EffectsMatch, FindingMatch, FloorMatch, ProvenanceMatch, RateMatch, TimeMatch, WordMatch,
};
pub(crate) use expression::{BadExpression, Expression};
pub(crate) use matcher::{Matcher, Mismatch};
pub(crate) use network::Network;
pub(crate) use path::{Roots, plain_path};
pub(crate) use pattern::{Globs, Names, Pattern, regex};
pub(crate) use required::nested_repetition;

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
    /// What it serves: `ASI01`, `PCI DSS 3.3.1`.
    pub(crate) references: Vec<Box<str>>,
    /// Where it stands: file, and line from 1.
    pub(crate) place: Place,
}

/// Where a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) line: u64,
}

/// What to make of a value that is hard to compare: nested where a scalar was expected, text where a number was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// For conditions whose match makes the verdict stricter.
    Matches,
    /// For conditions whose match makes it milder.
    Misses,
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
    pub(crate) fn check<'r>(&'r self, case: &Case<'_>) -> Result<(), Mismatch<'r>> {
        if self.when.result.is_some() {
            return Err(Mismatch::Result);
        }
        self.holds(case)
    }

    /// Whether the rule speaks about a result in which `found` was found.
    pub(crate) fn speaks_of(&self, case: &Case<'_>, found: &[Finding]) -> bool {
        let wanted = self.when.result.as_ref();
        wanted.is_some_and(|wanted| found.iter().any(|finding| wanted.holds(finding)))
            && self.holds(case).is_ok()
    }

    fn holds<'r>(&'r self, case: &Case<'_>) -> Result<(), Mismatch<'r>> {
        let doubt = self.doubt();
        self.when.check(case, doubt)?;
        match self.except.iter().position(|except| except.check(case, doubt.other()).is_ok()) {
            Some(at) => Err(Mismatch::Except(at + 1)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Place {
    /// `file:line`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
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

#[cfg(test)]
mod tests;
