//! Commands of `cmd.exe`: carets, `%variables%` and their substrings, `if`, `for`, `&`, nested shells.
//!
//! A reader of modest size. Must never call safe a command whose name is put together from what it does not know.

use std::collections::HashMap;
use std::ops::Range;

use super::expand::{UNKNOWN, bounded};
use super::powershell;
use super::windows::{self, Known};
use crate::code::findings::Findings;
use crate::code::rule;

/// Most commands inside one another.
const DEPTH: usize = 16;
/// Most commands of a text.
const COMMANDS: usize = 5_000;

/// What only asks, shows or moves about.
const QUIET: &[&str] = &[
    "echo", "dir", "cd", "chdir", "type", "ver", "vol", "date", "time", "path", "prompt", "title", "cls",
    "rem", "pushd", "popd", "setlocal", "endlocal", "exit", "goto", "shift", "verify", "break", "md",
    "mkdir", "call", "color", "pause", "echo.", "doskey", "dpath", "endlocal", "else",
];

/// Inspects `text` as a batch file or a command line.
pub(in crate::code) fn inspect(text: &str, findings: &mut Findings<'_>) {
    if !findings.spend(text.len() * 4 + 64) {
        return;
    }
    super::deceptive(text, findings);
    let mut reader = Reader { findings, variables: HashMap::new(), depth: 0, left: COMMANDS };
    let mut at = 0;
    let mut pending = String::new();
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        if line.ends_with('^') && !line.ends_with("^^") {
            pending.push_str(line.trim_end_matches('^'));
            continue;
        }
        pending.push_str(line);
        let whole = std::mem::take(&mut pending);
        reader.line(&whole, start..start + line.len());
    }
    if !pending.is_empty() {
        reader.line(&pending, 0..text.len());
    }
}

/// Inspects what the command line of `cmd` makes it run.
pub(super) fn start(arguments: &[String], at: Range<usize>, findings: &mut Findings<'_>) {
    let runs = arguments.iter().position(|argument| {
        let lower = argument.to_ascii_lowercase();
        lower.starts_with("/c") || lower.starts_with("/k") || lower.starts_with("/r")
    });
    let Some(first) = runs.and_then(|runs| arguments.get(runs)) else {
        return findings.add(&rule::UNINSPECTED_CODE, at);
    };
    let attached = first.get(2..).unwrap_or_default().to_owned();
    let rest = runs.and_then(|runs| arguments.get(runs + 1..)).unwrap_or_default();
    let line = std::iter::once(attached).chain(rest.iter().cloned()).collect::<Vec<_>>().join(" ");
    let trimmed = line.trim();
    let inside = trimmed.strip_prefix('"').and_then(|line| line.strip_suffix('"'));
    let line = inside.unwrap_or(trimmed).to_owned();
    if line.trim_matches([UNKNOWN, ' ', '"']).is_empty() {
        findings.add(&rule::UNRESOLVED_COMMAND, at.clone());
    }
    findings.within(at, |findings| inspect(&line, findings));
}

struct Reader<'f, 't> {
    findings: &'f mut Findings<'t>,
    variables: HashMap<String, String>,
    depth: usize,
    left: usize,
}

impl Reader<'_, '_> {
    fn line(&mut self, line: &str, at: Range<usize>) {
        if self.depth >= DEPTH || self.left == 0 || !self.findings.spend(line.len() * 2 + 16) {
            return self.findings.add(&rule::TRUNCATED, at);
        }
        self.depth += 1;
        let line = self.expanded(line);
        let mut piped = String::new();
        for (command, into) in commands(&line) {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                self.findings.add(&rule::TRUNCATED, at.clone());
                break;
            }
            self.command(&command, &piped, at.clone());
            piped = if into { command } else { String::new() };
        }
        self.depth -= 1;
    }

    /// `%NAME%`, `%NAME:~from,count%`, `%NAME:a=b%`, `!NAME!`; what is not known becomes the mark.
    fn expanded(&self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some(at) = rest.find(['%', '!']) {
            out.push_str(rest.get(..at).unwrap_or_default());
            let mark = if rest.get(at..).is_some_and(|rest| rest.starts_with('%')) { '%' } else { '!' };
            let after = rest.get(at + 1..).unwrap_or_default();
            if mark == '%'
                && after.starts_with(|next: char| {
                    next == '%' || next == '~' || next == '*' || next.is_ascii_digit()
                })
            {
                // A parameter or the variable of a loop.
                let length =
                    1 + after.chars().skip(1).take_while(|next| next.is_ascii_alphanumeric()).count().min(8);
                out.push_str(if after.to_ascii_lowercase().starts_with("~dp0") { "." } else { "\u{FFFF}" });
                rest = after.get(length..).unwrap_or_default();
                continue;
            }
            let name = after.find(mark).and_then(|end| after.get(..end)).filter(|name| {
                !name.is_empty() && name.len() <= 128 && !name.contains(['"', '&', '|', '<', '>', ' '])
                    || name.contains(":~")
            });
            match name {
                Some(name) => {
                    out.push_str(&self.variable(name));
                    rest = after.get(name.len() + 1..).unwrap_or_default();
                }
                None if mark == '%' && after.starts_with(|next: char| next.is_ascii_alphabetic()) => {
                    out.push(UNKNOWN);
                    rest = after.get(1..).unwrap_or_default();
                }
                None => {
                    out.push(mark);
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        bounded(out)
    }

    fn variable(&self, expression: &str) -> String {
        let (name, operation) = expression.split_once(':').unwrap_or((expression, ""));
        let lower = name.to_ascii_lowercase();
        let value = self
            .variables
            .get(&lower)
            .cloned()
            .or_else(|| powershell::environment(&lower).map(str::to_owned));
        let Some(value) = value else { return UNKNOWN.to_string() };
        if let Some(slice) = operation.strip_prefix('~') {
            let (from, count) = slice.split_once(',').unwrap_or((slice, ""));
            return sliced(&value, from.trim(), count.trim()).unwrap_or_else(|| UNKNOWN.to_string());
        }
        match operation.split_once('=') {
            Some((from, to)) if !from.is_empty() && !from.starts_with('*') => value.replace(from, to),
            Some(_) => UNKNOWN.to_string(),
            None => value,
        }
    }

    fn command(&mut self, command: &str, piped: &str, at: Range<usize>) {
        let command = command.trim().trim_start_matches(['@', '(', ' ', '\t']).trim_end_matches([')', ' ']);
        if command.is_empty() || command.starts_with(':') {
            return;
        }
        let mut words = words(command);
        self.redirects(&mut words, &at);
        let Some((first, arguments)) = words.split_first() else { return };
        let lower = first.to_ascii_lowercase();
        // `del/s`, `rd/s/q`, `echo.`: a switch may stand directly after the name.
        let (name, attached) = match lower
            .find('/')
            .filter(|slash| *slash > 0 && !lower.contains(['\\', ':']))
        {
            Some(slash) => (lower.get(..slash).unwrap_or_default(), lower.get(slash..).unwrap_or_default()),
            None => (lower.as_str(), ""),
        };
        let mut arguments: Vec<String> = arguments.to_vec();
        arguments
            .splice(0..0, attached.split('/').filter(|part| !part.is_empty()).map(|part| format!("/{part}")));
        if name.contains(UNKNOWN) {
            return self.findings.add(&rule::UNRESOLVED_COMMAND, at);
        }
        let name = name.trim_matches('"').rsplit('\\').next().unwrap_or_default();
        let name = [".exe", ".com", ".cmd"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        self.run(name, &arguments, command, piped, at);
    }

    fn run(&mut self, name: &str, arguments: &[String], command: &str, piped: &str, at: Range<usize>) {
        let rest = || arguments.join(" ");
        match name {
            "if" | "for" | "else" => {
                if name == "for" && command.contains("in (") && command.contains('\'') {
                    // `for /f %i in ('command') do …`
                    let inner = command.split('\'').nth(1).unwrap_or_default().to_owned();
                    self.line(&inner, at.clone());
                }
                let body = match name {
                    "for" => command.split_once(" do ").map(|(_, body)| body.to_owned()),
                    "if" => Some(conditional(arguments)),
                    _ => Some(rest()),
                };
                match body {
                    Some(body) => self.line(&body, at),
                    None => self.findings.add(&rule::UNPARSED, at),
                }
            }
            "call" | "start" | "runas" | "cmd" | "forfiles" | "psexec" => self.nested(name, arguments, at),
            "set" => {
                let text = rest();
                let text = text
                    .strip_prefix('"')
                    .and_then(|text| text.rsplit_once('"'))
                    .map_or(text.as_str(), |(inside, _)| inside);
                if let Some((variable, value)) = text.split_once('=') {
                    let value = if variable.to_ascii_lowercase().starts_with("/p")
                        || variable.to_ascii_lowercase().starts_with("/a")
                    {
                        UNKNOWN.to_string()
                    } else {
                        value.to_owned()
                    };
                    let variable = variable.rsplit(' ').next().unwrap_or_default();
                    self.variables.insert(variable.to_ascii_lowercase(), value);
                }
            }
            "del" | "erase" | "rd" | "rmdir" | "deltree" => self.delete(name, arguments, at),
            "powershell" | "pwsh" => {
                let text = (!piped.is_empty()).then(|| piped.trim_start_matches("echo ").to_owned());
                powershell::start(&unquoted(arguments), text.as_deref(), at, self.findings);
            }
            "copy" | "move" | "xcopy" | "ren" | "rename" | "mklink" | "replace" => {
                if name == "move"
                    && arguments
                        .first()
                        .is_some_and(|path| windows::windows_target(path) >= super::target::Target::System)
                {
                    self.findings.add(&rule::PROTECTED_WRITE, at.clone());
                }
                let to = arguments.iter().rfind(|argument| !argument.starts_with('/'));
                if let Some(rule) = to.and_then(|path| windows::writing(path)) {
                    self.findings.add(rule, at);
                }
            }
            "type" | "more" | "findstr" if arguments.iter().any(|path| windows::is_credential(path)) => {
                self.findings.add(&rule::CREDENTIAL_READ, at);
            }
            _ if QUIET.contains(&name) => {}
            _ => match windows::judge(name, &unquoted(arguments)) {
                Some(Known::Quiet) => {}
                Some(Known::Does(rule)) => self.findings.add(rule, at),
                None => {
                    let fields: Vec<Option<String>> =
                        std::iter::once(name.to_owned()).chain(unquoted(arguments)).map(Some).collect();
                    super::inspect_arguments(&fields, at, self.findings);
                }
            },
        }
    }

    /// A command that starts the one in its arguments.
    fn nested(&mut self, name: &str, arguments: &[String], at: Range<usize>) {
        let line = match name {
            "cmd" => return start(arguments, at, self.findings),
            "forfiles" => {
                let at_command = arguments.iter().position(|word| word.eq_ignore_ascii_case("/c"));
                at_command
                    .and_then(|index| arguments.get(index + 1))
                    .cloned()
                    .unwrap_or_default()
                    .replace("0x22", "\"")
            }
            "runas" | "psexec" => {
                self.findings.add(&rule::SUDO, at.clone());
                arguments.iter().filter(|word| !word.starts_with('/')).cloned().collect::<Vec<_>>().join(" ")
            }
            // The first quoted argument of `start` is a title.
            _ => arguments
                .iter()
                .skip_while(|word| word.starts_with('/') || word.as_str() == "\"\"")
                .cloned()
                .collect::<Vec<_>>()
                .join(" "),
        };
        if line.starts_with(':') {
            return;
        }
        let line = line.trim();
        let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line).to_owned();
        self.line(&line, at);
    }

    fn delete(&mut self, name: &str, arguments: &[String], at: Range<usize>) {
        let recursive =
            arguments.iter().any(|word| word.to_ascii_lowercase().contains("/s")) || name == "deltree";
        let paths: Vec<String> =
            unquoted(arguments).into_iter().filter(|word| !word.starts_with('/') || word.len() > 3).collect();
        for path in &paths {
            self.findings.add(windows::removal(path, recursive), at.clone());
        }
        if paths.is_empty() {
            self.findings.add(&rule::UNRESOLVED_TARGET, at);
        }
    }

    /// Judges the files that are written and takes the redirections out.
    fn redirects(&mut self, words: &mut Vec<String>, at: &Range<usize>) {
        let mut index = 0;
        while let Some(word) = words.get(index) {
            let operator = word.trim_start_matches(|character: char| character.is_ascii_digit());
            let Some(target) = operator.strip_prefix(['>', '<']).filter(|_| !word.starts_with('"')) else {
                index += 1;
                continue;
            };
            let writes = operator.starts_with('>');
            let target = target.trim_start_matches('>').to_owned();
            words.remove(index);
            let target = if target.is_empty() && index < words.len() { words.remove(index) } else { target };
            let target = target.trim_matches('"');
            if writes
                && !target.starts_with('&')
                && !target.eq_ignore_ascii_case("nul")
                && let Some(rule) = windows::writing(target)
            {
                self.findings.add(rule, at.clone());
            }
        }
    }
}

/// The commands of a line, carets undone, and whether each is piped into the next.
fn commands(line: &str) -> Vec<(String, bool)> {
    let mut out = Vec::new();
    let mut own = String::new();
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                quoted = !quoted;
                own.push('"');
            }
            '^' if !quoted => own.extend(characters.next()),
            '&' if !quoted => {
                // `2>&1` is no separator.
                if own.ends_with('>') {
                    own.push('&');
                } else {
                    characters.next_if_eq(&'&');
                    out.push((std::mem::take(&mut own), false));
                }
            }
            '|' if !quoted => {
                let or = characters.next_if_eq(&'|').is_some();
                out.push((std::mem::take(&mut own), !or));
            }
            other => own.push(other),
        }
    }
    out.push((own, false));
    out
}

/// The words of a command: blanks, commas, semicolons and equal signs separate; quotes hold together and stay.
fn words(command: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut own = String::new();
    let mut quoted = false;
    for character in command.chars() {
        match character {
            '"' => {
                quoted = !quoted;
                own.push('"');
            }
            ' ' | '\t' | ',' | ';' | '\u{a0}' if !quoted => {
                if !own.is_empty() {
                    out.push(std::mem::take(&mut own));
                }
            }
            '>' | '<'
                if !quoted && !own.is_empty() && !own.ends_with(['>', '<']) && own.parse::<u8>().is_err() =>
            {
                out.push(std::mem::take(&mut own));
                own.push(character);
            }
            other => own.push(other),
        }
    }
    if !own.is_empty() {
        out.push(own);
    }
    // A quoted or split command name: `"del"`, `d"e"l`.
    if let Some(first) = out.first_mut() {
        *first = first.replace('"', "");
    }
    out
}

fn unquoted(arguments: &[String]) -> Vec<String> {
    arguments.iter().map(|argument| argument.replace('"', "")).collect()
}

/// The command of `if [/i] [not] exist x command`, `if a==b command`, `if errorlevel 1 command`.
fn conditional(arguments: &[String]) -> String {
    let mut rest = arguments;
    while let Some((first, after)) = rest.split_first()
        && (first.eq_ignore_ascii_case("/i") || first.eq_ignore_ascii_case("not"))
    {
        rest = after;
    }
    let first = rest.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let skip = match first.as_str() {
        "exist" | "defined" | "errorlevel" | "cmdextversion" => 2,
        _ if first.contains("==") && !first.ends_with("==") => 1,
        _ if first.ends_with("==") => 2,
        _ => 3,
    };
    rest.get(skip..).unwrap_or_default().join(" ")
}

/// `%NAME:~from,count%`; negative numbers count from the end.
fn sliced(value: &str, from: &str, count: &str) -> Option<String> {
    let characters: Vec<char> = value.chars().collect();
    let length = i64::try_from(characters.len()).ok()?;
    let from: i64 = from.parse().ok()?;
    let start = if from < 0 { (length + from).max(0) } else { from.min(length) };
    let end = match count {
        "" => length,
        count => {
            let count: i64 = count.parse().ok()?;
            if count < 0 { length + count } else { start.saturating_add(count) }
        }
    };
    let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end.clamp(start, length)).ok()?);
    Some(characters.get(start..end)?.iter().collect())
}

#[cfg(test)]
mod tests;
