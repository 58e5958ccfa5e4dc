//! Questions to the person behind the client: a server's elicitation, and our own «may this happen?».

use std::sync::Arc;

use ringfence_mcp::message::RpcError;
use ringfence_mcp::version::Era;
use ringfence_model::call::Question;
use ringfence_model::json::JsonText;
use tokio::sync::oneshot;

use super::End;
use crate::call::decide;
use crate::call::{Denied, Pending, Permitted, Ruling, leading, release};
use crate::exchange::Interim;
use crate::kernel::Kernel;
use crate::shown;

/// What became of a question of ours.
#[derive(Debug)]
pub(in crate::call) enum Confirmation {
    /// Yes.
    Confirmed(Box<Permitted>),
    /// No, or nobody can answer any more.
    Declined(Box<Denied>),
    /// The client will come back with the answer (MRTR).
    Parked(Box<Pending>),
}

/// Longest piece of the arguments that the question shows from their beginning, and from their end.
const SHOWN: usize = 400;

/// Asks the caller's user whether a pending call may happen.
pub(in crate::call) async fn confirm(kernel: &Arc<Kernel>, pending: Pending) -> Confirmation {
    let exchange = &pending.assessed.admitted.request.exchange;
    if exchange.client.version.era() == Era::Modern {
        return Confirmation::Parked(Box::new(pending));
    }
    let question = release::confirmation_question(&pending);
    let answer = match &exchange.out {
        Some(out) => {
            let (reply, answered) = oneshot::channel();
            let answer = async {
                out.send(Interim::Ask(Box::new(question), reply)).await.ok()?;
                answered.await.ok()?.ok()
            };
            tokio::select! {
                biased;
                () = exchange.cancel.cancelled() => None,
                answer = answer => answer,
                () = tokio::time::sleep(kernel.limits.person.0) => None,
            }
        }
        None => None,
    };
    let ruling = match answer {
        Some(answer) if says_yes(&answer) => decide::confirmed(kernel, pending),
        Some(_) => Ruling::Denied(decide::declined(kernel, pending, "the user said no")),
        None => Ruling::Denied(decide::declined(kernel, pending, "the user did not answer")),
    };
    match ruling {
        Ruling::Permitted(permitted) => Confirmation::Confirmed(permitted),
        Ruling::Pending(pending) => Confirmation::Parked(pending),
        Ruling::Denied(denied) => Confirmation::Declined(denied),
    }
}

/// The params of `elicitation/create` for a pending call.
pub(in crate::call) fn question(pending: &Pending) -> JsonText {
    let request = &pending.assessed.admitted.request;
    let action = &request.call.action;
    let reason = leading(&pending.verdict);
    let server = action.server().map_or("ringfence", |server| server.as_str());
    let mut message = format!(
        "Allow `{}` on the server `{server}`?\n{} (rule {})",
        shown::target(action.target()),
        reason.message,
        reason.rule
    );
    if let Some(arguments) = shown::arguments(request, &pending.assessed.known.seen.values, SHOWN) {
        message.push_str("\nArguments: ");
        message.push_str(&arguments);
    }
    let allow = JsonText::object([
        ("type", JsonText::string("boolean")),
        ("title", JsonText::string("Allow this once")),
        ("default", false.into()),
    ]);
    let required = JsonText::string("allow");
    let schema = JsonText::object([
        ("type", JsonText::string("object")),
        ("properties", JsonText::object([("allow", allow)])),
        ("required", JsonText::array([required.value()])),
    ]);
    JsonText::object([
        ("mode", JsonText::string("form")),
        ("message", JsonText::string(&message)),
        ("requestedSchema", schema),
    ])
}

/// True for an accepted form whose `allow` is true.
pub(crate) fn says_yes(answer: &JsonText) -> bool {
    let answer = answer.value();
    answer.get("action").and_then(|action| action.as_str()).as_deref() == Some("accept")
        && answer.pointer("/content/allow").and_then(|allow| allow.as_bool()) == Some(true)
}

/// Puts a server's question to the client; ends with the client's answer.
pub(super) async fn put(kernel: &Arc<Kernel>, permitted: &Permitted, question: Question) -> End {
    let exchange = &permitted.assessed.admitted.request.exchange;
    let Some(out) = &exchange.out else { return End::Failed("the client cannot be asked".into()) };
    let (reply, answered) = oneshot::channel();
    let asked = release::server_question(kernel, permitted, question);
    // A client that does not read keeps nobody waiting longer than one that does not answer.
    let answer = async {
        out.send(Interim::Ask(Box::new(asked), reply)).await.ok()?;
        answered.await.ok()
    };
    tokio::select! {
        biased;
        () = exchange.cancel.cancelled() => End::Cancelled,
        answer = answer => match answer {
            Some(Ok(result)) if kernel.errands.keep(permitted.request(), &result, kernel.env.now()) => {
                End::Result(result)
            }
            Some(Ok(_)) => End::Error(RpcError::internal("the client goes on with too many questions")),
            Some(Err(error)) => End::Error(error),
            None => End::Cancelled,
        },
        () = tokio::time::sleep(kernel.limits.person.0) => End::Timeout,
    }
}
