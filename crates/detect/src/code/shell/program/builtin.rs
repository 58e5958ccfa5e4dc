//! What the shell itself runs. Must never forget what a builtin sets.

use crate::code::rule;
use crate::code::shell::expand::{HOME, UNKNOWN};
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::variables::Value;

/// Builtins that evaluate names and numbers among their arguments.
const EVALUATING: &[&str] = &[
    "let", "test", "[", "[[", "read", "unset", "declare", "typeset", "local", "export", "readonly", "mapfile",
];

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    let nothing = Some(Stream::Nothing);
    // A subscript is arithmetic, and arithmetic runs substitutions that quotes had hidden.
    if EVALUATING.contains(&call.name) && call.arguments.iter().any(|word| word.contains(['$', '`'])) {
        machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone());
    }
    match call.name {
        ":" | "true" | "false" | "[" | "[[" | "test" | "dirs" | "exit" | "return" | "break" | "continue"
        | "wait" | "bg" | "fg" | "umask" | "ulimit" | "type" | "shopt" | "caller" | "times" | "let"
        | "expr" | "seq" | "sleep" | "suspend" | "logout" | "disown" | "setopt" | "unsetopt" | "clear" => {
            nothing
        }
        "cd" | "pushd" => {
            let operand = call.arguments.iter().find(|word| !word.starts_with('-') || word.as_str() == "-");
            let unknown = UNKNOWN.to_string();
            machine.enter(match operand.map(String::as_str) {
                None => HOME,
                Some("-") => &unknown,
                Some(path) => path,
            });
            nothing
        }
        "popd" => {
            machine.enter(&UNKNOWN.to_string());
            nothing
        }
        "echo" => Some(echo(call.arguments)),
        "printf" => Some(match call.arguments {
            [option, name, rest @ ..] if option == "-v" => {
                match printf(rest) {
                    Stream::Known(text) => machine.assign(name, Value::Known(text)),
                    Stream::Nothing | Stream::Remote | Stream::Decoded | Stream::Secret | Stream::Unknown => {
                        machine.forget(name)
                    }
                }
                Stream::Nothing
            }
            all => printf(all),
        }),
        "shift" => {
            machine.shift(call.arguments.first().map_or(Some(1), |count| count.parse().ok()));
            nothing
        }
        "jobs" => match call.arguments {
            [option, rest @ ..] if option == "-x" => {
                Some(machine.run(rest, Stream::Nothing, call.span.clone()))
            }
            _ => nothing,
        },
        "bind" | "compgen" | "complete" => {
            // Their options name commands that run.
            if call.arguments.iter().any(|word| word.starts_with('-') && word.contains(['x', 'C', 'F'])) {
                machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
            }
            nothing
        }
        "getopts" => {
            call.arguments.iter().for_each(|name| machine.forget(name));
            nothing
        }
        "hash" => {
            if call.arguments.iter().any(|word| word.starts_with("-p")) {
                machine.findings.add(&rule::HIJACK, call.span.clone());
            }
            nothing
        }
        "set" => {
            if let Some(at) = call.arguments.iter().position(|argument| argument == "--") {
                machine.set_positional(call.arguments.get(at + 1..).unwrap_or_default());
            }
            if call.arguments.windows(2).any(|pair| pair == ["+o", "history"]) {
                machine.findings.add(&rule::HISTORY_WIPE, call.span.clone());
            }
            nothing
        }
        "export" | "declare" | "typeset" | "local" | "readonly" => {
            for argument in call.arguments {
                if let Some((name, value)) = argument.split_once('=') {
                    machine.assign(name.trim_end_matches('+'), Value::Known(value.to_owned()));
                }
            }
            nothing
        }
        "read" | "mapfile" | "readarray" => {
            for name in call.arguments.iter().filter(|argument| !argument.starts_with('-')) {
                machine.forget(name);
            }
            let callback = call.arguments.iter().position(|word| word == "-C");
            if let Some(line) = callback.and_then(|at| call.arguments.get(at + 1)) {
                machine.nested(line, call.span.clone());
            }
            if call.arguments.is_empty() {
                machine.forget("REPLY");
            }
            nothing
        }
        "unset" => {
            for name in call.arguments.iter().filter(|argument| !argument.starts_with('-')) {
                machine.unset(name);
                if name.starts_with("HIST") {
                    machine.findings.add(&rule::HISTORY_WIPE, call.span.clone());
                }
            }
            nothing
        }
        "alias" => {
            for argument in call.arguments {
                if let Some((name, text)) = argument.split_once('=') {
                    machine.alias(name, text);
                }
            }
            nothing
        }
        "unalias" => nothing,
        "eval" => Some(eval(machine, call)),
        "trap" => {
            if let Some(text) = call.arguments.iter().find(|argument| !argument.starts_with('-')) {
                machine.later(text, call.span.clone());
            }
            nothing
        }
        "source" | "." => Some(source(machine, call)),
        "history" => {
            if call
                .arguments
                .iter()
                .any(|argument| argument.starts_with('-') && argument.contains(['c', 'd', 'w']))
            {
                machine.findings.add(&rule::HISTORY_WIPE, call.span.clone());
            }
            Some(Stream::Unknown)
        }
        _ => None,
    }
}

fn eval(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let text = call.arguments.join(" ");
    if call.arguments.is_empty() {
        return Stream::Nothing;
    }
    machine.findings.add(&rule::SHELL_EVAL, call.span.clone());
    if text.trim_matches([UNKNOWN, ' ']).is_empty() {
        machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone());
        return Stream::Unknown;
    }
    machine.nested(&text, call.span.clone())
}

fn source(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    match machine.process_input() {
        Some(input) => {
            super::interpret::feed(machine, &input, super::interpret::Engine::Shell, call.span.clone())
        }
        None => machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone()),
    }
    Stream::Unknown
}

fn echo(arguments: &[String]) -> Stream {
    let mut escapes = false;
    let mut words = arguments;
    while let Some((first, rest)) = words.split_first()
        && matches!(first.as_str(), "-n" | "-e" | "-ne" | "-en" | "-E")
    {
        escapes |= first.contains('e');
        words = rest;
    }
    let text = words.join(" ");
    let text = if escapes { unescape(&text) } else { text };
    Stream::Known(text + "\n")
}

/// `printf` with `%s` and escapes; other formats are not computed.
fn printf(arguments: &[String]) -> Stream {
    let arguments = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments);
    let Some((format, values)) = arguments.split_first() else { return Stream::Nothing };
    let mut values = values.iter();
    let mut out = String::new();
    let format = unescape(format);
    let mut parts = format.split('%');
    out.push_str(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        match part.chars().next() {
            None => {
                out.push('%');
                out.push_str(parts.next().unwrap_or_default());
            }
            Some('s') => {
                out.push_str(values.next().map_or("", String::as_str));
                out.push_str(part.get(1..).unwrap_or_default());
            }
            Some('b') => {
                out.push_str(&values.next().map(|value| unescape(value)).unwrap_or_default());
                out.push_str(part.get(1..).unwrap_or_default());
            }
            Some(_) => return Stream::Unknown,
        }
    }
    Stream::Known(out)
}

/// The escapes of `echo -e` and `printf`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut characters = escaped.chars();
        let code = |digits: &str, radix| {
            u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}')
        };
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\\') => out.push('\\'),
            Some('x') => {
                let digits: String = characters.clone().take(2).take_while(char::is_ascii_hexdigit).collect();
                out.push(code(&digits, 16));
                rest = escaped.get(1 + digits.len()..).unwrap_or_default();
                continue;
            }
            Some('0'..='7') => {
                let digits: String =
                    escaped.chars().take(4).take_while(|digit| ('0'..='7').contains(digit)).collect();
                out.push(code(&digits, 8));
                rest = escaped.get(digits.len()..).unwrap_or_default();
                continue;
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}
