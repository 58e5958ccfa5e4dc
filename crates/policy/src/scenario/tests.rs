use ringfence_model::config::PolicyConfig;

use super::*;
use crate::judge::PolicySet;
use crate::load::Source;

#[test]
fn a_table_is_read_and_its_rows_are_judged() {
    let table = Table::parse(
        "tests:
  - name: notes may be written
    call: { server: files, tool: write, effects: [write], arguments: { path: /notes/a } }
    expect: allow
  - name: what others wrote may not steer
    call:
      server: mail
      tool: send
      effects: [send]
      arguments: { to: a@b.example }
      provenance: [{ pointer: /to, role: consequential, word: untrusted, server: web }]
      time: 2026-11-20T10:00:00Z
    expect: deny
    rule: no-strangers
",
    )
    .unwrap();
    let rules = "rules: [{ id: no-strangers, severity: high, match: { provenance: { word: untrusted, server: web } }, decision: deny }]";
    let policy = PolicySet::load(&[Source { name: "r", text: rules }], &PolicyConfig::standard()).unwrap();
    for row in table.tests {
        let arguments = row.call.arguments().unwrap();
        let verdict = row.call.with_facts(&[], &[], arguments.as_ref(), |facts| policy.judge(facts)).unwrap();
        assert_eq!(verdict.decision, row.expect, "{}", row.name);
        if let Some(rule) = row.rule {
            assert_eq!(*verdict.reasons[0].rule, *rule);
        }
    }
}

#[test]
fn what_is_wrong_with_a_table_is_said() {
    let unknown = Table::parse("tests:\n  - name: a\n    call: { tol: x }\n    expect: allow\n").unwrap_err();
    assert!(unknown.to_string().contains("tol"), "{unknown}");
    let scenario = Scenario::parse("{ tool: x, time: yesterday }").unwrap();
    let error = scenario.with_facts(&[], &[], None, |_| ()).unwrap_err();
    assert_eq!(error.to_string(), "`yesterday` is no time");
}
