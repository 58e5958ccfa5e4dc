//! Program code by its syntax tree: calls resolved through imports and variables, content followed from where it comes
//! in to where it does harm, texts handed to a shell, a database or an evaluator judged by their own engine.
//!
//! One pass over the tree of tree-sitter, in the order of the text. Must never call safe what it could not parse.

mod backtracking;
mod bind;
mod catalogue;
mod config;
pub(super) mod credentials;
mod evaluate;
mod fragment;
mod grammar;
mod guard;
mod guess;
mod hosts;
mod imports;
mod judge;
mod lexical;
mod literal;
mod names;
mod parse;
mod sink;
mod transform;
mod value;
mod walk;

use super::findings::Findings;
use super::language::Language;
use super::{rule, shell};
use grammar::{Grammar, Tongue};
pub(super) use guess::guess;
use lexical::Family;

/// Inspects `text` as program code or configuration.
pub(super) fn inspect(text: &str, language: &Language, findings: &mut Findings<'_>) {
    if !findings.spend(text.len() * 4) {
        return;
    }
    shell::deceptive(text, findings);
    let tongue = match language {
        Language::Python => Tongue::Python,
        Language::JavaScript => Tongue::JavaScript,
        Language::TypeScript => Tongue::TypeScript,
        Language::Go => Tongue::Go,
        Language::Rust => Tongue::Rust,
        Language::Java => Tongue::Java,
        Language::Ruby => Tongue::Ruby,
        Language::Php => Tongue::Php,
        Language::CSharp => Tongue::CSharp,
        Language::C => Tongue::C,
        Language::Cpp => Tongue::Cpp,
        Language::Other(name) => {
            if config::inspect(text, name, findings) {
                return;
            }
            findings.add(&rule::UNKNOWN_LANGUAGE, 0..text.len());
            return lexical::inspect_family(text, Family::of(name), findings);
        }
        Language::Shell | Language::PowerShell | Language::Cmd | Language::Sql(_) => return,
    };
    inspect_tongue(text, tongue, findings);
}

/// The same once the grammar is known; also for evaluated text.
fn inspect_tongue(text: &str, tongue: Tongue, findings: &mut Findings<'_>) {
    // Without its tag the text of PHP is a page, not code.
    let tagged = tongue != Tongue::Php || text.contains("<?");
    if !tagged {
        const TAG: &str = "<?php ";
        let with_tag = format!("{TAG}{text}");
        let end = text.len();
        return findings.within(0..end, |findings| parsed(&with_tag, tongue, findings));
    }
    parsed(text, tongue, findings);
}

fn parsed(text: &str, tongue: Tongue, findings: &mut Findings<'_>) {
    let mut grammar = Grammar::of(tongue);
    let mut tree = parse::parse(text, grammar);
    // What one dialect cannot read another may: JSX, C++ in a header of C.
    let other = match tongue {
        Tongue::TypeScript => Some(Tongue::Tsx),
        Tongue::JavaScript => Some(Tongue::Tsx),
        Tongue::C => Some(Tongue::Cpp),
        Tongue::Python
        | Tongue::Tsx
        | Tongue::Go
        | Tongue::Rust
        | Tongue::Java
        | Tongue::Ruby
        | Tongue::Php
        | Tongue::CSharp
        | Tongue::Cpp => None,
    };
    if let Some(other) = other
        && tree.as_ref().is_none_or(|tree| tree.root_node().has_error())
        && findings.spend(text.len())
    {
        let second = Grammar::of(other);
        if let Some(better) = parse::parse(text, second).filter(|tree| !tree.root_node().has_error()) {
            (tree, grammar) = (Some(better), second);
        }
    }
    let Some(tree) = tree else {
        findings.add(&rule::TRUNCATED, 0..text.len());
        return lexical::inspect_family(text, Family::of_tongue(tongue), findings);
    };
    if tree.root_node().has_error()
        && findings.spend(text.len())
        && let Some((mended, tree)) = fragment::read(text, &tree, grammar)
    {
        findings.add(&rule::UNPARSED, mended.at);
        return walk::walk(&mended.text, &tree, grammar, findings);
    }
    walk::walk(text, &tree, grammar, findings);
}

#[cfg(test)]
mod tests;
