//! `ringfence pins`: which definitions of servers may be used, and what is held.
//!
//! Must never approve what was not shown: an answer names the digest of the definition that it is about.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use ringfence_model::control::{PinAnswer, Verb};
use ringfence_model::pin::{LockedServer, PinKind, PinLock, PinnedServer};
use ringfence_model::problem::{Problem, ProblemKind};
use serde::Deserialize;
use serde_json::{Value, json};
use similar::TextDiff;

use super::{Context, operator};
use crate::output::{self, Format};
use crate::problem::{self, Exit, Stop};

/// Definitions of servers that are pinned or held
///
/// The first sight of a server's tools, prompts and instructions is pinned. What it changes or adds later, and what gives
/// the model orders, is held: clients do not see it, and a call gets 1005, until it is approved.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  ringfence pins list
  ringfence pins diff mail
  ringfence pins approve mail/send_email
  ringfence pins lock > ringfence.lock")]
pub(crate) enum Pins {
    List(List),
    /// Show what is held beside what was accepted
    Diff {
        /// SERVER or SERVER/NAME; all where none is given
        targets: Vec<String>,
    },
    /// Let what is held be used; shows it first. Needs the operator credential where one is set
    Approve(Reply),
    /// Keep it held and say that it was looked at. Needs the operator credential where one is set
    Reject(Reply),
    /// Print a `ringfence.lock` of all that is accepted: beside ringfence.yaml it takes the place of trust on first sight
    Lock,
}

/// Show pins
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only what is held
    #[arg(long)]
    held: bool,
}

/// An answer.
#[derive(Debug, Args)]
pub(crate) struct Reply {
    /// SERVER or SERVER/NAME
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<String>,
}

/// A pin as the kernel shows it.
#[derive(Debug, Deserialize)]
struct Pin {
    #[serde(flatten)]
    of: PinnedServer,
    kind: PinKind,
    name: String,
    state: String,
    because: Option<String>,
    accepted: Option<Definition>,
    held: Option<Definition>,
    #[serde(default)]
    resembles: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Definition {
    digest: String,
    text: Option<String>,
    #[serde(default)]
    findings: Vec<Value>,
}

impl Pins {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::List(list) => list.run(context),
            Self::Diff { targets } => diff(context, &targets),
            Self::Approve(reply) => reply.run(context, true),
            Self::Reject(reply) => reply.run(context, false),
            Self::Lock => lock(context),
        }
    }
}

impl List {
    fn run(self, context: &Context) -> Result<Exit, Stop> {
        let items = items(context)?;
        let wanted = |item: &&Value| !self.held || item.get("held").is_some();
        let items: Vec<&Value> = items.iter().filter(wanted).collect();
        match context.format {
            Format::Json => output::json(&items)?,
            Format::Text if items.is_empty() => output::text("nothing is pinned")?,
            Format::Text => {
                let mut rows = Vec::new();
                for item in items {
                    let pin = parsed(item)?;
                    let why = pin.because.clone().unwrap_or_else(|| match pin.resembles.as_slice() {
                        [] => String::new(),
                        names => format!("its name is close to {}", names.join(", ")),
                    });
                    rows.push(vec![
                        pin.of.server.to_string(),
                        pin.kind.as_str().to_owned(),
                        pin.name.clone(),
                        pin.state.clone(),
                        why,
                    ]);
                }
                output::text(&output::table(&["SERVER", "KIND", "NAME", "STATE", "WHY"], &rows))?;
            }
        }
        Ok(Exit::Yes)
    }
}

/// Exit code 1 where something is held.
fn diff(context: &Context, targets: &[String]) -> Result<Exit, Stop> {
    let held = held(context, targets)?;
    match context.format {
        Format::Json => output::json(&held.iter().map(shown).collect::<Vec<_>>())?,
        Format::Text if held.is_empty() => output::text("nothing is held")?,
        Format::Text => output::text(&held.iter().map(described).collect::<Vec<_>>().join("\n"))?,
    }
    Ok(if held.is_empty() { Exit::Yes } else { Exit::Finding })
}

impl Reply {
    fn run(self, context: &Context, approved: bool) -> Result<Exit, Stop> {
        let held = held(context, &self.targets)?;
        for target in &self.targets {
            if !held.iter().any(|pin| pin.is(target)) {
                let message = format!("nothing of {target} is held");
                let hint = "`ringfence pins list --held` shows what is";
                return Err(Problem::new(ProblemKind::User, "pin", message).hint(hint).into());
            }
        }
        let mut answered = Vec::new();
        for pin in &held {
            if context.format == Format::Text {
                output::text(&described(pin))?;
            }
            let Some(definition) = &pin.held else { continue };
            let verb = Verb::PinsAnswer(PinAnswer {
                of: pin.of.clone(),
                kind: pin.kind,
                name: pin.name.as_str().into(),
                digest: definition.digest.as_str().into(),
                approved,
            });
            context.control(async |mut connection| {
                operator::ask(&mut connection, context, verb, |item| answered.push(item)).await
            })?;
            if context.format == Format::Text {
                let word = if approved { "approved" } else { "rejected" };
                output::text(&format!("{word}: {}", pin.title()))?;
            }
        }
        if context.format == Format::Json {
            output::json(&answered)?;
        }
        Ok(Exit::Yes)
    }
}

fn lock(context: &Context) -> Result<Exit, Stop> {
    let mut lock = PinLock { version: PinLock::VERSION, servers: BTreeMap::new() };
    for item in items(context)? {
        let pin = parsed(&item)?;
        let Some(accepted) = &pin.accepted else { continue };
        let empty = || LockedServer { instructions: None, prompts: BTreeMap::new(), tools: BTreeMap::new() };
        let server = lock.servers.entry(pin.of.server.clone()).or_insert_with(empty);
        let (name, digest) = (pin.name.as_str().into(), accepted.digest.as_str().into());
        match pin.kind {
            PinKind::Instructions => server.instructions = Some(digest),
            PinKind::Prompt => drop(server.prompts.insert(name, digest)),
            PinKind::Tool => drop(server.tools.insert(name, digest)),
        }
    }
    let text =
        serde_json::to_string_pretty(&lock).map_err(|error| problem::internal("pins", error.to_string()))?;
    output::text(&text)?;
    Ok(Exit::Yes)
}

impl Pin {
    fn title(&self) -> String {
        match self.kind {
            PinKind::Instructions => format!("{} (instructions)", self.of.server),
            PinKind::Prompt => format!("{}/{} (prompt)", self.of.server, output::visible(&self.name)),
            PinKind::Tool => format!("{}/{}", self.of.server, output::visible(&self.name)),
        }
    }

    fn is(&self, target: &str) -> bool {
        match target.split_once('/') {
            Some((server, name)) => self.of.server.as_str() == server && self.name == name,
            None => self.of.server.as_str() == target,
        }
    }
}

/// What is held of the targets; of all servers where there are none.
fn held(context: &Context, targets: &[String]) -> Result<Vec<Pin>, Stop> {
    let pins: Result<Vec<Pin>, Problem> = items(context)?.iter().map(parsed).collect();
    let wanted = |pin: &Pin| targets.is_empty() || targets.iter().any(|target| pin.is(target));
    Ok(pins?.into_iter().filter(|pin| pin.held.is_some() && wanted(pin)).collect())
}

/// A pin with its definitions pretty and what differs.
fn shown(pin: &Pin) -> Value {
    json!({
        "server": pin.of.server,
        "kind": pin.kind,
        "name": pin.name,
        "state": pin.state,
        "because": pin.because,
        "accepted": pin.accepted.as_ref().map(|definition| &definition.digest),
        "held": pin.held.as_ref().map(|definition| &definition.digest),
        "findings": pin.held.as_ref().map(|definition| &definition.findings),
        "diff": difference(pin),
    })
}

fn described(pin: &Pin) -> String {
    let mut text = format!("{}: {}", pin.title(), pin.because.as_deref().unwrap_or_default());
    for finding in pin.held.iter().flat_map(|definition| &definition.findings) {
        let part = |key| finding.get(key).map(output::cell).unwrap_or_default();
        text.push_str(&format!(
            "\n  {}: {} ({})",
            part("severity"),
            output::visible(&part("message")),
            part("id")
        ));
    }
    text.push('\n');
    // A definition is a stranger's text: nothing in it may steer the terminal.
    for line in difference(pin).lines() {
        text.push_str(&format!("  {}\n", plain(line)));
    }
    text
}

/// What was accepted against what is held, line by line.
fn difference(pin: &Pin) -> String {
    const UNKNOWN: &str = "(its text is larger than what is kept)";
    let pretty = |definition: &Option<Definition>| match definition {
        None => String::new(),
        Some(definition) => match &definition.text {
            None => UNKNOWN.to_owned(),
            Some(text) => serde_json::from_str::<Value>(text)
                .and_then(|value| serde_json::to_string_pretty(&value))
                .unwrap_or_else(|_| text.clone()),
        },
    };
    let (before, after) = (pretty(&pin.accepted), pretty(&pin.held));
    let diff = TextDiff::from_lines(&before, &after);
    diff.unified_diff().context_radius(3).missing_newline_hint(false).to_string()
}

/// With everything written out that a terminal or a reader would not show.
fn plain(line: &str) -> String {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    line.chars().map(|c| if unseen(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

fn items(context: &Context) -> Result<Vec<Value>, Stop> {
    let credential = context.credential();
    let mut found = Vec::new();
    context.control(async |mut connection| {
        let item = |pin| {
            found.push(pin);
            Ok(())
        };
        connection.ask(Verb::PinsList, credential, item).await
    })?;
    Ok(found)
}

fn parsed(item: &Value) -> Result<Pin, Problem> {
    Pin::deserialize(item).map_err(|error| problem::internal("pins", error.to_string()))
}
