use proptest::prelude::*;
use ringfence_model::json::JsonText;
use ringfence_model::label::{Integrity, Label};
use ringfence_model::provenance::{Provenance, Role, Word};

use crate::judge::tests::{call, finding, origin, tool};
use crate::load::{Source, load};
use crate::rule::Case;

use super::*;

fn any_condition() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "tool: frob",
        "tool: 'fro*'",
        "tool: [frob, '*rob']",
        "tool: { regex: '(frob|nicate)' }",
        "server: files",
        "server: 'fil*'",
        "principal: 'uid:1000'",
        "principal: 'home/uid:1000'",
        "arguments: { /x: { regex: 'need(le|ed)' } }",
        "arguments: { /x: { glob: '/data/**/needle' } }",
        "arguments: { /x: { in: [needle, other] } }",
        "arguments: { /x: { regex: 'needle', missing: match } }",
        "arguments: { \"\": { regex: 'needle' } }",
        "arguments: { /x: { range: { above: 5 } } }",
        "arguments: { /x: { range: { min: 3, below: 7 } } }",
        "arguments: { /x: { range: { max: 7 } } }",
        "arguments: { /x: { path_under: [/data/b, /srv] } }",
        "arguments: { /x: { path_under: / } }",
        "findings: { category: secret }",
        "findings: { id: seen }",
        "findings: { id: [other, 'se*'] }",
        "provenance: { server: web }",
        "provenance: { word: untrusted }",
        "floor: { integrity: untrusted }",
        "effects: [send, pay]",
        "effects: read",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    /// The index finds each rule that speaks, whatever it is found by.
    #[test]
    fn no_rule_that_speaks_is_left_out(
        conditions in prop::collection::vec((any_condition(), any_condition(), any::<bool>()), 0..40),
        x in prop::sample::select(vec!["\"needle\"", "\"/data/a/../b/./needle\"", "\"file:///data/%62\"", "\"~/needle\"", "\"seven\"", "\"6\"", "[2,6.5]", "-0.0", "1e400", "[\"a\",\"needed\"]", "{\"y\":\"needle\"}", "7", "null"]),
        with_finding in any::<bool>(),
        from_the_web in any::<bool>(),
    ) {
        let rules: Vec<String> = conditions
            .iter()
            .enumerate()
            .map(|(at, (one, other, allows))| {
                let same = one.split(':').next() == other.split(':').next();
                let both = if same { one.clone() } else { format!("{one}, {other}") };
                let labelled = both.contains("floor") || both.contains("word");
                let decision = if *allows && !labelled { "allow" } else { "deny" };
                format!("{{ id: r{at}, severity: low, match: {{ {both} }}, decision: {decision} }}")
            })
            .collect();
        let text = format!("rules: [{}]", rules.join(", "));
        let rules = load(&[Source { name: "t", text: &text }], &[]).unwrap().rules;
        let index = Index::new(&rules);
        let arguments: JsonText = format!("{{\"x\":{x}}}").try_into().unwrap();
        let seen = [finding(ringfence_model::finding::Category::Secret, ringfence_model::finding::Severity::High)];
        let reader = tool(&[ringfence_model::effect::Effect::Read]);
        call(Some(&reader), |_| (), |facts| {
            let findings = if with_finding { &seen[..] } else { &[] };
            let mut facts = Facts { arguments: Some(&arguments), findings, ..*facts };
            let web = Provenance { values: vec![origin("/x", Role::Content, Word::Untrusted, Label::FRESH, "web")] };
            if from_the_web {
                facts.provenance = &web;
                facts.floor = Label { integrity: Integrity::Untrusted, ..Label::FRESH };
            }
            let case = Case::new(&facts, None);
            let speak = |rules: Vec<&Rule>| -> Vec<String> {
                rules.into_iter().filter(|rule| rule.check(&case).is_ok()).map(|rule| rule.id.to_string()).collect()
            };
            assert_eq!(speak(index.candidates(&rules, &facts)), speak(rules.iter().collect()), "{text}");
        });
    }
}
