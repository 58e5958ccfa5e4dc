//! Tokens of SQL in the readings of the dialects. Must never lose a byte that some database would run: what is not a
//! comment or a string in this reading becomes a token.

use std::ops::Range;

/// How a dialect reads what the others read differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// A backslash escapes inside strings.
    backslash: bool,
    /// `#` begins a comment, and `--` does only before a blank; `/*!` is code.
    mysql_comments: bool,
    /// Comments nest.
    nested: bool,
    /// `[name]` is an identifier.
    brackets: bool,
}

impl Reading {
    /// PostgreSQL.
    pub(super) const STANDARD: Self =
        Self { backslash: false, mysql_comments: false, nested: true, brackets: false };
    pub(super) const MYSQL: Self =
        Self { backslash: true, mysql_comments: true, nested: false, brackets: false };
    pub(super) const SQLITE: Self =
        Self { backslash: false, mysql_comments: false, nested: false, brackets: true };
    pub(super) const TRANSACT: Self =
        Self { backslash: false, mysql_comments: false, nested: true, brackets: true };
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or plain name, in upper case.
    Word(String),
    /// A quoted name.
    Name(String),
    /// A string, its quoting undone.
    Text(String),
    Number,
    /// A placeholder: `?`, `$1`, `:name`, `@name`, `%s`, `{name}`.
    Parameter,
    Symbol(u8),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
    /// A comment stood directly between this word and the one before: it may have split a keyword.
    pub(super) glued: bool,
    /// It stood in a comment that only MySQL runs.
    pub(super) conditional: bool,
    /// Its quote never closes.
    pub(super) open: bool,
}

impl Token {
    /// True for the keyword `word`.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(own) if own == word)
    }

    /// True for one of the keywords `words`.
    pub(super) fn any(&self, words: &[&str]) -> bool {
        matches!(&self.kind, Kind::Word(own) if words.contains(&own.as_str()))
    }

    /// True for the sign `byte`.
    pub(super) fn sign(&self, byte: u8) -> bool {
        self.kind == Kind::Symbol(byte)
    }

    /// True for a plain or quoted name.
    pub(super) const fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word(_) | Kind::Name(_))
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    reading: Reading,
    out: Vec<Token>,
    conditional: bool,
    /// A comment ended here.
    comment_end: Option<usize>,
}

/// The tokens of `text`.
pub(super) fn tokens(text: &str, reading: Reading) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, reading, out: Vec::new(), conditional: false, comment_end: None };
    while lexer.at < text.len() {
        lexer.next();
    }
    lexer.out
}

impl Lexer<'_> {
    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) {
        let rest = self.rest();
        let Some(byte) = rest.first().copied() else { return };
        let second = rest.get(1).copied().unwrap_or_default();
        match byte {
            _ if byte.is_ascii_whitespace() => self.at += 1,
            b'-' if second == b'-'
                && (!self.reading.mysql_comments
                    || rest
                        .get(2)
                        .is_none_or(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())) =>
            {
                self.line_comment();
            }
            b'#' if self.reading.mysql_comments => self.line_comment(),
            b'/' if second == b'*' => self.block_comment(),
            b'*' if second == b'/' && self.conditional => {
                self.conditional = false;
                self.at += 2;
            }
            b'\'' => self.quoted(b'\'', Kind::Text),
            b'"' => self.quoted(b'"', Kind::Name),
            b'`' => self.quoted(b'`', Kind::Name),
            b'[' if self.reading.brackets => self.quoted(b']', Kind::Name),
            b'$' => self.dollar(),
            b'0'..=b'9' => {
                let length =
                    rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'.').count();
                self.push(Kind::Number, length);
            }
            b'?' => self.push(Kind::Parameter, 1),
            b':' if second == b':' => self.push(Kind::Symbol(b':'), 2),
            b':' | b'@' if second.is_ascii_alphabetic() || second == b'_' || second == b'@' => {
                let length = 1 + rest
                    .iter()
                    .skip(1)
                    .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@'))
                    .count();
                self.push(Kind::Parameter, length);
            }
            b'%' if matches!(second, b's' | b'(' | b'd')
                && !self.out.last().is_some_and(|last| matches!(last.kind, Kind::Number)) =>
            {
                let length = if second == b'(' {
                    rest.iter().take(64).position(|byte| *byte == b')').map_or(2, |close| close + 2)
                } else {
                    2
                };
                self.push(Kind::Parameter, length);
            }
            b'{' => {
                let length = rest.iter().take(64).position(|byte| *byte == b'}').map_or(1, |close| close + 1);
                self.push(Kind::Parameter, length);
            }
            _ if is_word(byte) => self.word(),
            other => self.push(Kind::Symbol(other), 1),
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let at = self.at..(self.at + length.max(1)).min(self.text.len());
        let glued = matches!(kind, Kind::Word(_))
            && self.comment_end == Some(self.at)
            && self.out.last().is_some_and(|last| matches!(last.kind, Kind::Word(_)));
        self.at = at.end;
        // A character of several bytes is one token.
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.out.push(Token {
            kind,
            at: at.start..self.at,
            glued,
            conditional: self.conditional,
            open: false,
        });
    }

    fn word(&mut self) {
        let length = self.rest().iter().take_while(|byte| is_word(**byte) || **byte == b'$').count();
        let word = self.text.get(self.at..self.at + length).unwrap_or_default().to_uppercase();
        // `E'…'`, `N'…'`, `X'…'`, `U&'…'`: the quote belongs to the word; only `E` changes how it is read.
        let quote = self.rest().get(length) == Some(&b'\'');
        if quote && matches!(word.as_str(), "E" | "N" | "B" | "X" | "_UTF8" | "R") {
            self.at += length;
            let before = self.reading;
            self.reading.backslash |= word == "E";
            self.quoted(b'\'', Kind::Text);
            self.reading = before;
            return;
        }
        if quote && matches!(word.as_str(), "Q" | "NQ") && self.alternative(length) {
            return;
        }
        self.push(Kind::Word(word), length);
    }

    /// `q'[it's]'` (Oracle): the sign after the quote closes the string before another.
    fn alternative(&mut self, prefix: usize) -> bool {
        let rest = self.text.get(self.at + prefix + 1..).unwrap_or_default();
        let Some(open) = rest.chars().next().filter(|open| !open.is_whitespace()) else { return false };
        let close = match open {
            '[' => ']',
            '(' => ')',
            '{' => '}',
            '<' => '>',
            other => other,
        };
        let body = rest.get(open.len_utf8()..).unwrap_or_default();
        let Some(length) = body.find(&format!("{close}'")) else { return false };
        let text = body.get(..length).unwrap_or_default().to_owned();
        self.push(Kind::Text(text), prefix + 1 + open.len_utf8() + length + close.len_utf8() + 1);
        true
    }

    fn line_comment(&mut self) {
        let rest = self.rest();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn block_comment(&mut self) {
        let rest = self.rest();
        let executed = self.reading.mysql_comments && (rest.starts_with(b"/*!") || rest.starts_with(b"/*M!"));
        if executed {
            let skip = if rest.starts_with(b"/*M!") { 4 } else { 3 };
            let digits = rest.iter().skip(skip).take(6).take_while(|byte| byte.is_ascii_digit()).count();
            self.at += skip + digits;
            self.conditional = true;
            return;
        }
        let glued = self.out.last().is_some_and(|last| last.at.end == self.at);
        let mut depth = 0_usize;
        let mut index = 0;
        loop {
            let Some(found) = memchr::memchr2(b'*', b'/', rest.get(index..).unwrap_or_default()) else {
                index = rest.len();
                break;
            };
            index += found;
            let pair = rest.get(index..index + 2).unwrap_or_default();
            if pair == b"/*" && (self.reading.nested || depth == 0) {
                depth += 1;
                index += 2;
            } else if pair == b"*/" {
                depth = depth.saturating_sub(1);
                index += 2;
                if depth == 0 {
                    break;
                }
            } else {
                index += 1;
            }
        }
        self.at += index;
        self.comment_end = glued.then_some(self.at);
    }

    /// A quoted token; a doubled quote stands for itself.
    fn quoted(&mut self, close: u8, kind: impl FnOnce(String) -> Kind) {
        let start = self.at;
        let mut text = Vec::new();
        let mut at = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut open = true;
        while let Some(byte) = bytes.get(at) {
            if *byte == b'\\' && self.reading.backslash && close != b'`' && close != b']' {
                text.extend(bytes.get(at + 1));
                at += 2;
            } else if *byte == close {
                if bytes.get(at + 1) == Some(&close) {
                    text.push(close);
                    at += 2;
                } else {
                    at += 1;
                    open = false;
                    break;
                }
            } else {
                text.push(*byte);
                at += 1;
            }
        }
        self.at = at.min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        let kind = kind(String::from_utf8_lossy(&text).into_owned());
        self.out.push(Token { kind, at: start..self.at, glued: false, conditional: self.conditional, open });
    }

    /// `$1`, or the body of `$tag$ … $tag$` (PostgreSQL).
    fn dollar(&mut self) {
        let rest = self.rest();
        let name = rest
            .iter()
            .skip(1)
            .take(64)
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        if rest.get(1 + name) != Some(&b'$') {
            return self.push(Kind::Parameter, 1 + name);
        }
        let tag = rest.get(..name + 2).unwrap_or_default();
        let body = rest.get(name + 2..).unwrap_or_default();
        let length = memchr::memmem::find(body, tag);
        let inner = body.get(..length.unwrap_or(body.len())).unwrap_or_default();
        let text = String::from_utf8_lossy(inner).into_owned();
        let total = tag.len() + inner.len() + if length.is_some() { tag.len() } else { 0 };
        self.push(Kind::Text(text), total);
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
