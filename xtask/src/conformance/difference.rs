//! Where a connection through Ringfence is not what a direct one is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::ledger::Calls;
use super::suite::{Check, Checks, Revision, Status};
use crate::say;

/// Longest that the suite's own words are shown.
const WORDS: usize = 400;

/// One difference, as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// Requirement set and way.
    place: String,
    what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Checks that do not come out as they do directly. What the suite only observes is no check; where it observes what it
/// could check directly, it says so itself: what it looked for is optional (a stream where JSON will do).
pub(super) fn between(revision: Revision, way: &str, direct: &Checks, through: &Checks) -> Vec<Difference> {
    let all: BTreeSet<&Check> = direct.keys().chain(through.keys()).collect();
    let differing = all.into_iter().filter_map(|check| {
        let (was, is) = (direct.get(check), through.get(check));
        let (was_so, is_so) = (verdict(was.map(|f| f.status)), verdict(is.map(|f| f.status)));
        let is_optional = is.is_some_and(|finding| finding.status == Status::Info);
        if was_so == is_so || is_optional {
            return None;
        }
        let words = is.or(was).map_or("", |finding| finding.message.as_str());
        let words: String = words.chars().take(WORDS).collect();
        let Check { scenario, id, name, turn } = check;
        let what = format!("{scenario}/{id} ({name}, {turn}): {was_so} directly, {is_so} through: {words}");
        Some(Difference { place: format!("{} {way}", revision.name()), what })
    });
    differing.collect()
}

/// Calls of which the journal and the fixture do not hold the same number.
pub(super) fn unrecorded(revision: Revision, way: &str, got: &Calls, recorded: &Calls) -> Vec<Difference> {
    let all: BTreeSet<&String> = got.keys().chain(recorded.keys()).collect();
    let number = |calls: &Calls, call: &str| calls.get(call).copied().unwrap_or_default();
    let differing = all.into_iter().filter(|call| number(got, call) != number(recorded, call));
    let differences = differing.map(|call| Difference {
        place: format!("{} {way}", revision.name()),
        what: format!(
            "`{call}` reached the fixture {} times, {} are in the journal",
            number(got, call),
            number(recorded, call)
        ),
    });
    differences.collect()
}

/// A line for each scenario: how many of its checks passed, each way.
pub(super) fn print(revision: Revision, ways: &[(&str, Checks)]) {
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let scenarios: BTreeSet<&str> =
        ways.iter().flat_map(|(_, checks)| checks.keys().map(|check| check.scenario.as_str())).collect();
    for scenario in scenarios {
        let count = |checks: &Checks| {
            let own = checks.iter().filter(|(check, _)| check.scenario == scenario);
            let counted = own.filter(|(_, finding)| verdict(Some(finding.status)) != NO_CHECK);
            let (passed, all) = counted.fold((0, 0), |(passed, all), (_, finding)| {
                (passed + usize::from(finding.status == Status::Success), all + 1)
            });
            format!("{passed}/{all}")
        };
        rows.insert(scenario, ways.iter().map(|(_, checks)| count(checks)).collect());
    }
    let names: Vec<&str> = ways.iter().map(|(name, _)| *name).collect();
    say::result(format_args!("\n| {} | {} |", revision.name(), names.join(" | ")));
    say::result(format_args!("|---|{}", "--:|".repeat(names.len())));
    for (scenario, counts) in rows {
        say::result(format_args!("| {scenario} | {} |", counts.join(" | ")));
    }
}

const NO_CHECK: &str = "not checked";

fn verdict(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Success) => "passed",
        Some(Status::Failure) => "failed",
        Some(Status::Warning) => "warned about",
        Some(Status::Skipped | Status::Info) | None => NO_CHECK,
    }
}

#[cfg(test)]
mod tests;
