use aho_corasick::{AhoCorasick, MatchKind};
use proptest::prelude::*;

use super::{LiteralError, Literals, Occurrence};

/// The same by another implementation.
fn oracle(literals: &[String], text: &str) -> Vec<Occurrence> {
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(true)
        .build(literals)
        .unwrap();
    let found = automaton.find_overlapping_iter(text);
    found.map(|found| Occurrence { start: found.start(), literal: found.pattern().as_usize() }).collect()
}

fn found(literals: &[String], text: &str) -> Vec<Occurrence> {
    let set = Literals::new(literals.iter().map(String::as_str)).unwrap();
    let mut found: Vec<Occurrence> = set.find(text.as_bytes()).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_literal_is_found_at_every_place_and_in_every_case() {
    for literal in ["ab", "abc", "abcd", "-----BEGIN"] {
        let set = Literals::new([literal]).unwrap();
        for before in 0..40 {
            for after in 0..4 {
                let text = format!("{}{}{}", ".".repeat(before), literal.to_uppercase(), "x".repeat(after));
                let expected = [Occurrence { start: before, literal: 0 }];
                assert_eq!(set.find(text.as_bytes()).collect::<Vec<_>>(), expected, "{text}");
            }
        }
    }
}

#[test]
fn what_cannot_be_looked_for_is_refused() {
    assert_eq!(Literals::new(["ab", "a"]).unwrap_err(), LiteralError::Length(1));
    assert_eq!(Literals::new([&*"a".repeat(256)]).unwrap_err(), LiteralError::Length(0));
}

#[test]
fn no_literals_are_never_found() {
    assert_eq!(found(&[], "anything at all, and more than a block of it"), []);
}

proptest! {
    /// Few letters, so that literals overlap, contain and repeat each other.
    #[test]
    fn another_implementation_finds_the_same(
        literals in proptest::collection::vec("[abAB_-]{2,9}", 1..12),
        text in "[abABz_ -]{0,200}",
    ) {
        let mut expected = oracle(&literals, &text);
        expected.sort_unstable();
        prop_assert_eq!(found(&literals, &text), expected);
    }

    #[test]
    fn so_it_does_in_any_text(
        literals in proptest::collection::vec("[ -~]{2,20}", 1..40),
        text in "\\PC{0,200}",
        at in 0..40_usize,
    ) {
        let text = format!("{text}{}{text}", literals[at % literals.len()]);
        let mut expected = oracle(&literals, &text);
        expected.sort_unstable();
        prop_assert_eq!(found(&literals, &text), expected);
    }
}
