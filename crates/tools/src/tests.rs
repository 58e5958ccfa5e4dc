use std::path::Path;

use ringfence_journal::Reader;
use ringfence_kernel::call::{Naming, Request, Target, Wire};
use ringfence_kernel::endpoint;
use ringfence_kernel::env::Env;
use ringfence_kernel::exchange::{Abilities, ClientTerms, Exchange};
use ringfence_kernel::session::{Session, SessionKey};
use ringfence_kernel::{Kernel, Parts};
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::call::{Action, Call};
use ringfence_model::config::{Config, PolicyConfig};
use ringfence_model::effect::EffectSource;
use ringfence_model::entry::EntryBody;
use ringfence_model::json::JsonText;
use ringfence_model::principal::{Authentication, Principal, Scope};
use ringfence_policy::PolicySet;
use serde_json::{Value, json};

use super::*;

const FAMILIES: [Family; 2] = [Family::Safety, Family::Governance];

struct World {
    kernel: Arc<Kernel>,
    session: Arc<Session>,
    dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let parts = Parts {
            config: Config::standard(),
            policy: PolicySet::load(&[], &PolicyConfig::standard()).unwrap(),
            lock: None,
            data_dir: dir.path().to_owned(),
            builtins: of(&FAMILIES).unwrap(),
            base_environment: Vec::new(),
            env: Env::system().unwrap(),
        };
        let kernel = Kernel::start(parts).unwrap();
        let principal = Principal {
            realm: "default".parse().unwrap(),
            name: "uid:1000".into(),
            authentication: Authentication::PeerCredentials { uid: 1000 },
            scopes: Arc::new([Scope::Call]),
        };
        let session = kernel.session(&Arc::new(principal), SessionKey::Principal, None).unwrap();
        Self { kernel, session, dir }
    }

    /// The result of a tool call along the path.
    async fn call(&self, name: &str, arguments: Value) -> Value {
        let arguments = JsonText::try_from(arguments.to_string()).unwrap();
        let tool = Arc::clone(self.kernel.builtins.get(name).unwrap());
        let terms = ClientTerms {
            version: ProtocolVersion::V2025_11_25,
            abilities: Abilities::default(),
            extensions: None,
            log_level: None,
            claimed: None,
        };
        let request = Request {
            call: Call {
                id: self.kernel.env.call_id(),
                session: self.session.id,
                principal: Arc::clone(&self.session.principal),
                action: Action::CallTool {
                    server: endpoint::own_name(),
                    tool: name.into(),
                    arguments: arguments.clone(),
                },
                parent: None,
                retries: None,
                received: self.kernel.env.now(),
            },
            params: JsonText::object([("name", JsonText::string(name)), ("arguments", arguments)]),
            target: Target::Builtin(tool),
            session: Arc::clone(&self.session),
            exchange: Exchange::silent(Arc::new(terms)),
            naming: Naming::Prefixed,
        };
        let wire = self.kernel.run(request).await.into_wire();
        let Wire::Result(result) = wire else { panic!("{wire:?}") };
        serde_json::from_str(result.as_str()).unwrap()
    }
}

fn journal(data_dir: &Path) -> Vec<EntryBody> {
    Reader::open(&data_dir.join("journal"), 0).unwrap().map(|entry| entry.unwrap().1.body).collect()
}

#[tokio::test]
async fn every_tool_takes_the_path_and_declares_what_it_does() {
    let world = World::new().await;
    for tool in of(&FAMILIES).unwrap() {
        let name = tool.name();
        let definition: Value = serde_json::from_str(tool.definition().as_str()).unwrap();
        for member in ["title", "description"] {
            assert!(definition[member].as_str().is_some_and(|text| !text.is_empty()), "{name}: no {member}");
        }
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(definition[schema]["type"], "object", "{name}: {schema}");
            jsonschema::meta::validate(&definition[schema]).unwrap();
        }
        assert_eq!(tool.facts().source, EffectSource::Declared);
        assert!(!tool.facts().effects.is_unknown(), "{name}: no effects");
        world.call(name, json!({})).await;
        let ruled = journal(world.dir.path()).iter().any(|body| {
            matches!(body, EntryBody::Ruling(ruling) if &*ruling.target == name && !ruling.verdict.reasons.is_empty())
        });
        assert!(ruled, "{name}: never met the policy, or never reached the journal");
    }
}

#[tokio::test]
async fn results_fit_their_schema_and_say_the_same_as_text() {
    let world = World::new().await;
    for (name, arguments) in [
        ("ringfence_status", json!({})),
        ("get_audit_log", json!({ "limit": 5, "filter": { "type": "allowed" } })),
        ("verify_code_safety", json!({ "code": "ls", "language": "bash" })),
        ("verify_code_safety", json!({ "code": "rm -rf /", "language": "bash" })),
    ] {
        let result = world.call(name, arguments).await;
        let tool = world.kernel.builtins.get(name).unwrap();
        let definition: Value = serde_json::from_str(tool.definition().as_str()).unwrap();
        let structured = &result["structuredContent"];
        jsonschema::validate(&definition["outputSchema"], structured).unwrap();
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(&text, structured);
        assert_eq!(result["isError"], false);
    }
}

#[tokio::test]
async fn wrong_arguments_are_explained_to_the_model() {
    let world = World::new().await;
    for (name, arguments, says) in [
        ("verify_code_safety", json!({ "language": "bash" }), "missing field `code`"),
        (
            "verify_code_safety",
            json!({ "code": "ls", "language": "bash", "lang": 1 }),
            "unknown field `lang`",
        ),
        ("get_audit_log", json!({ "filter": { "since": "yesterday" } }), "not a time"),
        ("ringfence_status", json!({ "verbose": true }), "unknown field `verbose`"),
    ] {
        let result = world.call(name, arguments).await;
        assert_eq!(result["isError"], true);
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(says), "{text}");
    }
}

/// The examples in the document of the seeds' server.
#[tokio::test]
async fn the_examples_of_the_seeds_come_out_as_they_say() {
    let world = World::new().await;
    let drop = json!({ "code": "await db.query('DROP TABLE users')", "language": "javascript" });
    let result = &world.call("verify_code_safety", drop).await["structuredContent"];
    assert_eq!(result["safe"], false);
    assert_eq!(result["violations"][0]["rule"], "drop_table");
    assert_eq!(result["violations"][0]["severity"], "critical");
    assert_eq!(result["violations"][0]["message"], "Destructive SQL: DROP operation detected");
    assert_eq!(
        result["violations"][0]["alternative"],
        "Consider using soft delete or archiving instead of DROP"
    );
    assert_eq!(result["blocked_reason"], "Destructive SQL: DROP operation detected");
    let remove = json!({ "code": "import os; os.system('rm -rf /')", "language": "python" });
    assert_eq!(world.call("verify_code_safety", remove).await["structuredContent"]["safe"], false);
}

#[tokio::test]
async fn the_audit_log_shows_what_was_blocked_and_what_was_not() {
    let world = World::new().await;
    world.call("ringfence_status", json!({})).await;
    let shown = |result: &Value| -> Vec<String> {
        let logs = result["structuredContent"]["logs"].as_array().unwrap();
        logs.iter().map(|row| row["target"].as_str().unwrap().to_owned()).collect()
    };
    let allowed = world.call("get_audit_log", json!({ "filter": { "type": "allowed" } })).await;
    assert_eq!(shown(&allowed), ["get_audit_log", "ringfence_status"]);
    let blocked = world.call("get_audit_log", json!({ "filter": { "type": "blocked" } })).await;
    assert_eq!(shown(&blocked), Vec::<String>::new());
    let of_nobody = world.call("get_audit_log", json!({ "filter": { "agent_id": "uid:7" } })).await;
    assert_eq!(of_nobody["structuredContent"]["returned"], 0);
    assert_eq!(of_nobody["structuredContent"]["stats"], json!({ "blocked_total": 0, "allowed_total": 4 }));
}

#[tokio::test]
async fn an_agent_asks_people_and_hears_what_they_said() {
    use ringfence_identity::OperatorCredential;
    use ringfence_model::id::Timestamp;
    let world = World::new().await;
    let keys = world.dir.path().join("keys");
    let ask = |action: &str, approvers: Value| json!({ "agentId": "a1", "action": action, "description": "as the ticket says", "approvers": approvers });
    let refused = world.call("request_approval", ask("delete_records", json!(["ann@a.example"]))).await;
    assert_eq!(refused["isError"], true, "critical needs two, who can be told apart: {refused}");
    assert!(refused["content"][0]["text"].as_str().unwrap().contains("2 approvers are needed"), "{refused}");
    let nobody = world.call("request_approval", ask("read", json!([]))).await;
    assert_eq!(nobody["isError"], true, "{nobody}");

    for name in ["ann@a.example", "bob@a.example"] {
        OperatorCredential::mint_token(&keys, name, Timestamp(1), &mut |bytes| {
            bytes.fill(name.as_bytes()[0])
        })
        .unwrap();
    }
    let one_twice =
        world.call("request_approval", ask("drop_table", json!(["ann@a.example", "ann@a.example"]))).await;
    assert_eq!(one_twice["isError"], true, "one person twice is one: {one_twice}");
    let both = json!(["ann@a.example", "bob@a.example"]);
    let asked = world.call("request_approval", ask("delete_records", both.clone())).await;
    let request = &asked["structuredContent"];
    assert_eq!(
        [&request["status"], &request["riskLevel"], &request["requiredApprovals"], &request["requestedBy"]],
        [&json!("pending"), &json!("critical"), &json!(2), &json!("uid:1000")],
        "{asked}"
    );
    let again = world.call("request_approval", ask("delete_records", both)).await;
    assert_eq!(again["structuredContent"]["id"], request["id"], "asking again makes no second request");
    let other = world.call("request_approval", ask("list_records", json!(["ann@a.example"]))).await;
    assert_ne!(other["structuredContent"]["id"], request["id"]);
    assert_eq!(other["structuredContent"]["riskLevel"], "low");
}
