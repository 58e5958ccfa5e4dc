//! Requests of the command line. Each is a call on the path, under the verb's name; operator verbs need the credential.

use std::sync::Arc;
use std::time::Duration;

use ringfence_identity::OperatorCredential;
use ringfence_kernel::call::{Naming, Request as KernelRequest, Target};
use ringfence_kernel::exchange::{Abilities, ClientTerms, Exchange};
use ringfence_kernel::session::Session;
use ringfence_kernel::{Endpoint, Wire};
use ringfence_mcp::line::Line;
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::call::{Action, Call};
use ringfence_model::control::{Credential, Reply, Request, Verb};
use ringfence_model::json::{Json, JsonText, Kind};
use ringfence_model::principal::Principal;
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::{Value, json};
use serde_json::value::{RawValue, to_raw_value};
use tokio_util::sync::CancellationToken;

use crate::gate::Gate;
use crate::socket::Connection;

/// How often a tail looks for new entries.
const TAIL: Duration = Duration::from_millis(100);

/// What a wrong credential costs, so that guessing is slow.
const WRONG: Duration = Duration::from_secs(1);

/// Serves one connection of the command line.
pub(crate) async fn serve(
    gate: &Arc<Gate>,
    session: &Arc<Session>,
    uid: u32,
    mut connection: Connection,
    stop: CancellationToken,
) {
    let _link = session.link();
    let desk = Desk { gate, session, uid, stop: &stop };
    loop {
        let line = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            line = connection.reader.next() => line,
        };
        let Ok(Some(Line::Message(line))) = line else { return };
        let request: Request = match serde_json::from_slice(&line) {
            Ok(request) => request,
            Err(error) => {
                let problem = Problem::new(ProblemKind::User, "bad-request", error.to_string());
                if connection.say(&Reply::Problem(problem)).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let last = match desk.answer(request, &mut connection).await {
            Ok(()) => Reply::Done,
            Err(problem) => Reply::Problem(problem),
        };
        if connection.say(&last).await.is_err() {
            return;
        }
    }
}

struct Desk<'a> {
    gate: &'a Arc<Gate>,
    session: &'a Arc<Session>,
    uid: u32,
    stop: &'a CancellationToken,
}

impl Desk<'_> {
    async fn answer(&self, request: Request, connection: &mut Connection) -> Result<(), Problem> {
        match request.verb {
            Verb::Status => self.items("status", JsonText::empty_object(), connection).await,
            Verb::ToolsList => self.items("tools.list", JsonText::empty_object(), connection).await,
            Verb::ServersScan => self.items("servers.scan", JsonText::empty_object(), connection).await,
            Verb::AuditQuery(query) => self.items("audit.query", text(&query)?, connection).await,
            Verb::AuditTail => self.tail(connection).await,
            Verb::PinsList => self.items("pins.list", JsonText::empty_object(), connection).await,
            Verb::PinsAnswer(answer) => {
                let operator = Arc::new(self.operator(request.credential).await?);
                self.items_as(operator, "pins.answer", text(&answer)?, connection).await
            }
            Verb::ApprovalsList => self.items("approvals.list", JsonText::empty_object(), connection).await,
            Verb::ApprovalsAnswer(answer) => {
                let operator = Arc::new(self.operator(request.credential).await?);
                self.items_as(operator, "approvals.answer", text(&answer)?, connection).await
            }
            Verb::PolicyLoad { digest } => {
                let operator = Arc::new(self.operator(request.credential).await?);
                self.items_as(operator, "policy.load", text(&json!({ "digest": digest }))?, connection).await
            }
            Verb::ToolsCall { name, arguments } => {
                let result = self.call_tool(&name, object(arguments)?).await?;
                say(connection, &result).await
            }
            Verb::Shutdown => {
                let operator = Arc::new(self.operator(request.credential).await?);
                self.operate("shutdown", JsonText::empty_object(), Arc::clone(&operator)).await?;
                self.record(&operator, "shutdown")?;
                self.stop.cancel();
                say(connection, &JsonText::object([("attested", operator.is_attested().into())])).await
            }
            Verb::CredentialChanged { what } => {
                let operator = Arc::new(self.operator(request.credential).await?);
                if operator.is_attested() {
                    self.record(&operator, what.as_str())
                } else {
                    Err(Problem::new(
                        ProblemKind::User,
                        "operator-credential",
                        "no operator credential has been set",
                    ))
                }
            }
        }
    }

    /// Into the journal, before it takes effect.
    fn record(&self, operator: &Arc<Principal>, verb: &str) -> Result<(), Problem> {
        let recorded = self.gate.kernel.record_operator(operator, verb, operator.is_attested());
        recorded.map(drop).map_err(|error| internal(&error))
    }

    async fn items(&self, verb: &str, params: JsonText, connection: &mut Connection) -> Result<(), Problem> {
        self.items_as(Arc::clone(&self.session.principal), verb, params, connection).await
    }

    async fn items_as(
        &self,
        principal: Arc<Principal>,
        verb: &str,
        params: JsonText,
        connection: &mut Connection,
    ) -> Result<(), Problem> {
        let result = self.operate(verb, params, principal).await?;
        for item in result.value().get("items").into_iter().flat_map(Json::elements) {
            say(connection, &result.share(item)).await?;
        }
        Ok(())
    }

    async fn tail(&self, connection: &mut Connection) -> Result<(), Problem> {
        let kernel = &self.gate.kernel;
        self.operate("audit.tail", JsonText::empty_object(), Arc::clone(&self.session.principal)).await?;
        let from = kernel.audit.entries();
        let mut reader = kernel.audit.reader(from).map_err(|error| internal(&error))?;
        loop {
            for entry in reader.by_ref() {
                let (index, entry) = entry.map_err(|error| internal(&error))?;
                let mut item = serde_json::to_value(&entry).map_err(|error| internal(&error))?;
                if let Value::Object(members) = &mut item {
                    members.insert("index".into(), index.into());
                    members.insert("time".into(), entry.time.to_string().into());
                }
                let item = to_raw_value(&item).map_err(|error| internal(&error))?;
                if connection.say(&Reply::Item(item)).await.is_err() {
                    return Ok(());
                }
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(()),
                // Whatever the shim sends now, or its leaving, ends the tail.
                _ = connection.reader.next() => return Ok(()),
                () = tokio::time::sleep(TAIL) => {}
            }
        }
    }

    async fn call_tool(&self, name: &str, arguments: JsonText) -> Result<JsonText, Problem> {
        let kernel = &self.gate.kernel;
        let found = Endpoint::Every.tool(kernel, name);
        let params = JsonText::object([("name", JsonText::string(name)), ("arguments", arguments.clone())]);
        let action = Action::CallTool { server: found.server, tool: found.name, arguments };
        self.run(action, found.target, params, Arc::clone(&self.session.principal)).await
    }

    async fn operate(
        &self,
        verb: &str,
        params: JsonText,
        principal: Arc<Principal>,
    ) -> Result<JsonText, Problem> {
        self.run(Action::Operate { verb: verb.into() }, Target::Kernel, params, principal).await
    }

    async fn run(
        &self,
        action: Action,
        target: Target,
        params: JsonText,
        principal: Arc<Principal>,
    ) -> Result<JsonText, Problem> {
        let kernel = &self.gate.kernel;
        let is_verb = matches!(action, Action::Operate { .. });
        let terms = ClientTerms {
            version: ProtocolVersion::V2025_11_25,
            abilities: Abilities::default(),
            extensions: None,
            log_level: None,
            claimed: None,
        };
        let call = Call {
            id: kernel.env.call_id(),
            session: self.session.id,
            principal,
            action,
            parent: None,
            retries: None,
            received: kernel.env.now(),
        };
        let request = KernelRequest {
            call,
            params,
            target,
            session: Arc::clone(self.session),
            exchange: Exchange::silent(Arc::new(terms)),
            naming: Naming::Prefixed,
        };
        match kernel.run(request).await.into_wire() {
            Wire::Result(result) => Ok(result),
            Wire::Error(error) => {
                // A verb's own problem comes whole; what a server says is never taken for one.
                let whole = error.data.as_ref().filter(|_| is_verb);
                if let Some(problem) = whole.and_then(|data| serde_json::from_str(data.as_str()).ok()) {
                    return Err(problem);
                }
                let kind = match error.code {
                    1001 | 1002 | 1006 => ProblemKind::Denied,
                    1003..=1005 => ProblemKind::Upstream,
                    -32602 => ProblemKind::User,
                    _ => ProblemKind::Internal,
                };
                Err(Problem::new(kind, format!("code-{}", error.code), error.message))
            }
            Wire::Notice { .. } | Wire::Ask { .. } => {
                Err(Problem::new(ProblemKind::Internal, "internal", "no answer"))
            }
        }
    }

    /// The principal for an operator verb: the operator by credential, or the unattested user where none is set.
    async fn operator(&self, credential: Option<Credential>) -> Result<Principal, Problem> {
        let keys_dir = self.gate.keys_dir.clone();
        let checked = tokio::task::spawn_blocking(move || {
            // Argon2 takes tens of milliseconds on purpose.
            let known = OperatorCredential::load(&keys_dir)?;
            Ok::<_, ringfence_identity::KeysError>(
                known.map(|known| credential.map(|given| known.identify(&given))),
            )
        });
        let refused = |message: &str| Problem::new(ProblemKind::Denied, "operator-credential", message);
        match checked.await {
            Ok(Ok(None)) => {
                self.gate.principals.unattested(self.uid).map_err(|error| refused(&error.to_string()))
            }
            Ok(Ok(Some(Some(Some(shown))))) => Ok(self.gate.principals.operator(&shown)),
            Ok(Ok(Some(Some(None)))) => {
                self.gate.kernel.refused("ringfence.operator_credential");
                tokio::time::sleep(WRONG).await;
                Err(refused("the operator credential is wrong"))
            }
            Ok(Ok(Some(None))) => Err(refused("this needs the operator credential")
                .hint("run it on a terminal, or set RINGFENCE_OPERATOR_TOKEN to a token from `ringfence init --token`")),
            Ok(Err(error)) => Err(Problem::new(ProblemKind::Config, "operator-credential", error.to_string())),
            Err(_) => Err(refused("checking the operator credential was interrupted")),
        }
    }
}

async fn say(connection: &mut Connection, item: &JsonText) -> Result<(), Problem> {
    let item = RawValue::from_string(item.as_str().to_owned()).map_err(|error| internal(&error))?;
    connection.say(&Reply::Item(item)).await.map_err(|error| internal(&error))
}

/// The arguments of a tool, as the shim wrote them.
fn object(arguments: String) -> Result<JsonText, Problem> {
    let bad = |message: String| Problem::new(ProblemKind::User, "bad-arguments", message);
    let arguments = JsonText::try_from(arguments).map_err(|error| bad(error.to_string()))?;
    match arguments.value().kind() {
        Kind::Object => Ok(arguments),
        Kind::Array | Kind::String | Kind::Number | Kind::Bool | Kind::Null => {
            Err(bad("the arguments of a tool are a JSON object".to_owned()))
        }
    }
}

fn text(value: &impl serde::Serialize) -> Result<JsonText, Problem> {
    let text = serde_json::to_string(value).map_err(|error| internal(&error))?;
    JsonText::try_from(text).map_err(|error| internal(&error))
}

fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a request of the command line failed");
    Problem::new(ProblemKind::Internal, "internal", error.to_string())
}
