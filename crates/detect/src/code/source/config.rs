//! Files that configure: environment files, YAML, JSON, Dockerfiles. Must never answer for a language that it does not
//! know.

use std::ops::Range;

use super::credentials::assigned_to;
use crate::code::findings::Findings;
use crate::code::shell;

/// Inspects `text` as `language`; false when that is not one of these.
pub(super) fn inspect(text: &str, language: &str, findings: &mut Findings<'_>) -> bool {
    match language {
        "yaml" | "yml" => {
            assignments(text, findings);
            commands(text, findings);
        }
        "env" | "dotenv" | "ini" | "toml" | "properties" | "conf" | "cfg" | "json" | "jsonc" | "json5"
        | "hcl" | "terraform" => {
            assignments(text, findings);
        }
        "dockerfile" | "docker" | "containerfile" => {
            assignments(text, findings);
            dockerfile(text, findings);
        }
        _ => return false,
    }
    true
}

/// Each line with its place.
fn lines(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (line.trim_end(), start..start + line.trim_end().len())
    })
}

/// `NAME=value`, `name: value`, quoted or not.
fn assignments(text: &str, findings: &mut Findings<'_>) {
    for (line, at) in lines(text) {
        let line = line.trim_start();
        if line.starts_with(['#', ';', '/']) {
            continue;
        }
        let line = ["export ", "ENV ", "ARG ", "- "]
            .iter()
            .fold(line, |line, start| line.strip_prefix(start).unwrap_or(line));
        let Some((name, value)) = line.split_once(['=', ':']) else { continue };
        let name = name.trim().trim_matches(['"', '\'']);
        let value = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
        let value = value.split(" #").next().unwrap_or_default().trim();
        if let Some(rule) = assigned_to(name, value) {
            findings.add(rule, at);
        }
    }
}

/// The commands of RUN, in shell or JSON form; CMD and ENTRYPOINT name what the image runs.
fn dockerfile(text: &str, findings: &mut Findings<'_>) {
    let mut command = String::new();
    let mut start = 0;
    for (line, at) in lines(text) {
        let trimmed = line.trim_start();
        if command.is_empty() {
            let Some(rest) = ["RUN ", "run "].iter().find_map(|verb| trimmed.strip_prefix(verb)) else {
                continue;
            };
            start = at.start;
            command.push_str(rest);
        } else {
            command.push_str(trimmed);
        }
        if let Some(open) = command.strip_suffix('\\') {
            command = format!("{open} ");
            continue;
        }
        let line = std::mem::take(&mut command);
        findings.within(start..at.end, |findings| {
            let words: Option<Vec<String>> = serde_json::from_str(&line).ok();
            match words {
                Some(words) => shell::inspect_arguments(
                    &words.into_iter().map(Some).collect::<Vec<_>>(),
                    0..line.len(),
                    findings,
                ),
                None => shell::inspect(&line, findings),
            }
        });
    }
    if !command.is_empty() {
        findings.within(start..text.len(), |findings| shell::inspect(&command, findings));
    }
}

/// What pipelines and compositions run: `run: make`, `script:` with a list or a block under it.
fn commands(text: &str, findings: &mut Findings<'_>) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = lines(text).peekable();
    while let Some((line, at)) = lines.next() {
        let item = line.trim_start();
        let item = item.strip_prefix("- ").unwrap_or(item);
        let Some((key, value)) = item.split_once(':') else { continue };
        if !RUNNING.contains(&key.trim().trim_matches(['"', '\''])) {
            continue;
        }
        let value = value.trim();
        let mut end = at.end;
        let mut command = String::new();
        if matches!(value, "" | "|" | ">" | "|-" | ">-" | "|+" | ">+") {
            while let Some((next, place)) = lines.next_if(|(next, _)| {
                next.trim().is_empty()
                    || indent(next) > indent(line)
                    || next.trim_start().starts_with("- ") && value.is_empty()
            }) {
                let next = next.trim_start();
                command.push_str(
                    next.strip_prefix("- ").filter(|_| value.is_empty()).unwrap_or(next).trim_matches('"'),
                );
                command.push('\n');
                end = place.end;
            }
        } else {
            command.push_str(value.trim_matches(['"', '\'']));
        }
        let list: Option<Vec<String>> = serde_json::from_str(value).ok();
        findings.within(at.start..end, |findings| match list {
            Some(words) => {
                let words: Vec<Option<String>> = words.into_iter().map(Some).collect();
                shell::inspect_arguments(&words, 0..command.len(), findings);
            }
            None => shell::inspect(&command, findings),
        });
    }
}

/// Keys of YAML whose values a shell runs.
const RUNNING: &[&str] = &[
    "run",
    "script",
    "before_script",
    "after_script",
    "command",
    "entrypoint",
    "cmd",
    "commands",
    "postStart",
    "onCreateCommand",
    "postCreateCommand",
];
