//! Operator verbs: asks the kernel for one, with the operator credential where the kernel wants it.
//!
//! Must never ask a person for the passphrase before the kernel has said that it is needed.

use std::io::IsTerminal as _;
use std::path::Path;

use ringfence_model::control::{Credential, Verb};
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::Value;

use super::Context;
use crate::control::Connection;
use crate::output;
use crate::problem::{self, Stop};

/// The code of a problem that the operator credential would solve.
pub(super) const CREDENTIAL: &str = "operator-credential";

/// Asks for `verb`: with `RINGFENCE_OPERATOR_TOKEN`, else with nothing and then with a passphrase from the terminal.
/// `seen` gets each item of the answer. Says so on stderr where no credential guards the verb.
///
/// # Errors
/// As [`Connection::ask`], and when the terminal cannot be asked.
pub(super) async fn ask(
    connection: &mut Connection,
    context: &Context,
    verb: Verb,
    mut seen: impl FnMut(Value),
) -> Result<(), Stop> {
    let token = context.credential();
    let may_ask = token.is_none() && std::io::stdin().is_terminal();
    let mut attested = None;
    let mut item = |answer: Value| {
        attested = answer.get("attested").and_then(Value::as_bool);
        seen(answer);
        Ok(())
    };
    match connection.ask(verb.clone(), token, &mut item).await {
        Err(Stop::Problem(problem)) if may_ask && is_wanting(&problem) => {
            let passphrase = Credential::Passphrase(passphrase("Operator passphrase: ")?);
            connection.ask(verb, Some(passphrase), &mut item).await?;
        }
        asked => asked?,
    }
    if attested == Some(false) {
        output::note(
            "note: no operator credential is set, so any program of this user can do this; `ringfence init` sets one",
        );
    }
    Ok(())
}

/// A secret typed on the terminal, unseen.
///
/// # Errors
/// When there is no terminal.
pub(super) fn passphrase(prompt: &str) -> Result<String, Problem> {
    rpassword::prompt_password(prompt)
        .map_err(|error| problem::io(Path::new("/dev/tty"), "cannot be asked", &error))
}

fn is_wanting(problem: &Problem) -> bool {
    problem.kind == ProblemKind::Denied && problem.code == CREDENTIAL
}
