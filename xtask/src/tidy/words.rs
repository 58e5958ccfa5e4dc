//! What must not stand in any file: paths of one machine, hosts of one registry, promises without an issue.

use super::Breach;
use super::source::Source;
use crate::workspace::TextFile;

/// Paths of a machine that this was written on. Put together here so that the rule does not find itself.
const MACHINE_PATHS: [&str; 3] = [concat!("/", "work/"), concat!("/", "tmp/brief"), concat!("/", "root/")];

/// An attacker's target in a test rather than a path of ours.
const TARGETS_IN_TESTS: &str = concat!("/", "root/");

/// Words that promise a change.
const PROMISES: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// Comments of these files start with one of these.
const COMMENTED: [(&str, &str); 8] = [
    (".toml", "#"),
    (".yaml", "#"),
    (".yml", "#"),
    (".py", "#"),
    (".conf", "#"),
    (".sh", "#"),
    (".mjs", "//"),
    (".ts", "//"),
];

/// The one registry of a Cargo.lock.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// All breaches.
pub(crate) fn breaches(files: &[TextFile], sources: &[Source<'_>]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in files {
        let is_test = sources.iter().any(|source| source.path == file.path && source.is_test());
        breaches.extend(machine_paths(file, is_test));
        breaches.extend(foreign_registries(file));
        breaches.extend(commented_promises(file));
    }
    for source in sources {
        breaches.extend(promises(source.path, &source.comments));
    }
    breaches
}

fn machine_paths(file: &TextFile, is_test: bool) -> Vec<Breach> {
    let forbidden = MACHINE_PATHS.iter().filter(|path| !(is_test && **path == TARGETS_IN_TESTS));
    let mut breaches = Vec::new();
    for path in forbidden {
        for (index, line) in file.text.lines().enumerate() {
            if line.match_indices(path).any(|(at, _)| starts_a_path(line, at)) {
                let message =
                    format!("`{path}` is a path of one machine: name it relative to the repository");
                breaches.push(Breach::new(&file.path, index + 1, message));
            }
        }
    }
    breaches
}

/// `/a` in `b/a` or `~/a` goes on, it does not start.
fn starts_a_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|before| before.chars().last());
    before.is_none_or(|c| !(c.is_alphanumeric() || "._-~/}$*".contains(c)))
}

fn foreign_registries(file: &TextFile) -> Vec<Breach> {
    let foreign: fn(&str) -> bool = match file.path.rsplit('/').next() {
        Some("Cargo.lock") => |line| line.starts_with("source = ") && !line.contains(CRATES_IO),
        Some("package-lock.json") => |line| line.trim_start().starts_with("\"resolved\":"),
        Some("requirements.txt") => |line| line.contains("://") || line.starts_with('-'),
        _ => return Vec::new(),
    };
    let lines = file.text.lines().enumerate().filter(|(_, line)| foreign(line));
    let message = "a lock file names versions and digests, no host: see tests/peers/README.md";
    lines.map(|(index, _)| Breach::new(&file.path, index + 1, message)).collect()
}

fn commented_promises(file: &TextFile) -> Vec<Breach> {
    let Some((_, sign)) = COMMENTED.iter().find(|(extension, _)| file.path.ends_with(extension)) else {
        return Vec::new();
    };
    let comments =
        file.text.lines().map(|line| line.find(sign).and_then(|at| line.get(at..)).unwrap_or_default());
    promises(&file.path, &comments.collect::<Vec<_>>().join("\n"))
}

fn promises(path: &str, comments: &str) -> Vec<Breach> {
    let lines = comments.lines().enumerate();
    let broken =
        lines.filter(|(_, line)| PROMISES.iter().any(|word| has_word(line, word)) && !names_an_issue(line));
    let message = "a promise without an issue: do it, or name the issue as `#12`";
    broken.map(|(index, _)| Breach::new(path, index + 1, message)).collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric()).any(|own| own == word)
}

fn names_an_issue(line: &str) -> bool {
    line.split('#').skip(1).any(|after| after.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
