//! Git and GitHub's program: what discards work, rewrites history or runs something else. Must never stop at the global
//! options: the sub-command is what counts.

use super::options::Options;
use super::wrap;
use crate::code::rule::{self, Rule};
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};

/// Sub-commands that lose nothing, whatever their options.
const QUIET: &[&str] = &[
    "status",
    "log",
    "diff",
    "show",
    "add",
    "fetch",
    "pull",
    "merge",
    "cherry-pick",
    "revert",
    "init",
    "describe",
    "rev-parse",
    "rev-list",
    "ls-files",
    "ls-tree",
    "ls-remote",
    "cat-file",
    "shortlog",
    "whatchanged",
    "annotate",
    "name-rev",
    "merge-base",
    "for-each-ref",
    "show-ref",
    "symbolic-ref",
    "count-objects",
    "fsck",
    "verify-commit",
    "verify-tag",
    "var",
    "version",
    "help",
    "am",
    "apply",
    "format-patch",
    "request-pull",
    "diff-tree",
    "diff-files",
    "diff-index",
    "check-ignore",
    "check-attr",
    "show-branch",
    "cherry",
    "archive",
    "bundle",
    "mv",
    "notes",
    "range-diff",
    "maintenance",
    "sparse-checkout",
    "hash-object",
    "write-tree",
    "mktree",
    "commit-tree",
    "stripspace",
    "commit",
    "blame",
    "grep",
    "lfs",
    "bugreport",
    "--version",
    "--help",
    "prune-packed",
    "pack-refs",
    "repack",
    "switch",
    "credential",
];

/// Configuration by which git runs a program.
const RUNNING_KEYS: &[&str] = &[
    "core.pager",
    "core.editor",
    "core.sshcommand",
    "core.fsmonitor",
    "core.hookspath",
    "core.askpass",
    "core.gitproxy",
    "diff.external",
    "sequence.editor",
    "credential.helper",
    "gpg.program",
    "uploadpack.packobjectshook",
    "protocol.ext.allow",
    "web.browser",
    "http.proxy",
    "core.alternaterefscommand",
];

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    match call.name {
        "git" => git(machine, call),
        "gh" | "glab" | "hub" => hosting(machine, call),
        _ => return None,
    }
    Some(Stream::Unknown)
}

fn git(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let mut rest = call.arguments;
    while let Some((first, after)) = rest.split_first()
        && first.starts_with('-')
    {
        let value = after.first().map(String::as_str).unwrap_or_default();
        rest = match first.as_str() {
            "-c" | "--config-env" => {
                setting(machine, call, value);
                after.get(1..).unwrap_or_default()
            }
            "-C" | "--git-dir" | "--work-tree" | "--namespace" | "--super-prefix" | "--attr-source" => {
                after.get(1..).unwrap_or_default()
            }
            // The key with the name of a variable for its value.
            option if option.starts_with("--config-env=") => {
                setting(machine, call, option.trim_start_matches("--config-env="));
                after
            }
            "--exec-path" if first.contains('=') => after,
            option => {
                if option.starts_with("--exec-path=") {
                    machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
                }
                after
            }
        };
        if first == "--version" || first == "--help" {
            return;
        }
    }
    let Some((verb, arguments)) = rest.split_first() else { return };
    if verb.contains(UNKNOWN) {
        return machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone());
    }
    if let Some(rule) = judge(verb, arguments) {
        machine.findings.add(rule, call.span.clone());
    }
    runs(machine, call, verb, arguments);
    if !QUIET.contains(&verb.as_str()) && !KNOWN.contains(&verb.as_str()) {
        machine.findings.add(&rule::UNKNOWN_PROGRAM, call.span.clone());
    }
}

/// Sub-commands that [`judge`] and [`runs`] know.
const KNOWN: &[&str] = &[
    "reset",
    "clean",
    "push",
    "branch",
    "checkout",
    "restore",
    "stash",
    "reflog",
    "gc",
    "filter-branch",
    "filter-repo",
    "update-ref",
    "tag",
    "worktree",
    "submodule",
    "bisect",
    "clone",
    "rebase",
    "rm",
    "config",
    "remote",
    "prune",
    "difftool",
    "mergetool",
    "replace",
    "read-tree",
    "checkout-index",
    "update-index",
    "subtree",
];

fn setting(machine: &mut Machine<'_, '_>, call: &Call<'_>, setting: &str) {
    let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
    let key = key.to_ascii_lowercase();
    let alias = key.starts_with("alias.");
    let runs = RUNNING_KEYS.contains(&key.as_str())
        || key.ends_with(".textconv")
        || key.ends_with(".clean")
        || key.ends_with(".smudge")
        || key.ends_with(".process")
        || key.ends_with(".cmd")
        || key.starts_with("pager.")
        || key.starts_with("include.")
        || key.starts_with("includeif.");
    let quiet = matches!(
        value,
        "" | "cat"
            | "less"
            | "false"
            | "true"
            | "vim"
            | "nano"
            | "code --wait"
            | "store"
            | "cache"
            | "osxkeychain"
            | "manager"
    );
    if alias && value.starts_with('!') {
        wrap::text(machine, call, value.trim_start_matches('!'));
    }
    if (runs && !quiet) || (alias && value.starts_with('!')) {
        machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
    }
}

/// What the sub-command loses.
fn judge(verb: &str, arguments: &[String]) -> Option<&'static Rule> {
    let options = Options::of(arguments, "", &[]);
    let first = options.operands.first().copied().unwrap_or_default();
    let dry = options.has_long("dry-run") || (options.has("n") && matches!(verb, "clean" | "push" | "rm"));
    if dry {
        return None;
    }
    match verb {
        "reset" if options.has_long("hard") || options.has_long("merge") => Some(&rule::GIT_DISCARD),
        "clean" if options.has("f") || options.has_long("force") => Some(&rule::GIT_DISCARD),
        "push" => push(&options),
        "branch" => {
            let forced = options.has("D")
                || options.has_long("delete") && (options.has("f") || options.has_long("force"))
                || options.has("d") && options.has("f");
            forced
                .then_some(&rule::GIT_BRANCH_FORCED)
                .or_else(|| options.has("fM").then_some(&rule::GIT_BRANCH))
        }
        "checkout" => {
            let paths = arguments.iter().any(|argument| argument == "--");
            let everything = first == "." || options.operands.get(1) == Some(&".");
            let forced = options.has("f") || options.has_long("force");
            let new = options.has("bB") || options.has_long("orphan");
            (!new && (paths || everything || forced)).then_some(&rule::GIT_DISCARD)
        }
        "restore" => {
            let staged = options.has("S") || options.has_long("staged");
            let worktree = options.has("W") || options.has_long("worktree");
            (!staged || worktree).then_some(&rule::GIT_DISCARD)
        }
        "switch" if options.has("f") || options.has_long("force") || options.has_long("discard-changes") => {
            Some(&rule::GIT_DISCARD)
        }
        "stash" if matches!(first, "drop" | "clear") => Some(&rule::GIT_DISCARD),
        "reflog" if matches!(first, "expire" | "delete") => Some(&rule::GIT_HISTORY),
        "gc" if options.has_long("prune")
            || options.has_long("aggressive") && options.long_value("prune").is_some() =>
        {
            Some(&rule::GIT_HISTORY)
        }
        "filter-branch" | "filter-repo" | "prune" | "replace" => Some(&rule::GIT_HISTORY),
        "update-ref" if options.has("d") => Some(&rule::GIT_HISTORY),
        "tag" if options.has("d") || options.has_long("delete") => Some(&rule::GIT_BRANCH),
        "worktree" if first == "remove" && (options.has("f") || options.has_long("force")) => {
            Some(&rule::GIT_BRANCH)
        }
        "rm" if options.has("r") && options.has("f") => Some(&rule::GIT_DISCARD),
        "read-tree" if options.has_long("reset") => Some(&rule::GIT_DISCARD),
        "checkout-index" if options.has("f") => Some(&rule::GIT_DISCARD),
        "remote" if matches!(first, "remove" | "rm") => Some(&rule::GIT_BRANCH),
        _ => None,
    }
}

fn push(options: &Options<'_>) -> Option<&'static Rule> {
    let lease = options.any_long(|given| given.starts_with("force-")) && !options.has("f");
    let forced = options.has("f")
        || (options.has_long("force") && !lease)
        || options.has_long("mirror")
        || options.operands.iter().skip(1).any(|reference| reference.starts_with('+'));
    let deletes = options.has("d")
        || options.has_long("delete")
        || options.has_long("prune")
        || options.operands.iter().skip(1).any(|reference| reference.starts_with(':'));
    if forced {
        Some(&rule::GIT_FORCE_PUSH)
    } else if deletes {
        Some(&rule::GIT_HISTORY)
    } else if lease {
        Some(&rule::GIT_LEASE)
    } else {
        None
    }
}

/// What the sub-command runs.
fn runs(machine: &mut Machine<'_, '_>, call: &Call<'_>, verb: &str, arguments: &[String]) {
    let options = Options::of(
        arguments,
        "xucO",
        &["exec", "upload-pack", "receive-pack", "config", "extcmd", "open-files-in-pager"],
    );
    let first = options.operands.first().copied().unwrap_or_default();
    match verb {
        "submodule" if first == "foreach" => {
            wrap::text(machine, call, &options.operands.get(1..).unwrap_or_default().join(" "));
        }
        "bisect" if first == "run" => {
            let at = arguments.iter().position(|argument| argument == "run").unwrap_or_default();
            machine.run(arguments.get(at + 1..).unwrap_or_default(), Stream::Nothing, call.span.clone());
        }
        "rebase" => {
            if let Some(line) = options.value('x').or_else(|| options.long_value("exec")) {
                wrap::text(machine, call, line);
            }
        }
        "clone" | "fetch" | "pull" | "push" | "ls-remote" | "archive" => {
            let program = options
                .value('u')
                .filter(|_| verb == "clone")
                .or_else(|| options.long_value("upload-pack"))
                .or_else(|| options.long_value("receive-pack"));
            if program.is_some()
                || options.operands.iter().any(|operand| operand.starts_with("ext::"))
                || options.has_long("exec")
            {
                machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
            }
            if let Some(value) = options.value('c').or_else(|| options.long_value("config")) {
                setting(machine, call, value);
            }
        }
        "config" => {
            let operands = &options.operands;
            if let (Some(key), Some(value)) = (operands.first(), operands.get(1)) {
                setting(machine, call, &format!("{key}={value}"));
            }
        }
        "grep" if options.has("O") || options.has_long("open-files-in-pager") => {
            machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone())
        }
        "difftool" | "mergetool" if options.has("x") || options.has_long("extcmd") => {
            machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone())
        }
        _ => {}
    }
}

fn hosting(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let words: Vec<&str> =
        call.arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).take(2).collect();
    let rule = match words.as_slice() {
        [_, "delete" | "archive" | "transfer" | "rename"] => &rule::CLOUD_DELETE,
        ["auth", "token"] => &rule::CREDENTIAL_READ,
        ["api", ..] => {
            let changes = call.arguments.windows(2).any(|pair| matches!(pair, [option, method] if matches!(option.as_str(), "-X" | "--method") && !method.eq_ignore_ascii_case("GET")));
            let deletes = call.arguments.iter().any(|argument| {
                argument.eq_ignore_ascii_case("DELETE") || argument.eq_ignore_ascii_case("-XDELETE")
            });
            if deletes {
                &rule::CLOUD_DELETE
            } else if changes {
                &rule::CLOUD_CHANGE
            } else {
                return;
            }
        }
        [
            _,
            "list" | "view" | "status" | "diff" | "checks" | "clone" | "checkout" | "search" | "download"
            | "watch" | "browse",
        ]
        | ["search" | "status" | "browse" | "version" | "help" | "completion", ..]
        | [] => return,
        ["release", _] | ["secret" | "variable" | "ssh-key" | "gpg-key", _] => &rule::CLOUD_CHANGE,
        [
            _,
            "create" | "comment" | "edit" | "close" | "reopen" | "merge" | "review" | "run" | "rerun"
            | "ready" | "fork" | "set-default" | "sync",
        ] => &rule::CLOUD_CHANGE,
        _ => &rule::UNKNOWN_PROGRAM,
    };
    machine.findings.add(rule, call.span.clone());
}
