//! A report as SARIF 2.1.0 (OASIS, «Static Analysis Results Interchange Format»). Must never leave out a finding that
//! the report holds.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ringfence_model::finding::Severity;
use serde_json::{Value, json};

use super::report::{Located, Report, word};
use super::subject::Subject;

/// What stands in a URI's path as it is (RFC 3986 section 3.3), and the slash.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The log: one run.
pub(super) fn log(report: &Report) -> Value {
    let mut ids: Vec<&str> = report.findings.iter().map(|located| &*located.finding.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let rules: Vec<Value> = ids.iter().filter_map(|id| rule(id, report)).collect();
    let results: Vec<Value> = report.findings.iter().map(|located| result(located, &ids)).collect();
    let mut notices: Vec<Value> =
        report.unreadable.iter().map(|file| notice(&format!("{}: {}", file.path, file.error))).collect();
    if report.truncated {
        notices.push(notice("not everything was scanned: there is more than a scan takes"));
    }
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ringfence",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.unreadable.is_empty(),
                "toolExecutionNotifications": notices,
            }],
            "results": results,
        }],
    })
}

fn notice(text: &str) -> Value {
    json!({ "level": "warning", "message": { "text": text } })
}

/// The rule `id`, as its worst finding has it.
fn rule(id: &str, report: &Report) -> Option<Value> {
    let worst = &report.findings.iter().find(|located| located.finding.id == id)?.finding;
    let mut tags = vec!["security".to_owned()];
    tags.extend(
        serde_json::to_value(worst.category).ok().and_then(|category| category.as_str().map(str::to_owned)),
    );
    tags.extend(worst.reference.as_ref().map(|reference| {
        reference
            .strip_prefix("CWE-")
            .map_or_else(|| reference.to_string(), |number| format!("external/cwe/cwe-{number}"))
    }));
    let mut rule = json!({
        "id": id,
        "shortDescription": { "text": worst.message },
        "defaultConfiguration": { "level": level(worst.severity) },
        "properties": { "tags": tags, "security-severity": score(worst.severity) },
    });
    if let (Some(alternative), Some(rule)) = (&worst.alternative, rule.as_object_mut()) {
        rule.insert("help".to_owned(), json!({ "text": alternative }));
    }
    Some(rule)
}

fn result(located: &Located, ids: &[&str]) -> Value {
    let finding = &located.finding;
    json!({
        "ruleId": finding.id,
        "ruleIndex": ids.binary_search(&&*finding.id).unwrap_or_default(),
        "level": level(finding.severity),
        "message": { "text": finding.message },
        "locations": [location(located)],
        "properties": { "severity": word(finding.severity), "confidence": finding.confidence },
    })
}

/// A definition of a server stands in no file.
fn location(located: &Located) -> Value {
    if located.subject == Subject::Definition {
        return json!({ "logicalLocations": [{ "fullyQualifiedName": located.path, "kind": "resource" }] });
    }
    let span = located.finding.span;
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&located.path) },
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "byteOffset": span.start,
            "byteLength": span.end.saturating_sub(span.start),
        },
    }})
}

/// A relative path is a relative reference, an absolute one a `file:` URI (RFC 8089).
fn uri(path: &str) -> String {
    let encoded = utf8_percent_encode(path, PATH);
    if Path::new(path).is_absolute() { format!("file://{encoded}") } else { encoded.to_string() }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// On the scale of CVSS, as code hosts sort by it.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "0.0",
        Severity::Low => "3.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}
