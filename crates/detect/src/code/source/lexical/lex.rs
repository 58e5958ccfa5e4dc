//! Tokens of program code. Must never take a comment for code or code for a comment: where that is not certain the text
//! is `unclosed`.

use std::ops::Range;

use super::Family;
use crate::code::shell::UNKNOWN;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name with what it is reached through: `os.system`, `.query` after a bracket, `fs::remove_dir_all`.
    Path(String),
    /// A string; what is put into it when it runs is the mark for what is not known.
    Text(String),
    /// A string that a shell runs: backquotes in Ruby, Perl and PHP.
    Shell(String),
    Number(String),
    Symbol(u8),
    Newline,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// The tokens of a text.
#[derive(Debug, Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    /// Where a string or comment begins that never ends.
    pub(super) unclosed: Option<usize>,
    /// Code inside strings: `${…}`, `{…}` of f-strings.
    pub(super) inner: Vec<Range<usize>>,
}

impl Token {
    pub(super) fn sign(&self, byte: u8) -> bool {
        self.kind == Kind::Symbol(byte)
    }

    pub(super) fn path(&self) -> Option<&str> {
        match &self.kind {
            Kind::Path(path) => Some(path),
            Kind::Text(_) | Kind::Shell(_) | Kind::Number(_) | Kind::Symbol(_) | Kind::Newline => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::Path(_) | Kind::Shell(_) | Kind::Number(_) | Kind::Symbol(_) | Kind::Newline => None,
        }
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.path() == Some(word)
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    family: Family,
    out: Lexed,
}

/// Lexes `text` as a language of `family`.
pub(super) fn lex(text: &str, family: Family) -> Lexed {
    let mut lexer = Lexer { text, at: 0, family, out: Lexed::default() };
    while lexer.at < text.len() && lexer.out.unclosed.is_none() {
        lexer.next();
    }
    lexer.out
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) {
        let rest = self.rest();
        let Some(byte) = rest.as_bytes().first().copied() else { return };
        let hash = matches!(self.family, Family::Python | Family::Ruby | Family::Php | Family::Any);
        let slashes = matches!(self.family, Family::JavaScript | Family::Php | Family::C | Family::Any);
        match byte {
            b'\n' => self.push(Kind::Newline, 1),
            _ if byte.is_ascii_whitespace() => self.at += 1,
            b'\\' if rest.starts_with("\\\n") => self.at += 2,
            // An attribute in PHP and Rust begins with `#[`.
            b'#' if hash && !(self.family == Family::Php && rest.starts_with("#[")) => self.line(),
            b'/' if slashes && rest.starts_with("//") => self.line(),
            b'/' if slashes && rest.starts_with("/*") => self.block("/*", "*/"),
            b'=' if self.family == Family::Ruby && rest.starts_with("=begin") && self.at_line_start() => {
                self.block("=begin", "\n=end")
            }
            b'/' if matches!(self.family, Family::JavaScript | Family::Ruby) && self.operand_expected() => {
                self.regex()
            }
            b'\'' | b'"' => self.string(byte),
            b'`' => self.backquote(),
            b'0'..=b'9' => {
                let length = rest
                    .bytes()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
                    .count();
                let number = rest.get(..length).unwrap_or_default().to_owned();
                self.push(Kind::Number(number), length);
            }
            _ if begins_name(byte) => self.name(),
            b'.' | b':' | b'?' | b'-' => self.member(),
            other => self.push(Kind::Symbol(other), 1),
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let start = self.at;
        self.at += length.max(1);
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.out.tokens.push(Token { kind, at: start..self.at });
    }

    fn at_line_start(&self) -> bool {
        self.out.tokens.last().is_none_or(|token| token.kind == Kind::Newline)
    }

    fn line(&mut self) {
        self.at += memchr::memchr(b'\n', self.rest().as_bytes()).unwrap_or(self.rest().len());
    }

    fn block(&mut self, open: &str, close: &str) {
        let start = self.at;
        let body = self.rest().get(open.len()..).unwrap_or_default();
        match memchr::memmem::find(body.as_bytes(), close.as_bytes()) {
            Some(end) => self.at += open.len() + end + close.len(),
            None => {
                self.out.unclosed = Some(start);
                self.at = self.text.len();
            }
        }
    }

    /// True where an expression begins, so that a slash opens a regular expression and does not divide.
    fn operand_expected(&self) -> bool {
        match self.out.tokens.iter().rev().find(|token| token.kind != Kind::Newline).map(|token| &token.kind)
        {
            None => true,
            Some(Kind::Symbol(byte)) => !matches!(byte, b')' | b']' | b'}'),
            Some(Kind::Path(word)) => matches!(
                word.as_str(),
                "return"
                    | "typeof"
                    | "case"
                    | "in"
                    | "of"
                    | "delete"
                    | "void"
                    | "throw"
                    | "new"
                    | "else"
                    | "do"
                    | "if"
                    | "unless"
                    | "when"
                    | "and"
                    | "or"
                    | "not"
                    | "yield"
                    | "await"
            ),
            Some(Kind::Text(_) | Kind::Shell(_) | Kind::Number(_) | Kind::Newline) => false,
        }
    }

    fn regex(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        let mut class = false;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    let flags = bytes
                        .get(at + 1..)
                        .unwrap_or_default()
                        .iter()
                        .take_while(|byte| byte.is_ascii_alphabetic())
                        .count();
                    let length = at + 1 + flags - self.at;
                    return self.push(Kind::Number("regex".to_owned()), length);
                }
                b'\n' => break,
                _ => {}
            }
            at += 1;
        }
        // Not a regular expression after all.
        self.push(Kind::Symbol(b'/'), 1);
    }

    fn name(&mut self) {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| continues_name(*byte)).count();
        let word = rest.get(..length).unwrap_or_default();
        let quote = rest.as_bytes().get(length).copied();
        if matches!(quote, Some(b'\'' | b'"')) && self.is_prefix(word, length) {
            return self.prefixed(length);
        }
        if self.family == Family::C && word == "r" && quote == Some(b'#') {
            return self.rust_raw();
        }
        if self.family == Family::Ruby && word == "qx" {
            return self.percent(length);
        }
        let mut path = word.to_owned();
        self.at += length;
        let start = self.at - length;
        self.continued(&mut path);
        self.out.tokens.push(Token { kind: Kind::Path(path), at: start..self.at });
    }

    /// Appends `.name`, `?.name`, `->name` and `::name`, without blanks but across them where a dot follows.
    fn continued(&mut self, path: &mut String) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let after = rest.get(blank..).unwrap_or_default();
            let separator =
                ["::", "?.", "->", "."].into_iter().find(|separator| after.starts_with(separator));
            let Some(separator) = separator.filter(|separator| {
                *separator != "->"
                    || matches!(self.family, Family::Php | Family::Ruby | Family::C | Family::Any)
            }) else {
                return;
            };
            let tail = after.get(separator.len()..).unwrap_or_default();
            let gap = tail.len() - tail.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let member = tail.get(gap..).unwrap_or_default();
            let length = member.bytes().take_while(|byte| continues_name(*byte)).count();
            if length == 0 || !member.as_bytes().first().is_some_and(|byte| begins_name(*byte)) {
                return;
            }
            path.push('.');
            path.push_str(member.get(..length).unwrap_or_default().trim_start_matches('#'));
            self.at += blank + separator.len() + gap + length;
        }
    }

    /// `.name` after a bracket or a string.
    fn member(&mut self) {
        let start = self.at;
        let mut path = String::new();
        self.continued(&mut path);
        if path.is_empty() {
            let byte = self.rest().bytes().next().unwrap_or_default();
            return self.push(Kind::Symbol(byte), 1);
        }
        self.out.tokens.push(Token { kind: Kind::Path(path), at: start..self.at });
    }

    /// String prefixes: `r`, `b`, `f`, `u` and their pairs in Python; `L`, `u8`, `R` in C++; `b`, `c` in Rust; `$`, `@` in C#.
    fn is_prefix(&self, word: &str, length: usize) -> bool {
        length <= 3
            && match self.family {
                Family::Python | Family::Any => {
                    word.bytes().all(|byte| b"rRbBfFuUtT".contains(&byte)) && length <= 2
                }
                Family::C => {
                    matches!(word, "r" | "b" | "br" | "c" | "L" | "u8" | "u" | "U" | "R" | "f" | "s")
                }
                Family::JavaScript | Family::Ruby | Family::Php => false,
            }
    }

    fn prefixed(&mut self, length: usize) {
        let prefix = self.rest().get(..length).unwrap_or_default().to_ascii_lowercase();
        let start = self.at;
        self.at += length;
        let quote = self.rest().bytes().next().unwrap_or_default();
        let raw = prefix.contains('r');
        let format = prefix.contains(['f', 't', 's']) && self.family != Family::C
            || self.family == Family::C && matches!(prefix.as_str(), "f" | "s");
        self.quoted(quote, raw, if format { Some("{") } else { None }, start);
    }

    fn string(&mut self, quote: u8) {
        let start = self.at;
        // A lone quote in C and Rust is a character or a lifetime.
        if self.family == Family::C && quote == b'\'' {
            let rest = self.rest();
            let mut characters = rest.chars().skip(1);
            let length = match characters.next() {
                Some('\\') => rest.bytes().skip(3).take(12).position(|byte| byte == b'\'').map(|at| at + 4),
                Some(character) if characters.next() == Some('\'') => Some(character.len_utf8() + 2),
                Some(_) | None => None,
            };
            let Some(length) = length else { return self.push(Kind::Symbol(b'\''), 1) };
            return self.push(Kind::Number("char".to_owned()), length);
        }
        let format = match (self.family, quote) {
            (Family::Ruby, b'"') => Some("#{"),
            (Family::Php, b'"') => Some("{$"),
            (Family::C, b'"') if self.out.tokens.last().is_some_and(|token| token.sign(b'$')) => Some("{"),
            _ => None,
        };
        self.quoted(quote, false, format, start);
    }

    /// From the quote here to its end; `format` opens what is put in.
    fn quoted(&mut self, quote: u8, raw: bool, format: Option<&str>, start: usize) {
        let triple = [quote; 3];
        let long = self.rest().as_bytes().starts_with(&triple)
            && matches!(self.family, Family::Python | Family::C | Family::Any);
        let close: &[u8] = if long { &triple } else { triple.get(..1).unwrap_or_default() };
        self.at += close.len();
        let multiline = long || matches!(self.family, Family::Ruby | Family::Php | Family::Any);
        self.body(close, raw, format, multiline, start, Kind::Text);
    }

    fn body(
        &mut self,
        close: &[u8],
        raw: bool,
        format: Option<&str>,
        multiline: bool,
        start: usize,
        kind: fn(String) -> Kind,
    ) {
        let bytes = self.text.as_bytes();
        let mut out: Vec<u8> = Vec::new();
        let mut mark = [0; 4];
        let unknown = UNKNOWN.encode_utf8(&mut mark).as_bytes().to_vec();
        while let Some(byte) = bytes.get(self.at).copied() {
            let rest = bytes.get(self.at..).unwrap_or_default();
            if rest.starts_with(close) {
                self.at += close.len();
                let text = String::from_utf8_lossy(&out).into_owned();
                self.out.tokens.push(Token { kind: kind(text), at: start..self.at });
                return;
            }
            if byte == b'\\' && !raw {
                self.escape(&mut out);
            } else if byte == b'\\' {
                out.extend(rest.iter().take(2));
                self.at += 2;
            } else if byte == b'\n' && !multiline {
                break;
            } else if let Some(open) = format.filter(|open| rest.starts_with(open.as_bytes())) {
                if rest.starts_with(b"{{") && open == "{" {
                    out.push(b'{');
                    self.at += 2;
                    continue;
                }
                self.interpolation(open.len());
                out.extend_from_slice(&unknown);
            } else if byte == b'$'
                && self.family == Family::Php
                && close == b"\""
                && rest.get(1).is_some_and(|next| begins_name(*next))
            {
                self.at += 1 + rest.iter().skip(1).take_while(|byte| continues_name(**byte)).count();
                out.extend_from_slice(&unknown);
            } else {
                out.push(byte);
                self.at += 1;
            }
        }
        self.out.unclosed = Some(start);
    }

    /// Code inside a string, to the bracket that closes it.
    fn interpolation(&mut self, open: usize) {
        let start = self.at + open;
        let bytes = self.text.as_bytes();
        let mut depth = 1_usize;
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            at += 1;
        }
        self.out.inner.push(start..at.min(self.text.len()));
        self.at = (at + 1).min(self.text.len());
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let Some(character) = rest.chars().next() else {
            self.at += 1;
            return;
        };
        let digits = |from: usize, count: usize, radix: u32| {
            rest.get(from..from + count)
                .and_then(|digits| u32::from_str_radix(digits, radix).ok())
                .and_then(char::from_u32)
        };
        let mut buffer = [0; 4];
        let (decoded, length) = match character {
            'n' => (Some('\n'), 1),
            't' => (Some('\t'), 1),
            'r' => (Some('\r'), 1),
            '0' => (Some('\0'), 1),
            '\n' => (None, 1),
            'x' => (digits(1, 2, 16), 3),
            'u' if rest.starts_with("u{") => {
                let close = rest.find('}').unwrap_or(2);
                (digits(2, close.saturating_sub(2), 16), close + 1)
            }
            'u' => (digits(1, 4, 16), 5),
            other => (Some(other), other.len_utf8()),
        };
        if let Some(decoded) = decoded {
            out.extend_from_slice(decoded.encode_utf8(&mut buffer).as_bytes());
        }
        self.at += 1 + length.min(rest.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    /// A template in JavaScript, a raw string in Go, a command in Ruby, Perl and PHP.
    fn backquote(&mut self) {
        let start = self.at;
        self.at += 1;
        match self.family {
            Family::JavaScript => self.body(b"`", false, Some("${"), true, start, Kind::Text),
            Family::Ruby => self.body(b"`", false, Some("#{"), true, start, Kind::Shell),
            Family::Php => self.body(b"`", false, Some("{$"), true, start, Kind::Shell),
            Family::C | Family::Python | Family::Any => self.body(b"`", true, None, true, start, Kind::Text),
        }
    }

    /// `r#"…"#`.
    fn rust_raw(&mut self) {
        let start = self.at;
        let hashes = self.rest().bytes().skip(1).take_while(|byte| *byte == b'#').count();
        if self.rest().as_bytes().get(1 + hashes) != Some(&b'"') {
            return self.push(Kind::Symbol(b'#'), 1);
        }
        self.at += 2 + hashes;
        let mut close = vec![b'"'];
        close.extend(std::iter::repeat_n(b'#', hashes));
        self.body(&close, true, None, true, start, Kind::Text);
    }

    /// `qx(…)` in Perl.
    fn percent(&mut self, length: usize) {
        let start = self.at;
        let open = self.rest().as_bytes().get(length).copied().unwrap_or_default();
        let close: &[u8] = match open {
            b'(' => b")",
            b'{' => b"}",
            b'[' => b"]",
            b'/' => b"/",
            b'|' => b"|",
            _ => {
                self.at += length;
                self.out.tokens.push(Token { kind: Kind::Path("qx".to_owned()), at: start..self.at });
                return;
            }
        };
        self.at += length + 1;
        self.body(close, false, Some("#{"), true, start, Kind::Shell);
    }
}

/// The first bracket that closes nothing, or the last that is never closed.
pub(super) fn unbalanced(tokens: &[Token]) -> Option<Range<usize>> {
    let mut open: Vec<(u8, &Token)> = Vec::new();
    for token in tokens {
        let Kind::Symbol(byte) = token.kind else { continue };
        let opener = match byte {
            b'(' | b'[' | b'{' => {
                open.push((byte, token));
                continue;
            }
            b')' => b'(',
            b']' => b'[',
            b'}' => b'{',
            _ => continue,
        };
        if open.pop().is_none_or(|(last, _)| last != opener) {
            return Some(token.at.clone());
        }
    }
    open.pop().map(|(_, token)| token.at.clone())
}

/// The same for all of them: where one only closes, and what would close the ones that only open.
pub(super) fn unmatched(tokens: &[Token]) -> (Vec<usize>, String) {
    let mut open: Vec<u8> = Vec::new();
    let mut closing = Vec::new();
    for token in tokens {
        let Kind::Symbol(byte) = token.kind else { continue };
        match byte {
            b'(' => open.push(b')'),
            b'[' => open.push(b']'),
            b'{' => open.push(b'}'),
            b')' | b']' | b'}' if open.last() == Some(&byte) => {
                open.pop();
            }
            b')' | b']' | b'}' => closing.push(token.at.start),
            _ => {}
        }
    }
    (closing, open.into_iter().rev().map(char::from).collect())
}

const fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' || byte >= 0x80
}

const fn continues_name(byte: u8) -> bool {
    begins_name(byte) || byte.is_ascii_digit()
}
