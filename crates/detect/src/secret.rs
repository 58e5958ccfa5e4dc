//! Secrets: credentials of known providers, private keys, passwords in URLs.
//!
//! One pass of a sieve over all rules' literals; a pattern runs only at a hit, over a bounded window;
//! a check (checksum, structure, entropy, placeholder) has the last word. Must never put a found value in a message.

mod check;
mod encoded;
mod json;
mod locate;
mod redact;
mod rule;
mod rules;
mod scan;

pub use check::is_placeholder;
pub use json::InJson;
pub use redact::{redact_json, redact_text};
pub use scan::{RuleError, SecretScanner};

#[cfg(test)]
mod tests;
