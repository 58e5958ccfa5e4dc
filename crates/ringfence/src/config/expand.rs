//! Replaces `${NAME}` by the environment, in the values where a secret may stand: a server's `env`, `headers`, `url`.
//!
//! Must never put an expanded value into an error.

use super::env::Environment;

/// Why a value cannot be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unexpanded {
    /// The variable is not set, or is not UTF-8.
    Missing(String),
    /// Not one of the forms; holds it where it looks like a reference.
    Form(String),
}

/// `text` with each `${NAME}`, `${NAME:-default}` and `${env:NAME}` replaced; `$${` stands for `${`.
pub(crate) fn expand(text: &str, env: &Environment) -> Result<String, Unexpanded> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(literal) = before.strip_suffix('$') {
            expanded.push_str(literal);
            expanded.push_str("${");
            rest = after;
            continue;
        }
        expanded.push_str(before);
        let (reference, after) = after.split_once('}').ok_or_else(|| Unexpanded::Form("${".into()))?;
        expanded.push_str(&resolve(reference, env)?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn resolve(reference: &str, env: &Environment) -> Result<String, Unexpanded> {
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference.strip_prefix("env:").unwrap_or(reference), None),
    };
    if !is_name(name) {
        return Err(Unexpanded::Form(shown(reference)));
    }
    match (env.get(name).and_then(|value| value.to_str()), default) {
        (Some(value), _) => Ok(value.to_owned()),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(Unexpanded::Missing(name.to_owned())),
    }
}

/// A reference that looks like one; anything else could be part of a secret.
fn shown(reference: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b' ');
    if reference.bytes().all(plain) { format!("${{{reference}}}") } else { "${…}".into() }
}

/// A name as POSIX.1-2017 section 8.1 wants it for portable use.
fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests;
