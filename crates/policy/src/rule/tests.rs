use std::sync::Arc;

use ringfence_model::call::ActionKind;
use ringfence_model::code::{CommandClass, Runnable, SqlClass};
use ringfence_model::effect::{Effect, EffectSource, Effects, ToolFacts};
use ringfence_model::finding::{Category, Finding, Span};
use ringfence_model::id::Timestamp;
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::name::ServerName;
use ringfence_model::principal::{Authentication, Principal};
use ringfence_model::provenance::{Origin, Provenance, Resemblance, Role, Word};
use ringfence_model::tally::{Counts, Recent};

use super::*;
use crate::facts::Facts;
use crate::load::{Source, load};

static RUNNABLE: [Runnable<'static>; 2] = [
    Runnable { raw: "\"DELETE FROM t\"", sql: SqlClass::Destructive, command: CommandClass::Unknown },
    Runnable { raw: "[\"rm\",\"-rf\",\"/\"]", sql: SqlClass::Unknown, command: CommandClass::Unsafe },
];

/// A Wednesday, 14:30 UTC.
const AFTERNOON: Timestamp = Timestamp(1_764_772_200_000_000_000);

/// What the conditions below are checked against.
struct Scene {
    server: ServerName,
    tool: ToolFacts,
    principal: Principal,
    arguments: JsonText,
    findings: Vec<Finding>,
    floor: Label,
    provenance: Provenance,
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
                "empty":[],"deep":{"a":[{"b":"/etc/c"}]},"a/b":{"~":"x"},"esc":"\u002fetc\u002fd",
                "sql":"DELETE FROM t","other":"SELECT 1","words":["rm","-rf","/"],"host":"http://0x7f.1:80/x",
                "up":"../x","home":"~/.ssh","quoted":"/data/%2e%2e/etc/x","to":["a@x.org","b@y.org"]}"#
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
            provenance: Provenance {
                values: vec![
                    origin("", Role::Consequential, Word::User, Confidentiality::Public, None),
                    origin("/to/0", Role::Consequential, Word::Untrusted, Confidentiality::Internal, Some("web")),
                    origin("/to/1", Role::Consequential, Word::Model, Confidentiality::Public, None),
                    origin("/text", Role::Content, Word::Near, Confidentiality::Secret, Some("vault")),
                ],
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
            runnable: &RUNNABLE,
            provenance: &self.provenance,
            floor: self.floor,
            time: AFTERNOON,
            recent: Recent {
                calls: Counts { minute: 5, hour: 50, day: 500 },
                denied: Counts { minute: 0, hour: 4, day: 4 },
            },
            sandboxed: false,
            answerable: true,
        }
    }
}

fn origin(
    pointer: &str,
    role: Role,
    word: Word,
    confidentiality: Confidentiality,
    server: Option<&str>,
) -> Origin {
    let label = Label { confidentiality, pii: false, integrity: Integrity::Untrusted };
    let source = |server: &str| ringfence_model::provenance::Source {
        call: ringfence_model::id::CallId(7),
        server: Some(server.parse().unwrap()),
        target: "read".into(),
        by: Resemblance::Atom,
        label,
    };
    Origin { pointer: pointer.into(), role, word, label, sources: server.into_iter().map(source).collect() }
}

fn rule(when: &str, decision: &str) -> Rule {
    let text = format!("rules: [{{ id: r, severity: low, match: {when}, decision: {decision} }}]");
    load(&[Source { name: "t", text: &text }], &[])
        .unwrap_or_else(|errors| panic!("{when}: {errors:?}"))
        .rules
        .remove(0)
}

fn matches(when: &str, decision: &str) -> bool {
    rule(when, decision).check(&Case::new(&Scene::new().facts(), Some("staging"))).is_ok()
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
        // No rule allows because of a label.
        if !when.contains("floor") {
            assert_eq!((when, matches(when, "allow")), (when, expected));
        }
    }
}

#[test]
fn exactly_means_these_arguments_and_no_others() {
    let exactly = |text: &str, arguments: &str| {
        let when = format!("{{ exactly: {} }}", ringfence_model::json::quote(text));
        let arguments: JsonText = arguments.to_owned().try_into().unwrap();
        let scene = Scene::new();
        let facts = Facts { arguments: Some(&arguments), ..scene.facts() };
        ["allow", "deny"].map(|decision| rule(&when, decision).check(&Case::new(&facts, None)).is_ok())
    };
    let wanted = r#"{"to": ["a", "b"], "amount": 5}"#;
    assert_eq!(exactly(wanted, r#"{ "amount":5,"to":["\u0061","b"]}"#), [true; 2]);
    for other in [
        r#"{"amount":5,"to":["a","b"],"bcc":"c"}"#,
        r#"{"amount":5,"to":["b","a"]}"#,
        r#"{"amount":50,"to":["a","b"]}"#,
        r#"{"amount":"5","to":["a","b"]}"#,
        r"{}",
    ] {
        assert_eq!(exactly(wanted, other), [false; 2], "{other}");
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
        let rules = load(&[Source { name: "t", text: &text }], &[]).unwrap().rules;
        rules[0]
            .check(&Case::new(&Scene::new().facts(), Some("staging")))
            .map_err(|mismatch| mismatch.to_string())
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
        assert!(rule(when, "deny").check(&Case::new(&other, None)).is_err(), "{when}");
    }
    let unknown = Facts { tool: None, ..scene.facts() };
    assert_eq!(rule("{ effects: unknown }", "deny").check(&Case::new(&unknown, None)), Ok(()));
    assert_eq!(rule("{ effects: [read] }", "deny").check(&Case::new(&unknown, None)), Err(Mismatch::Effects));
}

/// Whether a rule that denies and one that allows speak.
fn both(when: &str) -> (bool, bool) {
    (matches(when, "deny"), matches(when, "allow"))
}

const YES: (bool, bool) = (true, true);
const NO: (bool, bool) = (false, false);
/// What cannot be told counts against the caller.
const DOUBT: (bool, bool) = (true, false);

#[test]
fn arguments_by_what_they_mean() {
    for (when, expected) in [
        ("{ arguments: { /host: { cidr: 127.0.0.0/8 } } }", YES),
        ("{ arguments: { /host: { cidr: [10.0.0.0/8, '::/0'] } } }", YES),
        ("{ arguments: { /word: { cidr: 0.0.0.0/0 } } }", NO),
        ("{ arguments: { /path: { path_under: /etc } } }", YES),
        ("{ arguments: { /path: { path_under: /et } } }", NO),
        ("{ arguments: { /path: { path_under: [/data, /etc/passwd/] } } }", YES),
        ("{ arguments: { /list: { path_under: /etc } } }", DOUBT),
        ("{ arguments: { /up: { path_under: /etc } } }", DOUBT),
        ("{ arguments: { /home: { path_under: /home } } }", DOUBT),
        ("{ arguments: { /quoted: { path_under: /etc } } }", DOUBT),
        ("{ arguments: { /quoted: { path_under: /data } } }", DOUBT),
        ("{ arguments: { /word: { path_under: / } } }", NO),
        ("{ arguments: { /sql: { sql: destructive } } }", YES),
        ("{ arguments: { /sql: { sql: [read, write] } } }", NO),
        ("{ arguments: { /other: { sql: destructive } } }", DOUBT),
        ("{ arguments: { /amount: { sql: unknown } } }", NO),
        ("{ arguments: { /words: { command: unsafe } } }", YES),
        ("{ arguments: { /words: { command: safe } } }", NO),
    ] {
        assert_eq!(both(when), expected, "{when}");
    }
}

#[test]
fn provenance_of_chosen_values() {
    for (when, expected) in [
        ("{ provenance: { word: [untrusted] } }", DOUBT),
        ("{ provenance: { word: user } }", YES),
        ("{ provenance: { pointer: /to, word: [untrusted] } }", DOUBT),
        ("{ provenance: { pointer: /to, word: [model, untrusted] } }", YES),
        ("{ provenance: { pointer: /to/0, word: [untrusted] } }", YES),
        ("{ provenance: { pointer: /t, word: user } }", NO),
        ("{ provenance: { role: consequential, word: [user, configured] } }", DOUBT),
        ("{ provenance: { pointer: /to/1, word: [user, model] } }", YES),
        ("{ provenance: { role: content, server: 'vau*' } }", YES),
    ] {
        assert_eq!(both(when), expected, "{when}");
    }
    for (when, expected) in [
        ("{ provenance: { pointer: /to, word: model } }", true),
        ("{ provenance: { role: content, confidentiality: secret, server: 'vau*' } }", true),
        ("{ provenance: { role: consequential, confidentiality: secret } }", false),
        ("{ provenance: { pii: true } }", false),
    ] {
        assert_eq!(matches(when, "deny"), expected, "{when}");
    }
}

#[test]
fn time_rate_environment_and_flags() {
    for (when, expected) in [
        ("{ time: { days: wed } }", YES),
        ("{ time: { days: weekend } }", NO),
        ("{ time: { from: '14:00', to: '15:00' } }", YES),
        ("{ time: { from: '14:31', to: '15:00' } }", NO),
        ("{ time: { from: '22:00', to: '14:31' } }", YES),
        ("{ time: { days: tue, from: '22:00', to: '14:31' } }", YES),
        ("{ time: { days: wed, from: '22:00', to: '14:31' } }", NO),
        ("{ time: { days: thu, from: '00:00', to: '02:00', offset: '+10:00' } }", YES),
        ("{ time: { from: '09:00', to: '10:00', offset: '-05:00' } }", YES),
        ("{ rate: { calls: { above: 4 }, per: 1m } }", YES),
        ("{ rate: { calls: { above: 5 }, per: 1m } }", NO),
        ("{ rate: { denied: { above: 3 }, per: 1h } }", YES),
        ("{ environment: staging }", YES),
        ("{ environment: [production, 'dev*'] }", NO),
        ("{ irreversible: true }", YES),
        ("{ egress: false }", YES),
        ("{ egress: true }", NO),
        ("{ sandboxed: true }", NO),
        ("{ target: 'write_*' }", YES),
        ("{ scope: operate }", NO),
    ] {
        assert_eq!(both(when), expected, "{when}");
    }
    let unsaid = |decision| rule("{ environment: production }", decision);
    let scene = Scene::new();
    assert_eq!(unsaid("deny").check(&Case::new(&scene.facts(), None)), Ok(()), "it may be production");
    assert_eq!(unsaid("allow").check(&Case::new(&scene.facts(), None)), Err(Mismatch::Environment));
}

#[test]
fn expressions_over_the_facts() {
    for (when, expected) in [
        ("args.amount > 99 && server == 'files'", YES),
        ("args.amount > 99.5", YES),
        ("args.amount < 99", NO),
        ("args.to.exists(x, x.endsWith('@x.org'))", YES),
        ("args.to.all(x, x.endsWith('@x.org'))", NO),
        ("has(args.nothing)", NO),
        ("has(args.amount) ? args.amount == 100 : false", YES),
        ("args.nothing == 1", DOUBT),
        ("args.amount.startsWith('1')", DOUBT),
        ("args.amount", DOUBT),
        ("1 / 0 == 1", DOUBT),
        ("findings.exists(f, f.category == 'secret' && f.severity >= 4)", YES),
        ("provenance.exists(p, p.word == 'untrusted' && p.servers.exists(s, s == 'web'))", YES),
        ("floor.confidentiality == 'internal' && !floor.pii", YES),
        ("'delete' in effects && irreversible", YES),
        ("recent.denied.hour > 3", YES),
        ("environment == 'staging'", YES),
        ("principal.realm == 'acme' && principal.name == 'uid:1000'", YES),
        ("action == 'call_tool' && target.startsWith('write')", YES),
        ("args['a/b']['~'] == 'x'", YES),
    ] {
        assert_eq!(both(&format!("{{ when: {when:?} }}")), expected, "{when}");
    }
}

#[test]
fn an_expression_that_would_cost_too_much_counts_against_the_caller() {
    let mut scene = Scene::new();
    let list = |count: usize| vec!["\"x\""; count].join(",");
    let when = "{ when: \"args.a.exists(x, args.a.exists(y, x != y))\" }";
    for (count, expected) in [(10, NO), (1_000, DOUBT), (60_000, DOUBT)] {
        scene.arguments = format!("{{\"a\":[{}]}}", list(count)).try_into().unwrap();
        let speaks = |decision| rule(when, decision).check(&Case::new(&scene.facts(), None)).is_ok();
        assert_eq!((speaks("deny"), speaks("allow")), expected, "{count}");
    }
}
