//! `ringfence audit receipt`, and its other half, which needs neither kernel nor data.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use ringfence_journal::{NoteVerifier, Values, verify_receipt};
use ringfence_model::control::Verb;
use ringfence_model::id::CallId;
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::json;

use crate::cli::Context;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};

/// Most bytes of a receipt: a call has few entries.
const MOST: u64 = 16 << 20;

/// Print the receipt of a call: its entries, and the proof that they stand in the signed journal
#[derive(Debug, Args)]
#[command(after_help = "\
A receipt is JSON, with and without --json. docs/journal.md has its form; any tool that knows RFC 9162 can check it.

Examples:
  ringfence audit receipt 01a22e9f7d895b9996541a0000000006 > receipt.json
  ringfence audit verify-receipt receipt.json --key \"$(ringfence keys export)\"")]
pub(crate) struct Receipt {
    /// The id of the call, as `ringfence audit query --json` shows it
    call: CallId,
    /// With what lets the reader check the call's arguments and result: whoever has it can also guess them
    #[arg(long)]
    open: bool,
}

impl Receipt {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let mut receipts = Vec::new();
        let credential = context.credential();
        context.control(async |mut connection| {
            let item = |receipt| {
                receipts.push(receipt);
                Ok(())
            };
            connection.ask(Verb::AuditReceipt { call: self.call, open: self.open }, credential, item).await
        })?;
        for receipt in &receipts {
            output::json(receipt)?;
        }
        Ok(Exit::Yes)
    }
}

/// Check a receipt with nothing but the key of the log
#[derive(Debug, Args)]
#[command(after_help = "\
Needs no kernel and no data directory.

Exit codes: 1 when the receipt does not prove what it says.

Examples:
  ringfence audit verify-receipt receipt.json --key \"$(cat ringfence.vkey)\"")]
pub(crate) struct VerifyReceipt {
    /// The receipt; - reads it from standard input
    file: PathBuf,
    /// The key of the log, as `ringfence keys export` printed it
    #[arg(long, value_name = "KEY")]
    key: NoteVerifier,
    /// The call had these arguments, byte for byte; needs a receipt made with --open
    #[arg(long, value_name = "FILE")]
    arguments: Option<PathBuf>,
    /// It was answered with this, byte for byte; needs a receipt made with --open
    #[arg(long, value_name = "FILE")]
    result: Option<PathBuf>,
}

impl VerifyReceipt {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let text = read_text(&self.file)?;
        let value = |file: &Option<PathBuf>| file.as_deref().map(read).transpose();
        let (arguments, result) = (value(&self.arguments)?, value(&self.result)?);
        let values = Values { arguments: arguments.as_deref(), result: result.as_deref() };
        match verify_receipt(&text, &self.key, values) {
            Ok(attested) => {
                match context.format {
                    Format::Json => output::json(&json!({
                        "valid": true,
                        "log": self.key.name(),
                        "call": attested.call,
                        "entries": attested.indexes,
                        "size": attested.size,
                    }))?,
                    Format::Text => {
                        let places: Vec<_> = attested.indexes.iter().map(ToString::to_string).collect();
                        let (call, log, size) = (attested.call, self.key.name(), attested.size);
                        let places = places.join(", ");
                        output::text(&format!("valid: call {call} is entry {places} of {size} in {log}"))?;
                    }
                }
                Ok(Exit::Yes)
            }
            Err(error) => {
                match context.format {
                    Format::Json => output::json(&json!({ "valid": false, "reason": error.to_string() }))?,
                    Format::Text => output::text(&format!("not valid: {error}"))?,
                }
                Ok(Exit::Finding)
            }
        }
    }
}

/// A small file, or standard input for `-`.
pub(super) fn read_text(file: &Path) -> Result<String, Problem> {
    String::from_utf8(read(file)?).map_err(|error| unreadable(file, &error))
}

fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().take(MOST).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MOST).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(file, &error))?;
    Ok(bytes)
}

fn unreadable(file: &Path, error: &dyn std::error::Error) -> Problem {
    Problem::new(ProblemKind::User, "no-receipt", format!("{}: {error}", file.display()))
}
