//! Constants of PowerShell: strings put together, formatted, cast, replaced, decoded. Must never leave out the mark of
//! what is not known.

use super::super::expand::{HOME, UNKNOWN, bounded};
use super::super::windows;
use super::cmdlet::Stage;
use super::lex::{Kind, Token, variable_name};
use super::{Reader, closing, operand};

/// Most parentheses of an expression that are folded.
const DEPTH: usize = 16;

fn unknown() -> Vec<String> {
    vec![UNKNOWN.to_string()]
}

impl Reader<'_, '_> {
    /// The text of an expression; a list is joined by blanks.
    pub(super) fn value(&mut self, tokens: &[Token]) -> String {
        let text = bounded(self.list(tokens, 0).join(" "));
        if self.findings.spend(text.len()) { text } else { UNKNOWN.to_string() }
    }

    fn list(&mut self, tokens: &[Token], depth: usize) -> Vec<String> {
        if depth >= DEPTH || !self.findings.spend(tokens.len() + 1) {
            return unknown();
        }
        let mut items: Vec<String> = Vec::new();
        let mut rest = tokens;
        let mut adds = false;
        while let Some((first, after)) = rest.split_first() {
            match &first.kind {
                Kind::Sign('+') => {
                    adds = true;
                    rest = after;
                    continue;
                }
                Kind::Sign(',') => {
                    rest = after;
                    continue;
                }
                Kind::Word(word) if is_operator(word) => {
                    let right = self.list(after, depth + 1);
                    return operate(&word.to_ascii_lowercase(), items, &right);
                }
                Kind::Sign('=' | '<' | '>' | '*' | '!' | '%') => return unknown(),
                Kind::Word(_) | Kind::Text(_) | Kind::Expandable(_) | Kind::Variable(_) | Kind::Sign(_) => {}
            }
            let (mut term, after) = self.term(rest, depth);
            rest = after;
            if adds
                && let Some(last) = items.last_mut()
                && !term.is_empty()
            {
                last.push_str(&term.remove(0));
            }
            items.extend(term);
            adds = false;
        }
        items
    }

    /// One operand with its casts, members and indices, and what follows it.
    fn term<'t>(&mut self, tokens: &'t [Token], depth: usize) -> (Vec<String>, &'t [Token]) {
        let Some(first) = tokens.first() else { return (Vec::new(), &[]) };
        let (own, mut rest) = operand(tokens);
        let inner = own.get(1..own.len().saturating_sub(1)).unwrap_or_default();
        let mut items = match &first.kind {
            Kind::Sign('[') => {
                let name: String = words(inner);
                if rest
                    .first()
                    .is_some_and(|next| matches!(&next.kind, Kind::Word(word) if word.starts_with("::")))
                {
                    vec![format!("[{name}]")]
                } else {
                    let (operand, after) = self.term(rest, depth + 1);
                    return (cast(&name, operand), after);
                }
            }
            Kind::Sign('(') => self.bracket(inner, depth),
            Kind::Sign('$') if own.len() > 1 => {
                let bracketed = own.get(2..own.len() - 1).unwrap_or_default();
                self.bracket(bracketed, depth)
            }
            Kind::Word(word) if word == "@" => return self.term(rest, depth + 1),
            Kind::Word(word) => vec![word.clone()],
            Kind::Text(text) => vec![text.clone()],
            Kind::Expandable(text) => vec![self.interpolated(text)],
            Kind::Variable(name) => vec![self.variable(name)],
            Kind::Sign('{') => vec!["\u{0}".to_owned()],
            Kind::Sign(_) => unknown(),
        };
        while let Some(next) = rest.first().filter(|next| next.glued) {
            let member = match &next.kind {
                Kind::Word(word) => word.strip_prefix("::").or_else(|| word.strip_prefix('.')),
                Kind::Sign('[') if !matches!(first.kind, Kind::Word(_)) => {
                    let length = closing(rest, ']');
                    let index = self.list(rest.get(1..length).unwrap_or_default(), depth + 1);
                    items = indexed(&items, &index);
                    rest = rest.get(length + 1..).unwrap_or_default();
                    continue;
                }
                Kind::Text(_) | Kind::Expandable(_) | Kind::Variable(_) | Kind::Sign(_) => None,
            };
            let Some(member) = member.filter(|_| !matches!(first.kind, Kind::Word(_))) else { break };
            let called = rest.get(1).is_some_and(|open| open.sign('(') && open.glued);
            let length = if called { closing(rest.get(1..).unwrap_or_default(), ')') } else { 0 };
            let arguments = rest.get(2..=length).unwrap_or_default();
            let arguments = if called { self.list(arguments, depth + 1) } else { Vec::new() };
            items = applied(items, &member.to_ascii_lowercase(), &arguments);
            rest = rest.get(1 + if called { length + 1 } else { 0 }..).unwrap_or_default();
        }
        (items, rest)
    }

    /// `(…)`: an expression, or a command whose output is known only for a few.
    fn bracket(&mut self, inner: &[Token], depth: usize) -> Vec<String> {
        let Some(Kind::Word(word)) = inner.first().map(|token| &token.kind) else {
            return self.list(inner, depth + 1);
        };
        let lower = word.to_ascii_lowercase();
        let names = ["get-command", "gcm", "get-alias", "gal", "write-output", "echo", "write"];
        if names.contains(&lower.as_str()) {
            return self.list(inner.get(1..).unwrap_or_default(), depth + 1);
        }
        if is_operator(word) || lower.starts_with(|character: char| character.is_ascii_digit()) {
            return self.list(inner, depth + 1);
        }
        unknown()
    }

    /// The text of a string in double quotes.
    fn interpolated(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['`', '$']) {
            out.push_str(rest.get(..at).unwrap_or_default());
            let after = rest.get(at..).unwrap_or_default();
            if let Some(escaped) = after.strip_prefix('`') {
                let next = escaped.chars().next();
                out.extend(next.map(|next| match next {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    '0' => '\0',
                    other => other,
                }));
                rest = escaped.get(next.map_or(0, char::len_utf8)..).unwrap_or_default();
                continue;
            }
            let (name, length) = variable_name(after);
            if name.is_empty() {
                let substitutes = after.starts_with("$(");
                out.push(if substitutes { UNKNOWN } else { '$' });
                let skip =
                    if substitutes { after.find(')').map_or(after.len(), |close| close + 1) } else { 1 };
                rest = after.get(skip..).unwrap_or_default();
            } else {
                out.push_str(&self.variable(&name));
                rest = after.get(length..).unwrap_or_default();
            }
        }
        out.push_str(rest);
        out
    }

    fn variable(&self, name: &str) -> String {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        environment(name.strip_prefix("env:").unwrap_or(name))
            .map_or_else(|| UNKNOWN.to_string(), str::to_owned)
    }
}

/// What Windows sets, with the paths of a usual installation.
pub(in crate::code::shell) fn environment(name: &str) -> Option<&'static str> {
    Some(match name {
        "home" | "userprofile" | "homepath" | "~" => HOME,
        "temp" | "tmp" => "/tmp",
        "systemroot" | "windir" => "C:/Windows",
        "systemdrive" => "C:",
        "homedrive" => "C:",
        "programfiles" | "programfiles(x86)" | "programw6432" => "C:/Program Files",
        "programdata" | "allusersprofile" => "C:/ProgramData",
        "public" => "C:/Users/Public",
        "appdata" => "~/AppData/Roaming",
        "localappdata" => "~/AppData/Local",
        "comspec" => "C:\\Windows\\System32\\cmd.exe",
        "pwd" | "psscriptroot" | "cd" | "~dp0" => ".",
        "null" => "",
        "true" => "True",
        "false" => "False",
        "shellid" => "Microsoft.PowerShell",
        "pshome" => "C:\\Windows\\System32\\WindowsPowerShell\\v1.0",
        _ => return None,
    })
}

fn words(tokens: &[Token]) -> String {
    tokens
        .iter()
        .filter_map(|token| match &token.kind {
            Kind::Word(word) => Some(word.to_ascii_lowercase()),
            Kind::Sign('[') => Some("[".to_owned()),
            Kind::Sign(']') => Some("]".to_owned()),
            Kind::Text(_) | Kind::Expandable(_) | Kind::Variable(_) | Kind::Sign(_) => None,
        })
        .collect()
}

fn is_operator(word: &str) -> bool {
    matches!(
        word.to_ascii_lowercase().as_str(),
        "-join"
            | "-f"
            | "-replace"
            | "-creplace"
            | "-ireplace"
            | "-split"
            | "-as"
            | "-eq"
            | "-ne"
            | "-like"
            | "-match"
    )
}

fn operate(operator: &str, items: Vec<String>, right: &[String]) -> Vec<String> {
    let first = right.first().map(String::as_str).unwrap_or_default();
    match operator {
        "-join" if items.is_empty() => vec![right.concat()],
        "-join" => vec![items.join(first)],
        "-f" => {
            let mut text = items.concat();
            for (at, value) in right.iter().enumerate().take(64) {
                text = bounded(text.replace(&format!("{{{at}}}"), value));
            }
            vec![text]
        }
        "-replace" | "-creplace" | "-ireplace" => {
            let plain =
                first.chars().all(|character| character.is_alphanumeric() || " -_~#@!%&".contains(character));
            let with = right.get(1).map(String::as_str).unwrap_or_default();
            if !plain || first.is_empty() {
                return unknown();
            }
            items.into_iter().map(|item| bounded(item.replace(first, with))).collect()
        }
        "-split" if !first.is_empty() => {
            items.iter().flat_map(|item| item.split(first).take(256).map(str::to_owned)).collect()
        }
        _ => unknown(),
    }
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    hex.map_or_else(|| text.parse().ok(), |digits| u32::from_str_radix(digits, 16).ok())
}

fn cast(name: &str, items: Vec<String>) -> Vec<String> {
    match name {
        "char" | "char[]" | "system.char" => items
            .iter()
            .flat_map(|item| match number(item).and_then(char::from_u32) {
                Some(character) if item.len() > 1 || name == "char" => vec![character.to_string()],
                Some(_) | None => item.chars().take(4096).map(String::from).collect(),
            })
            .collect(),
        "string" | "string[]" | "scriptblock" | "int" | "int[]" | "void" | "system.string" | "array" => items,
        _ => unknown(),
    }
}

fn indexed(items: &[String], index: &[String]) -> Vec<String> {
    let one: Vec<char> = match items {
        [only] => only.chars().collect(),
        _ => Vec::new(),
    };
    index
        .iter()
        .take(1024)
        .map(|at| {
            let at = at.parse::<i64>().ok();
            let length = if one.is_empty() { items.len() } else { one.len() };
            let at = at.map(|at| if at < 0 { at + i64::try_from(length).unwrap_or(0) } else { at });
            let at = at.and_then(|at| usize::try_from(at).ok());
            match (at, one.is_empty()) {
                (Some(at), true) => items.get(at).cloned(),
                (Some(at), false) => one.get(at).map(char::to_string),
                (None, _) => None,
            }
            .unwrap_or_else(|| UNKNOWN.to_string())
        })
        .collect()
}

fn applied(items: Vec<String>, member: &str, arguments: &[String]) -> Vec<String> {
    let argument = |at: usize| arguments.get(at).map(String::as_str).unwrap_or_default();
    let known = !items.iter().chain(arguments).any(|text| text.contains(UNKNOWN));
    let base64 = member.ends_with("frombase64string");
    match member {
        _ if !known => unknown(),
        _ if base64 => windows::decoded(argument(0)).map_or_else(unknown, |text| vec![text]),
        _ if member.ends_with("getstring") => arguments.to_vec(),
        "replace" if !argument(0).is_empty() => {
            items.into_iter().map(|item| bounded(item.replace(argument(0), argument(1)))).collect()
        }
        "tolower" | "tolowerinvariant" => items.into_iter().map(|item| item.to_lowercase()).collect(),
        "toupper" | "toupperinvariant" => items.into_iter().map(|item| item.to_uppercase()).collect(),
        "tostring" | "trim" | "invoke" | "normalize" => items,
        "tochararray" => items.iter().flat_map(|item| item.chars().map(String::from)).collect(),
        "insert" | "substring" | "remove" => {
            let (Some(from), Some(item)) =
                (number(argument(0)).and_then(|at| usize::try_from(at).ok()), items.first())
            else {
                return unknown();
            };
            let count = number(argument(1)).and_then(|at| usize::try_from(at).ok());
            let (head, tail): (String, String) =
                (item.chars().take(from).collect(), item.chars().skip(from).collect());
            vec![match member {
                "insert" => head + argument(1) + &tail,
                "substring" => tail.chars().take(count.unwrap_or(usize::MAX)).collect(),
                _ => head + &tail.chars().skip(count.unwrap_or(usize::MAX)).collect::<String>(),
            }]
        }
        "join" if arguments.len() > 1 => {
            vec![arguments.get(1..).unwrap_or_default().join(argument(0))]
        }
        "concat" => vec![arguments.concat()],
        _ => unknown(),
    }
}

/// What an expression whose value is not known yields.
pub(super) fn stage(tokens: &[Token]) -> Stage {
    let lower = tokens.iter().filter_map(|token| match &token.kind {
        Kind::Word(word) | Kind::Text(word) | Kind::Expandable(word) => Some(word.to_ascii_lowercase()),
        Kind::Variable(_) | Kind::Sign(_) => None,
    });
    let mut stage = Stage::Unknown;
    for word in lower {
        let any = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
        if any(&[
            "downloadstring",
            "downloaddata",
            "openread",
            "webclient",
            "httpclient",
            "webrequest",
            "restmethod",
        ]) || matches!(word.as_str(), "iwr" | "irm" | "curl" | "wget")
        {
            return Stage::Remote;
        }
        if any(&["frombase64string", "gzipstream", "deflatestream", "securestringto", "-bxor"]) {
            stage = Stage::Decoded;
        }
    }
    stage
}
