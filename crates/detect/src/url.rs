//! URLs: whether one may be fetched on the word of data, and those that stand in a text.
//!
//! Parsed as the URL Standard says (WHATWG), then judged by what the host is: addresses in every notation by
//! [`ringfence_model::address`], names by what they are known to lead to. A URL that other parsers read otherwise is
//! blocked. Names are not resolved here: must never be taken for the guard of a connection.

mod arguments;
mod authority;
mod confusable;
mod host;
mod origin;
mod parameter;
mod rule;
mod text;

use std::ops::Range;

use ringfence_model::finding::{Finding, Severity};
use url::Url;

pub use arguments::InProse;
pub(crate) use arguments::scan_arguments;
use authority::Written;
pub use origin::Origin;
use rule::Rule;
pub use text::scan_text;
use text::scan_text_of;

/// Most bytes of a URL: what is longer is blocked unread.
pub const LONGEST: usize = 64 * 1024;

/// Whether a URL may be fetched on the word of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nothing speaks against its text. Its name still has to resolve to public addresses.
    Safe,
    /// It must not be fetched.
    Block,
}

/// What was found in a URL, the worst first.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The whole in one word: [`Verdict::Block`] with any finding of severity medium or more.
    pub verdict: Verdict,
    /// By severity, then by place.
    pub findings: Vec<Finding>,
}

/// Judges `text`, which as a whole is a URL. Without a scheme it is read as clients do, as if it began with `http://`.
///
/// # Examples
/// `http://0251.0376.0251.0376/` is a metadata service in octal and blocked; `https://example.com/a` is safe.
#[must_use]
pub fn check_url(text: &str) -> Report {
    check_url_of(text, &[])
}

/// The same, but a URL of one of the `exempt` origins may be fetched.
pub(crate) fn check_url_of(text: &str, exempt: &[Origin]) -> Report {
    let mut findings: Vec<Finding> =
        judge_of(text, exempt).into_iter().map(|(rule, at)| rule.finding(text, at)).collect();
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.span.start));
    let blocks = findings.iter().any(|finding| finding.severity >= Severity::Medium);
    Report { verdict: if blocks { Verdict::Block } else { Verdict::Safe }, findings }
}

/// The same, of which only what a parameter leads on to speaks against a URL of an `exempt` origin.
fn judge_of(text: &str, exempt: &[Origin]) -> Vec<(&'static Rule, Range<usize>)> {
    let mut found = judge(text);
    if !found.is_empty() && exempt.iter().any(|origin| origin.covers(text)) {
        found.retain(|(rule, _)| rule.id == rule::NESTED_METADATA.id);
    }
    found
}

/// The rules that a URL breaks, and where in its text.
fn judge(text: &str) -> Vec<(&'static Rule, Range<usize>)> {
    let whole = 0..text.len();
    if text.len() > LONGEST {
        return vec![(&rule::TRUNCATED, whole)];
    }
    let written = Written::of(text);
    let url = match Url::parse(&written.normal) {
        Ok(url) => url,
        // What is no URL at all to us may be one to somebody else.
        Err(_) => return vec![(written.scheme_rule().unwrap_or(&rule::UNPARSED), whole)],
    };
    let mut found = Vec::new();
    match rule::scheme(url.scheme()) {
        Some(rule) => found.push((rule, written.scheme.clone())),
        None => found.extend(written.ambiguity().map(|at| (&rule::AMBIGUOUS, at))),
    }
    if !url.username().is_empty() || url.password().is_some() {
        found.push((&rule::USERINFO, written.userinfo.clone().unwrap_or(whole)));
    }
    let host = written.host.clone();
    found.extend(host::judge(&url).map(|rule| (rule, host.clone())));
    found.extend(confusable::judge(&url, written.host_text()).map(|rule| (rule, host)));
    found.extend(parameter::judge(&url).map(|rule| (rule, written.after.clone())));
    found
}

#[cfg(test)]
mod tests;
