//! Programs that search, whose options run others or write: find, fd, rg, sort, split. Must never take a search for
//! read-only before its options were read.

use super::options::Options;
use super::wrap;
use crate::code::rule;
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::target::Target;

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    match call.name {
        "find" | "gfind" => find(machine, call),
        "fd" | "fdfind" => fd(machine, call),
        "rg" | "ack" | "ag" => {
            let value = |name: &str| {
                call.arguments.iter().enumerate().find_map(|(at, argument)| {
                    let after = argument.strip_prefix(name)?;
                    after
                        .strip_prefix('=')
                        .map(str::to_owned)
                        .or_else(|| call.arguments.get(at + 1).cloned().filter(|_| after.is_empty()))
                })
            };
            // It runs whatever is called gzip or xz on the path.
            if call.arguments.iter().any(|argument| argument == "--search-zip") {
                machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
            }
            for option in ["--pre", "--hostname-bin", "--pager"] {
                if value(option).is_some() {
                    machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
                }
            }
            let options =
                Options::of(call.arguments, "ABCefgmtTMrjd", &["pre-glob", "glob", "type", "regexp"]);
            for path in options.operands.iter().skip(1) {
                machine.read(path, call.span.clone());
            }
        }
        "sort" => {
            let options = Options::of(
                call.arguments,
                "oktST",
                &[
                    "output",
                    "compress-program",
                    "key",
                    "field-separator",
                    "buffer-size",
                    "temporary-directory",
                    "files0-from",
                    "parallel",
                ],
            );
            if options.has_long("compress-program") {
                machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
            }
            if let Some(path) = options.value('o').or_else(|| options.long_value("output")) {
                machine.write(path, false, call.span.clone());
            }
        }
        "split" | "csplit" => {
            let options =
                Options::of(call.arguments, "abClnt", &["filter", "bytes", "lines", "suffix-length"]);
            if let Some(line) = options.long_value("filter") {
                wrap::text(machine, call, line);
            }
        }
        _ => return None,
    }
    Some(match call.input {
        Stream::Remote | Stream::Decoded | Stream::Secret => call.input.clone(),
        Stream::Nothing | Stream::Known(_) | Stream::Unknown => Stream::Unknown,
    })
}

fn find(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let starts: Vec<&String> = call
        .arguments
        .iter()
        .skip_while(|argument| matches!(argument.as_str(), "-H" | "-L" | "-P") || argument.starts_with("-O"))
        .take_while(|argument| !argument.starts_with(['-', '(', '!']) || argument.starts_with("--"))
        .collect();
    let worst = starts.iter().map(|start| machine.judge(start)).max().unwrap_or(Target::Here);
    let narrowed = call.arguments.iter().any(|argument| {
        matches!(
            argument.as_str(),
            "-name" | "-iname" | "-path" | "-ipath" | "-regex" | "-iregex" | "-empty" | "-wholename"
        )
    });
    let mut arguments = call.arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-delete" => machine.findings.add(deletion(worst, narrowed), call.span.clone()),
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let command: Vec<String> = arguments
                    .by_ref()
                    .take_while(|argument| argument.as_str() != ";" && argument.as_str() != "+")
                    .cloned()
                    .collect();
                exec(machine, call, &command, worst, narrowed);
            }
            "-fprint" | "-fprintf" | "-fls" | "-fprint0" => {
                if let Some(path) = arguments.next() {
                    machine.write(path, false, call.span.clone());
                }
            }
            // Once the expression has begun a word by itself is none of it: ` -exec` behind a backslash, `"*"-delete`.
            word if word.contains("-exec") || word.contains("-delete") => {
                machine.findings.add(&rule::UNPARSED, call.span.clone());
            }
            _ => {}
        }
    }
}

const fn deletion(start: Target, narrowed: bool) -> &'static rule::Rule {
    match (start, narrowed) {
        (Target::Root | Target::System, false) => &rule::RM_ROOT,
        (Target::Temporary | Target::Output, _) => &rule::RM_FILE,
        (Target::Inside | Target::Here, true) => &rule::FIND_DELETE_NARROWED,
        (
            Target::Root
            | Target::System
            | Target::Inside
            | Target::Here
            | Target::Unknown
            | Target::Elsewhere
            | Target::Home,
            _,
        ) => &rule::FIND_DELETE,
    }
}

/// The command runs on what is found: some path under the start.
fn exec(machine: &mut Machine<'_, '_>, call: &Call<'_>, command: &[String], start: Target, narrowed: bool) {
    let name = command.first().map(|name| name.rsplit('/').next().unwrap_or(name)).unwrap_or_default();
    if matches!(name, "rm" | "unlink" | "shred" | "rmdir") {
        machine.findings.add(deletion(start, narrowed), call.span.clone());
        return;
    }
    let fields: Vec<String> =
        command.iter().map(|argument| argument.replace("{}", &UNKNOWN.to_string())).collect();
    machine.run(&fields, Stream::Nothing, call.span.clone());
}

fn fd(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let at = call
        .arguments
        .iter()
        .position(|argument| matches!(argument.as_str(), "-x" | "-X" | "--exec" | "--exec-batch"));
    if let Some(command) = at.and_then(|at| call.arguments.get(at + 1..)) {
        exec(machine, call, command, Target::Here, true);
    }
}
