//! What must hold for a rule to speak, and which condition it was that did not.
//!
//! Must never leave out a condition: one that is not checked makes a rule speak about more calls.

use std::fmt;

use ringfence_model::call::ActionKind;
use ringfence_model::json::Json;
use ringfence_model::principal::Scope;

use super::Doubt;
use super::argument::{ArgumentMatch, Pointer};
use super::case::Case;
use super::condition::{EffectsMatch, FindingMatch, FloorMatch, ProvenanceMatch, RateMatch, TimeMatch};
use super::expression::Expression;
use super::pattern::Names;

/// Conditions that must all hold. An empty one holds always.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    pub(crate) server: Option<Names>,
    pub(crate) tool: Option<Names>,
    /// Tool, URI, prompt: what is named there, whatever the action.
    pub(crate) target: Option<Names>,
    pub(crate) principal: Option<Names>,
    pub(crate) scopes: Option<Vec<Scope>>,
    pub(crate) actions: Option<Vec<ActionKind>>,
    pub(crate) effects: Option<EffectsMatch>,
    pub(crate) irreversible: Option<bool>,
    pub(crate) egress: Option<bool>,
    pub(crate) sandboxed: Option<bool>,
    pub(crate) arguments: Vec<ArgumentMatch>,
    /// A member of an object anywhere in the arguments has one of these names.
    pub(crate) argument_names: Option<Names>,
    /// The arguments are this object, in canonical form, and nothing else.
    pub(crate) exactly: Option<String>,
    pub(crate) findings: Option<FindingMatch>,
    /// On the result: the rule then speaks once there is one, and about nothing else.
    pub(crate) result: Option<FindingMatch>,
    pub(crate) floor: Option<FloorMatch>,
    pub(crate) provenance: Option<ProvenanceMatch>,
    pub(crate) time: Option<TimeMatch>,
    pub(crate) rate: Option<RateMatch>,
    pub(crate) environment: Option<Names>,
    pub(crate) expression: Option<Expression>,
}

/// Why a rule does not speak about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch<'r> {
    Server,
    Tool,
    Target,
    Principal,
    Scope,
    Action,
    Effects,
    Irreversible,
    Egress,
    Sandboxed,
    Argument(&'r Pointer),
    ArgumentNames,
    Exactly,
    Findings,
    Result,
    Floor,
    Provenance,
    Time,
    Rate,
    Environment,
    When,
    /// Which `except`, from 1.
    Except(usize),
}

impl Matcher {
    /// True when it has no condition.
    pub(crate) const fn is_empty(&self) -> bool {
        self.names_nothing()
            && self.actions.is_none()
            && self.effects.is_none()
            && self.irreversible.is_none()
            && self.egress.is_none()
            && self.sandboxed.is_none()
            && self.arguments.is_empty()
            && self.argument_names.is_none()
            && self.exactly.is_none()
            && self.findings.is_none()
            && self.result.is_none()
            && self.floor.is_none()
            && self.provenance.is_none()
            && self.time.is_none()
            && self.rate.is_none()
            && self.environment.is_none()
            && self.expression.is_none()
    }

    /// True where it cannot be judged without a look for personal data.
    pub(crate) fn asks_for_personal_data(&self) -> bool {
        let names =
            |wanted: &Option<FindingMatch>| wanted.as_ref().is_some_and(FindingMatch::names_personal_data);
        names(&self.findings) || names(&self.result) || self.floor.is_some_and(|floor| floor.pii.is_some())
    }

    /// True where a label that is added can make it hold.
    pub(crate) fn is_raised_by_labels(&self) -> bool {
        self.floor.is_some_and(FloorMatch::is_raised_by_labels)
            || self.provenance.as_ref().is_some_and(ProvenanceMatch::is_raised_by_labels)
    }

    /// True where a label that is added can make it hold no longer.
    pub(crate) fn is_silenced_by_labels(&self) -> bool {
        self.floor.is_some_and(|floor| floor.pii == Some(false))
            || self.provenance.as_ref().is_some_and(|wanted| wanted.pii == Some(false))
    }

    /// True when it says nothing of who and what.
    const fn names_nothing(&self) -> bool {
        self.server.is_none()
            && self.tool.is_none()
            && self.target.is_none()
            && self.principal.is_none()
            && self.scopes.is_none()
    }

    /// The cheap conditions first.
    pub(super) fn check<'r>(&'r self, case: &Case<'_>, doubt: Doubt) -> Result<(), Mismatch<'r>> {
        self.what(case)?;
        self.who(case)?;
        self.state(case, doubt)?;
        self.content(case, doubt)
    }

    fn what(&self, case: &Case<'_>) -> Result<(), Mismatch<'static>> {
        let facts = case.facts;
        let is_tool = facts.action == ActionKind::CallTool;
        if let Some(actions) = &self.actions {
            holds(actions.contains(&facts.action), Mismatch::Action)?;
        }
        if let Some(effects) = self.effects {
            holds(facts.effects().is_some_and(|known| effects.holds(known)), Mismatch::Effects)?;
        }
        if let Some(tool) = &self.tool {
            holds(is_tool && tool.matches(facts.target), Mismatch::Tool)?;
        }
        if let Some(target) = &self.target {
            holds(target.matches(facts.target), Mismatch::Target)?;
        }
        if let Some(server) = &self.server {
            let name = facts.server.map(|server| server.as_str());
            holds(name.is_some_and(|name| server.matches(name)), Mismatch::Server)?;
        }
        if let Some(irreversible) = self.irreversible {
            let known = facts.tool.is_some_and(|tool| tool.irreversible);
            holds(is_tool && known == irreversible, Mismatch::Irreversible)?;
        }
        if let Some(egress) = self.egress {
            holds(is_tool && facts.leaves() == egress, Mismatch::Egress)?;
        }
        if let Some(sandboxed) = self.sandboxed {
            holds(facts.sandboxed == sandboxed, Mismatch::Sandboxed)?;
        }
        Ok(())
    }

    fn who(&self, case: &Case<'_>) -> Result<(), Mismatch<'static>> {
        let facts = case.facts;
        if let Some(principal) = &self.principal {
            holds(principal.matches_principal(facts.principal), Mismatch::Principal)?;
        }
        if let Some(scopes) = &self.scopes {
            holds(scopes.iter().any(|scope| facts.principal.may(*scope)), Mismatch::Scope)?;
        }
        Ok(())
    }

    fn state(&self, case: &Case<'_>, doubt: Doubt) -> Result<(), Mismatch<'static>> {
        let facts = case.facts;
        if let Some(floor) = self.floor {
            holds(floor.holds(facts.floor), Mismatch::Floor)?;
        }
        if let Some(time) = self.time {
            holds(time.holds(facts.time), Mismatch::Time)?;
        }
        if let Some(rate) = self.rate {
            holds(rate.holds(&facts.recent), Mismatch::Rate)?;
        }
        if let Some(environment) = &self.environment {
            // What does not say what it is may be any.
            let here = case.environment.map_or(doubt == Doubt::Matches, |here| environment.matches(here));
            holds(here, Mismatch::Environment)?;
        }
        Ok(())
    }

    fn content<'r>(&'r self, case: &Case<'_>, doubt: Doubt) -> Result<(), Mismatch<'r>> {
        let facts = case.facts;
        if let Some(wanted) = &self.findings {
            holds(facts.findings.iter().any(|finding| wanted.holds(finding)), Mismatch::Findings)?;
        }
        if let Some(provenance) = &self.provenance {
            holds(provenance.holds(facts.provenance, doubt), Mismatch::Provenance)?;
        }
        if let Some(names) = &self.argument_names {
            let named = case.assumed(doubt).unwrap_or_else(|| {
                facts.arguments.is_some_and(|arguments| has_member(arguments.value(), names))
            });
            holds(named, Mismatch::ArgumentNames)?;
        }
        if let Some(wanted) = &self.exactly {
            let given = || facts.arguments.is_some_and(|given| given.value().canonical() == *wanted);
            holds(case.assumed(doubt).unwrap_or_else(given), Mismatch::Exactly)?;
        }
        for argument in &self.arguments {
            let met = case.assumed(doubt).unwrap_or_else(|| argument.holds(facts, doubt));
            holds(met, Mismatch::Argument(&argument.pointer))?;
        }
        if let Some(expression) = &self.expression {
            let assumed = if expression.reads("args") { case.assumed(doubt) } else { None };
            holds(assumed.unwrap_or_else(|| expression.holds(case, doubt)), Mismatch::When)?;
        }
        Ok(())
    }
}

const fn holds(holds: bool, mismatch: Mismatch<'_>) -> Result<(), Mismatch<'_>> {
    if holds { Ok(()) } else { Err(mismatch) }
}

/// Names are compared in lower case. Nesting is bounded by the scanner.
fn has_member(value: Json<'_>, names: &Names) -> bool {
    let named = |key: Json<'_>| key.as_str().is_some_and(|key| names.matches(&key.to_lowercase()));
    value.members().any(|(key, member)| named(key) || has_member(member, names))
        || value.elements().any(|element| has_member(element, names))
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("`server` does not match"),
            Self::Tool => f.write_str("`tool` does not match"),
            Self::Target => f.write_str("`target` does not match"),
            Self::Principal => f.write_str("`principal` does not match"),
            Self::Scope => f.write_str("the principal does not hold the `scope`"),
            Self::Action => f.write_str("`action` does not match"),
            Self::Effects => f.write_str("`effects` do not match"),
            Self::Irreversible => f.write_str("`irreversible` does not match"),
            Self::Egress => f.write_str("`egress` does not match"),
            Self::Sandboxed => f.write_str("`sandboxed` does not match"),
            Self::Argument(pointer) => write!(f, "argument {pointer} does not match"),
            Self::ArgumentNames => f.write_str("no argument has such a name"),
            Self::Exactly => f.write_str("the arguments are not exactly these"),
            Self::Findings => f.write_str("no finding matches"),
            Self::Result => f.write_str("it speaks about results"),
            Self::Floor => f.write_str("the session has not reached `floor`"),
            Self::Provenance => f.write_str("no value of the arguments has this `provenance`"),
            Self::Time => f.write_str("it is not the `time`"),
            Self::Rate => f.write_str("the `rate` has not been reached"),
            Self::Environment => f.write_str("`environment` does not match"),
            Self::When => f.write_str("`when` does not hold"),
            Self::Except(at) => write!(f, "exception {at} matches"),
        }
    }
}
