//! The scanner: a prefilter over all of a text, rules and model on the parts that it chose. Must never look at a part
//! twice, nor leave one out without saying so.

use std::ops::Range;

use ringfence_model::finding::{Finding, Severity, Span};

use super::concept::Concept;
use super::context::Context;
use super::fold::Folded;
use super::lexicon::{Hit, Lexicon, LexiconError};
use super::model::{Model, WeightsError};
use super::report::{INSTRUCTION_IN_DATA, PROMPT_INJECTION, by_model, by_rule, instruction, truncated};
use super::rule::{RULES, Rule};
use super::window::{Prefilter, chunks, parts};
use crate::hidden::{self, Hidden};
use crate::literals::LiteralError;
use crate::profile::{Engine, Profile};
use crate::signs::Signs;

/// Most bytes of chosen parts that one text gets looked at: beyond that it says `truncated`.
const MOST_INSPECTED: usize = 1 << 20;
/// Most findings of one rule in a text: a flood of one must not cover another.
const MOST_OF_A_KIND: usize = 16;
/// A text up to here is looked at whole by [`InjectionScanner::score`].
const SHORT: usize = 8 * 1024;
/// A text up to here is looked at whole wherever it stands: that costs no more than the prefilter does on a kilobyte or two.
pub(super) const TINY: usize = 200;

/// The embedded data cannot be read: a fault of ours that the tests rule out.
#[derive(Debug, thiserror::Error)]
pub enum InjectionError {
    /// The lexicon.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    /// The weights.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The anchors.
    #[error("anchors: {0}")]
    Anchors(#[from] LiteralError),
}

/// Finds orders to the model. Built once, shared by all threads.
#[derive(Debug)]
pub struct InjectionScanner {
    prefilter: Prefilter,
    lexicon: Lexicon,
    model: Model,
}

/// What one window says.
struct Judged {
    score: f32,
    hits: Vec<Hit>,
    ruled: Vec<(&'static Rule, Range<usize>)>,
}

impl InjectionScanner {
    /// With the embedded weights.
    ///
    /// # Errors
    /// [`InjectionError`]; the tests of this crate hold that there is none.
    pub fn new() -> Result<Self, InjectionError> {
        Self::with_model(Model::embedded()?)
    }

    /// With other weights, as an evaluation needs them.
    ///
    /// # Errors
    /// [`InjectionError`]; the tests of this crate hold that there is none.
    pub fn with_model(model: Model) -> Result<Self, InjectionError> {
        Ok(Self { prefilter: Prefilter::new()?, lexicon: Lexicon::new()?, model })
    }

    /// Bytes that the lexicon holds; the weights come on top.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.lexicon.memory()
    }

    /// How likely `text` holds an attack, 0 to 1: the worst of its windows. Short texts are looked at whole, long ones
    /// where the prefilter points, and not beyond the first mebibyte of that.
    #[must_use]
    pub fn score(&self, text: &str) -> f32 {
        let hidden = hidden::scan(text);
        let revealed = revealed(text, &hidden);
        let said = hidden.into_iter().map(|hidden| hidden.decoded).chain(revealed);
        said.map(|said| self.score_visible(&said)).fold(self.score_visible(text), f32::max)
    }

    fn score_visible(&self, text: &str) -> f32 {
        let parts =
            if text.len() <= SHORT { whole(text) } else { parts(text, &self.prefilter.anchors(text)) };
        let (parts, _) = bounded(parts);
        let mut worst = 0.0_f32;
        for part in parts {
            let folded = Folded::new(text.get(part).unwrap_or_default());
            for chunk in chunks(folded.as_str()) {
                worst = worst.max(self.judge(chunk.text).score);
            }
        }
        worst
    }

    /// Orders to the model in `text` and hidden content; what is hidden is looked at as well, and what it says is reported
    /// where it hides.
    #[must_use]
    pub fn scan_text(&self, text: &str, context: Context) -> Vec<Finding> {
        let profile = Profile::new(context, &[Engine::Injection, Engine::Hidden]);
        self.look(text, profile, &Signs::of(text), &self.prefilter.anchors(text))
    }

    /// What the profile's engines for orders and for hidden content see in `text`.
    pub(crate) fn look(
        &self,
        text: &str,
        profile: Profile,
        signs: &Signs,
        anchors: &[usize],
    ) -> Vec<Finding> {
        let hidden = hidden::scan_signed(text, signs);
        if !profile.has(Engine::Injection) {
            return hidden.into_iter().map(|hidden| hidden.finding).collect();
        }
        let context = profile.context();
        let mut findings = self.scan_parts(text, self.chosen(text, context, anchors), context);
        let revealed = revealed(text, &hidden);
        for hidden in hidden {
            findings.extend(self.said(&hidden, &findings, context));
            if profile.has(Engine::Hidden) {
                findings.push(hidden.finding);
            }
        }
        if let Some(revealed) = revealed {
            let known: Vec<_> = findings.iter().map(|finding| finding.id.clone()).collect();
            let span = Span::of(text, 0, text.len());
            let said =
                self.scan_visible(&revealed, context).into_iter().filter(|found| !known.contains(&found.id));
            findings.extend(said.map(|found| Finding { span, ..found }));
        }
        findings
    }

    /// The worst that hidden content says, where it hides, unless it is known from there.
    fn said(&self, hidden: &Hidden, known: &[Finding], context: Context) -> Option<Finding> {
        let said = self.scan_visible(&hidden.decoded, context);
        // A comment or a style is plain text to the scanner: what it says has been reported.
        let worst = said
            .into_iter()
            .filter(|finding| finding.severity > Severity::Low)
            .max_by_key(|finding| finding.severity)?;
        let span = hidden.finding.span;
        let is_known = known.iter().any(|known| {
            known.id == worst.id && known.span.start >= span.start && known.span.end <= span.end
        });
        (!is_known).then_some(Finding { span, severity: Severity::High, ..worst })
    }

    /// Where the anchors of `text` begin.
    pub(super) fn anchors(&self, text: &str) -> Vec<usize> {
        self.prefilter.anchors(text)
    }

    /// Orders to the model in `text` as it stands, by place.
    fn scan_visible(&self, text: &str, context: Context) -> Vec<Finding> {
        self.scan_parts(text, self.chosen(text, context, &self.prefilter.anchors(text)), context)
    }

    /// The parts of `text` that are looked at.
    fn chosen(&self, text: &str, context: Context, anchors: &[usize]) -> Vec<Range<usize>> {
        if text.len() <= TINY || context.is_inspected_whole(text.len()) {
            whole(text)
        } else {
            parts(text, anchors)
        }
    }

    fn scan_parts(&self, text: &str, parts: Vec<Range<usize>>, context: Context) -> Vec<Finding> {
        let (parts, cut) = bounded(parts);
        let mut findings = Vec::new();
        for part in parts {
            self.scan_part(text, part, context, &mut findings);
        }
        if let Some(rest) = cut {
            findings.push(truncated(text, rest));
        }
        findings
    }

    /// Adds what stands in `part` of `text`.
    fn scan_part(&self, text: &str, part: Range<usize>, context: Context, findings: &mut Vec<Finding>) {
        let folded = Folded::new(text.get(part.clone()).unwrap_or_default());
        for chunk in chunks(folded.as_str()) {
            let judged = self.judge(chunk.text);
            let place = |range: Range<usize>| {
                let start = part.start + folded.origin(chunk.start + range.start);
                let end = part.start + folded.origin(chunk.start + range.end);
                Span::of(text, start, end.max(start))
            };
            let has_room = |findings: &[Finding], id: &str| {
                findings.iter().filter(|known| known.id == id).count() < MOST_OF_A_KIND
            };
            let mut known = false;
            for (rule, range) in &judged.ruled {
                known |= rule.severity(context) >= Severity::Medium;
                if has_room(findings, rule.id) {
                    let finding = by_rule(rule, context, place(range.clone()));
                    // Windows overlap: what stands in both is one finding.
                    if !findings.iter().any(|known| known.id == finding.id && known.span == finding.span) {
                        findings.push(finding);
                    }
                }
            }
            if known {
                continue;
            }
            if judged.score >= context.threshold() {
                if has_room(findings, PROMPT_INJECTION) {
                    findings.push(by_model(judged.score, place(0..chunk.text.len())));
                }
            } else if context.notes_orders()
                && has_room(findings, INSTRUCTION_IN_DATA)
                && let Some(order) = order(chunk.text, &judged.hits)
            {
                findings.push(instruction(place(order)));
            }
        }
    }

    /// Rules and model on one window of folded text.
    fn judge(&self, window: &str) -> Judged {
        let hits = self.lexicon.hits(window);
        let score = self.model.score(window, &hits);
        let mut ruled: Vec<_> = RULES.iter().filter_map(|rule| Some((rule, rule.find(&hits)?))).collect();
        // The plain form says all that the wider one would.
        if ruled.iter().any(|(rule, _)| rule.id == "override_instructions") {
            ruled.retain(|(rule, _)| rule.id != "override_and_reveal");
        }
        // A rule knows what it saw where the model may not know the language.
        let score =
            ruled.iter().fold(score, |score, (rule, _)| score.max(f32::from(rule.confidence) / 100.0));
        Judged { score, hits, ruled }
    }
}

/// The text as a reader takes it, where something in it hides between the letters or looks like others.
fn revealed(text: &str, hidden: &[Hidden]) -> Option<String> {
    let between = |one: &Hidden| {
        matches!(&*one.finding.id, "zero_width" | "homoglyph" | "bidi_override" | "variation_selectors")
    };
    hidden.iter().any(between).then(|| hidden::reveal(text))
}

/// The one part that is all of `text`.
fn whole(text: &str) -> Vec<Range<usize>> {
    std::iter::once(0..text.len()).collect()
}

/// The parts within the bound, and where it ended them.
fn bounded(parts: Vec<Range<usize>>) -> (Vec<Range<usize>>, Option<usize>) {
    let mut left = MOST_INSPECTED;
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        if part.len() > left {
            return (kept, Some(part.start));
        }
        left -= part.len();
        kept.push(part);
    }
    (kept, None)
}

/// A sentence that begins with an order: `please` or what an agent does, in any language of the lexicon.
fn order(window: &str, hits: &[Hit]) -> Option<Range<usize>> {
    let begins = |hit: &&Hit| {
        let before =
            window.get(..hit.start).unwrap_or_default().trim_end_matches([' ', '"', '\'', '*', '-', '>']);
        before.is_empty() || before.ends_with(['.', '!', '?', '\n', ':', '。', '！', '？', '।'])
    };
    let starts = |hit: &&Hit| {
        matches!(
            hit.concept,
            Concept::Request | Concept::Act | Concept::Reveal | Concept::Alter | Concept::Override
        ) && begins(hit)
    };
    let first = hits.iter().find(starts)?;
    let second = hits.iter().find(|hit| {
        hit.start >= first.end
            && hit.position <= first.position + 48
            && matches!(
                hit.concept,
                Concept::Act
                    | Concept::Reveal
                    | Concept::Alter
                    | Concept::Answer
                    | Concept::You
                    | Concept::Tool
            )
    })?;
    Some(first.start..second.end)
}
