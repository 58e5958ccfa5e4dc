//! Parsing redirections and here-documents (POSIX.1-2024 XCU 2.7). Must never lose the body of a here-document: it may be
//! what an interpreter reads.

use super::parse::{DEPTH, Parsed, Parser};
use super::syntax::{Piece, Redirect, RedirectKind, Word};

/// A here-document whose body begins after the current line.
pub(super) struct Waiting {
    index: usize,
    delimiter: String,
    strip_tabs: bool,
    quoted: bool,
}

impl Parser<'_> {
    pub(super) fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => return Ok(redirects),
            }
        }
    }

    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let mut digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if rest.first() == Some(&b'{') {
            // `{fd}>file`
            digits = rest.iter().take(64).position(|byte| *byte == b'}').map_or(0, |close| close + 1);
        }
        let operator = rest.get(digits..).unwrap_or_default();
        const OPERATORS: &[(&str, RedirectKind)] = &[
            ("<<<", RedirectKind::HereString),
            ("<<-", RedirectKind::Here(1)),
            ("<<", RedirectKind::Here(0)),
            ("<&", RedirectKind::Duplicate),
            ("<>", RedirectKind::Write),
            (">>", RedirectKind::Append),
            (">|", RedirectKind::Write),
            (">&", RedirectKind::Duplicate),
            ("&>>", RedirectKind::Append),
            ("&>", RedirectKind::Write),
            ("<", RedirectKind::Read),
            (">", RedirectKind::Write),
        ];
        let Some((sign, kind)) = OPERATORS.iter().find(|(sign, _)| operator.starts_with(sign.as_bytes()))
        else {
            return Ok(None);
        };
        // `<(` and `>(` begin a word.
        if sign.len() == 1 && operator.get(1) == Some(&b'(') {
            return Ok(None);
        }
        self.at += digits + sign.len();
        // zsh: `>! file` is `>| file`.
        if sign.ends_with('>') && (self.starts_with("! ") || self.starts_with("!\t")) {
            self.at += 1;
        }
        self.blanks();
        let kind = match kind {
            RedirectKind::Here(strip) => return self.here_document(*strip == 1).map(Some),
            other @ (RedirectKind::Read
            | RedirectKind::Write
            | RedirectKind::Append
            | RedirectKind::HereString
            | RedirectKind::Duplicate) => *other,
        };
        let target = self.word()?;
        let number = matches!(target.pieces.as_slice(), [Piece::Bare(text)]
            if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'));
        // `>&file` writes a file; `>&2` does not.
        let kind = if kind == RedirectKind::Duplicate && !number { RedirectKind::Write } else { kind };
        Ok(Some(Redirect { kind, target }))
    }

    pub(super) fn here_document(&mut self, strip_tabs: bool) -> Parsed<Redirect> {
        let target = self.word()?;
        let index = self.bodies.len();
        self.bodies.push(Word::default());
        let raw = self.text.get(target.span.clone()).unwrap_or_default();
        let quoted = raw.contains(['\'', '"', '\\']);
        let delimiter: String =
            raw.chars().filter(|character| !matches!(character, '\'' | '"' | '\\')).collect();
        if self.waiting.len() >= DEPTH {
            return Err(self.wrong("too many here-documents"));
        }
        self.waiting.push(Waiting { index, delimiter, strip_tabs, quoted });
        Ok(Redirect { kind: RedirectKind::Here(index), target })
    }

    /// At a newline: reads the bodies that begin after it.
    pub(super) fn here_bodies(&mut self) -> Parsed<()> {
        for here in std::mem::take(&mut self.waiting) {
            let start = self.at;
            let mut body = String::new();
            loop {
                let rest = self.text.get(self.at..).unwrap_or_default();
                if rest.is_empty() {
                    break;
                }
                let (line, length) = match rest.split_once('\n') {
                    Some((line, _)) => (line, line.len() + 1),
                    None => (rest, rest.len()),
                };
                self.at += length;
                let line = line.strip_suffix('\r').unwrap_or(line);
                let line = if here.strip_tabs { line.trim_start_matches('\t') } else { line };
                if line == here.delimiter {
                    break;
                }
                body.push_str(line);
                body.push('\n');
            }
            let word = if here.quoted {
                Word { pieces: vec![Piece::Quoted(body)], span: start..self.at }
            } else {
                self.enter()?;
                let word = super::word::here_body(&body, start..self.at, self.depth());
                self.leave();
                word?
            };
            if let Some(slot) = self.bodies.get_mut(here.index) {
                *slot = word;
            }
        }
        Ok(())
    }
}
