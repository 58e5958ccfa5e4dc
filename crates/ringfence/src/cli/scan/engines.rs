//! The detectors that look at a file. One line a detector: [`ENGINES`]. Must never decide what a finding means.

use ringfence_detect::injection::Context;
use ringfence_detect::{Detectors, Engine as Looks, Profile, url};
use ringfence_model::finding::{Category, Finding, Severity};

use super::subject::Subject;
use super::{markdown, mcp};

/// What looks at a file: the detectors as they are configured.
pub(super) struct Engines {
    pub(super) detectors: Detectors,
}

/// A detector: what it sees in a file of this kind with this text. Spans are those of the text.
type Engine = fn(&Engines, &Subject, &str) -> Vec<Finding>;

/// All detectors, in the order in which they look.
const ENGINES: [Engine; 6] = [values, programs, orders, urls, markdown::inspect, mcp::inspect];

impl Engines {
    /// What all detectors see in `text`, each thing once.
    pub(super) fn inspect(&self, subject: &Subject, text: &str) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for engine in ENGINES {
            for finding in engine(self, subject, text) {
                let known = |other: &Finding| {
                    other.id == finding.id
                        && other.span.start < finding.span.end
                        && finding.span.start < other.span.end
                };
                if !findings.iter().any(known) {
                    findings.push(finding);
                }
            }
        }
        findings
    }
}

/// Credentials, and personal data where it is wanted; in code the engine of code looks for credentials itself.
fn values(engines: &Engines, subject: &Subject, text: &str) -> Vec<Finding> {
    let mut found = engines.detectors.values_in_text(text);
    if matches!(subject, Subject::Code(_)) {
        found.retain(|finding| finding.category == Category::Pii);
    }
    found
}

/// Dangerous code. A file at rest is no call: that something in it is only known when it runs is no event, nor is a
/// language that has no engine.
fn programs(engines: &Engines, subject: &Subject, text: &str) -> Vec<Finding> {
    let Subject::Code(language) = subject else { return Vec::new() };
    let findings = engines.detectors.code(text, language).findings;
    findings.into_iter().filter(is_event).collect()
}

/// False for what says that something is not known before it runs.
pub(super) fn is_event(finding: &Finding) -> bool {
    finding.category != Category::Uninspected || finding.id == "truncated"
}

/// Orders to the model, and what a person does not see. What is written for agents is full of orders: there only what reads
/// like an attack whoever wrote it counts.
fn orders(engines: &Engines, subject: &Subject, text: &str) -> Vec<Finding> {
    let context = match subject {
        Subject::Skill | Subject::Instructions => Context::Prompt,
        Subject::McpConfig | Subject::Document => Context::Resource,
        Subject::Code(_) | Subject::Definition | Subject::Binary => return Vec::new(),
    };
    let found = engines.detectors.scan(text, Profile::new(context, &[Looks::Injection, Looks::Hidden]));
    found.into_iter().filter(|finding| finding.severity >= Severity::Medium && is_event(finding)).collect()
}

/// Where an agent that reads this is led to. Addresses of this host and of private networks are what manuals are full of,
/// and a program may well name odd URLs: of those only what hands out credentials is told.
fn urls(_: &Engines, subject: &Subject, text: &str) -> Vec<Finding> {
    let least = match subject {
        Subject::Skill | Subject::Instructions | Subject::Binary => Severity::High,
        Subject::Code(_) => Severity::Critical,
        Subject::McpConfig | Subject::Definition | Subject::Document => return Vec::new(),
    };
    url::scan_text(text).into_iter().filter(|finding| finding.severity >= least).collect()
}
