//! What a string literal says: prefixes, quotes and escapes of each language undone. Must never show an escape that it
//! does not know as if it were not there.

use super::grammar::Tongue;

/// The text of the literal `source` without its quotes, and whether escapes in it mean something.
pub(super) fn unquoted(source: &str, tongue: Tongue) -> (&str, bool) {
    let body = source.trim_start_matches(|character: char| {
        character.is_ascii_alphabetic() || matches!(character, '@' | '$' | '#' | ':' | '%')
    });
    let prefix = source.get(..source.len() - body.len()).unwrap_or_default();
    if body.is_empty() {
        // A symbol of Ruby: `:name`.
        return (source.trim_start_matches(':'), false);
    }
    let raw = match tongue {
        Tongue::Python => prefix.contains(['r', 'R']),
        Tongue::Rust | Tongue::Cpp => prefix.contains(['r', 'R']),
        Tongue::CSharp => prefix.contains('@') || body.starts_with("\"\"\""),
        Tongue::Go => body.starts_with('`'),
        Tongue::Php | Tongue::Ruby => body.starts_with('\''),
        Tongue::JavaScript | Tongue::TypeScript | Tongue::Tsx | Tongue::Java | Tongue::C => false,
    };
    for quote in ["\"\"\"", "'''", "\"", "'", "`"] {
        if let Some(rest) = body.strip_prefix(quote) {
            let closed = rest.trim_end_matches('#');
            return (closed.strip_suffix(quote).unwrap_or(closed), !raw);
        }
    }
    // `%q(…)` of Ruby.
    if tongue == Tongue::Ruby && prefix.starts_with('%') {
        let mut inner = body.chars();
        inner.next();
        inner.next_back();
        return (inner.as_str(), prefix != "%q");
    }
    (source, true)
}

/// `text` with its escapes undone.
pub(super) fn unescaped(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (plain, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut characters = from.chars();
        characters.next();
        let Some(kind) = characters.next() else {
            rest = "";
            break;
        };
        let after = characters.as_str();
        rest = match kind {
            'n' => pushed(out, '\n', after),
            't' => pushed(out, '\t', after),
            'r' => pushed(out, '\r', after),
            '0'..='7' => number(out, from.get(1..).unwrap_or_default(), 3, 8),
            'x' => number(out, after, 2, 16),
            'u' if after.starts_with('{') => {
                let digits = after.get(1..).unwrap_or_default();
                let rest = number(out, digits, 6, 16);
                rest.strip_prefix('}').unwrap_or(rest)
            }
            'u' => number(out, after, 4, 16),
            'U' => number(out, after, 8, 16),
            '\n' => after,
            other => pushed(out, other, after),
        };
    }
    out.push_str(rest);
}

fn pushed<'t>(out: &mut String, character: char, rest: &'t str) -> &'t str {
    out.push(character);
    rest
}

/// The character that up to `most` digits at the start of `text` stand for; what follows them.
fn number<'t>(out: &mut String, text: &'t str, most: usize, radix: u32) -> &'t str {
    let length = text.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let (digits, rest) = text.split_at_checked(length).unwrap_or(("", text));
    let character = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    out.push(character.unwrap_or('\u{FFFD}'));
    rest
}

/// Marks the places of `text` that a format fills, given what fills them: `%s` and `{}` in turn.
pub(super) fn filled(text: &str, marks: Marks, mut value: impl FnMut(&str) -> std::rc::Rc<str>) -> String {
    let mut out = String::new();
    let mut rest = text;
    let sign = if marks == Marks::Percent { '%' } else { '{' };
    while let Some(at) = rest.find(sign) {
        let (plain, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let after = from.get(1..).unwrap_or_default();
        if after.starts_with(sign) {
            out.push(sign);
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        let (name, length) = match marks {
            Marks::Braces => match after.find('}') {
                Some(close) => (after.get(..close).unwrap_or_default(), close + 1),
                None => break,
            },
            Marks::Percent => conversion(after),
        };
        if length == 0 {
            out.push(sign);
            rest = after;
            continue;
        }
        out.push_str(&value(name));
        rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// How a format marks its places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// `%s`, `%(name)s`, `%-5d`
    Percent,
    /// `{}`, `{0}`, `{name:>5}`
    Braces,
}

/// The name in, and the length of, what follows a `%`.
fn conversion(after: &str) -> (&str, usize) {
    let (name, start) = match after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
        Some((name, _)) => (name, name.len() + 2),
        None => ("", 0),
    };
    let rest = after.get(start..).unwrap_or_default();
    let flags =
        rest.bytes().take_while(|byte| byte.is_ascii_digit() || b"-+ #.*$lhzjtqL".contains(byte)).count();
    let kind = rest.as_bytes().get(flags);
    if kind.is_some_and(|kind| b"sdiurxXoeEfFgGcavTqpbtU@".contains(kind)) {
        (name, start + flags + 1)
    } else {
        (name, 0)
    }
}
