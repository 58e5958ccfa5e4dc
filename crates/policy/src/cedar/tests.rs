use proptest::prelude::*;
use ringfence_model::config::PolicyConfig;
use ringfence_model::effect::Effect as Does;
use ringfence_model::finding::Category;
use ringfence_model::json::JsonText;

use super::*;
use crate::judge::PolicySet as Set;
use crate::judge::tests::{call, finding, tool};

fn load(cedar: &str, yaml: &str) -> Result<Set, Vec<LoadError>> {
    let sources = [Source { name: "a.cedar", text: cedar }, Source { name: "b.yaml", text: yaml }];
    Set::load(&sources, &PolicyConfig::standard())
}

fn refused(cedar: &str) -> String {
    let errors = load(cedar, "rules: []").err().unwrap_or_default();
    errors.iter().map(|error| format!("{error}\n")).collect()
}

/// What is decided about a call of `frob` of `files` that pays, and by which rule.
fn decided(set: &Set, arguments: &str) -> (Decision, String) {
    let arguments: JsonText = arguments.to_owned().try_into().unwrap();
    call(
        Some(&tool(&[Does::Pay])),
        |_| (),
        |base| {
            let verdict = set.judge(&Facts { arguments: Some(&arguments), ..*base });
            (verdict.decision, verdict.reasons.first().unwrap().rule.to_string())
        },
    )
}

fn by(decision: Decision, rule: &str) -> (Decision, String) {
    (decision, rule.to_owned())
}

const SMALL: &str = r#"@id("small") @severity("low")
permit (principal == Principal::"home/uid:1000", action == Action::"call_tool", resource in Server::"files")
when { resource.effects.contains("pay") && context.numbers.hasTag("/sum") && context.numbers.getTag("/sum") <= 10 };
"#;

#[test]
fn what_cedar_permits_stands_in_for_the_table_and_where_it_is_silent_the_table_decides() {
    let set = load(SMALL, "rules: []").unwrap();
    assert_eq!(decided(&set, r#"{"sum":10}"#), by(Decision::Allow, "small"));
    assert_eq!(decided(&set, r#"{"sum":11}"#), by(Decision::Ask, "ringfence.default.pay"));
    assert_eq!(
        decided(&set, r#"{"sum":"5"}"#),
        by(Decision::Ask, "ringfence.default.pay"),
        "a text is no number"
    );
    assert_eq!(set.len(), load("", "rules: []").unwrap().len() + 1);
}

#[test]
fn the_strictest_of_both_sources_wins() {
    let yaml =
        "rules: [{ id: no, severity: high, match: { arguments: { /to: { equals: x } } }, decision: deny }]";
    let cedar = format!(
        "{SMALL}@id(\"look\") @severity(\"high\") @decision(\"ask\") @message(\"look first\")\n\
         forbid (principal, action, resource) when {{ context.arguments.hasTag(\"/to\") && context.arguments.getTag(\"/to\") like \"y*\" }};\n\
         @id(\"never\") @severity(\"critical\")\nforbid (principal, action, resource) when {{ context.findings.contains(\"secret\") }};\n"
    );
    let set = load(&cedar, yaml).unwrap();
    assert_eq!(decided(&set, r#"{"sum":1,"to":"x"}"#), by(Decision::Deny, "no"));
    assert_eq!(decided(&set, r#"{"sum":1,"to":"yes"}"#).0, Decision::Ask);
    let found = [finding(Category::Secret, Severity::High)];
    let arguments: JsonText = "{\"sum\":1}".to_owned().try_into().unwrap();
    call(
        Some(&tool(&[Does::Pay])),
        |_| (),
        |base| {
            let facts = Facts { arguments: Some(&arguments), findings: &found, ..*base };
            let verdict = set.judge(&facts);
            assert_eq!((verdict.decision, &*verdict.reasons[0].rule), (Decision::Deny, "never"));
            let spoke = |id: &str| set.explain(&facts).into_iter().find(|it| &*it.rule == id).unwrap();
            assert_eq!((spoke("never").matched, spoke("never").place), (true, Some("a.cedar:6".to_owned())));
            assert!(!spoke("look").matched);
        },
    );
}

#[test]
fn what_cannot_be_evaluated_counts_against_the_caller() {
    let sum = "context.numbers.hasTag(\"/n\") && context.numbers.getTag(\"/n\") + 1 < 0";
    let forbid =
        format!("@id(\"f\") @severity(\"high\") forbid (principal, action, resource) when {{ {sum} }};");
    let permit =
        format!("@id(\"p\") @severity(\"low\") permit (principal, action, resource) unless {{ {sum} }};");
    let most = format!("{{\"n\":{}}}", i64::MAX);
    assert_eq!(decided(&load(&forbid, "rules: []").unwrap(), &most), by(Decision::Deny, "f"));
    assert_eq!(decided(&load(&permit, "rules: []").unwrap(), "{\"n\":1}"), by(Decision::Allow, "p"));
    assert_eq!(
        decided(&load(&permit, "rules: []").unwrap(), &most),
        by(Decision::Ask, "ringfence.default.pay")
    );
    let large = format!("{{\"a\":{:?}}}", "x".repeat(70_000));
    assert_eq!(decided(&load(&permit, "rules: []").unwrap(), &large), by(Decision::Deny, "ringfence.cedar"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let begin = "@id(\"a\") @severity(\"low\")\n";
    let said =
        refused(&format!("\n{begin}permit (principal, action, resource) when {{ resource.color == 1 }};"));
    assert!(said.starts_with("a.cedar:2:1: ") && said.contains("color"), "{said}");
    let said = refused(&format!("{begin}permit (principal, action == Action::\"call_tol\", resource);"));
    assert!(said.starts_with("a.cedar:1:1: ") && said.contains("call_tol"), "{said}");
    let said = refused(&format!(
        "{begin}forbid (principal, action, resource) when {{ context.numbers.getTag(\"/n\") > 1 }};"
    ));
    assert!(said.starts_with("a.cedar:1:1: ") && said.contains("/n"), "{said}");
    let said = refused(&format!(
        "{begin}permit (principal, action, resource);\nforbit (principal, action, resource);"
    ));
    assert!(said.starts_with("a.cedar:3:"), "{said}");
    assert!(refused("permit (principal, action, resource);").contains("needs `@id"));
    assert!(refused("@id(\"a\") permit (principal, action, resource);").contains("needs `@severity"));
    assert!(
        refused("@id(\"a\") @severity(\"hihg\") permit (principal, action, resource);").contains("`high`")
    );
    assert!(
        refused("@id(\"ringfence.a\") @severity(\"low\") permit (principal, action, resource);")
            .contains("reserved")
    );
    assert!(
        refused("@id(\"a\") @severity(\"low\") permit (principal == ?principal, action, resource);")
            .contains("templates")
    );
    let twice =
        format!("{begin}permit (principal, action, resource);\n{begin}forbid (principal, action, resource);");
    assert!(refused(&twice).contains("is taken"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn neither_order_nor_a_further_policy_that_forbids_weakens(order in Just(vec![0, 1, 2]).prop_shuffle(), sum in 0..20_i64, more in any::<bool>()) {
        let all = [
            SMALL.to_owned(),
            "@id(\"q\") @severity(\"high\") @decision(\"ask\") forbid (principal, action, resource) when { context.numbers.hasTag(\"/sum\") && context.numbers.getTag(\"/sum\") > 5 };".to_owned(),
            "@id(\"d\") @severity(\"high\") forbid (principal, action, resource) when { context.numbers.hasTag(\"/sum\") && context.numbers.getTag(\"/sum\") > 15 };".to_owned(),
        ];
        let straight = load(&all.concat(), "rules: []").unwrap();
        let mut shuffled: String = order.iter().map(|at| all[*at].clone()).collect();
        let arguments = format!("{{\"sum\":{sum}}}");
        prop_assert_eq!(decided(&straight, &arguments), decided(&load(&shuffled, "rules: []").unwrap(), &arguments));
        if more {
            shuffled.push_str("@id(\"m\") @severity(\"low\") forbid (principal, action, resource) when { context.numbers.hasTag(\"/sum\") };");
            prop_assert!(decided(&load(&shuffled, "rules: []").unwrap(), &arguments).0 >= decided(&straight, &arguments).0);
        }
    }
}
