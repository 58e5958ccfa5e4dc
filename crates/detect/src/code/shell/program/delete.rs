//! Programs that delete. Must never judge a deletion without its target.

use super::options::Options;
use crate::code::rule::{self, Rule};
use crate::code::shell::expand::{HOME, UNKNOWN};
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::target::{self, Target};

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    match call.name.to_ascii_lowercase().as_str() {
        "rm" | "grm" | "srm" => remove(machine, call),
        "unlink" => files(machine, call, call.arguments),
        "rmdir" => {
            if call.arguments.iter().any(|argument| argument.eq_ignore_ascii_case("/s")) {
                windows(machine, call);
            } else {
                // Removes empty directories only.
                files(machine, call, call.arguments);
            }
        }
        "shred" | "wipe" => shred(machine, call),
        "truncate" => truncate(machine, call),
        "del" | "erase" | "rd" | "remove-item" | "ri" => windows(machine, call),
        "trash" | "trash-put" | "gio" | "rmtrash" => {}
        _ => return None,
    }
    Some(Stream::Nothing)
}

fn remove(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "", &["interactive"]);
    if options.has_long("help") || options.has_long("version") {
        return;
    }
    let recursive = options.has("rR") || options.has_long("recursive");
    let force = options.has("f") || options.has_long("force");
    if options.has_long("no-preserve-root") {
        machine.findings.add(&rule::RM_ROOT, call.span.clone());
    }
    if options.operands.is_empty() && recursive {
        machine.findings.add(&rule::UNRESOLVED_TARGET, call.span.clone());
    }
    for operand in &options.operands {
        if let Some(rule) = removal(machine, operand, recursive, force) {
            machine.findings.add(rule, call.span.clone());
        }
        if target::is_trace(operand) {
            machine.findings.add(&rule::HISTORY_WIPE, call.span.clone());
        }
    }
}

/// What removing `path` is.
fn removal(machine: &Machine<'_, '_>, path: &str, recursive: bool, force: bool) -> Option<&'static Rule> {
    let target = machine.judge(path);
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let wild = name.contains(['*', '?']);
    if recursive {
        return Some(match target {
            Target::Root | Target::System => &rule::RM_ROOT,
            Target::Home | Target::Elsewhere | Target::Here => &rule::RM_RF,
            Target::Unknown => &rule::UNRESOLVED_TARGET,
            Target::Inside => &rule::RM_RELATIVE,
            Target::Output | Target::Temporary => &rule::RM_OUTPUT,
        });
    }
    match target {
        // `rm /*`, `rm ~/*` take every file there.
        Target::Root => Some(&rule::RM_ROOT),
        Target::System => Some(&rule::RM_OUTSIDE),
        Target::Home | Target::Elsewhere if wild && force => Some(&rule::RM_OUTSIDE),
        Target::Home | Target::Elsewhere if path.starts_with(HOME) || path.starts_with('/') => {
            Some(&rule::RM_AWAY)
        }
        Target::Here if wild => Some(&rule::RM_MANY),
        Target::Inside if wild => Some(&rule::RM_MANY),
        Target::Home
        | Target::Elsewhere
        | Target::Here
        | Target::Inside
        | Target::Output
        | Target::Temporary => Some(&rule::RM_FILE),
        Target::Unknown => Some(&rule::UNRESOLVED_TARGET),
    }
}

fn files(machine: &mut Machine<'_, '_>, call: &Call<'_>, arguments: &[String]) {
    let options = Options::of(arguments, "", &[]);
    for operand in &options.operands {
        if let Some(rule) = removal(machine, operand, false, false) {
            machine.findings.add(rule, call.span.clone());
        }
    }
}

fn shred(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "ns", &["iterations", "size", "random-source"]);
    for operand in &options.operands {
        if target::is_device(operand) {
            machine.findings.add(&rule::WRITE_DEVICE, call.span.clone());
        } else if machine.judge(operand) != Target::Temporary {
            machine.findings.add(&rule::SHRED, call.span.clone());
        }
    }
}

fn truncate(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "sr", &["size", "reference"]);
    for operand in &options.operands {
        machine.write(operand, false, call.span.clone());
        let rule = match machine.judge(operand) {
            Target::Temporary | Target::Output => continue,
            Target::Unknown => &rule::UNRESOLVED_TARGET,
            Target::Inside
            | Target::Here
            | Target::Elsewhere
            | Target::Home
            | Target::System
            | Target::Root => &rule::TRUNCATE_FILE,
        };
        machine.findings.add(rule, call.span.clone());
    }
}

/// `del /s`, `rd /s /q`, `Remove-Item -Recurse`.
pub(super) fn windows(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let is = |argument: &str, names: &[&str]| names.iter().any(|name| argument.eq_ignore_ascii_case(name));
    let recursive = call.arguments.iter().any(|argument| {
        is(argument, &["/s", "-recurse", "-r", "-rec"])
            || argument.to_ascii_lowercase().starts_with("-recurse")
    });
    let mut seen = false;
    for path in call
        .arguments
        .iter()
        .filter(|argument| !(argument.starts_with('-') || argument.starts_with('/') && argument.len() == 2))
    {
        seen = true;
        let rule = match (recursive, machine.judge(&path.replace('\\', "/"))) {
            (true, Target::Temporary | Target::Output) => &rule::RM_OUTPUT,
            (true, Target::Root | Target::System) => &rule::RM_ROOT,
            (true, Target::Unknown) => &rule::UNRESOLVED_TARGET,
            (true, Target::Inside) => &rule::RM_RELATIVE,
            (true, Target::Here | Target::Elsewhere | Target::Home) => &rule::RM_RF,
            (false, _) if path.contains(UNKNOWN) => &rule::UNRESOLVED_TARGET,
            (false, _) if path.contains('*') => &rule::RM_MANY,
            (false, _) => &rule::RM_FILE,
        };
        machine.findings.add(rule, call.span.clone());
    }
    if !seen && recursive {
        machine.findings.add(&rule::RM_RF, call.span.clone());
    }
}
