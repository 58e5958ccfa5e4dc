//! Calls: what is called, with what. Must never let a call of a sink pass whose argument it could not read.

use std::ops::Range;

use super::lex::{Kind, Lexed, Token};
use super::names::Names;
use super::sinks::{self, Sink};
use super::values::{Argument, Folder, Value, split};
use super::{Family, inspect_family};
use crate::code::findings::Findings;
use crate::code::rule;
use crate::code::shell::{self, UNKNOWN};
use crate::code::sql::{self, Dialect};

/// Most tokens of the arguments of one call that are looked at.
const LONGEST_CALL: usize = 4000;

struct Walk<'l, 'f, 't> {
    tokens: &'l [Token],
    /// For each bracket that opens, the token that closes it; the end of the text where none does.
    closes: Vec<usize>,
    names: Names,
    family: Family,
    findings: &'f mut Findings<'t>,
}

/// Inspects the calls of `lexed`.
pub(super) fn inspect(lexed: &Lexed, family: Family, findings: &mut Findings<'_>) {
    let names = Names::of(&lexed.tokens, family);
    let mut walk = Walk { tokens: &lexed.tokens, closes: closes(&lexed.tokens), names, family, findings };
    for at in 0..lexed.tokens.len() {
        walk.token(at);
    }
}

impl<'l> Walk<'l, '_, '_> {
    fn value(&self, tokens: &[Token]) -> Value {
        Folder { names: &self.names, family: self.family }.value(tokens)
    }

    fn token(&mut self, at: usize) {
        let Some(token) = self.tokens.get(at) else { return };
        let at_token = token.at.clone();
        match &token.kind {
            Kind::Shell(text) => {
                let text = text.clone();
                self.shell(&text, at_token);
            }
            Kind::Path(path) => {
                let path = path.clone();
                self.path(at, &path, at_token);
            }
            // `object[name](…)`: what is called is computed.
            Kind::Symbol(b']') if self.tokens.get(at + 1).is_some_and(|next| next.sign(b'(')) => {
                self.computed(at)
            }
            Kind::Symbol(_) | Kind::Text(_) | Kind::Number(_) | Kind::Newline => {}
        }
    }

    fn path(&mut self, at: usize, path: &str, place: Range<usize>) {
        let tokens: &'l [Token] = self.tokens;
        let next = tokens.get(at + 1);
        let defined = at.checked_sub(1).and_then(|before| self.tokens.get(before)).is_some_and(|before| {
            before.is("def")
                || before.is("function")
                || before.is("fn")
                || before.is("func")
                || before.is("class")
                || before.is("sub")
        });
        let arguments = match next.map(|token| &token.kind) {
            Some(Kind::Symbol(b'(')) if !defined => self.arguments(at + 2),
            // A tagged template, or a call without brackets.
            Some(Kind::Text(_))
                if matches!(self.family, Family::JavaScript | Family::Ruby | Family::Php | Family::Any)
                    || matches!(path, "exec" | "eval") =>
            {
                let most = if self.family == Family::JavaScript { at + 2 } else { at + 16 };
                tokens.get(at + 1..most.min(tokens.len())).unwrap_or_default()
            }
            Some(_) | None => return,
        };
        let full = self.full_path(at, path);
        let Some(sink) = sinks::sink(&full, self.family) else { return };
        let arguments = Self::line_of(arguments, next.is_some_and(|token| token.sign(b'(')));
        let end = arguments.last().map_or(place.end, |token| token.at.end);
        let chained = self.chained(&full, at + 2 + arguments.len());
        self.sink(sink, &full, arguments, chained, place.start..end);
    }

    /// Without brackets the arguments end with the line.
    fn line_of(arguments: &'l [Token], bracketed: bool) -> &'l [Token] {
        if bracketed {
            return arguments;
        }
        let end = arguments
            .iter()
            .position(|token| matches!(token.kind, Kind::Newline | Kind::Symbol(b';')))
            .unwrap_or(arguments.len());
        arguments.get(..end).unwrap_or_default()
    }

    /// `path` with imports resolved, and with the module where it is a member of `__import__('m')` or `require('m')`.
    fn full_path(&self, at: usize, path: &str) -> String {
        if !path.starts_with('.') {
            return self.names.resolve(path);
        }
        let mut before = self.tokens.get(..at).unwrap_or_default().iter().rev();
        let called = before.next().is_some_and(|token| token.sign(b')'));
        // `Runtime.getRuntime().exec`
        let mut empty = before.clone();
        if called
            && empty.next().is_some_and(|token| token.sign(b'('))
            && let Some(first) = empty.next().and_then(Token::path)
        {
            return format!("{}{path}", self.names.resolve(first));
        }
        let module = before.next().and_then(Token::text).filter(|_| called);
        let open = before.next().is_some_and(|token| token.sign(b'('));
        let importer = before.next().and_then(Token::path).map(|path| self.names.resolve(path));
        match (module, importer) {
            (Some(module), Some(importer))
                if open
                    && matches!(
                        importer.as_str(),
                        "__import__" | "require" | "importlib.import_module" | "import"
                    ) =>
            {
                format!("{}{path}", module.trim_start_matches("node:"))
            }
            (_, _) => path.to_owned(),
        }
    }

    /// The tokens up to the bracket that closes the one before `from`.
    fn arguments(&self, from: usize) -> &'l [Token] {
        let tokens: &'l [Token] = self.tokens;
        let close = from.checked_sub(1).and_then(|open| self.closes.get(open)).copied().unwrap_or_default();
        tokens.get(from..close.min(from + LONGEST_CALL)).unwrap_or_default()
    }

    /// The words that `Command::new("sh").arg("-c").args([…])` adds, from the bracket that closes the first call.
    fn chained(&self, path: &str, close: usize) -> Vec<Option<String>> {
        let mut words = Vec::new();
        let mut at = close;
        while path.ends_with("Command.new")
            && let Some(".arg" | ".args") = self.tokens.get(at + 1).and_then(Token::path)
        {
            let arguments = self.arguments(at + 3);
            match self.value(arguments) {
                Value::List(list) => words.extend(list),
                Value::Text(text) => words.push(Some(text)),
                Value::Number(_) | Value::Code | Value::Unknown => words.push(None),
            }
            at += 3 + arguments.len();
        }
        words
    }

    fn sink(
        &mut self,
        sink: Sink,
        path: &str,
        arguments: &[Token],
        chained: Vec<Option<String>>,
        place: Range<usize>,
    ) {
        if !self.findings.spend(arguments.len() + 16) {
            return;
        }
        let arguments = split(arguments);
        let positional: Vec<&Argument<'_>> =
            arguments.iter().filter(|argument| argument.name.is_none()).collect();
        let first = positional.first().map(|argument| self.value(argument.tokens));
        let first = first.or_else(|| {
            let keyword = arguments.iter().find(|argument| {
                matches!(
                    argument.name,
                    Some(
                        "args"
                            | "cmd"
                            | "command"
                            | "sql"
                            | "query"
                            | "path"
                            | "source"
                            | "statement"
                            | "file"
                            | "text"
                    )
                )
            });
            keyword.map(|argument| self.value(argument.tokens))
        });
        match sink {
            Sink::Shell => {
                if let Some(value) = first {
                    self.command(&value, place)
                }
            }
            Sink::Spawn => self.spawn(first, &positional, &arguments, place),
            Sink::Words => {
                let mut words = Vec::new();
                for argument in &positional {
                    match self.value(argument.tokens) {
                        Value::List(list) => words.extend(list),
                        Value::Text(text) => words.push(Some(text)),
                        Value::Number(_) | Value::Code | Value::Unknown => words.push(None),
                    }
                }
                words.extend(chained);
                // `exec.CommandContext(ctx, "rm", …)`; `os.execv(path, [argv0, …])`.
                let words = if path.ends_with("CommandContext") {
                    words.split_off(words.len().min(1))
                } else {
                    words
                };
                let words = if path.starts_with("os.exec")
                    || path.starts_with("exec") && path.len() <= 6
                    || path.starts_with("os.spawn")
                {
                    argv(words)
                } else {
                    words
                };
                self.words(words, place);
            }
            Sink::Sql => self.sql(first, place),
            Sink::Evaluate(rule) => self.evaluate(rule, first, place),
            Sink::DeleteTree(rule) => self.delete_tree(rule, first, &positional, place),
            Sink::DeleteFile => match first {
                Some(Value::Text(text)) if !text.contains(UNKNOWN) => {
                    shell::inspect_arguments(&[Some("rm".to_owned()), Some(text)], place, self.findings);
                }
                Some(_) => self.findings.add(&rule::REMOVE_FILE, place),
                None => {}
            },
            Sink::Open => self.open(first, &positional, place),
            Sink::Write => {
                if let Some(Value::Text(text)) = first {
                    shell::inspect_write(&text, place, self.findings);
                }
            }
            Sink::Always(rule) => self.findings.add(rule, place),
            Sink::SetUser => match first {
                Some(Value::Number(number)) if number.trim_matches(['0', '_', 'x', 'o']).is_empty() => {
                    self.findings.add(&rule::SETUID_ROOT, place)
                }
                Some(Value::Unknown) => self.findings.add(&rule::UNRESOLVED_CALL, place),
                Some(_) | None => {}
            },
            Sink::Import => match first {
                Some(Value::Text(text)) if !text.contains(UNKNOWN) => {}
                Some(_) => self.findings.add(&rule::DYNAMIC_IMPORT, place),
                None => {}
            },
            Sink::Attribute => self.attribute(&positional, place),
            Sink::Yaml => {
                let safe = arguments.iter().any(|argument| {
                    argument.tokens.iter().any(|token| {
                        token.path().is_some_and(|path| path.contains("Safe") || path.ends_with("BaseLoader"))
                    })
                });
                if !safe {
                    self.findings.add(&rule::DESERIALIZE, place);
                }
            }
        }
    }

    fn command(&mut self, value: &Value, place: Range<usize>) {
        match value {
            Value::Text(text) => self.shell(text, place),
            Value::List(words) => self.words(words.clone(), place),
            Value::Code => {}
            Value::Number(_) | Value::Unknown => self.findings.add(&rule::UNRESOLVED_CALL, place),
        }
    }

    fn shell(&mut self, text: &str, place: Range<usize>) {
        if text.contains(UNKNOWN) {
            // A value between the words of a command can end it and begin another.
            self.findings.add(&rule::SHELL_TRUE, place.clone());
        }
        self.findings.within(place, |findings| shell::inspect(text, findings));
    }

    fn words(&mut self, words: Vec<Option<String>>, place: Range<usize>) {
        if words.is_empty() {
            return self.findings.add(&rule::UNRESOLVED_CALL, place);
        }
        shell::inspect_arguments(&words, place, self.findings);
    }

    fn spawn(
        &mut self,
        first: Option<Value>,
        positional: &[&Argument<'_>],
        arguments: &[Argument<'_>],
        place: Range<usize>,
    ) {
        let shell = arguments.iter().any(|argument| {
            let set = |tokens: &[Token]| tokens.iter().any(|token| token.is("True") || token.is("true"));
            argument.name == Some("shell") && set(argument.tokens)
                || argument.tokens.windows(3).any(|three| matches!(three, [name, colon, value] if name.is("shell") && colon.sign(b':') && !value.is("false")))
        });
        match (first, positional.get(1).map(|argument| self.value(argument.tokens))) {
            // `spawn("rm", ["-rf", "/"])`
            (Some(Value::Text(program)), Some(Value::List(words))) => {
                let all: Vec<Option<String>> = std::iter::once(Some(program)).chain(words).collect();
                if shell {
                    let line: Vec<String> =
                        all.into_iter().map(|word| word.unwrap_or_else(|| UNKNOWN.to_string())).collect();
                    self.shell(&line.join(" "), place);
                } else {
                    self.words(all, place);
                }
            }
            (Some(Value::Text(text)), _) if shell => self.shell(&text, place),
            // Without a shell the text is the program, or a line that is split into words: no part of it can add a command.
            (Some(Value::Text(text)), _) => {
                self.findings.within(place, |findings| shell::inspect(&text, findings))
            }
            (Some(Value::List(words)), _) if shell => match words.first() {
                Some(Some(text)) => self.shell(&text.clone(), place),
                Some(None) | None => self.findings.add(&rule::UNRESOLVED_CALL, place),
            },
            (Some(Value::List(words)), _) => self.words(words, place),
            (Some(Value::Number(_) | Value::Code | Value::Unknown), _) => {
                self.findings.add(if shell { &rule::SHELL_TRUE } else { &rule::UNRESOLVED_CALL }, place);
            }
            (None, _) => {}
        }
    }

    fn sql(&mut self, first: Option<Value>, place: Range<usize>) {
        let Some(Value::Text(text)) = first else { return };
        let readable = text.replace(UNKNOWN, " ? ");
        if !sql::is_sql(&readable) {
            return;
        }
        if text.contains(UNKNOWN) {
            self.findings.add(&rule::SQL_CONCATENATION, place.clone());
        }
        self.findings.within(place, |findings| sql::inspect(&readable, Dialect::Any, findings));
    }

    fn evaluate(&mut self, rule: &'static rule::Rule, first: Option<Value>, place: Range<usize>) {
        let timer = rule == &rule::DELAYED;
        match first {
            // A timer takes a function as well, which is the ordinary use.
            Some(Value::Code | Value::Unknown | Value::Number(_)) if timer => {}
            None if timer => {}
            Some(Value::Text(text)) => {
                self.findings.add(rule, place.clone());
                let family = self.family;
                if !text.contains(UNKNOWN) {
                    self.findings.within(place, |findings| inspect_family(&text, family, findings));
                }
            }
            Some(_) | None => self.findings.add(rule, place),
        }
    }

    fn delete_tree(
        &mut self,
        rule: &'static rule::Rule,
        first: Option<Value>,
        positional: &[&Argument<'_>],
        place: Range<usize>,
    ) {
        match first {
            Some(Value::Text(text)) if !text.contains(UNKNOWN) => {
                let before = self.findings.len();
                shell::inspect_arguments(
                    &[Some("rm".to_owned()), Some("-rf".to_owned()), Some(text.clone())],
                    place.clone(),
                    self.findings,
                );
                let judged = self.findings.len() > before;
                if shell::is_dangerous_path(&text) || !judged && !text.starts_with("/tmp") {
                    self.findings.add(rule, place);
                }
            }
            Some(_) => {
                let name =
                    positional.first().and_then(|argument| argument.tokens.first()).and_then(Token::path);
                let temporary = name.and_then(|name| self.names.origin(name)).is_some_and(|origin| {
                    let origin = self.names.resolve(origin);
                    origin.starts_with("tempfile.")
                        || origin.contains("mkdtemp")
                        || origin.contains("tmpdir")
                        || origin.contains("TempDir")
                });
                if !temporary {
                    self.findings.add(rule, place);
                }
            }
            None => {}
        }
    }

    fn open(&mut self, first: Option<Value>, positional: &[&Argument<'_>], place: Range<usize>) {
        let Some(Value::Text(path)) = first else { return };
        let mode = positional.get(1).map(|argument| self.value(argument.tokens));
        let writes =
            matches!(mode, Some(Value::Text(mode)) if mode.contains(['w', 'a', '+', 'x']) && mode.len() <= 4);
        if writes {
            shell::inspect_write(&path, place, self.findings);
        } else {
            shell::inspect_read(&path, place, self.findings);
        }
    }

    /// `getattr(os, name)`.
    fn attribute(&mut self, positional: &[&Argument<'_>], place: Range<usize>) {
        let module = positional.first().and_then(|argument| match argument.tokens {
            [only] => only.path().map(|path| self.names.resolve(path)),
            [importer, open, module, close]
                if importer.is("__import__") && open.sign(b'(') && close.sign(b')') =>
            {
                module.text().map(str::to_owned)
            }
            _ => None,
        });
        let name = positional.get(1).map(|argument| self.value(argument.tokens));
        match (module, name) {
            (Some(module), Some(Value::Text(name))) if !name.contains(UNKNOWN) => {
                if sinks::is_sink(&format!("{module}.{name}")) {
                    self.findings.add(&rule::REFLECTION, place);
                }
            }
            (Some(module), _) if sinks::is_dangerous_module(&module) => {
                self.findings.add(&rule::REFLECTION, place)
            }
            (_, _) => {}
        }
    }

    /// `globals()['eval'](…)`, `window[name](…)`, `this['ev' + 'al'](…)`.
    fn computed(&mut self, close: usize) {
        let mut depth = 0_usize;
        let before = self.tokens.get(..close).unwrap_or_default();
        let open = before.iter().rposition(|token| match token.kind {
            Kind::Symbol(b']' | b')' | b'}') => {
                depth += 1;
                false
            }
            Kind::Symbol(b'[') if depth == 0 => true,
            Kind::Symbol(b'[' | b'(' | b'{') => {
                depth = depth.saturating_sub(1);
                false
            }
            Kind::Symbol(_)
            | Kind::Path(_)
            | Kind::Text(_)
            | Kind::Shell(_)
            | Kind::Number(_)
            | Kind::Newline => false,
        });
        let Some(open) = open else { return };
        let place = before.get(open).map_or(0..0, |token| token.at.start..token.at.end);
        let index = self.value(before.get(open + 1..).unwrap_or_default());
        let object = open.checked_sub(1).and_then(|at| before.get(at));
        match index {
            Value::Text(name) if !name.contains(UNKNOWN) => {
                let known =
                    object.and_then(Token::path).map(|path| format!("{}.{name}", self.names.resolve(path)));
                let bad = sinks::is_sink(&name)
                    || known.is_some_and(|full| sinks::is_sink(&full))
                    || name == "constructor";
                if bad {
                    self.findings.add(&rule::REFLECTION, place);
                }
            }
            Value::Number(_) => {}
            Value::Text(_) | Value::List(_) | Value::Code | Value::Unknown => {
                self.findings.add(&rule::UNRESOLVED_CALL, place)
            }
        }
    }
}

/// For each token that opens a bracket, the index of the one that closes it.
fn closes(tokens: &[Token]) -> Vec<usize> {
    let mut closes = vec![tokens.len(); tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Symbol(b'(' | b'[' | b'{') => open.push(index),
            Kind::Symbol(b')' | b']' | b'}') => {
                if let Some(slot) = open.pop().and_then(|start| closes.get_mut(start)) {
                    *slot = index;
                }
            }
            Kind::Symbol(_)
            | Kind::Path(_)
            | Kind::Text(_)
            | Kind::Shell(_)
            | Kind::Number(_)
            | Kind::Newline => {}
        }
    }
    closes
}

/// `os.execv(path, [argv0, …])`: the name that the program is told is left out.
fn argv(words: Vec<Option<String>>) -> Vec<Option<String>> {
    let mut words = words;
    let same = |one: &Option<String>, two: &Option<String>| match (one, two) {
        (Some(one), Some(two)) => one.rsplit('/').next() == two.rsplit('/').next(),
        (_, _) => false,
    };
    if let (Some(path), Some(name)) = (words.first().cloned(), words.get(1).cloned())
        && same(&path, &name)
    {
        words.remove(1);
    }
    words
}
