//! Arguments of a tool call that are code, by their names. Must never take a search query for SQL.

use std::borrow::Cow;
use std::cell::OnceCell;

use ringfence_model::code::CodeArgument;
use ringfence_model::finding::Finding;
use ringfence_model::json::{Json, Kind};

use super::language::Language;
use super::source;
use super::sql::{self, Dialect};
use super::{Report, Safety, check};
use crate::secret::SecretScanner;

/// What an argument holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A shell command, as one string or as a list of words.
    Command,
    /// Code of a language; `Other` when only a sibling argument or nothing says which.
    Code(Language),
    /// SQL.
    Sql,
    /// SQL, or a query in words.
    Query,
}

/// What was found in one argument.
#[derive(Debug, Clone, PartialEq)]
pub struct InArgument {
    /// JSON pointer (RFC 6901) to the argument, `/command`.
    pub pointer: String,
    /// What it was taken for.
    pub kind: ArgumentKind,
    /// The whole of it in one word.
    pub verdict: Safety,
    /// What was found; spans are relative to the decoded text of the argument.
    pub findings: Vec<Finding>,
}

/// What an argument of this name holds, `None` where the name says nothing.
#[must_use]
pub fn argument_kind(name: &str) -> Option<ArgumentKind> {
    Some(match CodeArgument::named(name)? {
        CodeArgument::Command => ArgumentKind::Command,
        CodeArgument::Sql => ArgumentKind::Sql,
        CodeArgument::Query => ArgumentKind::Query,
        CodeArgument::Python => ArgumentKind::Code(Language::Python),
        CodeArgument::JavaScript => ArgumentKind::Code(Language::JavaScript),
        CodeArgument::Code => ArgumentKind::Code(Language::Other(String::new())),
    })
}

/// Inspects the arguments of a call, an object, that are code: those that `kind_of` names, given the name of a member.
/// A language is taken from a sibling `language`, `lang`, `dialect` or `runtime` where there is one.
#[must_use]
pub fn scan_arguments(
    arguments: Json<'_>,
    secrets: &SecretScanner,
    mut kind_of: impl FnMut(&str) -> Option<ArgumentKind>,
) -> Vec<InArgument> {
    // Most arguments are no code: the other members are looked at only where one is.
    let named = OnceCell::new();
    let named = || {
        named.get_or_init(|| {
            ["language", "lang", "dialect", "runtime", "interpreter"]
                .iter()
                .find_map(|name| arguments.get(name).and_then(Json::as_str))
                .map(|name| Language::parse(&name))
        })
    };
    let mut found = Vec::new();
    for (key, value) in arguments.members() {
        let Some(name) = key.as_str() else { continue };
        let Some(kind) = kind_of(&name) else { continue };
        let kind = match (kind, named()) {
            (ArgumentKind::Code(Language::Other(_)), Some(language)) => ArgumentKind::Code(language.clone()),
            (kind, _) => kind,
        };
        let dialect = match named() {
            Some(Language::Sql(dialect)) => *dialect,
            Some(_) | None => Dialect::Any,
        };
        let Some(mut text) = text_of(value) else { continue };
        if kind == ArgumentKind::Command && value.kind() == Kind::String {
            // `{"command": "rm", "args": ["-rf", "/"]}` is one command.
            let rest = ["args", "arguments", "argv", "params"].iter().find_map(|name| arguments.get(name));
            if let Some(rest) = rest.filter(|rest| rest.kind() == Kind::Array).and_then(words) {
                text = format!("{text} {rest}");
            }
        }
        let Some(report) = inspect(&text, &kind, dialect, secrets) else { continue };
        if report.verdict != Safety::Safe || !report.findings.is_empty() {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            found.push(InArgument { pointer, kind, verdict: report.verdict, findings: report.findings });
        }
    }
    found
}

/// A string; or a list: of command lines where its first element has a blank, else of words of one command.
fn text_of(value: Json<'_>) -> Option<String> {
    match value.kind() {
        Kind::String => value.as_str().map(Cow::into_owned),
        Kind::Array => {
            let first = value.elements().next()?.as_str()?;
            if first.trim().contains(char::is_whitespace) {
                let lines: Vec<Cow<'_, str>> = value.elements().filter_map(Json::as_str).collect();
                return Some(lines.join("\n"));
            }
            words(value)
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::Object => None,
    }
}

/// A list of strings as the words of one command; `None` for what is no such list.
#[must_use]
pub fn command_line(value: Json<'_>) -> Option<String> {
    let strings =
        value.kind() == Kind::Array && value.elements().all(|element| element.kind() == Kind::String);
    strings.then(|| words(value)).flatten()
}

/// The elements as the words of a command line.
fn words(value: Json<'_>) -> Option<String> {
    let words: Vec<String> = value
        .elements()
        .map(|element| element.as_str().map_or_else(|| element.raw().to_owned(), |word| quoted(&word)))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// `word` as one word of a command line.
fn quoted(word: &str) -> String {
    let plain = !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./=:@%+,".contains(&byte));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn inspect(text: &str, kind: &ArgumentKind, dialect: Dialect, secrets: &SecretScanner) -> Option<Report> {
    match kind {
        ArgumentKind::Command => Some(check(text, &Language::Shell, secrets)),
        ArgumentKind::Sql => Some(check(text, &Language::Sql(dialect), secrets)),
        ArgumentKind::Query => sql::is_sql(text).then(|| check(text, &Language::Sql(dialect), secrets)),
        ArgumentKind::Code(Language::Other(name)) if name.is_empty() => {
            Some(check(text, &source::guess(text), secrets))
        }
        ArgumentKind::Code(language) => Some(check(text, language, secrets)),
    }
}
