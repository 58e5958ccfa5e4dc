//! What a command says: on stdout one JSON value or text for a person, on stderr problems and notes.
//!
//! With `--json` stdout holds JSON and nothing else. Must never let text of others move a terminal's cursor or colours.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use ringfence_model::problem::Problem;
use serde::Serialize;
use serde_json::Value;

use crate::problem::{Stop, internal};

/// How a command speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON value, or JSON lines for streams.
    Json,
    /// For a person.
    Text,
}

/// Prints one JSON value, on one line.
///
/// # Errors
/// [`Stop::Unread`] when nobody reads it.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Stop> {
    let line = serde_json::to_string(value)
        .map_err(|error| internal("unprintable", format!("a result is no JSON: {error}")))?;
    text(&line)
}

/// Prints text for a person and a line end. The text must be ours, or have gone through [`visible`].
///
/// # Errors
/// [`Stop::Unread`] when nobody reads it.
pub(crate) fn text(text: &str) -> Result<(), Stop> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(b"\n"));
    written.and_then(|()| stdout.flush()).map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Stop::Unread
        } else {
            Stop::Problem(internal("stdout", format!("cannot write to stdout: {error}")))
        }
    })
}

/// Says something to a person on stderr. A stderr that is gone is no reason to fail.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Shows a problem: to a person on stderr, with `--json` as `{"problem": …}` on stdout.
///
/// # Errors
/// [`Stop::Unread`] when nobody reads it.
pub(crate) fn problem(problem: &Problem, format: Format) -> Result<(), Stop> {
    match format {
        Format::Json => json(&serde_json::json!({ "problem": problem })),
        Format::Text => {
            note(render(problem, io::stderr().is_terminal()).trim_end());
            Ok(())
        }
    }
}

/// `error: …` and `hint: …` lines.
fn render(problem: &Problem, colour: bool) -> String {
    let (red, cyan, plain) = if colour { ("\x1b[1;31m", "\x1b[36m", "\x1b[0m") } else { ("", "", "") };
    let mut text = format!("{red}error{plain}: {}\n", visible(&problem.message));
    for hint in &problem.hints {
        let _ = writeln!(text, "{cyan}hint{plain}: {}", visible(hint));
    }
    text
}

/// `text` with every control character but line ends and tabs made visible (as `\u{1b}`), so that names and messages
/// of others cannot drive the terminal. Bidirectional controls count as such (Unicode TR 36).
pub(crate) fn visible(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if hidden(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// Rows under a header, columns aligned by characters, two spaces between; the last column is not padded.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let cells: Vec<Vec<String>> = std::iter::once(header.iter().map(|cell| (*cell).to_owned()).collect())
        .chain(rows.iter().map(|row| row.iter().map(|cell| visible(cell).replace('\n', " ")).collect()))
        .collect();
    let width = |column: usize| {
        cells.iter().filter_map(|row: &Vec<String>| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..header.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &cells {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

/// A JSON value in a cell of a table: text as it is, lists separated by commas, nothing for null.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => visible(text),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => visible(&value.to_string()),
    }
}

/// A JSON object for a person: `name  value` lines, what is nested indented below its name.
pub(crate) fn properties(value: &Value) -> String {
    let mut lines = Vec::new();
    nest(value, 0, &mut lines);
    lines.join("\n")
}

fn nest(value: &Value, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            let width = members.keys().map(|name| name.chars().count()).max().unwrap_or(0);
            for (name, member) in members {
                let name = visible(name);
                if is_nested(member) {
                    lines.push(format!("{indent}{name}"));
                    nest(member, depth + 1, lines);
                } else {
                    lines.push(format!("{indent}{name:width$}  {}", cell(member)).trim_end().to_owned());
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if is_nested(item) {
                    lines.push(format!("{indent}-"));
                    nest(item, depth + 1, lines);
                } else {
                    lines.push(format!("{indent}- {}", cell(item)));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            lines.push(format!("{indent}{}", cell(value)));
        }
    }
}

/// True for what does not fit on one line: an object, or a list that holds one.
fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => items.iter().any(is_nested),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests;
