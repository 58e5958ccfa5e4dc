//! Whether a text is SQL at all, and whether it breaks out of a quoted value. Must never take prose for a statement.

use super::lex::{Kind, Token};
use super::words::{COMMANDS, DELAYS, DROPPED, READS, WRITES};

/// True for the shape of a statement, which prose that begins with a verb does not have.
pub(super) fn has_signature(tokens: &[Token]) -> bool {
    tokens.split(|token| token.sign(b';')).any(|statement| {
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
