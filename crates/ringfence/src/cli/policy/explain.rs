//! `ringfence policy explain`: what each rule makes of a call; `ringfence policy test`: tables of calls.

use std::path::PathBuf;

use clap::Args;
use ringfence_detect::{Detectors, PersonalData};
use ringfence_kernel::call::fetches;
use ringfence_kernel::kernel::detectors;
use ringfence_kernel::runnable;
use ringfence_model::effect::Effects;
use ringfence_model::finding::Finding;
use ringfence_model::verdict::Verdict;
use ringfence_policy::scenario::{BadScenario, Scenario, Table};
use ringfence_policy::{Facts, PolicySet};
use serde_json::{Value, json};

use super::Sources;
use crate::cli::Context;
use crate::config::file;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop, internal, usage};

/// Show what each rule makes of a call, and why
#[derive(Debug, Args)]
#[command(after_help = "\
The call, in YAML or JSON: server, tool, arguments, effects, irreversible, egress, action, principal, scopes, findings,
provenance, floor, time, recent, sandboxed, answerable. What is not said of a tool is unknown. The arguments are
looked through as those of a real call are; what else was found is said in `findings`.
Exit codes: 0 allow, 1 ask, 3 deny.

Examples:
  ringfence policy explain '{server: files, tool: write_file, effects: [write], arguments: {path: /etc/passwd}}'
  ringfence policy explain @call.yaml --all --json")]
pub(crate) struct Explain {
    /// The call, `@FILE`, or `-` for stdin
    call: String,
    /// Show the rules that do not speak, too
    #[arg(long)]
    all: bool,
    /// Rule files instead of the configured ones
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
}

/// Judge the calls of a table and compare
#[derive(Debug, Args)]
#[command(after_help = "\
A table: tests: [{ name, call, expect: allow|ask|deny, rule? }]; `call` as for `policy explain`.
Exit codes: 1 when a call is judged otherwise.

Examples:
  ringfence policy test policy/mine.test.yaml
  ringfence policy test --rules policy/mine.yaml policy/mine.test.yaml")]
pub(crate) struct Test {
    /// Tables
    #[arg(required = true)]
    tables: Vec<PathBuf>,
    /// Rule files instead of the configured ones
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
}

/// What looks at arguments: the detectors of the path, as they are configured.
struct Looking(Detectors);

impl Looking {
    fn of(sources: &Sources, policy: &PolicySet) -> Result<Self, Stop> {
        let wanted = PersonalData::wanted(policy.needs().personal_data);
        let detectors = detectors(&sources.config, wanted);
        detectors.map(Self).map_err(|error| internal("detectors", error.to_string()).into())
    }

    /// Hands the call to `look` with what the detectors see in it.
    fn look<T>(&self, call: &Scenario, look: impl FnOnce(&Facts<'_>) -> T) -> Result<T, BadScenario> {
        let Some(arguments) = call.arguments()? else {
            return call.with_facts(&[], &[], None, look);
        };
        let fetches = fetches(call.effects.unwrap_or(Effects::UNKNOWN));
        let values = self.0.values(&arguments).into_iter().map(|value| value.finding);
        let seen: Vec<Finding> = values.chain(self.0.arguments(&arguments, fetches)).collect();
        let texts = runnable::of(&arguments, self.0.secrets());
        let texts: Vec<_> = texts.iter().map(runnable::Text::runnable).collect();
        call.with_facts(&seen, &texts, Some(&arguments), look)
    }
}

impl Explain {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let sources = Sources::of(context, &self.rules)?;
        let policy = sources.load(context)?;
        let text = input(&self.call)?;
        let call = Scenario::parse(&text).map_err(|error| usage(error.to_string()))?;
        let judged =
            Looking::of(&sources, &policy)?.look(&call, |facts| (policy.judge(facts), policy.explain(facts)));
        let (verdict, explained) = judged.map_err(|error| usage(error.to_string()))?;
        let shown = explained.iter().filter(|it| it.matched || self.all);
        match context.format {
            Format::Json => {
                let rules: Vec<Value> = shown
                    .map(|it| {
                        json!({ "rule": it.rule, "matched": it.matched, "why": it.why, "place": it.place, "references": it.references })
                    })
                    .collect();
                output::json(&json!({ "verdict": verdict, "rules": rules }))?;
            }
            Format::Text => {
                output::text(&sentence(&verdict))?;
                for it in shown {
                    let mark = if it.matched { "speaks" } else { "silent" };
                    let place = it.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
                    let serves = if it.references.is_empty() {
                        String::new()
                    } else {
                        format!(" [{}]", it.references.join(", "))
                    };
                    output::text(&format!("  {mark}  {}{place}: {}{serves}", it.rule, it.why))?;
                }
            }
        }
        Ok(match verdict.decision {
            ringfence_model::verdict::Decision::Allow => Exit::Yes,
            ringfence_model::verdict::Decision::Ask => Exit::Finding,
            ringfence_model::verdict::Decision::Deny => Exit::Denied,
        })
    }
}

impl Test {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let sources = Sources::of(context, &self.rules)?;
        let policy = sources.load(context)?;
        let detectors = Looking::of(&sources, &policy)?;
        let mut rows = Vec::new();
        for path in &self.tables {
            let text = file::read(path).map_err(crate::config::error::ConfigErrors::from)?;
            let named = |error: &BadScenario| usage(format!("{}: {error}", path.display()));
            let table = Table::parse(&text).map_err(|error| named(&error))?;
            for row in table.tests {
                let verdict = detectors.look(&row.call, |facts| policy.judge(facts));
                let verdict = verdict.map_err(|error| named(&error))?;
                let rule = verdict.reasons.first().map(|reason| reason.rule.to_string()).unwrap_or_default();
                let passed =
                    verdict.decision == row.expect && row.rule.as_ref().is_none_or(|wanted| *wanted == rule);
                rows.push(json!({
                    "table": path.display().to_string(),
                    "name": row.name,
                    "passed": passed,
                    "expected": { "decision": row.expect, "rule": row.rule },
                    "found": { "decision": verdict.decision, "rule": rule },
                }));
            }
        }
        let failed = rows.iter().filter(|row| row.get("passed") != Some(&Value::Bool(true))).count();
        match context.format {
            Format::Json => output::json(&json!({ "tests": rows.len(), "failed": failed, "rows": rows }))?,
            Format::Text => {
                for row in rows.iter().filter(|row| row.get("passed") != Some(&Value::Bool(true))) {
                    let at = |pointer: &str| row.pointer(pointer).map(output::cell).unwrap_or_default();
                    output::text(&format!(
                        "{}: {}: expected {} {}, found {} by {}",
                        at("/table"),
                        at("/name"),
                        at("/expected/decision"),
                        at("/expected/rule"),
                        at("/found/decision"),
                        at("/found/rule")
                    ))?;
                }
                output::text(&format!("{} of {} passed", rows.len() - failed, rows.len()))?;
            }
        }
        Ok(if failed == 0 { Exit::Yes } else { Exit::Finding })
    }
}

fn sentence(verdict: &Verdict) -> String {
    let decision = json!(verdict.decision);
    let by = verdict.reasons.first().map(|reason| format!(" by {}: {}", reason.rule, reason.message));
    format!("{}{}", output::cell(&decision), by.unwrap_or_default())
}

fn input(given: &str) -> Result<String, Stop> {
    match given.strip_prefix('@') {
        Some(path) => Ok(file::read(path.as_ref()).map_err(crate::config::error::ConfigErrors::from)?),
        None if given == "-" => {
            let mut text = String::new();
            let read =
                std::io::Read::read_to_string(&mut std::io::Read::take(std::io::stdin(), 1 << 20), &mut text);
            read.map_err(|error| usage(format!("stdin cannot be read: {error}")))?;
            Ok(text)
        }
        None => Ok(given.to_owned()),
    }
}
