//! Facts that only some rules ask for are found when they do, and what a rule asks for is done.

use std::sync::Arc;

use ringfence_kernel::builtin::Builtin;
use ringfence_kernel::call::{Target, Wire};
use ringfence_model::call::Action;
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::entry::EntryBody;
use ringfence_model::verdict::Obligation;

use super::world::{Probe, World};

/// The code and the rule of the denial, if any, of a call with these arguments.
async fn denied(world: &World, arguments: &str) -> Option<(i64, String)> {
    let tool: Arc<dyn Builtin> = Probe::new(Effects::of(&[Effect::Read])) as _;
    let arguments = arguments.to_owned().try_into().unwrap();
    let action =
        Action::CallTool { server: "probe-server".parse().unwrap(), tool: "probe".into(), arguments };
    let request = world.request(action, Target::Builtin(tool));
    let Wire::Result(result) = world.kernel.run(request).await.into_wire() else { panic!("no result") };
    let said = result.value().pointer("/_meta/io.ringfence~1denied")?;
    Some((said.get("code")?.as_i64()?, said.get("rule")?.as_str()?.into_owned()))
}

fn by(code: i64, rule: &str) -> Option<(i64, String)> {
    Some((code, rule.to_owned()))
}

#[tokio::test]
async fn what_texts_would_do_is_known_to_rules_that_ask() {
    let world = World::new(
        "rules:
  - { id: reads-only, severity: high, match: { arguments: { /q: { sql: [write, destructive] } } }, decision: deny }
  - { id: safe-only, severity: high, match: { arguments: { /c: { command: unsafe } } }, decision: deny }",
    )
    .await;
    assert_eq!(denied(&world, r#"{"q":"SELECT a FROM t"}"#).await, None);
    assert_eq!(
        denied(&world, r#"{"q":"with x as (delete from t returning *) select * from x"}"#).await,
        by(1001, "reads-only")
    );
    assert_eq!(denied(&world, r#"{"c":"ls -l"}"#).await, None);
    assert_eq!(denied(&world, r#"{"c":["rm","-rf","/"]}"#).await, by(1001, "safe-only"));
}

#[tokio::test]
async fn calls_and_denials_are_counted_for_rules_that_ask() {
    let world = World::new(
        "rules:
  - { id: not-x, severity: high, match: { arguments: { /x: { equals: true } } }, decision: deny }
  - { id: too-many-denied, severity: critical, match: { rate: { denied: { above: 2 }, per: 1h } }, decision: deny }",
    )
    .await;
    for _ in 0..3 {
        assert_eq!(denied(&world, "{}").await, None);
        assert_eq!(denied(&world, r#"{"x":true}"#).await, by(1001, "not-x"));
    }
    assert_eq!(denied(&world, "{}").await, by(1001, "too-many-denied"));
}

#[tokio::test]
async fn a_budget_is_spent_by_what_calls_ask_for() {
    let world = World::new(
        "rules:
  - id: pocket-money
    severity: high
    match: { tool: probe }
    obligations: { budget: { sum: /amount, most: 10, per: 1d } }",
    )
    .await;
    assert_eq!(denied(&world, r#"{"amount":6.5}"#).await, None);
    assert_eq!(denied(&world, r#"{"amount":"4"}"#).await, by(1006, "pocket-money"));
    assert_eq!(denied(&world, r#"{"amount":3.5}"#).await, None);
    assert_eq!(denied(&world, r#"{"amount":0.001}"#).await, by(1006, "pocket-money"));
    assert_eq!(
        denied(&world, r#"{"amount":-100}"#).await,
        by(1006, "pocket-money"),
        "nothing is earned back"
    );
    assert_eq!(denied(&world, r#"{"amount":"lots"}"#).await, by(1006, "pocket-money"));
    assert_eq!(denied(&world, "{}").await, None, "what has no amount costs nothing");
}

#[tokio::test]
async fn what_was_spent_and_counted_survives_a_restart() {
    let rules = "rules:
  - id: spend
    severity: high
    match: { arguments: { /amount: { range: { min: 0 } } } }
    obligations: { budget: { sum: /amount, most: 10, per: 1d } }
  - id: few
    severity: high
    match: { arguments: { /q: { regex: . } } }
    obligations: { limit: { calls: 2, per: 1d } }
  - { id: not-x, severity: high, match: { arguments: { /x: { equals: true } } }, decision: deny }
  - { id: too-many-denied, severity: critical, match: { rate: { denied: { above: 6 }, per: 1d } }, decision: deny }";
    let world = World::new(rules).await;
    assert_eq!(denied(&world, r#"{"amount":7}"#).await, None);
    assert_eq!(denied(&world, r#"{"amount":4}"#).await, by(1006, "spend"));
    assert_eq!(denied(&world, r#"{"q":"a"}"#).await, None);
    for _ in 0..2 {
        assert_eq!(denied(&world, r#"{"x":true}"#).await, by(1001, "not-x"));
    }
    let world = world.again(rules).await;
    assert_eq!(denied(&world, r#"{"amount":4}"#).await, by(1006, "spend"), "7 of 10 are spent");
    assert_eq!(denied(&world, r#"{"amount":3}"#).await, None);
    let world = world.again(rules).await;
    assert_eq!(denied(&world, r#"{"amount":1}"#).await, by(1006, "spend"));
    assert_eq!(denied(&world, r#"{"q":"a"}"#).await, None);
    assert_eq!(denied(&world, r#"{"q":"a"}"#).await, by(1006, "few"), "one call was before the restarts");
    assert_eq!(denied(&world, r#"{"x":true}"#).await, by(1001, "not-x"));
    assert_eq!(denied(&world, "{}").await, by(1001, "too-many-denied"), "most denials were before them");
}

#[tokio::test]
async fn a_call_is_marked_in_the_journal_where_a_rule_says_so() {
    let world = World::new(
        "rules: [{ id: watched, severity: info, match: { tool: probe }, obligations: { record: true } }]",
    )
    .await;
    assert_eq!(denied(&world, "{}").await, None);
    let marked = world.journal().into_iter().any(|entry| {
        matches!(entry, EntryBody::Ruling(ruling)
            if ruling.verdict.obligations.iter().any(|(rule, mark)| &**rule == "watched" && *mark == Obligation::Record))
    });
    assert!(marked);
}
