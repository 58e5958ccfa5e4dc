//! `ringfence audit stats`: what the calls came to, in numbers.

use clap::Args;
use ringfence_model::control::Verb;
use serde_json::Value;

use super::Since;
use crate::cli::Context;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};

/// Count calls by decision, outcome, principal, target and rule
#[derive(Debug, Args)]
#[command(after_help = "\
Of principals, targets and rules the 20 with most calls. A call that a person was asked about counts twice among the decisions: when it
was asked, and when it was answered.

Examples:
  ringfence audit stats --since 24h
  ringfence audit stats --json | jq .rules")]
pub(crate) struct Stats {
    /// Only calls since then: 2026-11-20, 2026-11-20T16:45:00Z, or 30m, 12h, 7d ago
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
}

impl Stats {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let verb = Verb::AuditStats { since: self.since.map(Since::timestamp) };
        let mut summary = Value::Null;
        let credential = context.credential();
        context.control(async |mut connection| {
            let item = |item| {
                summary = item;
                Ok(())
            };
            connection.ask(verb, credential, item).await
        })?;
        match context.format {
            Format::Json => output::json(&summary)?,
            Format::Text => {
                let rows: Vec<_> = ["decisions", "outcomes", "principals", "targets", "rules"]
                    .into_iter()
                    .flat_map(|part| rows(&summary, part))
                    .collect();
                output::text(&output::table(&["BY", "WHAT", "CALLS"], &rows))?;
            }
        }
        Ok(Exit::Yes)
    }
}

fn rows(summary: &Value, part: &str) -> Vec<Vec<String>> {
    let counts = summary.get(part).and_then(Value::as_array);
    let cell = |count: &Value, name| count.get(name).map(output::cell).unwrap_or_default();
    let row = |count| vec![part.trim_end_matches('s').to_owned(), cell(count, "name"), cell(count, "count")];
    counts.into_iter().flatten().map(row).collect()
}
