//! `verify_code_safety`: the code engine of the path, on a text that a model is about to run or to hand over.

use ringfence_detect::code::{self, Language, Safety};
use ringfence_model::effect::Effect;
use ringfence_model::finding::{Finding, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tool::{Context, Failure, Tool};

/// Check whether code is safe before running it or handing it over. Shell commands and SQL are parsed; other languages
/// are read token by token, down to the commands and statements inside them. `safe` is true only where all of it could
/// be read and nothing dangerous is in it; what could not be resolved is never called safe.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyCodeSafety {
    /// The code.
    pub code: String,
    /// Its language, e.g. `bash`, `sql`, `python`, `javascript`.
    pub language: String,
    /// What the code is for. Recorded by nobody and changes no verdict.
    #[serde(default)]
    pub context: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeSafety {
    /// True only for the verdict `safe`.
    pub safe: bool,
    /// `safe`, `unsafe`, or `unknown` where something could not be resolved.
    pub verdict: Verdict,
    /// Findings of severity high or critical, the worst first.
    pub violations: Vec<Violation>,
    /// All other findings.
    pub warnings: Vec<Violation>,
    /// The language as given.
    pub language: String,
    /// Length of the code in characters.
    pub code_length: usize,
    /// How many rules the engines know; which of them look depends on the language.
    pub rules_checked: usize,
    /// What to do instead of the worst finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternative: Option<String>,
    /// Why it is not safe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_reason: Option<String>,
}

/// The verdict in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All of it was read and nothing dangerous is in it.
    Safe,
    /// It holds something dangerous.
    Unsafe,
    /// Something could not be resolved.
    Unknown,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Violation {
    /// Rule id, e.g. `drop_table`.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// What was seen.
    pub message: String,
    /// What to do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternative: Option<String>,
    /// First byte of the finding in the code, from 0.
    pub start: usize,
    /// The byte behind its last one.
    pub end: usize,
    /// Line of the finding, from 1.
    pub line: u32,
    /// Column of the finding in characters, from 1.
    pub column: u32,
    /// A public reference, e.g. `CWE-78`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl Tool for VerifyCodeSafety {
    const NAME: &'static str = "verify_code_safety";
    const TITLE: &'static str = "Code safety";
    const EFFECTS: &'static [Effect] = &[Effect::Read];
    type Output = CodeSafety;

    async fn run(self, context: Context<'_>) -> Result<CodeSafety, Failure> {
        let detectors = context.kernel.detectors();
        let report = detectors.code(&self.code, &Language::parse(&self.language));
        let verdict = match report.verdict {
            Safety::Safe => Verdict::Safe,
            Safety::Unsafe => Verdict::Unsafe,
            Safety::Unknown => Verdict::Unknown,
        };
        let (violations, warnings): (Vec<_>, Vec<_>) = report
            .findings
            .into_iter()
            .map(Violation::of)
            .partition(|found| found.severity >= Severity::High);
        let worst = violations.first().or(warnings.first()).filter(|_| verdict != Verdict::Safe);
        Ok(CodeSafety {
            safe: verdict == Verdict::Safe,
            alternative: worst.and_then(|worst| worst.alternative.clone()),
            blocked_reason: worst.map(|worst| worst.message.clone()),
            verdict,
            violations,
            warnings,
            code_length: self.code.chars().count(),
            rules_checked: code::RULES + detectors.secrets().rule_count(),
            language: self.language,
        })
    }
}

impl Violation {
    fn of(finding: Finding) -> Self {
        Self {
            rule: finding.id.into_owned(),
            severity: finding.severity,
            message: finding.message,
            alternative: finding.alternative,
            start: finding.span.start,
            end: finding.span.end,
            line: finding.span.line,
            column: finding.span.column,
            reference: finding.reference.map(std::borrow::Cow::into_owned),
        }
    }
}
