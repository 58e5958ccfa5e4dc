//! Following resources, and word that the client's roots have changed, told to each server in its era.

use std::sync::Arc;

use ringfence_mcp::client::RequestOptions;
use ringfence_mcp::message::{Answer, RpcError};
use ringfence_mcp::version::Era;
use ringfence_model::json::JsonText;
use tokio::sync::mpsc;

use super::End;
use crate::call::{Permitted, Target};
use crate::kernel::Kernel;
use crate::upstream::{Connection, Upstream};

/// `resources/subscribe`. A server that cannot tell of changes answers as it would directly.
pub(super) async fn subscribe(kernel: &Arc<Kernel>, permitted: &Permitted, uri: &Arc<str>) -> End {
    let request = permitted.request();
    let (Some((upstream, connection)), Some(channel)) = (parts(permitted), &request.exchange.aside) else {
        return End::Failed("there is no way to tell this client of changes".into());
    };
    if connection.era() == Era::Modern && !connection.tells_of_resources() {
        return End::Error(RpcError::method_not_found("resources/subscribe"));
    }
    // Before the server knows: what it says at once must not be lost.
    if !upstream.follow(channel, uri) {
        return End::Error(RpcError::invalid_params("too many subscriptions, or nowhere to hear of them"));
    }
    let end = tell(kernel, permitted, connection, "resources/subscribe", uri).await;
    if !matches!(end, End::Result(_)) {
        upstream.unfollow(channel, uri);
    }
    end
}

/// `resources/unsubscribe`. The server hears of it when nobody else follows the resource.
pub(super) async fn unsubscribe(kernel: &Arc<Kernel>, permitted: &Permitted, uri: &Arc<str>) -> End {
    let request = permitted.request();
    let (Some((upstream, connection)), Some(channel)) = (parts(permitted), &request.exchange.aside) else {
        return End::Failed("there is no way to tell this client of changes".into());
    };
    upstream.unfollow(channel, uri);
    if upstream.is_followed(connection, uri) {
        return End::Result(JsonText::empty_object());
    }
    tell(kernel, permitted, connection, "resources/unsubscribe", uri).await
}

/// `notifications/roots/list_changed`, to each legacy server that this session has a conversation of its own with.
pub(super) async fn roots_changed(permitted: &Permitted) -> End {
    let request = permitted.request();
    let servers: &[Arc<Upstream>] = match &request.target {
        Target::Upstream(upstream) => std::slice::from_ref(upstream),
        Target::Every(servers) => servers,
        Target::Builtin(_) | Target::Kernel | Target::Client | Target::Nothing => &[],
    };
    for server in servers {
        let own = server.conversation(&request.session, &request.exchange.client, Era::Legacy);
        if let Some(connection) = own.filter(|connection| !connection.is_shared()) {
            let told = connection.peer().notify("notifications/roots/list_changed", None).await;
            if let Err(error) = told {
                connection.failed(&error);
            }
        }
    }
    End::Result(JsonText::empty_object())
}

fn parts(permitted: &Permitted) -> Option<(&Arc<Upstream>, &Arc<Connection>)> {
    let Target::Upstream(upstream) = &permitted.request().target else { return None };
    Some((upstream, permitted.assessed.known.connection.as_ref()?))
}

/// Tells the server, in its era.
async fn tell(
    kernel: &Arc<Kernel>,
    permitted: &Permitted,
    connection: &Connection,
    method: &str,
    uri: &str,
) -> End {
    let cancel = &permitted.request().exchange.cancel;
    let telling = async {
        match connection.era() {
            Era::Modern if connection.followed().changed().await => Ok(Ok(JsonText::empty_object())),
            Era::Modern => Ok(Err(RpcError::internal("the server did not agree to the subscription"))),
            Era::Legacy => {
                let (events, _) = mpsc::channel(1);
                let params = JsonText::object([("uri", JsonText::string(uri))]);
                connection.peer().request(method, Some(params), RequestOptions::default(), events).await
            }
        }
    };
    let answer: Result<Answer, _> = tokio::select! {
        biased;
        () = cancel.cancelled() => return End::Cancelled,
        answer = telling => answer,
        () = tokio::time::sleep(kernel.limits.timeout.0) => return End::Timeout,
    };
    match answer {
        Ok(Ok(result)) => End::Result(result),
        Ok(Err(error)) => End::Error(error),
        Err(error) => {
            connection.failed(&error);
            End::Failed(connection.explain(&error))
        }
    }
}
