//! Looking into validated JSON without building a tree: a cursor is a slice of the text.

use std::borrow::Cow;
use std::cmp::Ordering;

/// One value inside a [`super::JsonText`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number of any size.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl<'a> Json<'a> {
    // INVARIANT: `raw` is one value of a text that passed the scanner.
    pub(super) const fn new(raw: &'a str) -> Self {
        Self(raw)
    }

    /// The bytes as they arrived.
    #[must_use]
    pub const fn raw(self) -> &'a str {
        self.0
    }

    /// Its type.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// True for `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The text of a string, escapes decoded; borrowed where there are none.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            return Some(Cow::Borrowed(inner));
        }
        Some(Cow::Owned(unescape(inner)))
    }

    /// The value of a boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A number that is a whole one written without fraction or exponent and fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        if self.kind() == Kind::Number { self.0.parse().ok() } else { None }
    }

    /// A number, rounded to the nearest double; `None` beyond its range.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        if self.kind() == Kind::Number {
            self.0.parse().ok().filter(|number: &f64| number.is_finite())
        } else {
            None
        }
    }

    /// The members of an object, in order; nothing for another type.
    #[must_use]
    pub fn members(self) -> Members<'a> {
        Members { rest: self.0.strip_prefix('{').unwrap_or_default() }
    }

    /// The elements of an array, in order; nothing for another type.
    #[must_use]
    pub fn elements(self) -> Elements<'a> {
        Elements { rest: self.0.strip_prefix('[').unwrap_or_default() }
    }

    /// The member `key` of an object.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.members().find(|(name, _)| name.spells(key)).map(|(_, value)| value)
    }

    /// True for the string `text`, however it is spelled.
    pub(super) fn spells(self, text: &str) -> bool {
        let inner = self.0.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
        match inner.len().cmp(&text.len()) {
            // An escape is longer than what it stands for.
            Ordering::Less => false,
            Ordering::Equal => inner == text && memchr::memchr(b'\\', inner.as_bytes()).is_none(),
            Ordering::Greater => self.as_str().as_deref() == Some(text),
        }
    }

    /// The value that a JSON pointer (RFC 6901) names.
    #[must_use]
    pub fn pointer(self, pointer: &str) -> Option<Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |value, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match value.kind() {
                Kind::Object => value.get(&token),
                Kind::Array if token == "0" || !token.starts_with(['0', '+']) => {
                    value.elements().nth(token.parse().ok()?)
                }
                Kind::Array | Kind::Null | Kind::Bool | Kind::Number | Kind::String => None,
            }
        })
    }

    /// Calls `visit` with every string in the value, keys included, outermost first.
    pub fn strings(self, visit: &mut impl FnMut(Self)) {
        // The text is one the scanner passed, so a `"` outside a string always opens one.
        let mut rest = self.0;
        while let Some(at) = memchr::memchr(b'"', rest.as_bytes()) {
            let from = rest.get(at..).unwrap_or_default();
            let length = string_length(from);
            let (string, after) = from.split_at_checked(length).unwrap_or((from, ""));
            visit(Self(string));
            rest = after;
        }
    }
}

/// Iterator over the members of an object: key and value.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Json<'a>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let from = after(self.rest, b',');
        if !from.starts_with('"') {
            self.rest = "";
            return None;
        }
        let (key, rest) = from.split_at_checked(string_length(from))?;
        let value_on = after(rest, b':');
        let (value, rest) = value_on.split_at_checked(value_length(value_on))?;
        self.rest = rest;
        Some((Json(key), Json(value)))
    }
}

/// Iterator over the elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let from = after(self.rest, b',');
        if from.is_empty() || from.starts_with(']') {
            self.rest = "";
            return None;
        }
        let (value, rest) = from.split_at_checked(value_length(from))?;
        self.rest = rest;
        Some(Json(value))
    }
}

/// `text` after the space and `separator`s that it begins with.
fn after(text: &str, separator: u8) -> &str {
    let skipped =
        text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r') || *byte == separator);
    text.get(skipped.count()..).unwrap_or_default()
}

/// Length of the string literal that `text` begins with, quotes included.
fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    // Only quotes are looked for: escapes are far more common, and stand in the way at one place in the string alone.
    while let Some(found) = memchr::memchr(b'"', bytes.get(at..).unwrap_or_default()) {
        let before = bytes.get(at..at + found).unwrap_or_default();
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
        at += found + 1;
        if backslashes.is_multiple_of(2) {
            return at;
        }
    }
    text.len()
}

/// Length of the value that `text` begins with.
fn value_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'"') => string_length(text),
        Some(b'{' | b'[') => {
            let mut depth = 0_usize;
            let mut at = 0;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => {
                        at += string_length(text.get(at..).unwrap_or_default());
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return at + 1;
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            text.len()
        }
        _ => bytes
            .iter()
            .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'))
            .unwrap_or(text.len()),
    }
}

/// Decodes the escapes of a valid string body (RFC 8259 section 7).
fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(plain) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(rest.get(..plain).unwrap_or_default());
        let escaped = rest.get(plain + 1..).unwrap_or_default();
        let mut characters = escaped.chars();
        let decoded = match characters.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let (decoded, after) = unicode_escape(characters.as_str());
                out.push(decoded);
                rest = after;
                continue;
            }
            Some(other) => other,
            None => break,
        };
        out.push(decoded);
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}

/// The character of `XXXX` or of the pair `XXXX\uXXXX`, and what follows it.
fn unicode_escape(text: &str) -> (char, &str) {
    let unit = |text: &str| {
        text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
    };
    let (high, after) = (unit(text), text.get(4..).unwrap_or_default());
    if !(0xD800..0xDC00).contains(&high) {
        return (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), after);
    }
    let low = unit(after.get(2..).unwrap_or_default());
    let joined = 0x1_0000 + ((high - 0xD800) << 10) + low.wrapping_sub(0xDC00);
    (char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER), after.get(6..).unwrap_or_default())
}
