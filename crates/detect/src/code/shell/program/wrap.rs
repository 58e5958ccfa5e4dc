//! Programs that run the program named in their arguments. Must never let the inner program pass unseen.

use super::options::Options;
use crate::code::rule;
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};

/// A wrapper whose command follows its options and so many operands.
struct Wrapper {
    names: &'static [&'static str],
    /// Short options with a value.
    takes: &'static str,
    /// Long options with a value.
    long: &'static [&'static str],
    operands: usize,
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &[
            "nohup",
            "setsid",
            "builtin",
            "unbuffer",
            "chronic",
            "eatmydata",
            "proxychains",
            "proxychains4",
            "torsocks",
            "torify",
            "tsocks",
            "winpty",
            "arch",
            "noglob",
            "nocorrect",
            "-",
            "fakeroot",
            "multitime",
            "ssh-agent",
            "jc",
            "setpriv",
            "tini",
            "dumb-init",
        ],
        takes: "",
        long: &[],
        operands: 0,
    },
    Wrapper { names: &["softlimit"], takes: "acdfmnoprst", long: &[], operands: 0 },
    Wrapper { names: &["cpulimit"], takes: "lpe", long: &["limit", "pid", "exe"], operands: 0 },
    Wrapper {
        names: &["systemd-run"],
        takes: "pEuGMHsd",
        long: &["property", "setenv", "unit", "machine", "host", "uid", "gid", "slice", "description"],
        operands: 0,
    },
    // `perf stat`, `perf record` …
    Wrapper { names: &["perf"], takes: "eopFcr", long: &["event", "output", "pid"], operands: 1 },
    Wrapper { names: &["choom"], takes: "np", long: &["adjust", "pid"], operands: 0 },
    Wrapper { names: &["aa-exec"], takes: "pn", long: &["profile", "namespace"], operands: 0 },
    Wrapper { names: &["rlwrap"], takes: "CDfHlqs", long: &[], operands: 0 },
    Wrapper { names: &["grc"], takes: "c", long: &[], operands: 0 },
    Wrapper { names: &["faketime", "setlock", "envdir"], takes: "", long: &[], operands: 1 },
    Wrapper { names: &["sshpass"], takes: "pfdeP", long: &[], operands: 0 },
    Wrapper { names: &["time"], takes: "fo", long: &["format", "output"], operands: 0 },
    Wrapper { names: &["nice"], takes: "n", long: &["adjustment"], operands: 0 },
    Wrapper { names: &["ionice"], takes: "cnpPu", long: &["class", "classdata"], operands: 0 },
    Wrapper { names: &["timeout", "gtimeout"], takes: "ks", long: &["kill-after", "signal"], operands: 1 },
    Wrapper { names: &["stdbuf"], takes: "ioe", long: &["input", "output", "error"], operands: 0 },
    Wrapper { names: &["chroot"], takes: "", long: &["userspec", "groups"], operands: 1 },
    Wrapper { names: &["taskset"], takes: "", long: &[], operands: 1 },
    Wrapper { names: &["chrt"], takes: "TPD", long: &[], operands: 1 },
    Wrapper { names: &["flock"], takes: "wE", long: &["timeout", "conflict-exit-code"], operands: 1 },
    Wrapper {
        names: &[
            "unshare",
            "nsenter",
            "firejail",
            "bwrap",
            "prlimit",
            "caffeinate",
            "cgexec",
            "numactl",
            "setarch",
            "linux32",
            "linux64",
            "dbus-run-session",
            "xvfb-run",
        ],
        takes: "tSGgpu",
        long: &["target", "unit", "property"],
        operands: 0,
    },
    Wrapper {
        names: &["strace", "ltrace", "valgrind", "hyperfine"],
        takes: "eopsuSaPXE",
        long: &[],
        operands: 0,
    },
    Wrapper { names: &["entr", "ifne"], takes: "", long: &[], operands: 0 },
    Wrapper { names: &["runcon"], takes: "turl", long: &[], operands: 0 },
    Wrapper { names: &["busybox", "toybox"], takes: "", long: &[], operands: 0 },
];

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    // Into the namespaces of another process: out of a container, where it is the first one's.
    if call.name == "nsenter" {
        machine.findings.add(&rule::CONTAINER_ESCAPE, call.span.clone());
    }
    if let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&call.name)) {
        let (_, rest) = Options::until_operand(call.arguments, wrapper.takes, wrapper.long, wrapper.operands);
        return Some(match rest {
            [option, line, ..] if option == "-c" => text(machine, call, line),
            rest => inner(machine, call, rest),
        });
    }
    match call.name {
        "sudo" | "doas" | "pkexec" | "gosu" | "su-exec" | "please" => Some(sudo(machine, call)),
        "su" | "runuser" | "sg" | "ksu" => Some(su(machine, call)),
        "env" => Some(env(machine, call)),
        "command" | "exec" => {
            if call
                .arguments
                .iter()
                .take_while(|argument| argument.starts_with('-'))
                .any(|option| option.contains(['v', 'V']))
            {
                // `command -v rm` prints where it is: used as a command it is it.
                let name = call.arguments.iter().find(|argument| !argument.starts_with('-'));
                return Some(name.map_or(Stream::Unknown, |name| Stream::Known(name.clone())));
            }
            let (_, rest) = Options::until_operand(call.arguments, "a", &[], 0);
            Some(inner(machine, call, rest))
        }
        "xargs" => Some(xargs(machine, call)),
        "parallel" => Some(parallel(machine, call)),
        "watch" => {
            let (_, rest) = Options::until_operand(call.arguments, "nq", &["interval"], 0);
            Some(text(machine, call, &rest.join(" ")))
        }
        "script" => {
            let options = Options::of(call.arguments, "cEIOBTmo", &["command"]);
            match options.value('c').or_else(|| options.long_value("command")) {
                Some(line) => Some(text(machine, call, line)),
                None => Some(unknown(machine, call)),
            }
        }
        "ssh" => Some(ssh(machine, call)),
        "docker" | "podman" | "nerdctl" | "lxc" | "kubectl" | "oc" | "docker-compose" => {
            container(machine, call)
        }
        "tmux" | "screen" | "at" | "batch" | "expect" | "socat" => None,
        _ => None,
    }
}

/// Runs `rest` as the inner command.
pub(super) fn inner(machine: &mut Machine<'_, '_>, call: &Call<'_>, rest: &[String]) -> Stream {
    machine.run_program(rest, call.input.clone(), call.span.clone())
}

/// Runs a line that a shell would parse again.
pub(super) fn text(machine: &mut Machine<'_, '_>, call: &Call<'_>, line: &str) -> Stream {
    if line.trim_matches([UNKNOWN, ' ']).is_empty() {
        machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone());
    } else {
        machine.fresh(line, None, call.span.clone());
    }
    Stream::Unknown
}

fn unknown(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
    Stream::Unknown
}

fn sudo(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let takes = if call.name == "sudo" { "CDghpRrTtUu" } else { "uCa" };
    let (options, rest) =
        Options::until_operand(call.arguments, takes, &["user", "group", "host", "prompt", "chdir"], 0);
    let asks = options.has("lvkVK") && rest.is_empty();
    if !asks {
        machine.findings.add(&rule::SUDO, call.span.clone());
    }
    let rest = match call.name {
        "gosu" | "su-exec" => rest.get(1..).unwrap_or_default(),
        _ => skip_assignments(machine, call, rest),
    };
    inner(machine, call, rest)
}

/// Skips `NAME=value` before a command.
fn skip_assignments<'a>(machine: &mut Machine<'_, '_>, call: &Call<'_>, rest: &'a [String]) -> &'a [String] {
    let mut rest = rest;
    while let Some((first, after)) = rest.split_first()
        && let Some((name, value)) = first.split_once('=')
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        if super::is_hijacking(name, value) {
            machine.findings.add(&rule::HIJACK, call.span.clone());
        }
        rest = after;
    }
    rest
}

fn su(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    machine.findings.add(&rule::SUDO, call.span.clone());
    let options = Options::of(call.arguments, "cgGswT", &["command", "group", "shell"]);
    match options.value('c').or_else(|| options.long_value("command")) {
        Some(line) => text(machine, call, line),
        None => unknown(machine, call),
    }
}

fn env(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let (options, rest) =
        Options::until_operand(call.arguments, "uCS", &["unset", "chdir", "split-string"], 0);
    if let Some(line) = options.value('S').or_else(|| options.long_value("split-string")) {
        let line = rest.iter().fold(line.to_owned(), |line, argument| line + " " + argument);
        return text(machine, call, &line);
    }
    let rest = skip_assignments(machine, call, rest);
    if rest.is_empty() { Stream::Secret } else { inner(machine, call, rest) }
}

fn xargs(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let (options, rest) = Options::until_operand(
        call.arguments,
        "IiEeLlnPdsa",
        &["replace", "max-args", "max-procs", "max-lines", "delimiter", "arg-file", "eof", "max-chars"],
        0,
    );
    let input: Vec<String> = match call.input {
        Stream::Known(text) => text.split_whitespace().take(64).map(str::to_owned).collect(),
        Stream::Nothing | Stream::Remote | Stream::Decoded | Stream::Secret | Stream::Unknown => {
            vec![UNKNOWN.to_string()]
        }
    };
    let replace = options
        .value('I')
        .or_else(|| options.has("i").then_some("{}"))
        .or_else(|| options.long_value("replace"));
    let Some((program, arguments)) = rest.split_first() else { return Stream::Known(input.join(" ")) };
    let mut fields = vec![program.clone()];
    match replace {
        Some(mark) => {
            let value = input.join(" ");
            fields.extend(arguments.iter().map(|argument| argument.replace(mark, &value)));
        }
        None => {
            fields.extend_from_slice(arguments);
            fields.extend(input);
        }
    }
    machine.run_program(&fields, Stream::Nothing, call.span.clone());
    Stream::Unknown
}

fn parallel(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let (_, rest) = Options::until_operand(
        call.arguments,
        "jINndaSC",
        &["jobs", "delay", "timeout", "results", "joblog"],
        0,
    );
    let separator = |argument: &String| matches!(argument.as_str(), ":::" | "::::" | ":::+");
    let command: Vec<String> = rest.iter().take_while(|argument| !separator(argument)).cloned().collect();
    let values: Vec<&String> = rest
        .iter()
        .skip_while(|argument| !separator(argument))
        .filter(|argument| !separator(argument))
        .take(16)
        .collect();
    let unknown = UNKNOWN.to_string();
    let values = if values.is_empty() { vec![&unknown] } else { values };
    for value in values {
        let mut line = command.join(" ");
        if line.contains("{}") {
            line = line.replace("{}", value);
        } else {
            line = format!("{line} {value}");
        }
        text(machine, call, &line);
        // Some versions quote the words again.
        let fields: Vec<String> = command.iter().chain([value]).cloned().collect();
        machine.run_program(&fields, Stream::Nothing, call.span.clone());
    }
    Stream::Unknown
}

fn ssh(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Stream {
    let (options, rest) = Options::until_operand(call.arguments, "BbcDEeFIiJLlmOoPpQRSWw", &[], 1);
    let proxy = options.value('o').is_some_and(|option| {
        let lower = option.to_ascii_lowercase();
        lower.starts_with("proxycommand") && !lower.ends_with("none") || lower.starts_with("localcommand")
    });
    if proxy {
        machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
    }
    if rest.is_empty() {
        // The login shell reads what is piped to it.
        super::interpret::feed(machine, call.input, super::interpret::Engine::Shell, call.span.clone());
        return Stream::Unknown;
    }
    text(machine, call, &rest.join(" "))
}

/// `docker exec`, `docker run`, `kubectl exec`: the inner command, and what the container is given.
fn container(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    let (_, rest) = Options::until_operand(
        call.arguments,
        "cHlnf",
        &["context", "host", "namespace", "kubeconfig", "file", "project-name"],
        0,
    );
    let (verb, rest) = rest.split_first()?;
    let rest = if verb == "container" || verb == "compose" { rest } else { call.arguments };
    let at = rest.iter().position(|argument| matches!(argument.as_str(), "exec" | "run" | "create"))?;
    let arguments = rest.get(at + 1..).unwrap_or_default();
    if call.name == "kubectl" || call.name == "oc" {
        let inner_command = arguments
            .iter()
            .position(|argument| argument == "--")
            .map(|at| arguments.get(at + 1..).unwrap_or_default());
        return match (rest.get(at).map(String::as_str), inner_command) {
            (Some("exec" | "run"), Some(command)) => Some(inner(machine, call, command)),
            (Some("exec"), None) => {
                let (_, command) = Options::until_operand(arguments, "cnf", &["container", "namespace"], 1);
                Some(inner(machine, call, command))
            }
            (_, _) => None,
        };
    }
    let escape = arguments.iter().any(|argument| {
        argument == "--privileged"
            || argument.contains("docker.sock")
            || matches!(
                argument.as_str(),
                "--pid=host" | "--cap-add=ALL" | "--cap-add=SYS_ADMIN" | "--security-opt=apparmor=unconfined"
            )
            || ["/:", "/etc:", "/root:", "~:", "src=/,", "source=/,"].iter().any(|mount| {
                argument.starts_with(mount)
                    || argument
                        .strip_prefix("-v")
                        .or_else(|| argument.strip_prefix("--volume="))
                        .is_some_and(|value| value.starts_with(mount))
                    || argument.contains(&format!(",{mount}"))
            })
    });
    if escape {
        machine.findings.add(&rule::CONTAINER_ESCAPE, call.span.clone());
    }
    let (_, command) = Options::until_operand(
        arguments,
        "aceuvwphlm",
        &[
            "env",
            "user",
            "volume",
            "workdir",
            "name",
            "network",
            "publish",
            "mount",
            "entrypoint",
            "platform",
            "env-file",
            "label",
            "cpus",
            "memory",
            "hostname",
            "add-host",
            "cap-add",
            "cap-drop",
            "security-opt",
            "restart",
            "device",
            "pid",
            "ipc",
            "gpus",
            "shm-size",
            "ulimit",
            "tmpfs",
            "pull",
        ],
        1,
    );
    if command.is_empty() {
        // The image decides what runs, in its container.
        return Some(unknown(machine, call));
    }
    Some(inner(machine, call, command))
}
