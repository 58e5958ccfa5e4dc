//! Rules of one tool, of one server, or of neither, by what else they need: a principal, a finding, a source, a literal or a
//! number in an argument; and where none of these can be listed, by what is known of a call at a glance.
//!
//! Must never put a rule where a call that it speaks about does not look.

use std::collections::HashMap;

use ringfence_model::json::{Json, Kind};

use super::gate::Gate;
use super::literals::{Filter, FilterBuilder};
use super::ranges::Ranges;
use crate::facts::Facts;
use crate::rule::{Missing, Pointer, Rule, ValueTest, plain_path};

/// Fewest rules that are worth more than checking each.
const WORTHWHILE: usize = 8;

/// Positions of rules by a name that a call must have.
type ByName = HashMap<Box<str>, Vec<usize>>;

/// Positions of rules.
#[derive(Debug)]
pub(super) struct Bucket {
    by_principal: ByName,
    by_finding: ByName,
    /// By a server of which a value of the arguments must be.
    by_source: ByName,
    by_text: Vec<(Pointer, Filter)>,
    by_number: Vec<(Pointer, Ranges)>,
    gated: Vec<(Gate, Vec<usize>)>,
}

impl Bucket {
    pub(super) fn new(rules: &[Rule], list: Vec<usize>) -> Self {
        let mut bucket = Self {
            by_principal: HashMap::new(),
            by_finding: HashMap::new(),
            by_source: HashMap::new(),
            by_text: Vec::new(),
            by_number: Vec::new(),
            gated: Vec::new(),
        };
        if list.len() < WORTHWHILE {
            bucket.gated.push((Gate::OPEN, list));
            return bucket;
        }
        let mut filters: Vec<(Pointer, FilterBuilder)> = Vec::new();
        let mut ranges: Vec<(Pointer, Ranges)> = Vec::new();
        for (at, rule) in list.into_iter().filter_map(|at| Some((at, rules.get(at)?))) {
            if let Some(names) = rule.when.principal.as_ref().and_then(|names| names.plain_literals()) {
                enlist(&mut bucket.by_principal, names, at);
            } else if let Some((pointer, literals)) = needed_text(rule) {
                entry(&mut filters, pointer, FilterBuilder::new).add(at, literals);
            } else if let Some(ids) = rule.when.findings.as_ref().and_then(|wanted| wanted.ids()) {
                enlist(&mut bucket.by_finding, ids, at);
            } else if let Some(servers) = rule.when.provenance.as_ref().and_then(|wanted| wanted.servers()) {
                enlist(&mut bucket.by_source, servers, at);
            } else if let Some((pointer, low, high)) = needed_number(rule) {
                entry(&mut ranges, pointer, Ranges::new).add(at, low, high);
            } else {
                bucket.gate(rule, at);
            }
        }
        for (pointer, filter) in filters {
            let (filter, unfiltered) = filter.finish();
            for at in unfiltered {
                if let Some(rule) = rules.get(at) {
                    bucket.gate(rule, at);
                }
            }
            if !filter.is_empty() {
                bucket.by_text.push((pointer, filter));
            }
        }
        bucket.by_number = ranges.into_iter().map(|(pointer, ranges)| (pointer, ranges.sorted())).collect();
        bucket
    }

    fn gate(&mut self, rule: &Rule, at: usize) {
        let gate = Gate::of(rule);
        match self.gated.iter_mut().find(|(known, _)| *known == gate) {
            Some((_, list)) => list.push(at),
            None => self.gated.push((gate, vec![at])),
        }
    }

    /// Adds each rule that could speak about the call.
    pub(super) fn candidates(&self, facts: &Facts<'_>, at: &mut Vec<usize>) {
        if !self.by_principal.is_empty() {
            at.extend(self.by_principal.get(&*facts.principal.name).into_iter().flatten());
        }
        if !self.by_finding.is_empty() {
            at.extend(
                facts.findings.iter().filter_map(|finding| self.by_finding.get(&*finding.id)).flatten(),
            );
        }
        if !self.by_source.is_empty() {
            let sources = facts.provenance.values.iter().flat_map(|value| &value.sources);
            let servers = sources.filter_map(|source| self.by_source.get(source.server.as_ref()?.as_str()));
            at.extend(servers.flatten());
        }
        let resolve =
            |pointer: &Pointer| facts.arguments.and_then(|arguments| pointer.resolve(arguments.value()));
        for (pointer, filter) in &self.by_text {
            if let Some(value) = resolve(pointer) {
                texts(value, &mut |text| filter.hits(text, at));
            }
        }
        for (pointer, ranges) in &self.by_number {
            if let Some(value) = resolve(pointer) {
                ranges.candidates(value, at);
            }
        }
        for (gate, list) in &self.gated {
            if gate.lets(facts) {
                at.extend(list);
            }
        }
    }
}

fn enlist(by: &mut ByName, names: Vec<&str>, at: usize) {
    names.into_iter().for_each(|name| by.entry(name.into()).or_default().push(at));
}

fn entry<'m, T>(map: &'m mut Vec<(Pointer, T)>, pointer: &Pointer, new: impl FnOnce() -> T) -> &'m mut T {
    let at = map.iter().position(|(known, _)| known == pointer).unwrap_or_else(|| {
        map.push((pointer.clone(), new()));
        map.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "found or pushed just now")]
    let (_, found) = &mut map[at];
    found
}

/// An argument without which the rule cannot match, and literals of which its text must hold one.
fn needed_text(rule: &Rule) -> Option<(&Pointer, Vec<Vec<u8>>)> {
    rule.when.arguments.iter().filter(|argument| argument.missing == Missing::Misses).find_map(|argument| {
        let literals = argument.tests.iter().find_map(|test| test.required())?;
        Some((&argument.pointer, literals))
    })
}

/// An argument without which the rule cannot match, and the range in which its number lies.
fn needed_number(rule: &Rule) -> Option<(&Pointer, f64, f64)> {
    rule.when.arguments.iter().filter(|argument| argument.missing == Missing::Misses).find_map(|argument| {
        let (low, high) = argument.tests.iter().find_map(ValueTest::range)?;
        Some((&argument.pointer, low, high))
    })
}

/// Every scalar of `value` as the tests of a rule see it, and as a path where that differs.
fn texts(value: Json<'_>, look: &mut impl FnMut(&str)) {
    match value.kind() {
        Kind::Object => value.members().for_each(|(_, member)| texts(member, look)),
        Kind::Array => value.elements().for_each(|element| texts(element, look)),
        Kind::Null | Kind::Bool | Kind::Number => look(value.raw()),
        Kind::String => {
            let text = value.as_str().unwrap_or_default();
            look(&text);
            if let std::borrow::Cow::Owned(plain) = plain_path(&text) {
                look(&plain);
            }
        }
    }
}
