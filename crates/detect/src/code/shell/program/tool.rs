//! Compilers, build tools and package managers: what runs the project's own code is ordinary work; what installs,
//! publishes or runs the code of others is not. Must never take an unknown sub-command for a known one.

use super::wrap;
use crate::code::rule::{self, Rule};
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::target::{self, Target};

/// A tool, its sub-commands that are ordinary work on the project, those that need a look, and those that do harm.
struct Tool {
    names: &'static [&'static str],
    ordinary: &'static [&'static str],
    judged: &'static [(&'static str, &'static Rule)],
}

const NODE: &[&str] = &[
    "test",
    "t",
    "run",
    "run-script",
    "start",
    "build",
    "ci",
    "ls",
    "list",
    "view",
    "info",
    "outdated",
    "audit",
    "version",
    "init",
    "help",
    "why",
    "explain",
    "ping",
    "config",
    "doctor",
    "fund",
    "search",
    "pack",
    "root",
    "prefix",
    "bin",
    "lint",
    "dev",
    "tsc",
    "check",
    "format",
    "install",
    "i",
    "add",
    "update",
    "upgrade",
    "remove",
    "uninstall",
    "rm",
    "dedupe",
    "prune",
    "-v",
    "--version",
    "workspaces",
    "cache",
    "link",
];

const TOOLS: &[Tool] = &[
    Tool {
        names: &["cargo"],
        ordinary: &[
            "build",
            "b",
            "check",
            "c",
            "test",
            "t",
            "run",
            "r",
            "clippy",
            "fmt",
            "doc",
            "tree",
            "metadata",
            "bench",
            "clean",
            "update",
            "add",
            "remove",
            "new",
            "init",
            "search",
            "fetch",
            "vendor",
            "nextest",
            "--version",
            "-V",
            "version",
            "help",
            "--list",
            "locate-project",
            "fix",
            "generate-lockfile",
            "audit",
            "deny",
            "expand",
            "llvm-cov",
            "tarpaulin",
            "watch",
            "pkgid",
            "report",
            "rustc",
        ],
        judged: &[
            ("publish", &rule::PUBLISH),
            ("yank", &rule::PUBLISH),
            ("owner", &rule::PUBLISH),
            ("install", &rule::UNINSPECTED_CODE),
            ("uninstall", &rule::PACKAGE_REMOVE),
        ],
    },
    Tool {
        names: &["npm", "yarn", "pnpm"],
        ordinary: NODE,
        judged: &[
            ("publish", &rule::PUBLISH),
            ("unpublish", &rule::CLOUD_DELETE),
            ("deprecate", &rule::PUBLISH),
            ("owner", &rule::PUBLISH),
            ("token", &rule::CREDENTIAL_READ),
            ("exec", &rule::UNINSPECTED_CODE),
            ("x", &rule::UNINSPECTED_CODE),
            ("dlx", &rule::UNINSPECTED_CODE),
            ("create", &rule::UNINSPECTED_CODE),
        ],
    },
    Tool {
        names: &["npx", "bunx", "uvx", "pipx"],
        ordinary: &[
            "--version",
            "list",
            "tsc",
            "eslint",
            "prettier",
            "jest",
            "vitest",
            "ruff",
            "black",
            "mypy",
            "playwright",
        ],
        judged: &[],
    },
    Tool {
        names: &["pip", "pip3", "uv", "poetry", "conda", "mamba", "pdm", "hatch", "pipenv"],
        ordinary: &[
            "list",
            "show",
            "freeze",
            "check",
            "--version",
            "-V",
            "help",
            "search",
            "config",
            "index",
            "inspect",
            "lock",
            "sync",
            "tree",
            "env",
            "info",
            "venv",
            "debug",
            "cache",
            "install",
            "add",
            "update",
            "build",
            "export",
            "version",
            "python",
            "pip",
            "remove",
        ],
        judged: &[
            ("uninstall", &rule::PACKAGE_REMOVE),
            ("publish", &rule::PUBLISH),
            ("run", &rule::UNINSPECTED_CODE),
            ("download", &rule::UNINSPECTED_CODE),
        ],
    },
    Tool {
        names: &["go"],
        ordinary: &[
            "build", "test", "vet", "fmt", "mod", "list", "doc", "env", "version", "help", "run", "clean",
            "work", "tool", "generate", "get", "install", "bug",
        ],
        judged: &[],
    },
    Tool {
        names: &[
            "apt",
            "apt-get",
            "yum",
            "dnf",
            "apk",
            "zypper",
            "brew",
            "port",
            "snap",
            "flatpak",
            "choco",
            "winget",
            "scoop",
            "dpkg",
            "rpm",
            "gem",
            "bundle",
            "composer",
            "nix",
            "guix",
            "apt-cache",
            "dpkg-query",
        ],
        ordinary: &[
            "list",
            "search",
            "show",
            "info",
            "update",
            "outdated",
            "--version",
            "-v",
            "policy",
            "help",
            "-l",
            "-L",
            "-s",
            "-S",
            "-q",
            "-qa",
            "-ql",
            "-qi",
            "-qf",
            "depends",
            "rdepends",
            "leaves",
            "doctor",
            "deps",
            "config",
            "check",
            "env",
            "which",
            "contents",
            "specification",
            "--list",
            "licenses",
            "status",
            "stats",
            "pkgnames",
            "madison",
            "home",
            "uses",
            "download",
        ],
        judged: &[
            ("remove", &rule::PACKAGE_REMOVE),
            ("purge", &rule::PACKAGE_REMOVE),
            ("autoremove", &rule::PACKAGE_REMOVE),
            ("uninstall", &rule::PACKAGE_REMOVE),
            ("erase", &rule::PACKAGE_REMOVE),
            ("del", &rule::PACKAGE_REMOVE),
            ("rm", &rule::PACKAGE_REMOVE),
            ("clean", &rule::PACKAGE_REMOVE),
            ("-r", &rule::PACKAGE_REMOVE),
            ("-P", &rule::PACKAGE_REMOVE),
            ("-e", &rule::PACKAGE_REMOVE),
            ("push", &rule::PUBLISH),
            ("publish", &rule::PUBLISH),
            ("yank", &rule::PUBLISH),
        ],
    },
    Tool {
        names: &["pacman", "yay", "paru"],
        ordinary: &["-Ss", "-Q", "-Qi", "-Ql", "-Qs", "-Si", "-Qo", "-F", "-V"],
        judged: &[
            ("-R", &rule::PACKAGE_REMOVE),
            ("-Rs", &rule::PACKAGE_REMOVE),
            ("-Rns", &rule::PACKAGE_REMOVE),
            ("-Rdd", &rule::PACKAGE_REMOVE),
        ],
    },
    Tool {
        names: &["rustup"],
        ordinary: &[
            "show",
            "update",
            "toolchain",
            "component",
            "target",
            "default",
            "--version",
            "which",
            "doc",
            "check",
            "override",
        ],
        judged: &[("self", &rule::PACKAGE_REMOVE)],
    },
    Tool {
        names: &["dotnet"],
        ordinary: &[
            "build",
            "test",
            "run",
            "restore",
            "list",
            "--info",
            "--version",
            "format",
            "clean",
            "publish",
            "pack",
            "new",
            "add",
        ],
        judged: &[("nuget", &rule::PUBLISH)],
    },
    Tool {
        names: &["mvn", "mvnw", "gradle", "gradlew", "sbt", "lein", "mix", "bazel", "buck"],
        ordinary: &[
            "test",
            "compile",
            "package",
            "verify",
            "clean",
            "build",
            "check",
            "assemble",
            "validate",
            "dependency:tree",
            "tasks",
            "dependencies",
            "run",
            "install",
            "-v",
            "--version",
            "-version",
        ],
        judged: &[("deploy", &rule::PUBLISH), ("publish", &rule::PUBLISH), ("hex.publish", &rule::PUBLISH)],
    },
];

/// Programs that work on the project's own files as they are told by its own configuration.
const ORDINARY: &[&str] = &[
    "make",
    "gmake",
    "cmake",
    "ninja",
    "meson",
    "gcc",
    "g++",
    "clang",
    "clang++",
    "cc",
    "c++",
    "ld",
    "as",
    "rustc",
    "javac",
    "jar",
    "tsc",
    "eslint",
    "prettier",
    "jest",
    "vitest",
    "mocha",
    "webpack",
    "rollup",
    "esbuild",
    "vite",
    "pytest",
    "tox",
    "nox",
    "mypy",
    "pyright",
    "ruff",
    "black",
    "isort",
    "flake8",
    "pylint",
    "rustfmt",
    "gofmt",
    "goimports",
    "golangci-lint",
    "shellcheck",
    "shfmt",
    "hadolint",
    "yamllint",
    "markdownlint",
    "ctags",
    "cscope",
    "doxygen",
    "protoc",
    "swiftc",
    "kotlinc",
    "stylua",
    "clang-format",
    "clang-tidy",
    "cppcheck",
    "pre-commit",
    "just",
    "task",
    "turbo",
    "nx",
    "lerna",
    "rake",
    "rspec",
    "rubocop",
    "phpunit",
    "bats",
    "coverage",
    "sphinx-build",
    "mkdocs",
    "hugo",
    "jekyll",
    "code",
    "cursor",
    "ctest",
    "autoconf",
    "automake",
    "pkg-config",
    "strip",
    "bandit",
];

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    if ORDINARY.contains(&call.name) {
        make(machine, call);
        replaced(machine, call);
        return Some(Stream::Unknown);
    }
    let tool = TOOLS.iter().find(|tool| tool.names.contains(&call.name))?;
    let verb = call.arguments.iter().map(String::as_str).find(|word| {
        !word.starts_with('-') && !word.starts_with('+')
            || tool.ordinary.contains(word)
            || tool.judged.iter().any(|(judged, _)| judged == word)
    });
    let Some(verb) = verb else { return Some(Stream::Unknown) };
    if verb.contains(UNKNOWN) {
        machine.findings.add(&rule::UNRESOLVED_COMMAND, call.span.clone());
    } else if let Some((_, rule)) = tool.judged.iter().find(|(judged, _)| *judged == verb) {
        machine.findings.add(rule, call.span.clone());
    } else if !tool.ordinary.contains(&verb) {
        machine.findings.add(&rule::UNKNOWN_PROGRAM, call.span.clone());
    } else {
        foreign(machine, call, verb);
        replaced(machine, call);
    }
    Some(Stream::Unknown)
}

/// Options that say where the project is.
const PLACES: &[&str] = &[
    "-C",
    "-f",
    "--file",
    "--makefile",
    "--prefix",
    "--cwd",
    "--directory",
    "--project",
    "--manifest-path",
    "--working-dir",
    "--dir",
];

/// The project's own code is trusted as far as it is the project's: not what the text itself wrote, nor what lies in a
/// directory of temporary files or one that is not known.
fn replaced(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let foreign = |target: Target| matches!(target, Target::Temporary | Target::Unknown | Target::Home);
    let named = call.arguments.iter().enumerate().any(|(at, argument)| {
        PLACES.iter().any(|option| {
            let value = if argument == option {
                call.arguments.get(at + 1).map(String::as_str)
            } else {
                argument.strip_prefix(option).map(|value| value.trim_start_matches('='))
            };
            value.is_some_and(|path| foreign(target::judge(path)))
        })
    });
    let entered = machine.directory.as_deref().is_some_and(|path| foreign(target::judge(path)));
    let script = call.arguments.iter().skip(1).any(|argument| {
        argument.starts_with('/')
            && [".go", ".py", ".js", ".ts", ".rs", ".sh"].iter().any(|end| argument.ends_with(end))
    });
    // `go run example.com/x@latest` fetches what it runs.
    let fetched = call.name == "go" && call.arguments.iter().any(|argument| argument.contains('@'));
    // npm is told which shell runs its scripts.
    let shell = call.name == "npm" && call.arguments.iter().any(|argument| argument == "script-shell");
    if machine.wrote || named || entered || script || fetched || shell {
        machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
    }
}

/// Installing from a URL, a folder or an index that the line names runs what lies there.
fn foreign(machine: &mut Machine<'_, '_>, call: &Call<'_>, verb: &str) {
    if !matches!(verb, "install" | "i" | "add" | "get" | "update") {
        return;
    }
    // The hooks of a package run as it is installed; what the project itself asks for is the project's.
    let mut words = call.arguments.iter().skip_while(|argument| *argument != verb).skip(1);
    let mut named = false;
    while let Some(word) = words.next() {
        if matches!(
            word.as_str(),
            "-r" | "-c" | "-e" | "--requirement" | "--constraint" | "--editable" | "-w" | "--filter"
        ) {
            words.next();
        } else {
            named |= !word.starts_with(['-', '.']);
        }
    }
    let quiet =
        call.arguments.iter().any(|argument| argument == "--ignore-scripts" || argument == "--dry-run");
    if named && !quiet && call.name != "cargo" {
        machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
    }
    let elsewhere = call.arguments.iter().any(|argument| {
        argument.contains("://")
            || argument.starts_with("git+")
            || argument.starts_with("--index-url")
            || argument.starts_with("--extra-index-url")
            || argument == "-i"
            || argument.starts_with("--registry")
            || argument.starts_with('/')
            || argument.contains(UNKNOWN)
    });
    if elsewhere {
        machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
    }
}

/// `make --eval` runs its argument; other programs of this family have no such option but plugins.
fn make(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    if !matches!(call.name, "make" | "gmake") {
        return;
    }
    let text = call.arguments.iter().enumerate().find_map(|(at, argument)| {
        argument.strip_prefix("--eval=").map(str::to_owned).or_else(|| {
            (argument == "--eval" || argument == "-E")
                .then(|| call.arguments.get(at + 1).cloned().unwrap_or_default())
        })
    });
    if let Some(text) = text {
        machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
        for line in text.lines().filter_map(|line| line.strip_prefix('\t')) {
            wrap::text(machine, call, line.trim_start_matches(['-', '@', '+']));
        }
    }
    if call.arguments.iter().any(|argument| {
        argument.starts_with("SHELL=") || argument.starts_with("-f") && argument.ends_with('-')
    }) {
        machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
    }
}
