//! Programs that talk to the network: where bytes go, and what comes back. Must never forget that what came back is not
//! trusted: its stream is `Remote`.

use super::options::Options;
use super::wrap;
use crate::code::rule;
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::target;

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    match call.name {
        "curl" | "curlie" => curl(machine, call),
        "wget" | "wget2" => wget(machine, call),
        "http" | "https" | "xh" | "aria2c" | "lynx" | "w3m" | "links" | "fetch" | "axel" => {}
        "nc" | "ncat" | "netcat" | "nc.traditional" => netcat(machine, call),
        "socat" => {
            let runs = call.arguments.iter().any(|argument| {
                let upper = argument.to_ascii_uppercase();
                upper.starts_with("EXEC:") || upper.starts_with("SYSTEM:")
            });
            let rule = if runs { &rule::REVERSE_SHELL } else { &rule::UPLOAD };
            machine.findings.add(rule, call.span.clone());
        }
        "telnet" => {
            if matches!(call.input, Stream::Nothing) {
                machine.findings.add(&rule::UPLOAD, call.span.clone());
            } else {
                machine.findings.add(&rule::REVERSE_SHELL, call.span.clone());
            }
        }
        "scp" | "sftp" | "ftp" | "rcp" | "rclone" => transfer(machine, call),
        "rsync" => rsync(machine, call),
        "nmap" | "masscan" => {
            if call.arguments.iter().any(|argument| {
                argument.starts_with("--script") && argument.contains(['/', '.'])
                    || argument == "--interactive"
            }) {
                machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
            } else {
                machine.findings.add(&rule::UPLOAD, call.span.clone());
            }
        }
        "mail" | "mailx" | "sendmail" | "mutt" => {
            machine.findings.add(&rule::UPLOAD, call.span.clone());
            if call.input == &Stream::Secret {
                machine.findings.add(&rule::EXFILTRATION, call.span.clone());
            }
        }
        "ssh-keygen" | "ssh-add" | "ssh-keyscan" | "ssh-copy-id" => {
            if call.name == "ssh-copy-id" || call.arguments.iter().any(|argument| argument == "-D") {
                machine.findings.add(&rule::PERSISTENCE, call.span.clone());
            }
            return Some(Stream::Unknown);
        }
        _ => return None,
    }
    Some(Stream::Remote)
}

/// The addresses at which clouds hand out a machine's credentials.
fn is_metadata(argument: &str) -> bool {
    ["169.254.169.254", "metadata.google.internal", "fd00:ec2::254", "100.100.100.200", "169.254.170.2"]
        .iter()
        .any(|host| argument.contains(host))
}

fn is_secret(value: &str) -> bool {
    let path = value.rsplit_once('@').map_or(value, |(_, path)| path);
    target::is_credential(path) || target::is_project_secret(path)
}

fn curl(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    // An address that is put together when the command runs may carry anything out.
    if call.arguments.iter().any(|argument| argument.contains("://") && argument.contains(UNKNOWN)) {
        machine.findings.add(&rule::UPLOAD, call.span.clone());
    }
    if call.arguments.iter().any(|argument| is_metadata(argument)) {
        machine.findings.add(&rule::CREDENTIAL_READ, call.span.clone());
    }
    let mut arguments = call.arguments.iter();
    while let Some(argument) = arguments.next() {
        let (name, attached) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (argument.as_str(), None),
        };
        match name {
            "-o" | "--output" | "--output-dir" | "-D" | "--dump-header" => {
                if let Some(path) = attached.or_else(|| arguments.next().cloned()) {
                    download(machine, call, &path);
                }
            }
            "-d" | "--data" | "--data-binary" | "--data-raw" | "--data-urlencode" | "--data-ascii" | "-F"
            | "--form" | "-T" | "--upload-file" | "--json" => {
                let value = attached.or_else(|| arguments.next().cloned()).unwrap_or_default();
                let file = name == "-T" || name == "--upload-file" || value.contains('@');
                let from_input = matches!(value.as_str(), "@-" | "-" | ".") || value.ends_with("=@-");
                send(machine, call, &value, file, from_input);
            }
            "-K" | "--config" => {
                arguments.next();
                machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
            }
            "-X" | "--request" => {
                let method = attached.or_else(|| arguments.next().cloned()).unwrap_or_default();
                if let Some(rule) = changing(&method) {
                    machine.findings.add(rule, call.span.clone());
                }
            }
            _ => {
                if let Some(rule) = argument.strip_prefix("-X").and_then(changing) {
                    machine.findings.add(rule, call.span.clone());
                } else if let Some(path) =
                    argument.strip_prefix("-o").filter(|path| !path.is_empty() && !argument.starts_with("--"))
                {
                    download(machine, call, path);
                } else if let Some(value) = argument
                    .strip_prefix("-d@")
                    .or_else(|| argument.strip_prefix("-F@"))
                    .or_else(|| argument.strip_prefix("-T"))
                {
                    send(machine, call, value, true, value == "-");
                } else if let Some(path) = argument.strip_prefix("file://") {
                    machine.read(path, call.span.clone());
                }
            }
        }
    }
}

/// What a request with this method changes at the other end.
fn changing(method: &str) -> Option<&'static rule::Rule> {
    match method.to_ascii_uppercase().as_str() {
        "DELETE" => Some(&rule::CLOUD_DELETE),
        "POST" | "PUT" | "PATCH" => Some(&rule::CLOUD_CHANGE),
        _ => None,
    }
}

fn send(machine: &mut Machine<'_, '_>, call: &Call<'_>, value: &str, file: bool, from_input: bool) {
    let secret = file && is_secret(value) || from_input && call.input == &Stream::Secret;
    if secret {
        machine.findings.add(&rule::EXFILTRATION, call.span.clone());
    } else if from_input && matches!(call.input, Stream::Known(_)) {
        // What is sent stands in the text.
    } else if file || from_input || value.contains(UNKNOWN) {
        machine.findings.add(&rule::UPLOAD, call.span.clone());
    }
}

fn download(machine: &mut Machine<'_, '_>, call: &Call<'_>, path: &str) {
    if target::is_protected(path) && !target::is_device(path) {
        machine.findings.add(&rule::DOWNLOAD_PROTECTED, call.span.clone());
    } else if path != "-" {
        machine.write(path, false, call.span.clone());
    }
}

fn wget(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    if call.arguments.iter().any(|argument| is_metadata(argument)) {
        machine.findings.add(&rule::CREDENTIAL_READ, call.span.clone());
    }
    let options = Options::of(
        call.arguments,
        "OoaPiUteBQ",
        &[
            "output-document",
            "post-file",
            "body-file",
            "post-data",
            "body-data",
            "use-askpass",
            "directory-prefix",
            "execute",
            "input-file",
            "header",
            "user-agent",
        ],
    );
    if options
        .long_value("post-data")
        .or_else(|| options.long_value("body-data"))
        .is_some_and(|data| data.contains(UNKNOWN))
    {
        machine.findings.add(&rule::UPLOAD, call.span.clone());
    }
    if let Some(path) = options.long_value("post-file").or_else(|| options.long_value("body-file")) {
        let rule = if is_secret(path) { &rule::EXFILTRATION } else { &rule::UPLOAD };
        machine.findings.add(rule, call.span.clone());
    }
    if options.has_long("use-askpass")
        || options.value('e').is_some_and(|setting| setting.contains("use_askpass"))
    {
        machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
    }
    if let Some(path) = options.value('O').or_else(|| options.long_value("output-document")) {
        download(machine, call, path);
    }
}

fn netcat(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "ecpswgGiIoOPqTVWXx", &["exec", "sh-exec", "lua-exec"]);
    let runs = options.has("ec")
        || options.has_long("exec")
        || options.has_long("sh-exec")
        || options.has_long("lua-exec");
    let probes = options.has("z");
    if runs {
        machine.findings.add(&rule::REVERSE_SHELL, call.span.clone());
    } else if call.input == &Stream::Secret {
        machine.findings.add(&rule::EXFILTRATION, call.span.clone());
    } else if !probes {
        machine.findings.add(&rule::UPLOAD, call.span.clone());
    }
}

fn transfer(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    if call.name == "rclone" {
        let verb = call.arguments.first().map(String::as_str).unwrap_or_default();
        let rule = match verb {
            "ls" | "lsd" | "lsf" | "lsl" | "lsjson" | "size" | "version" | "cat" | "check" | "about"
            | "md5sum" | "hashsum" | "tree" => return,
            _ if call.arguments.iter().any(|argument| argument == "--dry-run" || argument == "-n") => return,
            "delete" | "purge" | "deletefile" | "rmdirs" | "sync" | "cleanup" => &rule::SYNC_DELETE,
            _ => &rule::UPLOAD,
        };
        return machine.findings.add(rule, call.span.clone());
    }
    let options = Options::of(call.arguments, "cFiJloPS", &[]);
    if options.has("S") {
        machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
    }
    let remote = |path: &&str| path.split('/').next().is_some_and(|head| head.contains(':'));
    if let Some((to, sources)) = options.operands.split_last() {
        if remote(to) {
            let secret = sources.iter().any(|source| is_secret(source));
            machine.findings.add(if secret { &rule::EXFILTRATION } else { &rule::UPLOAD }, call.span.clone());
        } else if sources.iter().any(remote) {
            machine.write(to, false, call.span.clone());
        } else {
            machine.findings.add(&rule::UPLOAD, call.span.clone());
        }
    }
}

fn rsync(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options =
        Options::of(call.arguments, "efBTM", &["rsh", "rsync-path", "exclude", "include", "filter"]);
    if let Some(shell) = options.value('e').or_else(|| options.long_value("rsh")) {
        let first = shell.split_whitespace().next().unwrap_or_default();
        if first != "ssh" {
            machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
            wrap::text(machine, call, shell);
        }
    }
    if options.has("n") || options.has_long("dry-run") || options.has_long("list-only") {
        return;
    }
    let deletes = call.arguments.iter().any(|argument| {
        argument.starts_with("--delete") || argument == "--del" || argument == "--remove-source-files"
    });
    if deletes {
        machine.findings.add(&rule::SYNC_DELETE, call.span.clone());
    }
    if let Some((to, sources)) = options.operands.split_last() {
        if to.contains(':') {
            let secret = sources.iter().any(|source| is_secret(source));
            machine.findings.add(if secret { &rule::EXFILTRATION } else { &rule::UPLOAD }, call.span.clone());
        } else {
            machine.write(to, false, call.span.clone());
        }
    }
}
