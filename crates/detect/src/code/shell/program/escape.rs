//! Options by which ordinary programs run others, load code or write files: what GTFOBins (gtfobins.github.io) knows of
//! programs that the other families take for harmless. Must never list an option without what it takes over.

use super::options::Options;
use crate::code::rule::{self, Rule};
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};

/// A program and those of its arguments that matter. An argument is given as
/// `-x` or `-word` (alone or with its value attached), `--long` (or an abbreviation, or with `=value`),
/// `=word` (exactly), `^start`, `~part`.
struct Escape {
    names: &'static [&'static str],
    marks: &'static [&'static str],
    rule: &'static Rule,
}

const RUNS: &Rule = &rule::SHELL_ESCAPE;
const LOADS: &Rule = &rule::UNINSPECTED_CODE;
const ODD: &Rule = &rule::ODD_READ;

const ESCAPES: &[Escape] = &[
    Escape {
        names: &["less", "zless", "bzless", "xzless"],
        marks: &["--lesskey-content", "--lesskey-src", "--lesskey-file", "~+!"],
        rule: RUNS,
    },
    Escape { names: &["man"], marks: &["-P", "--pager", "-H", "--html", "-C", "--config-file"], rule: RUNS },
    Escape { names: &["bat", "batcat", "delta", "ack", "ag"], marks: &["--pager"], rule: RUNS },
    Escape {
        names: &["fzf", "sk"],
        marks: &["--preview", "--bind", "--listen", "--with-shell"],
        rule: LOADS,
    },
    Escape { names: &["cowsay", "cowthink"], marks: &["-f"], rule: LOADS },
    Escape { names: &["dc"], marks: &["~!"], rule: RUNS },
    Escape { names: &["ip"], marks: &["=exec"], rule: RUNS },
    Escape { names: &["ip", "tc", "bridge"], marks: &["=-b", "-batch"], rule: LOADS },
    Escape { names: &["ss"], marks: &["-K", "--kill"], rule: &rule::SERVICE },
    Escape {
        names: &["gcc", "g++", "cc", "c++", "clang", "clang++", "gfortran", "c99", "c89"],
        marks: &["-wrapper", "^-fplugin", "^-specs", "^-B", "^@", "^-Xclang", "^-fpass-plugin"],
        rule: RUNS,
    },
    Escape { names: &["ld", "gold"], marks: &["-plugin", "--plugin", "--dynamic-linker"], rule: LOADS },
    Escape {
        names: &["rustc", "rustdoc"],
        marks: &["~linker=", "~link-arg", "-Z", "--test-builder"],
        rule: LOADS,
    },
    Escape { names: &["cargo"], marks: &["--config", "-Z"], rule: LOADS },
    Escape {
        names: &["go"],
        marks: &["^-toolexec", "^--toolexec", "^-vettool", "^--vettool", "^-exec", "^--exec", "^-overlay"],
        rule: RUNS,
    },
    Escape {
        names: &["npm", "yarn", "pnpm", "npx"],
        marks: &[
            "--script-shell",
            "--node-options",
            "--userconfig",
            "--globalconfig",
            "--init-module",
            "--editor",
            "--viewer",
            "--browser",
            "--call",
            "--shell",
            "=edit",
            "=exec",
        ],
        rule: RUNS,
    },
    Escape { names: &["pip", "pip3", "uv"], marks: &["--editor", "=edit", "--python"], rule: RUNS },
    Escape {
        names: &["apt", "apt-get", "apt-cache", "apt-mark", "aptitude"],
        marks: &["~Invoke", "~::", "-c", "--config-file"],
        rule: RUNS,
    },
    Escape {
        names: &["rpm", "rpmquery", "rpmverify"],
        marks: &["--eval", "-E", "--pipe", "--define", "--load", "--rcfile"],
        rule: RUNS,
    },
    Escape {
        names: &["dnf", "yum", "zypper"],
        marks: &["-c", "--config", "--installroot", "--setopt", "--enableplugin"],
        rule: LOADS,
    },
    Escape { names: &["dpkg"], marks: &["--pre-invoke", "--post-invoke", "--force"], rule: RUNS },
    Escape {
        names: &["make", "gmake"],
        marks: &["--eval", "-E", "~SHELL=", "~MAKEFLAGS=", "=-"],
        rule: RUNS,
    },
    Escape { names: &["rake"], marks: &["-e", "-p", "-E", "-r", "--execute", "--require"], rule: LOADS },
    Escape {
        names: &["mocha", "jest", "vitest", "rspec", "eslint", "prettier", "webpack", "rollup", "vite"],
        marks: &[
            "-r",
            "--require",
            "--import",
            "--loader",
            "--globalSetup",
            "--setupFiles",
            "--rulesdir",
            "--plugin",
            "--resolve-plugins-relative-to",
        ],
        rule: LOADS,
    },
    Escape { names: &["pytest", "py.test"], marks: &["-p", "-c", "--rootdir"], rule: LOADS },
    Escape {
        names: &["pylint", "mypy", "flake8"],
        marks: &["--init-hook", "--load-plugins", "--python-executable"],
        rule: LOADS,
    },
    Escape { names: &["ctest", "cmake"], marks: &["-P", "-E", "--script"], rule: LOADS },
    Escape { names: &["protoc"], marks: &["--plugin"], rule: LOADS },
    Escape { names: &["ctags"], marks: &["--options"], rule: LOADS },
    Escape { names: &["task"], marks: &["=execute", "=exec"], rule: RUNS },
    Escape { names: &["just"], marks: &["--shell", "--chooser", "--command", "-c"], rule: RUNS },
    Escape {
        names: &["git"],
        marks: &["--template", "--ext-diff", "^--exec=", "--upload-pack", "--receive-pack", "^-O"],
        rule: LOADS,
    },
    Escape {
        names: &["ssh", "scp", "sftp"],
        marks: &["~ProxyCommand", "~LocalCommand", "~KnownHostsCommand", "~proxycommand", "~localcommand"],
        rule: RUNS,
    },
    Escape { names: &["ssh", "scp", "sftp"], marks: &["-F", "-I", "-D"], rule: LOADS },
    Escape {
        names: &["mysql", "mariadb", "mysqldump", "mysqladmin"],
        marks: &["--default-auth", "--plugin-dir", "--pager", "--init-command", "~\\!", "^system "],
        rule: RUNS,
    },
    Escape { names: &["psql"], marks: &["~\\!", "~PROGRAM"], rule: RUNS },
    Escape { names: &["sqlite3", "duckdb"], marks: &["-cmd", "-init", "--init"], rule: LOADS },
    Escape { names: &["redis-cli", "valkey-cli"], marks: &["--eval", "--rdb", "--pipe"], rule: LOADS },
    Escape {
        names: &["pandoc"],
        marks: &["--filter", "-F", "--lua-filter", "-L", "--pdf-engine"],
        rule: LOADS,
    },
    Escape { names: &["xmllint"], marks: &["--shell", "--noent", "--dtdattr"], rule: LOADS },
    Escape {
        names: &["convert", "magick", "identify", "mogrify"],
        marks: &["^msl:", "^ephemeral:", "^@", "~|"],
        rule: LOADS,
    },
    Escape { names: &["openssl"], marks: &["-engine", "-provider", "-provider-path"], rule: LOADS },
    Escape { names: &["cpio"], marks: &["--rsh-command", "-F"], rule: RUNS },
    Escape { names: &["gawk", "awk"], marks: &["^@load", "^@include", "-E", "--exec"], rule: LOADS },
    Escape { names: &["pidstat"], marks: &["-e"], rule: RUNS },
    Escape { names: &["wget"], marks: &["--use-askpass", "~use_askpass"], rule: RUNS },
    Escape { names: &["curl"], marks: &["--engine", "-K", "--config"], rule: LOADS },
    Escape {
        names: &["docker", "podman"],
        marks: &["-H", "--host", "--cgroup-parent", "^http://", "^https://", "^git@"],
        rule: LOADS,
    },
    Escape { names: &["kubectl", "oc"], marks: &["--kubeconfig", "=proxy", "=plugin"], rule: LOADS },
    Escape { names: &["aws"], marks: &["--cli-binary-format=", "=configure"], rule: &rule::CLOUD_CHANGE },
    Escape { names: &["terraform", "tofu"], marks: &["^-chdir", "=console"], rule: LOADS },
    Escape { names: &["dmesg"], marks: &["-C", "-c", "--clear", "--read-clear"], rule: &rule::HISTORY_WIPE },
    Escape { names: &["zip"], marks: &["^-TT", "--unzip-command"], rule: RUNS },
    Escape { names: &["composer"], marks: &["-d", "--working-dir", "run-script", "exec"], rule: LOADS },
    Escape { names: &["aria2c"], marks: &["^--on-", "--conf-path", "-i"], rule: RUNS },
    Escape { names: &["git"], marks: &["--unsafe-paths", "=/dev/null"], rule: ODD },
    Escape { names: &["date", "dig", "ssh-keyscan", "arp"], marks: &["-f"], rule: ODD },
    Escape { names: &["file"], marks: &["-f", "-m"], rule: ODD },
    Escape { names: &["mtr", "ss"], marks: &["-F"], rule: ODD },
    Escape { names: &["nm", "readelf", "as", "objdump"], marks: &["^@"], rule: ODD },
    Escape { names: &["wc", "du", "sort"], marks: &["--files0-from"], rule: ODD },
    Escape { names: &["wget"], marks: &["-i", "--input-file"], rule: ODD },
    Escape { names: &["diff"], marks: &["^--line-format", "=/dev/null"], rule: ODD },
    Escape { names: &["cmp", "comm", "join"], marks: &["=/dev/zero", "=/dev/null"], rule: ODD },
    Escape { names: &["fmt", "head", "od", "fold", "unexpand", "expand", "pr"], marks: &["~999"], rule: ODD },
    Escape { names: &["pr"], marks: &["=-T"], rule: ODD },
    Escape { names: &["tac", "ptx"], marks: &["-s", "-w"], rule: ODD },
    Escape { names: &["nl"], marks: &["^-w1"], rule: ODD },
    Escape { names: &["sort"], marks: &["=-m"], rule: ODD },
    Escape { names: &["grep", "sed", "look", "cut"], marks: &["="], rule: ODD },
    Escape { names: &["sysctl"], marks: &["~.."], rule: ODD },
    Escape { names: &["xxd"], marks: &["-r"], rule: ODD },
    Escape { names: &["code", "cursor"], marks: &["--install-extension", "--extensions-dir"], rule: LOADS },
];

/// Programs that send a name over the network.
const LOOKUPS: &[&str] =
    &["dig", "host", "nslookup", "ping", "ping6", "traceroute", "tracepath", "finger", "mtr"];

/// Programs whose option names a file that they write.
const WRITES: &[(&[&str], &[&str])] = &[
    (
        &["shuf", "iconv", "tree", "base64", "strip", "pandoc", "jc", "gcc", "cc", "clang", "g++", "ld"],
        &["-o", "--output"],
    ),
    (&["less", "zless"], &["-o", "-O", "--log-file", "--LOG-FILE"]),
    (&["dmidecode"], &["--dump-bin"]),
    (&["xmllint", "yq"], &["--output", "-o"]),
    (&["curl"], &["--libcurl", "--trace", "--trace-ascii", "--stderr", "-c", "--cookie-jar"]),
    (&["wget"], &["-o", "--output-file", "-a", "--append-output"]),
    (&["openssl"], &["-out", "-keyout"]),
    (&["git"], &["--output"]),
    (&["strace", "ltrace", "perf"], &["-o", "--output"]),
    (&["find"], &["-fprint", "-fls", "-fprintf", "-fprint0"]),
];

/// Reports what the arguments take over.
pub(super) fn inspect(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    for escape in ESCAPES.iter().filter(|escape| escape.names.contains(&call.name)) {
        if call.arguments.iter().any(|argument| escape.marks.iter().any(|mark| matches(argument, mark))) {
            machine.findings.add(escape.rule, call.span.clone());
        }
    }
    for (_, options) in WRITES.iter().filter(|(names, _)| names.contains(&call.name)) {
        for (at, argument) in call.arguments.iter().enumerate() {
            let Some(option) = options.iter().find(|option| matches(argument, option)) else { continue };
            let attached = argument
                .strip_prefix(option)
                .map(|value| value.trim_start_matches('='))
                .filter(|value| !value.is_empty());
            if let Some(path) = attached.or_else(|| call.arguments.get(at + 1).map(String::as_str)) {
                machine.write(path, false, call.span.clone());
            }
        }
    }
    // A name to look up that is put together when the command runs may carry anything out.
    if LOOKUPS.contains(&call.name) {
        let carries = call.input == &Stream::Secret
            || call.arguments.iter().any(|argument| argument.contains(UNKNOWN) && argument.contains('.'));
        if carries {
            machine.findings.add(&rule::UPLOAD, call.span.clone());
        }
    }
    // The second operand of these is written.
    if matches!(call.name, "uniq" | "xxd") {
        let takes = if call.name == "xxd" { "cglons" } else { "fsw" };
        if let Some(path) = Options::of(call.arguments, takes, &[]).operands.get(1) {
            machine.write(path, false, call.span.clone());
        }
    }
}

fn matches(argument: &str, mark: &str) -> bool {
    if let Some(word) = mark.strip_prefix('=') {
        return argument == word;
    }
    if let Some(start) = mark.strip_prefix('^') {
        return argument.starts_with(start);
    }
    if let Some(part) = mark.strip_prefix('~') {
        return argument.contains(part);
    }
    if mark.starts_with("--") {
        let given = argument.split('=').next().unwrap_or_default();
        return given == mark || given.len() >= 6 && mark.starts_with(given);
    }
    match mark.len() {
        2 => argument.starts_with(mark) && !argument.starts_with("--"),
        _ => argument == mark,
    }
}
