//! `ringfence reference`: the reference pages, as Markdown, from the same declarations as the program itself.
//!
//! Must never depend on the machine or the terminal: `cargo xtask gen` compares what it prints.

mod schema;

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _, Subcommand};
use ringfence_model::config::Family;
use serde_json::Value;

use super::Cli;
use crate::output;
use crate::problem::{Exit, Stop, internal};

/// Columns of a help text.
const WIDTH: usize = 100;

/// Options that every command takes; shown once.
const EVERYWHERE: [&str; 5] = ["json", "config", "data_dir", "help", "version"];

/// All families of built-in tools.
const FAMILIES: [Family; 2] = [Family::Safety, Family::Governance];

/// Print a reference page as Markdown
#[derive(Debug, Subcommand)]
pub(crate) enum Reference {
    /// All commands with their help
    Cli,
    /// All built-in tools with their arguments and results
    Tools,
}

impl Reference {
    pub(crate) fn run(self) -> Result<Exit, Stop> {
        let page = match self {
            Self::Cli => cli(),
            Self::Tools => tools()?,
        };
        output::text(page.trim_end())?;
        Ok(Exit::Yes)
    }
}

fn cli() -> String {
    let mut page = "# Commands\n\nWritten by `cargo xtask gen` from the program's own help. The options of every command \
                    stand under `ringfence`.\n"
        .to_owned();
    let mut program = Cli::command().term_width(WIDTH);
    program.build();
    command(&program, "ringfence", &mut page);
    page
}

fn command(of: &Command, path: &str, page: &mut String) {
    let mut shown = of.clone();
    if of.get_name() != path {
        shown = shown
            .mut_args(|arg| if EVERYWHERE.contains(&arg.get_id().as_str()) { arg.hide(true) } else { arg });
    }
    let help = shown.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(page, "\n## {path}\n\n```text\n{}\n```\n", help.join("\n").trim_end());
    for inner in of.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        command(inner, &format!("{path} {}", inner.get_name()), page);
    }
}

fn tools() -> Result<String, Stop> {
    let mut page = "# Built-in tools\n\nWritten by `cargo xtask gen` from the tools' declarations. Every tool returns its \
                    result as `structuredContent` and\nthe same JSON as text. `ringfence tools call NAME --args JSON` \
                    calls one from a shell.\n"
        .to_owned();
    for family in FAMILIES {
        let family_name = match family {
            Family::Safety => "safety",
            Family::Governance => "governance",
        };
        let tools = ringfence_tools::of(&[family]).map_err(|error| internal("tools", error.to_string()))?;
        for tool in tools {
            let definition: Value = serde_json::from_str(tool.definition().as_str())
                .map_err(|error| internal("tools", error.to_string()))?;
            let description = definition.get("description").and_then(Value::as_str).unwrap_or_default();
            let effects = tool.facts().effects;
            let name = tool.name();
            let _ =
                write!(page, "\n## {name}\n\nFamily `{family_name}`, effects: {effects}.\n\n{description}\n");
            let parts = [("Arguments", "inputSchema", "required"), ("Result", "outputSchema", "always")];
            for (title, key, present) in parts {
                let members =
                    definition.get(key).map(|schema| schema::members(schema, present)).unwrap_or_default();
                let _ = write!(page, "\n### {title} of {name}\n\n{members}");
            }
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests;
