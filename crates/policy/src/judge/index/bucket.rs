//! Rules of one tool, of one server, or of neither, by what else they need: a principal, findings, a literal in an argument.
//!
//! Must never put a rule where a call that it speaks about does not look.

use std::collections::HashMap;

use ringfence_model::json::{Json, Kind};

use super::literals::{Filter, FilterBuilder};
use crate::facts::Facts;
use crate::rule::{Missing, Pointer, Rule, plain_path};

/// Fewest rules that are worth more than checking each.
const WORTHWHILE: usize = 8;

/// Positions of rules.
#[derive(Debug)]
pub(super) struct Bucket {
    by_principal: HashMap<Box<str>, Vec<usize>>,
    by_argument: Vec<(Pointer, Filter)>,
    /// Rules that need a finding.
    with_findings: Vec<usize>,
    /// Rules that need something of the arguments to come from somewhere.
    with_provenance: Vec<usize>,
    rest: Vec<usize>,
}

impl Bucket {
    pub(super) fn new(rules: &[Rule], list: Vec<usize>) -> Self {
        let mut bucket = Self {
            by_principal: HashMap::new(),
            by_argument: Vec::new(),
            with_findings: Vec::new(),
            with_provenance: Vec::new(),
            rest: Vec::new(),
        };
        if list.len() < WORTHWHILE {
            bucket.rest = list;
            return bucket;
        }
        let mut filters: Vec<(Pointer, FilterBuilder)> = Vec::new();
        for (at, rule) in list.into_iter().filter_map(|at| Some((at, rules.get(at)?))) {
            if let Some(names) = rule.when.principal.as_ref().and_then(|names| names.plain_literals()) {
                names
                    .into_iter()
                    .for_each(|name| bucket.by_principal.entry(name.into()).or_default().push(at));
            } else if let Some((pointer, needed)) = needed(rule) {
                match filters.iter_mut().find(|(known, _)| known == pointer) {
                    Some((_, filter)) => filter.add(at, needed),
                    None => {
                        let mut filter = FilterBuilder::new();
                        filter.add(at, needed);
                        filters.push((pointer.clone(), filter));
                    }
                }
            } else if rule.when.findings.is_some() {
                bucket.with_findings.push(at);
            } else if rule.when.provenance.is_some() {
                bucket.with_provenance.push(at);
            } else {
                bucket.rest.push(at);
            }
        }
        for (pointer, filter) in filters {
            let (filter, unfiltered) = filter.finish();
            bucket.rest.extend(unfiltered);
            if !filter.is_empty() {
                bucket.by_argument.push((pointer, filter));
            }
        }
        bucket
    }

    /// Adds each rule that could speak about the call.
    pub(super) fn candidates(&self, facts: &Facts<'_>, at: &mut Vec<usize>) {
        if !self.by_principal.is_empty() {
            at.extend(self.by_principal.get(&*facts.principal.name).into_iter().flatten());
        }
        for (pointer, filter) in &self.by_argument {
            let found = facts.arguments.and_then(|arguments| pointer.resolve(arguments.value()));
            if let Some(value) = found {
                texts(value, &mut |text| filter.hits(text, at));
            }
        }
        if !facts.findings.is_empty() {
            at.extend(&self.with_findings);
        }
        if !facts.provenance.values.is_empty() {
            at.extend(&self.with_provenance);
        }
        at.extend(&self.rest);
    }
}

/// An argument without which the rule cannot match, and literals of which its text must hold one.
fn needed(rule: &Rule) -> Option<(&Pointer, Vec<Vec<u8>>)> {
    rule.when.arguments.iter().filter(|argument| argument.missing == Missing::Misses).find_map(|argument| {
        let literals = argument.tests.iter().find_map(|test| test.required())?;
        Some((&argument.pointer, literals))
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
