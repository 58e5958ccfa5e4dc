//! `ringfence audit prove`: what strangers need who kept a checkpoint, and its other half, which needs neither kernel nor data.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ringfence_journal::{JournalError, NoteVerifier, Replica, verify_consistency};
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::json;

use super::receipt::read_text;
use crate::cli::Context;
use crate::output::{self, Format};
use crate::problem::{self, Exit, Stop};

/// Prove what others can check who do not trust this machine
#[derive(Debug, Subcommand)]
pub(crate) enum Prove {
    Consistency(Consistency),
}

/// Prove that the journal has only grown since it had so many entries; needs no kernel
#[derive(Debug, Args)]
#[command(after_help = "\
The proof is JSON, with and without --json, as RFC 9162 section 2.1.4 has it. docs/journal.md has its form.

Examples:
  ringfence audit prove consistency 1200 > proof.json
  ringfence audit verify-consistency proof.json --checkpoint kept/checkpoint --key \"$(cat ringfence.vkey)\"")]
pub(crate) struct Consistency {
    /// Entries of the journal then: the second line of the checkpoint that was kept
    old: u64,
    /// Entries now [default: all that are signed]
    new: Option<u64>,
}

impl Prove {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::Consistency(consistency) => consistency.run(context),
        }
    }
}

impl Consistency {
    fn run(self, context: &Context) -> Result<Exit, Stop> {
        let folder = context.paths()?.journal();
        let prove = || Replica::read(&folder)?.consistency(self.old, self.new);
        let proof = prove().map_err(|error: JournalError| problem::journal(&error, &folder))?;
        let proof = proof.ok_or_else(|| {
            let message = "the journal does not hold so many entries, or fewer now than then";
            Problem::new(ProblemKind::User, "no-proof", message)
                .hint("where it held them once it was cut off: `ringfence audit verify --checkpoint FILE`")
        })?;
        output::json(&proof)?;
        Ok(Exit::Yes)
    }
}

/// Check a proof that a journal has only grown, with nothing but its key and a checkpoint that was kept
#[derive(Debug, Args)]
#[command(after_help = "\
Needs no kernel and no data directory.

Exit codes: 1 when the proof does not show it.

Examples:
  ringfence audit verify-consistency proof.json --checkpoint kept/checkpoint --key \"$(cat ringfence.vkey)\"")]
pub(crate) struct VerifyConsistency {
    /// The proof; - reads it from standard input
    file: PathBuf,
    /// The checkpoint that was kept
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    /// The key of the log, as `ringfence keys export` printed it
    #[arg(long, value_name = "KEY")]
    key: NoteVerifier,
}

impl VerifyConsistency {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let (proof, kept) = (read_text(&self.file)?, read_text(&self.checkpoint)?);
        let checked = verify_consistency(&proof, &kept, &self.key);
        let exit = if checked.is_ok() { Exit::Yes } else { Exit::Finding };
        match (context.format, checked) {
            (Format::Json, Ok((old, new))) => {
                output::json(&json!({ "valid": true, "log": self.key.name(), "old": old, "new": new }))?;
            }
            (Format::Text, Ok((old, new))) => {
                let log = self.key.name();
                output::text(&format!(
                    "valid: {log} has grown from {old} to {new} entries, and nothing else"
                ))?;
            }
            (Format::Json, Err(error)) => {
                output::json(&json!({ "valid": false, "reason": error.to_string() }))?;
            }
            (Format::Text, Err(error)) => output::text(&format!("not valid: {error}"))?,
        }
        Ok(exit)
    }
}
