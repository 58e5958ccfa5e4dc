//! `ringfence init`: the operator credential, a configuration to start from, and what is known of tools, for review.

use std::fs::OpenOptions;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use clap::Args;
use ringfence_identity::{KeysError, OperatorCredential};
use ringfence_model::control::{Credential, CredentialChange, Verb};
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::json;

use super::operator::{self, passphrase as ask};
use super::tools::declare::declarations;
use super::{Context, read_text, tools};
use crate::output::{self, Format};
use crate::paths::Paths;
use crate::problem::{self, Exit, Stop, internal, usage};
use crate::{clock, log};

/// The configuration to start from: every key with its default, commented out.
const STARTER: &str = include_str!("init/ringfence.yaml");

/// The file beside the configuration with what is known of tools.
const REVIEW: &str = "tools.review.yaml";

/// Most bytes of passphrases on stdin.
const PASSPHRASES_LIMIT: usize = 4 << 10;

/// Random bytes that one run may use.
const RANDOM: usize = 256;

/// Set the operator passphrase and write a configuration to start from
///
/// Where servers are configured already, what their tools are taken to do is written beside the configuration, to be
/// reviewed and taken over.
///
/// An agent usually runs as the same user as its operator. What only the operator may do asks for this passphrase, or for
/// a token minted with --token. Where one is set already, the present passphrase or RINGFENCE_OPERATOR_TOKEN is needed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence init
  ringfence init --passphrase-stdin < passphrase.txt
  ringfence init --token deploy")]
pub(crate) struct Init {
    /// Read passphrases from stdin, one a line: the present one where one is set, then the new one
    #[arg(long)]
    passphrase_stdin: bool,
    /// Mint a token for a machine, under this name, instead; it is printed once
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "machine")]
    token: Option<String>,
}

/// Where passphrases come from.
enum Passphrases {
    /// A person at a terminal.
    Terminal,
    /// The lines of stdin.
    Lines(std::vec::IntoIter<String>),
}

impl Init {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        log::start(log::Level::Warn, &context.env);
        let paths = context.paths()?;
        paths.prepare()?;
        let keys = paths.keys();
        let mut passphrases = self.passphrases()?;
        let present = OperatorCredential::load(&keys).map_err(|error| problem::keys(&error))?;
        if let Some(credential) = &present {
            authenticate(credential, context, passphrases.as_mut())?;
        }
        let (what, new, shown) = match &self.token {
            Some(name) => {
                let token =
                    with_random(|fill| OperatorCredential::mint_token(&keys, name, clock::now(), fill))?;
                let shown = report_token(name, &token, context.format);
                (CredentialChange::TokenMinted, Credential::Token(token), shown)
            }
            None => {
                let passphrases = passphrases.as_mut().ok_or_else(nobody_to_ask)?;
                let new = passphrases.next()?;
                with_random(|fill| OperatorCredential::set_passphrase(&keys, &new, fill))?;
                let shown = write_starter(&paths)
                    .map_err(Stop::from)
                    .and_then(|written| report(&paths, present.is_some(), written, context.format));
                (CredentialChange::PassphraseSet, Credential::Passphrase(new), shown)
            }
        };
        // The credential has changed, whatever came of the rest.
        let recorded = journal(context, what, new.clone());
        shown?;
        match what {
            CredentialChange::PassphraseSet if recorded => write_review(context, &paths, new)?,
            CredentialChange::PassphraseSet | CredentialChange::TokenMinted => {}
        }
        Ok(Exit::Yes)
    }

    /// None where there is nobody to ask.
    fn passphrases(&self) -> Result<Option<Passphrases>, Problem> {
        if self.passphrase_stdin {
            let text = read_text(Path::new("-"), PASSPHRASES_LIMIT)?;
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            return Ok(Some(Passphrases::Lines(lines.into_iter())));
        }
        Ok(std::io::stdin().is_terminal().then_some(Passphrases::Terminal))
    }
}

impl Passphrases {
    /// The one in force.
    fn present(&mut self) -> Result<String, Problem> {
        match self {
            Self::Terminal => ask("Present operator passphrase: "),
            Self::Lines(lines) => {
                lines.next().ok_or_else(|| usage("stdin has no line with the present passphrase"))
            }
        }
    }

    /// The new one; a person types it twice.
    fn next(&mut self) -> Result<String, Problem> {
        match self {
            Self::Terminal => {
                let first = ask("New operator passphrase (12 characters or more): ")?;
                if first == ask("The same again: ")? {
                    Ok(first)
                } else {
                    Err(usage("the two are not the same; nothing was changed"))
                }
            }
            Self::Lines(lines) => {
                lines.next().ok_or_else(|| usage("stdin has no line with the new passphrase"))
            }
        }
    }
}

fn nobody_to_ask() -> Problem {
    usage("there is no terminal to ask for the passphrase on")
        .hint("run it on a terminal, or give the passphrase with --passphrase-stdin")
}

/// Only the operator may change the operator credential.
fn authenticate(
    credential: &OperatorCredential,
    context: &Context,
    passphrases: Option<&mut Passphrases>,
) -> Result<(), Problem> {
    let given = match context.credential() {
        Some(token) => token,
        None => Credential::Passphrase(passphrases.ok_or_else(nobody_to_ask)?.present()?),
    };
    if credential.verify(&given) {
        Ok(())
    } else {
        Err(Problem::new(ProblemKind::Denied, operator::CREDENTIAL, "that is not the operator's credential"))
    }
}

/// Has the kernel record the change, which it believes whoever shows the new credential. A change that cannot be recorded
/// stands: what it replaced is gone. False where no kernel took it.
fn journal(context: &Context, what: CredentialChange, new: Credential) -> bool {
    let verb = Verb::CredentialChanged { what };
    let asked = context.control(async |mut connection| connection.ask(verb, Some(new), |_| Ok(())).await);
    if let Err(Stop::Problem(problem)) = asked {
        let message = output::visible(&problem.message);
        output::note(&format!("warning: `{}` is not in the journal: {message}", what.as_str()));
        return false;
    }
    true
}

fn report_token(name: &str, token: &str, format: Format) -> Result<(), Stop> {
    match format {
        Format::Json => output::json(&json!({ "name": name, "token": token })),
        Format::Text => {
            output::note("This token is shown once. Give it to a machine as RINGFENCE_OPERATOR_TOKEN:");
            output::text(token)
        }
    }
}

/// Runs `task` with random bytes that are there already, so that it cannot go on without them.
fn with_random<T>(
    task: impl FnOnce(ringfence_identity::Fill<'_>) -> Result<T, KeysError>,
) -> Result<T, Problem> {
    let none = || internal("randomness", "the operating system gives no random numbers");
    let mut pool = [0; RANDOM];
    getrandom::fill(&mut pool).map_err(|_| none())?;
    let mut pool = pool.into_iter();
    let mut short = false;
    let done = task(&mut |buffer| {
        for byte in buffer {
            match pool.next() {
                Some(random) => *byte = random,
                None => short = true,
            }
        }
    });
    if short { Err(none()) } else { done.map_err(|error| problem::keys(&error)) }
}

/// Writes the starter where there is no configuration; true when it did.
fn write_starter(paths: &Paths) -> Result<bool, Problem> {
    let path = paths.config.path();
    let unwritable = |error: std::io::Error| problem::io(path, "cannot be written", &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => file.write_all(STARTER.as_bytes()).map(|()| true).map_err(unwritable),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unwritable(error)),
    }
}

/// Writes what the tools of the configured servers are taken to do. Without it nothing is lost but the convenience.
fn write_review(context: &Context, paths: &Paths, credential: Credential) -> Result<(), Stop> {
    let listed = match tools::listed(context, Some(credential)) {
        Ok(listed) => listed,
        Err(Stop::Problem(problem)) => {
            let message = output::visible(&problem.message);
            output::note(&format!("warning: the tools of the servers could not be listed: {message}"));
            return Ok(());
        }
        Err(stop) => return Err(stop),
    };
    let Some(declared) = declarations(&listed) else { return Ok(()) };
    let path = paths.config.path().with_file_name(REVIEW);
    std::fs::write(&path, declared).map_err(|error| problem::io(&path, "cannot be written", &error))?;
    output::note(&format!("what the servers' tools are taken to do: {} (review it)", path.display()));
    Ok(())
}

fn report(paths: &Paths, changed: bool, written: bool, format: Format) -> Result<(), Stop> {
    let config = paths.config.path().display().to_string();
    match format {
        Format::Json => output::json(&json!({
            "passphrase": if changed { "changed" } else { "set" },
            "config": config,
            "config_written": written,
            "data_dir": paths.data.display().to_string(),
        })),
        Format::Text => {
            output::text(&format!("operator passphrase {}", if changed { "changed" } else { "set" }))?;
            output::text(&format!(
                "configuration {config} {}",
                if written { "written" } else { "left as it is" }
            ))
        }
    }
}

#[cfg(test)]
mod tests;
