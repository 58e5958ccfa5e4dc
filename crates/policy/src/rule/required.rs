//! The literals without which an expression cannot match.
//!
//! Must never name one that some match does without: where nothing is certain there is none.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// Fewest bytes of a literal that tell texts apart.
const SHORTEST: usize = 3;

/// Most literals of one expression.
const MOST: usize = 16;

/// Literals one of which stands in every text that `expression` matches.
pub(super) fn literals(expression: &str) -> Option<Vec<Vec<u8>>> {
    let hir = ParserBuilder::new().utf8(false).nest_limit(64).build().parse(expression).ok()?;
    let found = of(&hir)?;
    let usable = found.len() <= MOST && found.iter().all(|literal| literal.len() >= SHORTEST);
    usable.then_some(found)
}

/// True where a repetition without an end stands in another one, `(a+)+`: a program that backtracks would try them all.
pub(crate) fn nested_repetition(expression: &str) -> bool {
    fn within(hir: &Hir, repeats: bool) -> bool {
        match hir.kind() {
            HirKind::Repetition(repetition) => {
                let endless = repetition.max.is_none();
                (endless && repeats) || within(&repetition.sub, repeats || endless)
            }
            HirKind::Capture(capture) => within(&capture.sub, repeats),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().any(|part| within(part, repeats))
            }
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
        }
    }
    let parsed = ParserBuilder::new().utf8(false).nest_limit(64).build().parse(expression);
    parsed.is_ok_and(|hir| within(&hir, false))
}

fn of(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(vec![literal.0.to_vec()]),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        // The best of its parts: each of them must be there.
        HirKind::Concat(parts) => parts.iter().filter_map(of).max_by_key(|found| worth(found)),
        HirKind::Alternation(branches) => {
            let all: Option<Vec<_>> = branches.iter().map(of).collect();
            all.map(|all| all.into_iter().flatten().collect())
        }
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// Length of the shortest, since that one decides.
fn worth(found: &[Vec<u8>]) -> usize {
    found.iter().map(Vec::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests;
