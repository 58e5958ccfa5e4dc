use super::*;

/// Every error of a file as a person sees it, hints below.
fn errors(text: &str) -> String {
    let errors = match load(&[Source { name: "p.yaml", text }], &["finance", "security"]) {
        Ok(loaded) => return format!("{} rules, {} tables", loaded.rules.len(), loaded.tables.len()),
        Err(errors) => errors,
    };
    let line = |error: &LoadError| match &error.hint {
        Some(hint) => format!("{error}\n    {hint}\n"),
        None => format!("{error}\n"),
    };
    errors.iter().map(line).collect()
}

#[test]
fn all_errors_of_a_file_are_reported_with_their_place() {
    let text = r"rules:
  - id: no-shell
    severity: hihg
    match: { tol: bash, effects: [exectue] }
    decison: deny
  - id: ringfence.mine
    severity: high
    match:
      tool: { regex: '(' }
      server: 'a[b'
      arguments:
        path: { glob: /etc/** }
        /amount: { range: { min: 1, above: 2 } }
        /x~y: { regex: a }
        /z: {}
    decision: 7
  - severity: low
    match: {}
    decision: allow
    except: {}
    obligations: { limit: { calls: 0, per: 10 sec } }
  - just text
  - id: no-shell
    severity: low
    match: {}
    decision: deny
";
    assert_eq!(
        errors(text),
        r#"p.yaml:2:5: a rule needs `decision`
    write allow, ask or deny; only a rule with `obligations` may leave it out
p.yaml:3:15: `severity` cannot be `hihg`
    did you mean `high`?
p.yaml:4:14: `match` has no key `tol`
    did you mean `tool`?
p.yaml:4:35: `effects` cannot be `exectue`
    did you mean `execute`?
p.yaml:5:5: a rule has no key `decison`
    did you mean `decision`?
p.yaml:6:9: the id `ringfence.mine` is reserved
    ids that begin with `ringfence.` are our own
p.yaml:9:22: `(` is not a pattern: unclosed group
p.yaml:10:15: `a[b` is not a pattern: unclosed character class; missing ']'
p.yaml:12:9: `path` names no argument: a JSON pointer begins with `/`
    did you mean `/path`?
p.yaml:13:44: give `min` or `above`, not both
p.yaml:14:9: `/x~y` names no argument: in a JSON pointer `~` is written `~0` and `/` within a name `~1`
p.yaml:15:13: an argument needs a condition
    use one of: regex, glob, range, equals, in, cidr, path_under, sql, command
p.yaml:16:15: `decision` must be text, not a number
p.yaml:17:5: a rule needs `id`
    each rule has a name of its own
p.yaml:20:13: an empty `except` matches every call: the rule would never speak
p.yaml:21:36: `calls` must be a whole number from 1
p.yaml:21:44: `per`: "10 sec" is not a time span: write 500ms, 30s or 10m
p.yaml:22:5: a rule must be a map, not text
p.yaml:23:9: the id `no-shell` is taken
    it was first used at p.yaml:2
"#
    );
}

#[test]
fn a_text_that_is_not_yaml_is_reported_with_its_place() {
    let deep = "[".repeat(10_000);
    let big = format!("rules: []\n# {}", "x".repeat(LARGEST));
    let shown: String = [
        "rules: [\n  {id: a\n",
        "rules:\n  - id: a\n    id: b\n",
        "",
        "# nothing yet\n",
        "rules: []\n---\nrules: []\n",
        "rules: *x\n",
        "rules: !!python/object []\n",
        "rules: 'a\n",
        "rules:\n\t- id: a\n",
        "rules: {}\n",
        "rule: []\n",
        "rules: []\n<<: {}\n",
        "- id: a\n",
        &deep,
        &big,
    ]
    .into_iter()
    .map(errors)
    .collect();
    assert_eq!(
        shown,
        "p.yaml:2:3: unclosed bracket '{'
p.yaml:3:5: duplicate mapping key: id
p.yaml:1:1: a rule file must be a map, not nothing
p.yaml:2:1: a rule file must be a map, not nothing
p.yaml:3:1: multiple YAML documents detected
p.yaml:1:8: alias references unknown anchor
p.yaml:1:24: unsupported tag `!!python/object`
p.yaml:2:1: invalid indentation in multiline quoted scalar
p.yaml:2:2: tabs disallowed within this context (block indentation)
p.yaml:1:8: `rules` must be a list, not a map
p.yaml:1:1: a rule file has no key `rule`
    did you mean `rules`?
p.yaml:1:1: a rule file needs `rules`
p.yaml:2:1: a rule file has no key `<<`
    use one of: title, description, table, rules
p.yaml:1:1: a rule file must be a map, not a list
p.yaml:1:256: recursion limit exceeded
p.yaml:1:1: 16777228 bytes exceed the limit of 16777216
"
    );
    assert_eq!(errors("rules: []"), "0 rules, 0 tables");
}

#[test]
fn ids_are_unique_over_all_files_and_each_file_is_named() {
    let rule = "rules: [{ id: a, severity: low, match: {}, decision: deny }]";
    let errors = load(
        &[Source { name: "one", text: rule }, Source { name: "two", text: rule }],
        &["finance", "security"],
    )
    .unwrap_err();
    assert_eq!(
        errors,
        [LoadError {
            file: "two".into(),
            line: 1,
            column: 15,
            message: "the id `a` is taken".into(),
            hint: Some("it was first used at one:1".into()),
        }]
    );
}

#[test]
fn a_file_full_of_errors_reports_a_bounded_number() {
    let text = format!("rules:\n{}", "  - nonsense\n".repeat(5_000));
    assert_eq!(
        load(&[Source { name: "p", text: &text }], &["finance", "security"]).unwrap_err().len(),
        read::MOST_ERRORS
    );
}

#[test]
fn an_expression_that_would_cost_too_much_is_refused() {
    let text =
        "rules: [{ id: a, severity: low, match: { tool: { regex: '(\\w{1000}){1000}' } }, decision: deny }]";
    assert_eq!(
        errors(text),
        "p.yaml:1:57: `(\\w{1000}){1000}` is not a pattern: compiled it exceeds 1048576 bytes\n"
    );
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        text.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", ")));
    }
    assert!(load(&[Source { name: "p", text: &text }], &["finance", "security"]).is_err());
}

/// Each `yaml` block of the guide is a rule file.
#[test]
fn a_rule_that_a_label_would_make_milder_is_refused() {
    let rule = |decision: &str, rest: &str| {
        errors(&format!("rules: [{{ id: a, severity: low, decision: {decision}, {rest} }}]"))
    };
    let milder =
        |text: &str| text.starts_with("p.yaml:1:9: a label that is added would make this rule milder\n");
    for rest in [
        "match: { floor: { integrity: untrusted } }",
        "match: { floor: { pii: true } }",
        "match: { provenance: { word: model } }",
        "match: { provenance: { confidentiality: secret } }",
        "match: {}, except: { floor: { pii: false } }",
    ] {
        assert!(milder(&rule("allow", rest)), "{rest}: {}", rule("allow", rest));
        assert_eq!(rule("deny", rest), "1 rules, 0 tables", "{rest}");
    }
    for rest in [
        "match: { floor: { pii: false } }",
        "match: {}, except: { floor: { confidentiality: secret } }",
        "match: {}, except: { provenance: { word: untrusted } }",
    ] {
        assert!(milder(&rule("deny", rest)), "{rest}: {}", rule("deny", rest));
        assert_eq!(rule("allow", rest), "1 rules, 0 tables", "{rest}");
    }
}

#[test]
fn a_table_is_whole_and_stricter_for_strangers() {
    let standard = crate::preset::text(ringfence_model::config::Preset::Standard);
    assert_eq!(errors(standard), "0 rules, 1 tables");
    let (before, rest) = standard.split_once("    pay:").unwrap();
    let (_, after) = rest.split_once("    admin:").unwrap();
    let without = format!("{before}    admin:{after}");
    assert_eq!(
        errors(&without),
        "p.yaml:13:5: `rows` needs `pay`\n    `ringfence policy presets show standard` shows a whole table\n"
    );
    let changed = |from: &str, to: &str| errors(&standard.replacen(from, to, 1));
    let milder = changed(
        "write:\n      { severity: low, own: allow, model: allow, nobody: ask, strangers: ask",
        "write:\n      { severity: low, own: ask, model: allow, nobody: ask, strangers: ask",
    );
    assert!(
        milder.contains("row `write` is milder where what steers the call is less trustworthy"),
        "{milder}"
    );
    let both = changed("all: ask, message", "all: ask, own: ask, message");
    assert!(both.contains("row `unknown` says `all` and `own`"), "{both}");
    let misspelt = changed("made_up: model", "made_up: modle");
    assert!(misspelt.contains("`made_up` cannot be `modle`\n    did you mean `model`?"), "{misspelt}");
    let alien = changed("    pay:", "    stroll: { severity: low, all: allow, message: x }\n    pay:");
    assert!(alien.contains("`rows` has no key `stroll`"), "{alien}");
}

#[test]
fn the_guide_shows_rules_that_load() {
    let guide = include_str!("../../../../docs/policy.md");
    let blocks: Vec<&str> =
        guide.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        assert_eq!(
            load(&[Source { name: "guide", text: block }], &["finance", "security"]).err(),
            None,
            "{block}"
        );
    }
}

#[test]
fn roles_and_labels_that_nobody_knows_are_named_with_the_nearest() {
    let rule = |rest: &str| {
        let said = errors(&format!("rules: [{{ id: a, severity: low, decision: ask, {rest} }}]"));
        said.split_once(": ").map_or(said.clone(), |(_place, said)| said.to_owned())
    };
    assert_eq!(
        rule("match: {}, obligations: { require_approvers: { needed: 2, roles: [finanse, security] } }"),
        "a role cannot be `finanse`\n    did you mean `finance`?\n"
    );
    assert_eq!(
        rule("match: {}, obligations: { require_approvers: { roles: [finance] } }"),
        "`require_approvers` needs `needed`\n    for example { needed: 2, roles: [finance] }\n"
    );
    assert_eq!(
        rule("match: { floor: { confidentiality: secert } }"),
        "`confidentiality` cannot be `secert`\n    did you mean `secret`?\n"
    );
    assert_eq!(
        rule("match: {}, obligations: { require_approvers: { needed: 1, roles: security } }"),
        "1 rules, 0 tables"
    );
}

#[test]
fn there_are_no_includes_to_go_in_circles() {
    for key in ["include: p.yaml", "includes: [p.yaml]", "import: p.yaml", "extends: p.yaml"] {
        let text = format!("{key}\nrules: []\n");
        let said = errors(&text);
        assert!(said.starts_with("p.yaml:1:1: a rule file has no key `"), "{said}");
    }
    // YAML's own way to point at itself.
    assert!(errors("rules: &all [*all]\n").starts_with("p.yaml:1:"));
}

#[test]
fn ten_megabytes_of_rules_load_and_more_than_the_limit_does_not() {
    let long = "x".repeat(5_000);
    let rule = |at: usize| {
        format!(
            "- {{ id: r{at}, severity: low, match: {{ tool: t{at} }}, decision: deny, message: {long} }}\n"
        )
    };
    let mut text = String::from("rules:\n");
    (0..2_000).for_each(|at| text.push_str(&rule(at)));
    assert!(text.len() > 10_000_000);
    assert_eq!(errors(&text), "2000 rules, 0 tables");
    let padding = "#".repeat(LARGEST);
    let said = errors(&format!("{text}{padding}"));
    assert!(said.contains("exceed the limit of 16777216"), "{said}");
}

/// Patterns that take a backtracking engine longer than the age of the universe.
#[test]
fn a_catastrophic_pattern_costs_what_its_text_is_long() {
    use crate::judge::PolicySet;
    use crate::judge::tests::{call, tool};
    use ringfence_model::config::PolicyConfig;
    use ringfence_model::effect::Effect;
    use ringfence_model::json::JsonText;
    use ringfence_model::verdict::Decision;

    let text = "rules:\n  - { id: a, severity: high, match: { arguments: { /x: { regex: '^(a+)+$' } } }, decision: deny }\n  \
                - { id: b, severity: high, match: { arguments: { /x: { regex: '(x+x+)+y' } } }, decision: deny }\n";
    let policy = PolicySet::load(&[Source { name: "p", text }], &PolicyConfig::standard()).unwrap();
    for (value, decision) in [
        (format!("{}!", "a".repeat(100_000)), Decision::Allow),
        ("a".repeat(100_000), Decision::Deny),
        ("x".repeat(100_000), Decision::Allow),
    ] {
        let arguments: JsonText = format!("{{\"x\":\"{value}\"}}").try_into().unwrap();
        let facts = tool(&[Effect::Read]);
        let decided = call(
            Some(&facts),
            |_| (),
            |base| policy.judge(&crate::facts::Facts { arguments: Some(&arguments), ..*base }).decision,
        );
        assert_eq!(decided, decision);
    }
}
