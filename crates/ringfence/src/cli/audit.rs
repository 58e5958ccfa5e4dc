//! `ringfence audit`: the journal of all calls.

mod erase;
mod export;
mod prove;
mod receipt;
mod since;
mod stats;
mod verify;

use clap::{Args, Subcommand, ValueEnum};
use ringfence_model::control::{AuditQuery, Begin, Entries, Verb};
use ringfence_model::id::{SessionId, Timestamp};
use ringfence_model::verdict::Decision;
use serde_json::Value;

use super::Context;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};
use erase::Erase;
use export::Export;
use prove::{Prove, VerifyConsistency};
use receipt::{Receipt, VerifyReceipt};
pub(super) use since::Since;
use stats::Stats;
use verify::Verify;

/// Read and verify the journal
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    Query(Query),
    Tail(Tail),
    Stats(Stats),
    Export(Export),
    Verify(Verify),
    Receipt(Receipt),
    VerifyReceipt(VerifyReceipt),
    #[command(subcommand)]
    Prove(Prove),
    VerifyConsistency(VerifyConsistency),
    Erase(Erase),
}

/// Show calls, newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Members of a call with --json; those without a value are left out: index, time, call, parent, retries, realm, principal, \
session, action, server, target, tool, effects, effect_source, decision, would, rule, reason, severity, confirmed, \
outcome, code, bytes, took_us, findings.

Examples:
  ringfence audit query --decision deny --since 1h
  ringfence audit query --server files --json | jq -r '.[].target'")]
pub(crate) struct Query {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only calls of this principal, which is who an agent is
    #[arg(long, value_name = "NAME", visible_alias = "agent")]
    principal: Option<String>,
    /// Only calls to this server
    #[arg(long, value_name = "NAME")]
    server: Option<String>,
    /// Only calls of this tool, URI or prompt
    #[arg(long, value_name = "NAME", visible_alias = "tool")]
    target: Option<String>,
    /// Only calls of this session
    #[arg(long, value_name = "ID")]
    session: Option<SessionId>,
    /// Only calls that this rule decided
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only calls judged under this label: public, internal, secret, pii, user, model, trusted, untrusted
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Only calls with this text in target, rule, reason or findings
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only calls with this decision
    #[arg(long, value_name = "DECISION")]
    decision: Option<Decided>,
    /// Only calls since then: 2026-11-20, 2026-11-20T16:45:00Z, or 30m, 12h, 7d ago
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// Only calls before then, written likewise
    #[arg(long, value_name = "TIME")]
    until: Option<Since>,
    /// Only calls before this journal index: goes on where an earlier answer ended
    #[arg(long, value_name = "INDEX")]
    before: Option<u64>,
}

/// [`Decision`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Decided {
    Allow,
    Ask,
    Deny,
}

impl Audit {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::Query(query) => query.run(context),
            Self::Tail(tail) => tail.run(context),
            Self::Stats(stats) => stats.run(context),
            Self::Export(export) => export.run(context),
            Self::Verify(verify) => verify.run(context),
            Self::Receipt(receipt) => receipt.run(context),
            Self::VerifyReceipt(verify) => verify.run(context),
            Self::Prove(prove) => prove.run(context),
            Self::VerifyConsistency(verify) => verify.run(context),
            Self::Erase(erase) => erase.run(context),
        }
    }
}

impl Query {
    fn run(self, context: &Context) -> Result<Exit, Stop> {
        let query = AuditQuery {
            limit: self.limit,
            principal: self.principal,
            server: self.server,
            target: self.target,
            session: self.session,
            rule: self.rule,
            label: self.label,
            text: self.text,
            decision: self.decision.map(|decision| match decision {
                Decided::Allow => Decision::Allow,
                Decided::Ask => Decision::Ask,
                Decided::Deny => Decision::Deny,
            }),
            passed: None,
            since: self.since.map(Since::timestamp),
            until: self.until.map(Since::timestamp),
            before: self.before,
        };
        let mut calls = Vec::new();
        let credential = context.credential();
        context.control(async |mut connection| {
            let item = |call| {
                calls.push(call);
                Ok(())
            };
            connection.ask(Verb::AuditQuery(query), credential, item).await
        })?;
        match context.format {
            Format::Json => output::json(&calls)?,
            Format::Text => {
                let rows: Vec<_> = calls.iter().map(row).collect();
                let header = ["TIME", "PRINCIPAL", "SERVER", "TARGET", "DECISION", "OUTCOME", "RULE"];
                output::text(&output::table(&header, &rows))?;
            }
        }
        Ok(Exit::Yes)
    }
}

fn row(call: &Value) -> Vec<String> {
    let at = |pointer: &str| call.pointer(pointer).map(output::cell).unwrap_or_default();
    vec![
        time(call),
        at("/principal"),
        at("/server"),
        // A greeting has no target.
        Some(at("/target")).filter(|target| !target.is_empty()).unwrap_or_else(|| at("/action")),
        at("/decision"),
        at("/outcome"),
        at("/rule"),
    ]
}

/// An entry has nanoseconds, a row of the view has text.
fn time(entry: &Value) -> String {
    let time = entry.get("time");
    match time.and_then(Value::as_u64) {
        Some(nanos) => Timestamp(nanos).to_string(),
        None => time.map(output::cell).unwrap_or_default(),
    }
}

/// Show the last entries
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence audit tail -f
  ringfence audit tail -f --json | jq 'select(.entry == \"ruling\")'")]
pub(crate) struct Tail {
    /// So many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    lines: u64,
    /// Go on with entries as they are written, until interrupted
    #[arg(short, long)]
    follow: bool,
}

impl Tail {
    fn run(self, context: &Context) -> Result<Exit, Stop> {
        let credential = context.credential();
        let entries = Entries { begin: Begin::Last(self.lines), follow: self.follow };
        context.control(async |mut connection| {
            connection
                .ask(Verb::AuditTail(entries), credential, |entry| match context.format {
                    Format::Json => output::json(&entry),
                    Format::Text => output::text(&line(&entry)),
                })
                .await
        })?;
        Ok(Exit::Yes)
    }
}

/// One entry on one line: index, time, kind, and what else is short.
fn line(entry: &Value) -> String {
    let at = |pointer: &str| entry.pointer(pointer).map(output::cell).filter(|text| !text.is_empty());
    let principal = if entry.pointer("/principal/name").is_some() { "/principal/name" } else { "/principal" };
    let details =
        [principal, "/server", "/target", "/verb", "/what", "/verdict/decision", "/outcome", "/call"];
    let index = at("/index").unwrap_or_default();
    let kind = at("/entry").unwrap_or_default();
    let mut details: Vec<String> = details.into_iter().filter_map(at).collect();
    if entry.get("attested").and_then(Value::as_bool) == Some(false) {
        details.push("unattested".to_owned());
    }
    format!("{index:>8}  {}  {kind:<14}  {}", time(entry), details.join("  ").replace('\n', " "))
}
