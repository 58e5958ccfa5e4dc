//! What an operator adds: rules of their own, rules that are off, values that are allowed.
//! Must never run a pattern that can take more than linear time: the crate `regex` knows none.

use regex::{Regex, RegexBuilder};
use ringfence_model::config::{AllowedValue, DetectConfig, DetectKind, DetectRule};
use ringfence_model::finding::{Category, Finding, Severity, Span};

use super::Sought;
use super::error::RuleError;

/// Largest compiled form of an operator's pattern, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// What an operator changes about detection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Looked for beside the built-in rules.
    pub rules: Vec<OwnRule>,
    /// Ids of built-in rules that are off.
    pub disable: Vec<String>,
    /// Values that are no finding, whatever rule takes them for one.
    pub allow: Vec<Pattern>,
}

impl Settings {
    /// The built-in rules as they are.
    pub const BUILT_IN: Self = Self { rules: Vec::new(), disable: Vec::new(), allow: Vec::new() };
}

/// A rule of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRule {
    /// The finding's id and the name of the placeholder: small letters, digits, underscores.
    pub id: String,
    /// What it finds, for a person.
    pub what: String,
    /// What it looks for.
    pub pattern: Pattern,
    /// What kind of thing a find is: `secret`, `pii` or `injection`.
    pub category: Category,
    /// How bad a find is.
    pub severity: Severity,
}

impl OwnRule {
    /// True where a scan for `sought` looks for it.
    pub(super) fn is_sought(&self, sought: Sought) -> bool {
        if self.category == Category::Pii { sought.personal_data() } else { sought.secrets() }
    }

    pub(super) fn finding(&self, span: Span, confidence: u8) -> Finding {
        Finding {
            id: self.id.clone().into(),
            category: self.category,
            severity: self.severity,
            confidence,
            span,
            message: format!("Found by a rule of the operator: {}", self.what),
            alternative: None,
            reference: None,
        }
    }
}

impl From<&DetectRule> for OwnRule {
    fn from(rule: &DetectRule) -> Self {
        Self {
            id: rule.id.clone(),
            what: rule.what.clone(),
            pattern: Pattern::Regex(rule.pattern.clone()),
            category: match rule.kind {
                DetectKind::Secret => Category::Secret,
                DetectKind::Pii => Category::Pii,
                DetectKind::Text => Category::Injection,
            },
            severity: rule.severity,
        }
    }
}

impl From<&AllowedValue> for Pattern {
    fn from(value: &AllowedValue) -> Self {
        match value {
            AllowedValue::Text(text) => Self::Literal(text.clone()),
            AllowedValue::Pattern(pattern) => Self::Regex(pattern.pattern.clone()),
        }
    }
}

impl From<&DetectConfig> for Settings {
    fn from(config: &DetectConfig) -> Self {
        Self {
            rules: config.rules.iter().map(OwnRule::from).collect(),
            disable: config.disable.clone(),
            allow: config.allow.iter().map(Pattern::from).collect(),
        }
    }
}

/// A text, or a regular expression in the syntax of the crate `regex`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Exactly this, in this case.
    Literal(String),
    /// Group 1, where there is one, is the value. To allow a value it must hold for the whole of it.
    Regex(String),
}

/// The same, compiled.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) rules: Vec<(OwnRule, Regex)>,
    allow: Vec<Regex>,
}

impl Own {
    pub(super) fn compile(settings: Settings) -> Result<Self, RuleError> {
        let rules = settings.rules.into_iter().map(|rule| {
            let name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if rule.id.is_empty() || !rule.id.bytes().all(name) {
                return Err(RuleError::Id { id: rule.id });
            }
            let regex = rule.pattern.compile(&rule.id, |pattern| pattern.to_owned())?;
            if regex.is_match("") {
                return Err(RuleError::Everything { id: rule.id });
            }
            Ok((rule, regex))
        });
        let whole = |pattern: &str| format!(r"\A(?:{pattern})\z");
        let allow = settings.allow.iter().map(|pattern| pattern.compile("allow", whole));
        Ok(Self { rules: rules.collect::<Result<_, _>>()?, allow: allow.collect::<Result<_, _>>()? })
    }

    pub(super) fn allows(&self, value: &str) -> bool {
        self.allow.iter().any(|pattern| pattern.is_match(value))
    }
}

impl Pattern {
    fn compile(&self, id: &str, shape: impl Fn(&str) -> String) -> Result<Regex, RuleError> {
        let text = match self {
            Self::Literal(text) => regex::escape(text),
            Self::Regex(pattern) => pattern.clone(),
        };
        RegexBuilder::new(&shape(&text))
            .size_limit(PATTERN_BYTES)
            .build()
            .map_err(|source| RuleError::Pattern { id: id.to_owned(), source: Box::new(source) })
    }
}
