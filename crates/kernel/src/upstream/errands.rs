//! What a legacy server wants to know of a question that its client goes on with as a task of its own (2025-11-25).
//!
//! Must never bring it to another client than the one that was asked.

use std::sync::Arc;

use ringfence_mcp::client::ServerRequest;
use ringfence_mcp::message::{Answer, RpcError};
use ringfence_model::call::{Notice, TaskRequest};
use ringfence_model::json::{Json, JsonText};

use super::notices::the_one;
use super::{Connection, Listener, PoolKey};
use crate::interim::{self, After};
use crate::kernel::Kernel;

/// What the client answers to such a request.
pub(super) async fn answer(
    kernel: Arc<Kernel>,
    connection: Arc<Connection>,
    wanted: TaskRequest,
    asked: &ServerRequest,
) -> Answer {
    let (listener, after) = whom(&kernel, &connection, wanted, asked.params.as_ref())?;
    let server = connection.server().name().clone();
    // The conversation may end meanwhile.
    drop(connection);
    interim::ask_after(&kernel, &listener, &server, after).await
}

/// The client that goes on with it, and what it is asked.
fn whom(
    kernel: &Kernel,
    connection: &Connection,
    wanted: TaskRequest,
    params: Option<&JsonText>,
) -> Result<(Listener, After), RpcError> {
    let unknown = || RpcError::invalid_params("unknown task");
    let PoolKey::Session(session, ..) = connection.key() else { return Err(unknown()) };
    let member = |name| params.and_then(|params| params.value().get(name)).and_then(Json::as_str);
    match wanted {
        TaskRequest::Get | TaskRequest::Result | TaskRequest::Cancel => {
            let id = member("taskId").unwrap_or_default();
            let errand =
                kernel.errands.named(connection.server().name(), *session, &id).ok_or_else(unknown)?;
            let mut all = connection.server().hearing(connection.key(), Notice::TaskStatus).into_iter();
            let listener = all.find(|listener| listener.out.same_channel(&errand.channel));
            let after = After { wanted, errand: Some(errand), page: JsonText::empty_object() };
            Ok((listener.ok_or_else(unknown)?, after))
        }
        TaskRequest::List => {
            let cursor = member("cursor").map(|cursor| ("cursor", JsonText::string(&cursor)));
            let listener = the_one(connection).ok_or_else(|| RpcError::method_not_found(wanted.method()))?;
            Ok((listener, After { wanted, errand: None, page: JsonText::object(cursor) }))
        }
        TaskRequest::Update => Err(RpcError::method_not_found(wanted.method())),
    }
}
