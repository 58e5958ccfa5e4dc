//! `ringfence policy diff` and `suggest`: what the journal says of a policy.
//!
//! Reads the journal itself and needs no kernel. Must never say what a call would have come to where that hangs on arguments,
//! which are not recorded.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ringfence_journal::Reader;
use ringfence_model::call::ActionKind;
use ringfence_model::effect::ToolFacts;
use ringfence_model::entry::{EntryBody, Ruling};
use ringfence_model::id::{SessionId, Timestamp};
use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::principal::Principal;
use ringfence_model::tally::Recent;
use ringfence_model::trust::Trust;
use ringfence_model::verdict::Decision;
use ringfence_policy::replay::{Replayed, Seen, suggest};
use ringfence_policy::{Facts, PolicySet};
use serde_json::{Value, json};

use super::Sources;
use crate::cli::Context;
use crate::cli::audit::Since;
use crate::output::{self, Format};
use crate::problem::{self, Exit, Stop};

/// Show which recorded calls would be decided otherwise
#[derive(Debug, Args)]
#[command(after_help = "\
Judges the calls of the journal again, by the policy on disk. Calls of which the verdict hangs on their arguments say
`unavailable: arguments not recorded`.
Exit codes: 1 when a call would be decided otherwise, or may be.

Examples:
  ringfence policy diff --since 7d
  ringfence policy diff --since 7d --rules policy/new.yaml --json | jq -r '.calls[].target'")]
pub(crate) struct Diff {
    /// Calls since then: 2026-11-20, 2026-11-20T16:45:00Z, or 30m, 12h, 7d ago
    #[arg(long, value_name = "TIME", default_value = "7d")]
    since: Since,
    /// Rule files instead of the configured ones
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
}

/// Draft the least policy that allows what was seen
#[derive(Debug, Args)]
#[command(after_help = "\
Prints rules that allow the calls that passed, by server and name, for `policy: { presets: [] }`. A draft: review it,
and narrow it by arguments, which are not recorded.

Examples:
  ringfence policy suggest --since 7d > policy/seen.yaml")]
pub(crate) struct Suggest {
    /// Calls since then: 2026-11-20, 2026-11-20T16:45:00Z, or 30m, 12h, 7d ago
    #[arg(long, value_name = "TIME", default_value = "7d")]
    since: Since,
}

/// Recorded calls and when they were judged.
type Recorded = Vec<(Timestamp, Box<Ruling>)>;

/// Whose each session was.
type Principals = HashMap<SessionId, Arc<Principal>>;

/// The rulings since `since`, and the principals of their sessions.
fn rulings(context: &Context, since: Timestamp) -> Result<(Recorded, Principals), Stop> {
    let folder = context.paths()?.journal();
    let unreadable = |error| Stop::from(problem::journal(&error, &folder));
    let mut principals = Principals::new();
    let mut rulings = Recorded::new();
    for entry in Reader::open(&folder, 0).map_err(unreadable)? {
        let (_, entry) = entry.map_err(unreadable)?;
        match entry.body {
            EntryBody::SessionOpened { session, principal, .. } => {
                principals.insert(session, principal);
            }
            EntryBody::Ruling(ruling) if entry.time >= since => rulings.push((entry.time, ruling)),
            EntryBody::Ruling(_)
            | EntryBody::Opened { .. }
            | EntryBody::Closed
            | EntryBody::PolicyLoaded { .. }
            | EntryBody::PolicyRejected { .. }
            | EntryBody::FloorRaised { .. }
            | EntryBody::StoreTainted { .. }
            | EntryBody::ServerOpening { .. }
            | EntryBody::Outcome(_)
            | EntryBody::Aggregate { .. }
            | EntryBody::Operator { .. }
            | EntryBody::ApprovalRequested(_)
            | EntryBody::ApprovalAnswered(_)
            | EntryBody::Pinned(_)
            | EntryBody::PinHeld(_)
            | EntryBody::WitnessDisagrees { .. }
            | EntryBody::SessionErased { .. }
            | EntryBody::PinAnswered(_)
            | EntryBody::TrustLowered(_)
            | EntryBody::TrustInvalidated(_) => {}
        }
    }
    Ok((rulings, principals))
}

impl Diff {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let policy = Sources::of(context, &self.rules)?.load(context)?;
        let (rulings, principals) = rulings(context, self.since.timestamp())?;
        let mut changed = Vec::new();
        let mut looked_at = 0_usize;
        for (time, ruling) in &rulings {
            // What was refused before it was judged no policy decides.
            let Some(principal) = principals.get(&ruling.session).filter(|_| was_judged(ruling)) else {
                continue;
            };
            looked_at += 1;
            let was = ruling.verdict.would.unwrap_or(ruling.verdict.decision);
            let now = again(&policy, ruling, principal, *time);
            let shown = match &now {
                Replayed::Certain(verdict) if verdict.would.unwrap_or(verdict.decision) == was => continue,
                Replayed::Certain(verdict) => json!({
                    "now": verdict.would.unwrap_or(verdict.decision),
                    "rule": verdict.reasons.first().map(|reason| reason.rule.to_string()),
                }),
                Replayed::Unavailable(least, most) => json!({
                    "now": "unavailable: arguments not recorded",
                    "least": least,
                    "most": most,
                }),
            };
            changed.push(row(ruling, *time, was, &shown));
        }
        match context.format {
            Format::Json => output::json(&json!({ "looked_at": looked_at, "calls": changed }))?,
            Format::Text => {
                let cells = ["/time", "/server", "/target", "/was", "/now", "/rule"];
                let rows: Vec<Vec<String>> = changed
                    .iter()
                    .map(|row| cells.map(|at| row.pointer(at).map(output::cell).unwrap_or_default()).into())
                    .collect();
                if !rows.is_empty() {
                    output::text(&output::table(&["TIME", "SERVER", "TARGET", "WAS", "NOW", "RULE"], &rows))?;
                }
                output::text(&format!("{} of {looked_at} calls would change", changed.len()))?;
            }
        }
        Ok(if changed.is_empty() { Exit::Yes } else { Exit::Finding })
    }
}

impl Suggest {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let (rulings, _) = rulings(context, self.since.timestamp())?;
        let seen: BTreeSet<Seen> = rulings
            .iter()
            .filter(|(_, ruling)| ruling.passed())
            .map(|(_, ruling)| Seen {
                action: ruling.action,
                server: ruling.server.as_ref().map(ToString::to_string),
                target: ruling.target.to_string(),
                confirmed: ruling.confirmed,
            })
            .collect();
        let text = suggest(&seen);
        match context.format {
            Format::Json => output::json(&json!({ "calls": seen.len(), "rules": text }))?,
            Format::Text => output::text(text.trim_end())?,
        }
        Ok(Exit::Yes)
    }
}

/// True for a ruling that a policy made, and not a refusal for want of a server or tool.
fn was_judged(ruling: &Ruling) -> bool {
    ruling.judged.is_some()
        && !ruling.verdict.reasons.iter().all(|reason| {
            ["ringfence.upstream", "ringfence.unknown", "ringfence.header_mismatch"].contains(&&*reason.rule)
        })
}

fn again(policy: &PolicySet, ruling: &Ruling, principal: &Principal, time: Timestamp) -> Replayed {
    let judged = ruling.judged.as_ref();
    let tool = ruling.effects.map(|(effects, source)| ToolFacts {
        effects,
        source,
        irreversible: judged.is_some_and(|judged| judged.irreversible),
        egress: judged.is_some_and(|judged| judged.egress),
        content: Integrity::Untrusted,
        confidentiality: Confidentiality::Public,
        consequential: Vec::new(),
    });
    let facts = Facts {
        action: ruling.action,
        server: ruling.server.as_ref(),
        target: &ruling.target,
        tool: tool.as_ref().filter(|_| ruling.action == ActionKind::CallTool),
        principal,
        arguments: None,
        findings: &ruling.findings,
        runnable: &[],
        provenance: &ruling.provenance,
        floor: ruling.floor,
        time,
        recent: judged.and_then(|judged| judged.recent).unwrap_or(Recent::NOTHING),
        trust: judged.and_then(|judged| judged.trust).unwrap_or(Trust::WHOLE),
        sandboxed: judged.is_some_and(|judged| judged.sandboxed),
        answerable: judged.is_some_and(|judged| judged.answerable),
    };
    policy.replay(&facts, &ruling.verdict.reasons)
}

fn row(ruling: &Ruling, time: Timestamp, was: Decision, now: &Value) -> Value {
    let mut row = json!({
        "time": time.to_string(),
        "call": ruling.call.to_string(),
        "server": ruling.server.as_ref().map(ToString::to_string),
        "target": ruling.target,
        "was": was,
    });
    if let (Some(row), Some(now)) = (row.as_object_mut(), now.as_object()) {
        row.extend(now.clone());
    }
    row
}
