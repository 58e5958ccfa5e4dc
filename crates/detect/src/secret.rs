//! Secrets: credentials of known providers, private keys, passwords and tokens by the names they are given.
//!
//! One pass of a sieve over all rules' literals; a pattern runs only at a hit, over a bounded window;
//! a check (checksum, structure, entropy, likeness to words, placeholder) has the last word. Personal data is found in
//! the same go. Must never put a found value in a message.

mod assign;
mod check;
mod encoded;
mod error;
mod generic;
mod hit;
mod json;
#[rustfmt::skip]
mod letters;
mod likeness;
mod locate;
mod look;
mod name;
mod own;
mod redact;
mod report;
mod rule;
#[rustfmt::skip]
mod rules;
mod scan;

pub use check::is_placeholder;
pub use error::RuleError;
pub use json::InJson;
pub(crate) use json::place;
pub(crate) use look::{Escapes, Look};
pub use own::{OwnRule, Pattern, Settings};
pub use redact::{redact_json, redact_text};
pub use scan::{SecretScanner, Sought};

#[cfg(test)]
mod tests;
