//! What an answer of a person is about, as a digest: an answer counts for exactly that.
//!
//! Must never be the same for two calls that differ in who, what, where or with which arguments.

use ringfence_model::call::Action;
use ringfence_model::json::JsonText;
use ringfence_model::principal::Principal;

use crate::call::{Request, Target};

/// What a confirmation by the caller's user is about: who calls what, where, with which arguments.
pub(crate) fn subject(request: &Request) -> String {
    digest(&parts(&request.call.principal, &request.call.action, &request.target))
}

/// What an approval by somebody else is about: the same, as judged by this policy, of this definition.
pub(crate) fn approval(request: &Request, definition: Option<&str>, policy: &str) -> String {
    let mut parts = parts(&request.call.principal, &request.call.action, &request.target);
    parts.extend([definition.unwrap_or_default().to_owned(), policy.to_owned()]);
    digest(&parts)
}

fn parts(principal: &Principal, action: &Action, target: &Target) -> Vec<String> {
    let server = action.server().map_or("", |server| server.as_str());
    let identity = match target {
        Target::Upstream(upstream) => upstream.identity(),
        Target::Builtin(_) | Target::Every(_) | Target::Kernel | Target::Client | Target::Nothing => "",
    };
    // A model that repeats a call may order the members otherwise.
    let arguments = action.arguments().map(|arguments: &JsonText| arguments.value().canonical());
    vec![
        principal.to_string(),
        action.kind().as_str().to_owned(),
        server.to_owned(),
        identity.to_owned(),
        action.target().to_owned(),
        arguments.unwrap_or_default(),
    ]
}

/// The length in front of each part keeps ("a", "bc") and ("ab", "c") apart.
fn digest(parts: &[String]) -> String {
    let joined: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    crate::digest::hex(joined.as_bytes())
}
