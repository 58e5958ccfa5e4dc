//! A Rust file split into what the compiler reads and what a person reads, line for line.
//!
//! Knows comments, literals and paths, and nothing else of the language; it must never need to.

use crate::workspace::TextFile;

/// A Rust file of the repository.
#[derive(Debug, Clone)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    /// The text with comments and the insides of literals blanked.
    pub(crate) code: String,
    /// The text with everything but comments blanked.
    pub(crate) comments: String,
}

/// A path such as `std::fs::read`, or a single word; an imported group counts as one path for each member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) segments: Vec<String>,
    /// From 1.
    pub(crate) line: usize,
}

impl<'a> Source<'a> {
    /// `None` for a file that is not Rust.
    pub(crate) fn of(file: &'a TextFile) -> Option<Self> {
        file.path.ends_with(".rs").then(|| {
            let (code, comments) = split(&file.text);
            Self { path: &file.path, text: &file.text, code, comments }
        })
    }

    /// The folder under `crates/`, when the file is part of what a crate ships.
    pub(crate) fn shipped_by(&self) -> Option<&'a str> {
        let (name, rest) = self.path.strip_prefix("crates/")?.split_once('/')?;
        (rest.starts_with("src/") && !self.is_test()).then_some(name)
    }

    /// Tests, benches and examples are not shipped.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "benches" | "examples" | "fuzz" | "tests.rs"))
    }

    /// Every path and word of the code, in order.
    pub(crate) fn paths(&self) -> Vec<Path> {
        let mut reader = Reader { tokens: tokens(&self.code), at: 0, found: Vec::new() };
        while reader.at < reader.tokens.len() {
            if !reader.path(&[]) {
                reader.at += 1;
            }
        }
        reader.found
    }
}

impl Path {
    /// Whether the path is `start` or goes on from it. A glob over `start`'s parent counts.
    pub(crate) fn starts_with(&self, start: &[&str]) -> bool {
        let globbed = self.segments.split_last().is_some_and(|(last, parents)| {
            last == "*"
                && !parents.is_empty()
                && parents.iter().zip(start).all(|(ours, theirs)| ours == theirs)
        });
        globbed
            || (self.segments.len() >= start.len() && self.segments.iter().zip(start).all(|(a, b)| a == b))
    }

    pub(crate) fn contains(&self, segment: &str) -> bool {
        self.segments.iter().any(|own| own == segment)
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self.segments.as_slice(), [only] if only == word)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str, usize),
    Colons,
    Sign(char),
}

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    found: Vec<Path>,
}

impl Reader<'_> {
    fn sign(&mut self, sign: char) -> bool {
        let matches = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(matches);
        matches
    }

    /// Reads one path that starts below `above`; false when there is none here.
    fn path(&mut self, above: &[String]) -> bool {
        let Some(&Token::Word(first, line)) = self.tokens.get(self.at) else { return false };
        self.at += 1;
        let mut segments = above.to_vec();
        segments.push(first.to_owned());
        while self.tokens.get(self.at) == Some(&Token::Colons) {
            match self.tokens.get(self.at + 1) {
                Some(&Token::Word(word, _)) => segments.push(word.to_owned()),
                Some(&Token::Sign('*')) => segments.push("*".to_owned()),
                Some(&Token::Sign('{')) => {
                    self.at += 2;
                    self.group(&segments);
                    return true;
                }
                Some(Token::Colons | Token::Sign(_)) | None => break,
            }
            self.at += 2;
        }
        self.found.push(Path { segments, line });
        true
    }

    /// Reads the members of `above::{…}` up to the closing brace.
    fn group(&mut self, above: &[String]) {
        while self.at < self.tokens.len() && !self.sign('}') {
            if !self.path(above) {
                self.at += 1;
            }
        }
    }
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line;
        while let Some(next) = rest.chars().next() {
            let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            let (token, length) = match next {
                _ if word > 0 => (Some(Token::Word(rest.get(..word).unwrap_or_default(), index + 1)), word),
                ':' if rest.starts_with("::") => (Some(Token::Colons), 2),
                _ if next.is_whitespace() => (None, next.len_utf8()),
                _ => (Some(Token::Sign(next)), next.len_utf8()),
            };
            tokens.extend(token);
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What a character of the file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    LineComment,
    /// Nested this deep.
    BlockComment(usize),
    Text,
    /// Closed by a quote and this many `#`.
    RawText(usize),
}

/// The code and the comments of `text`, each with the rest blanked. Line breaks stay in both.
fn split(text: &str) -> (String, String) {
    let mut views =
        Views { code: String::with_capacity(text.len()), comments: String::with_capacity(text.len()) };
    let mut part = Part::Code;
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let (after, length) = step(part, rest, before);
        let taken = rest.get(..length).unwrap_or(rest);
        views.take(taken, if part == Part::Code { after } else { part });
        before = taken.chars().last().unwrap_or(next);
        part = after;
        rest = rest.get(length..).unwrap_or_default();
    }
    (views.code, views.comments)
}

/// The part that follows the start of `rest`, and how many bytes lead there.
fn step(part: Part, rest: &str, before: char) -> (Part, usize) {
    let one = rest.chars().next().map_or(0, char::len_utf8);
    match part {
        Part::Code if rest.starts_with("//") => (Part::LineComment, 2),
        Part::Code if rest.starts_with("/*") => (Part::BlockComment(1), 2),
        Part::Code if rest.starts_with('"') => (Part::Text, 1),
        Part::Code if rest.starts_with('r') && !is_word(before) || rest.starts_with('r') && before == 'b' => {
            raw_text(rest).map_or((Part::Code, one), |(hashes, length)| (Part::RawText(hashes), length))
        }
        Part::Code => (Part::Code, character(rest).unwrap_or(one)),
        Part::LineComment if rest.starts_with('\n') => (Part::Code, 1),
        Part::BlockComment(depth) if rest.starts_with("/*") => (Part::BlockComment(depth + 1), 2),
        Part::BlockComment(1) if rest.starts_with("*/") => (Part::Code, 2),
        Part::BlockComment(depth) if rest.starts_with("*/") => (Part::BlockComment(depth - 1), 2),
        Part::Text if rest.starts_with("\\\\") || rest.starts_with("\\\"") => (Part::Text, 2),
        Part::Text if rest.starts_with('"') => (Part::Code, 1),
        Part::RawText(hashes) if rest.starts_with('"') => {
            let closing = rest.chars().skip(1).take_while(|c| *c == '#').count();
            if closing >= hashes { (Part::Code, 1 + hashes) } else { (part, 1) }
        }
        Part::LineComment | Part::BlockComment(_) | Part::Text | Part::RawText(_) => (part, one),
    }
}

/// The hashes and the length of an opening `r#"`.
fn raw_text(rest: &str) -> Option<(usize, usize)> {
    let hashes = rest.chars().skip(1).take_while(|c| *c == '#').count();
    (rest.chars().nth(1 + hashes) == Some('"')).then_some((hashes, 2 + hashes))
}

/// The length of a character literal, which may hold a quote; `None` for a lifetime or anything else.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    let mut chars = inside.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        return inside.char_indices().skip(2).find(|(_, c)| *c == '\'').map(|(index, _)| index + 2);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(index, _)| index + 2)
}

struct Views {
    code: String,
    comments: String,
}

impl Views {
    fn take(&mut self, taken: &str, part: Part) {
        let blank = || taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' });
        let quote_like = taken.starts_with('\'') && taken.len() > 1;
        match part {
            Part::Code if !quote_like => {
                self.code.push_str(taken);
                self.comments.extend(blank());
            }
            Part::LineComment | Part::BlockComment(_) => {
                self.code.extend(blank());
                self.comments.push_str(taken);
            }
            Part::Code | Part::Text | Part::RawText(_) => {
                self.code.extend(blank());
                self.comments.extend(blank());
            }
        }
    }
}

#[cfg(test)]
mod tests;
