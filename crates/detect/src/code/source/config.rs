//! Files that configure: environment files, YAML, JSON, Dockerfiles, and the command languages of Windows. Must never
//! answer for a language that it does not know.

use std::ops::Range;

use super::credentials::assigned_to;
use crate::code::findings::Findings;
use crate::code::{rule, shell};

/// Inspects `text` as `language`; false when that is not one of these.
pub(super) fn inspect(text: &str, language: &str, findings: &mut Findings<'_>) -> bool {
    match language {
        "yaml" | "yml" | "env" | "dotenv" | "ini" | "toml" | "properties" | "conf" | "cfg" | "json"
        | "jsonc" | "json5" | "hcl" | "terraform" => {
            assignments(text, findings);
        }
        "dockerfile" | "docker" | "containerfile" => {
            assignments(text, findings);
            dockerfile(text, findings);
        }
        "powershell" | "pwsh" | "ps1" | "batch" | "bat" | "cmd" => {
            // Their grammar is not parsed yet: what is known to be bad is reported, nothing is safe.
            findings.add(&rule::UNKNOWN_LANGUAGE, 0..text.len());
            windows(text, findings);
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

/// Words of each statement, judged as a command; evaluation and download.
fn windows(text: &str, findings: &mut Findings<'_>) {
    for (line, at) in lines(text) {
        for statement in line.split([';', '&', '|']) {
            let lower = statement.trim().to_ascii_lowercase();
            let evaluates = lower.starts_with("iex ")
                || lower.starts_with("iex(")
                || lower.starts_with("invoke-expression")
                || lower == "iex";
            if evaluates {
                let downloads = line.to_ascii_lowercase();
                let remote = [
                    "downloadstring",
                    "invoke-webrequest",
                    "iwr ",
                    "irm ",
                    "invoke-restmethod",
                    "net.webclient",
                    "curl ",
                ]
                .iter()
                .any(|word| downloads.contains(word));
                findings.add(if remote { &rule::PIPE_TO_SHELL } else { &rule::EVAL }, at.clone());
            }
            let words: Vec<Option<String>> = statement
                .split_whitespace()
                .map(|word| Some(word.trim_matches(['"', '\'']).replace('\\', "/")))
                .collect();
            if let Some(Some(first)) = words.first()
                && matches!(
                    first.to_ascii_lowercase().as_str(),
                    "remove-item"
                        | "ri"
                        | "del"
                        | "erase"
                        | "rd"
                        | "rmdir"
                        | "rm"
                        | "format"
                        | "format-volume"
                        | "clear-disk"
                        | "diskpart"
                        | "stop-computer"
                        | "shutdown"
                        | "reg"
                        | "vssadmin"
                        | "bcdedit"
                        | "cipher"
                        | "net"
                        | "sc"
                        | "wevtutil"
                        | "taskkill"
                )
            {
                shell::inspect_arguments(&words, at.clone(), findings);
            }
        }
    }
}
