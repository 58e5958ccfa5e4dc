//! What names stand for: imports, aliases, constants. Must never follow a name that is set more than once.

use std::collections::HashMap;

use super::Family;
use super::lex::{Kind, Token};
use crate::code::shell::UNKNOWN;

/// Names of one text.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// A local name and the path that it stands for.
    paths: HashMap<String, String>,
    /// A name and its only value; `None` when it has several.
    constants: HashMap<String, Option<String>>,
    /// Modules of which everything was imported.
    stars: Vec<String>,
    /// A name and the call that made it.
    origins: HashMap<String, String>,
}

impl Names {
    /// Collects the names that `tokens` set.
    pub(super) fn of(tokens: &[Token], family: Family) -> Self {
        let mut names = Self::default();
        let mut at = 0;
        while at < tokens.len() {
            let rest = tokens.get(at..).unwrap_or_default();
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            let begins =
                before.is_none_or(|token| matches!(token.kind, Kind::Newline | Kind::Symbol(b';' | b':')));
            match family {
                Family::Python | Family::Any if begins => names.python(rest),
                Family::JavaScript => names.javascript(rest),
                Family::Python | Family::Any | Family::Ruby | Family::Php | Family::C => {}
            }
            names.assignment(rest, before);
            at += 1;
        }
        names
    }

    /// The full path that `path` stands for.
    pub(super) fn resolve(&self, path: &str) -> String {
        let (head, tail) = path.split_once('.').map_or((path, None), |(head, tail)| (head, Some(tail)));
        if head.is_empty() {
            return path.to_owned();
        }
        match (self.paths.get(head), tail) {
            (Some(full), Some(tail)) => format!("{full}.{tail}"),
            (Some(full), None) => full.clone(),
            (None, None) => self
                .stars
                .iter()
                .map(|module| format!("{module}.{head}"))
                .find(|full| super::sinks::is_sink(full))
                .unwrap_or_else(|| path.to_owned()),
            (None, Some(_)) => path.to_owned(),
        }
    }

    /// The only value of `name`.
    pub(super) fn constant(&self, name: &str) -> Option<&str> {
        self.constants.get(name)?.as_deref()
    }

    /// The call that made `name`.
    pub(super) fn origin(&self, name: &str) -> Option<&str> {
        self.origins.get(name).map(String::as_str)
    }

    /// `import a.b as c`, `from a import b as c, d`, `from a import *`.
    fn python(&mut self, tokens: &[Token]) {
        let Some(first) = tokens.first().and_then(Token::path) else { return };
        match first {
            "import" => {
                for part in line(tokens.get(1..).unwrap_or_default()).split(|token| token.sign(b',')) {
                    let Some(module) = part.first().and_then(Token::path) else { continue };
                    if let [_, joiner, alias] = part
                        && joiner.is("as")
                        && let Some(alias) = alias.path()
                    {
                        self.paths.insert(alias.to_owned(), module.to_owned());
                    }
                }
            }
            "from" => {
                let tokens = line(tokens);
                let Some(module) = tokens.get(1).and_then(Token::path) else { return };
                if !tokens.get(2).is_some_and(|token| token.is("import")) {
                    return;
                }
                for part in tokens.get(3..).unwrap_or_default().split(|token| token.sign(b',')) {
                    let part: Vec<&Token> =
                        part.iter().filter(|token| !token.sign(b'(') && !token.sign(b')')).collect();
                    if part.first().is_some_and(|token| token.sign(b'*')) {
                        self.stars.push(module.to_owned());
                    }
                    let Some(name) = part.first().and_then(|token| token.path()) else { continue };
                    let alias = part
                        .get(2)
                        .filter(|_| part.get(1).is_some_and(|token| token.is("as")))
                        .and_then(|token| token.path());
                    self.paths.insert(alias.unwrap_or(name).to_owned(), format!("{module}.{name}"));
                }
            }
            _ => {}
        }
    }

    /// `const { a: b } = require('m')`, `const m = require('m')`, `import { a as b } from 'm'`, `import * as m from 'm'`.
    fn javascript(&mut self, tokens: &[Token]) {
        let Some(first) = tokens.first().and_then(Token::path) else { return };
        if !matches!(first, "const" | "let" | "var" | "import") {
            return;
        }
        let window = tokens.get(1..tokens.len().min(64)).unwrap_or_default();
        let Some(source) = module_of(window) else { return };
        let names: Vec<&Token> = window.iter().take(source.at).collect();
        let mut braces = false;
        let mut index = 0;
        while let Some(token) = names.get(index) {
            match &token.kind {
                Kind::Symbol(b'{') => braces = true,
                Kind::Symbol(b'}') => braces = false,
                Kind::Path(name) if !matches!(name.as_str(), "as" | "from" | "type") => {
                    // `a as b`, `a: b`
                    let renamed = names.get(index + 1).is_some_and(|next| next.is("as") || next.sign(b':'));
                    let local =
                        if renamed { names.get(index + 2).and_then(|token| token.path()) } else { None };
                    let full =
                        if braces { format!("{}.{name}", source.module) } else { source.module.clone() };
                    self.paths.insert(local.unwrap_or(name).to_owned(), full);
                    index += if renamed { 2 } else { 0 };
                }
                Kind::Symbol(b'*') if names.get(index + 1).is_some_and(|next| next.is("as")) => {
                    if let Some(name) = names.get(index + 2).and_then(|token| token.path()) {
                        self.paths.insert(name.to_owned(), source.module.clone());
                    }
                    index += 2;
                }
                Kind::Symbol(_)
                | Kind::Path(_)
                | Kind::Text(_)
                | Kind::Shell(_)
                | Kind::Number(_)
                | Kind::Newline => {}
            }
            index += 1;
        }
    }

    /// `name = "text"`, `name = other.path`, `name = call(…)`.
    fn assignment(&mut self, tokens: &[Token], before: Option<&Token>) {
        let Some(name) = tokens.first().and_then(Token::path).filter(|name| !name.contains('.')) else {
            return;
        };
        let mut at = 1;
        // `name: str = …`
        if tokens.get(1).is_some_and(|token| token.sign(b':'))
            && tokens.get(3).is_some_and(|token| token.sign(b'='))
        {
            at = 3;
        }
        // `:=` in Go and Python.
        if tokens.get(1).is_some_and(|token| token.sign(b':'))
            && tokens.get(2).is_some_and(|token| token.sign(b'='))
        {
            at = 2;
        }
        let sign = |at: usize, byte: u8| tokens.get(at).is_some_and(|token| token.sign(byte));
        let compound = matches!(
            tokens.get(1).map(|token| &token.kind),
            Some(Kind::Symbol(b'+' | b'-' | b'*' | b'/' | b'|' | b'.'))
        );
        if compound && sign(2, b'=') {
            self.constants.insert(name.to_owned(), None);
            return;
        }
        if !sign(at, b'=') || sign(at + 1, b'=') || sign(at + 1, b'>') {
            return;
        }
        // A keyword argument names a parameter of another function.
        if before.is_some_and(|token| token.sign(b'(') || token.sign(b',')) {
            return;
        }
        let value: Vec<&Token> = tokens
            .get(at + 1..)
            .unwrap_or_default()
            .iter()
            .take_while(|token| !matches!(token.kind, Kind::Newline | Kind::Symbol(b';')))
            .take(64)
            .collect();
        if let (Some(path), next) = (value.first().and_then(|token| token.path()), value.get(1)) {
            let called = next.is_some_and(|token| token.sign(b'('));
            if called {
                self.origins.insert(name.to_owned(), path.to_owned());
            } else if value.len() == 1 && super::sinks::is_sink(&self.resolve(path)) {
                self.paths.insert(name.to_owned(), self.resolve(path));
            }
        }
        let text = concatenated(&value);
        let entry = self.constants.entry(name.to_owned());
        entry.and_modify(|known| *known = None).or_insert(text);
    }
}

struct Source {
    module: String,
    /// Tokens before the part that names the module.
    at: usize,
}

/// The module in `= require('m')` or `from 'm'`.
fn module_of(tokens: &[Token]) -> Option<Source> {
    for (at, token) in tokens.iter().enumerate() {
        if token.sign(b';') {
            return None;
        }
        let next = |by: usize| tokens.get(at + by);
        if token.is("from")
            && let Some(module) = next(1).and_then(Token::text)
        {
            return Some(Source { module: module.trim_start_matches("node:").to_owned(), at });
        }
        if token.sign(b'=') {
            let require = next(1).filter(|token| token.is("await")).map_or(1, |_| 2);
            let is = next(require).is_some_and(|token| token.is("require") || token.is("import"));
            let module = next(require + 2).and_then(Token::text).filter(|_| is)?;
            // `require('m').name`
            let member = next(require + 4)
                .and_then(Token::path)
                .filter(|path| path.starts_with('.'))
                .unwrap_or_default();
            return Some(Source { module: format!("{}{member}", module.trim_start_matches("node:")), at });
        }
    }
    None
}

/// The tokens up to the end of the line, or of the brackets that it opens.
fn line(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    let end = tokens.iter().take(256).position(|token| {
        match token.kind {
            Kind::Symbol(b'(') => depth += 1,
            Kind::Symbol(b')') => depth = depth.saturating_sub(1),
            Kind::Newline | Kind::Symbol(b';') => return depth == 0,
            Kind::Symbol(_) | Kind::Path(_) | Kind::Text(_) | Kind::Shell(_) | Kind::Number(_) => {}
        }
        false
    });
    tokens.get(..end.unwrap_or(tokens.len().min(256))).unwrap_or_default()
}

/// Texts put together by `+`, `.` or by standing side by side; `None` when anything else stands there.
fn concatenated(tokens: &[&Token]) -> Option<String> {
    let mut out = String::new();
    for token in tokens {
        match &token.kind {
            Kind::Text(text) => out.push_str(text),
            Kind::Symbol(b'+' | b'.' | b'(' | b')') => {}
            Kind::Path(path) if path == "const" => {}
            Kind::Path(_) | Kind::Shell(_) | Kind::Number(_) | Kind::Symbol(_) | Kind::Newline => {
                return None;
            }
        }
    }
    (!out.is_empty() && !out.contains(UNKNOWN)).then_some(out)
}
