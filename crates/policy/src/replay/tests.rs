use ringfence_model::config::{PolicyConfig, Preset};
use ringfence_model::effect::Effect;
use ringfence_model::finding::Severity;

use super::*;

#[test]
fn a_rule_of_one_call_loads_whatever_its_names_and_arguments_hold() {
    let call = Exact {
        id: "approved-1",
        description: "by operator: \"yes\"\n# no",
        principal: "default/uid:1000",
        action: ActionKind::CallTool,
        server: Some("files"),
        target: "frob*[x]",
        arguments: r#"{"a":"x: y\n- z","n":5,"\u2028":"'"}"#,
    };
    let text = format!("rules:\n{}", allow_exactly(&call));
    let policy = PolicySet::load(&[Source { name: "t", text: &text }], &PolicyConfig::standard());
    assert_eq!(policy.map(|policy| policy.len()).map_err(|errors| errors[0].to_string()), Ok(1), "{text}");
}
use crate::judge::tests::{call, tool};
use crate::load::Source;

fn policy(rules: &str, presets: Vec<Preset>) -> PolicySet {
    let config = PolicyConfig { presets, ..PolicyConfig::standard() };
    PolicySet::load(&[Source { name: "t", text: rules }], &config)
        .unwrap_or_else(|errors| panic!("{rules}: {errors:?}"))
}

fn replayed(rules: &str, guards: &[Reason]) -> Replayed {
    let policy = policy(&format!("rules: [{rules}]"), vec![Preset::Standard]);
    call(Some(&tool(&[Effect::Read])), |facts| facts.arguments = None, |facts| policy.replay(facts, guards))
}

fn certain(rules: &str, guards: &[Reason]) -> Option<Decision> {
    match replayed(rules, guards) {
        Replayed::Certain(verdict) => Some(verdict.decision),
        Replayed::Unavailable(..) => None,
    }
}

#[test]
fn what_hangs_on_arguments_is_not_known_and_all_else_is() {
    assert_eq!(certain("", &[]), Some(Decision::Allow));
    assert_eq!(
        certain("{ id: a, severity: low, match: { tool: frob }, decision: deny }", &[]),
        Some(Decision::Deny)
    );
    let by_argument = "{ id: a, severity: low, match: { arguments: { /x: { equals: 1 } } }, decision: deny }";
    assert_eq!(replayed(by_argument, &[]), Replayed::Unavailable(Decision::Allow, Decision::Deny));
    let elsewhere =
        "{ id: a, severity: low, match: { tool: other, arguments: { /x: { equals: 1 } } }, decision: deny }";
    assert_eq!(certain(elsewhere, &[]), Some(Decision::Allow));
    let denied_anyway =
        format!("{by_argument}, {{ id: b, severity: low, match: {{ server: files }}, decision: deny }}");
    assert_eq!(certain(&denied_anyway, &[]), Some(Decision::Deny));
    let excepted =
        "{ id: a, severity: low, match: { tool: frob }, except: { when: 'args.x == 1' }, decision: ask }";
    assert_eq!(replayed(excepted, &[]), Replayed::Unavailable(Decision::Allow, Decision::Ask));
    let counted = "{ id: a, severity: low, match: { when: 'recent.denied.hour > 0' }, decision: ask }";
    assert_eq!(certain(counted, &[]), Some(Decision::Allow), "what does not look at arguments is known");
}

#[test]
fn a_recorded_guard_speaks_again_and_a_recorded_rule_does_not() {
    let reason = |rule: &str| Reason {
        rule: rule.into(),
        decision: Decision::Deny,
        severity: Severity::Critical,
        message: "".into(),
        alternative: None,
    };
    assert_eq!(certain("", &[reason("ringfence.unsafe_code")]), Some(Decision::Deny));
    assert_eq!(certain("", &[reason("some-rule"), reason("ringfence.default.read")]), Some(Decision::Allow));
}

#[test]
fn what_is_suggested_allows_what_was_seen_and_nothing_else() {
    let seen = |action, server: &str, target: &str, confirmed| Seen {
        action,
        server: Some(server.to_owned()),
        target: target.to_owned(),
        confirmed,
    };
    let calls = BTreeSet::from([
        seen(ActionKind::CallTool, "files", "frob", false),
        seen(ActionKind::CallTool, "files", "od*d[x]", false),
        seen(ActionKind::CallTool, "files", "asked", true),
        seen(ActionKind::ReadResource, "files", "file:///a", false),
        seen(ActionKind::List, "files", "tools/list", false),
    ]);
    let policy = policy(&suggest(&calls), Vec::new());
    let decided = |action, target: &str| {
        call(
            Some(&tool(&[Effect::Read])),
            |_| (),
            |facts| policy.judge(&Facts { action, target, ..*facts }).decision,
        )
    };
    assert_eq!(decided(ActionKind::CallTool, "frob"), Decision::Allow);
    assert_eq!(decided(ActionKind::CallTool, "od*d[x]"), Decision::Allow);
    assert_eq!(decided(ActionKind::CallTool, "oddd[x]"), Decision::Deny);
    assert_eq!(decided(ActionKind::CallTool, "asked"), Decision::Ask);
    assert_eq!(decided(ActionKind::ReadResource, "file:///a"), Decision::Allow);
    assert_eq!(decided(ActionKind::ReadResource, "file:///b"), Decision::Deny);
    assert_eq!(decided(ActionKind::CallTool, "file:///a"), Decision::Deny);
    assert_eq!(decided(ActionKind::List, "tools/list"), Decision::Allow);
}
