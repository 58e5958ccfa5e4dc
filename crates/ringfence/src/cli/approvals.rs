//! `ringfence approvals`: calls that wait for somebody other than the caller to allow them.
//!
//! Must never answer one that nobody named.

mod always;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ringfence_model::approval::{Answer, Lasts};
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
    Approve(Approve),
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

/// Allow the call; needs the operator credential where one is set
///
/// `--for session` lets exactly this call pass as often as it comes in its session, until the request expires. `--for always`
/// writes a rule that allows exactly this call into a rule file of yours. What is allowed is shown first.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    reply: Reply,
    /// For how long
    #[arg(long = "for", value_name = "HOW_LONG", value_enum, default_value = "once")]
    lasting: Lasting,
    /// Do not ask whether what is shown may be allowed
    #[arg(long)]
    yes: bool,
    /// The rule file for `--for always`; `policy/approved.yaml` beside the configuration by default
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// For how long a call is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lasting {
    /// One call
    Once,
    /// The same call in the same session
    Session,
    /// The same call of the same principal, by a rule
    Always,
}

impl Approve {
    fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self { reply, lasting, yes, file } = self;
        match lasting {
            Lasting::Once => reply.run(context, Answer::Approve, Lasts::Once),
            Lasting::Session => {
                let request = find(context, reply.id)?;
                always::shown(&always::rule(&request)?, yes)?;
                reply.run(context, Answer::Approve, Lasts::Session)
            }
            Lasting::Always => always::run(context, &reply, file, yes),
        }
    }
}

impl Approvals {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::List(list) => list.run(context),
            Self::Show { id } => show(context, id),
            Self::Approve(approve) => approve.run(context),
            Self::Deny(reply) => reply.run(context, Answer::Deny, Lasts::Once),
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

/// One request.
fn find(context: &Context, id: ApprovalId) -> Result<Value, Stop> {
    let wanted = id.to_string();
    let found = all(context)?.into_iter().find(|request| at(request, "/id") == wanted);
    found.ok_or_else(|| {
        let message = format!("there is no request for approval {id}");
        let hint = "`ringfence approvals list --all` shows what there is";
        Problem::new(ProblemKind::User, "approval", message).hint(hint).into()
    })
}

fn show(context: &Context, id: ApprovalId) -> Result<Exit, Stop> {
    let request = find(context, id)?;
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
        ("approvers", approvers(request)),
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

/// How many must say yes, and of which roles.
fn approvers(request: &Value) -> String {
    let mut text = at(request, "/needed");
    for quorum in request.pointer("/quorums").and_then(Value::as_array).into_iter().flatten() {
        let roles = quorum.get("roles").and_then(Value::as_array).into_iter().flatten();
        let roles: Vec<&str> = roles.filter_map(Value::as_str).collect();
        let _ = write!(text, ", {} of {}", at(quorum, "/needed"), roles.join(" or "));
    }
    text
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
    /// The request as it stands then.
    fn give(&self, context: &Context, answer: Answer, lasts: Lasts) -> Result<Option<Value>, Stop> {
        let comment = self.comment.clone();
        let verb = Verb::ApprovalsAnswer(ApprovalReply { approval: self.id, answer, lasts, comment });
        let mut shown = None;
        context.control(async |mut connection| {
            operator::ask(&mut connection, context, verb, |item| shown = Some(item)).await
        })?;
        Ok(shown)
    }

    fn run(self, context: &Context, answer: Answer, lasts: Lasts) -> Result<Exit, Stop> {
        let Some(request) = self.give(context, answer, lasts)? else { return Ok(Exit::Yes) };
        match context.format {
            Format::Json => output::json(&request)?,
            Format::Text => output::text(&format!("{} is {}", self.id, at(&request, "/state")))?,
        }
        Ok(Exit::Yes)
    }
}
