//! Text to syntax tree, within bounds. Must never hand out the tree of a text that was not read to its end.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

use super::grammar::Grammar;

/// Steps of the parser for each byte, in hundreds, as its callback counts them. Ordinary code takes a hundredth of it;
/// what is ambiguous without end takes more than any bound.
const HUNDREDS_PER_BYTE: usize = 2;
/// Steps that any text may take, in hundreds.
const HUNDREDS: usize = 2_000;

/// The tree of `text`; `None` when the parser gives up or takes too long.
pub(super) fn parse(text: &str, grammar: &Grammar) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&grammar.syntax).ok()?;
    let mut left = text.len().saturating_mul(HUNDREDS_PER_BYTE).saturating_add(HUNDREDS);
    let mut bound = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(ParseOptions::new().progress_callback(&mut bound)))
}
