//! Programs: who knows what they do. Each family answers for its own and passes on the rest.
//! Must never answer for a program that it does not know: the machine then says so.

mod builtin;
mod cloud;
mod data;
mod delete;
mod disk;
mod escape;
mod files;
mod git;
mod interpret;
mod network;
mod options;
mod reading;
mod search;
mod system;
mod tool;
mod wrap;

use super::machine::{Call, Machine, Stream};
use super::windows;
use crate::code::rule;

type Family = fn(&mut Machine<'_, '_>, &Call<'_>) -> Option<Stream>;

const FAMILIES: &[Family] = &[
    builtin::run,
    reading::run,
    wrap::run,
    interpret::run,
    delete::run,
    search::run,
    files::run,
    git::run,
    tool::run,
    network::run,
    system::run,
    disk::run,
    data::run,
    cloud::run,
];

/// Directories whose programs are what their names say.
const STANDARD: &[&str] = &[
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/opt/homebrew/bin",
    "/snap/bin",
];

/// Judges the program at `path`; `None` when no family knows it.
pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>, path: &str) -> Option<Stream> {
    let mut output =
        FAMILIES.iter().find_map(|family| family(machine, call)).or_else(|| windows(machine, call))?;
    if gives_out(machine, call) {
        output = Stream::Secret;
    }
    escape::inspect(machine, call);
    let standard = path.rsplit_once('/').is_none_or(|(directory, _)| {
        let directory = directory.replace("//", "/");
        directory.is_empty() || STANDARD.contains(&directory.trim_end_matches("/."))
    });
    if !standard {
        // `./ls` is a file of the project and may be anything.
        machine.findings.add(&rule::UNKNOWN_PROGRAM, call.span.clone());
    }
    Some(output)
}

/// True for programs that pack, encode or show a file of credentials.
fn gives_out(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> bool {
    if !PASSING_ON.contains(&call.name) {
        return false;
    }
    let paths = call.arguments.iter().map(|argument| {
        let value = argument.split_once('=').filter(|_| argument.starts_with('-')).map(|(_, value)| value);
        value.unwrap_or(argument).trim_start_matches(['@', '<']).trim_start_matches("file://")
    });
    let mut secret = false;
    for path in paths.filter(|path| !path.starts_with('-')) {
        secret |= machine.read(path, call.span.clone()) == Stream::Secret;
    }
    secret
}

/// Programs whose output is the content of their operands, packed, encoded or shown.
const PASSING_ON: &[&str] = &[
    "7z", "7za", "ar", "base64", "basenc", "brotli", "bzip2", "cpio", "csplit", "dos2unix", "elinks",
    "enscript", "gzip", "links", "lynx", "lz4", "openssl", "pandoc", "pax", "pigz", "pr", "rar", "shar",
    "split", "unix2dos", "uuencode", "w3m", "wall", "xz", "zip", "zstd",
];

/// Programs of Windows, started from a Unix shell.
fn windows(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    match windows::judge(&call.name.to_ascii_lowercase(), call.arguments)? {
        windows::Known::Quiet => {}
        windows::Known::Does(rule) => machine.findings.add(rule, call.span.clone()),
    }
    Some(Stream::Unknown)
}

/// True for variables by which programs are made to load or run something else.
pub(super) fn is_hijacking(name: &str, value: &str) -> bool {
    match name {
        name if name.starts_with("BASH_FUNC_") || name.starts_with("GIT_CONFIG_") => true,
        "RUSTC" | "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER" | "CARGO_BUILD_RUSTC_WRAPPER" => {
            !matches!(value, "" | "sccache")
        }
        "CC" | "CXX" | "LD" | "AR" => value.contains(['/', ' ', ';', '$']),
        "LD_LIBRARY_PATH" | "PYTHONPATH" | "PERL5LIB" | "PERLLIB" | "RUBYLIB" | "NODE_PATH" | "CLASSPATH"
        | "PYTHONHOME" | "GEM_HOME" | "GOFLAGS" => {
            value.split(':').any(|part| part.starts_with("/tmp") || part.contains("-toolexec"))
        }
        "TAR_OPTIONS"
        | "RSYNC_RSH"
        | "CVS_RSH"
        | "SVN_SSH"
        | "SUDO_ASKPASS"
        | "JAVA_TOOL_OPTIONS"
        | "_JAVA_OPTIONS"
        | "DOTNET_STARTUP_HOOKS"
        | "MANOPT"
        | "GIT_EXEC_PATH"
        | "GIT_TEMPLATE_DIR"
        | "OPENSSL_CONF"
        | "GCONV_PATH"
        | "LESSKEY"
        | "LESSKEYIN"
        | "TERMINFO"
        | "PSQL_EDITOR"
        | "BASHOPTS"
        | "PYTHONBREAKPOINT"
        | "PYTHONWARNINGS"
        | "LD_DEBUG_OUTPUT"
        | "LESSCLOSE"
        | "ZDOTDIR"
        | "PS4" => {
            !matches!(value, "" | "ssh" | "ignore" | "default" | "+ ") && !value.starts_with("ignore:")
        }
        "LD_PRELOAD"
        | "LD_AUDIT"
        | "DYLD_INSERT_LIBRARIES"
        | "BASH_ENV"
        | "PROMPT_COMMAND"
        | "PYTHONSTARTUP"
        | "PERL5OPT"
        | "RUBYOPT"
        | "LESSOPEN" => !value.is_empty(),
        "NODE_OPTIONS" => {
            ["--require", "-r", "--import", "--loader"].iter().any(|option| value.contains(option))
        }
        "PAGER"
        | "GIT_PAGER"
        | "PSQL_PAGER"
        | "SYSTEMD_PAGER"
        | "AWS_PAGER"
        | "GH_PAGER"
        | "BAT_PAGER"
        | "DELTA_PAGER"
        | "SUDO_EDITOR"
        | "SYSTEMD_EDITOR"
        | "KUBE_EDITOR"
        | "SELECTED_EDITOR"
        | "FCEDIT"
        | "HGEDITOR"
        | "SVN_EDITOR"
        | "MANPAGER"
        | "EDITOR"
        | "VISUAL"
        | "GIT_EDITOR"
        | "GIT_SEQUENCE_EDITOR"
        | "BROWSER" => {
            let word = value.split_whitespace().next().unwrap_or_default();
            !matches!(
                word,
                "" | "cat"
                    | "less"
                    | "more"
                    | "most"
                    | "true"
                    | ":"
                    | "vi"
                    | "vim"
                    | "nvim"
                    | "nano"
                    | "emacs"
                    | "code"
            )
        }
        "GIT_SSH" | "GIT_SSH_COMMAND" | "GIT_EXTERNAL_DIFF" | "GIT_ASKPASS" | "SSH_ASKPASS" => {
            let plain = value.starts_with("ssh ") && !value.contains("ProxyCommand");
            !(plain || value.is_empty() || value == "true")
        }
        "PATH" => value
            .split([':', ' '])
            .any(|part| part == "." || part.is_empty() && !value.is_empty() || part.starts_with("/tmp")),
        _ => false,
    }
}
