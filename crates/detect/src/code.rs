//! Code safety: shell commands and SQL by their grammar, program code by its syntax tree, each down to what runs inside it.
//!
//! Three-valued. Must never call safe what it could not parse or resolve.

mod argument;
mod findings;
mod language;
mod rule;
mod shell;
mod source;
pub mod sql;

use ringfence_model::finding::Finding;

pub use argument::{ArgumentKind, InArgument, argument_kind, command_line, scan_arguments};
pub use language::Language;

use crate::secret::SecretScanner;
use findings::Findings;

/// Most bytes of a text that are inspected; what is longer is never safe.
pub const LONGEST: usize = 1 << 20;

/// How many rules there are for code, commands and SQL.
pub const RULES: usize = 179;

/// What can be said of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// All of it was read and resolved, and nothing in it is worse than severity low.
    Safe,
    /// It holds something of severity high or critical.
    Unsafe,
    /// Neither: something was not resolved, or is harm only in some settings.
    Unknown,
}

/// What was found in a text, the worst first.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The whole in one word.
    pub verdict: Safety,
    /// By severity, then by place.
    pub findings: Vec<Finding>,
}

/// Inspects `text` as `language`; hard-coded credentials are found by `secrets`.
#[must_use]
pub fn check(text: &str, language: &Language, secrets: &SecretScanner) -> Report {
    let read = cut(text);
    let mut findings = Findings::of(read);
    if read.len() < text.len() {
        findings.add(&rule::TRUNCATED, 0..read.len());
    }
    inspect(read, language, &mut findings);
    let found = secrets.scan_text(read);
    findings.extend(found);
    findings.finish()
}

/// Hands `text` to the engine of `language`.
fn inspect(text: &str, language: &Language, findings: &mut Findings<'_>) {
    match language {
        Language::Shell => shell::inspect(text, findings),
        Language::PowerShell => shell::inspect_powershell(text, findings),
        Language::Cmd => shell::inspect_cmd(text, findings),
        Language::Sql(dialect) => sql::inspect(text, *dialect, findings),
        Language::Python
        | Language::JavaScript
        | Language::TypeScript
        | Language::Go
        | Language::Rust
        | Language::Java
        | Language::Ruby
        | Language::Php
        | Language::CSharp
        | Language::C
        | Language::Cpp
        | Language::Other(_) => source::inspect(text, language, findings),
    }
}

/// The longest inspected prefix of `text`.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
