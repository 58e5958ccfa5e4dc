//! Verbs of the command line: `status`, `tools.list`, `servers.scan`, `audit.query`, `audit.receipt`, `audit.erase`, `audit.stats`, `audit.tail`, `audit.export`, `approvals.list`,
//! `approvals.answer`, `pins.list`, `pins.answer`, `policy.load`, `trust.show`, `trust.explain`, `trust.invalidate`.
//!
//! They come along the path as [`ringfence_model::call::Action::Operate`]; must never be called from elsewhere.

mod servers;

use std::collections::BTreeMap;
use std::sync::Arc;

use ringfence_flow::{Node, combinations};
use ringfence_journal::JournalError;
use ringfence_model::approval::ApprovalAnswer;
use ringfence_model::control::{ApprovalReply, AuditQuery, PinAnswer};
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::id::{CallId, Timestamp};
use ringfence_model::json::{Json, JsonText, Kind};
use ringfence_model::name::ServerName;
use ringfence_model::pin::{PinAnswered, PinKind};
use ringfence_model::principal::Scope;
use ringfence_model::problem::{Problem, ProblemKind};
use serde::Serialize;
use serde_json::json;

use crate::announce;
use crate::approvals::AnswerError;
use crate::audit::AuditError;
use crate::call::Request;
use crate::endpoint;
use crate::kernel::Kernel;

/// What `status` shows.
#[derive(Debug, Serialize)]
pub struct Status {
    /// Version of the binary.
    pub version: &'static str,
    /// Process id of the kernel.
    pub pid: u32,
    /// The data directory.
    pub data_dir: String,
    /// Open sessions.
    pub sessions: Vec<crate::session::SessionReport>,
    /// Upstream servers.
    pub servers: Vec<crate::upstream::UpstreamReport>,
    /// The policy in force: digest, rules, mode.
    pub policy: PolicyStatus,
    /// Tools that together let a stranger's text take private data out, the shortest path first, of the tools known so far.
    pub toxic: Vec<Toxic>,
    /// Totals since the kernel started.
    pub calls: crate::counters::Totals,
    /// Entries in the journal.
    pub journal_entries: u64,
    /// Witnesses that know another journal than this one, and what they know.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub witnesses_disagree: BTreeMap<String, String>,
}

/// What `status` shows of the policy.
#[derive(Debug, Serialize)]
pub struct PolicyStatus {
    /// SHA-256 of its sources, hex.
    pub digest: String,
    /// Number of rules.
    pub rules: usize,
    /// The mode in force.
    pub mode: ringfence_model::config::PolicyMode,
    /// Why the policy on disk is not the one in force, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
    /// Digest of the policy on disk that waits for an operator, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
}

/// A toxic combination, each tool as `server/tool`.
#[derive(Debug, Serialize)]
pub struct Toxic {
    /// Brings text of strangers.
    pub untrusted: String,
    /// Reads private data.
    pub private: String,
    /// Carries data out.
    pub way_out: String,
}

/// Most toxic combinations that `status` shows.
const MOST_TOXIC: usize = 5;

impl Kernel {
    /// What `status` shows now.
    #[must_use]
    pub fn status(&self) -> Status {
        let now = self.env.now();
        let policy = self.policy.load();
        Status {
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            data_dir: self.data_dir().display().to_string(),
            sessions: self.sessions.report(),
            servers: self.upstreams.all().iter().map(|server| server.report(now)).collect(),
            policy: PolicyStatus {
                digest: policy.digest().to_string(),
                rules: policy.len(),
                mode: policy.mode(),
                rejected: self.rejected.lock().clone(),
                waiting: self.waiting.lock().policy.as_ref().map(|policy| policy.digest().to_string()),
            },
            toxic: self.toxic(),
            calls: self.counters.totals(),
            journal_entries: self.audit.entries(),
            witnesses_disagree: self.disagreements(),
        }
    }

    /// The toxic combinations of the tools known so far.
    fn toxic(&self) -> Vec<Toxic> {
        let servers = self.upstreams.all();
        let tools: Vec<_> = servers
            .iter()
            .flat_map(|server| server.tools().into_iter().map(|(tool, entry)| (server.name(), tool, entry)))
            .collect();
        let nodes: Vec<Node<'_>> =
            tools.iter().map(|(server, tool, entry)| Node { server, tool, facts: &entry.facts }).collect();
        let shown = |(server, tool): (ServerName, String)| format!("{server}/{tool}");
        let found = combinations(&nodes).into_iter().take(MOST_TOXIC);
        found
            .map(|found| Toxic {
                untrusted: shown(found.untrusted),
                private: shown(found.private),
                way_out: shown(found.way_out),
            })
            .collect()
    }

    /// Runs a verb of a permitted call; an object with the member `items`.
    pub(crate) async fn operate(
        self: &Arc<Self>,
        verb: &str,
        request: &Request,
    ) -> Result<JsonText, Problem> {
        let items = match verb {
            "status" => vec![json!(self.status())],
            "tools.list" => self.list_tools(request).await,
            "servers.scan" => self.scan_servers(request).await,
            "audit.query" => self.query_audit(&request.params).await?,
            "audit.receipt" => vec![self.give_receipt(&request.params).await?],
            "audit.erase" => vec![self.erase_session(request)?],
            "pins.list" => self.pins.report().iter().map(|pin| json!(pin)).collect(),
            "pins.answer" => vec![self.answer_pin(request).await?],
            "trust.show" => self.trust.show(&request.call.principal.realm, self.env.now()),
            "trust.explain" => vec![self.explain_trust(request)?],
            "trust.invalidate" => vec![self.answer_trust(request)?],
            "approvals.list" => self.list_approvals(),
            "approvals.answer" => vec![self.answer_approval(request)?],
            "policy.load" => vec![self.load_policy(request)?],
            // The stream itself follows outside the call; this is its permission.
            "audit.tail" | "audit.export" => Vec::new(),
            "audit.stats" => vec![self.summarize(&request.params).await?],
            "shutdown" => Vec::new(),
            other => {
                let message = format!("there is no verb `{other}`");
                return Err(Problem::new(ProblemKind::User, "unknown-verb", message));
            }
        };
        JsonText::try_from(json!({ "items": items }).to_string()).map_err(|error| internal(&error))
    }

    async fn query_audit(&self, params: &JsonText) -> Result<Vec<serde_json::Value>, Problem> {
        let query: AuditQuery = serde_json::from_str(params.as_str())
            .map_err(|error| Problem::new(ProblemKind::User, "bad-query", error.to_string()))?;
        let rows = self.audit.calls(&query).await.map_err(|error| internal(&error))?;
        Ok(rows.iter().map(|row| json!(row)).collect())
    }

    async fn summarize(&self, params: &JsonText) -> Result<serde_json::Value, Problem> {
        let since = match params.get("since").filter(|since| since.kind() != Kind::Null) {
            Some(since) => since.as_str().and_then(|since| since.parse().ok()).ok_or_else(|| {
                Problem::new(ProblemKind::User, "bad-query", "`since` is a time of RFC 3339")
            })?,
            None => Timestamp(0),
        };
        Ok(json!(self.audit.summary(since).await.map_err(|error| internal(&error))?))
    }

    async fn give_receipt(self: &Arc<Self>, params: &JsonText) -> Result<serde_json::Value, Problem> {
        let call = params.get("call").and_then(|call| call.as_str()?.parse().ok());
        let call: CallId = call.ok_or_else(|| {
            Problem::new(ProblemKind::User, "bad-query", "a receipt is of a call: name its id")
        })?;
        let receipt = self.receipt(call).await.map_err(|error| match error {
            AuditError::Journal(error @ JournalError::NotCanonical { .. }) => {
                Problem::new(ProblemKind::User, "no-receipt", error.to_string())
                    .hint("`ringfence audit verify` vouches for the whole log, this entry with it")
            }
            other @ (AuditError::Journal(_) | AuditError::Store(_) | AuditError::Interrupted) => {
                internal(&other)
            }
        })?;
        let mut receipt = receipt.ok_or_else(|| {
            Problem::new(ProblemKind::User, "no-such-call", format!("the journal holds no call `{call}`"))
                .hint("`ringfence audit query --json` shows the ids of calls")
        })?;
        if params.get("open").and_then(Json::as_bool) != Some(true) {
            return Ok(json!(receipt));
        }
        let secret = match receipt.session() {
            Some(session) => self.kept_secret(session).map_err(|error| internal(&error))?,
            None => None,
        };
        let secret = secret.ok_or_else(|| {
            let message = "the key of the session is gone: nobody can say what the values of this call were";
            Problem::new(ProblemKind::User, "erased", message)
        })?;
        receipt.open(&secret);
        Ok(json!(receipt))
    }

    /// An operator's answer about a definition that is held: into the journal, then in force.
    async fn answer_pin(self: &Arc<Self>, request: &Request) -> Result<serde_json::Value, Problem> {
        let by = &request.call.principal;
        if !by.may(Scope::Operate) {
            let message = "only an operator answers for definitions that are held";
            return Err(Problem::new(ProblemKind::Denied, "operator-credential", message));
        }
        let bad = |error: serde_json::Error| Problem::new(ProblemKind::User, "bad-answer", error.to_string());
        let given: PinAnswer = serde_json::from_str(request.params.as_str()).map_err(bad)?;
        let answer = PinAnswered {
            principal: Arc::clone(by),
            attested: by.is_attested(),
            of: given.of.clone(),
            kind: given.kind,
            name: Arc::clone(&given.name),
            digest: Arc::clone(&given.digest),
            approved: given.approved,
        };
        if !self.pins.answer(self, answer).map_err(|error| internal(&error))? {
            let message = format!("no definition of `{}` with this digest is held any more", given.name);
            let hint = "the server may have changed it again: `ringfence pins diff` shows what is held now";
            return Err(Problem::new(ProblemKind::User, "pin", message).hint(hint));
        }
        for upstream in self.upstreams.all().iter().filter(|upstream| *upstream.name() == given.of.server) {
            upstream.announce_release(self).await;
        }
        let mut shown = json!(given);
        if let serde_json::Value::Object(members) = &mut shown {
            members.insert("attested".into(), by.is_attested().into());
        }
        Ok(shown)
    }

    /// An operator lets the policy of a digest come into force: the one that waits, or one that is read later.
    fn load_policy(&self, request: &Request) -> Result<serde_json::Value, Problem> {
        #[derive(serde::Deserialize)]
        struct Given {
            digest: String,
        }
        let by = &request.call.principal;
        if !by.may(Scope::Operate) {
            let message = "only an operator lets a policy come into force";
            return Err(Problem::new(ProblemKind::Denied, "operator-credential", message));
        }
        let bad = |error: serde_json::Error| Problem::new(ProblemKind::User, "bad-digest", error.to_string());
        let Given { digest } = serde_json::from_str(request.params.as_str()).map_err(bad)?;
        self.record_operator(by, "policy.load", by.is_attested()).map_err(|error| internal(&error))?;
        let in_force = self.accept(&digest).map_err(|error| internal(&error))?;
        Ok(json!({ "digest": digest, "in_force": in_force, "attested": by.is_attested() }))
    }

    /// Newest first, each with its state.
    fn list_approvals(&self) -> Vec<serde_json::Value> {
        let now = self.env.now();
        self.approvals.all().iter().map(|approval| announce::shown(approval, now)).collect()
    }

    /// An approver's answer: into the journal, then in force.
    fn answer_approval(&self, request: &Request) -> Result<serde_json::Value, Problem> {
        let by = &request.call.principal;
        if !by.may(Scope::Operate) {
            let message = "only an operator answers requests for approval";
            return Err(Problem::new(ProblemKind::Denied, "operator-credential", message));
        }
        let bad = |error: serde_json::Error| Problem::new(ProblemKind::User, "bad-answer", error.to_string());
        let given: ApprovalReply = serde_json::from_str(request.params.as_str()).map_err(bad)?;
        let answer = ApprovalAnswer {
            approval: given.approval,
            answer: given.answer,
            lasts: given.lasts,
            by: Arc::clone(by),
            attested: by.is_attested(),
            comment: given.comment.map(|comment| self.scrub(&comment)),
        };
        let now = self.env.now();
        let record = |answer: &ApprovalAnswer| {
            let body = EntryBody::ApprovalAnswered(Box::new(answer.clone()));
            self.record(&Entry::at(now, body)).map(drop)
        };
        match self.approvals.answer(answer, now, record) {
            Ok(approval) => {
                self.tell_answered(&approval);
                let mut shown = announce::shown(&approval, now);
                if let serde_json::Value::Object(members) = &mut shown {
                    members.insert("attested".into(), by.is_attested().into());
                }
                Ok(shown)
            }
            Err(AnswerError::Journal(error)) => Err(internal(&error)),
            Err(
                error @ (AnswerError::Unknown(_)
                | AnswerError::Over(_)
                | AnswerError::NotNamed(_)
                | AnswerError::Own
                | AnswerError::Answered(_)),
            ) => {
                let hint = "`ringfence approvals list` shows what waits";
                Err(Problem::new(ProblemKind::User, "approval", error.to_string()).hint(hint))
            }
        }
    }

    async fn list_tools(self: &Arc<Self>, request: &Request) -> Vec<serde_json::Value> {
        let own = endpoint::own_name();
        let mut items: Vec<serde_json::Value> = self
            .builtins
            .values()
            .map(|tool| {
                described(own.as_str(), tool.name(), tool.name(), tool.definition().value(), tool.facts())
            })
            .collect();
        for upstream in self.upstreams.all() {
            let server = upstream.name().as_str();
            let tools = async {
                let connection =
                    upstream.connection(self, &request.session, &request.exchange.client).await?;
                // Listing by name once fills the catalogue.
                connection.tool("").await?;
                Ok::<_, crate::upstream::UpstreamError>(connection)
            };
            match tools.await {
                Ok(connection) => {
                    let mut tools = connection.tools();
                    tools.sort_by(|a, b| a.0.cmp(&b.0));
                    items.extend(tools.iter().map(|(name, entry)| {
                        let shown = endpoint::shown_name(upstream.name(), name);
                        let mut item =
                            described(server, name, &shown, entry.definition.value(), &entry.facts);
                        let refusal = connection.refusal(PinKind::Tool, name, &entry.digest);
                        if let (Some(because), serde_json::Value::Object(members)) = (refusal, &mut item) {
                            members.insert("held".into(), because.as_str().into());
                        }
                        item
                    }));
                }
                Err(error) => {
                    items.push(json!({ "server": server, "error": error.to_string(), "hint": error.hint() }))
                }
            }
        }
        items
    }
}

fn described(
    server: &str,
    tool: &str,
    name: &str,
    definition: Json<'_>,
    facts: &ringfence_model::effect::ToolFacts,
) -> serde_json::Value {
    let description = definition.get("description").and_then(Json::as_str);
    let held = (name.chars().count() > 64).then_some("its name is too long for clients");
    json!({
        "server": server,
        "tool": tool,
        "name": name,
        "description": description,
        "effects": facts.effects,
        "source": facts.source,
        "irreversible": facts.irreversible,
        "egress": facts.egress,
        "consequential": facts.consequential,
        "held": held,
    })
}

pub(crate) fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a verb failed");
    Problem::new(ProblemKind::Internal, "internal", "the kernel could not answer; its log says why")
}
