//! `ringfence trust`: who is trusted how much, why, and whose trust is taken away.
//!
//! Must never change what nobody named.

use clap::{Args, Subcommand};
use ringfence_model::control::{TrustAnswer, Verb};
use ringfence_model::id::Timestamp;
use ringfence_model::problem::{Problem, ProblemKind};
use ringfence_model::trust::Party;
use serde_json::Value;

use super::{Context, operator};
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};

/// Who is trusted how much, and why
///
/// A party is SERVER, SERVER/TOOL, call:ID or principal:NAME. What was seen of it raises and lowers its trust and fades; what is
/// made of several things is trusted as the least of them. Rules read it as `trust: { below: N }`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  ringfence trust show
  ringfence trust explain mail/read_email
  ringfence trust invalidate web --since 2026-03-01T09:00:00Z --reason 'its site was taken over'
  ringfence trust invalidate web --undo --reason 'false alarm'")]
pub(crate) enum Trust {
    /// Show everybody of whom anything is known, the least trusted first
    Show,
    /// Show what bears on the trust of one party: signs, what it is made of, what is made of it
    Explain {
        /// Whose
        party: Party,
    },
    /// Take all trust away, also from all that was made of what it gave; needs the operator credential where one is set
    Invalidate(Invalidate),
}

/// Whose, from when on, why.
#[derive(Debug, Args)]
pub(crate) struct Invalidate {
    /// Whose
    party: Party,
    /// What happened from then on counts [default: all]
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Give it back
    #[arg(long, conflicts_with = "since")]
    undo: bool,
}

impl Trust {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::Show => show(context),
            Self::Explain { party } => explain(context, party),
            Self::Invalidate(invalidate) => invalidate.run(context),
        }
    }
}

fn show(context: &Context) -> Result<Exit, Stop> {
    let items = ask(context, Verb::TrustShow)?;
    match context.format {
        Format::Json => output::json(&items)?,
        Format::Text if items.is_empty() => output::text("nothing is known of anybody yet")?,
        Format::Text => {
            let rows: Vec<_> = items
                .iter()
                .map(|item| {
                    let mut row = ["/trust", "/level", "/party"].map(|key| at(item, key)).to_vec();
                    row.push(signs(item));
                    row
                })
                .collect();
            output::text(&output::table(&["TRUST", "LEVEL", "PARTY", "SIGNS"], &rows))?;
        }
    }
    Ok(Exit::Yes)
}

fn explain(context: &Context, party: Party) -> Result<Exit, Stop> {
    let items = ask(context, Verb::TrustExplain { party })?;
    let Some(item) = items.first() else { return Ok(Exit::Finding) };
    match context.format {
        Format::Json => output::json(item)?,
        Format::Text => output::text(&explained(item))?,
    }
    Ok(Exit::Yes)
}

impl Invalidate {
    fn run(self, context: &Context) -> Result<Exit, Stop> {
        let answer =
            TrustAnswer { party: self.party, since: self.since, reason: self.reason, restored: self.undo };
        let (verb, mut items) = (Verb::TrustInvalidate(answer), Vec::new());
        context.control(async |mut connection| {
            operator::ask(&mut connection, context, verb, |item| items.push(item)).await
        })?;
        let Some(item) = items.first() else {
            return Err(Problem::new(ProblemKind::Internal, "internal", "the kernel said nothing").into());
        };
        match context.format {
            Format::Json => output::json(item)?,
            Format::Text if self.undo => {
                output::text(&format!("{} is trusted as before it was known", at(item, "/party")))?
            }
            Format::Text => {
                let calls = item.get("reached").and_then(Value::as_array).map_or(0, Vec::len);
                output::text(&format!(
                    "{} is not trusted any more; it reached {calls} calls in {} sessions",
                    at(item, "/party"),
                    at(item, "/sessions")
                ))?;
            }
        }
        Ok(Exit::Yes)
    }
}

fn ask(context: &Context, verb: Verb) -> Result<Vec<Value>, Stop> {
    let credential = context.credential();
    let mut found = Vec::new();
    context.control(async |mut connection| {
        let item = |item| {
            found.push(item);
            Ok(())
        };
        connection.ask(verb, credential, item).await
    })?;
    Ok(found)
}

fn at(item: &Value, pointer: &str) -> String {
    item.pointer(pointer).map(output::cell).unwrap_or_default()
}

/// `orders 2, served 41`.
fn signs(item: &Value) -> String {
    let all = item.get("signs").and_then(Value::as_object);
    let all = all.into_iter().flatten().map(|(sign, count)| format!("{sign} {}", output::cell(count)));
    let anomaly = item.get("anomaly").map(|_| {
        format!("unlike itself in {} ({})", at(item, "/anomaly/feature"), at(item, "/anomaly/score"))
    });
    all.chain(anomaly).collect::<Vec<_>>().join(", ")
}

fn explained(item: &Value) -> String {
    let mut text = format!("{}: {} of 100, {}\n", at(item, "/party"), at(item, "/trust"), at(item, "/level"));
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("  {name:<10} {value}\n"));
        }
    };
    row("seen", signs(item));
    let weights =
        format!("good {}, bad {}, base {}", at(item, "/raised"), at(item, "/lowered"), at(item, "/base"));
    row("weights", format!("{weights}; halved every {} s", at(item, "/half_life_s")));
    row("usually", item.get("behaviour").map(ToString::to_string).unwrap_or_default());
    let list = |key: &str| {
        let all = item.get(key).and_then(Value::as_array);
        all.into_iter().flatten().map(output::cell).collect::<Vec<_>>().join(" ")
    };
    row("made of", list("behind"));
    row("part of", list("ahead"));
    text
}
