use ringfence_model::code::{CommandClass, Runnable, SqlClass};
use ringfence_model::config::{PolicyConfig, PolicyMode, Preset};
use ringfence_model::effect::{Effect, ToolFacts};
use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::provenance::{Origin, Provenance, Role, Word};
use ringfence_model::tally::{Counts, Recent};

use super::*;
use crate::facts::Facts;
use crate::judge::PolicySet;
use crate::judge::tests::{call, finding, tool};

use Effect::{Admin, Delete, Execute, Network, Pay, Read, Send, Write};

fn policy(preset: Preset, environment: Option<&str>) -> PolicySet {
    let config = PolicyConfig {
        mode: PolicyMode::Strict,
        presets: vec![preset],
        environment: environment.map(str::to_owned),
        files: Vec::new(),
        roles: indexmap::IndexMap::new(),
    };
    PolicySet::load(&[], &config).unwrap_or_else(|errors| panic!("{}: {errors:#?}", preset.as_str()))
}

/// A call, in the words that differ from one that no rule has anything against.
struct Scene {
    name: &'static str,
    effects: &'static [Effect],
    arguments: &'static str,
    seen: Option<(&'static str, Category, Severity)>,
    floor: Label,
    sql: Option<SqlClass>,
    origin: Option<(Role, Word, Confidentiality, bool)>,
    denied: u32,
    irreversible: bool,
}

const QUIET: Scene = Scene {
    name: "look",
    effects: &[Read],
    arguments: "{\"topic\":\"weather\"}",
    seen: None,
    floor: Label::FRESH,
    sql: None,
    origin: None,
    denied: 0,
    irreversible: false,
};

/// The rules of `policy` that speak about the scene.
fn speakers(policy: &PolicySet, scene: &Scene) -> Vec<String> {
    let facts = ToolFacts {
        egress: scene.effects.contains(&Send) || scene.effects.contains(&Network),
        irreversible: scene.irreversible,
        ..tool(scene.effects)
    };
    let arguments: JsonText = scene.arguments.to_owned().try_into().unwrap();
    let seen: Vec<Finding> = scene
        .seen
        .iter()
        .map(|(id, category, severity)| Finding { id: (*id).into(), ..finding(*category, *severity) })
        .collect();
    let texts = |sql| {
        let mut texts = Vec::new();
        arguments.value().members().for_each(|(_, value)| {
            texts.push(Runnable { raw: value.raw(), sql, command: CommandClass::Safe });
        });
        texts
    };
    let runnable = texts(scene.sql.unwrap_or(SqlClass::Unknown));
    let provenance = Provenance {
        values: scene
            .origin
            .iter()
            .map(|(role, word, confidentiality, pii)| Origin {
                pointer: "/topic".into(),
                role: *role,
                word: *word,
                label: Label {
                    confidentiality: *confidentiality,
                    pii: *pii,
                    integrity: Integrity::Untrusted,
                },
                sources: Vec::new(),
            })
            .collect(),
    };
    let minute = Counts { minute: scene.denied, hour: scene.denied, day: scene.denied };
    call(
        Some(&facts),
        |_| (),
        |base| {
            let facts = Facts {
                target: scene.name,
                arguments: Some(&arguments),
                findings: &seen,
                runnable: &runnable,
                provenance: &provenance,
                floor: scene.floor,
                recent: Recent { calls: minute, denied: minute },
                ..*base
            };
            let ours = |rule: &str| !rule.starts_with("ringfence.");
            policy
                .explain(&facts)
                .into_iter()
                .filter(|it| it.matched && ours(&it.rule))
                .map(|it| it.rule.split_once('.').unwrap().1.to_owned())
                .collect()
        },
    )
}

const INTERNAL: Label =
    Label { confidentiality: Confidentiality::Internal, pii: true, integrity: Integrity::Untrusted };
const PII: Option<(&str, Category, Severity)> = Some(("us_ssn", Category::Pii, Severity::Medium));

/// Each rule of the seeds' 12 templates, and a call that it speaks about.
fn firing() -> Vec<(Preset, &'static str, Scene)> {
    use Preset::{
        CostControl, DataDeletion, GdprCompliance, HipaaHealthcare, HumanReview, PciDssPayments,
        PiiProtection, ProductionSafety, RateLimiting, ReadOnlyAccess, SecretsProtection, Soc2Security,
    };
    let sql = |text, class| Scene { name: "run_query", arguments: text, sql: Some(class), ..QUIET };
    let found = |id, category| Scene { seen: Some((id, category, Severity::Critical)), ..QUIET };
    vec![
        (PiiProtection, "block_pii_fields", Scene { arguments: "{\"user\":{\"SSN\":\"x\"}}", ..QUIET }),
        (PiiProtection, "redact_email", Scene { effects: &[Send], seen: PII, ..QUIET }),
        (PiiProtection, "log_pii_access", Scene { floor: INTERNAL, ..QUIET }),
        (RateLimiting, "api_rate_limit", Scene { effects: &[Network], ..QUIET }),
        (RateLimiting, "database_query_limit", Scene { name: "db_read", ..QUIET }),
        (CostControl, "daily_budget", Scene { effects: &[Pay], arguments: "{\"amount\":5}", ..QUIET }),
        (
            CostControl,
            "expensive_operation_approval",
            Scene { effects: &[Pay], arguments: "{\"amount\":10.5}", ..QUIET },
        ),
        (DataDeletion, "block_mass_delete", found("delete_all", Category::Sql)),
        (DataDeletion, "require_backup", Scene { effects: &[Delete], ..QUIET }),
        (DataDeletion, "block_drop_table", found("drop_table", Category::Sql)),
        (SecretsProtection, "no_hardcoded_secrets", found("aws_key", Category::Secret)),
        (SecretsProtection, "no_secrets_in_logs", QUIET),
        (HumanReview, "external_communication", Scene { effects: &[Send], ..QUIET }),
        (HumanReview, "financial_transactions", Scene { effects: &[Pay], ..QUIET }),
        (HumanReview, "production_changes", Scene { effects: &[Write], ..QUIET }),
        (GdprCompliance, "pii_identification", Scene { seen: PII, ..QUIET }),
        (GdprCompliance, "right_to_erasure", Scene { effects: &[Delete], ..QUIET }),
        (
            GdprCompliance,
            "data_minimization",
            Scene { arguments: "{\"q\":\"select * from people\"}", ..QUIET },
        ),
        (GdprCompliance, "consent_verification", Scene { effects: &[Send], seen: PII, ..QUIET }),
        (Soc2Security, "access_logging", QUIET),
        (Soc2Security, "change_management", Scene { effects: &[Admin], ..QUIET }),
        (
            Soc2Security,
            "encryption_required",
            Scene { arguments: "{\"to\":\"http://example.com/x\"}", ..QUIET },
        ),
        (Soc2Security, "incident_detection", Scene { effects: &[Write], denied: 4, ..QUIET }),
        (HipaaHealthcare, "phi_protection", Scene { effects: &[Send], seen: PII, floor: INTERNAL, ..QUIET }),
        (
            HipaaHealthcare,
            "minimum_necessary",
            Scene { arguments: "{\"q\":\"SELECT DISTINCT p.* FROM p\"}", ..QUIET },
        ),
        (HipaaHealthcare, "audit_controls", QUIET),
        (
            PciDssPayments,
            "block_card_storage",
            Scene { effects: &[Write], arguments: "{\"note\":\"4111 1111-11111111\"}", ..QUIET },
        ),
        (
            PciDssPayments,
            "block_cvv_storage",
            Scene { effects: &[Write], arguments: "{\"card\":{\"CVV\":\"123\"}}", ..QUIET },
        ),
        (
            PciDssPayments,
            "encrypt_transmission",
            Scene { arguments: "{\"url\":\"ftp://example.com\"}", ..QUIET },
        ),
        (ReadOnlyAccess, "block_insert", sql("{\"q\":\"INSERT INTO t VALUES (1)\"}", SqlClass::Write)),
        (ReadOnlyAccess, "block_update", sql("{\"q\":\"update t set a=1\"}", SqlClass::Destructive)),
        (ReadOnlyAccess, "block_delete", sql("{\"q\":\"DELETE FROM t\"}", SqlClass::Destructive)),
        (ReadOnlyAccess, "block_ddl", sql("{\"q\":\"DROP TABLE t\"}", SqlClass::Destructive)),
        (ProductionSafety, "require_deployment_approval", Scene { name: "k8s_deploy", ..QUIET }),
        (ProductionSafety, "block_direct_db_access", sql("{\"q\":\"select 1\"}", SqlClass::Read)),
        (ProductionSafety, "require_rollback_plan", Scene { name: "deploy_app", ..QUIET }),
    ]
}

#[test]
fn every_rule_of_the_seeds_templates_can_fire() {
    let rows = firing();
    assert_eq!(rows.len(), 36);
    for (preset, rule, scene) in rows {
        let spoke = speakers(&policy(preset, Some("production")), &scene);
        assert!(spoke.iter().any(|it| it == rule), "{} {rule}: {spoke:?}", preset.as_str());
    }
}

#[test]
fn nothing_of_the_templates_speaks_without_its_cause() {
    for (preset, _, _) in firing() {
        let spoke = speakers(&policy(preset, Some("development")), &QUIET);
        // What marks and redacts speaks about every call.
        let always = ["no_secrets_in_logs", "access_logging", "audit_controls"];
        assert!(spoke.iter().all(|rule| always.contains(&rule.as_str())), "{}: {spoke:?}", preset.as_str());
    }
    let small = speakers(
        &policy(Preset::CostControl, None),
        &Scene { effects: &[Pay], arguments: "{\"amount\":9.5}", ..QUIET },
    );
    assert_eq!(small, ["daily_budget"]);
    let planned = Scene { name: "deploy_app", arguments: "{\"rollback_plan\":\"undo\"}", ..QUIET };
    assert_eq!(
        speakers(&policy(Preset::ProductionSafety, Some("production")), &planned),
        ["require_deployment_approval"]
    );
    let consent = Scene { effects: &[Send], seen: PII, arguments: "{\"consent_id\":\"c-17\"}", ..QUIET };
    assert_eq!(speakers(&policy(Preset::GdprCompliance, None), &consent), ["pii_identification"]);
}

#[test]
fn every_rule_of_a_framework_names_what_it_serves() {
    use Preset::{Ccpa, Fedramp, Gdpr, Hipaa, Iso27001, Nist, OwaspAsi2026, PciDss, Soc2};
    for preset in [Hipaa, Soc2, PciDss, Gdpr, Fedramp, Ccpa, Nist, Iso27001, OwaspAsi2026] {
        let policy = policy(preset, None);
        let explained = call(Some(&tool(&[Read])), |_| (), |facts| policy.explain(facts));
        let rules: Vec<_> = explained.iter().filter(|it| !it.rule.starts_with("ringfence.")).collect();
        assert!(rules.len() >= 7, "{}", preset.as_str());
        assert!(rules.iter().all(|it| !it.references.is_empty()), "{}", preset.as_str());
    }
}

/// The official names, OWASP Top 10 for Agentic Applications 2026.
#[test]
fn each_entry_of_the_owasp_list_has_a_rule_that_fires() {
    let official = [
        "ASI01 Agent Goal Hijack",
        "ASI02 Tool Misuse and Exploitation",
        "ASI03 Identity and Privilege Abuse",
        "ASI04 Agentic Supply Chain Vulnerabilities",
        "ASI05 Unexpected Code Execution (RCE)",
        "ASI06 Memory & Context Poisoning",
        "ASI07 Insecure Inter-Agent Communication",
        "ASI08 Cascading Failures",
        "ASI09 Human-Agent Trust Exploitation",
        "ASI10 Rogue Agents",
    ];
    let text = text(Preset::OwaspAsi2026);
    let policy = policy(Preset::OwaspAsi2026, None);
    let origin = |word, confidentiality| Some((Role::Consequential, word, confidentiality, false));
    let scenes = [
        (
            "asi01-goal",
            Scene { effects: &[Send], origin: origin(Word::Untrusted, Confidentiality::Public), ..QUIET },
        ),
        (
            "asi02-exfiltration",
            Scene { effects: &[Send], origin: origin(Word::Model, Confidentiality::Secret), ..QUIET },
        ),
        ("asi03-key-files", Scene { arguments: "{\"path\":\"/home/me/.ssh/id_rsa\"}", ..QUIET }),
        ("asi04-packages", Scene { effects: &[Execute], arguments: "{\"cmd\":\"npm i left-pad\"}", ..QUIET }),
        ("asi05-code", Scene { seen: Some(("rm_rf", Category::Command, Severity::Critical)), ..QUIET }),
        ("asi06-memory", Scene { name: "create_entities", effects: &[Write], floor: INTERNAL, ..QUIET }),
        ("asi07-inside", Scene { arguments: "{\"url\":\"http://169.254.169.254/x\"}", ..QUIET }),
        ("asi08-rate", Scene { effects: &[Write], ..QUIET }),
        ("asi09-trust", Scene { effects: &[Send], floor: INTERNAL, ..QUIET }),
        ("asi10-rogue", Scene { effects: &[Write], denied: 21, ..QUIET }),
    ];
    for (name, (rule, scene)) in official.iter().zip(scenes) {
        assert!(text.contains(&format!("references: [\"{name}\"]")), "{name}");
        let spoke = speakers(&policy, &scene);
        assert!(spoke.iter().any(|it| it == rule), "{rule}: {spoke:?}");
    }
    assert_eq!(speakers(&policy, &QUIET), ["asi10-record"]);
}

#[test]
fn read_only_and_its_kin_hold_what_they_say() {
    let changes = Scene { effects: &[Write], ..QUIET };
    assert_eq!(speakers(&policy(Preset::ReadOnly, None), &changes), ["changes"]);
    assert_eq!(speakers(&policy(Preset::ReadOnly, None), &QUIET), Vec::<String>::new());
    let hidden = Scene { arguments: "{\"sql\":\"x\"}", sql: Some(SqlClass::Destructive), ..QUIET };
    assert_eq!(speakers(&policy(Preset::ReadOnly, None), &hidden), ["sql"]);
    assert_eq!(speakers(&policy(Preset::RequiresApproval, None), &changes), ["changes"]);
    assert_eq!(speakers(&policy(Preset::NoPii, None), &Scene { seen: PII, ..QUIET }), ["found"]);
    assert_eq!(
        speakers(&policy(Preset::NoPii, None), &Scene { arguments: "{\"card_number\":1}", ..QUIET }),
        ["named"]
    );
    let carried =
        Scene { origin: Some((Role::Content, Word::Model, Confidentiality::Public, true)), ..QUIET };
    assert_eq!(speakers(&policy(Preset::NoPii, None), &carried), ["carried"]);
    assert_eq!(speakers(&policy(Preset::Permissive, None), &changes), ["allow"]);
}

#[test]
fn all_presets_load_together_and_none_takes_another_ones_id() {
    let config = PolicyConfig {
        mode: PolicyMode::Strict,
        presets: Preset::ALL.to_vec(),
        environment: None,
        files: Vec::new(),
        roles: indexmap::IndexMap::new(),
    };
    let policy = PolicySet::load(&[], &config).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert!(policy.len() > 140, "{}", policy.len());
}
