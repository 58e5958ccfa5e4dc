//! A text that was cut out of a longer one: what is only the end or the beginning of something is blanked or closed, so
//! that the rest can be read. Must never move what is left: every offset stays that of the text.

use std::ops::Range;

use tree_sitter::Tree;

use super::grammar::{Grammar, Tongue};
use super::lexical::{self, Family};
use super::parse;

/// A text that can be read better than what it was made of.
pub(super) struct Mended {
    /// As long as the text, or longer by what closes it.
    pub(super) text: String,
    /// Where the first thing stands that is not whole.
    pub(super) at: Range<usize>,
}

/// `text`, whose `tree` has errors, mended, with the tree of that; where more of it can be read so.
pub(super) fn read(text: &str, tree: &Tree, grammar: &Grammar) -> Option<(Mended, Tree)> {
    let read = |mended: Mended| {
        let tree = parse::parse(&mended.text, grammar)?;
        Some((unread(&tree), mended, tree))
    };
    let best = candidates(text, grammar.tongue).into_iter().flatten().filter_map(read);
    let (left, mended, tree_of_it) = best.min_by_key(|(left, _, _)| *left)?;
    (left < unread(tree)).then_some((mended, tree_of_it))
}

/// How many bytes of a tree are errors, and how many tokens are missing.
fn unread(tree: &Tree) -> usize {
    let mut cursor = tree.walk();
    let mut sum = 0;
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            sum += node.byte_range().len() + 1;
        } else if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return sum;
            }
        }
    }
}

/// The ways to mend `text`: as if it began inside a text or comment of several lines, as if it ended inside one.
fn candidates(text: &str, tongue: Tongue) -> [Option<Mended>; 2] {
    // A page: its brackets and comments are mostly not those of the language.
    if tongue == Tongue::Php {
        return [None, None];
    }
    if tongue != Tongue::Python {
        return [Some(balanced(text, comments(text), tongue)), None];
    }
    let odd = ["\"\"\"", "'''"].into_iter().find(|mark| text.matches(mark).count() % 2 == 1);
    let Some(mark) = odd else { return [Some(balanced(text, Vec::new(), tongue)), None] };
    let (first, last) = (text.find(mark).unwrap_or(0), text.rfind(mark).unwrap_or(0));
    let cut = |at: Range<usize>| Some(balanced(text, std::iter::once(at).collect(), tongue));
    [cut(0..first + mark.len()), cut(last..text.len())]
}

/// The end of a comment that begins before the text, and the beginning of one that ends behind it.
fn comments(text: &str) -> Vec<Range<usize>> {
    let mut cut = Vec::new();
    if let Some(end) = text.find("*/")
        && text.find("/*").is_none_or(|start| start > end)
    {
        cut.push(0..end + 2);
    }
    if let Some(start) = text.rfind("/*")
        && text.rfind("*/").is_none_or(|end| end < start)
    {
        cut.push(start..text.len());
    }
    cut
}

/// `text` with blanks for what is `cut` and for brackets that nothing opens; those that nothing closes are closed.
fn balanced(text: &str, cut: Vec<Range<usize>>, tongue: Tongue) -> Mended {
    let mut at = cut.first().cloned();
    let mut bytes = text.as_bytes().to_vec();
    for range in cut {
        blank(&mut bytes, range);
    }
    let blanked = String::from_utf8_lossy(&bytes).into_owned();
    let (closing, missing) = lexical::unmatched(&blanked, Family::of_tongue(tongue));
    for bracket in closing {
        at.get_or_insert(bracket..bracket + 1);
        blank(&mut bytes, bracket..bracket + 1);
    }
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    let at = at.unwrap_or(text.len().saturating_sub(1)..text.len());
    if !missing.is_empty() {
        text.push('\n');
        text.push_str(&missing);
    }
    Mended { text, at }
}

/// Lines stay lines.
fn blank(bytes: &mut [u8], range: Range<usize>) {
    for byte in bytes.get_mut(range).unwrap_or_default() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}
