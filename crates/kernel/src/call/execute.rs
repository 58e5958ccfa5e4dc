//! Stage 4: the effect. Takes [`Permitted`] and nothing else; what a server sends meanwhile becomes small calls of its own.
//!
//! Must never hand a client anything: that is [`super::release`]'s.

mod ask;
mod greet;
mod list;
mod relay;
mod subscribe;
mod tasks;
mod urls;

use std::sync::Arc;

use ringfence_mcp::message::RpcError;
use ringfence_model::call::Action;
use ringfence_model::json::JsonText;
use ringfence_model::problem::{Problem, ProblemKind};
use ringfence_model::verdict::Code;

use super::{Permitted, Target};
use crate::exchange::Way;
use crate::kernel::Kernel;
use crate::tasks::Task;

pub(crate) use ask::says_yes;
pub(super) use ask::{Confirmation, confirm, question};
pub(super) use urls::REQUIRED as URL_ELICITATION_REQUIRED;

/// A call that happened, or may have.
#[derive(Debug)]
pub struct Outcome {
    pub(super) permitted: Box<Permitted>,
    pub(super) end: End,
}

impl Outcome {
    /// True for what is mostly the same from one call to the next.
    pub(super) const fn is_a_list(&self) -> bool {
        matches!(self.permitted.request().call.action, Action::List { .. })
    }
}

/// How the execution ended.
#[derive(Debug)]
pub(super) enum End {
    /// With a result object.
    Result(JsonText),
    /// With a result that asks the client for more input (MRTR); its questions have been released one by one.
    Parked(JsonText, Waits),
    /// With a task of the server, which the client will come back for.
    Task(JsonText, Arc<Task>),
    /// With the server's word that the user must open a page first; the pages have been released one by one.
    PagesFirst(RpcError),
    /// With the server's error.
    Error(RpcError),
    /// The server failed: it died, answered nonsense, or could not be reached any more.
    Failed(String),
    /// The client cancelled or left.
    Cancelled,
    /// No answer within the limit.
    Timeout,
}

/// Who keeps the state of a call that asks the client for more input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// The server, or its `requestState`.
    WithServer,
    /// We do: the call to a legacy server is parked.
    WithUs,
}

pub(super) async fn execute(kernel: &Arc<Kernel>, permitted: Box<Permitted>) -> Outcome {
    let end = perform(kernel, &permitted).await;
    Outcome { permitted, end }
}

/// All but the relaying of a call is on the heap: it is rare, and a call is as large as the largest of it.
async fn perform(kernel: &Arc<Kernel>, permitted: &Permitted) -> End {
    let request = &permitted.assessed.admitted.request;
    match &request.call.action {
        Action::CallTool { arguments, .. } => match &request.target {
            Target::Builtin(tool) => {
                builtin(kernel, permitted, tool.call(kernel, &request.call, arguments)).await
            }
            Target::Upstream(_) | Target::Every(_) | Target::Kernel | Target::Client | Target::Nothing => {
                relay::relay(kernel, permitted).await
            }
        },
        Action::ReadResource { .. } | Action::GetPrompt { .. } | Action::Complete { .. } => {
            relay::relay(kernel, permitted).await
        }
        Action::List { what, .. } => Box::pin(list::list(kernel, permitted, *what)).await,
        Action::Greet { .. } => Box::pin(greet::greet(kernel, permitted)).await,
        // The stream follows outside the call, each notice as a call of its own; this is its permission.
        Action::Listen { .. } => End::Result(JsonText::empty_object()),
        Action::SetLogLevel { .. } => Box::pin(list::set_log_level(kernel, permitted)).await,
        Action::Subscribe { uri, .. } => Box::pin(subscribe::subscribe(kernel, permitted, uri)).await,
        Action::Unsubscribe { uri, .. } => Box::pin(subscribe::unsubscribe(kernel, permitted, uri)).await,
        Action::RootsChanged { .. } => Box::pin(subscribe::roots_changed(permitted)).await,
        Action::Task { wanted, .. } => Box::pin(tasks::perform(kernel, permitted, *wanted)).await,
        Action::Ask { question, params, .. } => match request.exchange.way {
            Way::Asked => ask::put(kernel, permitted, *question).await,
            Way::Carried => End::Result(params.clone()),
        },
        // Its effect is its own delivery, which follows release.
        Action::Notify { params, .. } => End::Result(params.clone()),
        Action::Operate { verb } => match Box::pin(kernel.operate(verb, request)).await {
            Ok(result) => End::Result(result),
            Err(problem) => End::Error(failed_verb(problem)),
        },
    }
}

/// Runs a tool of ours, ended by the same limits as a server's.
async fn builtin(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    run: impl Future<Output = Result<JsonText, RpcError>>,
) -> End {
    let cancel = &permitted.assessed.admitted.request.exchange.cancel;
    tokio::select! {
        biased;
        result = run => match result {
            Ok(result) => End::Result(result),
            Err(error) => End::Error(error),
        },
        () = cancel.cancelled() => End::Cancelled,
        () = tokio::time::sleep(kernel.limits.timeout.0) => End::Timeout,
    }
}

/// What a verb ends with for the command line, which is shown the whole problem.
fn failed_verb(problem: Problem) -> RpcError {
    let data = serde_json::to_string(&problem).ok().and_then(|text| JsonText::try_from(text).ok());
    let error = match problem.kind {
        ProblemKind::User | ProblemKind::Config => RpcError::invalid_params(problem.message),
        ProblemKind::Denied => RpcError::new(i64::from(Code::Denied.number()), problem.message),
        ProblemKind::Upstream | ProblemKind::Internal => RpcError::internal(problem.message),
    };
    RpcError { data, ..error }
}
