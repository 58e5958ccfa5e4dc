//! Expanding words into fields (POSIX.1-2024 XCU 2.6, bash for braces). What is not known stays in a field as a mark.
//! Must never lose a mark: a field without one is exactly what the program would get.

use super::machine::{Machine, Stream};
use super::syntax::{Operation, Parameter, Piece, Word};
use super::variables::Value;

/// Stands for text that is known only when the command runs.
pub(in crate::code) const UNKNOWN: char = '\u{FFFF}';
/// Stands after text that is what the script falls back on: the environment may say otherwise.
pub(super) const MAYBE: char = '\u{FFFE}';
/// The home directory.
pub(super) const HOME: &str = "~";

/// Longest value of a variable that is followed.
const LONGEST_VALUE: usize = 32 * 1024;
/// Most fields that the braces of one word make.
const MOST_ALTERNATIVES: usize = 64;
/// Longest word whose braces are expanded.
const LONGEST_BRACED: usize = 2048;

/// A character and whether quoting protects it.
#[derive(Clone, Copy)]
struct Mark {
    character: char,
    quoted: bool,
}

/// Commands whose arguments may be assignments.
pub(super) fn is_declaration(word: &Word) -> bool {
    matches!(word.pieces.as_slice(), [Piece::Bare(name)]
        if matches!(name.as_str(), "export" | "declare" | "typeset" | "local" | "readonly"))
}

impl Machine<'_, '_> {
    /// The fields that `word` becomes.
    pub(super) fn fields(&mut self, word: &Word) -> Vec<String> {
        if let Some(arguments) = self.all_arguments(word) {
            return arguments;
        }
        let mut marks = Vec::new();
        let mut explicit = false;
        for piece in &word.pieces {
            explicit |= matches!(piece, Piece::Quoted(_));
            self.piece(piece, &mut marks);
        }
        if !self.findings.spend(marks.len() + 8) {
            return vec![UNKNOWN.to_string()];
        }
        let braced = marks.iter().any(|mark| mark.character == '{' && !mark.quoted);
        let alternatives = match braced {
            true if marks.len() > LONGEST_BRACED => vec![vec![Mark { character: UNKNOWN, quoted: false }]],
            true => braces(marks, 0),
            false => vec![marks],
        };
        let mut fields = Vec::new();
        for alternative in alternatives {
            if !self.findings.spend(alternative.len()) {
                break;
            }
            split(&alternative, explicit, &mut fields);
        }
        fields
    }

    /// `"$@"` by itself: each argument stays a field.
    fn all_arguments(&self, word: &Word) -> Option<Vec<String>> {
        let mut pieces =
            word.pieces.iter().filter(|piece| !matches!(piece, Piece::Quoted(text) if text.is_empty()));
        match (pieces.next(), pieces.next()) {
            (Some(Piece::Parameter(parameter)), None)
                if parameter.name == "@" && parameter.operation == Operation::Plain =>
            {
                self.arguments().map(<[String]>::to_vec)
            }
            (_, _) => None,
        }
    }

    /// The text of `word` where it neither splits nor globs: an assignment, a here-string.
    pub(super) fn text(&mut self, word: &Word) -> String {
        let mut marks = Vec::new();
        for piece in &word.pieces {
            self.piece(piece, &mut marks);
        }
        self.findings.spend(marks.len() + 8);
        marks.iter().map(|mark| mark.character).collect()
    }

    fn piece(&mut self, piece: &Piece, marks: &mut Vec<Mark>) {
        match piece {
            Piece::Bare(text) => push(marks, text, false),
            Piece::Quoted(text) => push(marks, text, true),
            Piece::Parameter(parameter) => {
                let value = self.parameter(parameter);
                push(marks, &value, parameter.quoted);
            }
            Piece::Substitution { body, quoted } => {
                let output = self.subshell(body);
                push(marks, &substituted(output), *quoted);
            }
            Piece::Backquoted { text, quoted } => {
                let output = self.captured(text);
                push(marks, &substituted(output), *quoted);
            }
            Piece::Process(body) => {
                let output = self.subshell(body);
                self.note_process(output);
                // The path of a pipe.
                push(marks, "/dev/fd/63", true);
            }
            Piece::Arithmetic(word) => {
                self.text(word);
                push(marks, "0", true);
            }
        }
    }

    fn parameter(&mut self, parameter: &Parameter) -> String {
        let value = self.variable(&parameter.name);
        match &parameter.operation {
            Operation::Plain => value.into_text(),
            Operation::Length => "0".to_owned(),
            Operation::Default { word, assign } => {
                let default = self.text(word);
                let result = match value {
                    Value::Known(text) if !text.is_empty() => return text,
                    Value::Known(_) | Value::Empty => default,
                    Value::Unset => format!("{default}{MAYBE}"),
                    Value::Unknown => return UNKNOWN.to_string(),
                };
                if *assign {
                    self.assign(&parameter.name, Value::Known(result.clone()));
                }
                result
            }
            Operation::Alternative(word) => {
                let alternative = self.text(word);
                match value {
                    Value::Known(text) if text.is_empty() => text,
                    Value::Known(_) => alternative,
                    Value::Empty => String::new(),
                    Value::Unset | Value::Unknown => format!("{alternative}{MAYBE}"),
                }
            }
            Operation::Slice(offset, length) => match value {
                Value::Known(text) => text.chars().skip(*offset).take(length.unwrap_or(usize::MAX)).collect(),
                Value::Empty => String::new(),
                Value::Unset | Value::Unknown => UNKNOWN.to_string(),
            },
            Operation::Replace { all, pattern, with } => match value {
                Value::Known(text) if *all => bounded(text.replace(pattern, with)),
                Value::Known(text) => text.replacen(pattern, with, 1),
                Value::Empty => String::new(),
                Value::Unset | Value::Unknown => UNKNOWN.to_string(),
            },
            Operation::Other(word) => {
                self.text(word);
                UNKNOWN.to_string()
            }
        }
    }
}

/// What a substitution leaves in the word: its output without the newlines at the end.
fn substituted(output: Stream) -> String {
    match output {
        Stream::Known(text) => text.trim_end_matches('\n').to_owned(),
        Stream::Nothing => String::new(),
        Stream::Remote | Stream::Decoded | Stream::Secret | Stream::Unknown => UNKNOWN.to_string(),
    }
}

/// `text`, or the mark for what is not known when it grew too long.
pub(super) fn bounded(text: String) -> String {
    if text.len() > LONGEST_VALUE { UNKNOWN.to_string() } else { text }
}

fn push(marks: &mut Vec<Mark>, text: &str, quoted: bool) {
    marks.extend(text.chars().map(|character| Mark { character, quoted }));
}

/// Field splitting at unquoted blanks; those of the text itself have ended the word already.
fn split(marks: &[Mark], explicit: bool, fields: &mut Vec<String>) {
    let before = fields.len();
    let mut field = String::new();
    for mark in marks {
        if !mark.quoted && matches!(mark.character, ' ' | '\t' | '\n') {
            if !field.is_empty() {
                fields.push(std::mem::take(&mut field));
            }
        } else {
            field.push(mark.character);
        }
    }
    if !field.is_empty() || (explicit && fields.len() == before) {
        fields.push(field);
    }
}

/// Brace expansion (bash manual 3.5.1); sequences give their two ends.
fn braces(marks: Vec<Mark>, depth: usize) -> Vec<Vec<Mark>> {
    let Some((open, commas, close)) = first_braces(&marks).filter(|_| depth < 8) else { return vec![marks] };
    let prefix = marks.get(..open).unwrap_or_default();
    let suffix = marks.get(close + 1..).unwrap_or_default().to_vec();
    let mut cuts = vec![open];
    cuts.extend(&commas);
    cuts.push(close);
    let mut parts: Vec<Vec<Mark>> = cuts
        .iter()
        .zip(cuts.iter().skip(1))
        .map(|(from, to)| marks.get(from + 1..*to).unwrap_or_default().to_vec())
        .collect();
    if commas.is_empty() {
        let text: String = parts.iter().flatten().map(|mark| mark.character).collect();
        let ends = text
            .split("..")
            .take(2)
            .map(|end| end.chars().map(|character| Mark { character, quoted: false }).collect());
        parts = ends.collect();
    }
    let mut out = Vec::new();
    let suffixes = braces(suffix, depth + 1);
    for part in parts {
        for middle in braces(part, depth + 1) {
            for suffix in &suffixes {
                if out.len() >= MOST_ALTERNATIVES {
                    out.push(vec![Mark { character: UNKNOWN, quoted: false }]);
                    return out;
                }
                out.push([prefix, middle.as_slice(), suffix.as_slice()].concat());
            }
        }
    }
    out
}

/// The first brace pair that expands: with a comma at its level, or a sequence.
fn first_braces(marks: &[Mark]) -> Option<(usize, Vec<usize>, usize)> {
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut best: Option<(usize, Vec<usize>, usize)> = None;
    for (index, mark) in marks.iter().enumerate().filter(|(_, mark)| !mark.quoted) {
        match mark.character {
            '{' => open.push((index, Vec::new())),
            ',' => {
                if let Some((_, commas)) = open.last_mut() {
                    commas.push(index);
                }
            }
            '}' => {
                if let Some((start, commas)) = open.pop() {
                    let inner = marks.get(start + 1..index).unwrap_or_default();
                    let sequence = inner.windows(2).any(|pair| pair.iter().all(|mark| mark.character == '.'));
                    if (!commas.is_empty() || sequence)
                        && best.as_ref().is_none_or(|(first, _, _)| start < *first)
                    {
                        best = Some((start, commas, index));
                    }
                }
            }
            _ => {}
        }
    }
    best
}
