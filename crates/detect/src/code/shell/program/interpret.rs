//! Interpreters: shells and languages that run a text from an option, a file or the pipe. Must never let a text that is
//! in reach go uninspected.

use std::ops::Range;

use base64::Engine as _;

use super::options::Options;
use crate::code::language::Language;
use crate::code::rule;
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::{cmd, powershell};

/// Who reads the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Engine {
    Shell,
    Language(Language),
}

const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "ksh93",
    "mksh",
    "ash",
    "fish",
    "csh",
    "tcsh",
    "rbash",
    "pwsh",
    "powershell",
    "cmd",
];

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    if SHELLS.contains(&call.name) {
        return Some(shell(machine, call));
    }
    let stem = call.name.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    match stem {
        "python" | "pypy" | "ipython" => Some(python(machine, call)),
        "perl" => Some(language(machine, call, Language::Other("perl".to_owned()), "eEnpi", "IMmx0CD")),
        "ruby" => Some(language(machine, call, Language::Ruby, "e", "ICErx")),
        "node" | "nodejs" | "bun" | "deno" | "tsx" | "ts-node" => {
            Some(language(machine, call, Language::JavaScript, "ep", "rC"))
        }
        "php" => Some(language(machine, call, Language::Php, "rBRE", "cdzF")),
        "lua" | "luajit" | "osascript" | "Rscript" | "julia" | "elixir" | "tclsh" | "guile" | "racket"
        | "swift" | "groovy" | "scala" | "erl" | "ghc" | "jshell" | "irb" | "jjs" | "rlwrap" | "gdb" => {
            Some(language(machine, call, Language::Other(stem.to_owned()), "e", "l"))
        }
        "base" if call.name == "base64" => Some(base64(call)),
        "openssl" => openssl(machine, call),
        "uudecode" => Some(Stream::Decoded),
        "gunzip" | "gzip" | "bunzip2" | "xz" | "unxz" | "zstd" | "lzma"
            if call.arguments.iter().any(|argument| {
                argument == "-c" || argument == "-dc" || argument == "-cd" || argument == "-d"
            }) =>
        {
            Some(match call.input {
                Stream::Remote => Stream::Remote,
                Stream::Nothing => Stream::Unknown,
                Stream::Known(_) | Stream::Decoded | Stream::Secret | Stream::Unknown => Stream::Decoded,
            })
        }
        "awk" | "gawk" | "mawk" | "nawk" => Some(awk(machine, call)),
        "sed" | "gsed" => Some(sed(machine, call)),
        _ => None,
    }
}

/// Inspects what an interpreter reads from a pipe or a file that is one.
pub(super) fn feed(machine: &mut Machine<'_, '_>, input: &Stream, engine: Engine, at: Range<usize>) {
    match input {
        Stream::Nothing => machine.findings.add(&rule::UNINSPECTED_CODE, at),
        Stream::Known(text) => inspect(machine, text, engine, at),
        Stream::Remote => machine.findings.add(&rule::PIPE_TO_SHELL, at),
        Stream::Decoded => machine.findings.add(&rule::DECODE_AND_RUN, at),
        Stream::Secret | Stream::Unknown => machine.findings.add(&rule::UNRESOLVED_COMMAND, at),
    }
}

fn inspect(machine: &mut Machine<'_, '_>, text: &str, engine: Engine, at: Range<usize>) {
    match engine {
        Engine::Shell => {
            if text.trim_matches([UNKNOWN, ' ']).is_empty() {
                machine.findings.add(&rule::UNRESOLVED_COMMAND, at);
            } else {
                machine.fresh(text, None, at);
            }
        }
        Engine::Language(language) => {
            if text.contains(UNKNOWN) {
                machine.findings.add(&rule::UNRESOLVED_COMMAND, at.clone());
            }
            let before = machine.findings.len();
            let runs = language == Language::Ruby && RUNNING.iter().any(|word| text.contains(word));
            machine.findings.within(at.clone(), |findings| crate::code::inspect(text, &language, findings));
            if runs && machine.findings.len() == before {
                machine.findings.add(&rule::UNRESOLVED_COMMAND, at);
            }
        }
    }
}

/// Words with which a line of Perl or Ruby may change something that its engine did not recognize.
const RUNNING: &[&str] = &[
    "exec", "system", "fork", "ocket", "unlink", "rmtree", "rm_", "popen", "kill", "rename", "rmdir",
    "truncate", "chmod", "chown", "symlink", "require", "open", "eval", "delete", "write", "%x", "`",
];

fn shell(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    if matches!(call.name, "pwsh" | "powershell") {
        let piped = match call.input {
            Stream::Known(text) => Some(text.as_str()),
            Stream::Nothing | Stream::Remote | Stream::Decoded | Stream::Secret | Stream::Unknown => None,
        };
        if matches!(call.input, Stream::Remote) {
            machine.findings.add(&rule::PIPE_TO_SHELL, call.span.clone());
        }
        powershell::start(call.arguments, piped, call.span.clone(), machine.findings);
        return Stream::Unknown;
    }
    if call.name == "cmd" {
        cmd::start(call.arguments, call.span.clone(), machine.findings);
        return Stream::Unknown;
    }
    let (options, rest) = Options::until_operand(call.arguments, "oO", &["rcfile", "init-file"], 0);
    let asks = options.has_long("version") || options.has_long("help");
    if options.has("c") {
        match rest.split_first() {
            Some((line, arguments)) => {
                // The first argument after the text is `$0`.
                let positional = arguments.get(1..).unwrap_or_default().to_vec();
                if line.trim_matches([UNKNOWN, ' ']).is_empty() {
                    machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone());
                } else {
                    machine.fresh(line, Some(positional), call.span.clone());
                }
            }
            None => machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone()),
        }
    } else if options.has("n") || asks {
        // A syntax check runs nothing.
    } else if let (Some(file), false) = (rest.first(), options.has("s")) {
        let piped = file == "-" || file == "/dev/stdin";
        let input = if piped {
            Some(call.input.clone())
        } else {
            machine.process_input().filter(|_| file.starts_with("/dev/fd/"))
        };
        match input {
            Some(input) => feed(machine, &input, Engine::Shell, call.span.clone()),
            None => machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone()),
        }
    } else {
        feed(machine, call.input, Engine::Shell, call.span.clone());
    }
    Stream::Unknown
}

/// Modules that `python -m` runs without running the project's code or changing anything.
const QUIET_MODULES: &[&str] = &[
    "json.tool",
    "py_compile",
    "compileall",
    "this",
    "calendar",
    "timeit",
    "tokenize",
    "ast",
    "dis",
    "site",
    "sysconfig",
    "platform",
    "base64",
    "zipfile",
    "tarfile",
    "venv",
    "pytest",
    "unittest",
    "mypy",
    "ruff",
    "black",
    "flake8",
    "pylint",
    "isort",
    "doctest",
    "trace",
    "cProfile",
    "pydoc",
    "tabnanny",
    "coverage",
    "build",
];

fn python(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let engine = Engine::Language(Language::Python);
    let (options, rest) = Options::until_operand(call.arguments, "cmWX", &[], 0);
    if let Some(text) = options.value('c') {
        inspect(machine, text, engine, call.span.clone());
    } else if let Some(module) = options.value('m') {
        if module == "pip" {
            let arguments = rest.to_vec();
            let inner = std::iter::once("pip".to_owned()).chain(arguments).collect::<Vec<_>>();
            return machine.run(&inner, Stream::Nothing, call.span.clone());
        }
        if !QUIET_MODULES.contains(&module) {
            machine.findings.add(&rule::UNKNOWN_PROGRAM, call.span.clone());
        }
    } else if options.has("Vh") || options.has_long("version") || options.has_long("help") {
    } else {
        script_or_input(machine, call, rest, engine);
    }
    Stream::Unknown
}

fn script_or_input(machine: &mut Machine<'_, '_>, call: &Call<'_>, rest: &[String], engine: Engine) {
    match rest.first() {
        Some(file) if file == "-" || file == "/dev/stdin" => {
            feed(machine, call.input, engine, call.span.clone())
        }
        Some(file) if file.starts_with("/dev/fd/") => {
            let input = machine.process_input().unwrap_or(Stream::Unknown);
            feed(machine, &input, engine, call.span.clone());
        }
        Some(_) => machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone()),
        None => feed(machine, call.input, engine, call.span.clone()),
    }
}

/// An interpreter whose options `evaluates` take a text.
fn language(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    language: Language,
    evaluates: &str,
    takes: &str,
) -> Stream {
    let engine = Engine::Language(language);
    let mut texts: Vec<&str> = Vec::new();
    let mut in_place = false;
    let mut arguments = call.arguments.iter();
    let mut file = None;
    while let Some(argument) = arguments.next() {
        if let Some(long) = argument.strip_prefix("--") {
            if matches!(long, "eval" | "print" | "execute" | "run") {
                texts.extend(arguments.next().map(String::as_str));
            } else if let Some(text) = long.strip_prefix("eval=").or_else(|| long.strip_prefix("print=")) {
                texts.push(text);
            } else if matches!(long, "version" | "help") {
                return Stream::Unknown;
            }
            continue;
        }
        if argument == "eval" && call.name == "deno" {
            texts.extend(arguments.next().map(String::as_str));
            continue;
        }
        match argument.strip_prefix('-').filter(|cluster| !cluster.is_empty()) {
            Some(cluster) => {
                in_place |= matches!(call.name, "perl" | "ruby")
                    && cluster.chars().take_while(|letter| *letter != 'e').any(|letter| letter == 'i');
                let evaluated = cluster
                    .char_indices()
                    .find(|(_, letter)| evaluates.contains(*letter) && !matches!(letter, 'n' | 'i'));
                if let Some((at, letter)) = evaluated {
                    let attached = cluster.get(at + 1..).filter(|rest| !rest.is_empty());
                    // `perl -pe TEXT`, `perl -p -e TEXT`: the letter that takes the text is `e`.
                    match attached {
                        Some(rest) if rest.starts_with('e') => {
                            texts.extend(arguments.next().map(String::as_str))
                        }
                        Some(rest) if letter == 'e' || letter == 'E' || letter == 'r' => texts.push(rest),
                        Some(_) => {}
                        None if letter == 'p' && !matches!(call.name, "node" | "nodejs") => {}
                        None => texts.extend(arguments.next().map(String::as_str)),
                    }
                } else if cluster.len() == 1 && takes.contains(cluster) {
                    arguments.next();
                } else if matches!(cluster, "v" | "V" | "h") {
                    return Stream::Unknown;
                }
            }
            None => {
                file = Some(argument);
                break;
            }
        }
    }
    if texts.is_empty() {
        let rest: Vec<String> = file.cloned().into_iter().collect();
        script_or_input(machine, call, &rest, engine.clone());
    }
    if in_place {
        for path in file.into_iter().chain(arguments) {
            machine.write(path, false, call.span.clone());
        }
    }
    for text in texts {
        inspect(machine, text, engine.clone(), call.span.clone());
    }
    Stream::Unknown
}

fn base64(call: &Call<'_>) -> Stream {
    let options = Options::of(call.arguments, "wbio", &["wrap"]);
    let decodes = options.has("dD") || options.has_long("decode");
    match (decodes, call.input) {
        (true, Stream::Known(text)) if !text.contains(UNKNOWN) => {
            let compact: String = text.split_whitespace().collect();
            let engine = base64::engine::GeneralPurpose::new(
                &base64::alphabet::STANDARD,
                base64::engine::GeneralPurposeConfig::new()
                    .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
                    .with_decode_allow_trailing_bits(true),
            );
            engine
                .decode(compact)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map_or(Stream::Decoded, Stream::Known)
        }
        (true, _) => Stream::Decoded,
        (false, Stream::Secret) => Stream::Secret,
        (false, _) => Stream::Unknown,
    }
}

fn openssl(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    match call.arguments.first().map(String::as_str) {
        Some("enc" | "base64" | "aes-256-cbc" | "smime" | "cms")
            if call.arguments.iter().any(|argument| argument == "-d" || argument == "-decrypt") =>
        {
            Some(Stream::Decoded)
        }
        Some("s_client") => {
            if call.input == &Stream::Secret {
                machine.findings.add(&rule::EXFILTRATION, call.span.clone());
            } else if call.input != &Stream::Nothing {
                machine.findings.add(&rule::UPLOAD, call.span.clone());
            }
            Some(Stream::Remote)
        }
        Some(
            "version" | "x509" | "dgst" | "rand" | "verify" | "list" | "ciphers" | "asn1parse" | "req"
            | "base64" | "md5" | "sha256" | "crl" | "prime" | "help",
        ) => Some(Stream::Unknown),
        Some(_) | None => None,
    }
}

/// An awk program may run others: `system(…)`, `"cmd" | getline`, `print | "cmd"`.
fn awk(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let options =
        Options::of(call.arguments, "Fvfieol", &["file", "field-separator", "assign", "include", "load"]);
    if options.has("f")
        || options.has_long("file")
        || options.has("e")
        || options.has("i")
        || options.has("l")
    {
        machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
        return Stream::Unknown;
    }
    let Some((program, files)) = options.operands.split_first() else { return Stream::Unknown };
    let (code, strings) = awk_parts(program);
    let runs = code.contains("system(")
        || code.contains("system (")
        || code.contains('|') && !code.replace("||", "").is_empty() && code.replace("||", "").contains('|');
    if runs {
        for text in &strings {
            machine.fresh(text, None, call.span.clone());
        }
        machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
    }
    if code.contains("getline") && code.contains("/inet/")
        || strings.iter().any(|text| text.starts_with("/inet/"))
    {
        machine.findings.add(&rule::REVERSE_SHELL, call.span.clone());
    }
    if program.contains(UNKNOWN) {
        machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone());
    }
    // `print > "file"` writes.
    if code.contains("print")
        && code.split("print").skip(1).any(|after| {
            after.split([';', '}', '\n']).next().is_some_and(|statement| {
                statement.contains("> \u{1}")
                    || statement.contains(">\u{1}")
                    || statement.contains(">> \u{1}")
            })
        })
    {
        for path in &strings {
            machine.write(path, false, call.span.clone());
        }
    }
    for path in files {
        machine.read(path, call.span.clone());
    }
    match call.input {
        Stream::Remote | Stream::Decoded | Stream::Secret => call.input.clone(),
        Stream::Nothing | Stream::Known(_) | Stream::Unknown => Stream::Unknown,
    }
}

/// The program without its strings, each left as `\u{1}`, and the strings.
fn awk_parts(program: &str) -> (String, Vec<String>) {
    let mut code = String::new();
    let mut strings = Vec::new();
    let mut characters = program.chars();
    while let Some(character) = characters.next() {
        if character != '"' {
            code.push(character);
            continue;
        }
        let mut text = String::new();
        while let Some(inner) = characters.next() {
            match inner {
                '"' => break,
                '\\' => text.extend(characters.next()),
                other => text.push(other),
            }
        }
        code.push('\u{1}');
        strings.push(text);
    }
    (code, strings)
}

/// A sed script may run commands (`e`, `s///e`) and write files (`w`, `s///w`, `-i`).
fn sed(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let mut scripts: Vec<String> = Vec::new();
    let mut files: Vec<&String> = Vec::new();
    let mut in_place = false;
    let mut arguments = call.arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-e" | "--expression" => scripts.extend(arguments.next().cloned()),
            "-f" | "--file" => {
                arguments.next();
                machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
            }
            long if long.starts_with("--expression=") => scripts.push(long.replacen("--expression=", "", 1)),
            long if long.starts_with("--in-place") => in_place = true,
            long if long.starts_with("--") => {}
            cluster if cluster.starts_with('-') && cluster.len() > 1 => {
                in_place |= cluster.contains('i');
                if cluster.ends_with('e') && !cluster.contains('i') {
                    scripts.extend(arguments.next().cloned());
                }
            }
            _ if scripts.is_empty() => scripts.push(argument.clone()),
            _ => files.push(argument),
        }
    }
    for script in &scripts {
        if script.contains(UNKNOWN) {
            // A value inside a substitution is the ordinary use; a script that is all unknown may hold `e`.
            if script.chars().all(|character| character == UNKNOWN) {
                machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone());
            }
        }
        if sed_runs(script) {
            machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
        }
        if let Some((_, path)) =
            script.rsplit_once("/w ").or_else(|| script.strip_prefix("w ").map(|path| ("", path)))
        {
            machine.write(path, false, call.span.clone());
        }
    }
    for file in files {
        if in_place {
            machine.write(file, false, call.span.clone());
        } else {
            machine.read(file, call.span.clone());
        }
    }
    if in_place {
        Stream::Nothing
    } else {
        match call.input {
            Stream::Remote | Stream::Decoded | Stream::Secret => call.input.clone(),
            Stream::Known(_) => Stream::Decoded,
            Stream::Nothing | Stream::Unknown => Stream::Unknown,
        }
    }
}

/// True when some command of the script is `e`, or a substitution has the flag `e`.
fn sed_runs(script: &str) -> bool {
    script.split(['\n', ';']).any(|part| {
        let part = part
            .trim_start_matches([' ', '\t', '{', '}', '!', '$', ',', '~'])
            .trim_start_matches(|character: char| character.is_ascii_digit());
        let part = part.trim_start_matches([' ', '$', ',', '!']);
        let part = match part.strip_prefix('/').and_then(|rest| rest.split_once('/')) {
            Some((_, after)) => after.trim_start_matches(['I', 'M', ' ', '!', ',']),
            None => part,
        };
        if part == "e" || part.starts_with("e ") {
            return true;
        }
        let Some(rest) = part.strip_prefix('s') else { return false };
        let Some(mark) = rest.chars().next().filter(|mark| !mark.is_alphanumeric()) else { return false };
        let flags = rest.rsplit(mark).next().unwrap_or_default();
        rest.matches(mark).count() >= 3
            && flags.split_whitespace().next().is_some_and(|flags| {
                flags.len() <= 6
                    && flags.contains('e')
                    && flags.chars().all(|flag| "gpeiImM0123456789".contains(flag))
            })
    })
}
