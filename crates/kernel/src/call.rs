//! THE PATH. The files beside this one are its stages; their alphabetical order is the order of execution.
//!
//! ```text
//! admit -> assess -> decide -> execute -> inspect -> release
//! ```
//!
//! Each stage consumes what the one before it made, so a skipped stage does not compile. [`Permitted`] and [`Released`] can
//! be made in one place each. Must never be bypassed: nothing reaches a server or a client except through here.

mod admit;
mod assess;
mod decide;
mod execute;
mod inspect;
mod release;

use std::pin::Pin;
use std::sync::Arc;

use ringfence_mcp::message::RpcError;
use ringfence_model::call::Call;
use ringfence_model::json::JsonText;
use ringfence_model::verdict::{Code, Reason, Verdict};

pub use admit::Admitted;
pub use assess::{Assessed, fetches};
pub use decide::{Denied, Pending, Permitted, Ruling};
pub use execute::Outcome;
pub(crate) use execute::{Waits, says_yes};
pub use inspect::Inspected;
pub(crate) use release::Redaction;
pub use release::{Released, Wire};

use crate::builtin::Builtin;
use crate::exchange::Exchange;
use crate::kernel::Kernel;
use crate::session::Session;
use crate::upstream::Upstream;

/// A call as the edge received it, with all that it needs on its way.
#[derive(Debug)]
pub struct Request {
    /// The call.
    pub call: Call,
    /// The params as the client sent them, an object.
    pub params: JsonText,
    /// Where it goes.
    pub target: Target,
    /// The session of `call.session`.
    pub session: Arc<Session>,
    /// The client's side.
    pub exchange: Exchange,
    /// How names look to this client.
    pub naming: Naming,
}

/// Where a call goes.
#[derive(Debug, Clone)]
pub enum Target {
    /// One upstream server.
    Upstream(Arc<Upstream>),
    /// A tool of ours.
    Builtin(Arc<dyn Builtin>),
    /// Several upstream servers and, for tools, ours.
    Every(Vec<Arc<Upstream>>),
    /// The kernel itself.
    Kernel,
    /// The client: for what a server sends it.
    Client,
    /// Nothing of that name exists.
    Nothing,
}

/// How names of tools, prompts and resources look to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// As the server gave them: one server behind the endpoint.
    Plain,
    /// With the server's name in front.
    Prefixed,
}

/// Why a call does not pass, as its caller sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Denial {
    /// The stable code.
    pub code: Code,
    /// The deciding rule and what it says.
    pub reason: Reason,
    /// The protocol's own error where it has one for this (an unknown tool is -32602).
    pub protocol: Option<RpcError>,
}

/// Runs one call from its arrival to what may be sent back.
pub async fn run(kernel: &Arc<Kernel>, request: Request) -> Released {
    let admitted = match admit::admit(kernel, request) {
        Ok(admitted) => admitted,
        Err(refused) => return release::refused(refused),
    };
    let assessed = match assess::assess(kernel, admitted).await {
        Ok(assessed) => assessed,
        Err(failed) => return release::denied(decide::refuse(kernel, *failed)),
    };
    match decide::decide(kernel, assessed) {
        Ruling::Permitted(permitted) => pass(kernel, permitted).await,
        // What is rare is on the heap: a call is as large as the largest of what it may have to wait for.
        Ruling::Pending(pending) => match Box::pin(execute::confirm(kernel, *pending)).await {
            execute::Confirmation::Confirmed(permitted) => pass(kernel, permitted).await,
            execute::Confirmation::Declined(denied) => release::denied(denied),
            execute::Confirmation::Parked(pending) => release::parked(kernel, pending),
        },
        Ruling::Denied(denied) => release::denied(denied),
    }
}

/// The same for a call that arises within another one: its type is erased, since the path has itself in it.
pub(crate) fn run_within<'a>(
    kernel: &'a Arc<Kernel>,
    request: Request,
) -> Pin<Box<dyn Future<Output = Released> + Send + 'a>> {
    Box::pin(run(kernel, request))
}

/// Execution and what follows it.
async fn pass(kernel: &Arc<Kernel>, permitted: Box<Permitted>) -> Released {
    let outcome = execute::execute(kernel, permitted).await;
    let inspected = inspect::inspect(kernel, outcome);
    release::release(kernel, inspected)
}

/// The deciding reason of a verdict.
fn leading(verdict: &Verdict) -> Reason {
    verdict.reasons.first().cloned().unwrap_or_else(|| Reason {
        rule: "ringfence.no_reason".into(),
        decision: ringfence_model::verdict::Decision::Deny,
        severity: ringfence_model::finding::Severity::Critical,
        message: "policy gave no reason, so nothing may happen".into(),
        alternative: None,
    })
}
