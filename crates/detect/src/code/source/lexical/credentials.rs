//! Names that are given a text, among tokens. Must never take a part of a text for all of it.

use super::lex::{Kind, Token};
use crate::code::findings::Findings;
use crate::code::source::credentials::assigned_to;

/// Inspects `name = "text"`, `name: "text"`, `"name": "text"`, and keyword arguments.
pub(super) fn inspect(tokens: &[Token], findings: &mut Findings<'_>) {
    for (at, token) in tokens.iter().enumerate() {
        let name = match &token.kind {
            Kind::Path(path) => path.rsplit('.').next().unwrap_or_default(),
            Kind::Text(text) if text.len() <= 64 => text,
            Kind::Text(_) | Kind::Shell(_) | Kind::Number(_) | Kind::Symbol(_) | Kind::Newline => continue,
        };
        let sign = |by: usize, byte: u8| tokens.get(at + by).is_some_and(|token| token.sign(byte));
        let mut value = at + 1;
        // `"key"]`
        value += usize::from(sign(1, b']'));
        let by = value - at;
        let typed = sign(by, b':') && tokens.get(value + 2).is_some_and(|token| token.sign(b'='));
        if typed {
            value += 2;
        }
        let by = value - at;
        let assigned = sign(by, b'=') && !sign(by + 1, b'=') || sign(by, b':') && !sign(by + 1, b':');
        if !assigned {
            continue;
        }
        value += 1;
        value += usize::from(tokens.get(value).is_some_and(|token| token.sign(b'=') || token.sign(b'>')));
        let Some(text) = tokens.get(value).and_then(Token::text) else { continue };
        // `name = "text" + …` and `"text" if … else …` are not the whole value.
        let ends = tokens.get(value + 1).is_none_or(|next| {
            !matches!(next.kind, Kind::Symbol(b'+' | b'%'))
                && !next.path().is_some_and(|path| path.starts_with('.'))
        });
        if let Some(rule) = assigned_to(name, text).filter(|_| ends) {
            findings.add(rule, token.at.start..tokens.get(value).map_or(token.at.end, |token| token.at.end));
        }
    }
}
