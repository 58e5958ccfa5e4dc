//! `ringfence audit erase`: what the calls of a session were about cannot be found out any more; that they were made stays.

use clap::Args;
use ringfence_model::control::Verb;
use ringfence_model::id::SessionId;
use serde_json::Value;

use crate::cli::{Context, operator};
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};

/// Destroy the key of a session: nobody can say or guess any more what its arguments and results were
#[derive(Debug, Args)]
#[command(after_help = "\
It cannot be taken back. The journal stays valid and receipts still verify; `audit receipt --open` has nothing to open any \
more. Who, when, which server and which tool stay on record, and so does what policy said. Copies of `keys/` that were made before still \
have the key. Asks for the operator credential where one is set.

Examples:
  ringfence audit erase --session 01a22e9f7d895b9996541a0000000001")]
pub(crate) struct Erase {
    /// The id of the session, as `ringfence audit query --json` shows it
    #[arg(long, value_name = "ID")]
    session: SessionId,
}

impl Erase {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let mut erased = Value::Null;
        context.control(async |mut connection| {
            let verb = Verb::AuditErase { session: self.session };
            operator::ask(&mut connection, context, verb, |item| erased = item).await
        })?;
        match context.format {
            Format::Json => output::json(&erased)?,
            Format::Text => output::text(&format!("the key of session {} is destroyed", self.session))?,
        }
        Ok(Exit::Yes)
    }
}
