//! Parsing words: quoting, escapes, expansions (POSIX.1-2024 XCU 2.2, 2.6; bash for `$'…'`). Must never drop a
//! substitution: whatever runs inside a word is in its pieces.

use std::ops::Range;

use super::parse::{Parsed, Parser};
use super::syntax::{Operation, Parameter, Piece, Word};

/// The body of a here-document with an unquoted delimiter: expansions happen, quotes are text. Its substitutions are
/// parsed as texts of their own, so here-documents inside them lie in the outer text and are not found: an error.
pub(super) fn here_body(body: &str, span: Range<usize>, depth: usize) -> Parsed<Word> {
    let mut parser = Parser::of(body, depth);
    let mut pieces = Vec::new();
    parser
        .quoted_until(&mut pieces, None)
        .map_err(|error| super::parse::SyntaxError { at: span.start, what: error.what })?;
    if parser.has_bodies() {
        return Err(super::parse::SyntaxError {
            at: span.start,
            what: "a here-document inside a here-document",
        });
    }
    Ok(Word { pieces, span })
}

impl Parser<'_> {
    /// One word.
    pub(super) fn word(&mut self) -> Parsed<Word> {
        self.word_until(None)
    }

    /// A word up to a separator, or up to `close` inside `${…}`.
    fn word_until(&mut self, close: Option<u8>) -> Parsed<Word> {
        self.enter()?;
        let start = self.at;
        let mut pieces = Vec::new();
        while let Some(byte) = self.peek() {
            if Some(byte) == close {
                break;
            }
            match byte {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' if close.is_none() => {
                    if (self.starts_with("<(") || self.starts_with(">(")) && byte != b'(' {
                        self.at += 2;
                        let mut body = Vec::new();
                        self.list(&mut body)?;
                        self.close(")", "unclosed process substitution")?;
                        pieces.push(Piece::Process(body));
                        continue;
                    }
                    // An extended glob: `?(…)`, `*(…)`, `+(…)`, `@(…)`, `!(…)`.
                    if byte == b'('
                        && matches!(pieces.last(), Some(Piece::Bare(text)) if text.ends_with(['?', '*', '+', '@', '!']))
                    {
                        self.extended_glob(&mut pieces)?;
                        continue;
                    }
                    break;
                }
                b'\r' if close.is_none() && self.starts_with("\r\n") => break,
                b'\\' => self.escape(&mut pieces),
                b'\'' => {
                    self.at += 1;
                    let text = self.single_quoted()?;
                    pieces.push(Piece::Quoted(text));
                }
                b'"' => {
                    self.at += 1;
                    self.double_quoted(&mut pieces)?;
                }
                b'$' => self.dollar(&mut pieces, false)?,
                b'`' => self.backquoted(&mut pieces, false)?,
                _ => {
                    let text = self
                        .take_while(|byte| !b" \t\r\n;&|<>()\\'\"$`".contains(&byte) && Some(byte) != close);
                    let text = if text.is_empty() { self.one() } else { text.to_owned() };
                    match pieces.last_mut() {
                        Some(Piece::Bare(last)) => last.push_str(&text),
                        Some(_) | None => pieces.push(Piece::Bare(text)),
                    }
                }
            }
        }
        self.leave();
        if pieces.is_empty() && close.is_none() {
            return Err(self.wrong("expected a word"));
        }
        Ok(Word { pieces, span: start..self.at })
    }

    /// The character here, whatever it is.
    fn one(&mut self) -> String {
        let character = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        self.at += character.map_or(1, char::len_utf8);
        character.map(String::from).unwrap_or_default()
    }

    fn close(&mut self, what: &str, otherwise: &'static str) -> Parsed<()> {
        if self.eat(what) { Ok(()) } else { Err(self.wrong(otherwise)) }
    }

    fn extended_glob(&mut self, pieces: &mut Vec<Piece>) -> Parsed<()> {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        pieces
                            .push(Piece::Bare(self.text.get(start..self.at).unwrap_or_default().to_owned()));
                        return Ok(());
                    }
                }
                b'$' | b'`' | b'\n' | b'"' | b'\'' => {
                    return Err(self.wrong("a pattern that is not understood"));
                }
                _ => {}
            }
        }
        Err(self.wrong("unclosed pattern"))
    }

    fn escape(&mut self, pieces: &mut Vec<Piece>) {
        self.at += 1;
        if self.eat("\n") || self.eat("\r\n") {
            return;
        }
        let text = self.one();
        pieces.push(Piece::Quoted(if text.is_empty() { "\\".to_owned() } else { text }));
    }

    fn single_quoted(&mut self) -> Parsed<String> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = memchr::memchr(b'\'', rest).ok_or_else(|| self.wrong("unclosed quote"))?;
        let text = self.text.get(self.at..self.at + length).unwrap_or_default().to_owned();
        self.at += length + 1;
        Ok(text)
    }

    fn double_quoted(&mut self, pieces: &mut Vec<Piece>) -> Parsed<()> {
        // An empty string is a word of its own.
        pieces.push(Piece::Quoted(String::new()));
        self.enter()?;
        self.quoted_until(pieces, Some(b'"'))?;
        self.leave();
        Ok(())
    }

    /// Text in which only `$`, `` ` `` and some backslashes are special, through `close` or to the end of the text.
    fn quoted_until(&mut self, pieces: &mut Vec<Piece>, close: Option<u8>) -> Parsed<()> {
        loop {
            let text = self.take_while(|byte| !b"\\$`".contains(&byte) && Some(byte) != close);
            if !text.is_empty() {
                let text = text.to_owned();
                pieces.push(Piece::Quoted(text));
            }
            match self.peek() {
                None if close.is_none() => return Ok(()),
                None => return Err(self.wrong("unclosed quote")),
                Some(b'\\') => {
                    self.at += 1;
                    if self.eat("\n") {
                        continue;
                    }
                    let next = self.one();
                    let special = matches!(next.as_str(), "$" | "`" | "\"" | "\\");
                    pieces.push(Piece::Quoted(if special { next } else { format!("\\{next}") }));
                }
                Some(b'$') => self.dollar(pieces, true)?,
                Some(b'`') => self.backquoted(pieces, true)?,
                Some(_) => {
                    self.at += 1;
                    return Ok(());
                }
            }
        }
    }

    fn dollar(&mut self, pieces: &mut Vec<Piece>, quoted: bool) -> Parsed<()> {
        self.at += 1;
        match self.peek() {
            Some(b'\'') if !quoted => {
                self.at += 1;
                let text = self.ansi_c()?;
                pieces.push(Piece::Quoted(text));
            }
            Some(b'"') if !quoted => {
                self.at += 1;
                self.double_quoted(pieces)?;
            }
            Some(b'(') => {
                if self.starts_with("((")
                    && let Some(end) = self.arithmetic_end(2)
                {
                    let word = self.arithmetic_word(self.at + 2, end)?;
                    self.at = end + 2;
                    pieces.push(Piece::Arithmetic(word));
                    return Ok(());
                }
                self.at += 1;
                let mut body = Vec::new();
                self.list(&mut body)?;
                self.close(")", "unclosed substitution")?;
                pieces.push(Piece::Substitution { body, quoted });
            }
            Some(b'[') if !quoted => {
                let end = self
                    .text
                    .as_bytes()
                    .get(self.at..)
                    .and_then(|rest| rest.iter().take(512).position(|byte| *byte == b']'));
                let end = self.at + end.ok_or_else(|| self.wrong("unclosed arithmetic"))?;
                let word = self.arithmetic_word(self.at + 1, end)?;
                self.at = end + 1;
                pieces.push(Piece::Arithmetic(word));
            }
            Some(b'{') => {
                self.at += 1;
                let parameter = self.braced(quoted)?;
                pieces.push(Piece::Parameter(parameter));
            }
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let name = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_').to_owned();
                pieces.push(Piece::Parameter(Parameter { name, operation: Operation::Plain, quoted }));
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?$!-".contains(&byte) => {
                let name = self.one();
                pieces.push(Piece::Parameter(Parameter { name, operation: Operation::Plain, quoted }));
            }
            Some(_) | None => pieces.push(Piece::Quoted("$".to_owned())),
        }
        Ok(())
    }

    /// After `${`.
    fn braced(&mut self, quoted: bool) -> Parsed<Parameter> {
        self.enter()?;
        let length = self.starts_with("#") && !self.starts_with("#}");
        let indirect = self.starts_with("!");
        if length || indirect {
            self.at += 1;
        }
        let mut name = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_').to_owned();
        if name.is_empty() && self.peek().is_some_and(|byte| b"@*#?$!-".contains(&byte)) {
            name = self.one();
        }
        let operation = if self.eat("}") {
            match (length, indirect) {
                (true, _) => Operation::Length,
                (false, true) => Operation::Other(Word::default()),
                (false, false) => Operation::Plain,
            }
        } else {
            let operation = self.operation()?;
            self.close("}", "unclosed parameter expansion")?;
            if indirect || length { Operation::Other(Word::default()) } else { operation }
        };
        self.leave();
        Ok(Parameter { name, operation, quoted })
    }

    fn operation(&mut self) -> Parsed<Operation> {
        let start = self.at;
        for (sign, assign) in [(":-", false), (":=", true), ("-", false), ("=", true)] {
            if self.eat(sign) {
                return Ok(Operation::Default { word: self.word_until(Some(b'}'))?, assign });
            }
        }
        if self.eat(":+") || self.eat("+") {
            return Ok(Operation::Alternative(self.word_until(Some(b'}'))?));
        }
        let word = self.word_until(Some(b'}'))?;
        let raw = self.text.get(start..self.at).unwrap_or_default();
        let plain = !raw.contains(['$', '`', '\\', '\'', '"']);
        if let Some(slice) = raw.strip_prefix(':') {
            let (offset, length) =
                slice.split_once(':').map_or((slice, None), |(offset, length)| (offset, Some(length)));
            if let (Ok(offset), Ok(length)) = (offset.trim().parse(), length.map(str::parse).transpose()) {
                return Ok(Operation::Slice(offset, length));
            }
        }
        if plain && let Some(replace) = raw.strip_prefix('/') {
            let (all, replace) = replace.strip_prefix('/').map_or((false, replace), |rest| (true, rest));
            let (pattern, with) = replace.split_once('/').unwrap_or((replace, ""));
            if !pattern.is_empty() && !pattern.contains(['*', '?', '[', '#', '%']) {
                return Ok(Operation::Replace { all, pattern: pattern.to_owned(), with: with.to_owned() });
            }
        }
        Ok(Operation::Other(word))
    }

    /// The text `from..to` as a word whose substitutions count.
    pub(super) fn arithmetic_word(&mut self, from: usize, to: usize) -> Parsed<Word> {
        let text = self.text.get(from..to).unwrap_or_default();
        self.enter()?;
        let word = here_body(text, from..to, self.depth());
        self.leave();
        word
    }

    fn backquoted(&mut self, pieces: &mut Vec<Piece>, quoted: bool) -> Parsed<()> {
        self.at += 1;
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|byte| byte != b'`' && byte != b'\\'));
            match self.peek() {
                None => return Err(self.wrong("unclosed backquote")),
                Some(b'`') => {
                    self.at += 1;
                    pieces.push(Piece::Backquoted { text, quoted });
                    return Ok(());
                }
                Some(_) => {
                    self.at += 1;
                    let next = self.one();
                    if !matches!(next.as_str(), "$" | "`" | "\\") {
                        text.push('\\');
                    }
                    text.push_str(&next);
                }
            }
        }
    }

    /// After `$'`: the escapes of ANSI C (bash manual 3.1.2.4).
    fn ansi_c(&mut self) -> Parsed<String> {
        let mut out = Vec::new();
        loop {
            let text = self.take_while(|byte| byte != b'\'' && byte != b'\\');
            out.extend_from_slice(text.as_bytes());
            if self.eat("'") {
                return Ok(String::from_utf8_lossy(&out).into_owned());
            }
            if !self.eat("\\") {
                return Err(self.wrong("unclosed quote"));
            }
            let escape = self.one();
            let mut buffer = [0; 4];
            let character = |code: u32| char::from_u32(code).unwrap_or('\u{FFFD}');
            match escape.as_str() {
                "n" => out.push(b'\n'),
                "t" => out.push(b'\t'),
                "r" => out.push(b'\r'),
                "a" => out.push(7),
                "b" => out.push(8),
                "e" | "E" => out.push(27),
                "f" => out.push(12),
                "v" => out.push(11),
                "x" => out.push(u8::try_from(self.digits(16, 2)).unwrap_or_default()),
                "u" => {
                    out.extend_from_slice(character(self.digits(16, 4)).encode_utf8(&mut buffer).as_bytes())
                }
                "U" => {
                    out.extend_from_slice(character(self.digits(16, 8)).encode_utf8(&mut buffer).as_bytes())
                }
                "c" => out.extend(self.one().bytes().map(|byte| byte & 0x1F)),
                octal if octal.bytes().all(|byte| (b'0'..b'8').contains(&byte)) && !octal.is_empty() => {
                    self.at -= 1;
                    out.push(u8::try_from(self.digits(8, 3) & 0xFF).unwrap_or_default());
                }
                "\\" | "'" | "\"" | "?" => out.extend_from_slice(escape.as_bytes()),
                other => {
                    out.push(b'\\');
                    out.extend_from_slice(other.as_bytes());
                }
            }
        }
    }

    /// Up to `most` digits of `radix`.
    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut value = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(radix)) else { break };
            value = value.wrapping_mul(radix).wrapping_add(digit);
            self.at += 1;
        }
        value
    }
}
