use ringfence_model::config::DetectConfig;
use ringfence_model::finding::Finding;
use ringfence_model::json::{JsonText, quote};

use super::super::Detectors;
use crate::code::Language;
use crate::injection::Context;
use crate::url::InProse;

/// What opens something, or makes a reader look ahead or back.
const UNITS: [&str; 32] = [
    "'\"",
    "\\\"",
    "{",
    "[",
    "(",
    "](",
    "<!-- ",
    "=",
    "password=",
    "key=\"",
    "$(",
    "`",
    "/*",
    "\u{200b}",
    "data:;base64,",
    "http://",
    "4111 ",
    "+49 ",
    "a@b.",
    "%25",
    "&#x41;",
    "eyJ",
    "-----BEGIN ",
    "<span style=\"display:none\">",
    "\u{1b}[",
    "\u{ff41}",
    "\u{43f}\u{440}",
    "\u{3042}",
    "ignore all previous instructions ",
    "1.1.1.1 ",
    "::",
    "Ab1+/",
];

/// Most findings that one look reports: a flood of one kind is cut.
const MOST: usize = 4_000;

fn detectors() -> Detectors {
    Detectors::new(&DetectConfig { pii: true, ..DetectConfig::standard() }).unwrap()
}

/// Everything that looks at a text, at the same text.
fn looks(detectors: &Detectors, text: &str) -> Vec<(&'static str, Vec<Finding>)> {
    let quoted = quote(text);
    let json = |text: String| JsonText::try_from(text).unwrap();
    let result = json(format!(r#"{{"content":[{{"type":"text","text":{quoted}}}]}}"#));
    let arguments = json(format!(r#"{{"note":{quoted},"command":{quoted},"sql":{quoted},"url":{quoted}}}"#));
    let code = json(format!(r#"{{"code":{quoted}}}"#));
    let without = detectors.without_hidden(&result, Context::ToolResult);
    assert!(without.as_str().len() <= result.as_str().len() + 64);
    vec![
        ("text", detectors.text(text, Context::Unknown)),
        ("message", detectors.message(&result, Context::ToolResult).findings().collect()),
        ("arguments", detectors.arguments(&arguments, Some(InProse::Followed))),
        ("code", detectors.arguments(&code, None)),
        ("python", detectors.code(text, &Language::Python).findings),
        ("url", detectors.url(text).findings),
    ]
}

#[test]
fn what_is_repeated_is_looked_at_to_an_end() {
    let detectors = detectors();
    for unit in UNITS {
        let text = unit.repeat(4_000 / unit.len());
        for (look, found) in looks(&detectors, &text) {
            assert!(found.len() < MOST, "{look}: {} findings of {unit:?}", found.len());
        }
    }
}

#[test]
fn a_hundred_thousand_braces_and_quotes_are_not_called_safe_code() {
    let detectors = detectors();
    for unit in ["{", "'\"", "(", "[", "`", "\"${"] {
        let text = unit.repeat(100_001);
        for language in [Language::Shell, Language::Python, Language::JavaScript] {
            let report = detectors.code(&text, &language);
            assert_ne!(report.verdict, crate::code::Safety::Safe, "{unit:?} as {language:?}");
            assert!(report.findings.len() < MOST);
        }
    }
}

#[test]
fn ten_megabytes_of_one_letter_hold_nothing() {
    let detectors = detectors();
    let text = "a".repeat(10 << 20);
    let result = JsonText::try_from(format!(r#"{{"content":[{{"type":"text","text":"{text}"}}]}}"#)).unwrap();
    assert_eq!(detectors.message(&result, Context::ToolResult).findings().count(), 0);
    // As code it is longer than what is read, and says so.
    let report = detectors.code(&text, &Language::Shell);
    assert_eq!(report.verdict, crate::code::Safety::Unknown);
    assert!(report.findings.iter().any(|finding| finding.id == "truncated"));
}
