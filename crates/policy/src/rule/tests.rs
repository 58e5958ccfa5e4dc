use std::sync::Arc;

use ringfence_model::effect::{Effect, EffectSource, ToolFacts};
use ringfence_model::finding::Span;
use ringfence_model::json::JsonText;
use ringfence_model::name::ServerName;
use ringfence_model::principal::{Authentication, Principal};
use ringfence_model::provenance::Provenance;

use super::*;
use crate::load::{Source, load};

static NOWHERE: Provenance = Provenance::none();

/// What the conditions below are checked against.
struct Scene {
    server: ServerName,
    tool: ToolFacts,
    principal: Principal,
    arguments: JsonText,
    findings: Vec<Finding>,
    floor: Label,
}

impl Scene {
    fn new() -> Self {
        let finding = |id: &'static str, category, severity| Finding {
            id: id.into(),
            category,
            severity,
            confidence: 90,
            span: Span { start: 0, end: 1, line: 1, column: 1 },
            message: "seen".into(),
            alternative: None,
            reference: None,
        };
        Self {
            server: "files".parse().unwrap(),
            tool: ToolFacts {
                effects: Effects::of(&[Effect::Write, Effect::Delete]),
                source: EffectSource::Catalogue,
                irreversible: true,
                egress: false,
                content: Integrity::Untrusted,
                confidentiality: Confidentiality::Public,
                consequential: vec![],
            },
            principal: Principal {
                realm: "acme".parse().unwrap(),
                name: "uid:1000".into(),
                authentication: Authentication::PeerCredentials { uid: 1000 },
                scopes: Arc::new([]),
            },
            arguments: r#"{"path":"/data/../etc/passwd","url":"https://a.example/x/../y","amount":100,"big":1e400,
                "text":"12.5","word":"lots","flag":true,"none":null,"list":["/data/a","/etc/b"],"same":["/data/a","/data/b"],
                "empty":[],"deep":{"a":[{"b":"/etc/c"}]},"a/b":{"~":"x"},"esc":"\u002fetc\u002fd"}"#
                .to_owned()
                .try_into()
                .unwrap(),
            findings: vec![
                finding("token", Category::Secret, Severity::Critical),
                finding("rm_rf", Category::Command, Severity::Medium),
            ],
            floor: Label {
                confidentiality: Confidentiality::Internal,
                pii: false,
                integrity: Integrity::Model,
            },
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            action: ActionKind::CallTool,
            server: Some(&self.server),
            target: "write_file",
            tool: Some(&self.tool),
            principal: &self.principal,
            arguments: Some(&self.arguments),
            findings: &self.findings,
            provenance: &NOWHERE,
            floor: self.floor,
            sandboxed: false,
            answerable: true,
        }
    }
}

fn rule(when: &str, decision: &str) -> Rule {
    let text = format!("rules: [{{ id: r, severity: low, match: {when}, decision: {decision} }}]");
    load(&[Source { name: "t", text: &text }]).unwrap_or_else(|errors| panic!("{when}: {errors:?}")).remove(0)
}

fn matches(when: &str, decision: &str) -> bool {
    rule(when, decision).check(&Scene::new().facts()).is_ok()
}

#[test]
fn each_condition_holds_or_does_not() {
    for (when, expected) in [
        ("{}", true),
        ("{ server: files }", true),
        ("{ server: file }", false),
        ("{ server: [mail, 'f*'] }", true),
        ("{ tool: write_file }", true),
        ("{ tool: '*_file' }", true),
        ("{ tool: { regex: 'write|read' } }", false),
        ("{ tool: { regex: '(write|read)_.*' } }", true),
        ("{ tool: Write_file }", false),
        ("{ action: call_tool }", true),
        ("{ action: [list, read_resource] }", false),
        ("{ effects: [send, delete] }", true),
        ("{ effects: [send] }", false),
        ("{ effects: { all: [write, delete] } }", true),
        ("{ effects: { any: [send, write], all: [delete] } }", true),
        ("{ effects: { any: [delete], all: [send] } }", false),
        ("{ effects: unknown }", false),
        ("{ principal: 'uid:1000' }", true),
        ("{ principal: 'uid:*' }", true),
        ("{ principal: 'acme/uid:1000' }", true),
        ("{ principal: '*/uid:1000' }", true),
        ("{ principal: 'other/uid:1000' }", false),
        ("{ principal: { regex: 'acme/.*' } }", true),
        ("{ principal: { regex: 'uid:1000' } }", false),
        ("{ findings: { category: secret } }", true),
        ("{ findings: { category: [sql, code] } }", false),
        ("{ findings: { severity: high } }", true),
        ("{ findings: { category: command, severity: high } }", false),
        ("{ findings: { id: 'rm_*' } }", true),
        ("{ floor: { confidentiality: internal } }", true),
        ("{ floor: { confidentiality: secret } }", false),
        ("{ floor: { integrity: trusted } }", true),
        ("{ floor: { integrity: untrusted } }", false),
        ("{ floor: { pii: true } }", false),
        // All of them together.
        (
            "{ server: files, tool: write_file, effects: [write], arguments: { /amount: { equals: 100 } } }",
            true,
        ),
        (
            "{ server: files, tool: write_file, effects: [write], arguments: { /amount: { equals: 101 } } }",
            false,
        ),
    ] {
        assert_eq!((when, matches(when, "deny")), (when, expected));
        assert_eq!((when, matches(when, "allow")), (when, expected));
    }
}

#[test]
fn conditions_on_arguments_see_decoded_values() {
    for (condition, expected) in [
        ("/path: { regex: passwd }", true),
        ("/path: { regex: ^passwd }", false),
        ("/esc: { glob: /etc/* }", true),
        ("/a~1b/~0: { equals: x }", true),
        ("/list/1: { equals: /etc/b }", true),
        ("/list/01: { equals: /etc/b }", false),
        ("/amount: { equals: 100 }", true),
        ("/amount: { equals: 100.0 }", true),
        ("/amount: { equals: '100' }", false),
        ("/amount: { regex: '^100$' }", true),
        ("/amount: { in: [1, 100] }", true),
        ("/amount: { in: [1, 2] }", false),
        ("/flag: { equals: true }", true),
        ("/amount: { range: { min: 100, max: 100 } }", true),
        ("/amount: { range: { above: 100 } }", false),
        ("/amount: { range: { below: 100.5 } }", true),
        ("/big: { range: { above: 1e300 } }", true),
        ("/word: { glob: l*, regex: ts$ }", true),
        ("/word: { glob: l*, regex: x }", false),
    ] {
        let when = format!("{{ arguments: {{ {condition} }} }}");
        assert_eq!((condition, matches(&when, "deny")), (condition, expected));
        assert_eq!((condition, matches(&when, "allow")), (condition, expected));
    }
}

#[test]
fn a_path_is_matched_where_it_leads() {
    for (condition, expected) in [
        ("/path: { glob: /data/** }", false),
        ("/path: { glob: /etc/* }", true),
        ("/url: { glob: 'https://a.example/y' }", true),
        ("/url: { glob: 'https://a.example/x/**' }", false),
        ("/url: { glob: 'https://*' }", false),
        ("/url: { glob: 'https://**' }", true),
    ] {
        let when = format!("{{ arguments: {{ {condition} }} }}");
        assert_eq!((condition, matches(&when, "allow")), (condition, expected));
    }
    let globs = Globs::new(["/etc/passwd"]).unwrap();
    for path in ["/etc/./passwd", "//etc//passwd", "/../etc/passwd", "/etc/x/../passwd", "/etc/passwd"] {
        assert!(globs.matches(path), "{path}");
    }
    // A line break is a character like any other, for globs and for names.
    assert!(Globs::new(["/etc/**"]).unwrap().matches("/etc/a\nb"));
    assert!(Pattern::glob("a*").is_ok_and(|pattern| Names::any_of(vec![pattern]).matches("a\nb")));
    assert!(Pattern::regex("a").is_ok_and(|pattern| !Names::any_of(vec![pattern]).matches("a\n")));
    assert!(Globs::new(["../x"]).unwrap().matches("a/../../x"));
    assert!(!Globs::new(["x"]).unwrap().matches("../x"));
}

/// Doubt makes a verdict stricter: it makes rules that deny speak and rules that allow stay silent.
#[test]
fn a_value_that_is_hard_to_compare_counts_against_the_caller() {
    for condition in [
        "/list: { glob: /data/* }",
        "/deep: { glob: /etc/* }",
        "/text: { range: { max: 13 } }",
        "/word: { range: { max: 13 } }",
        "/deep: { range: { max: 13 } }",
    ] {
        let when = format!("{{ arguments: {{ {condition} }} }}");
        let spoke = ["deny", "ask", "allow"].map(|decision| matches(&when, decision));
        assert_eq!((condition, spoke), (condition, [true, true, false]));
    }
    assert!(matches("{ arguments: { /same: { glob: /data/* } } }", "allow"));
    assert!(!matches("{ arguments: { /empty: { glob: '**' } } }", "allow"));
    for condition in ["/none: { regex: '' }", "/nowhere: { regex: '' }"] {
        let without = format!("{{ arguments: {{ {} }} }}", condition.replace("regex: ''", "regex: a"));
        assert!(!matches(&without, "deny"));
        let with = without.replace("regex: a", "regex: a, missing: match");
        assert!(matches(&with, "deny"));
    }
}

#[test]
fn an_exception_silences_the_rule_and_doubt_turns_around() {
    let with = |decision: &str, except: &str| {
        let text = format!(
            "rules: [{{ id: r, severity: low, match: {{ server: files }}, decision: {decision}, except: {except} }}]"
        );
        let rules = load(&[Source { name: "t", text: &text }]).unwrap();
        rules[0].check(&Scene::new().facts()).map_err(|mismatch| mismatch.to_string())
    };
    let silent = |at: usize| Err(format!("exception {at} matches"));
    assert_eq!(with("deny", "{ tool: write_file }"), silent(1));
    assert_eq!(with("deny", "[{ tool: x }, { tool: write_file, effects: [write] }]"), silent(2));
    assert_eq!(with("deny", "{ tool: write_file, effects: [send] }"), Ok(()));
    // One of the two files lies elsewhere: not an exception to a denial, but one to a permission.
    assert_eq!(with("deny", "{ arguments: { /list: { glob: /data/* } } }"), Ok(()));
    assert_eq!(with("allow", "{ arguments: { /list: { glob: /data/* } } }"), silent(1));
    assert_eq!(with("deny", "{ arguments: { /same: { glob: /data/* } } }"), silent(1));
}

#[test]
fn a_tool_condition_speaks_only_of_tool_calls() {
    let scene = Scene::new();
    let other = Facts { action: ActionKind::GetPrompt, tool: None, ..scene.facts() };
    for when in ["{ tool: write_file }", "{ tool: '*' }", "{ effects: [unknown, read] }"] {
        assert!(rule(when, "deny").check(&other).is_err(), "{when}");
    }
    let unknown = Facts { tool: None, ..scene.facts() };
    assert_eq!(rule("{ effects: unknown }", "deny").check(&unknown), Ok(()));
    assert_eq!(rule("{ effects: [read] }", "deny").check(&unknown), Err(Mismatch::Effects));
}
