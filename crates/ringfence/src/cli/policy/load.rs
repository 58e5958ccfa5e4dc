//! `ringfence policy load`: an operator lets the policy on disk come into force.
//!
//! Must never let in another one than the files say here and now: its digest goes along.

use clap::Args;
use ringfence_model::control::Verb;
use serde_json::Value;

use super::Sources;
use crate::cli::{Context, operator};
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};

/// Let the changed configuration and rule files come into force
///
/// Where an operator credential is set a changed policy waits for this: who can write the files need not be the operator. Without
/// a credential a running kernel takes changes by itself.
#[derive(Debug, Args)]
pub(crate) struct Load {}

impl Load {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let policy = Sources::of(context, &[])?.load(context)?;
        let verb = Verb::PolicyLoad { digest: policy.digest().to_string() };
        let mut shown = None;
        context.control(async |mut connection| {
            operator::ask(&mut connection, context, verb, |item| shown = Some(item)).await
        })?;
        let Some(answer) = shown else { return Ok(Exit::Yes) };
        let in_force = answer.get("in_force").and_then(Value::as_bool) == Some(true);
        let (rules, digest) = (policy.len(), policy.digest());
        match context.format {
            Format::Json => output::json(&answer)?,
            Format::Text if in_force => output::text(&format!("in force: {rules} rules, {digest}"))?,
            Format::Text => output::text(&format!(
                "comes into force as soon as the kernel has read the files: {rules} rules, {digest}"
            ))?,
        }
        Ok(Exit::Yes)
    }
}
