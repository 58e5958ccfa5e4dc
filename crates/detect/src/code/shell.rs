//! Shell commands: parsed, expanded as far as the text allows, and judged by what would run.
//!
//! The machine walks the tree with the variables, functions and aliases that the text itself sets. Must never call safe
//! a command whose program or target it does not know.

mod cmd;
mod dialect;
mod expand;
mod machine;
mod parse;
mod powershell;
mod program;
mod redirect;
mod streams;
mod syntax;
mod target;
mod variables;
mod windows;
mod word;

use std::ops::Range;

use super::findings::Findings;
use super::rule;
pub(super) use expand::UNKNOWN;
use machine::{Machine, Stream};

/// Inspects `text` as PowerShell.
pub(super) fn inspect_powershell(text: &str, findings: &mut Findings<'_>) {
    powershell::inspect(text, findings);
}

/// Inspects `text` as commands of `cmd.exe`.
pub(super) fn inspect_cmd(text: &str, findings: &mut Findings<'_>) {
    cmd::inspect(text, findings);
}

/// Inspects `text` as a shell script.
pub(super) fn inspect(text: &str, findings: &mut Findings<'_>) {
    deceptive(text, findings);
    let mut machine = Machine::new(findings);
    machine.script(text);
    machine.uncalled();
    if findings.is_unsafe() {
        return;
    }
    // A tool that calls itself a shell may be one of Windows.
    match dialect::foreign(text) {
        Some(dialect::Foreign::PowerShell) => powershell::inspect(text, findings),
        Some(dialect::Foreign::Cmd) => cmd::inspect(text, findings),
        None => {}
    }
}

/// The judgement of one argument list that runs without a shell, as `subprocess.run([…])` does; `None` stands for an
/// argument that is not known.
pub(super) fn inspect_arguments(arguments: &[Option<String>], at: Range<usize>, findings: &mut Findings<'_>) {
    let fields: Vec<String> =
        arguments.iter().map(|argument| argument.clone().unwrap_or_else(|| UNKNOWN.to_string())).collect();
    Machine::new(findings).run(&fields, Stream::Nothing, at);
}

/// The judgement of a program that writes the file at `path`.
pub(super) fn inspect_write(path: &str, at: Range<usize>, findings: &mut Findings<'_>) {
    Machine::new(findings).write(path, false, at);
}

/// The judgement of a program that reads the file at `path`.
pub(super) fn inspect_read(path: &str, at: Range<usize>, findings: &mut Findings<'_>) {
    Machine::new(findings).read(path, at);
}

/// The path in an argument means what `target` says it means.
pub(super) fn is_dangerous_path(path: &str) -> bool {
    target::judge(path) >= target::Target::Elsewhere
}

/// Reports characters that are not seen, or seen as others (Unicode TR 36): zero width, bidirectional controls, tags,
/// spaces that do not separate.
pub(super) fn deceptive(text: &str, findings: &mut Findings<'_>) {
    let binary =
        |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0c') || *byte == 0x7F;
    if let Some(at) = text.bytes().position(|byte| binary(&byte)) {
        findings.add(&rule::DECEPTIVE_CHARACTER, at..at + 1);
    }
    if text.is_ascii() {
        return;
    }
    for (at, character) in text.char_indices() {
        let hidden = matches!(character,
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}' | '\u{FFFD}' | '\u{E0000}'..='\u{E007F}' | '\u{00A0}' | '\u{00AD}' | '\u{2000}'..='\u{200A}' | '\u{3000}');
        if hidden {
            findings.add(&rule::DECEPTIVE_CHARACTER, at..at + character.len_utf8());
            return;
        }
    }
}

#[cfg(test)]
mod tests;
