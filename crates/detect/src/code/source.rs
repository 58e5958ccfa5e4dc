//! Program code by its tokens: comments and strings told from code, calls resolved through imports and constants, texts
//! handed to a shell, a database or an evaluator judged by their own engine.
//!
//! A lexer, not yet a parser: it sees what is called with what, not when. Must never call safe what it could not resolve.

mod calls;
mod config;
pub(super) mod credentials;
mod lex;
mod names;
mod sinks;
mod values;

use super::findings::Findings;
use super::language::Language;
use super::{rule, shell};

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

/// Inspects `text` as program code or configuration.
pub(super) fn inspect(text: &str, language: &Language, findings: &mut Findings<'_>) {
    if !findings.spend(text.len() * 4) {
        return;
    }
    shell::deceptive(text, findings);
    let family = match language {
        Language::Python => Family::Python,
        Language::JavaScript => Family::JavaScript,
        Language::Ruby => Family::Ruby,
        Language::Php => Family::Php,
        Language::CFamily => Family::C,
        Language::Other(name) => {
            if config::inspect(text, name, findings) {
                return;
            }
            findings.add(&rule::UNKNOWN_LANGUAGE, 0..text.len());
            Family::Any
        }
        Language::Shell | Language::PowerShell | Language::Cmd | Language::Sql(_) => return,
    };
    inspect_family(text, family, findings);
}

/// The same once the family is known; also for the code inside a template or an evaluated text.
fn inspect_family(text: &str, family: Family, findings: &mut Findings<'_>) {
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
