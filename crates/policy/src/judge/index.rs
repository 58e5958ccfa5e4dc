//! Which rules can speak about a call: those that name its tool, those that name its server, and the rest.
//!
//! Must never leave out a rule that could match; what it returns is checked in full.

use std::collections::HashMap;

use ringfence_model::call::ActionKind;

use crate::facts::Facts;
use crate::rule::Rule;

/// Positions of rules, by the most telling literal that they name.
#[derive(Debug)]
pub(super) struct Index {
    by_tool: HashMap<Box<str>, Vec<usize>>,
    by_server: HashMap<Box<str>, Vec<usize>>,
    rest: Vec<usize>,
}

impl Index {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut index = Self { by_tool: HashMap::new(), by_server: HashMap::new(), rest: Vec::new() };
        for (at, rule) in rules.iter().enumerate() {
            let literals = |names: &'_ Option<crate::rule::Names>| -> Option<Vec<Box<str>>> {
                let mut literals: Vec<Box<str>> =
                    names.as_ref()?.literals()?.into_iter().map(Into::into).collect();
                // A name listed twice must not make the rule speak twice.
                literals.sort_unstable();
                literals.dedup();
                Some(literals)
            };
            if let Some(tools) = literals(&rule.when.tool) {
                tools.into_iter().for_each(|tool| index.by_tool.entry(tool).or_default().push(at));
            } else if let Some(servers) = literals(&rule.when.server) {
                servers.into_iter().for_each(|server| index.by_server.entry(server).or_default().push(at));
            } else {
                index.rest.push(at);
            }
        }
        index
    }

    /// Each rule that could speak about the call, once.
    pub(super) fn candidates<'r>(
        &'r self,
        rules: &'r [Rule],
        facts: &Facts<'_>,
    ) -> impl Iterator<Item = &'r Rule> {
        let is_tool = facts.action == ActionKind::CallTool;
        let by_tool = if is_tool { self.by_tool.get(facts.target) } else { None };
        let by_server = facts.server.and_then(|server| self.by_server.get(server.as_str()));
        [by_tool, by_server, Some(&self.rest)].into_iter().flatten().flatten().filter_map(|at| rules.get(*at))
    }
}
