//! What the tests of the edge stand on: a kernel in a temporary directory, with a tool that waits until it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_govern::Decisions;
use ringfence_identity::Principals;
use ringfence_kernel::builtin::{Builtin, Running};
use ringfence_kernel::env::Env;
use ringfence_kernel::{Kernel, Parts};
use ringfence_model::call::Call;
use ringfence_model::config::{Config, PolicyConfig};
use ringfence_model::effect::{Effect, EffectSource, Effects, ToolFacts};
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::principal::Scope;
use ringfence_policy::{PolicySet, Source};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::gate::Gate;
use crate::room::Room;

/// A kernel and who may come in.
pub(crate) struct House {
    pub(crate) gate: Arc<Gate>,
    pub(crate) hold: Arc<Hold>,
    _dir: tempfile::TempDir,
}

/// A tool of ours that answers once it is let go.
#[derive(Debug)]
pub(crate) struct Hold {
    definition: JsonText,
    digest: Arc<str>,
    facts: Arc<ToolFacts>,
    /// A permit for each call that has begun.
    pub(crate) begun: Semaphore,
    /// A permit lets one call go.
    pub(crate) go: Semaphore,
    /// How many answered.
    pub(crate) answered: AtomicUsize,
}

impl House {
    /// With this configuration.
    pub(crate) fn of(config: &Config, rules: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hold = Arc::new(Hold::new());
        let sources: Vec<Source<'_>> =
            if rules.is_empty() { Vec::new() } else { vec![Source { name: "rules.yaml", text: rules }] };
        let parts = Parts {
            config: config.clone(),
            policy: PolicySet::load(&sources, &PolicyConfig::standard()).unwrap(),
            lock: None,
            data_dir: dir.path().to_owned(),
            builtins: vec![Arc::clone(&hold) as Arc<dyn Builtin>],
            base_environment: Vec::new(),
            env: Env::system().unwrap(),
        };
        let principals =
            Principals::of_this_process("default".parse().unwrap(), &[Scope::Call, Scope::Confirm]);
        let gate = Gate {
            kernel: Kernel::start(parts).unwrap(),
            principals,
            keys_dir: dir.path().join("keys"),
            decisions: Decisions::new(&config.approvals).unwrap(),
            room: Room::new(),
        };
        Self { gate: Arc::new(gate), hold, _dir: dir }
    }

    /// With nothing configured.
    pub(crate) fn new() -> Self {
        Self::of(&Config::standard(), "")
    }
}

impl Hold {
    fn new() -> Self {
        Self {
            definition: JsonText::object([("name", JsonText::string("hold"))]),
            digest: "0".into(),
            facts: Arc::new(ToolFacts {
                effects: Effects::of(&[Effect::Read]),
                source: EffectSource::Configured,
                irreversible: false,
                egress: false,
                content: Integrity::Untrusted,
                confidentiality: Confidentiality::Public,
                consequential: Vec::new(),
            }),
            begun: Semaphore::new(0),
            go: Semaphore::new(0),
            answered: AtomicUsize::new(0),
        }
    }

    /// Waits until so many calls have begun since the last time.
    pub(crate) async fn has_begun(&self, calls: u32) {
        self.begun.acquire_many(calls).await.unwrap().forget();
    }
}

impl Builtin for Hold {
    fn name(&self) -> &'static str {
        "hold"
    }
    fn definition(&self) -> &JsonText {
        &self.definition
    }
    fn definition_digest(&self) -> &Arc<str> {
        &self.digest
    }
    fn facts(&self) -> &Arc<ToolFacts> {
        &self.facts
    }
    fn call<'a>(&'a self, _: &'a Arc<Kernel>, _: &'a Call, _: &'a JsonText) -> Running<'a> {
        Box::pin(async {
            self.begun.add_permits(1);
            self.go.acquire().await.unwrap().forget();
            self.answered.fetch_add(1, Ordering::SeqCst);
            // Looks like the error of a method that does not exist.
            let result = r#"{"structuredContent":{"error":{"code":-32601,"message":"x"}},"content":[]}"#;
            Ok(JsonText::try_from(result.to_owned()).unwrap())
        })
    }
}

/// A request of a legacy client.
pub(crate) fn legacy(id: i64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// The handshake of a legacy client.
pub(crate) fn initialize() -> Value {
    let client = json!({ "name": "test", "version": "1" });
    legacy(
        0,
        "initialize",
        &json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client }),
    )
}

/// A request of a modern client.
pub(crate) fn modern(id: i64, method: &str, params: &Value) -> Value {
    let mut message = legacy(id, method, params);
    message["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    message
}

/// What a modern client listens to.
pub(crate) fn subscription() -> Value {
    modern(1, "subscriptions/listen", &json!({ "notifications": { "toolsListChanged": true } }))
}
