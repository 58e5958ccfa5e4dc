//! The scanner: one sieve of all literals, patterns only at its hits. Must never run a pattern over more than its
//! window, nor over more windows than the budget of a text allows.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;
use ringfence_model::finding::{Category, Finding, Severity, Span};

use super::assign::{self, Assignment};
use super::check::judge;
use super::encoded::{self, Coding};
use super::error::RuleError;
use super::generic;
use super::hit::{Hit, Source, masked, merge};
use super::locate;
use super::look::{Escapes, Look};
use super::name;
use super::own::{Own, Settings};
use super::report::{generic_id, generic_ids, generic_name, truncated};
use super::rule::{Anchor, Check, Matcher, Rule};
use super::rules::RULES;
use crate::injection;
use crate::literals::Literals;
use crate::pii;
use crate::signs::Signs;

/// Bytes after a literal that a pattern may see. A JWT is the longest of the values with a pattern.
const WINDOW: usize = 8 * 1024;
/// Bytes that one text may make the patterns look at, per byte of it. Beyond that it is hostile, and says `truncated`.
const BUDGET_PER_BYTE: usize = 64;
/// Most findings of one text.
const MOST_FINDINGS: usize = 1000;
/// Names whose coded form is looked for as well.
const CODED_NAMES: [&str; 2] = ["password", "api_key"];

/// What a scan looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// Credentials.
    Secrets,
    /// Personal data.
    PersonalData,
    /// Both, in one go.
    Both,
    /// Neither.
    Nothing,
}

impl Sought {
    pub(crate) const fn secrets(self) -> bool {
        matches!(self, Self::Secrets | Self::Both)
    }

    pub(crate) const fn personal_data(self) -> bool {
        matches!(self, Self::PersonalData | Self::Both)
    }
}

/// Finds credentials and personal data. Built once, shared by all threads.
#[derive(Debug)]
pub struct SecretScanner {
    /// The literals, and behind them the anchors of orders to the model: one pass finds both.
    sieve: Literals,
    literals: Vec<Literal>,
    rules: Vec<Compiled>,
    own: Own,
    /// Ids that are off and belong to no provider's rule.
    off: Vec<String>,
}

/// What a hit of the sieve stands for.
#[derive(Debug)]
struct Literal {
    text: Box<str>,
    kind: LiteralKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LiteralKind {
    /// Of the rule, as its anchor says.
    Plain(usize),
    /// A literal as it looks when coded.
    Coded(Coding),
    /// Part of the name of a credential.
    Stem,
}

#[derive(Debug)]
struct Compiled {
    rule: &'static Rule,
    /// Compiled at the first hit of a literal: a hundred patterns take 30 ms and 8 MB, and few are ever needed.
    /// `None` inside: does not compile, which the tests rule out.
    regex: OnceLock<Option<Regex>>,
}

/// What one text still may cost.
struct Budget(usize);

/// What a pass remembers from one hit of the automaton to the next.
struct Pass<'t> {
    text: &'t str,
    budget: &'t mut Budget,
    /// End of the last run that was decoded.
    decoded_to: usize,
    /// The last name that was read, and what is assigned to it.
    name: Range<usize>,
    assignment: Option<Assignment>,
    /// The last name has been judged without a provider.
    judged: bool,
}

impl SecretScanner {
    /// Compiles the built-in rules.
    ///
    /// # Errors
    /// None with the built-in rules alone; the tests of this crate hold that.
    pub fn new() -> Result<Self, RuleError> {
        Self::with(Settings::BUILT_IN)
    }

    /// Compiles the built-in rules and an operator's.
    ///
    /// # Errors
    /// [`RuleError`] names the rule that does not compile or does not exist.
    pub fn with(settings: Settings) -> Result<Self, RuleError> {
        let known = |id: &str| {
            RULES.iter().any(|rule| rule.id == id) || generic_ids().contains(&id) || pii::is_known(id)
        };
        if let Some(unknown) = settings.disable.iter().find(|id| !known(id)) {
            return Err(RuleError::Unknown { id: unknown.clone() });
        }
        let off = settings.disable.clone();
        let rules: Vec<Compiled> = RULES
            .iter()
            .filter(|rule| !off.iter().any(|id| id == rule.id))
            .map(|rule| Compiled { rule, regex: OnceLock::new() })
            .collect();
        let mut literals = Vec::new();
        let mut add = |text: &str, kind| literals.push(Literal { text: text.into(), kind });
        for (index, compiled) in rules.iter().enumerate() {
            for literal in compiled.rule.literals {
                add(literal, LiteralKind::Plain(index));
            }
        }
        let mut coded: Vec<(Coding, String)> = rules
            .iter()
            .filter(|compiled| compiled.rule.encoded)
            .flat_map(|compiled| compiled.rule.literals)
            .chain(&CODED_NAMES)
            .flat_map(|literal| encoded::looks(literal))
            .collect();
        coded.sort_by(|a, b| a.1.cmp(&b.1));
        coded.dedup_by(|a, b| a.1 == b.1);
        for (coding, look) in &coded {
            add(look, LiteralKind::Coded(*coding));
        }
        for stem in name::STEMS {
            add(stem, LiteralKind::Stem);
        }
        let texts = literals.iter().map(|literal| &*literal.text);
        let sieve = Literals::new(texts.chain(injection::ANCHORS))?;
        Ok(Self { sieve, literals, rules, own: Own::compile(settings)?, off })
    }

    /// Number of rules of providers.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// Bytes that the rules take before the first find, without the sieve.
    #[must_use]
    pub fn idle_bytes(&self) -> usize {
        let literals: usize =
            self.literals.iter().map(|literal| size_of::<Literal>() + literal.text.len()).sum();
        literals + self.rules.capacity() * size_of::<Compiled>()
    }

    /// The credentials in `text`, in order, without overlap.
    #[must_use]
    pub fn scan_text(&self, text: &str) -> Vec<Finding> {
        self.find_in_text(text, Sought::Secrets)
    }

    /// What of the `sought` is in `text`, in order, without overlap.
    #[must_use]
    pub fn find_in_text(&self, text: &str, sought: Sought) -> Vec<Finding> {
        self.find_signed(text, &mut Look { sought, signs: &Signs::of(text), anchors: None })
    }

    /// The same, for a text whose signs are known; anchors of orders to the model are noted on the way.
    pub(crate) fn find_signed(&self, text: &str, look: &mut Look<'_>) -> Vec<Finding> {
        let (hits, cut) = self.hits(text, look);
        let mut findings: Vec<Finding> = hits.iter().map(|hit| self.finding(text, hit)).collect();
        if cut {
            findings.push(truncated(text));
        }
        findings
    }

    /// True when something is likely enough to be looked at string by string. `json` has no escapes but those of
    /// [`Escapes::Simple`], or none. Anchors of orders to the model are noted on the way.
    pub(crate) fn may_hold(&self, json: &str, escapes: Escapes, look: &mut Look<'_>) -> bool {
        let mut budget = Budget(json.len().saturating_mul(BUDGET_PER_BYTE));
        let mut pass = Pass::of(json, &mut budget);
        let mut may = !self.own.rules.is_empty() || look.sought.personal_data() && pii::may_hold(look.signs);
        if !look.sought.secrets() && look.anchors.is_none() {
            return may;
        }
        for found in self.sieve.find(json.as_bytes()) {
            if may && look.anchors.is_none() {
                break;
            }
            let Some(literal) = self.literals.get(found.literal) else {
                look.note(found.start);
                continue;
            };
            let at = found.start..found.start + literal.text.len();
            if may || !look.sought.secrets() || !self.is_plausible(json, literal, found.start, escapes) {
                continue;
            }
            may = match literal.kind {
                LiteralKind::Plain(rule) if !self.is_named(rule) => true,
                LiteralKind::Coded(_) => true,
                // Behind an escaped quote the value is not yet what it will be: that there is one is enough.
                LiteralKind::Plain(_) | LiteralKind::Stem if escapes == Escapes::Simple => {
                    pass.read_name(&at);
                    pass.assignment.as_ref().is_some_and(|assignment| assignment.promise.is_some())
                }
                LiteralKind::Plain(_) | LiteralKind::Stem => self.examine(&mut pass, literal, at).is_some(),
            };
        }
        may
    }

    /// True when the value of `key` has to be judged by it.
    pub(super) fn names_something(&self, key: &str, sought: Sought) -> bool {
        let secret = || {
            self.literals_in(key).any(|(literal, _)| match literal.kind {
                LiteralKind::Plain(rule) => {
                    self.rule(rule).is_some_and(|rule| matches!(rule.anchor, Anchor::After | Anchor::Named))
                }
                LiteralKind::Stem => true,
                LiteralKind::Coded(_) => false,
            })
        };
        sought.secrets() && secret() || sought.personal_data() && pii::names_something(key)
    }

    /// What is there, merged; and whether the budget ended before the text did.
    ///
    /// A value that touches another has no free boundary. What was found is therefore masked and the text looked at
    /// again, until nothing new appears: then redaction uncovers nothing either.
    pub(super) fn hits(&self, text: &str, look: &mut Look<'_>) -> (Vec<Hit>, bool) {
        let mut budget = Budget(text.len().saturating_mul(BUDGET_PER_BYTE).saturating_add(1 << 20));
        let mut hits = Vec::new();
        let mut cut = self.pass(text, look, &mut hits, &mut budget);
        let mut seen = 0;
        while hits.len() > seen && !cut {
            hits = merge(hits);
            seen = hits.len();
            let masked = masked(text, &hits);
            let mut again = Look { sought: look.sought, signs: &Signs::of(&masked), anchors: None };
            cut = self.pass(&masked, &mut again, &mut hits, &mut budget);
        }
        (merge(hits), cut)
    }

    /// The hit that the whole of `value` is under the name `key`.
    pub(super) fn named_value(&self, key: &str, value: &str) -> Option<Hit> {
        let assignment = Assignment {
            name: 0..0,
            promise: name::promise(key),
            value: 0..value.len(),
            form: assign::Form::Quoted,
        };
        let provider = self.literals_in(key).find_map(|(literal, _)| match literal.kind {
            LiteralKind::Plain(index) if self.is_named(index) => {
                self.examine_named(value, index, &assignment, key)
            }
            LiteralKind::Plain(_) | LiteralKind::Coded(_) | LiteralKind::Stem => None,
        });
        provider.or_else(|| self.examine_generic(value, &assignment))
    }

    /// Adds what one look at `text` finds; true when the budget ended first.
    fn pass(&self, text: &str, look: &mut Look<'_>, hits: &mut Vec<Hit>, budget: &mut Budget) -> bool {
        if look.sought.personal_data() {
            pii::find(text, look.signs, &mut |at, kind, confidence| {
                let allowed = self.off.iter().any(|id| id == kind.id());
                if !allowed {
                    hits.extend(
                        self.kept(text, Hit { at, source: Source::Pii(kind), confidence, coding: None }),
                    );
                }
                hits.len() < MOST_FINDINGS
            });
        }
        for (index, (rule, regex)) in self.own.rules.iter().enumerate() {
            if !rule.is_sought(look.sought) {
                continue;
            }
            for captures in regex.captures_iter(text).take(MOST_FINDINGS) {
                let Some(found) =
                    captures.get(1).or_else(|| captures.get(0)).filter(|found| !found.is_empty())
                else {
                    continue;
                };
                let hit = Hit { at: found.range(), source: Source::Own(index), confidence: 90, coding: None };
                hits.extend(self.kept(text, hit));
            }
        }
        let mut cut = hits.len() >= MOST_FINDINGS;
        if !look.sought.secrets() && look.anchors.is_none() {
            return cut;
        }
        let mut pass = Pass::of(text, budget);
        for found in self.sieve.find(text.as_bytes()) {
            let Some(literal) = self.literals.get(found.literal) else {
                look.note(found.start);
                continue;
            };
            if cut && look.anchors.is_none() {
                break;
            }
            if cut || !look.sought.secrets() || !self.is_plausible(text, literal, found.start, Escapes::None)
            {
                continue;
            }
            let hit = self.examine(&mut pass, literal, found.start..found.start + literal.text.len());
            hits.extend(hit.and_then(|hit| self.kept(text, hit)));
            cut = pass.budget.0 == 0 || hits.len() >= MOST_FINDINGS;
        }
        cut
    }

    /// The hit, unless its value is allowed.
    fn kept(&self, text: &str, hit: Hit) -> Option<Hit> {
        let value = text.get(hit.at.clone())?;
        (!self.own.allows(value)).then_some(hit)
    }

    /// What stands at a hit of the sieve.
    fn examine(&self, pass: &mut Pass<'_>, literal: &Literal, at: Range<usize>) -> Option<Hit> {
        match literal.kind {
            LiteralKind::Coded(coding) => {
                if at.start < pass.decoded_to {
                    return None;
                }
                let run = coding.run_around(pass.text, at.start);
                pass.decoded_to = run.end;
                pass.budget.spend(run.len() * 4);
                self.examine_coded(pass.text, coding, run, at.start)
            }
            LiteralKind::Plain(index) if self.is_named(index) => {
                pass.read_name(&at);
                self.examine_named(
                    pass.text,
                    index,
                    pass.assignment.as_ref()?,
                    pass.text.get(pass.name.clone())?,
                )
            }
            LiteralKind::Plain(index) => self.examine_pattern(pass.text, index, at.start, pass.budget),
            LiteralKind::Stem => {
                pass.read_name(&at);
                if std::mem::replace(&mut pass.judged, true) {
                    return None;
                }
                self.examine_generic(pass.text, pass.assignment.as_ref()?)
            }
        }
    }

    fn examine_generic(&self, text: &str, assignment: &Assignment) -> Option<Hit> {
        let promise = assignment.promise?;
        let confidence = generic::judge(promise, assignment.form, text.get(assignment.value.clone())?)?;
        let hit =
            Hit { at: assignment.value.clone(), source: Source::Generic(promise), confidence, coding: None };
        (!self.off.iter().any(|id| id == generic_id(promise))).then_some(hit)
    }

    /// A value of a provider that only the name gives away.
    fn examine_named(&self, text: &str, index: usize, assignment: &Assignment, name: &str) -> Option<Hit> {
        let compiled = self.rules.get(index)?;
        let rule = compiled.rule;
        // `HEROKU_APP_ID` names no credential; a rule may spell a whole name out.
        if assignment.promise.is_none() && !rule.literals.iter().any(|whole| whole.eq_ignore_ascii_case(name))
        {
            return None;
        }
        let value = text.get(assignment.value.clone())?.trim();
        let holds = compiled.regex()?.is_match(value);
        let confidence = holds.then(|| judge(rule.check, value, rule.confidence))??;
        Some(Hit { at: assignment.value.clone(), source: Source::Rule(index), confidence, coding: None })
    }

    /// The finding of a hit in `text`.
    pub(super) fn finding(&self, text: &str, hit: &Hit) -> Finding {
        let span = Span::of(text, hit.at.start, hit.at.end);
        if let Source::Own(index) = hit.source
            && let Some((rule, _)) = self.own.rules.get(index)
        {
            return rule.finding(span, hit.confidence);
        }
        let (id, what, severity): (Cow<'static, str>, Cow<'static, str>, Severity) = match hit.source {
            Source::Pii(kind) => return kind.finding(span, hit.confidence),
            Source::Rule(index) => {
                self.rule(index).map_or(("secret".into(), "secret".into(), Severity::Critical), |rule| {
                    (rule.id.into(), rule.what.into(), rule.severity)
                })
            }
            Source::Own(_) => ("secret".into(), "secret".into(), Severity::Critical),
            Source::Generic(promise) => {
                (generic_id(promise).into(), generic_name(promise).into(), Severity::High)
            }
        };
        let under = hit.coding.map(|coding| format!(" ({})", coding.name())).unwrap_or_default();
        Finding {
            id,
            category: Category::Secret,
            severity,
            confidence: hit.confidence,
            span,
            message: format!("Credential in clear text: {what}{under}"),
            alternative: Some("Keep it in a secret store or the environment and pass its name".to_owned()),
            reference: Some(Cow::Borrowed("CWE-798")),
        }
    }

    fn rule(&self, index: usize) -> Option<&'static Rule> {
        self.rules.get(index).map(|compiled| compiled.rule)
    }

    fn is_named(&self, index: usize) -> bool {
        self.rule(index).is_some_and(|rule| rule.anchor == Anchor::Named)
    }

    /// The literals that occur in `text` where a value may begin, and their places.
    fn literals_in<'s>(&'s self, text: &'s str) -> impl Iterator<Item = (&'s Literal, Range<usize>)> {
        self.sieve.find(text.as_bytes()).filter_map(move |found| {
            let literal = self.literals.get(found.literal)?;
            let at = found.start..found.start + literal.text.len();
            self.is_plausible(text, literal, found.start, Escapes::None).then_some((literal, at))
        })
    }

    /// Cheap tests of a hit before any pattern runs.
    fn is_plausible(&self, text: &str, literal: &Literal, start: usize, escapes: Escapes) -> bool {
        let bytes = text.as_bytes();
        let Some(found) = bytes.get(start..start + literal.text.len()) else { return false };
        let exact = || found == literal.text.as_bytes();
        let alike = || found.eq_ignore_ascii_case(literal.text.as_bytes());
        let before = |back: usize| start.checked_sub(back).and_then(|at| bytes.get(at));
        let fresh = || {
            before(1).is_none_or(|byte| !byte.is_ascii_alphanumeric())
                || escapes == Escapes::Simple && before(2) == Some(&b'\\')
        };
        match literal.kind {
            LiteralKind::Coded(Coding::Base64) => exact(),
            LiteralKind::Coded(Coding::Hex | Coding::Percent) | LiteralKind::Stem => alike(),
            LiteralKind::Plain(index) => self.rule(index).is_some_and(|rule| match rule.anchor {
                Anchor::Holds(_) => exact(),
                // A long prefix or a checksum is a mark wherever it stands; a short prefix must begin a word.
                Anchor::Starts => {
                    exact() && (literal.text.len() >= 5 || rule.check == Check::Crc32Base62 || fresh())
                }
                Anchor::After | Anchor::Named => alike(),
            }),
        }
    }

    /// Runs the pattern of a rule at its literal at `start`.
    fn examine_pattern(&self, text: &str, index: usize, start: usize, budget: &mut Budget) -> Option<Hit> {
        let compiled = self.rules.get(index)?;
        let rule = compiled.rule;
        let located = match rule.matcher {
            Matcher::PrivateKey => Some(locate::private_key(text, start)),
            Matcher::UrlPassword => Some(locate::url_password(text, start)),
            Matcher::Pattern(_) => None,
        };
        let at = if let Some(found) = located {
            budget.spend(found.as_ref().map_or(64, ExactSizeIterator::len));
            found?
        } else {
            let Some(regex) = compiled.regex() else {
                // Fail closed: a rule that cannot look takes its literal for a find.
                let at = start..floor(text, start + 4);
                return Some(Hit { at, source: Source::Rule(index), confidence: 1, coding: None });
            };
            let (before, after) = match rule.anchor {
                Anchor::Starts | Anchor::After | Anchor::Named => (0, WINDOW),
                Anchor::Holds(before) => (before + 1, 512),
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
        };
        let confidence = judge(rule.check, text.get(at.clone())?, rule.confidence)?;
        Some(Hit { at, source: Source::Rule(index), confidence, coding: None })
    }

    /// Scans what the run decodes to; a finding there is a finding of the whole run.
    fn examine_coded(&self, text: &str, coding: Coding, run: Range<usize>, at: usize) -> Option<Hit> {
        let decoded = coding.decode(text.get(run.clone())?, at - run.start)?;
        let mut budget = Budget(decoded.len() * BUDGET_PER_BYTE);
        let mut pass = Pass::of(&decoded, &mut budget);
        let hits = self.literals_in(&decoded).filter_map(|(literal, at)| {
            let wanted = match literal.kind {
                LiteralKind::Plain(index) => self.rule(index).is_some_and(|rule| rule.encoded),
                LiteralKind::Stem => true,
                LiteralKind::Coded(_) => false,
            };
            let hit = (wanted && pass.budget.0 > 0).then(|| self.examine(&mut pass, literal, at))??;
            Some(Hit { at: run.clone(), coding: Some(coding), ..hit })
        });
        hits.take(8).min_by_key(|hit| hit.source)
    }
}

impl Compiled {
    fn regex(&self) -> Option<&Regex> {
        let compiled = self.regex.get_or_init(|| match self.rule.matcher {
            Matcher::Pattern(pattern) => compile(self.rule, pattern).ok(),
            Matcher::PrivateKey | Matcher::UrlPassword => None,
        });
        compiled.as_ref()
    }
}

impl<'t> Pass<'t> {
    fn of(text: &'t str, budget: &'t mut Budget) -> Self {
        Self { text, budget, decoded_to: 0, name: 0..0, assignment: None, judged: false }
    }

    /// Reads the name that the literal at `at` is part of, unless it is the one that was read last.
    fn read_name(&mut self, at: &Range<usize>) {
        if at.start >= self.name.start && at.end <= self.name.end {
            return;
        }
        self.name = assign::name_around(self.text, at);
        self.judged = false;
        self.assignment = assign::assignment(self.text, self.name.clone());
        self.budget.spend(32 + self.assignment.as_ref().map_or(0, |assignment| assignment.value.len()));
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
        Anchor::Starts | Anchor::After => format!("^(?:{pattern})"),
        Anchor::Named => format!("^(?:{pattern})$"),
        Anchor::Holds(_) => pattern.to_owned(),
    };
    // The classes are spelled in ASCII; only the word boundary needs to be told.
    let ascii = anchored.replace(r"\b", r"(?-u:\b)");
    regex::RegexBuilder::new(&ascii).size_limit(4 << 20).build()
}

/// The greatest character boundary at or below `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
