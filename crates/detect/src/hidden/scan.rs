//! All looks for hidden content, over one text. Must never cost more than one pass where there is none.

use std::borrow::Cow;
use std::ops::Range;

use ringfence_model::finding::{Category, Finding, Severity, Span};

use super::{carrier, homoglyph, invisible, link, markup};

/// Most findings of one text; the text is not looked at beyond them.
const MOST_FINDINGS: usize = 64;
/// Most bytes of what one finding says.
const MOST_DECODED: usize = 16 * 1024;

/// Something hidden, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Hidden {
    /// What and where.
    pub finding: Finding,
    /// What a model reads there; empty where there is nothing to read.
    pub decoded: String,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) id: &'static str,
    pub(super) what: &'static str,
    pub(super) severity: Severity,
    pub(super) confidence: u8,
    pub(super) at: Range<usize>,
    pub(super) decoded: String,
}

/// Hidden content of `text`, by place; at most 64 findings, the last of them `truncated` where there is more.
#[must_use]
pub fn scan(text: &str) -> Vec<Hidden> {
    let mut seen = Vec::new();
    if !text.is_ascii() {
        invisible::look(text, &mut seen);
        homoglyph::look(text, &mut seen);
    }
    markup::look(text, &mut seen);
    carrier::look(text, &mut seen);
    link::look(text, &mut seen);
    seen.sort_by_key(|one| (one.at.start, one.at.end));
    let more = seen.len() > MOST_FINDINGS;
    let mut hidden: Vec<Hidden> = seen.into_iter().take(MOST_FINDINGS).map(|one| one.hidden(text)).collect();
    if more {
        hidden.push(truncated(text));
    }
    hidden
}

/// `text` as a reader takes it: without characters that have no glyph, and words of mixed scripts as the Latin words that
/// they look like. Other words stay as they are.
#[must_use]
pub fn reveal(text: &str) -> String {
    let visible: String = text.chars().filter(|character| !invisible::is_invisible(*character)).collect();
    let mut revealed = String::with_capacity(visible.len());
    for part in visible.split_inclusive(|character: char| !character.is_alphabetic()) {
        let word = part.trim_end_matches(|character: char| !character.is_alphabetic());
        let rest = part.get(word.len()..).unwrap_or_default();
        if homoglyph::is_mixed(word) {
            revealed.push_str(&homoglyph::skeleton(word))
        } else {
            revealed.push_str(word)
        }
        revealed.push_str(rest);
    }
    revealed
}

/// True while `seen` has room; what a text holds beyond that is reported as `truncated`.
pub(super) const fn has_room(seen: &[Seen]) -> bool {
    seen.len() <= MOST_FINDINGS * 4
}

impl Seen {
    fn hidden(self, text: &str) -> Hidden {
        let mut decoded = self.decoded;
        let mut most = decoded.len().min(MOST_DECODED);
        while !decoded.is_char_boundary(most) {
            most -= 1;
        }
        decoded.truncate(most);
        let finding = Finding {
            id: Cow::Borrowed(self.id),
            category: Category::Hidden,
            severity: self.severity,
            confidence: self.confidence,
            span: Span::of(text, self.at.start, self.at.end),
            message: self.what.to_owned(),
            alternative: Some("Remove what a person cannot see before a model reads it".to_owned()),
            reference: Some(Cow::Borrowed("OWASP LLM01")),
        };
        Hidden { finding, decoded }
    }
}

/// There is more hidden content than gets reported.
fn truncated(text: &str) -> Hidden {
    let finding = Finding {
        id: Cow::Borrowed("truncated"),
        category: Category::Uninspected,
        severity: Severity::Medium,
        confidence: 100,
        span: Span::of(text, 0, text.len()),
        message: "More hidden content than is reported: the text was not inspected to its end".to_owned(),
        alternative: None,
        reference: None,
    };
    Hidden { finding, decoded: String::new() }
}
