//! `detect` of the configuration. Must never hold how anything is recognized.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Severity;

/// What is looked for in messages, beside and instead of the built-in rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetectConfig {
    /// Looked for beside the built-in rules.
    #[serde(default)]
    pub rules: Vec<DetectRule>,
    /// Ids of built-in rules that are off.
    #[serde(default)]
    pub disable: Vec<String>,
    /// Values that are no finding, whatever rule takes them for a credential or personal data.
    #[serde(default)]
    pub allow: Vec<AllowedValue>,
    /// Look for personal data in every message, also where no rule of the policy asks for it.
    #[serde(default)]
    pub pii: bool,
    /// Origins inside (`http://localhost:3000`) that tools may be given the URLs of. Those of servers always may.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// A rule of the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetectRule {
    /// The finding's id: small letters, digits, underscores.
    pub id: String,
    /// What it finds, for a person.
    pub what: String,
    /// A regular expression in the syntax of the crate `regex`; group 1, where there is one, is the value.
    pub pattern: String,
    /// What kind of thing a find is.
    #[serde(default = "DetectKind::secret")]
    pub kind: DetectKind,
    /// How bad a find is.
    pub severity: Severity,
}

/// What a rule of the operator finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetectKind {
    /// A credential: category `secret`.
    Secret,
    /// Personal data: category `pii`.
    Pii,
    /// Words that a text should not hold: category `injection`.
    Text,
}

impl DetectKind {
    const fn secret() -> Self {
        Self::Secret
    }
}

/// A value that is no finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AllowedValue {
    /// Exactly this.
    Text(String),
    /// What this holds for as a whole.
    Pattern(AllowedPattern),
}

/// What an allowed value looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowedPattern {
    /// A regular expression.
    pub pattern: String,
}

impl DetectConfig {
    /// The built-in rules as they are.
    #[must_use]
    pub const fn standard() -> Self {
        Self { rules: Vec::new(), disable: Vec::new(), allow: Vec::new(), pii: false, origins: Vec::new() }
    }
}
