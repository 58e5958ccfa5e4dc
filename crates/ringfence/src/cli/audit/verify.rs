//! `ringfence audit verify`: the journal against its chain and against what its key has signed.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use ringfence_journal::{
    JournalError, NoteVerifier, Replica, Trusted, Verified, VerifiedPart, WitnessKey, verify_from,
};
use ringfence_kernel::witness::{HttpWitness, WitnessError, last};
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
  ringfence audit verify --checkpoint kept/checkpoint
  ringfence audit verify --witness /mnt/elsewhere/checkpoints
  ringfence audit verify --witness https://witness.example --witness-key \"$(cat witness.vkey)\"")]
pub(crate) struct Verify {
    /// The key of the log, as `ringfence keys export` printed it
    #[arg(long, value_name = "KEY")]
    key: Option<NoteVerifier>,
    /// A copy of `journal/checkpoint` that was kept elsewhere: the log must hold what it says. May be given again
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// A witness that must know the same log: the file of one, or the URL of one of C2SP tlog-witness. May be given again
    #[arg(long, value_name = "FILE|URL")]
    witness: Vec<String>,
    /// The key of the witness at a URL, NAME+ID+KEY
    #[arg(long, value_name = "KEY")]
    witness_key: Option<WitnessKey>,
    /// Only entries from here on, in whole segments, against the hash chain alone
    #[arg(long, value_name = "INDEX", conflicts_with_all = ["key", "checkpoint", "witness"])]
    from: Option<u64>,
}

impl Verify {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let paths = context.paths()?;
        let folder = paths.journal();
        if let Some(from) = self.from {
            let part = verify_from(&folder, from);
            return answer(context, &folder, part, |context, part| say_part(context, &part));
        }
        let key = match &self.key {
            Some(key) => Some(key.clone()),
            None => keys::of_log(&paths)?,
        };
        let mut kept = Vec::new();
        for file in &self.checkpoint {
            kept.push(read(file).map_err(|error| {
                let message = format!("{}: {error}", file.display());
                Problem::new(ProblemKind::User, "no-checkpoint", message)
            })?);
        }
        let (urls, files): (Vec<_>, Vec<_>) = self
            .witness
            .iter()
            .partition(|witness| witness.starts_with("http://") || witness.starts_with("https://"));
        for file in files {
            let unread =
                |why: String| Problem::new(ProblemKind::User, "no-checkpoint", format!("{file}: {why}"));
            let note = last(Path::new(file)).map_err(|error| unread(error.to_string()))?;
            kept.push(note.ok_or_else(|| unread("no checkpoint is in it".to_owned()))?);
        }
        if key.is_none() && !(kept.is_empty() && urls.is_empty()) {
            let message = "there is no key of the log to check its checkpoints with";
            return Err(Problem::new(ProblemKind::User, "no-key", message).hint("name it with --key").into());
        }
        let trusted = key.as_ref().map(|key| Trusted { key, kept: &kept });
        let verified = ringfence_journal::verify(&folder, trusted);
        if verified.is_ok()
            && let Some(key) = &key
        {
            for url in urls {
                if let Some(exit) = self.ask(context, url, &folder, key)? {
                    return Ok(exit);
                }
            }
        }
        answer(context, &folder, verified, |context, verified| say(context, &verified))
    }

    /// Has a witness say that it knows no other log; how that ended, where it does not.
    fn ask(
        &self,
        context: &Context,
        url: &str,
        folder: &Path,
        key: &NoteVerifier,
    ) -> Result<Option<Exit>, Stop> {
        let problem = |message: String| Problem::new(ProblemKind::User, "witness", message);
        let witness_key = self.witness_key.clone();
        let witness_key =
            witness_key.ok_or_else(|| problem("the key of the witness is missing: --witness-key".into()))?;
        let witness = HttpWitness::new(url, witness_key).map_err(|error| problem(error.to_string()))?;
        let replica = Replica::read(folder).map_err(|error| problem::journal(&error, folder))?;
        match crate::cli::block_on(async {
            Ok(witness.submit(|known| replica.add_checkpoint(key, known)).await)
        })? {
            Ok(_) => Ok(None),
            Err(error @ (WitnessError::Longer(_) | WitnessError::Split)) => {
                let reason = format!("the witness at {url}: {error}");
                match context.format {
                    Format::Json => output::json(&json!({ "valid": false, "reason": reason }))?,
                    Format::Text => output::text(&format!("not valid: {reason}"))?,
                }
                Ok(Some(Exit::Finding))
            }
            Err(WitnessError::Journal(error)) => Err(problem::journal(&error, folder).into()),
            Err(error) => {
                let message = format!("the witness at {url}: {error}");
                Err(Problem::new(ProblemKind::Upstream, "witness", message).into())
            }
        }
    }
}

fn answer<T>(
    context: &Context,
    folder: &Path,
    verified: Result<T, JournalError>,
    say: impl FnOnce(&Context, T) -> Result<(), Stop>,
) -> Result<Exit, Stop> {
    match verified {
        Ok(verified) => {
            say(context, verified)?;
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
        Err(error) => Err(problem::journal(&error, folder).into()),
    }
}

fn say_part(context: &Context, part: &VerifiedPart) -> Result<(), Stop> {
    match context.format {
        Format::Json => output::json(&json!({
            "valid": true,
            "log": part.origin,
            "from": part.from,
            "entries": part.entries,
            "head": part.head,
            "torn": part.torn.unwrap_or(0),
        }))?,
        Format::Text => {
            let VerifiedPart { from, entries, head, .. } = part;
            output::text(&format!(
                "valid: entries {from} to {entries}, head {head}; not held against what is signed"
            ))?;
        }
    }
    Ok(())
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
