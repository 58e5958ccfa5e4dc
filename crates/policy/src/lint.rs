//! What a rule set may hold without being wrong, and still not do what its author meant.
//!
//! Structural: compares conditions as they were written. Must never remark on a rule that could matter where that is not
//! certain; a lint that cries is switched off.

mod shape;

use std::collections::HashSet;

use ringfence_model::call::ActionKind;
use ringfence_model::config::PolicyConfig;
use ringfence_model::name::ServerName;
use ringfence_model::verdict::Decision;

use crate::load::{self, LoadError, Source};
use crate::preset;
use crate::rule::{Matcher, Rule, ValueTest, nested_repetition};
use shape::Shape;

/// A remark on a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Of which rule.
    pub rule: String,
    /// `file:line`.
    pub place: String,
    /// What kind.
    pub kind: RemarkKind,
    /// What was seen.
    pub message: String,
}

/// What kind of remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemarkKind {
    /// Another rule always speaks along with it and is as strict: it decides nothing.
    Shadowed,
    /// It can never speak.
    Unreachable,
    /// Another rule with the same conditions says the opposite.
    Contradictory,
    /// It speaks about far more than a rule of its kind should.
    TooBroad,
    /// An expression that costs much, or that other programs could not bear.
    Redos,
    /// No tool of the catalogue has such a name.
    NoSuchTool,
}

/// A tool that is known to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTool {
    /// Whose.
    pub server: ServerName,
    /// Its name there.
    pub tool: String,
}

impl RemarkKind {
    /// The word in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shadowed => "shadowed",
            Self::Unreachable => "unreachable",
            Self::Contradictory => "contradictory",
            Self::TooBroad => "too_broad",
            Self::Redos => "redos",
            Self::NoSuchTool => "no_such_tool",
        }
    }
}

/// Remarks on the rules of `sources` and of the presets beside them; those on presets are left out. Without a catalogue
/// nothing is said of names.
///
/// # Errors
/// Everything that is wrong with any source.
pub fn lint(
    sources: &[Source<'_>],
    config: &PolicyConfig,
    catalogue: &[KnownTool],
) -> Result<Vec<Remark>, Vec<LoadError>> {
    let presets = config.presets.iter().map(|preset| preset::source(*preset));
    let yaml = sources.iter().copied().filter(|source| !source.is_cedar());
    let all: Vec<Source<'_>> = yaml.chain(presets).collect();
    let roles: Vec<&str> = config.roles.keys().map(String::as_str).collect();
    let rules = load::load(&all, &roles)?.rules;
    let shapes = shape::of(&all);
    let own: HashSet<&str> = sources.iter().map(|source| source.name).collect();
    let mut remarks = Vec::new();
    for (rule, shape) in rules.iter().zip(&shapes).filter(|(rule, _)| own.contains(&*rule.place.file)) {
        let mut say = |kind, message: String| {
            let (id, place) = (rule.id.to_string(), rule.place.to_string());
            remarks.push(Remark { rule: id, place, kind, message });
        };
        if let Some(why) = unreachable(rule, shape) {
            say(RemarkKind::Unreachable, why);
        }
        if let Some(why) = too_broad(rule) {
            say(RemarkKind::TooBroad, why);
        }
        for expression in expressions(rule).filter(|expression| nested_repetition(expression)) {
            say(
                RemarkKind::Redos,
                format!(
                    "`{expression}` repeats what repeats: it takes linear time here, but would hang other programs"
                ),
            );
        }
        if let Some(why) = names_nothing(rule, catalogue) {
            say(RemarkKind::NoSuchTool, why);
        }
        for (other, other_shape) in rules.iter().zip(&shapes).filter(|(other, _)| other.id != rule.id) {
            if let Some((kind, why)) = beside(rule, shape, other, other_shape) {
                say(kind, why);
                break;
            }
        }
    }
    Ok(remarks)
}

/// What another rule makes of this one.
fn beside(rule: &Rule, shape: &Shape, other: &Rule, other_shape: &Shape) -> Option<(RemarkKind, String)> {
    let said = |rule: &Rule| rule.reason.as_ref().map(|reason| reason.decision);
    let (Some(mine), Some(theirs)) = (said(rule), said(other)) else { return None };
    let opposite =
        matches!((mine, theirs), (Decision::Allow, Decision::Deny) | (Decision::Deny, Decision::Allow));
    if shape == other_shape && opposite {
        let why =
            format!("`{}` at {} has the same conditions and says {}", other.id, other.place, word(theirs));
        return Some((RemarkKind::Contradictory, why));
    }
    // Of two that are the same the later one is shadowed.
    let wider = other_shape.covers(shape) && !(shape.covers(other_shape) && rule.id < other.id);
    let stricter = theirs >= mine && other.severity >= rule.severity;
    // An allow also stands in for the table, which a rule that asks does not.
    let stands_in = mine == Decision::Allow && theirs != Decision::Deny;
    let decides_nothing =
        wider && stricter && rule.obligations.is_empty() && theirs != Decision::Allow && !stands_in;
    let same_allow =
        wider && mine == Decision::Allow && theirs == Decision::Allow && rule.obligations.is_empty();
    (decides_nothing || same_allow).then(|| {
        let why = format!(
            "whenever it speaks `{}` at {} speaks, too, and says {}",
            other.id,
            other.place,
            word(theirs)
        );
        (RemarkKind::Shadowed, why)
    })
}

const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Ask => "ask",
        Decision::Deny => "deny",
    }
}

/// Why the rule can never speak.
fn unreachable(rule: &Rule, shape: &Shape) -> Option<String> {
    let when = &rule.when;
    let only_tools =
        when.tool.is_some() || when.effects.is_some() || when.irreversible.is_some() || when.egress.is_some();
    let no_tool = when.actions.as_ref().is_some_and(|actions| !actions.contains(&ActionKind::CallTool));
    if only_tools && no_tool {
        return Some("`action` leaves out tool calls, and the other conditions are about tools".to_owned());
    }
    let empty = |argument: &crate::rule::ArgumentMatch| argument.tests.iter().any(is_empty_range);
    if let Some(argument) = when.arguments.iter().find(|argument| empty(argument)) {
        return Some(format!("no number lies in the range for {}", argument.pointer));
    }
    shape.excepts_itself().then(|| "one of its exceptions covers everything that it matches".to_owned())
}

fn is_empty_range(test: &ValueTest) -> bool {
    use std::ops::Bound::{Excluded, Included};
    match test {
        ValueTest::Range(Included(low), Included(high)) => low > high,
        ValueTest::Range(Included(low) | Excluded(low), Excluded(high))
        | ValueTest::Range(Excluded(low), Included(high)) => low >= high,
        ValueTest::Range(..)
        | ValueTest::Regex(_)
        | ValueTest::Glob(_)
        | ValueTest::OneOf(_)
        | ValueTest::Within(_)
        | ValueTest::Below(_)
        | ValueTest::Sql(_)
        | ValueTest::Command(_) => false,
    }
}

/// What makes the rule speak about too much.
fn too_broad(rule: &Rule) -> Option<String> {
    let decision = rule.reason.as_ref()?.decision;
    let when = &rule.when;
    let any = |names: &Option<crate::rule::Names>| names.as_ref().is_none_or(crate::rule::Names::match_all);
    match decision {
        Decision::Allow if any(&when.server) && any(&when.tool) && any(&when.target) => Some(
            "it allows, and names neither server nor tool: it stands in for the table of defaults everywhere"
                .to_owned(),
        ),
        Decision::Deny | Decision::Ask if when.is_empty() && rule.except.is_empty() => {
            Some("it speaks about every call, listing and greeting with it".to_owned())
        }
        Decision::Allow | Decision::Deny | Decision::Ask => None,
    }
}

fn matchers(rule: &Rule) -> impl Iterator<Item = &Matcher> {
    std::iter::once(&rule.when).chain(&rule.except)
}

fn expressions(rule: &Rule) -> impl Iterator<Item = &str> {
    matchers(rule).flat_map(|matcher| &matcher.arguments).flat_map(|argument| &argument.tests).filter_map(
        |test| match test {
            ValueTest::Regex(regex) => Some(regex.as_str()),
            ValueTest::Glob(_)
            | ValueTest::Range(..)
            | ValueTest::OneOf(_)
            | ValueTest::Within(_)
            | ValueTest::Below(_)
            | ValueTest::Sql(_)
            | ValueTest::Command(_) => None,
        },
    )
}

/// Which name of the rule no tool of the catalogue has.
fn names_nothing(rule: &Rule, catalogue: &[KnownTool]) -> Option<String> {
    let when = &rule.when;
    if catalogue.is_empty() || (when.tool.is_none() && when.server.is_none()) {
        return None;
    }
    let server =
        |known: &KnownTool| when.server.as_ref().is_none_or(|names| names.matches(known.server.as_str()));
    let tool = |known: &KnownTool| when.tool.as_ref().is_none_or(|names| names.matches(&known.tool));
    if catalogue.iter().any(|known| server(known) && tool(known)) {
        return None;
    }
    Some(if catalogue.iter().any(server) {
        "no known tool of these servers has such a name".to_owned()
    } else {
        "no configured server has such a name".to_owned()
    })
}

#[cfg(test)]
mod tests;
