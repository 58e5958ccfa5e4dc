//! A URL as it is written: where scheme, user information and host stand, and what parsers read in different ways.
//!
//! Orange Tsai, «A New Era of SSRF» (2017): most bypasses are two parsers that disagree on one URL. Must never decide
//! which host is meant: that is the parser's.

use std::borrow::Cow;
use std::ops::Range;

use super::rule::{self, Rule};

/// The parts of a URL's text. Ranges are bytes of `text`.
#[derive(Debug)]
pub(super) struct Written<'t> {
    text: &'t str,
    /// The text with the scheme that clients would add.
    pub(super) normal: Cow<'t, str>,
    /// Without its colon; empty where there is none.
    pub(super) scheme: Range<usize>,
    /// Slashes of both kinds between scheme and authority.
    slashes: Range<usize>,
    pub(super) userinfo: Option<Range<usize>>,
    /// Without port.
    pub(super) host: Range<usize>,
    /// From the end of the authority to the end of the text.
    pub(super) after: Range<usize>,
}

impl<'t> Written<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let strip = |c: char| c <= ' ';
        let start = text.len() - text.trim_start_matches(strip).len();
        let end = text.trim_end_matches(strip).len().max(start);
        let body = text.get(start..end).unwrap_or_default();
        let scheme = start..start + scheme_length(body);
        let rest = if scheme.is_empty() { start } else { scheme.end + 1 };
        let slashes = rest..rest + prefix(text, rest..end, |c| matches!(c, '/' | '\\' | '\t' | '\n' | '\r'));
        let authority = slashes.end
            ..slashes.end + prefix(text, slashes.end..end, |c| !matches!(c, '/' | '\\' | '?' | '#'));
        let at = text.get(authority.clone()).and_then(|authority| authority.rfind('@'));
        let userinfo = at.map(|at| authority.start..authority.start + at);
        let host_start = userinfo.as_ref().map_or(authority.start, |userinfo| userinfo.end + 1);
        let host_port = text.get(host_start..authority.end).unwrap_or_default();
        let host_length = match host_port.find(']') {
            Some(bracket) => bracket + 1,
            None => host_port.find(':').unwrap_or(host_port.len()),
        };
        let normal = if scheme.is_empty() {
            Cow::Owned(format!("http://{}", text.get(slashes.end..end).unwrap_or_default()))
        } else {
            Cow::Borrowed(text)
        };
        Self {
            text,
            normal,
            scheme,
            slashes,
            userinfo,
            host: host_start..host_start + host_length,
            after: authority.end..end,
        }
    }

    /// The host as it is written.
    pub(super) fn host_text(&self) -> &'t str {
        self.text.get(self.host.clone()).unwrap_or_default()
    }

    /// What the scheme alone says, for a text that does not parse.
    pub(super) fn scheme_rule(&self) -> Option<&'static Rule> {
        let scheme = self.text.get(self.scheme.clone()).filter(|scheme| !scheme.is_empty())?;
        rule::scheme(&scheme.to_ascii_lowercase())
    }

    /// Where parsers part ways on which host is meant: other than two slashes, a backslash, a line break or tab in what
    /// leads to the host, an escape in the host, an `@` behind the authority that some take for its end.
    pub(super) fn ambiguity(&self) -> Option<Range<usize>> {
        let part = |at: &Range<usize>| self.text.get(at.clone()).unwrap_or_default();
        let with_scheme = !self.scheme.is_empty();
        if with_scheme && part(&self.slashes) != "//" {
            return Some(self.slashes.clone());
        }
        let authority = self.slashes.end..self.after.start;
        if part(&authority).contains(['\t', '\n', '\r']) || self.host_text().contains('%') {
            return Some(authority);
        }
        let after = part(&self.after);
        let backslash = after.starts_with('\\');
        let fragment = after.starts_with('#') || after.starts_with("?@");
        let hidden_host = fragment && after.split('/').next().is_some_and(|first| first.contains('@'));
        (backslash || hidden_host).then(|| self.after.clone())
    }
}

/// Bytes of the scheme of `body`; 0 where none stands there, as in `localhost:8080/a`, which has a port.
fn scheme_length(body: &str) -> usize {
    let length = body
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_'))
        .count();
    let Some(after) = body.get(length..).and_then(|rest| rest.strip_prefix(':')) else { return 0 };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let port_ends =
        after.get(digits..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    let is_port = (1..=5).contains(&digits) && port_ends;
    if is_port || !body.starts_with(|c: char| c.is_ascii_alphabetic()) { 0 } else { length }
}

/// Bytes at the begin of `at` whose characters are `wanted`.
fn prefix(text: &str, at: Range<usize>, wanted: impl Fn(char) -> bool) -> usize {
    let part = text.get(at).unwrap_or_default();
    part.find(|c| !wanted(c)).unwrap_or(part.len())
}
