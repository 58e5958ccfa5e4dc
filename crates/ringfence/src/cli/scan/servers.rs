//! `scan --servers`: what the configured servers say of themselves now, by way of the kernel, which starts and asks them as
//! it does for a client. Must never show a definition's text, only what is wrong with it and where.

use std::borrow::Cow;

use ringfence_model::control::Verb;
use ringfence_model::finding::{Category, Finding, Severity, Span};
use ringfence_model::pin::PinKind;
use ringfence_model::problem::Problem;
use serde::Deserialize;
use serde_json::Value;

use super::report::{Report, Unreadable};
use crate::cli::Context;
use crate::problem::{Stop, internal};

/// One item of `servers.scan`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Item {
    Failed { server: String, error: String },
    Definition(Definition),
}

/// A definition as the kernel saw it.
#[derive(Debug, Deserialize)]
struct Definition {
    server: String,
    kind: PinKind,
    name: String,
    held: Option<String>,
    findings: Vec<Placed>,
    resembles: Vec<Likeness>,
}

#[derive(Debug, Deserialize)]
struct Placed {
    pointer: String,
    finding: Finding,
}

#[derive(Debug, Deserialize)]
struct Likeness {
    tool: String,
    likeness: String,
}

/// Adds what all servers say to `report`.
pub(super) fn scan(context: &Context, report: &mut Report) -> Result<(), Stop> {
    let mut items: Vec<Value> = Vec::new();
    context.control(async |mut connection| {
        let item = |item| {
            items.push(item);
            Ok(())
        };
        connection.ask(Verb::ServersScan, context.credential(), item).await
    })?;
    for item in items {
        match Item::deserialize(item).map_err(|error| unreadable(&error))? {
            Item::Failed { server, error } => report.unreadable.push(Unreadable { path: server, error }),
            Item::Definition(definition) => definition.report(report),
        }
    }
    Ok(())
}

fn unreadable(error: &serde_json::Error) -> Problem {
    internal("scan", format!("the kernel's answer cannot be read: {error}"))
}

impl Definition {
    fn report(self, report: &mut Report) {
        let place = match self.kind {
            PinKind::Instructions => format!("{}/instructions", self.server),
            PinKind::Prompt => format!("{}/prompts/{}", self.server, self.name),
            PinKind::Tool => format!("{}/tools/{}", self.server, self.name),
        };
        let mut found: Vec<(String, Finding)> =
            self.findings.into_iter().map(|one| (format!("{place}#{}", one.pointer), one.finding)).collect();
        found.extend(self.resembles.iter().map(|one| (format!("{place}#/name"), one.finding())));
        if let Some(because) = self.held {
            let message = format!("Clients do not see it: {because}");
            let instead = Some(format!("look at it: ringfence pins diff {}", self.server));
            let finding = said("definition_held", Severity::High, message);
            found.push((place, Finding { alternative: instead, ..finding }));
        }
        report.add_definition(found);
    }
}

impl Likeness {
    /// That two servers call something the same is common; a name that is nearly another's is what shadows it.
    fn finding(&self) -> Finding {
        let severity = if self.likeness == "same" { Severity::Low } else { Severity::Medium };
        said("tool_name_resembles", severity, format!("The name may be taken for {}", self.tool))
    }
}

fn said(id: &'static str, severity: Severity, message: String) -> Finding {
    Finding {
        id: Cow::Borrowed(id),
        category: Category::Injection,
        severity,
        confidence: 90,
        span: Span { start: 0, end: 0, line: 1, column: 1 },
        message,
        alternative: None,
        reference: None,
    }
}
