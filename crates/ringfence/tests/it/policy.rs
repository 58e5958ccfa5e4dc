//! `ringfence policy`: rules explained, tested, compared with the journal; a changed policy without a restart.

use ringfence_model::entry::EntryBody;
use serde_json::Value;

use super::home::{Home, Ran};
use super::kernel::{journal, start, stop};

const RULES: &str = "\
rules:
  - id: no-notes
    severity: high
    match: { server: files, arguments: { /path: { path_under: /notes } } }
    decision: deny
    message: notes stay as they are
    references: [\"ISO A.8.3\"]
";

fn with_rules(rules: &str) -> Home {
    let home = Home::new();
    home.write(&home.config(), "policy: { files: ['rules/*.yaml'] }\n");
    home.write(&home.config().with_file_name("rules").join("mine.yaml"), rules);
    home
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn presets_are_listed_and_printed() {
    let home = Home::new();
    let listed = home.run(&["policy", "presets", "list", "--json"]);
    let names: Vec<Value> = json(&listed).as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names.len(), 27);
    for name in names.iter().map(|name| name.as_str().unwrap()) {
        let shown = home.run(&["policy", "presets", "show", name]);
        assert_eq!(shown.code, 0, "{name}");
        let copy = home.path(&format!("{name}.yaml"));
        home.write(&copy, &shown.stdout);
        let checked = home.run(&["policy", "check", copy.to_str().unwrap()]);
        assert_eq!(checked.code, 0, "{name}: {checked:?}");
    }
    assert_eq!(home.run(&["policy", "presets", "show", "hippa"]).code, 2);
}

#[test]
fn a_call_is_explained_rule_by_rule() {
    let home = with_rules(RULES);
    let explain = |call: &str| home.run(&["policy", "explain", call]);
    let denied =
        explain("{server: files, tool: write, effects: [write], arguments: {path: /notes/../notes/a}}");
    assert_eq!(denied.code, 3);
    assert_eq!(
        denied.stdout,
        "deny by no-notes: notes stay as they are\n  speaks  no-notes (HOME/config/ringfence/rules/mine.yaml:2): notes stay as they are [ISO A.8.3]\n  speaks  ringfence.default.write: what the tool changes can be changed back\n"
    );
    let code = explain("{server: x, tool: run, arguments: {command: 'rm -rf / --no-preserve-root'}}");
    assert_eq!(code.code, 3, "{code:?}");
    assert!(code.stdout.starts_with("deny by ringfence.unsafe_code"), "{code:?}");
    assert_eq!(explain("{server: files, tool: write, effects: [write], arguments: {path: /a}}").code, 0);
    assert_eq!(explain("{server: files, tool: write}").code, 1, "nothing is known of the tool");
    assert_eq!(explain("{tol: write}").code, 2);
}

#[test]
fn tables_are_judged_and_what_differs_is_shown() {
    let home = with_rules(RULES);
    let table = home.path("mine.test.yaml");
    home.write(
        &table,
        "tests:
  - { name: notes, call: { server: files, tool: w, effects: [write], arguments: { path: /notes/a } }, expect: deny, rule: no-notes }
  - { name: others, call: { server: files, tool: w, effects: [write], arguments: { path: /b } }, expect: ask }
",
    );
    let ran = home.run(&["policy", "test", table.to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stdout,
        "HOME/mine.test.yaml: others: expected ask , found allow by ringfence.default.write\n1 of 2 passed\n"
    );
}

#[test]
fn lint_remarks_on_what_decides_nothing() {
    let rules = format!(
        "{RULES}  - {{ id: all-files, severity: critical, match: {{ server: files }}, decision: deny }}\n"
    );
    let home = with_rules(&rules);
    let ran = home.run(&["policy", "lint", "--json"]);
    assert_eq!(ran.code, 1);
    let remark = &json(&ran)["remarks"][0];
    assert_eq!((remark["rule"].as_str(), remark["kind"].as_str()), (Some("no-notes"), Some("shadowed")));
    assert_eq!(
        with_rules(RULES).run(&["policy", "lint"]),
        Ran { code: 0, stdout: "no remarks\n".into(), stderr: String::new() }
    );
}

#[test]
fn the_journal_is_judged_again_and_the_least_policy_allows_what_was_seen() {
    let home = with_rules("rules: []\n");
    let call = |code: &str| {
        let arguments = format!("{{\"code\":{code:?},\"language\":\"python\"}}");
        home.run(&["tools", "call", "verify_code_safety", "--args", &arguments])
    };
    assert_eq!(call("print(1)").code, 0);
    assert_eq!(home.run(&["policy", "diff", "--since", "1h"]).code, 0, "nothing has changed");
    let other = home.path("other.yaml");
    home.write(
        &other,
        "rules: [{ id: none, severity: high, match: { tool: verify_code_safety }, decision: deny }]\n",
    );
    let diff = home.run(&["policy", "diff", "--rules", other.to_str().unwrap(), "--json"]);
    assert_eq!(diff.code, 1, "{diff:?}");
    let changed = json(&diff)["calls"][0].clone();
    assert_eq!(
        (changed["was"].as_str(), changed["now"].as_str(), changed["rule"].as_str()),
        (Some("allow"), Some("deny"), Some("none"))
    );
    home.write(&other, "rules: [{ id: some, severity: high, match: { arguments: { /code: { regex: eval } } }, decision: deny }]\n");
    let diff = home.run(&["policy", "diff", "--rules", other.to_str().unwrap()]);
    assert!(diff.stdout.contains("unavailable: arguments not recorded"), "{diff:?}");

    let draft = home.run(&["policy", "suggest"]);
    home.write(&other, &draft.stdout);
    home.write(&home.config(), "policy: { presets: [] }\n");
    let rules = ["--rules", other.to_str().unwrap()];
    let seen = "{server: ringfence, tool: verify_code_safety, effects: [read], arguments: {code: x}}";
    let other_call = "{server: ringfence, tool: get_audit_log, effects: [read]}";
    assert_eq!(home.run(&[&["policy", "explain", seen][..], &rules].concat()).code, 0, "{draft:?}");
    assert_eq!(home.run(&[&["policy", "explain", other_call][..], &rules].concat()).code, 3, "{draft:?}");
}

/// Runs `look`, which starts the binary each time, until it holds; the kernel looks at its files once a second.
fn until(what: &str, look: impl Fn() -> bool) {
    assert!((0..2_000).any(|_| look()), "{what}");
}

#[test]
fn a_changed_policy_is_in_force_without_a_restart_and_a_bad_one_changes_nothing() {
    let home = with_rules("rules: []\n");
    let rules = home.config().with_file_name("rules").join("mine.yaml");
    let status = || json(&home.run(&["status", "--json"]))["policy"].clone();
    start(&home);
    let first = status();
    home.write(&rules, "rules: [{ id: broken, severity: hihg, match: {}, decision: deny }]\n");
    until("the bad file is noticed", || {
        status()["rejected"].as_str().is_some_and(|why| why.contains("hihg"))
    });
    assert_eq!(status()["digest"], first["digest"], "the old one stays in force");
    home.write(
        &rules,
        "rules: [{ id: none, severity: high, match: { tool: verify_code_safety }, decision: deny }]\n",
    );
    until("the good file is in force", || status()["digest"] != first["digest"]);
    assert_eq!(status()["rejected"], Value::Null);
    let call = home.run(&[
        "tools",
        "call",
        "verify_code_safety",
        "--args",
        "{\"code\":\"x\",\"language\":\"python\"}",
    ]);
    assert_eq!(call.code, 3, "{call:?}");
    stop(&home, "");
    let entries = journal(&home);
    let loads = entries.iter().filter(|entry| matches!(entry, EntryBody::PolicyLoaded { .. })).count();
    let refusals = entries.iter().filter(|entry| matches!(entry, EntryBody::PolicyRejected { .. })).count();
    assert_eq!((loads, refusals), (2, 1));
}

#[test]
fn a_storm_of_changes_ends_in_the_last_one_and_costs_few_readings() {
    let home = with_rules("rules: []\n");
    let rules = home.config().with_file_name("rules").join("mine.yaml");
    let status = || json(&home.run(&["status", "--json"]))["policy"].clone();
    start(&home);
    let first = status()["digest"].clone();
    let storm = 2_000;
    for at in 0..storm {
        // Good ones, broken ones, and halves of good ones.
        let text = match at % 3 {
            0 => format!("rules: [{{ id: r{at}, severity: low, match: {{ tool: t }}, decision: deny }}]\n"),
            1 => format!("rules: [{{ id: r{at}, severity: hihg, match: {{}} }}]\n"),
            _ => format!("rules: [{{ id: r{at}, severity: lo"),
        };
        home.write(&rules, &text);
    }
    home.write(
        &rules,
        "rules: [{ id: last, severity: high, match: { tool: verify_code_safety }, decision: deny }]\n",
    );
    until("the last one is in force", || {
        let now = status();
        now["digest"] != first && now["rejected"] == Value::Null && {
            let call =
                ["tools", "call", "verify_code_safety", "--args", "{\"code\":\"x\",\"language\":\"python\"}"];
            home.run(&call).code == 3
        }
    });
    stop(&home, "");
    let changes = journal(&home)
        .iter()
        .filter(|entry| matches!(entry, EntryBody::PolicyLoaded { .. } | EntryBody::PolicyRejected { .. }))
        .count();
    assert!(changes < storm / 10, "{changes} readings of {storm} changes");
}
