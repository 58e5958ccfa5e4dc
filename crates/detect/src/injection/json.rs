//! Orders to the model and hidden content in JSON messages, string by string with escapes decoded. Must never judge a
//! string by its raw form, nor run the model over a message in which the prefilter saw nothing.

use std::collections::BTreeMap;
use std::ops::Range;

use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::json::{Json, JsonText, Splice};

use super::context::Context;
use super::scan::{InjectionScanner, TINY};
use super::window::has_foreign;
use crate::hidden;
use crate::profile::{Engine, Profile};
use crate::secret::{Escapes, InJson};
use crate::signs::Signs;

/// No order is shorter than this, and no hidden sentence.
const SHORTEST: usize = 12;
/// Invisible content: what a reader cannot miss when it is gone.
const INVISIBLE: [&str; 5] =
    ["unicode_tags", "variation_selectors", "bidi_override", "zero_width", "ansi_escape"];
/// What stands where hidden content was.
const REMOVED: &str = "[hidden text removed]";

/// What the raw text of a JSON message says of its strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raw {
    /// No string has an anchor, and none is written so that signs could hide.
    Calm,
    /// There is an anchor, or letters are written as escapes: each string is asked for itself.
    Telling,
}

impl Raw {
    pub(crate) fn of(escapes: Escapes, anchored: bool) -> Self {
        if anchored || escapes == Escapes::Any { Self::Telling } else { Self::Calm }
    }
}

impl InjectionScanner {
    /// What the profile's engines for orders and for hidden content see in the strings of `json`, keys included.
    /// `signs` are those of its raw text.
    pub(crate) fn look_in_json(
        &self,
        json: &JsonText,
        profile: Profile,
        signs: &Signs,
        raw: Raw,
    ) -> Vec<InJson> {
        let mut found = Vec::new();
        self.each_suspect(json, profile, signs, raw, &mut |at, _, findings| {
            found.extend(findings.into_iter().map(|finding| InJson { finding, at: at.clone() }));
        });
        found
    }

    /// `json` without its invisible content, and without what else is hidden and holds an attack: a placeholder stands in
    /// its place. Everything else stays byte for byte.
    #[must_use]
    pub fn without_hidden(&self, json: &JsonText, context: Context) -> JsonText {
        let mut splice = Splice::new(json);
        let raw = json.as_str();
        // A letter written as an escape hides from a look at the raw text; then each string is asked for itself.
        let shown = Raw::of(Escapes::of(raw), !self.anchors(raw).is_empty());
        self.each_suspect(
            json,
            Profile::new(context, &[Engine::Injection, Engine::Hidden]),
            &Signs::of(raw),
            shown,
            &mut |_, string, findings| {
                let Some(text) = string.as_str() else { return };
                if let Some(clean) = cut(&text, &findings) {
                    splice.replace(string, &JsonText::string(&clean));
                }
            },
        );
        splice.finish()
    }

    /// The same for a text.
    #[must_use]
    pub fn text_without_hidden(&self, text: &str, context: Context) -> String {
        cut(text, &self.scan_text(text, context)).unwrap_or_else(|| text.to_owned())
    }

    /// Calls `visit` with each string in which something was found: its place, itself and the findings.
    fn each_suspect<'j>(
        &self,
        json: &'j JsonText,
        profile: Profile,
        signs: &Signs,
        raw: Raw,
        visit: &mut impl FnMut(Range<usize>, Json<'j>, Vec<Finding>),
    ) {
        if !profile.has(Engine::Injection) && !profile.has(Engine::Hidden) {
            return;
        }
        let calm = raw == Raw::Calm && !hidden::may_hold(json.as_str(), signs);
        let mut left = TINY;
        json.value().strings(&mut |string| {
            // An escape makes two bytes of one, and the quotes are two.
            let beyond_tiny = string.raw().len() > 2 * left + 2;
            if string.raw().len() < SHORTEST || (calm && beyond_tiny) {
                return;
            }
            let Some(text) = string.as_str() else { return };
            // A message of a few words is looked at whole, as a text of a few words is.
            let tiny = text.len() <= left && is_prose(&text);
            if tiny {
                left -= text.len();
            }
            let signs = Signs::of(&text);
            let anchors = if raw == Raw::Calm { Vec::new() } else { self.anchors(&text) };
            let foreign = || !signs.ascii && has_foreign(&text);
            let hides = || !hidden::scan_signed(&text, &signs).is_empty();
            if tiny || !anchors.is_empty() || foreign() || hides() {
                let findings = self.look(&text, profile, &signs, &anchors);
                if !findings.is_empty() {
                    visit(crate::secret::place(json, string), string, findings);
                }
            }
        });
    }
}

/// True for findings of content that is taken out of a text: invisible, or hidden and an attack.
#[must_use]
pub fn is_removed(finding: &Finding, others: &[Finding]) -> bool {
    let attack = || {
        others.iter().any(|other| {
            other.category == Category::Injection
                && other.severity >= Severity::High
                && other.span.start >= finding.span.start
                && other.span.end <= finding.span.end
        })
    };
    finding.category == Category::Hidden
        && (finding.severity >= Severity::High && INVISIBLE.contains(&&*finding.id)
            || finding.span.start < finding.span.end && attack())
}

/// The text without what is to be removed; none where nothing is.
fn cut(text: &str, findings: &[Finding]) -> Option<String> {
    let mut ranges: BTreeMap<usize, usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| is_removed(finding, findings)) {
        let end = ranges.entry(finding.span.start).or_default();
        *end = (*end).max(finding.span.end);
    }
    if ranges.is_empty() {
        return None;
    }
    // There is more than was reported: then everything without a glyph goes.
    if findings.iter().any(|finding| finding.category == Category::Uninspected) {
        return Some(hidden::reveal(text));
    }
    let mut clean = String::with_capacity(text.len());
    let mut kept = 0;
    for (start, end) in ranges {
        if start >= kept {
            clean.push_str(text.get(kept..start)?);
            clean.push_str(REMOVED);
        }
        kept = kept.max(end);
    }
    clean.push_str(text.get(kept..)?);
    Some(clean)
}

/// Three words or more.
fn is_prose(text: &str) -> bool {
    text.split_ascii_whitespace().nth(2).is_some()
}
