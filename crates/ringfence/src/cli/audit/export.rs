//! `ringfence audit export`: entries of the journal for other systems.

mod form;

use clap::{Args, ValueEnum};
use ringfence_journal::{log_id, origin};
use ringfence_model::control::{Begin, Entries, Verb};
use ringfence_model::id::Timestamp;
use serde_json::Value;

use super::Since;
use crate::cli::Context;
use crate::output;
use crate::problem::{self, Exit, Stop};

/// Print entries for another system, oldest first
#[derive(Debug, Args)]
#[command(after_help = "\
Formats: jsonl, the entries as they stand in the journal with their `index`; csv (RFC 4180), one row an entry; cef, ArcSight Common Event
Format 0; ocsf, OCSF 1.3.0, calls as API Activity (6003) and the rest as Base Event; cloudevents, CloudEvents 1.0 in JSON, one a line.
The format is the same with and without --json. The export is itself a call and on record. `--from` one past the last index seen goes
on where an earlier export ended.

Examples:
  ringfence audit export --format jsonl > journal.jsonl
  ringfence audit export --format ocsf --since 24h | upload")]
pub(crate) struct Export {
    /// In which form
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    format: Form,
    /// Only entries from this index on
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    from: u64,
    /// Only entries since then: 2026-11-20, 2026-11-20T16:45:00Z, or 30m, 12h, 7d ago
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// Only entries before then, written likewise
    #[arg(long, value_name = "TIME")]
    until: Option<Since>,
}

/// What an entry is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Jsonl,
    Csv,
    Cef,
    Ocsf,
    Cloudevents,
}

impl Export {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let entries = Entries { begin: Begin::At(self.from), follow: false };
        let (since, until) = (self.since.map(Since::timestamp), self.until.map(Since::timestamp));
        let folder = context.paths()?.journal();
        let credential = context.credential();
        let mut log = None;
        if self.format == Form::Csv {
            output::text(&form::csv_header())?;
        }
        context.control(async |mut connection| {
            connection
                .ask(Verb::AuditTail(entries), credential, |entry| {
                    let time: Option<Timestamp> =
                        entry.get("time").and_then(Value::as_str).and_then(|time| time.parse().ok());
                    let early = since.is_some_and(|since| time.is_some_and(|time| time < since));
                    let late = until.is_some_and(|until| time.is_some_and(|time| time >= until));
                    if early || late {
                        return Ok(());
                    }
                    let log = match &log {
                        Some(log) => log,
                        None => {
                            let id = log_id(&folder).map_err(|error| problem::journal(&error, &folder))?;
                            log.insert(origin(id))
                        }
                    };
                    match self.format {
                        Form::Jsonl => output::json(&entry),
                        Form::Csv => output::text(&form::csv(&entry)),
                        Form::Cef => output::text(&form::cef(&entry, log)),
                        Form::Ocsf => output::json(&form::ocsf(&entry, log, time)),
                        Form::Cloudevents => output::json(&form::cloudevent(&entry, log)),
                    }
                })
                .await
        })?;
        Ok(Exit::Yes)
    }
}
