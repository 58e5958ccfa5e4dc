use std::time::Duration;

use proptest::prelude::*;
use ringfence_model::call::ActionKind;
use ringfence_model::config::Preset;
use ringfence_model::effect::{Effect, EffectSource, Effects, ToolFacts};
use ringfence_model::finding::{Category, Finding, Severity, Span};
use ringfence_model::id::CallId;
use ringfence_model::id::Timestamp;
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::name::ServerName;
use ringfence_model::principal::{Authentication, Principal};
use ringfence_model::provenance::{Origin, Provenance, Resemblance, Role, Source as Entered, Word};
use ringfence_model::tally::Recent;
use ringfence_model::verdict::{Decision, Obligation, Reason};

use super::*;

use Decision::{Allow, Ask, Deny};

fn policy(rules: &str, presets: &[Preset], mode: PolicyMode) -> PolicySet {
    let text = format!("rules: [{rules}]");
    let config = PolicyConfig {
        mode,
        presets: presets.to_vec(),
        environment: None,
        files: Vec::new(),
        ..PolicyConfig::standard()
    };
    PolicySet::load(&[Source { name: "test", text: &text }], &config)
        .unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn standard(rules: &str) -> PolicySet {
    policy(rules, &[Preset::Standard], PolicyMode::Strict)
}

pub(crate) fn tool(effects: &[Effect]) -> ToolFacts {
    ToolFacts {
        effects: Effects::of(effects),
        source: EffectSource::Inferred,
        irreversible: false,
        egress: false,
        content: Integrity::Untrusted,
        confidentiality: Confidentiality::Public,
        consequential: vec![],
    }
}

pub(crate) fn finding(category: Category, severity: Severity) -> Finding {
    Finding {
        id: "seen".into(),
        category,
        severity,
        confidence: 90,
        span: Span { start: 0, end: 1, line: 1, column: 1 },
        message: "something was seen".into(),
        alternative: Some("do otherwise".into()),
        reference: None,
    }
}

/// A call to `files` / `frob`, changed by `change` before it is handed to `look`.
pub(crate) fn call<T>(
    tool: Option<&ToolFacts>,
    change: impl FnOnce(&mut Facts<'_>),
    look: impl FnOnce(&Facts<'_>) -> T,
) -> T {
    let server: ServerName = "files".parse().unwrap();
    let principal = Principal {
        realm: "home".parse().unwrap(),
        name: "uid:1000".into(),
        authentication: Authentication::PeerCredentials { uid: 1000 },
        scopes: Arc::new([]),
    };
    let arguments = JsonText::empty_object();
    let mut facts = Facts {
        action: ActionKind::CallTool,
        server: Some(&server),
        target: "frob",
        tool,
        principal: &principal,
        arguments: Some(&arguments),
        findings: &[],
        runnable: &[],
        provenance: &Provenance::none(),
        floor: Label::FRESH,
        time: Timestamp(0),
        recent: Recent::NOTHING,
        sandboxed: false,
        answerable: true,
    };
    change(&mut facts);
    look(&facts)
}

/// What is decided, and by which rule.
fn ruling(policy: &PolicySet, facts: &Facts<'_>) -> (Decision, String) {
    let verdict = policy.judge(facts);
    (verdict.decision, verdict.reasons[0].rule.to_string())
}

fn decided(decision: Decision, rule: &str) -> (Decision, String) {
    (decision, format!("ringfence.{rule}"))
}

#[test]
fn the_default_table_row_by_row() {
    use Effect::*;
    let rows = [
        // effects, plain, irreversible, in a sandbox, preset strict
        (Read, Allow, Allow, Allow, Allow, "read"),
        (Write, Allow, Ask, Allow, Allow, "write"),
        (Delete, Allow, Ask, Allow, Allow, "delete"),
        (Execute, Allow, Ask, Allow, Allow, "execute"),
        (Network, Allow, Allow, Allow, Ask, "network"),
        (Send, Allow, Allow, Allow, Ask, "send"),
        (Pay, Ask, Ask, Ask, Ask, "pay"),
        (Admin, Ask, Ask, Ask, Ask, "admin"),
    ];
    let (usual, strict) = (standard(""), policy("", &[Preset::Standard, Preset::Strict], PolicyMode::Strict));
    for (effect, plain, irreversible, sandboxed, in_strict, name) in rows {
        let rule = format!("default.{name}");
        let once = tool(&[effect]);
        let forever = ToolFacts { irreversible: true, ..tool(&[effect]) };
        assert_eq!(call(Some(&once), |_| (), |facts| ruling(&usual, facts)), decided(plain, &rule));
        let found = call(Some(&forever), |_| (), |facts| ruling(&usual, facts));
        let irreversible_rule = if irreversible == plain { &rule } else { "default.irreversible" };
        assert_eq!(found, decided(irreversible, irreversible_rule), "{name}");
        let found = call(Some(&once), |facts| facts.sandboxed = true, |facts| ruling(&usual, facts));
        let sandboxed_rule = if name == "execute" { "default.execute_sandboxed" } else { &rule };
        assert_eq!(found, decided(sandboxed, sandboxed_rule), "{name}");
        assert_eq!(call(Some(&once), |_| (), |facts| ruling(&strict, facts)), decided(in_strict, &rule));
    }
    let contained = ToolFacts { irreversible: true, ..tool(&[Execute]) };
    let found = call(Some(&contained), |facts| facts.sandboxed = true, |facts| ruling(&usual, facts));
    assert_eq!(found, decided(Allow, "default.execute_sandboxed"));
    let leaky = ToolFacts { egress: true, ..tool(&[Read]) };
    assert_eq!(call(Some(&leaky), |_| (), |facts| ruling(&strict, facts)), decided(Ask, "default.network"));
}

pub(crate) fn origin(pointer: &str, role: Role, word: Word, label: Label, server: &str) -> Origin {
    Origin {
        pointer: pointer.into(),
        role,
        word,
        label,
        sources: vec![Entered {
            call: CallId(1),
            server: Some(server.parse().unwrap()),
            target: "read".into(),
            by: Resemblance::Atom,
            label,
        }],
    }
}

const STRANGER: Label =
    Label { confidentiality: Confidentiality::Public, pii: false, integrity: Integrity::Untrusted };

#[test]
fn the_default_table_column_by_column() {
    use Effect::*;
    let (usual, strict) = (standard(""), policy("", &[Preset::Standard, Preset::Strict], PolicyMode::Strict));
    let columns = [
        (Word::User, 0),
        (Word::Configured, 0),
        (Word::Referred, 0),
        (Word::Trusted, 1),
        (Word::Model, 1),
        (Word::Asserted, 1),
        (Word::Near, 2),
        (Word::Untrusted, 2),
    ];
    let rows = [
        (Read, false, [Allow, Allow, Allow]),
        (Write, false, [Allow, Allow, Ask]),
        (Send, false, [Allow, Allow, Ask]),
        (Network, false, [Allow, Allow, Ask]),
        (Delete, false, [Allow, Allow, Ask]),
        (Delete, true, [Allow, Ask, Deny]),
        (Execute, false, [Allow, Allow, Ask]),
        (Execute, true, [Allow, Ask, Deny]),
        (Pay, false, [Allow, Ask, Deny]),
        (Admin, false, [Allow, Ask, Deny]),
    ];
    for (effect, irreversible, decisions) in rows {
        let tool = ToolFacts { irreversible, ..tool(&[effect]) };
        for (word, column) in columns {
            let provenance =
                Provenance { values: vec![origin("/to", Role::Consequential, word, STRANGER, "files")] };
            let judged = |policy: &PolicySet| {
                call(
                    Some(&tool),
                    |_| (),
                    |facts| {
                        policy.judge(&Facts { provenance: &provenance, floor: STRANGER, ..*facts }).decision
                    },
                )
            };
            assert_eq!(judged(&usual), decisions[column], "{effect:?} {irreversible} {word:?}");
            // The model's own has the floor of the session there; a trusted source is not the model's own.
            let stricter = match word {
                Word::Model | Word::Asserted => decisions[2],
                Word::Trusted if matches!(effect, Send | Network) => Ask,
                Word::User
                | Word::Configured
                | Word::Referred
                | Word::Trusted
                | Word::Near
                | Word::Untrusted => decisions[column],
            };
            assert_eq!(judged(&strict), stricter, "strict {effect:?} {irreversible} {word:?}");
        }
    }
}

#[test]
fn data_does_not_leave_its_origin_by_its_label() {
    let policy = standard("");
    let leaky = tool(&[Effect::Send]);
    let kept = tool(&[Effect::Write]);
    let secret = Label { confidentiality: Confidentiality::Secret, ..STRANGER };
    let internal = Label { confidentiality: Confidentiality::Internal, ..STRANGER };
    let pii = Label { pii: true, ..STRANGER };
    let judged = |tool: &ToolFacts, label: Label, server: &str, steered: Word| {
        let values = vec![
            origin("/to", Role::Consequential, steered, Label::FRESH, "files"),
            origin("/body", Role::Content, Word::Untrusted, label, server),
        ];
        let provenance = Provenance { values };
        call(Some(tool), |_| (), |facts| ruling(&policy, &Facts { provenance: &provenance, ..*facts }))
    };
    for (label, steered, decision, rule) in [
        (secret, Word::User, Deny, "flow.secret"),
        (pii, Word::User, Deny, "flow.pii"),
        (internal, Word::User, Allow, "default.send"),
        (internal, Word::Model, Ask, "flow.internal"),
        (STRANGER, Word::Model, Allow, "default.send"),
    ] {
        assert_eq!(judged(&leaky, label, "vault", steered), decided(decision, rule), "{label:?}");
        assert_eq!(judged(&leaky, label, "files", steered), decided(Allow, "default.send"), "{label:?}");
        assert_eq!(judged(&kept, label, "vault", steered), decided(Allow, "default.write"), "{label:?}");
    }
    let provenance =
        Provenance { values: vec![origin("/body", Role::Content, Word::Untrusted, secret, "vault")] };
    let message = call(
        Some(&leaky),
        |_| (),
        |facts| policy.judge(&Facts { provenance: &provenance, ..*facts }).reasons[0].message.to_string(),
    );
    assert_eq!(message, "`/body` holds secret data out of `read` of `vault`, which would leave to `files`");
}

#[test]
fn no_rule_lets_one_server_steer_another_or_pass_it_a_credential() {
    let policy = standard("{ id: yes, severity: low, match: {}, decision: allow }");
    let secret = Label { confidentiality: Confidentiality::Secret, ..STRANGER };
    let seen = [finding(Category::Secret, Severity::High)];
    let orders = [finding(Category::Injection, Severity::High)];
    let judged = |effects: &[Effect], findings: &[Finding], role, word, label, server: &str| {
        let provenance = Provenance { values: vec![origin("/x", role, word, label, server)] };
        let tool = tool(effects);
        call(
            Some(&tool),
            |_| (),
            |facts| ruling(&policy, &Facts { provenance: &provenance, findings, ..*facts }),
        )
    };
    use Effect::*;
    let allowed = (Allow, "yes".to_owned());
    let (steers, says) = (Role::Consequential, Role::Content);
    let deputy = decided(Deny, "confused_deputy");
    assert_eq!(judged(&[Pay], &[], steers, Word::Untrusted, STRANGER, "mail"), deputy);
    assert_eq!(judged(&[Execute], &[], steers, Word::Untrusted, STRANGER, "mail"), deputy);
    assert_eq!(judged(&[Pay], &[], steers, Word::Untrusted, STRANGER, "files"), allowed);
    assert_eq!(judged(&[Pay], &[], steers, Word::Referred, STRANGER, "mail"), allowed);
    assert_eq!(judged(&[Write], &[], steers, Word::Untrusted, STRANGER, "mail"), allowed);
    let passed = decided(Deny, "token_passthrough");
    assert_eq!(judged(&[Write], &seen, says, Word::Untrusted, secret, "vault"), passed);
    assert_eq!(judged(&[Write], &seen, says, Word::Untrusted, secret, "files"), allowed);
    assert_eq!(judged(&[Write], &[], says, Word::Untrusted, secret, "vault"), allowed);
    let poisoned = decided(Ask, "memory_poisoning");
    assert_eq!(judged(&[Write], &orders, says, Word::Untrusted, STRANGER, "mail"), poisoned);
    assert_eq!(judged(&[Read], &orders, says, Word::Untrusted, STRANGER, "mail"), allowed);
}

#[test]
fn of_several_effects_the_strictest_row_decides() {
    use Effect::*;
    let policy = standard("");
    for (effects, irreversible, decision, rule) in [
        (&[Write, Delete] as &[Effect], true, Ask, "default.irreversible"),
        (&[Read, Network], false, Allow, "default.network"),
        (&[Read, Send, Pay], false, Ask, "default.pay"),
        (&[Delete, Admin], true, Ask, "default.admin"),
        (&[Read, Write], false, Allow, "default.write"),
    ] {
        let tool = ToolFacts { irreversible, ..tool(effects) };
        assert_eq!(call(Some(&tool), |_| (), |facts| ruling(&policy, facts)), decided(decision, rule));
    }
}

#[test]
fn a_table_of_ones_own_decides_and_of_several_the_strictest_cell() {
    let own = crate::preset::text(Preset::Standard)
        .replacen("    send:\n      { severity: low, own: allow, model: allow, nobody: ask, strangers: ask", "    send:\n      { severity: low, own: allow, model: ask, nobody: deny, strangers: deny", 1)
        .replacen("own: allow\n      model: ask\n      nobody: ask\n      strangers: deny\n      message: the tool moves", "own: allow\n      model: allow\n      nobody: ask\n      strangers: deny\n      message: the tool moves", 1);
    let load = |presets: &[Preset]| {
        let config = PolicyConfig { presets: presets.to_vec(), ..PolicyConfig::standard() };
        PolicySet::load(&[Source { name: "own", text: &own }], &config).unwrap()
    };
    let decision = |policy: &PolicySet, effect| {
        call(Some(&tool(&[effect])), |_| (), |facts| policy.judge(facts).decision)
    };
    let (alone, beside) = (load(&[]), load(&[Preset::Standard]));
    assert_eq!([decision(&alone, Effect::Send), decision(&alone, Effect::Pay)], [Ask, Allow]);
    assert_eq!([decision(&beside, Effect::Send), decision(&beside, Effect::Pay)], [Ask, Ask]);
    let [one, other] = [[Preset::Standard, Preset::Strict], [Preset::Strict, Preset::Standard]]
        .map(|presets| call(Some(&tool(&[Effect::Send])), |_| (), |facts| load(&presets).judge(facts)));
    assert_eq!(one, other);
}

#[test]
fn an_unknown_tool_is_asked_about_and_denied_where_nobody_can_answer() {
    let policy = standard("");
    for known in [None, Some(&tool(&[]))] {
        assert_eq!(call(known, |_| (), |facts| ruling(&policy, facts)), decided(Ask, "default.unknown"));
        let verdict = call(known, |facts| facts.answerable = false, |facts| policy.judge(facts));
        assert_eq!(verdict.decision, Deny);
        let line = verdict.reasons[0].alternative.as_deref().unwrap();
        assert!(line.contains(r#"servers: { files: { tools: { "frob": { effects: [read] } } } }"#), "{line}");
    }
}

#[test]
fn what_is_no_tool_call_passes_and_without_a_preset_content_does_not() {
    let (usual, closed) = (standard(""), policy("", &[], PolicyMode::Strict));
    for action in ActionKind::ALL {
        let (plain, shut) = match action {
            ActionKind::CallTool => (decided(Ask, "default.unknown"), decided(Deny, "default.closed")),
            ActionKind::ReadResource
            | ActionKind::GetPrompt
            | ActionKind::Complete
            | ActionKind::Subscribe
            | ActionKind::Unsubscribe => (decided(Allow, "default.content"), decided(Deny, "default.closed")),
            ActionKind::Sample | ActionKind::ListRoots => {
                (decided(Allow, "default.question"), decided(Deny, "default.closed"))
            }
            ActionKind::List
            | ActionKind::Greet
            | ActionKind::Listen
            | ActionKind::SetLogLevel
            | ActionKind::RootsChanged
            | ActionKind::Task
            | ActionKind::Elicit
            | ActionKind::Notify
            | ActionKind::Operate => (decided(Allow, "default.protocol"), decided(Allow, "default.protocol")),
        };
        assert_eq!(call(None, |facts| facts.action = action, |facts| ruling(&usual, facts)), plain);
        assert_eq!(call(None, |facts| facts.action = action, |facts| ruling(&closed, facts)), shut);
    }
}

#[test]
fn dangerous_code_is_stopped_on_its_way_to_what_runs_it_whatever_the_rules_say() {
    let policy = standard("{ id: yes, severity: low, match: {}, decision: allow }");
    let seen = [finding(Category::Command, Severity::High)];
    let unread = [finding(Category::Uninspected, Severity::High)];
    let minor = [finding(Category::Sql, Severity::Medium)];
    let code: JsonText = r#"{"SQL":"…"}"#.to_owned().try_into().unwrap();
    let text: JsonText = r#"{"content":"…"}"#.to_owned().try_into().unwrap();
    let run = |tool: &ToolFacts, findings: &[Finding], arguments: &JsonText| {
        call(
            Some(tool),
            |_| (),
            |facts| ruling(&policy, &Facts { findings, arguments: Some(arguments), ..*facts }),
        )
    };
    let stopped = decided(Deny, "unsafe_code");
    let passed = (Allow, "yes".to_owned());
    assert_eq!(run(&tool(&[Effect::Execute]), &seen, &text), stopped);
    assert_eq!(run(&tool(&[]), &seen, &text), stopped);
    assert_eq!(run(&tool(&[Effect::Read]), &seen, &code), stopped);
    let python: JsonText = r#"{"python_code":"…"}"#.to_owned().try_into().unwrap();
    assert_eq!(run(&tool(&[Effect::Read]), &seen, &python), stopped);
    assert_eq!(run(&tool(&[Effect::Write]), &seen, &text), passed);
    assert_eq!(run(&tool(&[Effect::Execute]), &minor, &code), passed);
    assert_eq!(run(&tool(&[Effect::Execute]), &unread, &text), decided(Ask, "uninspected"));
    // A tool of ours that checks code is given dangerous code; one that runs it is not.
    let ours = |effects| ToolFacts { source: EffectSource::Declared, ..tool(effects) };
    assert_eq!(run(&ours(&[Effect::Read]), &seen, &code), passed);
    assert_eq!(run(&ours(&[Effect::Execute]), &seen, &code), stopped);
}

#[test]
fn a_secret_does_not_leave_whatever_the_rules_say() {
    let policy = standard("{ id: yes, severity: low, match: {}, decision: allow }");
    let seen = [finding(Category::Secret, Severity::Critical)];
    for (tool, stopped) in [
        (tool(&[Effect::Send]), true),
        (tool(&[Effect::Read, Effect::Network]), true),
        (ToolFacts { egress: true, ..tool(&[Effect::Read]) }, true),
        (tool(&[Effect::Read]), false),
        (tool(&[Effect::Write]), false),
    ] {
        let found = call(Some(&tool), |_| (), |facts| ruling(&policy, &Facts { findings: &seen, ..*facts }));
        let expected = if stopped { decided(Deny, "secret_egress") } else { (Allow, "yes".to_owned()) };
        assert_eq!(found, expected, "{tool:?}");
    }
}

#[test]
fn an_address_inside_is_not_fetched_whatever_the_rules_say() {
    let policy = standard("{ id: yes, severity: low, match: {}, decision: allow }");
    let url = |id: &'static str, severity| Finding { id: id.into(), ..finding(Category::Url, severity) };
    for (found, effects, stopped) in [
        (url("metadata_service", Severity::Critical), vec![Effect::Network], true),
        (url("loopback_address", Severity::Medium), vec![Effect::Network, Effect::Send], true),
        (url("loopback_address", Severity::Low), vec![Effect::Network], false),
        (url("metadata_service", Severity::Critical), vec![Effect::Read], false),
        (url("url_userinfo", Severity::Medium), vec![Effect::Network], false),
    ] {
        let seen = [found];
        let tool = tool(&effects);
        let found = call(Some(&tool), |_| (), |facts| ruling(&policy, &Facts { findings: &seen, ..*facts }));
        let expected = if stopped { decided(Deny, "internal_url") } else { (Allow, "yes".to_owned()) };
        assert_eq!(found, expected, "{seen:?} {effects:?}");
    }
}

#[test]
fn a_rule_about_results_speaks_once_there_is_one() {
    let rule = "{ id: clean, severity: high, match: { tool: frob, result: { category: injection, severity: high } }, \
                decision: deny, message: poisoned }";
    let policy = standard(rule);
    let seen = [finding(Category::Injection, Severity::High)];
    let minor = [finding(Category::Injection, Severity::Low)];
    let tool = tool(&[Effect::Read]);
    let withheld = |facts: &Facts<'_>, found: &[Finding]| policy.judge_result(facts, found).map(|it| it.rule);
    call(
        Some(&tool),
        |_| (),
        |facts| {
            assert_eq!(ruling(&policy, &Facts { findings: &seen, ..*facts }), decided(Allow, "default.read"));
            assert_eq!(withheld(facts, &seen).as_deref(), Some("clean"));
            assert_eq!(withheld(facts, &minor), None);
            assert_eq!(withheld(&Facts { target: "other", ..*facts }, &seen), None);
        },
    );
    let audit = self::policy(rule, &[Preset::Standard], PolicyMode::Audit);
    call(Some(&tool), |_| (), |facts| assert!(audit.judge_result(facts, &seen).is_none()));
    for bad in [
        "{ id: a, severity: low, match: { result: {} }, decision: allow }",
        "{ id: a, severity: low, match: {}, except: { result: {} }, decision: deny }",
    ] {
        let text = format!("rules: [{bad}]");
        assert!(PolicySet::load(&[Source { name: "test", text: &text }], &PolicyConfig::standard()).is_err());
    }
}

#[test]
fn personal_data_is_sought_where_a_rule_needs_it() {
    for (rule, seeks) in [
        ("{ id: a, severity: low, match: {}, obligations: { redact: [pii] } }", true),
        ("{ id: a, severity: low, match: { findings: { category: pii } }, decision: deny }", true),
        ("{ id: a, severity: low, match: { floor: { pii: true } }, decision: deny }", true),
        ("{ id: a, severity: low, match: { findings: { category: secret } }, decision: deny }", false),
    ] {
        assert_eq!(standard(rule).needs().personal_data, seeks, "{rule}");
    }
}

/// Whoever floods the secret scanner so that it gives up gains nothing.
#[test]
fn a_secret_does_not_leave_in_a_uri_or_an_argument_of_a_prompt() {
    let seen = [finding(Category::Secret, Severity::Critical)];
    let unread = [finding(Category::Uninspected, Severity::Medium)];
    let policy = standard("");
    for action in ActionKind::ALL {
        let look = |findings: &[Finding]| {
            let findings = findings.to_vec();
            call(
                None,
                |facts| {
                    facts.action = action;
                    facts.answerable = true;
                },
                |facts| ruling(&policy, &Facts { findings: &findings, ..*facts }),
            )
        };
        if matches!(
            action,
            ActionKind::ReadResource
                | ActionKind::GetPrompt
                | ActionKind::Complete
                | ActionKind::Subscribe
                | ActionKind::Unsubscribe
        ) {
            assert_eq!(look(&seen), decided(Deny, "secret_egress"), "{action}");
            assert_eq!(look(&unread), decided(Ask, "uninspected"), "{action}");
        } else if action != ActionKind::CallTool {
            assert_eq!(look(&seen).0, Allow, "{action}");
        }
    }
}

#[test]
fn what_could_not_be_read_does_not_leave_unasked() {
    let rules = "{ id: yes, severity: low, match: {}, decision: allow }";
    let unread = [finding(Category::Uninspected, Severity::Medium)];
    let look = |mode, effects: &[Effect]| {
        let policy = policy(rules, &[Preset::Standard], mode);
        call(Some(&tool(effects)), |_| (), |facts| ruling(&policy, &Facts { findings: &unread, ..*facts }))
    };
    assert_eq!(look(PolicyMode::Strict, &[Effect::Send]), decided(Ask, "uninspected"));
    assert_eq!(look(PolicyMode::Permissive, &[Effect::Network]), decided(Ask, "uninspected"));
    assert_eq!(look(PolicyMode::Strict, &[Effect::Write]), (Allow, "yes".to_owned()));
}

#[test]
fn a_verdict_in_full() {
    let policy = standard(
        "{ id: b, severity: medium, match: { server: files }, decision: ask, message: why, alternative: else },
         { id: a, severity: high, match: { tool: frob }, decision: ask, description: what, obligations: { redact: secret } },
         { id: c, severity: info, match: {}, obligations: { limit: { calls: 3, per: 1m } } },
         { id: d, severity: info, match: { tool: other }, decision: deny }",
    );
    let reason = |rule: &str, decision, severity, message: &str, alternative: Option<&str>| Reason {
        rule: rule.into(),
        decision,
        severity,
        message: message.into(),
        alternative: alternative.map(Into::into),
    };
    assert_eq!(
        call(Some(&tool(&[Effect::Read])), |_| (), |facts| policy.judge(facts)),
        Verdict {
            decision: Ask,
            would: None,
            obligations: vec![
                ("a".into(), Obligation::Redact { categories: vec![Category::Secret] }),
                ("c".into(), Obligation::Limit { calls: 3, per: Duration::from_secs(60) }),
                (
                    "ringfence.redact".into(),
                    Obligation::Redact { categories: vec![Category::Secret, Category::Hidden] }
                ),
            ],
            reasons: vec![
                reason("a", Ask, Severity::High, "what", None),
                reason("b", Ask, Severity::Medium, "why", Some("else")),
                reason("ringfence.default.read", Allow, Severity::Info, "the tool only reads", None),
            ],
        }
    );
}

#[test]
fn the_strictest_wins_and_an_allow_stands_in_for_the_table() {
    let pay = tool(&[Effect::Pay]);
    let allow = "{ id: allow, severity: low, match: { tool: frob }, decision: allow }";
    let ask = "{ id: ask, severity: low, match: { server: files }, decision: ask }";
    let deny = "{ id: deny, severity: low, match: { effects: pay }, decision: deny }";
    let limit = "{ id: limit, severity: low, match: {}, obligations: { limit: { calls: 1, per: 1s } } }";
    let with = |rules: &[&str]| call(Some(&pay), |_| (), |facts| ruling(&standard(&rules.join(", ")), facts));
    assert_eq!(with(&[allow]), (Allow, "allow".to_owned()));
    assert_eq!(with(&[allow, ask]), (Ask, "ask".to_owned()));
    assert_eq!(with(&[ask, deny, allow]), (Deny, "deny".to_owned()));
    assert_eq!(with(&[limit]), decided(Ask, "default.pay"));
    // A rule that asks does not soften what the table denies.
    let verdict = call(None, |facts| facts.answerable = false, |facts| ruling(&standard(ask), facts));
    assert_eq!(verdict, decided(Deny, "default.unknown"));
}

#[test]
fn modes_decide_which_violations_block_and_record_the_rest() {
    let rules = "{ id: minor, severity: high, match: { tool: frob }, decision: deny, obligations: { limit: { calls: 1, per: 1s } } }";
    let grave = "{ id: grave, severity: critical, match: { tool: frob }, decision: ask }";
    let look = |rules: &str, mode, effects: &[Effect], findings: &[Finding]| {
        let policy = policy(rules, &[Preset::Standard], mode);
        let tool = tool(effects);
        let verdict = call(Some(&tool), |_| (), |facts| policy.judge(&Facts { findings, ..*facts }));
        (verdict.decision, verdict.would, verdict.reasons[0].rule.to_string(), verdict.obligations.len())
    };
    use PolicyMode::{Audit, Permissive, Strict};
    let read = &[Effect::Read] as &[Effect];
    let both = format!("{rules}, {grave}");
    let row = |decision, would, rule: &str, obligations| (decision, would, rule.to_owned(), obligations);
    assert_eq!(look(rules, Strict, read, &[]), row(Deny, None, "minor", 2));
    assert_eq!(look(rules, Permissive, read, &[]), row(Allow, Some(Deny), "minor", 1));
    assert_eq!(look(rules, Audit, read, &[]), row(Allow, Some(Deny), "minor", 1));
    assert_eq!(look(&both, Permissive, read, &[]), row(Ask, Some(Deny), "grave", 1));
    assert_eq!(look(&both, Audit, read, &[]), row(Allow, Some(Deny), "minor", 1));
    let pay = &[Effect::Pay] as &[Effect];
    assert_eq!(look("", Permissive, pay, &[]), row(Ask, None, "ringfence.default.pay", 1));
    assert_eq!(look("", Audit, pay, &[]), row(Allow, Some(Ask), "ringfence.default.pay", 1));
    let seen = [finding(Category::Secret, Severity::Critical)];
    let send = &[Effect::Send] as &[Effect];
    assert_eq!(look("", Permissive, send, &seen), row(Deny, None, "ringfence.secret_egress", 1));
    assert_eq!(look("", Audit, send, &seen), row(Allow, Some(Deny), "ringfence.secret_egress", 1));
}

#[test]
fn the_digest_names_the_whole_policy() {
    let load = |sources: &[(&str, &str)], presets: &[Preset], mode| {
        let sources: Vec<Source<'_>> = sources.iter().map(|(name, text)| Source { name, text }).collect();
        let config = PolicyConfig {
            mode,
            presets: presets.to_vec(),
            environment: None,
            files: Vec::new(),
            ..PolicyConfig::standard()
        };
        PolicySet::load(&sources, &config).unwrap()
    };
    let (a, b) = (("a", "rules: []"), ("b", "rules: [] #"));
    let one = load(&[a, b], &[Preset::Standard], PolicyMode::Strict);
    let mut digests = vec![one.digest().to_string()];
    assert!(one.digest().len() == 64 && one.digest().chars().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(load(&[a, b], &[Preset::Standard], PolicyMode::Strict).digest(), one.digest());
    for other in [
        load(&[a], &[Preset::Standard], PolicyMode::Strict),
        load(&[b, a], &[Preset::Standard], PolicyMode::Strict),
        load(&[a, b], &[Preset::Strict], PolicyMode::Strict),
        load(&[a, b], &[], PolicyMode::Strict),
        load(&[a, b], &[Preset::Standard], PolicyMode::Audit),
    ] {
        digests.push(other.digest().to_string());
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 6);
}

#[test]
fn explain_says_what_each_rule_made_of_the_call() {
    let policy = standard(
        "{ id: a, severity: low, match: { server: mail }, decision: deny },
         { id: b, severity: low, match: { tool: frob }, decision: ask, message: because },
         { id: c, severity: low, match: {}, except: { server: files }, decision: deny },
         { id: d, severity: low, match: { arguments: { /x: { equals: 1 } } }, decision: deny }",
    );
    let explained = call(Some(&tool(&[Effect::Read])), |_| (), |facts| policy.explain(facts));
    let lines: Vec<String> =
        explained.iter().map(|it| format!("{} {} {}", it.rule, it.matched, it.why)).collect();
    assert_eq!(
        lines,
        [
            "a false `server` does not match",
            "b true because",
            "c false exception 1 matches",
            "d false argument /x does not match",
            "ringfence.unsafe_code false no dangerous code goes to something that runs it",
            "ringfence.uninspected false nothing unread goes out or to something that runs code",
            "ringfence.secret_egress false no secret goes out",
            "ringfence.token_passthrough false no credential of one server goes to another one",
            "ringfence.confused_deputy false no server's text steers what another one does for good",
            "ringfence.memory_poisoning false no stranger's orders go into a store",
            "ringfence.internal_url false no address inside is fetched",
            "ringfence.flow false no data would leave its origin",
            "ringfence.default.read true the tool only reads",
        ]
    );
}

/// A rule over the few words that the calls below are made of.
fn any_rule() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        Just("server: files".to_owned()),
        Just("server: 'f*'".to_owned()),
        Just("server: mail".to_owned()),
        Just("tool: frob".to_owned()),
        Just("tool: [frob, 'frob', other]".to_owned()),
        Just("tool: '*'".to_owned()),
        Just("effects: [send, unknown]".to_owned()),
        Just("findings: { category: secret }".to_owned()),
        Just("arguments: { /x: { range: { max: 5 } } }".to_owned()),
        Just("tool: 'fr*'".to_owned()),
        Just("tool: { regex: 'f.*b' }".to_owned()),
        Just("principal: 'uid:1000'".to_owned()),
        Just("provenance: { word: untrusted }".to_owned()),
        Just("provenance: { confidentiality: internal }".to_owned()),
        Just("floor: { pii: true }".to_owned()),
        Just("when: 'args.x > 5'".to_owned()),
        Just("when: 'args.nothing'".to_owned()),
        Just("floor: { integrity: untrusted }".to_owned()),
        Just("environment: production".to_owned()),
        Just("action: call_tool".to_owned()),
    ];
    let matcher = prop::collection::btree_map("[a-d]", condition, 0..3).prop_map(|conditions| {
        let mut seen = std::collections::BTreeMap::new();
        for condition in conditions.into_values() {
            seen.insert(condition.split(':').next().unwrap().to_owned(), condition);
        }
        format!("{{ {} }}", seen.into_values().collect::<Vec<_>>().join(", "))
    });
    let severity = prop::sample::select(vec!["info", "low", "medium", "high", "critical"]);
    let decision = prop::sample::select(vec!["allow", "ask", "deny"]);
    (matcher, severity, decision, any::<bool>()).prop_map(|(matcher, severity, decision, limited)| {
        let labelled = ["floor", "provenance"].iter().any(|key| matcher.contains(key));
        let decision = if labelled && decision == "allow" { "ask" } else { decision };
        let obligations = if limited { ", obligations: { limit: { calls: 1, per: 1s } }" } else { "" };
        format!("severity: {severity}, match: {matcher}, decision: {decision}{obligations}")
    })
}

fn numbered(rules: &[(usize, String)]) -> String {
    rules.iter().map(|(id, rule)| format!("{{ id: r{id}, {rule} }}")).collect::<Vec<_>>().join(", ")
}

fn any_word() -> impl Strategy<Value = Word> {
    use Word::*;
    prop::sample::select(vec![User, Configured, Referred, Trusted, Model, Asserted, Near, Untrusted])
}

fn any_label() -> impl Strategy<Value = Label> {
    use Confidentiality::{Internal, Public, Secret};
    use Integrity::{Model, Trusted, Untrusted, User};
    (
        prop::sample::select(vec![Public, Internal, Secret]),
        any::<bool>(),
        prop::sample::select(vec![User, Trusted, Model, Untrusted]),
    )
        .prop_map(|(confidentiality, pii, integrity)| Label { confidentiality, pii, integrity })
}

fn any_mode() -> impl Strategy<Value = PolicyMode> {
    prop::sample::select(vec![PolicyMode::Strict, PolicyMode::Permissive, PolicyMode::Audit])
}

fn any_tool() -> impl Strategy<Value = Option<ToolFacts>> {
    let effects = prop::collection::vec(prop::sample::select(Effect::ALL.to_vec()), 0..3);
    prop::option::of(
        (effects, any::<bool>(), any::<bool>()).prop_map(|(effects, irreversible, egress)| ToolFacts {
            irreversible,
            egress,
            ..tool(&effects)
        }),
    )
}

/// Judges a call made of these choices.
fn judged(
    policy: &PolicySet,
    tool: Option<&ToolFacts>,
    flags: (bool, bool, bool),
) -> (Verdict, Vec<Explanation>) {
    let (with_secret, answerable, small) = flags;
    let secret = [finding(Category::Secret, Severity::Critical)];
    let arguments: JsonText = format!(r#"{{"x":{}}}"#, if small { 1 } else { 9 }).try_into().unwrap();
    call(
        tool,
        |facts| facts.answerable = answerable,
        |facts| {
            let findings = if with_secret { &secret[..] } else { &[] };
            let facts = Facts { findings, arguments: Some(&arguments), ..*facts };
            (policy.judge(&facts), policy.explain(&facts))
        },
    )
}

proptest! {
    #[test]
    fn a_rule_that_asks_or_denies_never_weakens_a_verdict(
        rules in prop::collection::vec(any_rule(), 0..8),
        extra in any_rule(),
        tool in any_tool(),
        flags in any::<(bool, bool, bool)>(),
        mode in any_mode(),
    ) {
        let rules: Vec<(usize, String)> = rules.into_iter().enumerate().collect();
        let before = judged(&policy(&numbered(&rules), &[Preset::Standard], mode), tool.as_ref(), flags).0;
        for word in ["ask", "deny"] {
            let mut more = rules.clone();
            more.push((99, extra.replace("decision: allow", &format!("decision: {word}"))));
            let after = judged(&policy(&numbered(&more), &[Preset::Standard], mode), tool.as_ref(), flags).0;
            prop_assert!(after.decision >= before.decision);
            prop_assert!(after.would.unwrap_or(after.decision) >= before.would.unwrap_or(before.decision));
            prop_assert!(before.obligations.iter().all(|obligation| after.obligations.contains(obligation)));
        }
    }

    #[test]
    fn the_order_of_rules_and_files_does_not_matter(
        rules in prop::collection::vec(any_rule(), 0..8),
        cut in 0_usize..8,
        tool in any_tool(),
        flags in any::<(bool, bool, bool)>(),
        mode in any_mode(),
    ) {
        let rules: Vec<(usize, String)> = rules.into_iter().enumerate().collect();
        let mut turned = rules.clone();
        turned.reverse();
        let (first, second) = turned.split_at(cut.min(turned.len()));
        let files = [first, second].map(|rules| format!("rules: [{}]", numbered(rules)));
        let sources = [Source { name: "1", text: &files[0] }, Source { name: "2", text: &files[1] }];
        let split = PolicySet::load(&sources, &PolicyConfig { mode, ..PolicyConfig::standard() }).unwrap();
        let whole = policy(&numbered(&rules), &[Preset::Standard], mode);
        prop_assert_eq!(judged(&whole, tool.as_ref(), flags).0, judged(&split, tool.as_ref(), flags).0);
    }

    #[test]
    fn a_label_never_weakens_a_verdict(
        rules in prop::collection::vec(any_rule(), 0..5),
        strict in any::<bool>(),
        tool in any_tool(),
        values in prop::collection::vec((any_word(), any_label(), any::<(bool, bool)>(), any_word(), any_label()), 0..3),
        floors in (any_label(), any_label()),
        mode in any_mode(),
    ) {
        let rules: Vec<(usize, String)> = rules.into_iter().enumerate().collect();
        let presets: &[Preset] = if strict { &[Preset::Standard, Preset::Strict] } else { &[Preset::Standard] };
        let policy = policy(&numbered(&rules), presets, mode);
        let provenance = |worse: bool| Provenance {
            values: values
                .iter()
                .enumerate()
                .map(|(at, (word, label, (content, remembered), other, more))| {
                    let role = if *content { Role::Content } else { Role::Consequential };
                    let (word, label) = if worse { (*word.max(other), label.join(*more)) } else { (*word, *label) };
                    let full = origin(&format!("/x/{at}"), role, word, label, "web");
                    if *remembered { full } else { Origin { sources: Vec::new(), ..full } }
                })
                .collect(),
        };
        let judged = |worse: bool| {
            let floor = if worse { floors.0.join(floors.1) } else { floors.0 };
            let provenance = provenance(worse);
            let change = |facts: &mut Facts<'_>| facts.floor = floor;
            call(tool.as_ref(), change, |facts| policy.judge(&Facts { provenance: &provenance, ..*facts }))
        };
        let (before, after) = (judged(false), judged(true));
        prop_assert!(after.decision >= before.decision, "{before:?}\n{after:?}");
    }

    #[test]
    fn explain_agrees_with_judge(
        rules in prop::collection::vec(any_rule(), 0..8),
        tool in any_tool(),
        flags in any::<(bool, bool, bool)>(),
    ) {
        let rules: Vec<(usize, String)> = rules.into_iter().enumerate().collect();
        let (verdict, explained) = judged(&standard(&numbered(&rules)), tool.as_ref(), flags);
        let mut spoke: Vec<&str> = verdict.reasons.iter().map(|reason| &*reason.rule).collect();
        let mut matched: Vec<&str> = explained.iter().filter(|it| it.matched).map(|it| &*it.rule).collect();
        spoke.sort_unstable();
        matched.sort_unstable();
        prop_assert_eq!(spoke, matched);
    }
}
