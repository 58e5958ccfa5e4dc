//! Programs that write, move, link, pack and change rights. Must never judge them without where they write.

use super::options::Options;
use super::wrap;
use crate::code::rule;
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::target::{self, Target};

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    match call.name {
        "mkdir" | "touch" | "mkfifo" => {
            for path in Options::of(call.arguments, "mdrt", &["mode"]).operands {
                if target::is_protected(path) {
                    machine.findings.add(&rule::PROTECTED_WRITE, call.span.clone());
                }
            }
        }
        "cp" | "install" | "ln" | "link" | "gcp" => copy(machine, call),
        "mv" | "gmv" => move_files(machine, call),
        "tee" => {
            for path in Options::of(call.arguments, "", &["output-error"]).operands {
                machine.write(
                    path,
                    call.arguments.iter().any(|argument| argument == "-a" || argument == "--append"),
                    call.span.clone(),
                );
            }
            return Some(call.input.clone());
        }
        "chmod" => chmod(machine, call),
        "chown" | "chgrp" => ownership(machine, call),
        "setfacl" | "chattr" | "chflags" | "setcap" | "xattr" => {
            let reads = call.arguments.first().is_some_and(|first| first == "-l" || first == "-p");
            if call.name == "setcap" {
                machine.findings.add(&rule::SETUID, call.span.clone());
            } else if !reads {
                ownership(machine, call);
            }
        }
        "tar" | "bsdtar" | "gtar" => tar(machine, call),
        "zip" | "gzip" | "bzip2" | "xz" | "zstd" | "7z" | "7za" | "rar" | "compress" | "pigz" => {
            if call.name == "zip"
                && call
                    .arguments
                    .iter()
                    .any(|argument| argument == "-TT" || argument.starts_with("--unzip-command"))
            {
                machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
            }
        }
        "unzip" | "gunzip" | "bunzip2" | "unxz" | "unzstd" | "unrar" | "cpio" | "ar" | "unar" => {
            let options = Options::of(call.arguments, "dxP", &[]);
            if let Some(path) = options.value('d') {
                machine.write(path, false, call.span.clone());
            }
        }
        "patch" | "rename" | "mmv" | "vidir" => {
            let options = Options::of(call.arguments, "pidoDr", &["input", "output", "directory"]);
            match call.name {
                "patch" => {
                    if let Some(path) = options.operands.first() {
                        machine.write(path, false, call.span.clone());
                    }
                }
                _ => machine.findings.add(&rule::UNRESOLVED_TARGET, call.span.clone()),
            }
            if call.name == "rename" && call.arguments.iter().any(|argument| argument.contains("system")) {
                machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
            }
        }
        "dos2unix" | "unix2dos" | "convert" | "magick" | "identify" | "ffprobe" | "pandoc" | "xmllint"
        | "plutil" => {}
        _ => return None,
    }
    Some(Stream::Nothing)
}

fn copy(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options =
        Options::of(call.arguments, "tSmog", &["target-directory", "suffix", "mode", "owner", "group"]);
    let to = options
        .value('t')
        .or_else(|| options.long_value("target-directory"))
        .or_else(|| options.operands.last().copied());
    if let Some(to) = to {
        machine.write(to, false, call.span.clone());
    }
    let sources = options.operands.split_last().map(|(_, sources)| sources).unwrap_or_default();
    for source in sources {
        if target::is_credential(source) {
            machine.findings.add(&rule::CREDENTIAL_READ, call.span.clone());
        }
        if *source == "/dev/null" {
            machine.findings.add(&rule::TRUNCATE_FILE, call.span.clone());
        }
    }
    if call.name == "install"
        && options.value('m').or_else(|| options.long_value("mode")).is_some_and(is_setuid)
    {
        machine.findings.add(&rule::SETUID, call.span.clone());
    }
}

fn move_files(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "tS", &["target-directory", "suffix"]);
    let named = options.value('t').or_else(|| options.long_value("target-directory"));
    let (to, sources) = match (named, options.operands.split_last()) {
        (Some(to), _) => (to, options.operands.as_slice()),
        (None, Some((to, sources))) => (*to, sources),
        (None, None) => return,
    };
    if to == "/dev/null" {
        machine.findings.add(&rule::DISCARD, call.span.clone());
    }
    machine.write(to, false, call.span.clone());
    for source in sources {
        match machine.judge(source) {
            Target::Root => machine.findings.add(&rule::RM_ROOT, call.span.clone()),
            Target::System => machine.findings.add(&rule::PROTECTED_WRITE, call.span.clone()),
            Target::Here if to.starts_with("/tmp") => machine.findings.add(&rule::RM_MANY, call.span.clone()),
            Target::Temporary
            | Target::Output
            | Target::Inside
            | Target::Here
            | Target::Unknown
            | Target::Elsewhere
            | Target::Home => {
                if target::is_credential(source) || target::is_trace(source) {
                    machine.findings.add(&rule::PROTECTED_WRITE, call.span.clone());
                }
            }
        }
    }
}

fn is_setuid(mode: &str) -> bool {
    let octal = mode.len() >= 4 && mode.bytes().all(|byte| (b'0'..b'8').contains(&byte));
    if octal {
        // The digit before the three of user, group and others: 4 is setuid, 2 setgid.
        return mode
            .bytes()
            .rev()
            .nth(3)
            .is_some_and(|digit| matches!(digit, b'2' | b'4' | b'6' | b'3' | b'5' | b'7'));
    }
    mode.split(',').any(|clause| {
        clause.split_once(['+', '=']).is_some_and(|(who, what)| what.contains('s') && !who.contains('o'))
    })
}

/// Everybody may write.
fn is_open(mode: &str) -> bool {
    if !mode.is_empty() && mode.bytes().all(|byte| (b'0'..b'8').contains(&byte)) {
        return mode.bytes().last().is_some_and(|others| matches!(others, b'2' | b'3' | b'6' | b'7'));
    }
    mode.split(',').any(|clause| {
        clause
            .split_once(['+', '='])
            .is_some_and(|(who, what)| (who.contains(['a', 'o'])) && what.contains('w'))
    })
}

fn chmod(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let recursive = call.arguments.iter().any(|argument| {
        argument == "-R"
            || argument == "--recursive"
            || (argument.starts_with('-') && !argument.starts_with("--") && argument.contains('R'))
    });
    let mut rest = call.arguments.iter().filter(|argument| {
        let option = matches!(argument.as_str(), "-R" | "-v" | "-c" | "-f" | "-h")
            || argument.starts_with("--")
            || argument.starts_with('-') && argument.contains('R') && argument.len() < 6;
        !option
    });
    let Some(mode) = rest.next() else { return };
    if is_open(mode) {
        machine.findings.add(&rule::CHMOD_777, call.span.clone());
    }
    if is_setuid(mode) {
        machine.findings.add(&rule::SETUID, call.span.clone());
    }
    tree(machine, call, rest, recursive);
}

fn ownership(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    if call.arguments.iter().skip(1).any(|path| machine.judge(path) >= Target::Elsewhere) {
        machine.findings.add(&rule::WRITE_OUTSIDE, call.span.clone());
    }
    let options = Options::of(call.arguments, "", &["from", "reference"]);
    let recursive = options.has("R") || options.has_long("recursive");
    let paths: Vec<String> = options.operands.iter().skip(1).map(|path| (*path).to_owned()).collect();
    tree(machine, call, paths.iter(), recursive);
}

fn tree<'p>(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    paths: impl Iterator<Item = &'p String>,
    recursive: bool,
) {
    for path in paths {
        match machine.judge(path) {
            Target::Root | Target::System => machine.findings.add(&rule::CHMOD_RECURSIVE, call.span.clone()),
            Target::Home | Target::Elsewhere if recursive && path.trim_end_matches('/').len() <= 2 => {
                machine.findings.add(&rule::CHMOD_RECURSIVE, call.span.clone());
            }
            Target::Unknown if recursive => machine.findings.add(&rule::UNRESOLVED_TARGET, call.span.clone()),
            Target::Home
            | Target::Elsewhere
            | Target::Unknown
            | Target::Temporary
            | Target::Output
            | Target::Inside
            | Target::Here => {
                if target::is_protected(path) && !path.contains(".ssh") {
                    machine.findings.add(&rule::PROTECTED_WRITE, call.span.clone());
                }
            }
        }
    }
}

fn tar(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let mut arguments = call.arguments.iter().peekable();
    let mut extracts = false;
    let mut creates = false;
    while let Some(argument) = arguments.next() {
        let value = |name: &str| argument.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        if let Some(action) = value("--checkpoint-action") {
            match action.strip_prefix("exec=") {
                Some(line) => {
                    wrap::text(machine, call, line);
                    machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
                }
                None if action.contains(UNKNOWN) => {
                    machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone())
                }
                None => {}
            }
        }
        let runs = [
            "--to-command",
            "--use-compress-program",
            "--rsh-command",
            "--info-script",
            "--new-volume-script",
            "--rmt-command",
        ];
        let named = runs.iter().any(|name| argument.starts_with(name))
            || argument.starts_with("-I")
            || argument.starts_with("-F");
        if named {
            let program = argument
                .split_once('=')
                .map(|(_, program)| program.to_owned())
                .or_else(|| argument.get(2..).filter(|_| !argument.starts_with("--")).map(str::to_owned))
                .filter(|program| !program.is_empty())
                .or_else(|| arguments.peek().map(|next| (*next).clone()))
                .unwrap_or_default();
            let first = program.split_whitespace().next().unwrap_or_default();
            if !matches!(
                first,
                "zstd"
                    | "pigz"
                    | "xz"
                    | "lz4"
                    | "gzip"
                    | "bzip2"
                    | "pbzip2"
                    | "lzip"
                    | "pixz"
                    | "zstdmt"
                    | "brotli"
            ) {
                machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
            }
        }
        if argument == "--remove-files" {
            machine.findings.add(&rule::RM_MANY, call.span.clone());
        }
        let cluster = argument.strip_prefix('-').unwrap_or(argument);
        let early = !argument.starts_with("--")
            && (argument.starts_with('-')
                || std::ptr::eq(argument, call.arguments.first().unwrap_or(argument)));
        extracts |= argument == "--extract" || early && cluster.contains('x');
        creates |= argument == "--create" || early && cluster.contains('c');
        if (argument == "-C" || argument == "--directory")
            && extracts
            && let Some(path) = arguments.next()
        {
            machine.write(path, false, call.span.clone());
        }
        if creates && target::is_credential(argument) {
            machine.findings.add(&rule::CREDENTIAL_READ, call.span.clone());
        }
    }
    if extracts && call.arguments.iter().any(|argument| argument == "-P" || argument == "--absolute-names") {
        machine.findings.add(&rule::UNRESOLVED_TARGET, call.span.clone());
    }
}
