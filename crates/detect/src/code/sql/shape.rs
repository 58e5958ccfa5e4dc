//! Whether a text is SQL at all, and whether it breaks out of a quoted value. Must never take prose for a statement.

use super::lex::{Kind, Token};
use super::words::{COMMANDS, DELAYS, DROPPED, READS, WRITES};

/// Words before a statement that is explained.
const EXPLAINS: &[&str] = &["EXPLAIN", "ANALYZE", "VERBOSE", "QUERY", "PLAN", "FOR", "EXTENDED"];

/// True for the shape of a statement, which prose that begins with a verb does not have.
pub(super) fn has_signature(tokens: &[Token]) -> bool {
    tokens.split(|token| token.sign(b';')).any(|statement| {
        // What is explained is a statement, and with ANALYZE it is run.
        let explained = statement.iter().position(|token| !token.any(EXPLAINS)).unwrap_or(0);
        let statement = statement.get(explained..).unwrap_or_default();
        let Some(first) = statement.first() else { return false };
        let has = |word: &str| statement.iter().any(|token| token.is(word));
        let second = |words: &[&str]| statement.get(1).is_some_and(|token| token.any(words));
        let objects =
            || statement.get(1).is_some_and(|token| DROPPED.iter().any(|(words, _)| token.any(words)));
        match &first.kind {
            Kind::Word(word) => match word.as_str() {
                "SELECT" => {
                    has("FROM")
                        || statement
                            .get(1)
                            .is_some_and(|token| matches!(token.kind, Kind::Number | Kind::Symbol(_)))
                }
                "INSERT" | "REPLACE" | "MERGE" => second(&["INTO", "OVERWRITE", "IGNORE", "OR"]),
                "UPDATE" => has("SET"),
                "DELETE" => second(&["FROM"]),
                "DROP" | "ALTER" => objects() || second(&["USER", "ROLE", "SYSTEM"]),
                "CREATE" => {
                    objects() || second(&["OR", "TEMP", "TEMPORARY", "UNIQUE", "VIRTUAL", "UNLOGGED"])
                }
                "TRUNCATE" => second(&["TABLE"]),
                "WITH" => has("AS") && (has("SELECT") || has("DELETE") || has("UPDATE") || has("INSERT")),
                "GRANT" => has("ON") && has("TO") || has("TO") && has("ROLE"),
                "REVOKE" => has("FROM") && has("ON"),
                "COPY" => {
                    (has("FROM") || has("TO"))
                        && (has("PROGRAM")
                            || has("STDIN")
                            || has("STDOUT")
                            || statement.iter().any(|token| matches!(token.kind, Kind::Text(_))))
                }
                "EXEC" | "EXECUTE" => {
                    statement.len() >= 2
                        && (has("IMMEDIATE")
                            || statement.iter().any(|token| {
                                COMMANDS.iter().any(|command| token.is(command))
                                    || matches!(token.kind, Kind::Text(_))
                            }))
                }
                "DO" => statement.get(1).is_some_and(|token| matches!(token.kind, Kind::Text(_))),
                _ => false,
            },
            Kind::Symbol(b'(') => statement.get(1).is_some_and(|token| token.is("SELECT")),
            Kind::Symbol(_) | Kind::Name(_) | Kind::Text(_) | Kind::Number | Kind::Parameter => false,
        }
    })
}

/// True when the first token is a verb.
pub(super) fn begins_statement(tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| token.any(READS) || token.any(WRITES) || token.sign(b'('))
}

/// True for a text without a verb of its own that goes on a statement begun elsewhere: `1 OR 1=1`, `-1 UNION SELECT …`,
/// `1; WAITFOR DELAY …`, `x) ORDER BY 10--`. `cut` says that a comment ends it.
pub(super) fn is_fragment(tokens: &[Token], cut: bool) -> bool {
    let Some(first) = tokens.iter().find(|token| !token.sign(b'(')) else { return false };
    if first.any(READS) || first.any(WRITES) {
        return false;
    }
    let value = matches!(first.kind, Kind::Number | Kind::Text(_) | Kind::Parameter)
        || first.any(&["NULL", "TRUE", "FALSE"]);
    let goes_on = first.any(&[
        "UNION",
        "OR",
        "AND",
        "HAVING",
        "ORDER",
        "GROUP",
        "RLIKE",
        "LIKE",
        "LIMIT",
        "WHERE",
        "AS",
        "PROCEDURE",
    ]) || matches!(first.kind, Kind::Symbol(b')' | b'-' | b'+' | b'|' | b'&' | b'%' | b','));
    let any = |words: &[&str]| tokens.iter().any(|token| token.any(words));
    let pair = |one: &str, two: &[&str]| {
        tokens.iter().zip(tokens.iter().skip(1)).any(|(first, second)| first.is(one) && second.any(two))
    };
    let joins = pair("UNION", &["SELECT", "ALL", "DISTINCT"]);
    let delays =
        any(DELAYS) || any(&["WAITFOR", "EXTRACTVALUE", "UPDATEXML", "INFORMATION_SCHEMA", "XP_CMDSHELL"]);
    let compares = tokens.iter().any(|token| token.sign(b'=') || token.sign(b'>') || token.sign(b'<'))
        || any(&["LIKE", "SELECT", "SLEEP", "BETWEEN", "IN", "IS"]);
    let condition = any(&["OR", "AND", "HAVING", "RLIKE"]) && compares;
    joins
        || delays
        || (value || goes_on)
            && (condition
                || pair("ORDER", &["BY"])
                || pair("GROUP", &["BY"])
                || any(&["EXEC", "EXECUTE"])
                || cut)
}

/// True for what an injected value goes on with after its quote: another statement, a condition that is always true, a
/// union, the rest cut off by a comment.
pub(super) fn is_breakout(tokens: &[Token]) -> bool {
    let meaningful = tokens.iter().position(|token| !matches!(token.kind, Kind::Symbol(b')' | b'\'' | b'"')));
    let Some(rest) = meaningful.and_then(|at| tokens.get(at..)) else { return false };
    let Some(first) = rest.first() else { return false };
    (first.sign(b';') && rest.get(1).is_some_and(|token| token.any(READS) || token.any(WRITES)))
        || first.any(&["UNION", "OR", "AND", "HAVING", "PROCEDURE", "LIMIT", "ORDER", "WAITFOR", "EXEC"])
            && (rest.iter().any(|token| token.sign(b'=') || token.any(&["SELECT", "LIKE", "DELAY", "SLEEP"])))
        || first.sign(b'|')
        || first.any(DELAYS)
}
