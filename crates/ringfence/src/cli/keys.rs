//! `ringfence keys`: the key that signs the journal. Must never print what is secret of it.

use clap::Subcommand;
use ringfence_identity::LogKey;
use ringfence_journal::{NoteKey, NoteVerifier, log_id, origin};
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::json;

use super::Context;
use crate::output::{self, Format};
use crate::paths::Paths;
use crate::problem::{self, Exit, Stop};

/// The key that signs the journal
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Print what others verify the journal and receipts with
    #[command(after_help = "\
It is no secret. Keep it where who can write the data directory cannot: it tells a journal that was written anew.

Examples:
  ringfence keys export > ringfence.vkey
  ringfence audit verify --key \"$(cat ringfence.vkey)\"")]
    Export,
}

impl Keys {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::Export => export(context),
        }
    }
}

fn export(context: &Context) -> Result<Exit, Stop> {
    let key = of_log(&context.paths()?)?.ok_or_else(|| {
        Problem::new(ProblemKind::Config, "no-key", "no journal has been signed here yet")
            .hint("a kernel makes the key when it first runs: `ringfence status` starts one")
    })?;
    match context.format {
        Format::Json => output::json(&json!({ "log": key.name(), "key": key.to_string() }))?,
        Format::Text => output::text(&key.to_string())?,
    }
    Ok(Exit::Yes)
}

/// The key that the journal there is verified with; `None` where there is none.
pub(super) fn of_log(paths: &Paths) -> Result<Option<NoteVerifier>, Stop> {
    let Some(kept) = LogKey::load(&paths.keys()).map_err(|error| problem::keys(&error))? else {
        return Ok(None);
    };
    let folder = paths.journal();
    let log_id = log_id(&folder).map_err(|error| problem::journal(&error, &folder))?;
    let key = NoteKey::new(&origin(log_id), &kept.seed)
        .map_err(|error| Problem::new(ProblemKind::Internal, "keys", error.to_string()))?;
    Ok(Some(key.verifier().clone()))
}
