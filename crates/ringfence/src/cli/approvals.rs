//! `ringfence approvals`: calls that wait for somebody other than the caller to allow them.
//!
//! Must never answer one that nobody named.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use ringfence_model::approval::Answer;
use ringfence_model::control::{ApprovalReply, Verb};
use ringfence_model::id::ApprovalId;
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::Value;

use super::{Context, operator};
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};

/// Calls that wait for somebody to allow them
///
/// What policy asks about and the caller's own user cannot or may not answer waits here. An approval holds for exactly that
/// call, once, until it expires (`limits.approval`).
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  ringfence approvals list
  ringfence approvals show 0199c1f0a27e4d1b8f6a5c3d00000007
  ringfence approvals approve 0199c1f0a27e4d1b8f6a5c3d00000007 --comment 'invoice checked'")]
pub(crate) enum Approvals {
    List(List),
    /// Show one request with the arguments of the call
    Show {
        /// The request's id
        id: ApprovalId,
    },
    /// Allow the call once; needs the operator credential where one is set
    Approve(Reply),
    /// Refuse the call; needs the operator credential where one is set
    Deny(Reply),
}

/// Show the requests that wait, newest first
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Also those that are over: denied, used, expired
    #[arg(long)]
    all: bool,
}

/// An answer.
#[derive(Debug, Args)]
pub(crate) struct Reply {
    /// The request's id
    id: ApprovalId,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

impl Approvals {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::List(list) => list.run(context),
            Self::Show { id } => show(context, id),
            Self::Approve(reply) => reply.run(context, Answer::Approve),
            Self::Deny(reply) => reply.run(context, Answer::Deny),
        }
    }
}

impl List {
    fn run(self, context: &Context) -> Result<Exit, Stop> {
        let mut found = all(context)?;
        found.retain(|request| self.all || matches!(at(request, "/state").as_str(), "pending" | "approved"));
        match context.format {
            Format::Json => output::json(&found)?,
            Format::Text if found.is_empty() => output::text("nothing waits for approval")?,
            Format::Text => {
                let rows: Vec<_> = found.iter().map(row).collect();
                output::text(&output::table(
                    &["ID", "STATE", "PRINCIPAL", "SERVER", "TARGET", "RULE"],
                    &rows,
                ))?;
            }
        }
        Ok(Exit::Yes)
    }
}

fn row(request: &Value) -> Vec<String> {
    ["/id", "/state", "/principal", "/server", "/target", "/rule"].map(|key| at(request, key)).to_vec()
}

fn at(request: &Value, pointer: &str) -> String {
    request.pointer(pointer).map(output::cell).unwrap_or_default()
}

fn show(context: &Context, id: ApprovalId) -> Result<Exit, Stop> {
    let wanted = id.to_string();
    let found = all(context)?.into_iter().find(|request| at(request, "/id") == wanted);
    let Some(request) = found else {
        let message = format!("there is no request for approval {id}");
        let hint = "`ringfence approvals list --all` shows what there is";
        return Err(Problem::new(ProblemKind::User, "approval", message).hint(hint).into());
    };
    match context.format {
        Format::Json => output::json(&request)?,
        Format::Text => output::text(&described(&request))?,
    }
    Ok(Exit::Yes)
}

/// A request as an approver reads it.
fn described(request: &Value) -> String {
    let mut text = String::new();
    let lines = [
        ("call", format!("{} on {}", at(request, "/target"), at(request, "/server"))),
        ("by", format!("{}/{}", at(request, "/realm"), at(request, "/principal"))),
        ("why", format!("{} ({})", at(request, "/message"), at(request, "/rule"))),
        ("severity", at(request, "/severity")),
        ("state", at(request, "/state")),
        ("approvers", at(request, "/needed")),
        ("requested", at(request, "/requested")),
        ("expires", at(request, "/expires")),
        ("arguments", at(request, "/shown")),
    ];
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<10} {}", output::visible(&value));
    }
    for answer in request.pointer("/answers").and_then(Value::as_array).into_iter().flatten() {
        let (said, by) = (at(answer, "/answer"), at(answer, "/by/name"));
        let _ =
            writeln!(text, "{:<10} {said} by {by} {}", "answer", output::visible(&at(answer, "/comment")));
    }
    text.trim_end().to_owned()
}

fn all(context: &Context) -> Result<Vec<Value>, Stop> {
    let credential = context.credential();
    let mut found = Vec::new();
    context.control(async |mut connection| {
        let item = |request| {
            found.push(request);
            Ok(())
        };
        connection.ask(Verb::ApprovalsList, credential, item).await
    })?;
    Ok(found)
}

impl Reply {
    fn run(self, context: &Context, answer: Answer) -> Result<Exit, Stop> {
        let verb = Verb::ApprovalsAnswer(ApprovalReply { approval: self.id, answer, comment: self.comment });
        let mut shown = None;
        context.control(async |mut connection| {
            operator::ask(&mut connection, context, verb, |item| shown = Some(item)).await
        })?;
        let Some(request) = shown else { return Ok(Exit::Yes) };
        match context.format {
            Format::Json => output::json(&request)?,
            Format::Text => output::text(&format!("{} is {}", self.id, at(&request, "/state")))?,
        }
        Ok(Exit::Yes)
    }
}
