//! PowerShell: the commands of a text through aliases, backticks, strings put together, script blocks and pipes.
//!
//! A reader of modest size: it knows commands and constants, not objects. Must never call safe an expression that calls
//! a method it does not know.

mod cmdlet;
mod lex;
mod table;
mod value;

use std::collections::HashMap;
use std::ops::Range;

use super::expand::UNKNOWN;
use super::windows::{self, Started};
use crate::code::findings::Findings;
use crate::code::rule;
use cmdlet::Stage;
use lex::{Kind, Token, tokens};
pub(super) use value::environment;

/// Most script blocks and substitutions inside one another.
const DEPTH: usize = 24;

/// Inspects `text` as PowerShell.
pub(in crate::code) fn inspect(text: &str, findings: &mut Findings<'_>) {
    if !findings.spend(text.len() * 4 + 64) {
        return;
    }
    super::deceptive(text, findings);
    let (tokens, open) = tokens(text);
    if let Some(at) = open {
        findings.add(&rule::UNPARSED, at..text.len());
    }
    let mut reader = Reader { findings, variables: HashMap::new(), depth: 0 };
    reader.block(&tokens);
}

/// Inspects what the command line of `powershell` makes it run; `piped` is what comes from its input.
pub(super) fn start(
    arguments: &[String],
    piped: Option<&str>,
    at: Range<usize>,
    findings: &mut Findings<'_>,
) {
    match windows::started(arguments) {
        Started::Text(text) => {
            if text.trim_matches([UNKNOWN, ' ']).is_empty() {
                findings.add(&rule::UNRESOLVED_COMMAND, at.clone());
            }
            findings.within(at, |findings| inspect(&text, findings));
        }
        Started::Input => match piped {
            Some(text) => findings.within(at, |findings| inspect(text, findings)),
            None => findings.add(&rule::UNINSPECTED_CODE, at),
        },
        Started::File => findings.add(&rule::UNINSPECTED_CODE, at),
        Started::Encoded => findings.add(&rule::DECODE_AND_RUN, at),
        Started::Nothing => {}
    }
}

struct Reader<'f, 't> {
    findings: &'f mut Findings<'t>,
    /// What the text sets, where it is one constant.
    variables: HashMap<String, String>,
    depth: usize,
}

/// An argument of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Argument {
    /// With [`UNKNOWN`] for what is not.
    text: String,
    at: Range<usize>,
}

impl Reader<'_, '_> {
    /// The statements of a script or script block.
    fn block(&mut self, tokens: &[Token]) {
        if self.depth >= DEPTH || !self.findings.spend(tokens.len() * 4 + 8) {
            let at = span(tokens);
            return self.findings.add(&rule::TRUNCATED, at);
        }
        self.depth += 1;
        for statement in split(tokens, &[';', '\n']) {
            self.statement(statement);
        }
        self.depth -= 1;
    }

    fn statement(&mut self, statement: &[Token]) {
        if statement.is_empty() {
            return;
        }
        self.brackets(statement);
        let statement = keywords(statement);
        // `$name = …`, `$name += …`
        if let Some((name, append, value)) = assignment(statement) {
            let mut text = self.value(value);
            if append {
                text = self.variables.get(name).cloned().unwrap_or_else(|| UNKNOWN.to_string()) + &text;
            }
            self.variables.insert(name.to_owned(), super::expand::bounded(text));
            if !value.first().is_some_and(|first| matches!(first.kind, Kind::Word(_))) {
                return self.expression(value);
            }
            return self.pipeline(value);
        }
        for part in chains(statement) {
            self.pipeline(part);
        }
    }

    /// What stands in brackets runs, now or later.
    fn brackets(&mut self, statement: &[Token]) {
        let mut at = 0;
        while let Some(token) = statement.get(at) {
            let close = match token.kind {
                Kind::Sign('(') => ')',
                Kind::Sign('{') => '}',
                Kind::Expandable(ref text) => {
                    self.substitutions(text, token.at.clone());
                    at += 1;
                    continue;
                }
                Kind::Word(_) | Kind::Text(_) | Kind::Variable(_) | Kind::Sign(_) => {
                    at += 1;
                    continue;
                }
            };
            let length = closing(statement.get(at..).unwrap_or_default(), close);
            let inner = statement.get(at + 1..at + length).unwrap_or_default();
            self.block(inner);
            at += length + 1;
        }
    }

    /// `$(…)` inside a string.
    fn substitutions(&mut self, text: &str, at: Range<usize>) {
        if !text.contains("$(") {
            return;
        }
        for (start, _) in text.match_indices("$(").take(32) {
            let inner = text.get(start + 2..).unwrap_or_default();
            if !self.findings.spend(inner.len() * 2 + 64) {
                return;
            }
            let (tokens, _) = tokens(inner);
            let length = tokens.iter().scan(1_usize, |depth, token| {
                match token.kind {
                    Kind::Sign('(') => *depth += 1,
                    Kind::Sign(')') => *depth -= 1,
                    Kind::Word(_)
                    | Kind::Text(_)
                    | Kind::Expandable(_)
                    | Kind::Variable(_)
                    | Kind::Sign(_) => {}
                }
                (*depth > 0).then_some(())
            });
            let length = length.count();
            if self.depth >= DEPTH {
                return self.findings.add(&rule::TRUNCATED, at);
            }
            let place = self.findings.enter_place(at.clone());
            if place.is_some() {
                self.block(tokens.get(..length).unwrap_or_default());
            }
            self.findings.leave_place(place);
        }
    }

    fn pipeline(&mut self, statement: &[Token]) {
        let mut stage = Stage::Nothing;
        for command in split(statement, &['|']) {
            stage = self.command(command, stage);
        }
    }

    fn command(&mut self, command: &[Token], input: Stage) -> Stage {
        let Some((first, rest)) = command.split_first() else { return Stage::Nothing };
        if !self.findings.spend(command.len() * 4) {
            return Stage::Unknown;
        }
        let whole = span(command);
        self.redirects(command);
        let called =
            matches!(&first.kind, Kind::Sign('&')) || matches!(&first.kind, Kind::Word(dot) if dot == ".");
        let (name, rest) = if called {
            if rest.first().is_some_and(|next| next.sign('{')) {
                // A script block that runs here: looked at already.
                return Stage::Unknown;
            }
            let (value, rest) = operand(rest);
            (self.value(value), rest)
        } else if let Kind::Word(name) = &first.kind {
            let mut name = name.clone();
            let mut rest = rest;
            // `r''m`, `"r"m`: what stands together is one word.
            while let Some((next, after)) = rest.split_first()
                && next.glued
                && matches!(next.kind, Kind::Text(_) | Kind::Word(_) | Kind::Expandable(_))
            {
                name.push_str(&self.value(std::slice::from_ref(next)));
                rest = after;
            }
            (name, rest)
        } else {
            self.expression(command);
            let text = self.value(command);
            return if text.contains(UNKNOWN) { value::stage(command) } else { Stage::Known(text) };
        };
        if name.parse::<f64>().is_ok() || name.starts_with("-") || name.ends_with(':') {
            return Stage::Nothing;
        }
        if name.contains(UNKNOWN) {
            self.findings.add(&rule::UNRESOLVED_COMMAND, whole);
            return Stage::Unknown;
        }
        let arguments = self.arguments(rest);
        self.members(rest);
        self.run(&name, &arguments, rest, input, whole)
    }

    /// The arguments of a command, each folded as far as it is constant.
    fn arguments(&mut self, tokens: &[Token]) -> Vec<Argument> {
        let mut out: Vec<Argument> = Vec::new();
        let mut rest = tokens;
        while !rest.is_empty() {
            let (own, after) = operand(rest);
            let glued = own.first().is_some_and(|token| token.glued) && !out.is_empty();
            let comma = matches!(own, [token] if token.sign(','));
            if !comma {
                let text = self.value(own);
                let text = text.replace('\u{0}', "");
                match out.last_mut().filter(|_| glued) {
                    Some(last) if !own.first().is_some_and(|token| token.sign('{')) => {
                        last.text.push_str(&text);
                        last.at.end = span(own).end;
                    }
                    Some(_) | None => out.push(Argument { text, at: span(own) }),
                }
            }
            rest = after;
        }
        out
    }

    fn redirects(&mut self, command: &[Token]) {
        for (at, token) in command.iter().enumerate() {
            if token.sign('>') && !command.get(at + 1).is_some_and(|next| next.sign('>')) {
                let (target, _) = operand(command.get(at + 1..).unwrap_or_default());
                if target.first().is_some_and(|token| token.sign('&')) || target.is_empty() {
                    continue;
                }
                let path = self.value(target);
                if !path.eq_ignore_ascii_case("$null")
                    && !path.is_empty()
                    && let Some(rule) = windows::writing(&path)
                {
                    self.findings.add(rule, span(target));
                }
            }
        }
    }
}

/// Splits at signs that stand outside of brackets.
fn split<'t>(tokens: &'t [Token], signs: &'static [char]) -> Vec<&'t [Token]> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('(' | '{' | '[') => depth += 1,
            Kind::Sign(')' | '}' | ']') => depth = depth.saturating_sub(1),
            Kind::Sign(sign) if depth == 0 && signs.contains(&sign) => {
                // A pipe at the end of a line goes on.
                let goes_on = sign == '\n'
                    && at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|last| last.sign('|'));
                if !goes_on {
                    parts.push(tokens.get(from..at).unwrap_or_default());
                    from = at + 1;
                }
            }
            Kind::Word(_) | Kind::Text(_) | Kind::Expandable(_) | Kind::Variable(_) | Kind::Sign(_) => {}
        }
    }
    parts.push(tokens.get(from..).unwrap_or_default());
    parts
}

/// The parts of `a && b || c`: a pipe or an ampersand twice, outside of brackets.
fn chains(tokens: &[Token]) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut from = 0;
    for at in 0..tokens.len() {
        let Some(token) = tokens.get(at) else { break };
        match token.kind {
            Kind::Sign('(' | '{' | '[') => depth += 1,
            Kind::Sign(')' | '}' | ']') => depth = depth.saturating_sub(1),
            Kind::Sign(sign @ ('|' | '&'))
                if depth == 0
                    && at > from
                    && tokens.get(at + 1).is_some_and(|next| next.sign(sign) && next.glued) =>
            {
                parts.push(tokens.get(from..at).unwrap_or_default());
                from = at + 2;
            }
            Kind::Word(_) | Kind::Text(_) | Kind::Expandable(_) | Kind::Variable(_) | Kind::Sign(_) => {}
        }
    }
    parts.push(tokens.get(from.min(tokens.len())..).unwrap_or_default());
    parts
}

/// The offset of the sign that closes the bracket with which `tokens` begin, or their number.
fn closing(tokens: &[Token], close: char) -> usize {
    let open = tokens.first().map(|token| token.kind.clone());
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if Some(&token.kind) == open.as_ref() {
            depth += 1;
        } else if token.sign(close) {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// The first operand of `tokens`, brackets whole, and the rest.
fn operand(tokens: &[Token]) -> (&[Token], &[Token]) {
    let length = match tokens.first().map(|token| &token.kind) {
        None => 0,
        Some(Kind::Sign('(')) => closing(tokens, ')') + 1,
        Some(Kind::Sign('{')) => closing(tokens, '}') + 1,
        Some(Kind::Sign('[')) => closing(tokens, ']') + 1,
        Some(Kind::Sign('$')) => 1 + operand(tokens.get(1..).unwrap_or_default()).0.len(),
        Some(Kind::Word(_) | Kind::Text(_) | Kind::Expandable(_) | Kind::Variable(_) | Kind::Sign(_)) => 1,
    };
    tokens.split_at_checked(length.min(tokens.len())).unwrap_or((tokens, &[]))
}

/// Without the words that only say when it runs: `if`, `else`, `foreach`, `function name`, `return` …
fn keywords(statement: &[Token]) -> &[Token] {
    let mut rest = statement;
    while let Some((first, after)) = rest.split_first() {
        let Kind::Word(word) = &first.kind else {
            // What a closed block leaves: `} else {`.
            if rest.len() < statement.len() && (first.sign('(') || first.sign('{')) {
                rest = operand(rest).1;
                continue;
            }
            break;
        };
        match word.to_ascii_lowercase().as_str() {
            "if" | "elseif" | "else" | "foreach" | "for" | "while" | "do" | "until" | "switch" | "try"
            | "catch" | "finally" | "begin" | "process" | "end" | "return" | "throw" | "trap" => rest = after,
            "function" | "filter" | "workflow" | "class" | "enum" => {
                rest = after.get(1..).unwrap_or_default()
            }
            "param" | "using" | "break" | "continue" | "exit" => return &[],
            _ => break,
        }
    }
    rest
}

/// `$name = value`: the name, whether it is added to, the value.
fn assignment(statement: &[Token]) -> Option<(&str, bool, &[Token])> {
    let Kind::Variable(name) = &statement.first()?.kind else { return None };
    let append = statement.get(1)?.sign('+');
    let at = 1 + usize::from(append);
    statement.get(at)?.sign('=').then_some(())?;
    (!statement.get(at + 1).is_some_and(|next| next.sign('=') && next.glued)).then_some(())?;
    Some((name, append, statement.get(at + 1..).unwrap_or_default()))
}

fn span(tokens: &[Token]) -> Range<usize> {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => first.at.start..last.at.end,
        (_, _) => 0..0,
    }
}

#[cfg(test)]
mod tests;
