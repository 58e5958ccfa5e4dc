use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::{Cli, cli, tools};

fn headings(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix("## ")).collect()
}

/// Every command that a person can see, by its path.
fn commands(of: &clap::Command, path: &str, all: &mut BTreeSet<String>) {
    all.insert(path.to_owned());
    for inner in of.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        commands(inner, &format!("{path} {}", inner.get_name()), all);
    }
}

#[test]
fn every_command_is_there_once_and_the_hidden_one_is_not() {
    let page = cli();
    let mut all = BTreeSet::new();
    commands(&Cli::command(), "ringfence", &mut all);
    let shown: Vec<&str> = headings(&page);
    assert_eq!(shown.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>(), all);
    assert_eq!(shown.len(), all.len());
    assert!(!page.contains("reference"), "{page}");
    assert_eq!(page.matches("--data-dir <DIR>").count(), 1, "options of every command stand once");
    assert!(page.lines().all(|line| line.chars().count() <= 120), "help is wrapped");
}

#[test]
fn every_tool_is_there_with_its_arguments_and_result() {
    let page = tools().unwrap();
    assert_eq!(
        headings(&page),
        ["verify_code_safety", "get_audit_log", "ringfence_status", "request_approval"]
    );
    for row in [
        "| `code` | string | required | The code. |",
        "| `limit` | integer | default `20` | How many calls to show. |",
        "| `verdict` | `safe`, `unsafe`, `unknown` | always | `safe`, `unsafe`, or `unknown` where something could not be resolved. |",
        "| `violations[].line` | integer | always | Line of the finding, from 1. |",
    ] {
        assert!(page.contains(row), "{row}\n{page}");
    }
}
