//! Rules by the literals that a text must hold for them to match.
//!
//! Must never ask for a literal that a match can do without.

use aho_corasick::{AhoCorasick, MatchKind};

/// Rules by literals, any of which makes a rule a candidate.
#[derive(Debug)]
pub(super) struct Filter {
    automaton: Option<AhoCorasick>,
    /// The rule of each literal.
    rules: Vec<usize>,
}

/// Collects literals.
#[derive(Debug)]
pub(super) struct FilterBuilder {
    literals: Vec<Vec<u8>>,
    rules: Vec<usize>,
}

impl FilterBuilder {
    pub(super) const fn new() -> Self {
        Self { literals: Vec::new(), rules: Vec::new() }
    }

    /// The rule at `at` needs one of `literals`.
    pub(super) fn add(&mut self, at: usize, literals: Vec<Vec<u8>>) {
        for literal in literals {
            self.literals.push(literal);
            self.rules.push(at);
        }
    }

    /// The filter; and the rules that it cannot hold, where the automaton would be too large.
    pub(super) fn finish(self) -> (Filter, Vec<usize>) {
        if self.literals.is_empty() {
            return (Filter { automaton: None, rules: Vec::new() }, Vec::new());
        }
        match AhoCorasick::builder().match_kind(MatchKind::Standard).build(&self.literals) {
            Ok(automaton) => (Filter { automaton: Some(automaton), rules: self.rules }, Vec::new()),
            Err(_) => (Filter { automaton: None, rules: Vec::new() }, self.rules),
        }
    }
}

impl Filter {
    pub(super) const fn is_empty(&self) -> bool {
        self.automaton.is_none()
    }

    /// Adds the rules that `text` makes candidates; a rule may come more than once.
    pub(super) fn hits(&self, text: &str, at: &mut Vec<usize>) {
        let Some(automaton) = &self.automaton else { return };
        for hit in automaton.find_overlapping_iter(text) {
            at.extend(self.rules.get(hit.pattern().as_usize()));
            // A text full of literals would cost as many steps as it has bytes.
            if at.len() >= 4 * self.rules.len() + 64 {
                at.sort_unstable();
                at.dedup();
            }
        }
    }
}
