//! `ringfence audit verify`: the journal against its chain and against what its key has signed.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use ringfence_journal::{JournalError, NoteVerifier, Trusted, Verified};
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::json;

use crate::cli::{Context, keys};
use crate::output::{self, Format};
use crate::problem::{self, Exit, Stop};

/// Most bytes of a checkpoint with its signatures.
const MOST: u64 = 64 << 10;

/// Check every entry against the hash chain and what is signed; needs no kernel
#[derive(Debug, Args)]
#[command(after_help = "\
Without --key the key in the data directory is taken: who can write there can write both. Keep what `ringfence keys export` \
prints elsewhere, and name it.

Exit codes: 1 when an entry is not what was written; it is named.

Examples:
  ringfence audit verify
  ringfence audit verify --data-dir /backup/ringfence --key \"$(cat ringfence.vkey)\"
  ringfence audit verify --checkpoint kept/checkpoint")]
pub(crate) struct Verify {
    /// The key of the log, as `ringfence keys export` printed it
    #[arg(long, value_name = "KEY")]
    key: Option<NoteVerifier>,
    /// A copy of `journal/checkpoint` that was kept elsewhere: the log must hold what it says. May be given again
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
}

impl Verify {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let paths = context.paths()?;
        let folder = paths.journal();
        let key = match self.key {
            Some(key) => Some(key),
            None => keys::of_log(&paths)?,
        };
        let mut kept = Vec::new();
        for file in &self.checkpoint {
            kept.push(read(file).map_err(|error| {
                let message = format!("{}: {error}", file.display());
                Problem::new(ProblemKind::User, "no-checkpoint", message)
            })?);
        }
        if key.is_none() && !kept.is_empty() {
            let message = "there is no key of the log to check its checkpoints with";
            return Err(Problem::new(ProblemKind::User, "no-key", message).hint("name it with --key").into());
        }
        let trusted = key.as_ref().map(|key| Trusted { key, kept: &kept });
        match ringfence_journal::verify(&folder, trusted) {
            Ok(verified) => {
                say(context, &verified)?;
                Ok(Exit::Yes)
            }
            Err(JournalError::Broken(broken)) => {
                match context.format {
                    Format::Json => output::json(&json!({
                        "valid": false,
                        "entry": broken.index,
                        "segment": broken.segment,
                        "offset": broken.offset,
                        "reason": broken.what.to_string(),
                    }))?,
                    Format::Text => output::text(&format!("not valid: {broken}"))?,
                }
                Ok(Exit::Finding)
            }
            Err(error) => Err(problem::journal(&error, &folder).into()),
        }
    }
}

fn say(context: &Context, verified: &Verified) -> Result<(), Stop> {
    let torn = verified.torn.unwrap_or(0);
    match context.format {
        Format::Json => output::json(&json!({
            "valid": true,
            "log": verified.origin,
            "entries": verified.entries,
            "signed": verified.signed,
            "head": verified.head,
            "root": verified.root,
            "torn": torn,
        }))?,
        Format::Text => {
            output::text(&format!("valid: {} entries, head {}", verified.entries, verified.head))?;
            output::text(&match verified.signed {
                Some(signed) => format!("signed: the first {signed}, by the key of {}", verified.origin),
                None => "not signed: nothing shows that the end was not cut off".to_owned(),
            })?;
            if torn > 0 {
                output::text(&format!("{torn} bytes of an entry that is not whole follow"))?;
            }
        }
    }
    Ok(())
}

fn read(file: &Path) -> io::Result<String> {
    let mut note = String::new();
    File::open(file)?.take(MOST).read_to_string(&mut note)?;
    Ok(note)
}
