//! Requests of the command line. Each is a call on the path, under the verb's name; operator verbs need the credential.

use std::sync::Arc;
use std::time::Duration;

use ringfence_kernel::Endpoint;
use ringfence_kernel::session::Session;
use ringfence_mcp::line::Line;
use ringfence_model::call::Action;
use ringfence_model::control::{Begin, Entries, Reply, Request, Verb};
use ringfence_model::json::{Json, JsonText, Kind};
use ringfence_model::principal::Principal;
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::desk::{Desk, internal, text};
use crate::gate::Gate;
use crate::socket::Connection;

/// How often a tail looks for new entries.
const TAIL: Duration = Duration::from_millis(100);

/// Serves one connection of the command line.
pub(crate) async fn serve(
    gate: &Arc<Gate>,
    session: &Arc<Session>,
    uid: u32,
    mut connection: Connection,
    stop: CancellationToken,
) {
    let _link = session.link();
    let terminal = Terminal { desk: Desk { gate, session, uid }, stop: &stop };
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
        let last = match terminal.answer(request, &mut connection).await {
            Ok(()) => Reply::Done,
            Err(problem) => Reply::Problem(problem),
        };
        if connection.say(&last).await.is_err() {
            return;
        }
    }
}

struct Terminal<'a> {
    desk: Desk<'a>,
    stop: &'a CancellationToken,
}

impl Terminal<'_> {
    async fn answer(&self, request: Request, connection: &mut Connection) -> Result<(), Problem> {
        match request.verb {
            Verb::Status => self.items("status", JsonText::empty_object(), connection).await,
            Verb::ToolsList => self.items("tools.list", JsonText::empty_object(), connection).await,
            Verb::ServersScan => self.items("servers.scan", JsonText::empty_object(), connection).await,
            Verb::AuditQuery(query) => self.items("audit.query", text(&query)?, connection).await,
            Verb::AuditReceipt { call, open } => {
                let of = text(&json!({ "call": call, "open": open }))?;
                self.items("audit.receipt", of, connection).await
            }
            Verb::AuditErase { session } => {
                let operator = Arc::new(self.desk.operator(request.credential).await?);
                self.items_as(operator, "audit.erase", text(&json!({ "session": session }))?, connection)
                    .await
            }
            Verb::AuditTail(entries) => self.tail(entries, connection).await,
            Verb::AuditStats { since } => {
                self.items("audit.stats", text(&json!({ "since": since }))?, connection).await
            }
            Verb::PinsList => self.items("pins.list", JsonText::empty_object(), connection).await,
            Verb::PinsAnswer(answer) => {
                let operator = Arc::new(self.desk.operator(request.credential).await?);
                self.items_as(operator, "pins.answer", text(&answer)?, connection).await
            }
            Verb::TrustShow => self.items("trust.show", JsonText::empty_object(), connection).await,
            Verb::TrustExplain { party } => {
                let of = JsonText::object([("party", JsonText::string(&party.to_string()))]);
                self.items("trust.explain", of, connection).await
            }
            Verb::TrustInvalidate(answer) => {
                let operator = Arc::new(self.desk.operator(request.credential).await?);
                self.items_as(operator, "trust.invalidate", text(&answer)?, connection).await
            }
            Verb::ApprovalsList => self.items("approvals.list", JsonText::empty_object(), connection).await,
            Verb::ApprovalsAnswer(answer) => {
                let operator = Arc::new(self.desk.operator(request.credential).await?);
                self.items_as(operator, "approvals.answer", text(&answer)?, connection).await
            }
            Verb::PolicyLoad { digest } => {
                let operator = Arc::new(self.desk.operator(request.credential).await?);
                self.items_as(operator, "policy.load", text(&json!({ "digest": digest }))?, connection).await
            }
            Verb::ToolsCall { name, arguments } => {
                let result = self.call_tool(&name, object(arguments)?).await?;
                say(connection, &result).await
            }
            Verb::Shutdown => {
                let operator = Arc::new(self.desk.operator(request.credential).await?);
                self.desk.operate("shutdown", JsonText::empty_object(), Arc::clone(&operator)).await?;
                self.record(&operator, "shutdown")?;
                self.stop.cancel();
                say(connection, &JsonText::object([("attested", operator.is_attested().into())])).await
            }
            Verb::CredentialChanged { what } => {
                let operator = Arc::new(self.desk.operator(request.credential).await?);
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
        let recorded = self.desk.gate.kernel.record_operator(operator, verb, operator.is_attested());
        recorded.map(drop).map_err(|error| internal(&error))
    }

    async fn items(&self, verb: &str, params: JsonText, connection: &mut Connection) -> Result<(), Problem> {
        self.items_as(Arc::clone(&self.desk.session.principal), verb, params, connection).await
    }

    async fn items_as(
        &self,
        principal: Arc<Principal>,
        verb: &str,
        params: JsonText,
        connection: &mut Connection,
    ) -> Result<(), Problem> {
        let result = self.desk.operate(verb, params, principal).await?;
        for item in result.value().get("items").into_iter().flat_map(Json::elements) {
            say(connection, &result.share(item)).await?;
        }
        Ok(())
    }

    async fn tail(&self, entries: Entries, connection: &mut Connection) -> Result<(), Problem> {
        let kernel = &self.desk.gate.kernel;
        let verb = if entries.follow { "audit.tail" } else { "audit.export" };
        self.desk.operate(verb, JsonText::empty_object(), Arc::clone(&self.desk.session.principal)).await?;
        let end = kernel.audit.entries();
        let from = match entries.begin {
            Begin::Last(last) => end.saturating_sub(last),
            Begin::At(index) => index,
        };
        let mut reader = kernel.audit.reader(from).map_err(|error| internal(&error))?;
        loop {
            for entry in reader.by_ref() {
                let (index, entry) = entry.map_err(|error| internal(&error))?;
                if !entries.follow && index >= end {
                    return Ok(());
                }
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
            if !entries.follow {
                return Ok(());
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
        let kernel = &self.desk.gate.kernel;
        let found = Endpoint::Every.tool(kernel, name);
        let params = JsonText::object([("name", JsonText::string(name)), ("arguments", arguments.clone())]);
        let action = Action::CallTool { server: found.server, tool: found.name, arguments };
        self.desk.run(action, found.target, params, Arc::clone(&self.desk.session.principal)).await
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
