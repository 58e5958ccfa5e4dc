//! The scanner: one sieve of all literals, patterns only at its hits. Must never run a pattern over more than its
//! window, nor over more windows than the budget of a text allows.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;
use ringfence_model::finding::{Category, Finding, Severity, Span};

use super::check::judge;
use super::encoded;
use super::rule::{Anchor, Check, Matcher, Rule};
use super::rules;
use crate::literals::{LiteralError, Literals};

/// Bytes after a literal that a pattern may see. A JWT is the longest of the values with a pattern.
const WINDOW: usize = 8 * 1024;
/// Bytes that one text may make the patterns look at, per byte of it. Beyond that it is hostile, and says `truncated`.
const BUDGET_PER_BYTE: usize = 64;
/// Most findings of one text.
const MOST_FINDINGS: usize = 1000;

/// The embedded rules cannot be looked for: a fault of ours that the tests rule out.
#[derive(Debug, thiserror::Error)]
#[error("secret rules: {0}")]
pub struct RuleError(#[from] LiteralError);

/// Finds credentials. Built once, shared by all threads.
#[derive(Debug)]
pub struct SecretScanner {
    sieve: Literals,
    /// In the sieve's order.
    literals: Vec<Literal>,
    rules: Vec<Compiled>,
}

/// What a hit of the sieve stands for.
#[derive(Debug)]
struct Literal {
    text: String,
    rule: usize,
    kind: LiteralKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LiteralKind {
    /// As the rule's anchor says.
    Plain,
    /// The literal as it looks inside base64.
    Encoded,
}

#[derive(Debug)]
struct Compiled {
    rule: &'static Rule,
    /// Compiled at the first hit of a literal: a hundred patterns take 30 ms and 8 MB, and few are ever needed.
    /// `None` inside: does not compile, which the tests rule out.
    regex: OnceLock<Option<Regex>>,
}

/// A value found: where, by which rule, how sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) at: Range<usize>,
    rule: usize,
    confidence: u8,
    encoded: bool,
}

impl Hit {
    /// The same hit in the text without its first `bytes`.
    pub(super) fn moved_back(self, bytes: usize) -> Self {
        Self { at: self.at.start - bytes..self.at.end - bytes, ..self }
    }
}

/// What one text still may cost.
struct Budget(usize);

impl SecretScanner {
    /// Compiles the embedded rules.
    ///
    /// # Errors
    /// [`RuleError`] when the literals exceed what the sieve holds; the tests of this crate hold that they do not.
    pub fn new() -> Result<Self, RuleError> {
        let mut compiled = Vec::new();
        let mut literals = Vec::new();
        for (index, rule) in rules::all().enumerate() {
            compiled.push(Compiled { rule, regex: OnceLock::new() });
            for literal in rule.literals {
                literals.push(Literal { text: (*literal).to_owned(), rule: index, kind: LiteralKind::Plain });
                if rule.encoded {
                    literals.extend(encoded::looks(literal).map(|text| Literal {
                        text,
                        rule: index,
                        kind: LiteralKind::Encoded,
                    }));
                }
            }
        }
        let sieve = Literals::new(literals.iter().map(|literal| &*literal.text))?;
        Ok(Self { sieve, literals, rules: compiled })
    }

    /// Number of rules.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// The credentials in `text`, in order, without overlap.
    #[must_use]
    pub fn scan_text(&self, text: &str) -> Vec<Finding> {
        let (hits, cut) = self.hits(text);
        let mut findings: Vec<Finding> = hits.iter().map(|hit| self.finding(text, hit)).collect();
        if cut {
            findings.push(truncated(text));
        }
        findings
    }

    /// True when some literal occurs: only then can there be a finding.
    pub(super) fn may_hold(&self, text: &str) -> bool {
        self.sieve.find(text.as_bytes()).any(|found| self.is_plausible(text, found.literal, found.start))
    }

    /// True when `key` names a credential to a rule that needs such a name.
    pub(super) fn names_secret(&self, key: &str) -> bool {
        self.sieve.find(key.as_bytes()).any(|found| {
            self.literals
                .get(found.literal)
                .and_then(|literal| self.rules.get(literal.rule))
                .is_some_and(|compiled| compiled.rule.anchor == Anchor::Context)
        })
    }

    /// What is there, merged; and whether the budget ended before the text did.
    ///
    /// A value that touches another has no free boundary. What was found is therefore masked and the text looked at
    /// again, until nothing new appears: then redaction uncovers nothing either.
    pub(super) fn hits(&self, text: &str) -> (Vec<Hit>, bool) {
        let mut budget = Budget(text.len().saturating_mul(BUDGET_PER_BYTE).saturating_add(1 << 20));
        let mut hits = Vec::new();
        let mut cut = self.pass(text, &mut hits, &mut budget);
        let mut seen = 0;
        while hits.len() > seen && !cut {
            seen = hits.len();
            cut = self.pass(&masked(text, &hits), &mut hits, &mut budget);
            hits = merge(hits);
        }
        (hits, cut)
    }

    /// Adds what one look at `text` finds; true when the budget ended first.
    fn pass(&self, text: &str, hits: &mut Vec<Hit>, budget: &mut Budget) -> bool {
        let mut decoded_to = 0;
        for found in self.sieve.find(text.as_bytes()) {
            if !self.is_plausible(text, found.literal, found.start) {
                continue;
            }
            let Some(literal) = self.literals.get(found.literal) else { continue };
            if budget.0 == 0 || hits.len() >= MOST_FINDINGS {
                return true;
            }
            match literal.kind {
                LiteralKind::Plain => hits.extend(self.examine(text, literal.rule, found.start, budget)),
                LiteralKind::Encoded if found.start >= decoded_to => {
                    let run = encoded::run_around(text, found.start);
                    decoded_to = run.end;
                    budget.spend(run.len() * 4);
                    hits.extend(self.examine_encoded(text, run));
                }
                LiteralKind::Encoded => {}
            }
        }
        false
    }

    /// The finding of a hit in `text`.
    pub(super) fn finding(&self, text: &str, hit: &Hit) -> Finding {
        let (id, what, severity) =
            self.rules.get(hit.rule).map_or(("secret", "secret", Severity::Critical), |compiled| {
                (compiled.rule.id, compiled.rule.what, compiled.rule.severity)
            });
        let under = if hit.encoded { " (base64)" } else { "" };
        Finding {
            id: Cow::Borrowed(id),
            category: Category::Secret,
            severity,
            confidence: hit.confidence,
            span: Span::of(text, hit.at.start, hit.at.end),
            message: format!("Credential in clear text: {what}{under}"),
            alternative: Some("Keep it in a secret store or the environment and pass its name".to_owned()),
            reference: Some(Cow::Borrowed("CWE-798")),
        }
    }

    /// Cheap tests of a hit before any pattern runs.
    fn is_plausible(&self, text: &str, literal: usize, start: usize) -> bool {
        let Some(literal) = self.literals.get(literal) else { return false };
        let Some(compiled) = self.rules.get(literal.rule) else { return false };
        let bytes = text.as_bytes();
        let exact = bytes.get(start..start + literal.text.len()) == Some(literal.text.as_bytes());
        let fresh = || {
            start.checked_sub(1).and_then(|at| bytes.get(at)).is_none_or(|byte| !byte.is_ascii_alphanumeric())
        };
        match (literal.kind, compiled.rule.anchor) {
            (LiteralKind::Encoded, _) | (LiteralKind::Plain, Anchor::Within(_)) => exact,
            // A long prefix or a checksum is a mark wherever it stands; a short prefix must begin a word.
            (LiteralKind::Plain, Anchor::Prefix) => {
                exact && (literal.text.len() >= 5 || compiled.rule.check == Check::Crc32Base62 || fresh())
            }
            (LiteralKind::Plain, Anchor::Context) => true,
        }
    }

    /// Runs the rule at the literal at `start`.
    fn examine(&self, text: &str, index: usize, start: usize, budget: &mut Budget) -> Option<Hit> {
        let compiled = self.rules.get(index)?;
        let rule = compiled.rule;
        let at = match rule.matcher {
            Matcher::Code(locate) => {
                let found = locate(text, start);
                budget.spend(found.as_ref().map_or(64, ExactSizeIterator::len));
                found?
            }
            Matcher::Pattern(pattern) => {
                let Some(regex) = compiled.regex.get_or_init(|| compile(rule, pattern).ok()) else {
                    // Fail closed: a rule that cannot look takes its literal for a find.
                    return Some(Hit {
                        at: start..floor(text, start + 4),
                        rule: index,
                        confidence: 1,
                        encoded: false,
                    });
                };
                let (before, after) = match rule.anchor {
                    Anchor::Prefix | Anchor::Context => (0, WINDOW),
                    Anchor::Within(before) => (before + 1, 512),
                };
                let from = floor(text, start.saturating_sub(before));
                let window = text.get(from..floor(text, start + after))?;
                let Some(captures) = regex.captures(window) else {
                    budget.spend(if before == 0 { 64 } else { before });
                    return None;
                };
                let value = captures.get(1).or_else(|| captures.get(0))?;
                budget.spend(value.end());
                from + value.start()..from + value.end()
            }
        };
        let confidence = judge(rule.check, text.get(at.clone())?, rule.confidence)?;
        Some(Hit { at, rule: index, confidence, encoded: false })
    }

    /// Scans what the base64 run decodes to; a finding there is a finding of the whole run.
    fn examine_encoded(&self, text: &str, run: Range<usize>) -> Option<Hit> {
        let decoded = encoded::decode_run(text.get(run.clone())?)?;
        let mut budget = Budget(decoded.len() * BUDGET_PER_BYTE);
        self.sieve.find(decoded.as_bytes()).find_map(|found| {
            let literal = self.literals.get(found.literal)?;
            let wanted = literal.kind == LiteralKind::Plain
                && self.rules.get(literal.rule).is_some_and(|compiled| compiled.rule.encoded)
                && self.is_plausible(&decoded, found.literal, found.start)
                && budget.0 > 0;
            let hit = wanted.then(|| self.examine(&decoded, literal.rule, found.start, &mut budget))??;
            Some(Hit { at: run.clone(), encoded: true, ..hit })
        })
    }
}

impl Budget {
    const fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes);
    }
}

/// Compiles a rule's pattern: ASCII, anchored unless the value may begin before its literal.
pub(super) fn compile(rule: &Rule, pattern: &str) -> Result<Regex, regex::Error> {
    let anchored = match rule.anchor {
        Anchor::Prefix | Anchor::Context => format!("^(?:{pattern})"),
        Anchor::Within(_) => pattern.to_owned(),
    };
    // The classes are spelled in ASCII; only the word boundary needs to be told.
    let ascii = anchored.replace(r"\b", r"(?-u:\b)");
    regex::RegexBuilder::new(&ascii).size_limit(4 << 20).build()
}

/// Sorts hits, drops those inside others, joins those that overlap so that nothing of either is left.
fn merge(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.at.start, std::cmp::Reverse((hit.at.end, hit.confidence)), hit.rule));
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
fn masked(text: &str, hits: &[Hit]) -> String {
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

/// The greatest character boundary at or below `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
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
