//! What is assigned to a name: in code, settings, JSON, XML, URLs, headers, command lines, SQL and plain text.
//!
//! One reader for all languages: it knows the signs that stand between a name and its value, not the grammar around
//! them. Must never read further than its stated bounds.

use std::ops::Range;

mod value;

use super::name::{self, Promise};

/// A name and the value that it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The whole name.
    pub(super) name: Range<usize>,
    /// What the name promises, where it names a credential.
    pub(super) promise: Option<Promise>,
    /// The value without its quotes.
    pub(super) value: Range<usize>,
    pub(super) form: Form,
}

/// How the value is written, which says how sure it is that it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Between quotes, or the text of an element.
    Quoted,
    /// Between quotes, given to something by a call or in a list beside the name.
    Given,
    /// Up to a space or a sign: of a setting, a header, an option, a connection string.
    Bare,
    /// The parameter of a URL.
    Query,
}

/// A name at its end, and what kind of text it stands in.
struct Named<'t> {
    text: &'t str,
    name: Range<usize>,
    /// Begins with one or two dashes: an option of a command.
    option: bool,
    /// Directly behind `<`: an element.
    element: bool,
    /// Directly behind `?` or `&`.
    query: bool,
    /// The name stands between quotes.
    quoted: bool,
}

/// The name that the literal at `literal` is part of.
pub(super) fn name_around(text: &str, literal: &Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let belongs = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$') || *byte >= 0x80
    };
    let before = bytes.get(..literal.start).unwrap_or_default();
    let mut start =
        literal.start - before.iter().rev().take(name::LONGEST).take_while(|byte| belongs(byte)).count();
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let after = bytes.get(literal.end..).unwrap_or_default();
    let mut end = literal.end;
    for (index, byte) in after.iter().take(name::LONGEST).enumerate() {
        let next = after.get(index + 1);
        let goes_on = next.is_some_and(|next| next.is_ascii_alphanumeric());
        if !belongs(byte) || *byte >= 0x80 || (matches!(byte, b'-' | b'.' | b'$') && !goes_on) {
            break;
        }
        end = literal.end + index + 1;
    }
    start..end
}

/// What is assigned to `name` of `text`.
pub(super) fn assignment(text: &str, name: Range<usize>) -> Option<Assignment> {
    let bytes = text.as_bytes();
    let written = text.get(name.clone())?;
    let dashes = written.bytes().take_while(|byte| *byte == b'-').count();
    let start = name.start + dashes;
    let name = start..name.end;
    let before = |back: usize| start.checked_sub(dashes + back).and_then(|at| bytes.get(at)).copied();
    let opening = before(1);
    let free = opening.is_none_or(|byte| {
        byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'[' | b',' | b'(')
    });
    let named = Named {
        text,
        option: (1..=2).contains(&dashes) && free
            || dashes == 0 && opening == Some(b'/') && before(2) == Some(b' '),
        element: dashes == 0 && opening == Some(b'<'),
        query: matches!(opening, Some(b'?' | b'&')),
        quoted: matches!(opening, Some(b'"' | b'\'' | b'`')) && dashes == 0,
        name: name.clone(),
    };
    if !named.may_have_value() {
        return None;
    }
    let (value, form) = named.value()?;
    let promise = named.promise();
    Some(Assignment { name, promise, value, form })
}

impl Named<'_> {
    fn promise(&self) -> Option<Promise> {
        let name = self.text.get(self.name.clone())?;
        let lower = name.to_ascii_lowercase();
        if matches!(lower.as_str(), "identified by" | "identified with" | "by") {
            return Some(Promise::Password);
        }
        let promise = name::promise(name)?;
        if promise != Promise::Key {
            return Some(promise);
        }
        // `Secret key: …`, `activation key: …` in plain text.
        let before = self.text.get(..self.name.start)?.strip_suffix(' ');
        let word = before.and_then(|before| before.rsplit(|c: char| !c.is_alphanumeric()).next());
        // `GPG key: 9554 F04D …` is the fingerprint of a public key.
        if word.is_some_and(name::makes_public) {
            return None;
        }
        Some(if word.is_some_and(name::makes_credential) { Promise::Token } else { promise })
    }

    /// The one look that most names in prose get: what stands behind cannot part a name from a value.
    fn may_have_value(&self) -> bool {
        let after = self.text.as_bytes().get(self.name.end..).unwrap_or_default();
        let mut behind = after.iter().take(64).skip_while(|byte| matches!(byte, b' ' | b'\t'));
        match behind.next() {
            Some(
                b'=' | b':' | b'(' | b'"' | b'\'' | b'`' | b'&' | b'\\' | b'[' | b']' | b')' | b'>' | b'<'
                | b'-' | b'!' | b'?' | b'+' | b'|' | b'*' | b'%' | b',',
            ) => true,
            // `value:` on the next line, as in the environment of a container.
            Some(b'\n' | b'\r') => {
                self.text.get(self.name.end..).is_some_and(|rest| rest.trim_start().starts_with("value"))
            }
            // `is`, `was`, `to`; after `identified by` anything.
            Some(b'i' | b'I' | b'w' | b't') => true,
            Some(_) => {
                self.option
                    || self.element
                    || self.text.get(self.name.clone()).is_some_and(|name| name.contains(' '))
            }
            None => false,
        }
    }

    /// The value and its form, from behind the name.
    fn value(&self) -> Option<(Range<usize>, Form)> {
        let mut at = Cursor { text: self.text, at: self.name.end };
        if self.element {
            return at.element_text().map(|value| (value, Form::Quoted));
        }
        let closed = at.closers();
        at.spaces();
        if at.eat(">") {
            // `<entry key="password">…</entry>`
            return (closed > 0).then(|| at.until_tag().map(|value| (value, Form::Quoted)))?;
        }
        if (closed > 0 || at.rest().starts_with(['\n', '\r'])) && at.value_member() {
            return at.quoted_or_bare();
        }
        let spaced = at.at > self.name.end + closed;
        let name = self.text.get(self.name.clone())?.to_ascii_lowercase();
        if name.starts_with("identified ") || name == "by" {
            return at.sql_value();
        }
        // `pass` is a verb: `base.pass("a", "b")`, `the store you pass to f`.
        let verb = name == "pass" || name.ends_with(".pass");
        match at.separator(self.quoted || is_constant(self.text.get(self.name.clone())?)) {
            Separator::Gives | Separator::Says | Separator::None if verb => None,
            Separator::Assigns => {
                if self.query {
                    return at.query().map(|value| (value, Form::Query));
                }
                at.quoted_or_bare()
            }
            Separator::Codes => at.query().map(|value| (value, Form::Query)),
            Separator::Gives => at.quoted().map(|value| (value, Form::Given)),
            Separator::Says => at
                .quoted()
                .map(|value| (value, Form::Quoted))
                .or_else(|| at.bare().map(|value| (value, Form::Bare))),
            Separator::None if self.option && spaced => at.quoted_or_bare(),
            // `password "…"` of Gradle and Puppet, `WITH PASSWORD '…'` of SQL.
            Separator::None if spaced && closed == 0 => at.quoted().map(|value| (value, Form::Quoted)),
            Separator::None => None,
        }
    }
}

/// `CURLOPT_USERPWD`: the name of an option, given to a function before its value.
fn is_constant(name: &str) -> bool {
    name.contains('_')
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
}

/// What stands between a name and its value.
enum Separator {
    /// `=`, `:`, `=>` and their kin.
    Assigns,
    /// `%3D`.
    Codes,
    /// `(` or `,`.
    Gives,
    /// `is`.
    Says,
    None,
}

/// Reads on from a place in a text.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, what: &str) -> bool {
        let found = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(what.as_bytes()));
        self.at += if found { what.len() } else { 0 };
        found
    }

    fn spaces(&mut self) {
        let spaces = self.rest().bytes().take(64).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.at += spaces;
    }

    /// The quotes and brackets that close a name; their number in bytes.
    fn closers(&mut self) -> usize {
        let start = self.at;
        for _ in 0..4 {
            let ate = ["&quot;", "\\\"", "\\'", "\"", "'", "`", "]", ")", "*"]
                .iter()
                .any(|closer| self.eat(closer));
            if !ate {
                break;
            }
        }
        self.at - start
    }

    /// `, "value":` or `value=` or, on the next line, `value:`; true when it was there.
    fn value_member(&mut self) -> bool {
        let start = self.at;
        let spaces = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b'"' | b'\'' | b'\\');
        self.at += self.rest().as_bytes().iter().take(64).take_while(|byte| spaces(byte)).count();
        for word in ["value", "Value", "content", "defaultValue", "default"] {
            if self.eat(word) {
                self.closers();
                self.spaces();
                if self.eat("=") || self.eat(":") {
                    self.spaces();
                    return true;
                }
                break;
            }
        }
        self.at = start;
        false
    }

    fn separator(&mut self, quoted_name: bool) -> Separator {
        const ASSIGN: [&str; 14] =
            ["===", "!==", "==", "!=", "=~", "=>", "->", "<-", ":=", "?=", "+=", "||=", "=", ":"];
        if self.rest().starts_with("::") {
            return Separator::None;
        }
        if ASSIGN.iter().any(|sign| self.eat(sign)) {
            let at = self.at;
            self.spaces();
            self.type_note();
            // `://` is a URL.
            return if self.text.get(at..).is_some_and(|rest| rest.starts_with("//")) {
                Separator::None
            } else {
                Separator::Assigns
            };
        }
        if self.eat("%3D") || self.eat("%3d") || self.eat("%3A") || self.eat("%3a") {
            return Separator::Codes;
        }
        if quoted_name && self.eat(",") || !quoted_name && self.eat("(") {
            self.spaces();
            return Separator::Gives;
        }
        if self.eat("[] = ") || self.eat("[]=") {
            return Separator::Assigns;
        }
        for word in ["is ", "IS ", "was ", "is: ", "to "] {
            if self.eat(word) {
                self.spaces();
                return Separator::Says;
            }
        }
        Separator::None
    }

    /// The type in `password: &str = "…"`.
    fn type_note(&mut self) {
        const TYPES: [&str; 12] = [
            "String",
            "string",
            "str",
            "&'static str",
            "&str",
            "Optional[str]",
            "Option<String>",
            "text",
            "any",
            "NSString",
            "bytes",
            "Final",
        ];
        let start = self.at;
        if TYPES.iter().any(|name| self.eat(name)) {
            self.eat("?");
            self.spaces();
            if self.eat("=") && self.peek() != Some(b'=') {
                self.spaces();
                return;
            }
        }
        self.at = start;
    }
}
