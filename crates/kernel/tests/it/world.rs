//! A kernel on a temporary data directory, tools that do nothing but say so, and what the journal holds afterwards.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_journal::Reader;
use ringfence_kernel::builtin::{Builtin, Running};
use ringfence_kernel::call::{Naming, Request, Target};
use ringfence_kernel::env::Env;
use ringfence_kernel::exchange::{Abilities, ClientTerms, Exchange};
use ringfence_kernel::session::{Session, SessionKey};
use ringfence_kernel::{Kernel, Parts};
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::call::{Action, Call};
use ringfence_model::config::{Config, PolicyConfig};
use ringfence_model::effect::{EffectSource, Effects, ToolFacts};
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::id::CallId;
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::principal::{Authentication, Principal, Scope};
use ringfence_policy::{PolicySet, Source};

pub(crate) struct World {
    pub(crate) kernel: Arc<Kernel>,
    pub(crate) session: Arc<Session>,
    pub(crate) dir: tempfile::TempDir,
}

/// Who calls and what its client can do.
pub(crate) fn principal(scopes: &[Scope]) -> Arc<Principal> {
    Arc::new(Principal {
        realm: "default".parse().unwrap(),
        name: "uid:1000".into(),
        authentication: Authentication::PeerCredentials { uid: 1000 },
        scopes: scopes.into(),
    })
}

impl World {
    pub(crate) async fn new(rules: &str) -> Self {
        Self::of(rules, &[Scope::Call, Scope::Confirm]).await
    }

    pub(crate) async fn of(rules: &str, scopes: &[Scope]) -> Self {
        Self::with(rules, scopes, Config::standard()).await
    }

    pub(crate) async fn with(rules: &str, scopes: &[Scope], config: Config) -> Self {
        Self::on(tempfile::tempdir().unwrap(), rules, scopes, config)
    }

    /// The next kernel on the same data directory.
    pub(crate) async fn again(self, rules: &str) -> Self {
        let Self { kernel, session, dir } = self;
        kernel.shut_down().await;
        drop((kernel, session));
        Self::on(dir, rules, &[Scope::Call, Scope::Confirm], Config::standard())
    }

    fn on(dir: tempfile::TempDir, rules: &str, scopes: &[Scope], config: Config) -> Self {
        let sources: Vec<Source<'_>> =
            if rules.is_empty() { Vec::new() } else { vec![Source { name: "rules.yaml", text: rules }] };
        let parts = Parts {
            config,
            policy: PolicySet::load(&sources, &PolicyConfig::standard()).unwrap(),
            lock: None,
            data_dir: dir.path().to_owned(),
            builtins: Vec::new(),
            base_environment: Vec::new(),
            env: Env::system().unwrap(),
        };
        let kernel = Kernel::start(parts).unwrap();
        let session = kernel.session(&principal(scopes), SessionKey::Principal, None).unwrap();
        Self { kernel, session, dir }
    }

    /// A request of a client without elicitation.
    pub(crate) fn request(&self, action: Action, target: Target) -> Request {
        self.request_of(&self.session, action, target)
    }

    /// A request in another session.
    pub(crate) fn request_of(&self, session: &Arc<Session>, action: Action, target: Target) -> Request {
        let terms = ClientTerms {
            version: ProtocolVersion::V2025_11_25,
            abilities: Abilities::default(),
            extensions: None,
            log_level: None,
            claimed: None,
        };
        Request {
            call: Call {
                id: self.kernel.env.call_id(),
                session: session.id,
                principal: Arc::clone(&session.principal),
                action,
                parent: None,
                retries: None,
                received: self.kernel.env.now(),
            },
            params: JsonText::empty_object(),
            target,
            session: Arc::clone(session),
            exchange: Exchange::silent(Arc::new(terms)),
            naming: Naming::Plain,
        }
    }

    pub(crate) fn journal(&self) -> Vec<EntryBody> {
        journal(self.dir.path())
    }

    /// The rulings and outcomes of one call.
    pub(crate) fn of_call(&self, id: CallId) -> Vec<EntryBody> {
        let concerns = |body: &EntryBody| {
            matches!(body, EntryBody::Ruling(ruling) if ruling.call == id)
                || matches!(body, EntryBody::Outcome(outcome) if outcome.call == id)
        };
        self.journal().into_iter().filter(concerns).collect()
    }
}

pub(crate) fn journal(data_dir: &Path) -> Vec<EntryBody> {
    Reader::open(&data_dir.join("journal"), 0)
        .unwrap()
        .map(|entry| entry.map(|(_, Entry { body, .. })| body).unwrap())
        .collect()
}

/// A tool with these effects that counts how often it ran.
#[derive(Debug)]
pub(crate) struct Probe {
    definition: JsonText,
    digest: Arc<str>,
    facts: Arc<ToolFacts>,
    result: JsonText,
    ran: AtomicUsize,
}

impl Probe {
    pub(crate) fn new(effects: Effects) -> Arc<Self> {
        Self::answering(effects, JsonText::empty_object())
    }

    pub(crate) fn answering(effects: Effects, result: JsonText) -> Arc<Self> {
        Arc::new(Self {
            result,
            definition: JsonText::object([("name", JsonText::string("probe"))]),
            digest: "0".into(),
            facts: Arc::new(ToolFacts {
                effects,
                source: EffectSource::Configured,
                irreversible: false,
                egress: false,
                content: Integrity::Untrusted,
                confidentiality: Confidentiality::Public,
                consequential: Vec::new(),
            }),
            ran: AtomicUsize::new(0),
        })
    }

    pub(crate) fn ran(&self) -> usize {
        self.ran.load(Ordering::SeqCst)
    }
}

impl Builtin for Probe {
    fn name(&self) -> &'static str {
        "probe"
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
            self.ran.fetch_add(1, Ordering::SeqCst);
            Ok(self.result.clone())
        })
    }
}
