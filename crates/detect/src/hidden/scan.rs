//! All looks for hidden content, over one text. Must never cost more than one pass where there is none.

use std::borrow::Cow;
use std::ops::Range;

use ringfence_model::finding::{Category, Finding, Severity, Span};

use super::{carrier, homoglyph, invisible, link, markup};
use crate::signs::Signs;

/// Most findings of one kind in a text: a flood of one kind must not cover another.
const MOST_OF_A_KIND: usize = 16;
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

/// What was found so far.
#[derive(Debug)]
pub(super) struct Sightings {
    seen: Vec<Seen>,
    /// How many of each kind were met, reported or not.
    met: Vec<(&'static str, usize)>,
}

impl Sightings {
    /// Adds `one` unless there are enough of its kind.
    pub(super) fn add(&mut self, one: Seen) {
        let known = self.met.iter_mut().find(|(id, _)| *id == one.id);
        match known {
            Some((_, met)) => *met += 1,
            None => self.met.push((one.id, 1)),
        }
        if !self.is_full(one.id) {
            self.seen.push(one);
        }
    }

    /// True when no more of a kind is reported.
    pub(super) fn is_full(&self, id: &str) -> bool {
        self.met.iter().any(|(known, met)| *known == id && *met > MOST_OF_A_KIND)
    }
}

/// Hidden content of `text`, by place; at most 16 findings of a kind, and a last one `truncated` where there is more.
#[must_use]
pub fn scan(text: &str) -> Vec<Hidden> {
    scan_signed(text, &Signs::of(text))
}

/// The same, for a text whose signs are known.
pub(crate) fn scan_signed(text: &str, signs: &Signs) -> Vec<Hidden> {
    let mut sightings = Sightings { seen: Vec::new(), met: Vec::new() };
    if !signs.ascii {
        invisible::look(text, &mut sightings);
        homoglyph::look(text, &mut sightings);
    }
    if signs.markup || !signs.ascii {
        markup::look(text, &mut sightings);
    }
    carrier::look(text, signs, &mut sightings);
    if signs.link || signs.markup {
        link::look(text, &mut sightings);
    }
    let more = sightings.met.iter().any(|(id, _)| sightings.is_full(id));
    let mut seen = sightings.seen;
    seen.sort_by_key(|one| (one.at.start, one.at.end));
    let mut hidden: Vec<Hidden> = seen.into_iter().map(|one| one.hidden(text)).collect();
    if more {
        hidden.push(truncated(text));
    }
    hidden
}

/// False where nothing can hide in a string of `json`, whose raw text has these `signs` and no letter written as an escape.
pub(crate) fn may_hold(json: &str, signs: &Signs) -> bool {
    !signs.ascii || signs.markup || signs.link || carrier::may_stand_in(json, signs)
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
