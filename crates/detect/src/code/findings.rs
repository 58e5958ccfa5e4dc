//! Collecting findings of one text, and of texts inside it. Must never hold more than its bound, nor forget that
//! something went uninspected.

use std::ops::Range;

use ringfence_model::finding::{Category, Finding, Severity};

use super::rule::{self, Rule};
use super::{Report, Safety};

/// Most findings of one text.
const MOST: usize = 200;
/// Most languages inside one another: a shell command in a Python string in a shell command …
const NESTING: usize = 6;

pub(super) struct Findings<'t> {
    text: &'t str,
    list: Vec<Finding>,
    /// Where the text inside stands, while one is inspected: its offsets are not those of `text`.
    place: Option<Range<usize>>,
    nesting: usize,
    /// Work left for this text and all inside it.
    steps: usize,
}

impl<'t> Findings<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let steps = text.len().saturating_mul(16).saturating_add(200_000);
        Self { text, list: Vec::new(), place: None, nesting: 0, steps }
    }

    /// Records `rule` at `at`, once.
    pub(super) fn add(&mut self, rule: &Rule, at: Range<usize>) {
        if self.list.len() >= MOST {
            return self.saturated();
        }
        let Range { start, end } = self.place.clone().unwrap_or(at);
        // A parser may miss something before a character of several bytes.
        let (start, end) = (self.text.floor_char_boundary(start), self.text.ceil_char_boundary(end));
        let known = |finding: &Finding| {
            finding.id == rule.id
                && finding.severity >= rule.severity
                && finding.span.start == start
                && finding.span.end == end
        };
        if self.list.iter().any(known) {
            return;
        }
        self.list.push(rule.finding(self.text, start..end));
    }

    /// Records findings that already have their place in the text.
    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if self.list.len() >= MOST {
                return self.saturated();
            }
            self.list.push(finding);
        }
    }

    /// Runs `inspect` on a text that stands at `at`, unless that is too deep inside others.
    pub(super) fn within(&mut self, at: Range<usize>, inspect: impl FnOnce(&mut Self)) {
        let place = self.enter_place(at);
        if place.is_some() {
            inspect(self);
        }
        self.leave_place(place);
    }

    /// From now on findings stand at `at`, or where the text around stands already. `None`: too deep, and reported;
    /// give what this returns to [`Self::leave_place`].
    pub(super) fn enter_place(&mut self, at: Range<usize>) -> Option<Option<Range<usize>>> {
        if self.nesting >= NESTING {
            self.add(&rule::TRUNCATED, at);
            return None;
        }
        let before = self.place.clone();
        self.place = Some(before.clone().unwrap_or(at));
        self.nesting += 1;
        Some(before)
    }

    /// Findings stand where they stood before.
    pub(super) fn leave_place(&mut self, before: Option<Option<Range<usize>>>) {
        if let Some(before) = before {
            self.place = before;
            self.nesting -= 1;
        }
    }

    /// Spends work; false, and the text says `truncated`, when none is left.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        if self.steps < steps {
            self.steps = 0;
            self.saturated();
            return false;
        }
        self.steps -= steps;
        true
    }

    /// True when something was found that makes the text unsafe.
    pub(super) fn is_unsafe(&self) -> bool {
        self.list
            .iter()
            .any(|finding| finding.category != Category::Uninspected && finding.severity >= Severity::High)
    }

    /// Number of findings so far.
    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    /// Forgets what was found since there were `length` findings: the same text is about to be read again.
    pub(super) fn rewind(&mut self, length: usize) {
        self.list.truncate(length);
    }

    /// The verdict and the findings, the worst first.
    pub(super) fn finish(mut self) -> Report {
        let verdict = if self.is_unsafe() {
            Safety::Unsafe
        } else if self.list.iter().any(|finding| finding.severity >= Severity::Medium) {
            Safety::Unknown
        } else {
            Safety::Safe
        };
        // What was seen before what was not, among equals; then by place.
        self.list.sort_by_key(|finding| {
            (
                std::cmp::Reverse(finding.severity),
                finding.category == Category::Uninspected,
                finding.span.start,
            )
        });
        Report { verdict, findings: self.list }
    }

    fn saturated(&mut self) {
        if self.list.last().is_some_and(|finding| finding.id == rule::TRUNCATED.id) {
            return;
        }
        self.list.push(rule::TRUNCATED.finding(self.text, 0..self.text.len()));
    }
}
