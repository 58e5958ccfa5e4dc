//! The URLs in a text. One pass from `://` to `://`; must never look at a byte for more than two of them.

use std::ops::Range;

use ringfence_model::finding::Finding;

use super::{Origin, judge_of, rule};

/// Most bytes of a text that are looked through.
const LONGEST_TEXT: usize = 1 << 20;
/// Most bytes of one URL in a text.
const LONGEST: usize = 8 * 1024;
/// Longest scheme.
const LONGEST_SCHEME: usize = 32;
/// Most findings of one text.
const MOST: usize = 200;

/// What speaks against fetching the URLs that stand in `text`, in order. Schemes that open nothing by themselves, such
/// as `mailto:` or those of applications, are passed over; what is only a hint is left out.
#[must_use]
pub fn scan_text(text: &str) -> Vec<Finding> {
    scan_text_of(text, &[])
}

/// The same, but for URLs of the `exempt` origins.
pub(super) fn scan_text_of(text: &str, exempt: &[Origin]) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let looked = bytes.get(..LONGEST_TEXT).unwrap_or(bytes);
    let mut findings = Vec::new();
    let mut past = 0;
    for separator in memchr::memmem::find_iter(looked, b"://") {
        if separator < past {
            continue;
        }
        let Some(at) = around(text, separator, past) else { continue };
        past = at.end;
        let Some(url) = text.get(at.clone()) else { continue };
        let found = judge_of(url, exempt);
        // The URL of an application opens that: only what would lead to credentials is told.
        let is_foreign = found.iter().any(|(rule, _)| rule.id == rule::OTHER_SCHEME.id);
        for (rule, part) in found {
            if is_foreign && rule.id != rule::METADATA.id || is_hint(rule) {
                continue;
            }
            if findings.len() >= MOST {
                findings.push(rule::TRUNCATED.finding(text, 0..text.len()));
                return findings;
            }
            findings.push(rule.finding(text, at.start + part.start..at.start + part.end));
        }
    }
    if looked.len() < bytes.len() {
        findings.push(rule::TRUNCATED.finding(text, 0..text.len()));
    }
    findings
}

/// What is no event in prose: a broken URL, and one that only may lead on.
fn is_hint(rule: &rule::Rule) -> bool {
    rule.id == rule::UNPARSED.id || rule.id == rule::REDIRECT.id
}

/// The URL around the `://` at `separator`: none where no scheme stands before it.
fn around(text: &str, separator: usize, past: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let lowest = separator.saturating_sub(LONGEST_SCHEME).max(past);
    let before = bytes.get(lowest..separator)?;
    let scheme = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b':'))
        .count();
    let mut start = separator - scheme;
    while start < separator && !bytes.get(start).is_some_and(u8::is_ascii_alphabetic) {
        start += 1;
    }
    if start == separator {
        return None;
    }
    let rest = text.get(separator + 3..)?;
    let length =
        rest.char_indices().find(|(at, c)| *at >= LONGEST || ends(*c)).map_or(rest.len(), |(at, _)| at);
    let url = trim(rest.get(..length)?);
    (!url.is_empty()).then(|| start..separator + 3 + url.len())
}

fn ends(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\'' | '<' | '>' | '`' | '|' | '^' | '{' | '}' | '“' | '”' | '»' | '。' | '，')
}

/// Without the punctuation of the sentence around it; a bracket stays where one was opened inside.
fn trim(url: &str) -> &str {
    let (opens_round, opens_square) = (url.contains('('), url.contains('['));
    url.trim_end_matches(|c| match c {
        '.' | ',' | ';' | ':' | '!' | '?' | '*' | '_' | '\\' => true,
        ')' => !opens_round,
        ']' => !opens_square,
        _ => false,
    })
}
