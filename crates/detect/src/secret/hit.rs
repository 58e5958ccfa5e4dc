//! A value found, before it is a finding. Must never hold the value, only its place.

use std::ops::Range;

use super::encoded::Coding;
use super::name::Promise;
use crate::pii;

/// What found a value. Where several find the same, the first in this order names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Own(usize),
    Rule(usize),
    Pii(pii::Kind),
    Generic(Promise),
}

/// A value found: where, by what, how sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) at: Range<usize>,
    pub(super) source: Source,
    pub(super) confidence: u8,
    pub(super) coding: Option<Coding>,
}

impl Hit {
    /// The same hit in the text without its first `bytes`.
    pub(super) fn moved_back(self, bytes: usize) -> Self {
        Self { at: self.at.start - bytes..self.at.end - bytes, ..self }
    }
}

/// Sorts hits, drops those inside others, joins those that overlap so that nothing of either is left.
pub(super) fn merge(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.at.start, std::cmp::Reverse(hit.at.end), hit.source));
    let mut merged: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match merged.last_mut() {
            Some(last) if hit.at.start < last.at.end => last.at.end = last.at.end.max(hit.at.end),
            Some(_) | None => merged.push(hit),
        }
    }
    merged
}

/// `text` with each hit overwritten, its length kept, so that it looks as redaction will leave it.
pub(super) fn masked(text: &str, hits: &[Hit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for hit in merge(hits.to_vec()) {
        out.push_str(text.get(done..hit.at.start).unwrap_or_default());
        out.push('[');
        out.extend(std::iter::repeat_n('.', hit.at.len().saturating_sub(2)));
        out.push(']');
        done = hit.at.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
