//! `approvals approve --for session|always`: what is allowed is shown as a rule; `always` writes it into a rule file of the user's.
//!
//! Must never write a rule that allows more than the call that was shown.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use ringfence_model::approval::{Answer, Lasts};
use ringfence_model::call::ActionKind;
use ringfence_model::config::PolicyConfig;
use ringfence_model::control::Verb;
use ringfence_model::json::JsonText;
use ringfence_model::problem::{Problem, ProblemKind};
use ringfence_policy::replay::{Exact, allow_exactly};
use ringfence_policy::{PolicySet, Source};
use serde_json::{Value, json};
use similar::TextDiff;

use super::{Reply, at};
use crate::cli::policy::Sources;
use crate::cli::{Context, operator};
use crate::config;
use crate::config::error::{ConfigError, ConfigErrors};
use crate::output::{self, Format};
use crate::problem::{Exit, Stop, io, usage};

/// The rule that allows exactly the call of this request.
pub(super) fn rule(request: &Value) -> Result<String, Stop> {
    let problem =
        |message: String, hint: &str| Problem::new(ProblemKind::User, "approval", message).hint(hint);
    let asks = at(request, "/rule");
    if !asks.starts_with("ringfence.default.") && !asks.starts_with("ringfence.flow.") {
        let message = format!("rule `{asks}` asks, and no rule that allows lifts it");
        let hint =
            "give that rule an `except` for what may pass; this one call can be approved without `--for`";
        return Err(problem(message, hint).into());
    }
    let arguments = JsonText::try_from(at(request, "/shown")).ok().map(|given| given.value().canonical());
    let whole = arguments.filter(|_| request.get("whole") == Some(&Value::Bool(true)));
    let Some(arguments) = whole else {
        let message =
            "not all of the arguments are known here: a credential was taken out, or they are too long"
                .to_owned();
        return Err(problem(message, "write a rule by hand: docs/policy.md shows how").into());
    };
    let server = at(request, "/server");
    let action: ActionKind = serde_json::from_value(request.get("action").cloned().unwrap_or_default())
        .map_err(|error| problem(error.to_string(), "the kernel is of another version: `ringfence stop`"))?;
    Ok(allow_exactly(&Exact {
        id: &format!("approved-{}", at(request, "/id")),
        description: &format!("approved by an operator: {}", at(request, "/message")),
        principal: &format!("{}/{}", at(request, "/realm"), at(request, "/principal")),
        action,
        server: (!server.is_empty()).then_some(server.as_str()),
        target: &at(request, "/target"),
        arguments: &arguments,
    }))
}

/// Shows on stderr what would be allowed, and goes on only with a yes.
pub(super) fn shown(what: &str, yes: bool) -> Result<(), Stop> {
    what.lines().for_each(|line| output::note(&output::visible(line)));
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(usage("what is shown must be allowed on a terminal, or with --yes").into());
    }
    output::note("Allow this? [y/N]");
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| io(Path::new("/dev/stdin"), "cannot be read", &error))?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::User, "approval", "nothing was allowed").into())
}

/// Shows the change of the file, allows the waiting call, writes the file, lets the policy in.
pub(super) fn run(context: &Context, reply: &Reply, file: Option<PathBuf>, yes: bool) -> Result<Exit, Stop> {
    let request = super::find(context, reply.id)?;
    let rule = rule(&request)?;
    let file = match file {
        Some(file) => file,
        None => beside_the_configuration(context)?,
    };
    let before = match config::file::read(&file) {
        Ok(text) => text,
        Err(ConfigError::Unreadable { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            String::new()
        }
        Err(fault) => return Err(ConfigErrors::from(fault).into()),
    };
    let after = with(&before, &rule);
    loads(&file, &after)?;
    let name = file.display().to_string();
    shown(&TextDiff::from_lines(&before, &after).unified_diff().header(&name, &name).to_string(), yes)?;
    // The kernel checks the operator before anything is written.
    let answered = reply.give(context, Answer::Approve, Lasts::Once)?;
    write(&file, &after)?;
    let in_force = let_in(context, &file)?;
    match context.format {
        Format::Json => {
            output::json(&json!({ "request": answered, "file": name, "rule": rule, "in_force": in_force }))?
        }
        Format::Text => output::text(&format!("{} is approved; the rule stands in {name}", reply.id))?,
    }
    Ok(Exit::Yes)
}

fn beside_the_configuration(context: &Context) -> Result<PathBuf, Stop> {
    let config = context.paths()?.config.path().to_owned();
    Ok(config.parent().unwrap_or(Path::new(".")).join("policy/approved.yaml"))
}

/// The file with one more rule at its end.
fn with(before: &str, rule: &str) -> String {
    let before = before.trim_end();
    if before.is_empty() || before == "rules: []" {
        return format!("title: Approved by an operator\nrules:\n{rule}");
    }
    format!("{before}\n{rule}")
}

fn loads(file: &Path, text: &str) -> Result<(), Stop> {
    let name = file.display().to_string();
    PolicySet::load(&[Source { name: &name, text }], &PolicyConfig::standard()).map(drop).map_err(|errors| {
        let why = errors.first().map_or_else(String::new, ToString::to_string);
        let message = format!("the rule cannot be added to the end of {name}: {why}");
        Problem::new(ProblemKind::User, "approval", message).hint("name another file with --file").into()
    })
}

/// As a whole or not at all: the kernel may be reading it.
fn write(file: &Path, text: &str) -> Result<(), Stop> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let new = file.with_extension("yaml.new");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&new, text))
        .and_then(|()| std::fs::rename(&new, file))
        .map_err(|error| io(file, "cannot be written", &error).into())
}

/// Whether the configuration reads the file; the policy with it is then let in by the operator.
fn let_in(context: &Context, file: &Path) -> Result<bool, Stop> {
    let sources = Sources::of(context, &[])?;
    if !sources.names(file) {
        let name = file.display().to_string();
        output::note(&format!(
            "note: the configuration does not read {name}; add policy: {{ files: [{name:?}] }}"
        ));
        return Ok(false);
    }
    let digest = sources.load(context)?.digest().to_string();
    context.control(async |mut connection| {
        operator::ask(&mut connection, context, Verb::PolicyLoad { digest }, |_| ()).await
    })?;
    Ok(true)
}
