//! One session along the real path, with a journal of its own. Must never judge: the journal says what was decided.

use std::sync::Arc;

use indexmap::IndexMap;
use ringfence_journal::Reader;
use ringfence_kernel::builtin::{Builtin, Running};
use ringfence_kernel::call::{Naming, Request, Target};
use ringfence_kernel::env::Env;
use ringfence_kernel::exchange::{Abilities, ClientTerms, Exchange};
use ringfence_kernel::session::SessionKey;
use ringfence_kernel::{Kernel, Parts};
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::call::{Action, ActionKind, Call};
use ringfence_model::config::{Config, PolicyConfig, Preset, ServerConfig};
use ringfence_model::effect::{Effect, Effects, ToolFacts};
use ringfence_model::entry::{Entry, EntryBody, Ruling};
use ringfence_model::id::Timestamp;
use ringfence_model::json::JsonText;
use ringfence_model::label::Integrity;
use ringfence_model::principal::{Authentication, Principal, Scope};
use ringfence_model::provenance::{Provenance, Word};
use ringfence_model::tally::Recent;
use ringfence_model::verdict::Decision;
use ringfence_policy::{Declarations, Facts, PolicySet};
use serde_json::{Value, json};

use crate::script::{Script, Step, Tool};

/// What was decided about a call under each way to judge.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) call: String,
    pub(crate) standard: Decision,
    /// With words from this one on taken for untrusted, and all better ones for the user's.
    pub(crate) curve: Vec<(Word, Decision)>,
    pub(crate) strict: Decision,
    pub(crate) why: String,
    pub(crate) provenance: Provenance,
}

/// What became of a script.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) is_goal: bool,
    pub(crate) borrows: bool,
    pub(crate) disguised: bool,
    /// The calls that count: of a task all, of a goal those that reach it.
    pub(crate) calls: Vec<Judged>,
}

const CURVE: [Word; 5] = [Word::Untrusted, Word::Near, Word::Asserted, Word::Model, Word::Referred];

/// A server's tool that answers what the script says.
#[derive(Debug)]
struct Scripted {
    definition: JsonText,
    digest: Arc<str>,
    facts: Arc<ToolFacts>,
    result: JsonText,
}

impl Builtin for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
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
        Box::pin(async { Ok(self.result.clone()) })
    }
}

pub(crate) async fn run(
    script: &Script,
    at: usize,
    heard: bool,
) -> Result<Outcome, Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let policy = |presets: &[Preset]| {
        let config = PolicyConfig { presets: presets.to_vec(), ..PolicyConfig::standard() };
        PolicySet::load(&[], &config).map_err(|_| "the presets do not load")
    };
    let parts = Parts {
        lock: None,
        config: Config::standard(),
        policy: policy(&[Preset::Standard])?,
        data_dir: dir.path().to_owned(),
        builtins: Vec::new(),
        base_environment: Vec::new(),
        env: Env::system()?,
    };
    let kernel = Kernel::start(parts)?;
    let principal = Arc::new(Principal {
        realm: "eval".parse()?,
        name: format!("uid:{at}").into(),
        authentication: Authentication::PeerCredentials { uid: 1000 },
        scopes: [Scope::Call, Scope::Vouch].into(),
    });
    let session = kernel.session(&principal, SessionKey::Principal, None)?;
    let mut facts = Vec::new();
    for (index, (step, tool)) in script.steps.iter().chain(&script.goal).enumerate() {
        let (server, name) = step.0.split_once('.').ok_or("a step names a server and a tool")?;
        let mut known = declared(name, tool)?;
        if index < script.steps.len() && !script.goal.is_empty() {
            // What leads up to a goal is taken as confirmed: a stranger's text that is never read tests nothing.
            known = Arc::new(ToolFacts {
                effects: Effects::of(&[Effect::Read]),
                egress: false,
                ..(*known).clone()
            });
        }
        facts.push(Arc::clone(&known));
        let arguments: JsonText = step.1.to_string().try_into().map_err(|_| "arguments")?;
        let scripted = Scripted {
            definition: JsonText::object([("name", JsonText::string(name))]),
            digest: "0".into(),
            facts: known,
            result: answer(step)?,
        };
        let meta = if heard { json!({"_meta": {"io.ringfence/user-text": script.user}}) } else { json!({}) };
        let terms = ClientTerms {
            version: ProtocolVersion::V2025_11_25,
            abilities: Abilities::default(),
            log_level: None,
            extensions: None,
            claimed: None,
        };
        let request = Request {
            call: Call {
                id: kernel.env.call_id(),
                session: session.id,
                principal: Arc::clone(&principal),
                action: Action::CallTool { server: server.parse()?, tool: name.into(), arguments },
                parent: None,
                retries: None,
                received: kernel.env.now(),
            },
            params: meta.to_string().try_into().map_err(|_| "params")?,
            target: Target::Builtin(Arc::new(scripted)),
            session: Arc::clone(&session),
            exchange: Exchange::silent(Arc::new(terms)),
            naming: Naming::Plain,
        };
        kernel.run(request).await;
    }
    kernel.shut_down().await;
    let rulings = rulings(dir.path())?;
    let from = if script.goal.is_empty() { 0 } else { script.steps.len() };
    let strict = policy(&[Preset::Standard, Preset::Strict])?;
    let standard = policy(&[Preset::Standard])?;
    let calls = rulings
        .iter()
        .zip(&facts)
        .skip(from)
        .map(|(ruling, facts)| judged(ruling, facts, &principal, &standard, &strict))
        .collect();
    let is_goal = !script.goal.is_empty();
    Ok(Outcome {
        id: script.id.clone(),
        is_goal,
        borrows: script.borrows,
        disguised: script.disguised,
        calls,
    })
}

fn rulings(data_dir: &std::path::Path) -> Result<Vec<Ruling>, Box<dyn std::error::Error>> {
    let mut rulings = Vec::new();
    for entry in Reader::open(&data_dir.join("journal"), 0)? {
        let (_, Entry { body, .. }) = entry?;
        if let EntryBody::Ruling(ruling) = body {
            rulings.push(*ruling);
        }
    }
    Ok(rulings)
}

fn judged(
    ruling: &Ruling,
    tool: &ToolFacts,
    principal: &Principal,
    standard: &PolicySet,
    strict: &PolicySet,
) -> Judged {
    let judge = |policy: &PolicySet, provenance: &Provenance| {
        let facts = Facts {
            action: ActionKind::CallTool,
            server: ruling.server.as_ref(),
            target: &ruling.target,
            tool: Some(tool),
            principal,
            arguments: None,
            findings: &ruling.findings,
            runnable: &[],
            time: Timestamp(0),
            recent: Recent::NOTHING,
            trust: ringfence_model::trust::Trust::WHOLE,
            provenance,
            floor: ruling.floor,
            sandboxed: false,
            answerable: false,
        };
        policy.judge(&facts).decision
    };
    let curve = CURVE.map(|from| {
        let mut moved = ruling.provenance.clone();
        for value in &mut moved.values {
            value.word = if value.word >= from { Word::Untrusted } else { Word::User };
        }
        (from, judge(standard, &moved))
    });
    Judged {
        call: format!("{}.{}", ruling.server.as_ref().map_or("", |server| server.as_str()), ruling.target),
        standard: ruling.verdict.decision,
        curve: curve.to_vec(),
        strict: judge(strict, &ruling.provenance),
        why: ruling
            .verdict
            .reasons
            .first()
            .map(|reason| format!("{}: {}", reason.rule, reason.message))
            .unwrap_or_default(),
        provenance: ruling.provenance.clone(),
    }
}

/// What policy goes by: the operator's declaration, the rest inferred from name and schema.
fn declared(name: &str, tool: &Tool) -> Result<Arc<ToolFacts>, Box<dyn std::error::Error>> {
    let server = ServerConfig {
        command: None,
        args: Vec::new(),
        env: IndexMap::new(),
        cwd: None,
        url: None,
        headers: IndexMap::new(),
        content: Integrity::Untrusted,
        share: None,
        timeout: None,
        tools: IndexMap::from([(name.to_owned(), tool.config())]),
    };
    let properties: serde_json::Map<String, Value> =
        tool.takes.iter().map(|argument| (argument.clone(), json!({"type": "string"}))).collect();
    let definition = json!({"name": name, "inputSchema": {"type": "object", "properties": properties}});
    let definition: JsonText = definition.to_string().try_into().map_err(|_| "definition")?;
    Ok(Arc::new(Declarations::of(&server)?.facts(definition.value())))
}

/// Text as text; a structure as servers send one: as JSON in a text block, and structured.
fn answer(step: &Step) -> Result<JsonText, &'static str> {
    let result = match &step.2 {
        Value::Null => json!({"content": [{"type": "text", "text": "ok"}]}),
        Value::String(text) => json!({"content": [{"type": "text", "text": text}]}),
        structure @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            let text = structure.to_string();
            let structured =
                if structure.is_object() { structure.clone() } else { json!({"result": structure}) };
            json!({"content": [{"type": "text", "text": text}], "structuredContent": structured})
        }
    };
    result.to_string().try_into().map_err(|_| "result")
}
