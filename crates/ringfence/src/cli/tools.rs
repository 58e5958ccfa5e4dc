//! `ringfence tools`: the tools behind the kernel, and calls of them on the path.

pub(crate) mod declare;

use std::path::Path;

use clap::Subcommand;
use ringfence_model::control::{Credential, Verb};
use ringfence_model::json::{JsonText, Kind};
use ringfence_model::problem::Problem;
use ringfence_model::verdict::Code;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Context, read_text};
use crate::output::{self, Format};
use crate::problem::{Exit, Stop, internal, usage};

/// Most bytes of arguments.
const ARGUMENTS_LIMIT: usize = 10 << 20;

/// List and call tools
#[derive(Debug, Subcommand)]
pub(crate) enum Tools {
    /// List the tools with their effects, and where the effects came from
    #[command(after_help = "\
Examples:
  ringfence tools list
  ringfence tools list --json | jq '.[] | select(.source == \"unknown\")'
  ringfence tools list --yaml > tools.yaml")]
    List {
        /// As the configuration would say it, for review: effects are the operator's word once they stand there
        #[arg(long, conflicts_with = "json")]
        yaml: bool,
    },
    /// Call a tool, judged and recorded like any other call
    #[command(after_help = "\
Exit codes: 1 when the tool answers with an error, 3 when the call is denied, 4 when its server fails.

Examples:
  ringfence tools call ringfence_status
  ringfence tools call files__read_file --args '{\"path\": \"notes.txt\"}'
  ringfence tools call verify_code_safety --args @call.json")]
    Call {
        /// As listed: SERVER__TOOL, or a built-in tool's own name
        name: String,
        /// Arguments as a JSON object; @FILE reads a file, - reads stdin
        #[arg(long, value_name = "JSON", default_value = "{}", allow_hyphen_values = true)]
        args: String,
    },
}

impl Tools {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::List { yaml } => list(context, yaml),
            Self::Call { name, args } => call(context, name, &args),
        }
    }
}

fn list(context: &Context, yaml: bool) -> Result<Exit, Stop> {
    let tools = listed(context, context.credential())?;
    if yaml {
        let none = "## no server has tools: name servers in ringfence.yaml or with --servers\n";
        output::text(declare::declarations(&tools).as_deref().unwrap_or(none).trim_end())?;
        return Ok(Exit::Yes);
    }
    match context.format {
        Format::Json => output::json(&tools)?,
        Format::Text => {
            let rows: Vec<Vec<String>> = tools.iter().map(row).collect();
            output::text(&output::table(&["TOOL", "EFFECTS", "KNOWN BY", "NOTE"], &rows))?;
        }
    }
    Ok(Exit::Yes)
}

/// The rows of `tools.list`.
pub(crate) fn listed(context: &Context, credential: Option<Credential>) -> Result<Vec<Value>, Stop> {
    let mut tools = Vec::new();
    context.control(async |mut connection| {
        let item = |tool| {
            tools.push(tool);
            Ok(())
        };
        connection.ask(Verb::ToolsList, credential, item).await
    })?;
    Ok(tools)
}

fn row(tool: &Value) -> Vec<String> {
    let text = |key: &str| tool.get(key).map(output::cell).unwrap_or_default();
    let is = |key: &str| tool.get(key).and_then(Value::as_bool) == Some(true);
    let mut notes: Vec<String> =
        ["irreversible", "egress"].into_iter().filter(|key| is(key)).map(str::to_owned).collect();
    let held = text("held");
    if !held.is_empty() {
        notes.push(format!("held back: {held}"));
    }
    let error = text("error");
    if !error.is_empty() {
        // A server that could not be asked, in the place of its tools.
        return vec![format!("{}__?", text("server")), String::new(), String::new(), error];
    }
    let effects = Some(text("effects")).filter(|effects| !effects.is_empty());
    vec![text("name"), effects.unwrap_or_else(|| "unknown".into()), text("source"), notes.join(", ")]
}

fn call(context: &Context, name: String, args: &str) -> Result<Exit, Stop> {
    let arguments = arguments(args)?;
    let credential = context.credential();
    let mut exit = Exit::Yes;
    context.control(async |mut connection| {
        let item = |raw: &RawValue| {
            let result: Value = serde_json::from_str(raw.get())
                .map_err(|error| internal("unreadable", format!("the result cannot be read: {error}")))?;
            exit = verdict(&result);
            match context.format {
                Format::Json => output::text(raw.get()),
                Format::Text => output::text(&content(&result)),
            }
        };
        connection.ask_as_is(Verb::ToolsCall { name, arguments }, credential, item).await
    })?;
    Ok(exit)
}

/// A JSON object as it was given: a number keeps all its digits.
fn arguments(given: &str) -> Result<String, Problem> {
    let text = match given.strip_prefix('@') {
        Some(file) => read_text(Path::new(file), ARGUMENTS_LIMIT)?,
        None if given == "-" => read_text(Path::new("-"), ARGUMENTS_LIMIT)?,
        None => given.to_owned(),
    };
    let strict = JsonText::try_from(text).map_err(|error| usage(format!("--args: {error}")))?;
    if strict.value().kind() == Kind::Object {
        Ok(strict.as_str().to_owned())
    } else {
        Err(usage("--args: a JSON object is expected").hint("for example --args '{\"path\": \"a.txt\"}'"))
    }
}

/// What the result of `tools/call` comes to.
fn verdict(result: &Value) -> Exit {
    if result.get("isError").and_then(Value::as_bool) != Some(true) {
        return Exit::Yes;
    }
    let code = result
        .pointer("/_meta/io.ringfence~1denied/code")
        .and_then(Value::as_i64)
        .and_then(|code| i32::try_from(code).ok())
        .and_then(|code| Code::try_from(code).ok());
    match code {
        Some(Code::UpstreamFailed) => Exit::Upstream,
        Some(
            Code::Denied | Code::ApprovalNeeded | Code::Withheld | Code::DefinitionChanged | Code::Limited,
        ) => Exit::Denied,
        None => Exit::Finding,
    }
}

/// The text blocks of a result; other blocks by their type.
fn content(result: &Value) -> String {
    let blocks = result.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let block = |block: &Value| match block.get("text").and_then(Value::as_str) {
        Some(text) => output::visible(text),
        None => format!("[{}]", block.get("type").map(output::cell).unwrap_or_default()),
    };
    blocks.iter().map(block).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
