//! What a detector saw.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad it is. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Bad style of security, no direct harm.
    Low,
    /// Harm in some settings.
    Medium,
    /// Harm.
    High,
    /// Harm that cannot be taken back, or a live credential.
    Critical,
}

/// What kind of thing was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A credential.
    Secret,
    /// Dangerous code.
    Code,
    /// A dangerous shell command.
    Command,
    /// A dangerous SQL statement.
    Sql,
    /// Personal data: an address, a number that names a person.
    Pii,
    /// Text that gives the model orders or poses as somebody else.
    Injection,
    /// Content that a person does not see: invisible characters, comments, carriers.
    Hidden,
    /// An address that data must not lead to.
    Url,
    /// Could not be read or resolved; never counts as safe.
    Uninspected,
}

/// Bytes `start..end` of the inspected text (UTF-8 offsets), with the 1-based line and column of `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of `start`, from 1.
    pub line: u32,
    /// Column of `start` in characters, from 1.
    pub column: u32,
}

impl Span {
    /// The span `start..end` of `text`; offsets beyond its end are cut to it.
    #[must_use]
    pub fn of(text: &str, start: usize, end: usize) -> Self {
        let before = text.as_bytes().get(..start).unwrap_or(text.as_bytes());
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let in_line = before.get(line_start..).unwrap_or_default();
        // Every byte but a UTF-8 continuation byte begins a character.
        let column = in_line.iter().filter(|byte| (**byte & 0xC0) != 0x80).count() + 1;
        Self {
            start: start.min(text.len()),
            end: end.min(text.len()),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

/// Most findings that one journal entry holds: what floods a detector must not fill the log. The worst are kept.
pub const MOST_RECORDED: usize = 32;

/// The worst of `findings`, at most [`MOST_RECORDED`], in their order.
#[must_use]
pub fn worst(findings: &[Finding]) -> Vec<Finding> {
    if findings.len() <= MOST_RECORDED {
        return findings.to_vec();
    }
    let mut by_severity: Vec<usize> = (0..findings.len()).collect();
    by_severity.sort_by_key(|at| std::cmp::Reverse(findings.get(*at).map(|finding| finding.severity)));
    by_severity.truncate(MOST_RECORDED);
    by_severity.sort_unstable();
    by_severity.into_iter().filter_map(|at| findings.get(at).cloned()).collect()
}

/// What a detector saw, where, and what to do instead. Never holds the value it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Rule id, e.g. `drop_table`, `github_token`.
    pub id: std::borrow::Cow<'static, str>,
    /// What kind of thing.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
    /// How sure, 0 to 100.
    pub confidence: u8,
    /// Where in the inspected text.
    pub span: Span,
    /// What was seen, for a person.
    pub message: String,
    /// What to do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternative: Option<String>,
    /// A public reference such as `CWE-78`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<std::borrow::Cow<'static, str>>,
}
