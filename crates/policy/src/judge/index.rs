//! Which rules can speak about a call. By the tool, server or principal that they name, and by literals that a name or an
//! argument must hold for one of their patterns to match (one Aho-Corasick pass for all of them).
//!
//! Must never leave out a rule that could match; what it returns is checked in full.

mod bucket;
mod gate;
mod literals;
mod ranges;

use std::collections::HashMap;

use ringfence_model::call::ActionKind;

use crate::facts::Facts;
use crate::rule::{Names, Rule};
use bucket::Bucket;
use literals::{Filter, FilterBuilder};

/// Positions of rules.
#[derive(Debug)]
pub(super) struct Index {
    by_tool: HashMap<Box<str>, Bucket>,
    by_server: HashMap<Box<str>, Bucket>,
    /// Rules whose patterns over the tool's name need one of these literals.
    tool_patterns: Filter,
    rest: Bucket,
}

impl Index {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut by_tool: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        let mut by_server: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        let mut patterns = FilterBuilder::new();
        let mut rest = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            if let Some(tools) = literals(rule.when.tool.as_ref()) {
                tools.into_iter().for_each(|tool| by_tool.entry(tool).or_default().push(at));
            } else if let Some(servers) = literals(rule.when.server.as_ref()) {
                servers.into_iter().for_each(|server| by_server.entry(server).or_default().push(at));
            } else if let Some(needed) = rule.when.tool.as_ref().and_then(Names::required) {
                patterns.add(at, needed);
            } else {
                rest.push(at);
            }
        }
        let buckets = |lists: HashMap<Box<str>, Vec<usize>>| {
            lists.into_iter().map(|(name, list)| (name, Bucket::new(rules, list))).collect()
        };
        let (tool_patterns, unfiltered) = patterns.finish();
        rest.extend(unfiltered);
        Self {
            by_tool: buckets(by_tool),
            by_server: buckets(by_server),
            tool_patterns,
            rest: Bucket::new(rules, rest),
        }
    }

    /// Each rule that could speak about the call, once, in the order of the files.
    pub(super) fn candidates<'r>(&self, rules: &'r [Rule], facts: &Facts<'_>) -> Vec<&'r Rule> {
        let mut at = Vec::new();
        if facts.action == ActionKind::CallTool {
            if let Some(bucket) = self.by_tool.get(facts.target) {
                bucket.candidates(facts, &mut at);
            }
            self.tool_patterns.hits(facts.target, &mut at);
        }
        if let Some(bucket) = facts.server.and_then(|server| self.by_server.get(server.as_str())) {
            bucket.candidates(facts, &mut at);
        }
        self.rest.candidates(facts, &mut at);
        at.sort_unstable();
        at.dedup();
        at.into_iter().filter_map(|at| rules.get(at)).collect()
    }
}

/// The names that can match, where they can be listed.
fn literals(names: Option<&Names>) -> Option<Vec<Box<str>>> {
    Some(names?.literals()?.into_iter().map(Into::into).collect())
}

#[cfg(test)]
mod tests;
