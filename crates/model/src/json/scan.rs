//! The strict validator: one pass over the text, iterative, without building a tree.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Json, ScanLimits};

/// Why a text was refused. Offsets are bytes from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// Not UTF-8 (RFC 8259 section 8.1).
    #[error("not UTF-8")]
    NotUtf8,
    /// Larger than the limit.
    #[error("{size} bytes exceed the limit of {limit}")]
    TooLarge {
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Nested deeper than the limit.
    #[error("nested deeper than {limit} at byte {at}")]
    TooDeep {
        /// Where.
        at: usize,
        /// The limit.
        limit: usize,
    },
    /// A key stands twice in one object (RFC 8259 section 4 leaves the meaning open; we refuse).
    #[error("duplicate key at byte {at}")]
    DuplicateKey {
        /// Where the second one begins.
        at: usize,
    },
    /// More than one value.
    #[error("something follows the value at byte {at}")]
    Trailing {
        /// Where.
        at: usize,
    },
    /// Not JSON.
    #[error("not JSON: {what} at byte {at}")]
    Syntax {
        /// What was found or missing.
        what: &'static str,
        /// Where.
        at: usize,
    },
}

/// Above this many keys an object's keys are compared through a hash set.
const LINEAR_KEYS: usize = 12;

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

/// An open array or object.
enum Frame<'a> {
    Array,
    Object { first_key: usize, many: Option<HashSet<Cow<'a, str>>> },
}

/// Validates `text` and returns the value without the space around it.
pub(super) fn validate(text: &str, limits: ScanLimits) -> Result<&str, ScanError> {
    if text.len() > limits.bytes {
        return Err(ScanError::TooLarge { size: text.len(), limit: limits.bytes });
    }
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0 };
    scanner.space();
    let start = scanner.at;
    scanner.value(limits.depth)?;
    let end = scanner.at;
    scanner.space();
    if scanner.at < text.len() {
        return Err(ScanError::Trailing { at: scanner.at });
    }
    Ok(text.get(start..end).unwrap_or_default())
}

impl<'a> Scanner<'a> {
    fn value(&mut self, depth: usize) -> Result<(), ScanError> {
        let mut frames: Vec<Frame<'a>> = Vec::with_capacity(8);
        let mut keys: Vec<Cow<'a, str>> = Vec::with_capacity(16);
        loop {
            // One value begins here.
            self.space();
            let opened = match self.peek() {
                Some(b'{') => Some(Frame::Object { first_key: keys.len(), many: None }),
                Some(b'[') => Some(Frame::Array),
                _ => None,
            };
            if let Some(frame) = opened {
                if frames.len() >= depth {
                    return Err(ScanError::TooDeep { at: self.at, limit: depth });
                }
                let close = if matches!(frame, Frame::Array) { b']' } else { b'}' };
                self.at += 1;
                self.space();
                if self.peek() == Some(close) {
                    self.at += 1;
                } else {
                    frames.push(frame);
                    if close == b'}' {
                        self.key(frames.last_mut(), &mut keys)?;
                    }
                    continue;
                }
            } else {
                self.scalar()?;
            }
            // One value ended here: close what ends with it.
            loop {
                let Some(frame) = frames.last_mut() else { return Ok(()) };
                self.space();
                let in_object = matches!(frame, Frame::Object { .. });
                match (self.peek(), in_object) {
                    (Some(b','), true) => {
                        self.at += 1;
                        self.space();
                        self.key(Some(frame), &mut keys)?;
                        break;
                    }
                    (Some(b','), false) => {
                        self.at += 1;
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.at += 1;
                        if let Frame::Object { first_key, .. } = frame {
                            keys.truncate(*first_key);
                        }
                        frames.pop();
                    }
                    _ => {
                        return Err(self.wrong(if in_object {
                            "expected ',' or '}'"
                        } else {
                            "expected ',' or ']'"
                        }));
                    }
                }
            }
        }
    }

    /// A key and its colon; refuses a key that the object already has.
    fn key(&mut self, frame: Option<&mut Frame<'a>>, keys: &mut Vec<Cow<'a, str>>) -> Result<(), ScanError> {
        let start = self.at;
        self.string()?;
        let raw = self.text.get(start..self.at).unwrap_or_default();
        let key = Json::new(raw).as_str().unwrap_or_default();
        if let Some(Frame::Object { first_key, many }) = frame {
            let duplicate = match many {
                Some(set) => !set.insert(key.clone()),
                None => keys.iter().skip(*first_key).any(|known| *known == key),
            };
            if duplicate {
                return Err(ScanError::DuplicateKey { at: start });
            }
            if many.is_none() {
                keys.push(key);
                if keys.len() - *first_key > LINEAR_KEYS {
                    *many = Some(keys.drain(*first_key..).collect());
                }
            }
        }
        self.space();
        self.expect(b':', "expected ':'")
    }

    fn scalar(&mut self) -> Result<(), ScanError> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.wrong("expected a value")),
            None => Err(self.wrong("the text ends early")),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), ScanError> {
        if self.rest().starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.wrong("expected a value"))
        }
    }

    /// RFC 8259 section 6.
    fn number(&mut self) -> Result<(), ScanError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.wrong("expected a digit")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(())
    }

    fn some_digits(&mut self) -> Result<(), ScanError> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.wrong("expected a digit"));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        self.at += self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
    }

    /// RFC 8259 section 7.
    fn string(&mut self) -> Result<(), ScanError> {
        self.expect(b'"', "expected '\"'")?;
        loop {
            let rest = self.rest();
            let Some(plain) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.bytes.len();
                return Err(self.wrong("a string does not end"));
            };
            let run = rest.get(..plain).unwrap_or_default();
            // The fold is branch free, so that it runs at memory speed on clean text.
            if run.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < 0x20 {
                self.at += run.iter().take_while(|byte| **byte >= 0x20).count();
                return Err(self.wrong("a control character in a string"));
            }
            self.at += plain + 1;
            if rest.get(plain) == Some(&b'"') {
                return Ok(());
            }
            self.escape()?;
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<(), ScanError> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let first = self.unit()?;
                if (0xDC00..0xE000).contains(&first) {
                    return Err(self.wrong("a lone surrogate"));
                }
                if (0xD800..0xDC00).contains(&first) {
                    if !self.rest().starts_with(b"\\u") {
                        return Err(self.wrong("a lone surrogate"));
                    }
                    self.at += 1;
                    if !(0xDC00..0xE000).contains(&self.unit()?) {
                        return Err(self.wrong("a lone surrogate"));
                    }
                }
                Ok(())
            }
            _ => Err(self.wrong("an unknown escape")),
        }
    }

    /// `uXXXX`: one UTF-16 code unit.
    fn unit(&mut self) -> Result<u16, ScanError> {
        let unit = self
            .text
            .get(self.at + 1..self.at + 5)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        match unit {
            Some(unit) => {
                self.at += 5;
                Ok(unit)
            }
            None => Err(self.wrong("expected four hex digits")),
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), ScanError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.wrong(what))
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    const fn wrong(&self, what: &'static str) -> ScanError {
        ScanError::Syntax { what, at: self.at }
    }
}
