//! What a find without a provider is called, and what is said of a text that was not read to its end. Must never quote the
//! text.

use std::borrow::Cow;

use ringfence_model::finding::{Category, Finding, Severity, Span};

use super::name::Promise;

pub(super) const fn generic_id(promise: Promise) -> &'static str {
    match promise {
        Promise::Password => "generic_password",
        Promise::Token => "generic_token",
        Promise::Key => "generic_key",
    }
}

pub(super) const fn generic_name(promise: Promise) -> &'static str {
    match promise {
        Promise::Password => "password",
        Promise::Token => "token, secret or API key",
        Promise::Key => "key",
    }
}

pub(super) fn generic_ids() -> [&'static str; 3] {
    [Promise::Password, Promise::Token, Promise::Key].map(generic_id)
}

/// The text made us look too often: what lies behind was not inspected.
pub(super) fn truncated(text: &str) -> Finding {
    Finding {
        id: Cow::Borrowed("truncated"),
        category: Category::Uninspected,
        severity: Severity::Medium,
        confidence: 100,
        span: Span::of(text, 0, text.len()),
        message: "Too much looks like a credential: the text was not inspected to its end".to_owned(),
        alternative: None,
        reference: None,
    }
}
