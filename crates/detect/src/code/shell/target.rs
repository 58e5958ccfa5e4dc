//! What a path means to whoever deletes or overwrites it. Must never take a path for harmless that it could not read.

use super::expand::{HOME, MAYBE, UNKNOWN};

/// Where a path leads. Ordered from harmless to fatal; what is not known is beside that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// Under a directory for temporary files, `/dev/null` and its like.
    Temporary,
    /// A directory that tools make again: `build`, `node_modules`.
    Output,
    /// Below the working directory.
    Inside,
    /// The working directory itself, or everything in it.
    Here,
    /// Known only when it runs.
    Unknown,
    /// An absolute path that is neither of the system nor of a login.
    Elsewhere,
    /// Below the home directory, or beside the working directory.
    Home,
    /// A file or directory of the system.
    System,
    /// The root, a home as a whole, a top directory.
    Root,
}

const OUTPUTS: &[&str] = &[
    "build",
    "dist",
    "out",
    "target",
    "node_modules",
    "coverage",
    "__pycache__",
    "tmp",
    "temp",
    "bin",
    "obj",
    "htmlcov",
    "site",
    "public",
    "logs",
];

const TOP: &[&str] = &[
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "usr",
    "var",
    "Users",
    "System",
    "Library",
    "Applications",
    "Volumes",
    "private",
    "Windows",
    "nix",
    "data",
];

const SYSTEM: &[&str] = &[
    "bin",
    "boot",
    "dev",
    "etc",
    "lib",
    "lib32",
    "lib64",
    "proc",
    "root",
    "run",
    "sbin",
    "sys",
    "usr",
    "var",
    "System",
    "Library",
    "Applications",
    "private",
    "nix",
    "Windows",
];

/// Judges `path`.
pub(super) fn judge(path: &str) -> Target {
    let certain = !path.contains([UNKNOWN, MAYBE]);
    let read: String = path.chars().filter(|character| *character != MAYBE).collect();
    let target = judge_read(&read);
    if certain || target >= Target::Home { target } else { Target::Unknown }
}

fn judge_read(path: &str) -> Target {
    let path = path.trim_matches(['\r', '\n', ' ', '\t', '\u{a0}']);
    if path.is_empty() {
        return Target::Here;
    }
    let path = path.strip_prefix("file://").unwrap_or(path);
    if is_drive(path) {
        return if path.get(2..).is_none_or(|rest| rest.trim_matches(['/', '\\', '*', '.']).is_empty()) {
            Target::Root
        } else {
            Target::Elsewhere
        };
    }
    if let Some(rest) = path.strip_prefix(HOME) {
        return judge_home(rest);
    }
    if let Some(rest) = path.strip_prefix('/') {
        return judge_absolute(rest);
    }
    // An unknown beginning may be a root.
    if path.starts_with(UNKNOWN) {
        let rest = path.trim_start_matches(UNKNOWN);
        return if matches!(rest, "/" | "/*" | "/." | "/.*") { Target::Home } else { Target::Unknown };
    }
    let parts = normal(path);
    match parts.split_first() {
        None => Target::Here,
        Some((first, rest)) if *first == ".." => {
            // Far enough up is the root.
            let ups = 1 + rest.iter().take_while(|part| **part == "..").count();
            let below = rest.get(ups - 1).copied();
            if ups >= 4 && below.is_some_and(|top| SYSTEM.contains(&top)) {
                Target::System
            } else {
                Target::Home
            }
        }
        Some((first, [])) if matches!(*first, "*" | ".*" | "{*,.*}" | "*.*" | ".[!.]*" | ".??*") => {
            Target::Here
        }
        Some((first, _)) if *first == ".git" => Target::Here,
        Some((_, _)) => {
            let last = parts.last().copied().unwrap_or_default();
            let hidden_output = matches!(
                last,
                ".cache"
                    | ".next"
                    | ".nuxt"
                    | ".turbo"
                    | ".pytest_cache"
                    | ".mypy_cache"
                    | ".ruff_cache"
                    | ".tox"
                    | ".venv"
                    | "venv"
                    | ".gradle"
                    | ".parcel-cache"
                    | ".nyc_output"
                    | ".eggs"
            );
            if OUTPUTS.contains(&last) || hidden_output || last.ends_with(".egg-info") {
                Target::Output
            } else {
                Target::Inside
            }
        }
    }
}

fn judge_home(rest: &str) -> Target {
    // `~name` is the home of another.
    if !rest.is_empty() && !rest.starts_with('/') {
        return if rest.contains('/') { Target::Home } else { Target::Root };
    }
    let parts = normal(rest);
    match parts.as_slice() {
        [] => Target::Root,
        [only] if is_wild(only) || *only == ".." => Target::Root,
        [first, ..] if *first == ".." => Target::System,
        [first, second, ..] if *first == ".cache" && !is_wild(second) => Target::Temporary,
        _ => Target::Home,
    }
}

fn judge_absolute(rest: &str) -> Target {
    let parts = normal(rest);
    let parts: Vec<&str> = parts.into_iter().skip_while(|part| *part == "..").collect();
    match parts.as_slice() {
        [] => Target::Root,
        [first, rest @ ..] => {
            let named =
                !(rest.is_empty() || rest.len() == 1 && rest.first().is_some_and(|part| is_wild(part)));
            match *first {
                "tmp" if !rest.is_empty() => Target::Temporary,
                "tmp" => Target::Elsewhere,
                "var" if rest.first() == Some(&"tmp") && rest.len() > 1 => Target::Temporary,
                "dev"
                    if rest
                        .first()
                        .is_some_and(|device| HARMLESS_DEVICES.contains(device) || *device == "fd") =>
                {
                    Target::Temporary
                }
                "dev" if rest.first() == Some(&"shm") && rest.len() > 1 => Target::Temporary,
                first if is_wild(first) => Target::Root,
                first if TOP.contains(&first) && !named => Target::Root,
                first if first.contains(UNKNOWN) => Target::Unknown,
                // A whole home of somebody.
                "home" | "Users"
                    if rest.len() == 1
                        || rest.get(1).is_some_and(|part| rest.len() == 2 && is_wild(part)) =>
                {
                    Target::Root
                }
                first if SYSTEM.contains(&first) => Target::System,
                _ if rest.len() >= 2 && rest.last().is_some_and(|last| is_made(last)) => Target::Output,
                _ => Target::Elsewhere,
            }
        }
    }
}

/// Directories that are what tools make, wherever they stand.
fn is_made(name: &str) -> bool {
    matches!(
        name,
        "node_modules"
            | "__pycache__"
            | "build"
            | "dist"
            | "target"
            | "coverage"
            | ".next"
            | ".cache"
            | ".venv"
            | "venv"
            | ".pytest_cache"
            | ".mypy_cache"
            | ".tox"
            | ".gradle"
            | ".turbo"
    )
}

const HARMLESS_DEVICES: &[&str] =
    &["null", "zero", "stdout", "stderr", "stdin", "tty", "full", "random", "urandom"];

/// True for files by which a build tool may be made to run something: all but reports and the devices that keep nothing.
pub(super) fn is_recipe(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let report = [".log", ".txt", ".md", ".csv", ".tsv", ".out", ".err", ".html", ".diff", ".patch", ".svg"]
        .iter()
        .any(|end| name.ends_with(end));
    !(report || path.starts_with("/dev/")) || name == "cmakelists.txt"
}

/// `C:`, `c:\`, `C:/*`.
fn is_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.get(1) == Some(&b':')
        && bytes.get(2).is_none_or(|byte| matches!(byte, b'\\' | b'/'))
}

fn is_wild(part: &str) -> bool {
    part.chars().all(|character| matches!(character, '*' | '?' | '.')) && part.contains(['*', '?'])
}

/// The parts of a path without `.`, empty ones and what `..` takes back.
fn normal(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts
}

/// True for a path that is taken from the working directory.
pub(super) fn is_relative(path: &str) -> bool {
    !(path.starts_with(['/', UNKNOWN]) || path.starts_with(HOME) || is_drive(path))
}

/// True for a block device or what stands for memory: a write there destroys.
pub(super) fn is_device(path: &str) -> bool {
    let parts = normal(path);
    match parts.as_slice() {
        ["dev", device, ..] if path.starts_with('/') => {
            !HARMLESS_DEVICES.contains(device)
                && !matches!(*device, "fd" | "shm" | "pts" | "tcp" | "udp" | "log" | "ptmx")
                && !device.starts_with("tty")
        }
        ["proc", "sysrq-trigger" | "kcore"] | ["sys", ..] if path.starts_with('/') => true,
        _ => is_drive(path.trim_start_matches("\\\\.\\")) && path.starts_with("\\\\.\\"),
    }
}

/// True for files that govern logins, the system or what runs at the next start.
pub(super) fn is_protected(path: &str) -> bool {
    let lower = path.strip_prefix(HOME).unwrap_or(path);
    let parts = normal(lower);
    let name = parts.last().copied().unwrap_or_default();
    let in_home = path.starts_with(HOME)
        || matches!(parts.as_slice(), ["home" | "Users", _, ..] | ["root", ..]) && path.starts_with('/');
    let start_file = matches!(
        name,
        ".bashrc"
            | ".bash_profile"
            | ".profile"
            | ".zshrc"
            | ".zshenv"
            | ".zprofile"
            | ".bash_login"
            | ".bash_logout"
            | ".gitconfig"
            | ".npmrc"
            | ".pypirc"
            | ".netrc"
            | ".vimrc"
            | ".inputrc"
            | "authorized_keys"
            | "authorized_keys2"
            | "crontab"
    );
    let kept = |part: &&str| {
        matches!(*part, ".ssh" | ".aws" | ".gnupg" | ".kube" | "LaunchAgents" | "autostart" | "systemd")
    };
    let system = path.starts_with('/')
        && judge_read(path) == Target::System
        && !(is_device(path) || is_log_or_work(&parts));
    (in_home && (start_file || parts.iter().any(kept)))
        || system
        || matches!(parts.as_slice(), [.., ".git", "hooks", _] | [.., ".git", "config"])
}

/// `/var/www`, `/usr/local/src` and other places that people work in, and `/run/user`.
fn is_log_or_work(parts: &[&str]) -> bool {
    matches!(
        parts,
        ["var", "www" | "tmp" | "cache", ..]
            | ["usr", "local", "src" | "share", ..]
            | ["usr", "src", ..]
            | ["run", "user", ..]
            | ["private", "tmp" | "var", ..]
    )
}

/// True for logs and shell histories.
pub(super) fn is_trace(path: &str) -> bool {
    let parts = normal(path.strip_prefix(HOME).unwrap_or(path));
    let name = parts.last().copied().unwrap_or_default();
    matches!(
        name,
        ".bash_history"
            | ".zsh_history"
            | ".sh_history"
            | ".history"
            | ".python_history"
            | ".mysql_history"
            | ".psql_history"
    ) || matches!(parts.as_slice(), ["var", "log", ..]) && path.starts_with('/')
}

/// True for files that hold credentials.
pub(super) fn is_credential(path: &str) -> bool {
    let path = path.trim_start_matches('@');
    let parts = normal(path.strip_prefix(HOME).unwrap_or(path));
    let name = parts.last().copied().unwrap_or_default();
    let parent = parts.len().checked_sub(2).and_then(|at| parts.get(at)).copied().unwrap_or_default();
    match name {
        "shadow" | "gshadow" | "sudoers" | "master.passwd" => parent == "etc",
        "id_rsa"
        | "id_ed25519"
        | "id_ecdsa"
        | "id_dsa"
        | ".netrc"
        | ".pgpass"
        | ".my.cnf"
        | ".git-credentials"
        | ".pypirc"
        | ".npmrc"
        | ".vault-token"
        | "credentials.json"
        | "application_default_credentials.json"
        | "secring.gpg"
        | "logins.json"
        | "key4.db"
        | "Login Data"
        | "wallet.dat"
        | "opasswd"
        | "shadow-"
        | "tfstate"
        | ".dockercfg"
        | "environ"
            if name != "environ" || parts.first() == Some(&"proc") =>
        {
            true
        }
        "token" => parent == "serviceaccount",
        "credentials" => matches!(parent, ".aws" | ".cargo" | ".gem"),
        "credentials.toml" => parent == ".cargo",
        "config" => parent == ".kube",
        "config.json" => parent == ".docker",
        "hosts.yml" => parent == "gh",
        _ => {
            (parent == "ssh" && name.starts_with("ssh_host_") && !name.ends_with(".pub"))
                || (parent == ".ssh" && !name.ends_with(".pub") && !matches!(name, "known_hosts" | "config"))
                || parts.contains(&".gnupg")
                || (name == ".ssh" || name == ".aws") && path.starts_with(HOME)
        }
    }
}

/// True for files in which projects keep their secrets; reading one is often right, sending one is not.
pub(super) fn is_project_secret(path: &str) -> bool {
    let name = path.trim_start_matches('@').rsplit('/').next().unwrap_or_default();
    (name == ".env" || name.starts_with(".env."))
        && !matches!(name, ".env.example" | ".env.sample" | ".env.template" | ".env.dist")
        || name.ends_with(".pem")
        || name.ends_with(".key")
        || name.ends_with(".p12")
        || name.ends_with(".pfx")
}
