//! Tokens of PowerShell (about_Quoting_Rules, about_Special_Characters). Must never drop a part of the text that is not
//! a comment.

use std::ops::Range;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bare word, its backticks undone.
    Word(String),
    /// A string that stands for itself.
    Text(String),
    /// A string in which variables and `$(…)` are replaced.
    Expandable(String),
    /// `$name`, `${name}`, `$scope:name`, in lower case.
    Variable(String),
    /// `|`, `;`, `&`, brackets, operators of one sign; `\n`.
    Sign(char),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
    /// Nothing stands between this token and the one before.
    pub(super) glued: bool,
}

impl Token {
    pub(super) fn sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// The tokens of `text`, and where a quote or comment never closes.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Option<usize>) {
    let mut lexer = Lexer { text, at: 0, out: Vec::new(), open: None };
    while lexer.at < text.len() {
        lexer.next();
    }
    (lexer.out, lexer.open)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    out: Vec<Token>,
    open: Option<usize>,
}

/// Quotes that PowerShell takes for `'` and for `"`.
const fn is_single(character: char) -> bool {
    matches!(character, '\'' | '\u{2018}'..='\u{201B}')
}

const fn is_double(character: char) -> bool {
    matches!(character, '"' | '\u{201C}'..='\u{201E}')
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let glued = self.out.last().is_some_and(|last| last.at.end == start);
        self.out.push(Token { kind, at: start..self.at, glued });
    }

    fn next(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        let start = self.at;
        if first == '\n' {
            self.at += 1;
            return self.push(Kind::Sign('\n'), start);
        }
        if first.is_whitespace() {
            self.at += first.len_utf8();
        } else if rest.starts_with("`\n") || rest.starts_with("`\r\n") {
            self.at += if rest.starts_with("`\n") { 2 } else { 3 };
        } else if rest.starts_with("<#") {
            self.until("#>", start);
        } else if first == '#' {
            self.at += memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        } else if rest.starts_with("@'") || rest.starts_with("@\"") {
            self.here(start);
        } else if is_single(first) {
            self.single(start);
        } else if is_double(first) {
            self.double(start);
        } else if first == '$' {
            self.variable(start);
        } else if "|;&(){}[],=<>+*!%".contains(first) {
            self.at += 1;
            self.push(Kind::Sign(first), start);
        } else {
            self.word(start);
        }
    }

    fn until(&mut self, close: &str, start: usize) {
        match self.rest().find(close) {
            Some(length) => self.at += length + close.len(),
            None => {
                self.at = self.text.len();
                self.open.get_or_insert(start);
            }
        }
    }

    /// `@'` … newline `'@`.
    fn here(&mut self, start: usize) {
        let expands = self.rest().starts_with("@\"");
        let body = start + 2;
        self.at = body;
        self.until(if expands { "\n\"@" } else { "\n'@" }, start);
        let end = self.at.saturating_sub(3).max(body);
        let text = self.text.get(body..end).unwrap_or_default().trim_start_matches(['\r', '\n']).to_owned();
        self.push(if expands { Kind::Expandable(text) } else { Kind::Text(text) }, start);
    }

    fn single(&mut self, start: usize) {
        let mut out = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if is_single(character) {
                if characters.peek().is_some_and(|(_, next)| is_single(*next)) {
                    characters.next();
                } else {
                    self.at += at + character.len_utf8();
                    return self.push(Kind::Text(out), start);
                }
            }
            out.push(character);
        }
        self.at = self.text.len();
        self.open.get_or_insert(start);
        self.push(Kind::Text(out), start);
    }

    /// The raw text between double quotes; a substitution inside may hold quotes of its own.
    fn double(&mut self, start: usize) {
        let mut out = String::new();
        let mut depth = 0_usize;
        let mut characters = self.rest().char_indices().skip(1).peekable();
        let mut before = ' ';
        while let Some((at, character)) = characters.next() {
            match character {
                '`' => {
                    out.push('`');
                    if let Some((_, next)) = characters.next() {
                        out.push(next);
                    }
                    before = ' ';
                    continue;
                }
                '(' if depth > 0 || before == '$' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                _ if is_double(character) && depth == 0 => {
                    if characters.peek().is_some_and(|(_, next)| is_double(*next)) {
                        characters.next();
                    } else {
                        self.at += at + character.len_utf8();
                        return self.push(Kind::Expandable(out), start);
                    }
                }
                _ => {}
            }
            before = character;
            out.push(character);
        }
        self.at = self.text.len();
        self.open.get_or_insert(start);
        self.push(Kind::Expandable(out), start);
    }

    fn variable(&mut self, start: usize) {
        let (name, length) = variable_name(self.rest());
        self.at += length.max(1);
        if name.is_empty() {
            self.push(Kind::Sign('$'), start);
        } else {
            self.push(Kind::Variable(name), start);
        }
    }

    fn word(&mut self, start: usize) {
        let mut out = String::new();
        let mut characters = self.rest().char_indices().peekable();
        let mut length = 0;
        while let Some((at, character)) = characters.next() {
            if character == '`' {
                match characters.next() {
                    Some((at, next)) if next != '\n' && next != '\r' => {
                        out.push(next);
                        length = at + next.len_utf8();
                    }
                    Some(_) | None => {
                        length = at;
                        break;
                    }
                }
                continue;
            }
            // Inside a word these are plain: `-Path:x`, `C:\a[1]`, `a=b`, `*.txt` start with others.
            let ends = character.is_whitespace()
                || "|;&(){}[],$".contains(character)
                || is_single(character)
                || is_double(character)
                || matches!(character, '<' | '>') && !out.starts_with('-')
                || matches!(character, '+' | '=') && (out.is_empty() || is_number(&out));
            if ends {
                break;
            }
            out.push(character);
            length = at + character.len_utf8();
        }
        self.at += length.max(1);
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.push(Kind::Word(out), start);
    }
}

/// True for what `+` would add to: elsewhere it belongs to the word, as in base64.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    digits.map_or_else(|| text.parse::<f64>().is_ok(), |digits| u64::from_str_radix(digits, 16).is_ok())
}

/// The name of the variable with which `text` begins, in lower case without its scope, and how long it is written.
pub(super) fn variable_name(text: &str) -> (String, usize) {
    let Some(after) = text.strip_prefix('$') else { return (String::new(), 0) };
    if let Some(braced) = after.strip_prefix('{') {
        let Some(length) = braced.find('}') else { return (String::new(), 1) };
        return (scoped(&braced.get(..length).unwrap_or_default().replace('`', "")), length + 3);
    }
    if let Some(special @ ('?' | '^' | '$')) = after.chars().next() {
        return (special.to_string(), 2);
    }
    let length: usize = after
        .char_indices()
        .take_while(|(at, character)| {
            let scope = *character == ':'
                && after
                    .get(at + 1..)
                    .is_some_and(|rest| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
                && !after.get(..*at).is_some_and(|name| name.contains(':'));
            character.is_alphanumeric() || *character == '_' || scope
        })
        .map(|(_, character)| character.len_utf8())
        .sum();
    (scoped(after.get(..length).unwrap_or_default()), length + 1)
}

fn scoped(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    ["script:", "global:", "local:", "private:", "using:", "variable:"]
        .iter()
        .find_map(|scope| lower.strip_prefix(scope).map(str::to_owned))
        .unwrap_or(lower)
}
