//! What statements change, from their tokens. Must never stop at the first statement, nor at the first verb of one:
//! common table expressions, blocks and procedures hold others.

use std::ops::Range;

use super::Class;
use super::condition::{Limit, limit};
use super::lex::{Kind, Reading, Token};
use super::words::{COMMANDS, DELAYS, DROPPED, FILES, OPENERS, READS, UNTRUSTED, WRITES};
use crate::code::rule::{self, Rule};

/// What was seen in one reading.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) class: Class,
    pub(super) found: Vec<(&'static Rule, Range<usize>)>,
    /// Texts that run as SQL themselves, and where they stand.
    pub(super) nested: Vec<(String, Range<usize>)>,
}

/// Judges the statements of `tokens`, which stand in `text`.
pub(super) fn judge(tokens: &[Token], text: &str, reading: Reading) -> Judgement {
    let work = tokens.len().saturating_mul(16).saturating_add(10_000);
    let mut judge = Judge { text, reading, class: Class::Read, found: Vec::new(), nested: Vec::new(), work };
    let mut seen = false;
    for statement in tokens.split(|token| token.sign(b';')) {
        if statement.is_empty() {
            continue;
        }
        seen = true;
        judge.statement(statement);
    }
    judge.assembled(tokens);
    if !seen {
        judge.class = if text.trim().is_empty() || tokens.is_empty() { Class::Read } else { Class::Unknown };
    }
    Judgement { class: judge.class, found: judge.found, nested: judge.nested }
}

struct Judge<'t> {
    text: &'t str,
    reading: Reading,
    class: Class,
    found: Vec<(&'static Rule, Range<usize>)>,
    nested: Vec<(String, Range<usize>)>,
    /// Tokens that may still be looked at again.
    work: usize,
}

impl Judge<'_> {
    /// Spends work on looking at `tokens` again; false, and said so, when none is left.
    fn spend(&mut self, tokens: usize) -> bool {
        if self.work < tokens {
            self.add(&rule::TRUNCATED, Class::Unknown, 0..self.text.len());
            self.work = 0;
            return false;
        }
        self.work -= tokens;
        true
    }

    fn add(&mut self, rule: &'static Rule, class: Class, at: Range<usize>) {
        self.class = self.class.max(class);
        if self.found.len() < 200 {
            self.found.push((rule, at));
        }
    }

    /// Where something runs that is put together, the texts that it may be put together from are statements too.
    fn assembled(&mut self, tokens: &[Token]) {
        if !self.found.iter().any(|(rule, _)| rule.id == rule::SQL_DYNAMIC.id) || !self.spend(tokens.len()) {
            return;
        }
        for statement in tokens.split(|token| token.sign(b';')) {
            let texts = statement.iter().filter_map(|token| match &token.kind {
                Kind::Text(text) => Some(text.as_str()),
                Kind::Word(_) | Kind::Name(_) | Kind::Number | Kind::Parameter | Kind::Symbol(_) => None,
            });
            let whole: String = texts.take(32).collect();
            if whole.contains(char::is_whitespace) && super::is_sql(&whole) {
                self.nested.push((whole, span(statement)));
            }
        }
    }

    fn statement(&mut self, statement: &[Token]) {
        let whole = span(statement);
        let lead = statement
            .iter()
            .find(|token| !token.sign(b'('))
            .unwrap_or_else(|| statement.first().unwrap_or(&EMPTY));
        let known = lead.any(READS) || lead.any(WRITES);
        if statement.iter().any(|token| token.open) {
            self.add(&rule::UNPARSED, Class::Unknown, whole.clone());
        }
        self.disguised(statement);
        if !known && !lead.any(OPENERS) {
            self.add(&rule::UNKNOWN_STATEMENT, Class::Unknown, whole.clone());
        }
        if lead.any(WRITES) {
            self.class = self.class.max(Class::Write);
        }
        for at in 0..statement.len() {
            self.verb(statement, at, lead);
        }
        self.lead(statement, lead, whole);
    }

    /// Keywords split by a comment, or inside one that only MySQL runs.
    fn disguised(&mut self, statement: &[Token]) {
        for (first, second) in statement.iter().zip(statement.iter().skip(1)) {
            let (Kind::Word(one), Kind::Word(two)) = (&first.kind, &second.kind) else { continue };
            if second.glued {
                let joined = format!("{one}{two}");
                let known = |word: &str| WRITES.contains(&word) || READS.contains(&word);
                if known(&joined) && !(known(one) && known(two))
                    || ["TABLE", "UNION", "OUTFILE", "XP_CMDSHELL"].contains(&joined.as_str())
                {
                    self.add(&rule::SQL_DISGUISED, Class::Destructive, first.at.start..second.at.end);
                }
            }
        }
        if let Some(token) = statement.iter().find(|token| token.conditional && token.any(WRITES)) {
            self.add(&rule::SQL_DISGUISED, Class::Destructive, token.at.clone());
        }
    }

    /// What the word at `at` does where it stands.
    fn verb(&mut self, statement: &[Token], at: usize, lead: &Token) {
        let Some(token) = statement.get(at) else { return };
        let Kind::Word(word) = &token.kind else { return };
        let next = |by: usize| statement.get(at + by);
        let before = at.checked_sub(1).and_then(|at| statement.get(at));
        let qualified =
            before.is_some_and(|token| token.sign(b'.')) || next(1).is_some_and(|token| token.sign(b'.'));
        let called = next(1).is_some_and(|token| token.sign(b'('));
        let defines = lead.is("CREATE") && before.is_some_and(|token| token.is("AS"));
        // Inside a bracket stands a query or, where the statement defines columns, a name.
        let opened = |token: &Token| token.sign(b'(') && !lead.any(&["CREATE", "ALTER", "INSERT"]);
        let begins = defines
            || before.is_none_or(|token| {
                opened(token)
                    || token.sign(b':')
                    || token.any(OPENERS)
                    || token.any(&["TRY", "CATCH"])
                    || token.sign(b')') && !called
            });
        match word.as_str() {
            "DROP" if !qualified => self.drop(statement, at, lead, begins),
            "TRUNCATE"
                if !called
                    && !qualified
                    && (begins || next(1).is_some_and(|token| token.any(&["TABLE", "PARTITION"])))
                    && next(1).is_some_and(Token::is_name) =>
            {
                self.add(
                    &rule::TRUNCATE_TABLE,
                    Class::Destructive,
                    token.at.start..next(1).map_or(token.at.end, |next| next.at.end),
                );
            }
            // ClickHouse: `ALTER TABLE t DELETE WHERE …`, `ALTER TABLE t UPDATE a = b WHERE …`.
            "DELETE" | "UPDATE"
                if lead.is("ALTER")
                    && !before.is_some_and(|token| token.any(&["ON", "OR", "AFTER", "BEFORE"]))
                    && statement.iter().skip(at).any(|token| token.is("WHERE")) =>
            {
                let all = if word == "DELETE" { &rule::DELETE_ALL } else { &rule::UPDATE_ALL };
                self.limited(statement, at, all, lead);
            }
            "DELETE"
                if !qualified
                    && (begins || next(1).is_some_and(|token| token.is("FROM")))
                    && !before.is_some_and(|token| {
                        token.any(&["ON", "AFTER", "BEFORE", "OF", "GRANT", "OR", "FOR", "INSTEAD"])
                    }) =>
            {
                self.limited(statement, at, &rule::DELETE_ALL, lead);
            }
            "UPDATE" if !qualified && is_update(statement, at) => {
                self.limited(statement, at, &rule::UPDATE_ALL, lead)
            }
            "INTO"
                if lead.any(&["SELECT", "WITH", "FROM"])
                    && !before.is_some_and(|token| token.is("AS"))
                    && !next(1).is_some_and(|token| token.any(&["OUTFILE", "DUMPFILE"])) =>
            {
                self.class = self.class.max(Class::Write);
            }
            "INSERT" | "MERGE"
                if begins
                    && next(1).is_some_and(|token| {
                        token.any(&["INTO", "OVERWRITE", "IGNORE", "OR"]) || token.is_name()
                    }) =>
            {
                self.class = self.class.max(Class::Write)
            }
            "EXECUTE" | "EXEC"
                if (begins || called && word == "EXEC")
                    && !next(1).is_some_and(|token| token.any(&["FUNCTION", "PROCEDURE", "ON"]))
                    && before.is_some() =>
            {
                self.execute(statement, at)
            }
            "CREATE" if begins && lead.is("WITH") => self.class = self.class.max(Class::Write),
            "SHUTDOWN" if begins && lead.is("SHUTDOWN") => {
                self.add(&rule::SQL_ADMIN, Class::Destructive, token.at.clone())
            }
            _ if !qualified || COMMANDS.contains(&word.as_str()) || FILES.contains(&word.as_str()) => {
                if COMMANDS.contains(&word.as_str()) {
                    self.add(&rule::SQL_COMMAND, Class::Destructive, token.at.clone());
                } else if FILES.contains(&word.as_str())
                    && (called
                        || matches!(
                            word.as_str(),
                            "OUTFILE" | "DUMPFILE" | "INFILE" | "UTL_FILE" | "UTL_HTTP" | "UTL_SMTP"
                        ))
                {
                    self.add(&rule::SQL_FILE, Class::Destructive, token.at.clone());
                } else if DELAYS.contains(&word.as_str())
                    && (called || word == "WAITFOR" || next(1).is_some_and(|token| token.sign(b'.')))
                {
                    self.add(&rule::SQL_DELAY, Class::Unknown, token.at.clone());
                } else if called
                    && matches!(
                        word.as_str(),
                        "QUERY_TO_XML" | "GETXML" | "DBLINK" | "XPATH_TABLE" | "EXECUTE_QUERY"
                    )
                {
                    // Functions that run their argument.
                    self.execute(statement, at);
                } else if called
                    && matches!(
                        word.as_str(),
                        "PG_TERMINATE_BACKEND" | "PG_RELOAD_CONF" | "PG_ROTATE_LOGFILE"
                    )
                {
                    self.add(&rule::SQL_ADMIN, Class::Destructive, token.at.clone());
                } else if called
                    && matches!(word.as_str(), "NEXTVAL" | "SETVAL" | "PG_CANCEL_BACKEND" | "SET_CONFIG")
                {
                    self.class = self.class.max(Class::Write);
                }
            }
            _ => {}
        }
    }

    fn drop(&mut self, statement: &[Token], at: usize, lead: &Token, begins: bool) {
        let Some(token) = statement.get(at) else { return };
        let next = statement.get(at + 1);
        let place = token.at.start..next.map_or(token.at.end, |next| next.at.end);
        if lead.is("ALTER") {
            let harmless = next.is_some_and(|token| token.any(&["NOT", "DEFAULT", "IDENTITY", "EXPRESSION"]));
            let again = next.is_some_and(|token| {
                token.any(&["CONSTRAINT", "INDEX", "KEY", "PRIMARY", "FOREIGN", "CHECK"])
            });
            if !harmless {
                self.add(
                    if again { &rule::DROP_INDEX } else { &rule::ALTER_DROP },
                    Class::Destructive,
                    place,
                );
            }
            return;
        }
        let object = statement
            .iter()
            .skip(at + 1)
            .take(3)
            .find_map(|token| DROPPED.iter().find(|(words, _)| token.any(words)).map(|(_, rule)| *rule));
        let adjacent = next.is_some_and(|token| {
            DROPPED.iter().any(|(words, _)| token.any(words)) || token.any(&["TEMPORARY", "TEMP", "IF"])
        });
        match object {
            Some(rule) if begins || adjacent => self.add(rule, Class::Destructive, place),
            Some(_) | None if begins => self.add(&rule::DROP_OTHER, Class::Destructive, place),
            Some(_) | None => {}
        }
    }

    /// DELETE and UPDATE: what the WHERE clause at the same level leaves.
    fn limited(&mut self, statement: &[Token], at: usize, all: &'static Rule, lead: &Token) {
        self.class = self.class.max(Class::Write);
        if lead.is("MERGE") {
            return self.merged(statement, at, all);
        }
        if lead.any(&["CREATE"]) && statement.get(at + 1).is_some_and(|token| token.any(&["ON", "OR", "OF"]))
        {
            return;
        }
        if !self.spend(statement.len() - at) {
            return;
        }
        let mut depth = 0_usize;
        let mut from = None;
        let mut to = statement.len();
        let mut bounded = false;
        for (index, token) in statement.iter().enumerate().skip(at + 1) {
            match &token.kind {
                Kind::Symbol(b'(') => depth += 1,
                Kind::Symbol(b')') if depth == 0 => {
                    to = index;
                    break;
                }
                Kind::Symbol(b')') => depth -= 1,
                Kind::Word(word) if depth == 0 => match word.as_str() {
                    "WHERE" if from.is_none() => from = Some(index + 1),
                    "RETURNING" | "ORDER" | "LIMIT" | "OPTION" | "OUTPUT" | "END" | "ELSE" | "LOOP"
                    | "GO"
                        if from.is_some() || word != "OUTPUT" =>
                    {
                        bounded |= word == "LIMIT";
                        if from.is_some() || !matches!(word.as_str(), "OUTPUT") {
                            to = index;
                            break;
                        }
                    }
                    "LIMIT" | "TOP" => bounded = true,
                    _ => {}
                },
                Kind::Word(_)
                | Kind::Name(_)
                | Kind::Text(_)
                | Kind::Number
                | Kind::Parameter
                | Kind::Symbol(_) => {}
            }
        }
        let place = span(statement.get(at..to).unwrap_or_default());
        // `DELETE TOP (100) PERCENT`
        bounded &= !statement.iter().any(|token| token.is("PERCENT"));
        let table =
            statement.iter().skip(at + 1).find(|token| token.is_name() && !token.any(&["FROM", "ONLY"]));
        let limit = match from {
            None if bounded => Limit::Some,
            None => Limit::None,
            Some(from) if self.holds_all(statement.get(from..to).unwrap_or_default(), table) => Limit::None,
            Some(from) => self.condition(statement.get(from..to).unwrap_or_default()),
        };
        match limit {
            Limit::Some => {}
            Limit::None => self.add(all, Class::Destructive, place),
            Limit::Unknown => self.add(&rule::UNPARSED, Class::Unknown, place),
        }
    }

    /// A DELETE or UPDATE of a MERGE: for rows that the source does not have, or for all that match.
    fn merged(&mut self, statement: &[Token], at: usize, all: &'static Rule) {
        let before = statement.get(..at).unwrap_or_default();
        let when = before.iter().rposition(|token| token.is("WHEN")).unwrap_or_default();
        let branch = before.get(when..).unwrap_or_default();
        let word = |word: &str| branch.iter().any(|token| token.is(word));
        let on = before.iter().position(|token| token.is("ON")).map(|on| on + 1).unwrap_or_default();
        let first = before.iter().position(|token| token.is("WHEN")).unwrap_or_default();
        let joined = before.get(on..first).unwrap_or_default();
        let unbounded = word("SOURCE") && !word("AND")
            || !word("NOT") && !word("AND") && self.condition(joined) == Limit::None;
        if unbounded && self.spend(statement.len()) {
            self.add(all, Class::Destructive, span(statement.get(when..=at).unwrap_or_default()));
        }
    }

    /// `WHERE id IN (SELECT id FROM table)`: all rows of the table itself.
    fn holds_all(&self, tokens: &[Token], table: Option<&Token>) -> bool {
        let [_, operator, open, select, _, from, source, close] = tokens else { return false };
        let text = |token: &Token| self.text.get(token.at.clone()).map(str::to_ascii_lowercase);
        operator.is("IN")
            && open.sign(b'(')
            && select.is("SELECT")
            && from.is("FROM")
            && close.sign(b')')
            && table.is_some_and(|table| text(table) == text(source))
    }

    fn condition(&self, tokens: &[Token]) -> Limit {
        if tokens.iter().any(|token| token.is("CURRENT")) && tokens.len() <= 3 {
            return Limit::Some;
        }
        // Comments are not part of a condition, but the parser may read them otherwise than this dialect.
        let mut text = String::new();
        for token in tokens {
            text.push(' ');
            match &token.kind {
                Kind::Text(value) => {
                    text.push('\'');
                    text.push_str(&value.replace('\'', "''"));
                    text.push('\'');
                }
                Kind::Parameter => text.push('?'),
                Kind::Word(_) | Kind::Name(_) | Kind::Number | Kind::Symbol(_) => {
                    text.push_str(self.text.get(token.at.clone()).unwrap_or_default());
                }
            }
        }
        // Operators of two signs were taken apart.
        for (apart, together) in [
            ("< >", "<>"),
            ("> =", ">="),
            ("< =", "<="),
            ("! =", "!="),
            ("| |", "||"),
            (": :", "::"),
            ("- >", "->"),
            ("<= >", "<=>"),
            ("& &", "&&"),
            ("-> >", "->>"),
            ("@ >", "@>"),
            ("< @", "<@"),
            ("! ~", "!~"),
            ("= =", "=="),
        ] {
            text = text.replace(apart, together);
        }
        let text = text.replace("&&", "AND");
        match limit(&text) {
            Limit::Unknown if self.reading == Reading::MYSQL => limit(&text.replace("||", "OR")),
            limit @ (Limit::Some | Limit::None | Limit::Unknown) => limit,
        }
    }

    /// EXECUTE, EXEC: a text that runs, or one that is not known.
    fn execute(&mut self, statement: &[Token], at: usize) {
        let rest = statement.get(at + 1..).unwrap_or_default();
        if !self.spend(rest.len()) {
            return;
        }
        let joined = rest.iter().any(|token| {
            token.sign(b'|')
                || token.sign(b'+')
                || token.any(&["CONCAT", "FORMAT", "QUOTE_IDENT", "REPLACE", "USING"])
        });
        let mut texts = rest.iter().filter_map(|token| match &token.kind {
            Kind::Text(text) => Some((text.clone(), token.at.clone())),
            Kind::Word(_) | Kind::Name(_) | Kind::Number | Kind::Parameter | Kind::Symbol(_) => None,
        });
        let place = span(statement.get(at..).unwrap_or_default());
        match texts.next() {
            Some(text) => {
                if joined {
                    self.add(&rule::SQL_DYNAMIC, Class::Unknown, place);
                }
                // What the known parts say is said whatever is put between them.
                let whole = std::iter::once(text.clone())
                    .chain(texts)
                    .map(|(text, _)| text)
                    .collect::<Vec<_>>()
                    .join(" ");
                self.nested.push((whole, text.1));
            }
            None => self.add(&rule::SQL_DYNAMIC, Class::Unknown, place),
        }
    }

    /// What depends on the verb that leads the statement.
    fn lead(&mut self, statement: &[Token], lead: &Token, whole: Range<usize>) {
        let Kind::Word(verb) = &lead.kind else { return };
        let has = |words: &[&str]| statement.iter().any(|token| token.any(words));
        let second = |words: &[&str]| statement.get(1).is_some_and(|token| token.any(words));
        match verb.as_str() {
            "GRANT" | "DENY" | "REVOKE" => self.add(&rule::SQL_GRANT, Class::Destructive, whole),
            "CREATE" | "ALTER" if second(&["USER", "ROLE", "LOGIN"]) => {
                self.add(&rule::SQL_GRANT, Class::Destructive, whole)
            }
            "ALTER" if has(&["DETACH"]) && has(&["PARTITION"]) => {
                self.add(&rule::ALTER_DROP, Class::Destructive, whole);
            }
            "ALTER"
                if second(&["DATABASE"])
                    && has(&["OFFLINE", "EMERGENCY", "SINGLE_USER", "RESTRICTED_USER"]) =>
            {
                self.add(&rule::SQL_ADMIN, Class::Destructive, whole);
            }
            "VACUUM" if has(&["INTO"]) => self.add(&rule::SQL_FILE, Class::Destructive, whole),
            "CREATE" if second(&["ASSEMBLY"]) => self.add(&rule::SQL_COMMAND, Class::Destructive, whole),
            "DETACH" if has(&["PERMANENTLY"]) => self.add(&rule::DROP_TABLE, Class::Destructive, whole),
            "INSERT" if second(&["OVERWRITE"]) => self.add(&rule::SQL_REPLACED, Class::Write, whole),
            "CREATE"
                if second(&["OR"]) && statement.iter().skip(3).take(3).any(|token| token.is("TABLE")) =>
            {
                self.add(&rule::SQL_REPLACED, Class::Write, whole);
            }
            "ALTER" if second(&["SYSTEM"]) => self.add(&rule::SQL_ADMIN, Class::Destructive, whole),
            "SET" if has(&["PASSWORD"]) => self.add(&rule::SQL_GRANT, Class::Destructive, whole),
            "SET" if second(&["GLOBAL", "PERSIST"]) => self.add(&rule::SQL_ADMIN, Class::Destructive, whole),
            "COPY" | "UNLOAD" | "PUT" => {
                if has(&["PROGRAM"]) {
                    self.add(&rule::SQL_COMMAND, Class::Destructive, whole);
                } else if !has(&["STDIN", "STDOUT"]) {
                    self.add(&rule::SQL_FILE, Class::Destructive, whole);
                }
            }
            "LOAD" | "BULK" | "ATTACH" | "BACKUP" | "RESTORE" | "EXPORT" | "IMPORT" | "INSTALL" => {
                self.add(&rule::SQL_FILE, Class::Destructive, whole)
            }
            "REMOVE" => self.add(&rule::SQL_FILE, Class::Destructive, whole),
            "CREATE" if second(&["EXTENSION"]) && has(UNTRUSTED) => {
                self.add(&rule::SQL_COMMAND, Class::Destructive, whole);
            }
            "KILL" | "FLUSH" | "PURGE" | "RESET" | "DBCC" | "REASSIGN" => {
                self.add(&rule::SQL_ADMIN, Class::Destructive, whole)
            }
            "EXEC" | "EXECUTE" => {
                let at =
                    statement.iter().position(|token| token.any(&["EXEC", "EXECUTE"])).unwrap_or_default();
                self.execute(statement, at);
            }
            "PREPARE" => self.execute(statement, 0),
            "CALL" => self.add(&rule::SQL_DYNAMIC, Class::Unknown, whole),
            "DO" => self.bodies(statement),
            "CREATE" if has(&["FUNCTION", "PROCEDURE", "TRIGGER", "EVENT"]) => {
                let native = statement
                    .iter()
                    .zip(statement.iter().skip(1))
                    .any(|(word, next)| word.is("LANGUAGE") && next.any(UNTRUSTED));
                if native {
                    self.add(&rule::SQL_COMMAND, Class::Destructive, whole);
                }
                self.bodies(statement);
            }
            "PRAGMA" if statement.iter().any(|token| token.sign(b'=')) => {
                let rule = has(&[
                    "WRITABLE_SCHEMA",
                    "SYNCHRONOUS",
                    "JOURNAL_MODE",
                    "FOREIGN_KEYS",
                    "IGNORE_CHECK_CONSTRAINTS",
                ]);
                self.class = self.class.max(Class::Write);
                if rule && has(&["WRITABLE_SCHEMA"]) {
                    self.add(&rule::SQL_ADMIN, Class::Destructive, whole);
                }
            }
            "SELECT" | "WITH" if has(&["FUNCTION"]) && statement.iter().any(|token| token.open) => {}
            _ => {}
        }
    }

    /// Bodies in strings: blocks and functions.
    fn bodies(&mut self, statement: &[Token]) {
        self.class = self.class.max(Class::Write);
        for token in statement {
            if let Kind::Text(body) = &token.kind
                && body.contains(char::is_whitespace)
            {
                self.nested.push((body.clone(), token.at.clone()));
            }
        }
    }
}

const EMPTY: Token =
    Token { kind: Kind::Symbol(b' '), at: 0..0, glued: false, conditional: false, open: false };

/// `UPDATE name … SET`, and not `FOR UPDATE` or `ON DUPLICATE KEY UPDATE`.
fn is_update(statement: &[Token], at: usize) -> bool {
    let blocked = at.checked_sub(1).and_then(|at| statement.get(at)).is_some_and(|before| {
        before.any(&["FOR", "KEY", "ON", "AFTER", "BEFORE", "OF", "GRANT", "DO", "THEN", "OR", "INSTEAD"])
            || before.sign(b',')
    });
    let named = statement
        .get(at + 1)
        .is_some_and(|token| token.is_name() && !token.is("SET") || token.kind == Kind::Parameter);
    !blocked && named && statement.iter().skip(at + 2).take(64).any(|token| token.is("SET"))
}

/// From the first token to the last.
fn span(tokens: &[Token]) -> Range<usize> {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => first.at.start..last.at.end,
        (_, _) => 0..0,
    }
}
