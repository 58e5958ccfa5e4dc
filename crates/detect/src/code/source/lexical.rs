//! Program code by its tokens, for languages without a grammar here and for text whose parser does not end within its
//! bound: comments and strings told from code, calls resolved through imports and constants. Must never call safe what
//! it could not resolve.

mod calls;
mod credentials;
mod lex;
mod names;
mod sinks;
mod values;

use super::super::findings::Findings;
use super::super::rule;
use super::grammar::Tongue;

/// How a language writes what the lexer must tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Python,
    JavaScript,
    Ruby,
    Php,
    C,
    /// All sinks of all of them.
    Any,
}

impl Family {
    /// The family of a language with a grammar.
    pub(super) const fn of_tongue(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Python => Self::Python,
            Tongue::JavaScript | Tongue::TypeScript | Tongue::Tsx => Self::JavaScript,
            Tongue::Ruby => Self::Ruby,
            Tongue::Php => Self::Php,
            Tongue::Go | Tongue::Rust | Tongue::Java | Tongue::CSharp | Tongue::C | Tongue::Cpp => Self::C,
        }
    }

    /// The family of a language that is known by name only.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "perl" | "pl" => Self::Ruby,
            "kotlin" | "kt" | "kts" | "swift" | "scala" | "dart" | "groovy" | "objective-c" | "objc"
            | "zig" => Self::C,
            _ => Self::Any,
        }
    }
}

/// The brackets of `text` that have no other half: those that only close, and what would close those that only open, in
/// the order in which they would stand at its end.
pub(super) fn unmatched(text: &str, family: Family) -> (Vec<usize>, String) {
    lex::unmatched(&lex::lex(text, family).tokens)
}

/// Inspects `text` as code of `family`; also for the code inside a template or an evaluated text.
pub(super) fn inspect_family(text: &str, family: Family, findings: &mut Findings<'_>) {
    let lexed = lex::lex(text, family);
    if let Some(at) = lexed.unclosed {
        findings.add(&rule::UNPARSED, at..text.len());
    }
    if let Some(at) = lex::unbalanced(&lexed.tokens) {
        findings.add(&rule::UNPARSED, at);
    }
    calls::inspect(&lexed, family, findings);
    credentials::inspect(&lexed.tokens, findings);
    for at in lexed.inner {
        let Some(inner) = text.get(at.clone()) else { continue };
        if findings.spend(inner.len() + 64) {
            findings.within(at, |findings| inspect_family(inner, family, findings));
        }
    }
}
