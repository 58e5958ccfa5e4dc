//! `ringfence policy lint`: rules that do not do what their author meant.

use std::path::PathBuf;

use clap::Args;
use ringfence_model::control::Verb;
use ringfence_policy::lint::{KnownTool, lint};
use serde_json::{Value, json};

use super::Sources;
use crate::cli::Context;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop, rule};

/// Find rules that decide nothing, cannot speak, contradict each other or say too much
#[derive(Debug, Args)]
#[command(after_help = "\
Remarks: shadowed, unreachable, contradictory, too_broad, redos, no_such_tool (with --tools).
Exit codes: 1 when there are remarks.

Examples:
  ringfence policy lint
  ringfence policy lint --tools
  ringfence policy lint policy/mine.yaml --json | jq -r '.remarks[].rule'")]
pub(crate) struct Lint {
    /// Rule files to look at instead of the configured ones
    files: Vec<PathBuf>,
    /// Ask the kernel which tools there are, and remark on names that none of them has
    #[arg(long)]
    tools: bool,
}

impl Lint {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let sources = Sources::of(context, &self.files)?;
        let catalogue = if self.tools { catalogue(context)? } else { Vec::new() };
        let remarks = match lint(&sources.sources(), &sources.config.policy, &catalogue) {
            Ok(remarks) => remarks,
            Err(errors) => {
                for error in &errors {
                    output::problem(&rule(error), context.format)?;
                }
                return Ok(Exit::Finding);
            }
        };
        match context.format {
            Format::Json => {
                let remarks: Vec<Value> = remarks
                    .iter()
                    .map(|it| json!({ "rule": it.rule, "place": it.place, "kind": it.kind.as_str(), "message": it.message }))
                    .collect();
                output::json(&json!({ "remarks": remarks }))?;
            }
            Format::Text if remarks.is_empty() => output::text("no remarks")?,
            Format::Text => {
                for it in &remarks {
                    output::text(&format!(
                        "{}: {} ({}): {}",
                        it.place,
                        it.rule,
                        it.kind.as_str(),
                        it.message
                    ))?;
                }
            }
        }
        Ok(if remarks.is_empty() { Exit::Yes } else { Exit::Finding })
    }
}

fn catalogue(context: &Context) -> Result<Vec<KnownTool>, Stop> {
    let mut known = Vec::new();
    let credential = context.credential();
    context.control(async |mut connection| {
        let item = |tool: Value| {
            let text = |key: &str| tool.get(key).and_then(Value::as_str);
            let server = text("server").and_then(|server| server.parse().ok());
            if let (Some(server), Some(tool)) = (server, text("tool")) {
                known.push(KnownTool { server, tool: tool.to_owned() });
            }
            Ok(())
        };
        connection.ask(Verb::ToolsList, credential, item).await
    })?;
    Ok(known)
}
