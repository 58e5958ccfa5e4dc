//! SQL: split into tokens and statements as the dialects do, judged by what the statements change.
//!
//! The tokens come from a lexer of our own, since text that only some dialects accept, fragments and hidden keywords
//! must be read too; conditions are parsed by `sqlparser`. Where the dialect is not known the text is read as each of
//! them would, and the worst counts. Must never trust one reading of a text that another dialect reads differently.

mod condition;
mod judge;
mod lex;
mod shape;
mod words;

use super::findings::Findings;
use super::rule;
use judge::Judgement;
use lex::{Reading, Token, tokens};

/// A dialect, as far as it changes what a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Not known: read as all of them.
    Any,
    /// PostgreSQL and its kin.
    Postgres,
    /// MySQL, MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
    /// SQL Server.
    Transact,
}

/// What a text does to data. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Only reads.
    Read,
    /// Adds or changes named rows or definitions.
    Write,
    /// Not known: no statement that we know, or one whose effect is decided when it runs.
    Unknown,
    /// Removes, or changes without limit.
    Destructive,
}

impl Class {
    /// The word used in output and policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Unknown => "unknown",
            Self::Destructive => "destructive",
        }
    }
}

/// What `text` does, in the worst of its readings.
#[must_use]
pub fn classify(text: &str, dialect: Dialect) -> Class {
    classify_nested(super::cut(text), dialect, 0)
}

/// Most texts inside one another whose class counts; each may be read in several ways.
const NESTING: usize = 3;

fn classify_nested(text: &str, dialect: Dialect, depth: usize) -> Class {
    if depth > NESTING {
        return Class::Unknown;
    }
    let class = |reading| {
        let judgement = judge::judge(&tokens(text, reading), text, reading);
        let inner =
            judgement.nested.iter().map(|(inner, _)| classify_nested(inner, dialect, depth + 1)).max();
        inner.map_or(judgement.class, |inner| judgement.class.max(inner))
    };
    readings(text, dialect).map(class).max().unwrap_or(Class::Unknown)
}

/// True for text that is SQL, as any dialect reads it, and not prose that begins with one of its verbs.
#[must_use]
pub fn is_sql(text: &str) -> bool {
    let text = super::cut(text);
    readings(text, Dialect::Any).any(|reading| shape::has_signature(&tokens(text, reading)))
}

/// Inspects `text` as SQL.
pub(super) fn inspect(text: &str, dialect: Dialect, findings: &mut Findings<'_>) {
    if !findings.spend(text.len() * 4) {
        return;
    }
    super::shell::deceptive(text, findings);
    for reading in readings(text, dialect) {
        let Judgement { found, nested, .. } = judge::judge(&tokens(text, reading), text, reading);
        for (rule, at) in found {
            findings.add(rule, at);
        }
        for (inner, at) in nested {
            findings.within(at, |findings| inspect(&inner, dialect, findings));
        }
    }
    fragment(text, dialect, findings);
}

/// A text that begins inside a quoted value, as an injected one does: what follows the quote is the statement.
fn fragment(text: &str, dialect: Dialect, findings: &mut Findings<'_>) {
    let start = text.trim_start();
    let cut =
        text.trim_end().ends_with("--") || text.trim_end().ends_with('#') || text.trim_end().ends_with("/*");
    if shape::is_fragment(&tokens(start, Reading::STANDARD), cut) {
        findings.add(&rule::SQL_INJECTION, 0..text.len());
    }
    let head = start.find(['\'', '"']).filter(|at| *at < 64);
    let Some(quote) = head else { return };
    let (before, after) = start.split_at_checked(quote + 1).unwrap_or((start, ""));
    // A statement of its own has a verb before its first quote.
    if shape::begins_statement(&tokens(before.trim_end_matches(['\'', '"']), Reading::STANDARD)) {
        return;
    }
    let reading = if dialect == Dialect::MySql { Reading::MYSQL } else { Reading::STANDARD };
    let rest: Vec<Token> = tokens(after, reading);
    // `admin'--`: what follows is cut off.
    let nothing = !after.trim().is_empty() && tokens(after, Reading::MYSQL).is_empty();
    if nothing || shape::is_breakout(&rest) {
        findings.add(&rule::SQL_INJECTION, 0..text.len());
        findings.within(0..text.len(), |findings| {
            for (rule, at) in judge::judge(&rest, after, reading).found {
                findings.add(rule, at);
            }
        });
    }
}

/// The ways in which `text` may be read.
fn readings(text: &str, dialect: Dialect) -> impl Iterator<Item = Reading> {
    let plain = !(text.contains("--") || text.contains("/*") || text.contains(['\\', '#', '[']));
    let all: &[Reading] = match dialect {
        _ if plain => &[Reading::STANDARD],
        Dialect::Any => &[Reading::STANDARD, Reading::MYSQL, Reading::SQLITE, Reading::TRANSACT],
        Dialect::Postgres => &[Reading::STANDARD],
        Dialect::MySql => &[Reading::MYSQL],
        Dialect::Sqlite => &[Reading::SQLITE],
        Dialect::Transact => &[Reading::TRANSACT],
    };
    all.iter().copied()
}

#[cfg(test)]
mod tests;
