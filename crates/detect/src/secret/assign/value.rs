//! Where a value begins and ends. Must never take in more than one line, or the bound of its form.

use std::ops::Range;

use super::{Cursor, Form};

/// Longest value between quotes, in bytes.
const LONGEST_QUOTED: usize = 4096;
/// Longest value without quotes.
const LONGEST_BARE: usize = 1024;
/// Calls whose argument is the name of a value, not the value.
const READERS: [&str; 30] = [
    "get",
    "env",
    "config",
    "load",
    "read",
    "input",
    "prompt",
    "param",
    "find",
    "fetch",
    "resolve",
    "format",
    "translate",
    "i18n",
    "require",
    "lookup",
    "option",
    "ask",
    "gettext",
    "message",
    "label",
    "argument",
    "header",
    "cookie",
    "attr",
    "field",
    "column",
    "select",
    "query",
    "print",
];

impl Cursor<'_> {
    /// What is between quotes here, else what goes to the next space or sign.
    pub(super) fn quoted_or_bare(&mut self) -> Option<(Range<usize>, Form)> {
        let start = self.at;
        if let Some(value) = self.quoted() {
            return Some((value, Form::Quoted));
        }
        self.at = start;
        if let Some(value) = self.fallback() {
            return Some((value, Form::Quoted));
        }
        self.at = start;
        self.bare().map(|value| (value, Form::Bare))
    }

    /// A string literal here, behind its prefix, an opening bracket or a call that only converts it.
    pub(super) fn quoted(&mut self) -> Option<Range<usize>> {
        self.spaces();
        for _ in 0..4 {
            if let Some(quote) = self.opening() {
                return self.until_quote(quote);
            }
            match self.peek()? {
                b'(' | b'[' | b'{' | b'&' | b'@' => self.at += 1,
                byte if byte.is_ascii_alphabetic() => {
                    let word = self.word();
                    let length = word.len();
                    let prefix = length <= 2 && self.quote_behind(length);
                    if prefix {
                        self.at += length;
                    } else if word == "new" && self.rest().starts_with("new ") {
                        self.at += 4;
                    } else if self.rest().as_bytes().get(length) == Some(&b'(') && !reads(word) {
                        self.at += length + 1;
                    } else {
                        return None;
                    }
                }
                _ => return None,
            }
            self.spaces();
        }
        None
    }

    /// The literal behind `||`, `??`, `or` or `?:` on this line: what holds where the setting is missing.
    fn fallback(&mut self) -> Option<Range<usize>> {
        let rest = self.rest();
        let line = rest.get(..super::super::scan::floor(rest, 160))?.split(['\n', ';']).next()?;
        for sign in ["|| ", "?? ", " or ", "?: "] {
            if let Some((before, after)) = line.split_once(sign)
                && after.starts_with(['"', '\''])
                && !before.contains(['"', '\'', '='])
            {
                self.at += before.len() + sign.len();
                return self.quoted();
            }
        }
        None
    }

    /// The word here, with the dots and colons of its path.
    fn word(&self) -> &str {
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
        let length = self.rest().bytes().take(80).take_while(|byte| belongs(*byte)).count();
        self.rest().get(..length).unwrap_or_default()
    }

    fn quote_behind(&self, length: usize) -> bool {
        matches!(self.rest().as_bytes().get(length), Some(b'"' | b'\'' | b'`'))
    }

    /// Eats an opening quote; what closes it.
    fn opening(&mut self) -> Option<&'static str> {
        let quotes = [
            "\"\"\"", "'''", "\\\\\"", "\\\"", "\\'", "&quot;", "&apos;", "&#39;", "\"", "'", "`", "\u{201c}",
        ];
        let quote = quotes.iter().find(|quote| self.rest().starts_with(**quote))?;
        self.at += quote.len();
        Some(if *quote == "\u{201c}" { "\u{201d}" } else { quote })
    }

    fn until_quote(&mut self, quote: &str) -> Option<Range<usize>> {
        let rest = self.rest();
        let mut at = 0;
        let bytes = rest.as_bytes();
        loop {
            let byte = *bytes.get(at)?;
            if bytes.get(at..).is_some_and(|rest| rest.starts_with(quote.as_bytes())) {
                break;
            }
            if byte == b'\n' || at > LONGEST_QUOTED {
                return None;
            }
            at += if byte == b'\\' && quote.len() == 1 { 2 } else { 1 };
        }
        (at > 0).then(|| self.at..self.at + at)
    }

    /// Up to a space or a sign that ends a value everywhere.
    pub(super) fn bare(&mut self) -> Option<Range<usize>> {
        self.spaces();
        let ends = |byte: &u8| {
            byte.is_ascii_whitespace()
                || matches!(byte, b'"' | b'\'' | b'`' | b';' | b',' | b'<' | b'>' | b'|' | b')' | b'}' | b']')
        };
        let rest = self.rest().as_bytes();
        let length = rest.iter().take(LONGEST_BARE).take_while(|byte| !ends(byte)).count();
        // The prefix of a string literal.
        let after = rest.get(length).copied();
        let code = matches!(after, Some(b'"' | b'\'' | b'`')) && length <= 2;
        (length > 0 && length < LONGEST_BARE && !code).then(|| self.at..self.at + length)
    }

    /// The value of a parameter of a URL.
    pub(super) fn query(&mut self) -> Option<Range<usize>> {
        let ends = |byte: &u8| {
            byte.is_ascii_whitespace()
                || matches!(
                    byte,
                    b'"' | b'\'' | b'`' | b'&' | b'#' | b'<' | b'>' | b')' | b']' | b'\\' | b';' | b','
                )
        };
        let length = self.rest().as_bytes().iter().take(LONGEST_BARE).take_while(|byte| !ends(byte)).count();
        (length > 0 && length < LONGEST_BARE).then(|| self.at..self.at + length)
    }

    /// Behind `IDENTIFIED BY` or `IDENTIFIED WITH plugin BY|AS`.
    pub(super) fn sql_value(&mut self) -> Option<(Range<usize>, Form)> {
        for word in ["password ", "PASSWORD ", "values ", "VALUES "] {
            self.eat(word);
        }
        if let Some(value) = self.quoted_plain() {
            return Some((value, Form::Quoted));
        }
        let word = self.word();
        let after = self.rest().get(word.len()..)?;
        let by = [" BY ", " by ", " AS ", " as "].iter().find(|by| after.starts_with(**by));
        if let Some(by) = by {
            self.at += word.len() + by.len();
            return self.quoted_plain().map(|value| (value, Form::Quoted));
        }
        self.bare().map(|value| (value, Form::Bare))
    }

    fn quoted_plain(&mut self) -> Option<Range<usize>> {
        self.spaces();
        let quote = self.opening()?;
        self.until_quote(quote)
    }

    /// `…` of `<password>…</password>`, whose name ends here.
    pub(super) fn element_text(&mut self) -> Option<Range<usize>> {
        let close = self.rest().bytes().take(200).position(|byte| byte == b'>')?;
        let inside = self.rest().get(..close)?;
        if inside.ends_with('/') || !inside.is_empty() && !inside.starts_with([' ', '\t']) {
            return None;
        }
        self.at += close + 1;
        self.until_tag()
    }

    /// Text up to the next `</`, without the spaces around it.
    pub(super) fn until_tag(&mut self) -> Option<Range<usize>> {
        let rest = self.rest();
        let end = rest.bytes().take(LONGEST_BARE).position(|byte| byte == b'<')?;
        let text = rest.get(..end).filter(|_| rest.get(end..).is_some_and(|rest| rest.starts_with("</")))?;
        let start = self.at + (text.len() - text.trim_start().len());
        let text = text.trim();
        (!text.is_empty()).then(|| start..start + text.len())
    }
}

fn reads(callee: &str) -> bool {
    let lower = callee.to_ascii_lowercase();
    READERS.iter().any(|word| lower.contains(word))
        || matches!(lower.as_str(), "t" | "_" | "tr" | "__" | "e" | "i" | "len")
}
