//! `ringfence status`: what the kernel holds.

use clap::Args;
use ringfence_model::control::Verb;

use super::Context;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};

/// Show sessions, servers and journal of the kernel
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence status
  ringfence status --json | jq .sessions")]
pub(crate) struct Status {}

impl Status {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self {} = self;
        let credential = context.credential();
        context.control(async |mut connection| {
            connection
                .ask(Verb::Status, credential, |status| match context.format {
                    Format::Json => output::json(&status),
                    Format::Text => output::text(&output::properties(&status)),
                })
                .await
        })?;
        Ok(Exit::Yes)
    }
}
