//! Parsing commands: recursive descent over the text, one pass, depth bounded. Must never guess: what the grammar does
//! not know is an error, and an error makes the text unknown.
//!
//! Written for this crate since the parsers at hand do not bound hostile input: a long pipeline exhausts the memory of
//! the GLR grammar, open parentheses the time and the stack of the PEG one.

use std::ops::Range;

use super::redirect::Waiting;
use super::syntax::{Assignment, Command, Commands, Grouping, Piece, Simple, Word};

/// Most constructs open at once.
pub(super) const DEPTH: usize = 40;

/// A script and the bodies of its here-documents.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) commands: Commands,
    pub(super) bodies: Vec<Word>,
    /// Where the text stopped being shell.
    pub(super) errors: Vec<SyntaxError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// Most errors after which parsing goes on at the next line.
const ERRORS: usize = 8;

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    depth: usize,
    pub(super) bodies: Vec<Word>,
    pub(super) waiting: Vec<Waiting>,
    /// Where the outermost command that is being parsed begins.
    outermost: usize,
}

const RESERVED_ENDS: &[&str] = &["then", "do", "done", "fi", "else", "elif", "esac", "}"];

/// Parses a whole script. After an error it goes on at the line after the one where the command began.
pub(super) fn parse(text: &str) -> Script {
    let mut parser = Parser { text, at: 0, depth: 0, bodies: Vec::new(), waiting: Vec::new(), outermost: 0 };
    let mut script = Script::default();
    loop {
        match parser.list(&mut script.commands) {
            Ok(()) if parser.peek().is_none() => break,
            Ok(()) => script.errors.push(parser.wrong("unexpected token")),
            Err(error) => script.errors.push(error),
        }
        // What a construct that never closes holds is looked at line by line.
        let from = parser.outermost;
        let Some(line) = memchr::memchr(b'\n', text.as_bytes().get(from..).unwrap_or_default()) else {
            break;
        };
        if script.errors.len() >= ERRORS {
            break;
        }
        parser.at = from + line + 1;
        parser.outermost = parser.at;
        parser.depth = 0;
        parser.waiting.clear();
    }
    script.bodies = parser.bodies;
    script
}

impl<'t> Parser<'t> {
    /// Commands up to the end of the text or to what closes the construct around; that is left standing.
    pub(super) fn list(&mut self, commands: &mut Commands) -> Parsed<()> {
        self.enter()?;
        loop {
            self.separators()?;
            let Some(byte) = self.peek() else { break };
            if byte == b')'
                || self.starts_with(";;")
                || self.starts_with(";&")
                || self.at_reserved(RESERVED_ENDS)
            {
                break;
            }
            if self.depth == 1 {
                self.outermost = self.at;
            }
            let from = commands.len();
            self.and_or(commands)?;
            self.blanks();
            if self.starts_with("&") {
                // In the background, that is in a process of its own.
                let body = commands.split_off(from);
                commands.push(Command::Group { body, kind: Grouping::Subshell, redirects: Vec::new() });
            }
        }
        self.leave();
        Ok(())
    }

    fn and_or(&mut self, commands: &mut Commands) -> Parsed<()> {
        let first = self.pipeline()?;
        commands.push(first);
        loop {
            self.blanks();
            if !(self.eat("&&") || self.eat("||")) {
                return Ok(());
            }
            self.newlines()?;
            let body = vec![self.pipeline()?];
            commands.push(Command::Group { body, kind: Grouping::Branch, redirects: Vec::new() });
        }
    }

    fn pipeline(&mut self) -> Parsed<Command> {
        self.blanks();
        while self.eat_reserved("!") || self.eat_reserved("time") || self.eat_reserved("coproc") {
            self.blanks();
            while self.starts_with("-p ") {
                self.at += 2;
                self.blanks();
            }
        }
        let first = self.command()?;
        let mut parts = vec![first];
        loop {
            self.blanks();
            if self.starts_with("||") || !self.eat("|") {
                break;
            }
            self.eat("&");
            self.newlines()?;
            parts.push(self.command()?);
        }
        Ok(match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Command::Pipeline(parts)
            }
            None => return Err(self.wrong("expected a command")),
        })
    }

    fn command(&mut self) -> Parsed<Command> {
        self.blanks();
        self.enter()?;
        let command = self.command_inner();
        self.leave();
        command
    }

    fn command_inner(&mut self) -> Parsed<Command> {
        if self.starts_with("((")
            && let Some(end) = self.arithmetic_end(2)
        {
            let word = self.arithmetic_word(self.at + 2, end)?;
            self.at = end + 2;
            let words =
                vec![Word { pieces: vec![Piece::Quoted(":".to_owned())], span: word.span.clone() }, word];
            return Ok(Command::Simple(Simple { words, ..Simple::default() }));
        }
        if self.eat("(") {
            let mut body = Vec::new();
            self.list(&mut body)?;
            self.expect(")", "unclosed subshell")?;
            return self.group(body, Grouping::Subshell);
        }
        if self.eat_reserved("{") {
            let mut body = Vec::new();
            self.list(&mut body)?;
            self.expect_reserved("}")?;
            return self.group(body, Grouping::Plain);
        }
        if self.eat_reserved("if") {
            return self.branches();
        }
        if self.eat_reserved("while") || self.eat_reserved("until") {
            let mut body = Vec::new();
            self.list(&mut body)?;
            self.expect_reserved("do")?;
            self.list(&mut body)?;
            self.expect_reserved("done")?;
            return self.group(body, Grouping::Loop);
        }
        if self.eat_reserved("for") || self.eat_reserved("select") {
            return self.for_loop();
        }
        if self.eat_reserved("case") {
            return self.case();
        }
        if self.eat_reserved("function") {
            self.blanks();
            let start = self.at;
            let name = self
                .take_while(|byte| !byte.is_ascii_whitespace() && !b"(){};&|<>".contains(&byte))
                .to_owned();
            self.blanks();
            if self.eat("(") {
                self.blanks();
                self.expect(")", "expected `)`")?;
            }
            return self.function(name, start);
        }
        if self.at_reserved(&["[["]) {
            return self.double_bracket();
        }
        if let Some(name) = self.function_name() {
            let start = self.at;
            self.at = name.end;
            self.blanks();
            self.expect("(", "expected `(`")?;
            self.blanks();
            self.expect(")", "expected `)`")?;
            let name = self.text.get(name).unwrap_or_default().to_owned();
            return self.function(name, start);
        }
        self.simple()
    }

    fn group(&mut self, body: Commands, kind: Grouping) -> Parsed<Command> {
        Ok(Command::Group { body, kind, redirects: self.redirects()? })
    }

    fn branches(&mut self) -> Parsed<Command> {
        let mut body = Vec::new();
        self.list(&mut body)?;
        self.expect_reserved("then")?;
        self.list(&mut body)?;
        loop {
            if self.eat_reserved("elif") {
                self.list(&mut body)?;
                self.expect_reserved("then")?;
                self.list(&mut body)?;
            } else if self.eat_reserved("else") {
                self.list(&mut body)?;
            } else {
                self.expect_reserved("fi")?;
                return self.group(body, Grouping::Branch);
            }
        }
    }

    fn for_loop(&mut self) -> Parsed<Command> {
        self.blanks();
        if self.starts_with("((") {
            let end = self.arithmetic_end(2).ok_or_else(|| self.wrong("unclosed `((`"))?;
            self.at = end + 2;
            let body = self.loop_body()?;
            return self.group(body, Grouping::Loop);
        }
        let variable = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_').to_owned();
        if variable.is_empty() {
            return Err(self.wrong("expected a loop variable"));
        }
        self.newlines()?;
        let mut values = None;
        if self.eat_reserved("in") {
            let mut words = Vec::new();
            loop {
                self.blanks();
                if matches!(self.peek(), None | Some(b';' | b'\n' | b'#')) {
                    break;
                }
                words.push(self.word()?);
            }
            values = Some(words);
        }
        let body = self.loop_body()?;
        Ok(Command::For { variable, values, body, redirects: self.redirects()? })
    }

    fn loop_body(&mut self) -> Parsed<Commands> {
        self.separators()?;
        let mut body = Vec::new();
        if self.eat_reserved("{") {
            self.list(&mut body)?;
            self.expect_reserved("}")?;
        } else {
            self.expect_reserved("do")?;
            self.list(&mut body)?;
            self.expect_reserved("done")?;
        }
        Ok(body)
    }

    fn case(&mut self) -> Parsed<Command> {
        self.blanks();
        let subject = self.word()?;
        self.newlines()?;
        self.expect_reserved("in")?;
        let quiet = Word { pieces: vec![Piece::Quoted(":".to_owned())], span: subject.span.clone() };
        let mut body = vec![Command::Simple(Simple { words: vec![quiet, subject], ..Simple::default() })];
        loop {
            self.separators()?;
            if self.eat_reserved("esac") {
                return self.group(body, Grouping::Branch);
            }
            self.eat("(");
            loop {
                self.blanks();
                self.word()?;
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            self.expect(")", "expected `)` after a pattern")?;
            self.list(&mut body)?;
            let ends = self.eat(";;&") || self.eat(";;") || self.eat(";&") || self.at_reserved(&["esac"]);
            if !ends {
                return Err(self.wrong("expected `;;`"));
            }
        }
    }

    fn function(&mut self, name: String, start: usize) -> Parsed<Command> {
        self.newlines()?;
        let body = match self.command()? {
            Command::Group { body, redirects, kind: Grouping::Plain } if redirects.is_empty() => body,
            other @ (Command::Simple(_)
            | Command::Pipeline(_)
            | Command::Group { .. }
            | Command::For { .. }
            | Command::Function { .. }) => vec![other],
        };
        Ok(Command::Function { name, body, span: start..self.at })
    }

    /// `[[ … ]]`: a test; only its substitutions run.
    fn double_bracket(&mut self) -> Parsed<Command> {
        let start = self.at;
        self.at += 2;
        let mut words = vec![Word { pieces: vec![Piece::Quoted("[[".to_owned())], span: start..self.at }];
        loop {
            self.newlines()?;
            if self.eat_reserved("]]") {
                let simple = Simple { words, span: start..self.at, ..Simple::default() };
                return self.group(vec![Command::Simple(simple)], Grouping::Plain);
            }
            match self.peek() {
                None => return Err(self.wrong("unclosed `[[`")),
                // Operators inside are not those of the shell.
                Some(b'<' | b'>' | b'(' | b')' | b'&' | b'|' | b';') => self.at += 1,
                Some(_) => words.push(self.word()?),
            }
        }
    }

    fn simple(&mut self) -> Parsed<Command> {
        let start = self.at;
        let mut simple = Simple::default();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
                continue;
            }
            match self.peek() {
                None | Some(b'\n' | b';' | b'&' | b'|' | b')') => break,
                Some(b'(') => return Err(self.wrong("unexpected `(`")),
                Some(b'#') => break,
                Some(_) => {}
            }
            // Assignments stand before the command, and as arguments of what declares.
            let declares = simple.words.first().is_none_or(super::expand::is_declaration);
            if declares && let Some(assignment) = self.assignment()? {
                simple.assignments.push(assignment);
                continue;
            }
            simple.words.push(self.word()?);
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && simple.redirects.is_empty() {
            return Err(self.wrong("expected a command"));
        }
        simple.span = start..self.at;
        Ok(Command::Simple(simple))
    }

    fn assignment(&mut self) -> Parsed<Option<Assignment>> {
        let bytes = self.text.as_bytes();
        let rest = bytes.get(self.at..).unwrap_or_default();
        if !rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
            return Ok(None);
        }
        let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        // `name[index]=value` sets an element; which one does not matter here.
        let mut length = name;
        if rest.get(length) == Some(&b'[')
            && let Some(close) = rest.iter().take(256).position(|byte| *byte == b']')
        {
            let index = rest.get(length..close).unwrap_or_default();
            if index.iter().any(|byte| matches!(byte, b'$' | b'`'))
                && rest.get(close + 1).is_some_and(|byte| matches!(byte, b'=' | b'+'))
            {
                return Err(self.wrong("a subscript that may run something"));
            }
            length = close + 1;
        }
        let append = rest.get(length) == Some(&b'+') && rest.get(length + 1) == Some(&b'=');
        if !append && rest.get(length) != Some(&b'=') {
            return Ok(None);
        }
        let name = self.text.get(self.at..self.at + name).unwrap_or_default().to_owned();
        self.at += length + 1 + usize::from(append);
        let mut values = Vec::new();
        if self.eat("(") {
            loop {
                self.newlines()?;
                if self.eat(")") {
                    break;
                }
                values.push(self.word()?);
            }
        } else if !matches!(self.peek(), None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')')) {
            values.push(self.word()?);
        }
        Ok(Some(Assignment { name, append, values }))
    }

    /// Spaces, tabs, line continuations and carriage returns before a newline.
    pub(super) fn blanks(&mut self) {
        loop {
            if matches!(self.peek(), Some(b' ' | b'\t')) {
                self.at += 1;
            } else if self.starts_with("\\\n") || (self.starts_with("\r\n")) {
                self.at += if self.starts_with("\r") { 1 } else { 2 };
            } else if self.starts_with("\\\r\n") {
                self.at += 3;
            } else {
                return;
            }
        }
    }

    /// Blanks, newlines and comments.
    fn newlines(&mut self) -> Parsed<()> {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'\n') => {
                    self.at += 1;
                    self.here_bodies()?;
                }
                Some(b'#') => {
                    let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Newlines and the ends of lists.
    fn separators(&mut self) -> Parsed<()> {
        loop {
            self.newlines()?;
            let single = match self.peek() {
                Some(b';') => !self.starts_with(";;") && !self.starts_with(";&"),
                Some(b'&') => !self.starts_with("&&") && !self.starts_with("&>"),
                Some(_) | None => false,
            };
            if !single {
                return Ok(());
            }
            self.at += 1;
        }
    }

    pub(super) fn enter(&mut self) -> Parsed<()> {
        if self.depth >= DEPTH {
            return Err(self.wrong("nested too deep"));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) const fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) const fn has_bodies(&self) -> bool {
        !self.bodies.is_empty()
    }

    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn starts_with(&self, what: &str) -> bool {
        self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    pub(super) fn eat(&mut self, what: &str) -> bool {
        let is = self.starts_with(what);
        if is {
            self.at += what.len();
        }
        is
    }

    fn expect(&mut self, what: &str, otherwise: &'static str) -> Parsed<()> {
        if self.eat(what) { Ok(()) } else { Err(self.wrong(otherwise)) }
    }

    /// True when one of `words` stands here as a word of its own.
    fn at_reserved(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            self.starts_with(word)
                && self.text.as_bytes().get(self.at + word.len()).is_none_or(|byte| {
                    byte.is_ascii_whitespace()
                        || b";&|()<>#".contains(byte) && !(*word == "}" && *byte == b'(')
                })
        })
    }

    fn eat_reserved(&mut self, word: &str) -> bool {
        let is = self.at_reserved(&[word]);
        if is {
            self.at += word.len();
        }
        is
    }

    fn expect_reserved(&mut self, word: &'static str) -> Parsed<()> {
        self.separators()?;
        if self.eat_reserved(word) { Ok(()) } else { Err(self.wrong("a construct is not closed")) }
    }

    pub(super) fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(&keep) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The name in `name ()`, when that stands here.
    fn function_name(&self) -> Option<Range<usize>> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let name = rest
            .iter()
            .take(128)
            .take_while(|byte| !byte.is_ascii_whitespace() && !b"(){};&|<>$`'\"\\=#*?[]~".contains(byte))
            .count();
        let after = rest.get(name..)?;
        let blank = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let open = after.get(blank..)?.strip_prefix(b"(")?;
        let close = open.iter().find(|byte| !matches!(byte, b' ' | b'\t'))?;
        (name > 0 && *close == b')').then_some(self.at..self.at + name)
    }

    /// The offset of the `))` that closes the `((` here, unless its parentheses say that it is a nested subshell.
    pub(super) fn arithmetic_end(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        // Bounded: arithmetic is short, and `((` before a subshell would otherwise be searched again and again.
        let rest = self.text.as_bytes().get(self.at + open..)?;
        for (index, byte) in rest.iter().take(2048).enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' => return (rest.get(index + 1) == Some(&b')')).then_some(self.at + open + index),
                b'\'' | b'`' | b';' | b'#' if open == 2 && !self.starts_with("((") => return None,
                _ => {}
            }
        }
        None
    }

    pub(super) const fn wrong(&self, what: &'static str) -> SyntaxError {
        SyntaxError { at: self.at, what }
    }

    /// A parser of a piece of the text that stands `depth` deep.
    pub(super) const fn of(text: &'t str, depth: usize) -> Self {
        Self { text, at: 0, depth, bodies: Vec::new(), waiting: Vec::new(), outermost: 0 }
    }
}
