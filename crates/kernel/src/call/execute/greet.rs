//! What the servers behind an endpoint say of themselves, merged: capabilities that we pass on, instructions, eras.

use std::sync::Arc;
use std::time::Duration;

use ringfence_mcp::version::Era;
use ringfence_model::json::{Json, JsonText};

use super::End;
use crate::call::{Permitted, Target};
use crate::exchange::{Ability, ClientTerms};
use crate::extensions;
use crate::kernel::Kernel;
use crate::upstream::Connection;

/// How long a greeting waits for servers that are starting. One that is later counts from its first list on.
const PATIENCE: Duration = Duration::from_secs(10);

/// A result object with `capabilities` (a `ServerCapabilities`) and, for a single server, `instructions`.
pub(super) async fn greet(kernel: &Arc<Kernel>, permitted: &Permitted) -> End {
    let request = &permitted.assessed.admitted.request;
    match &request.target {
        Target::Upstream(_) => match &permitted.assessed.known.connection {
            Some(connection) => End::Result(of_one(&request.exchange.client, connection)),
            None => End::Failed("no connection to the server was assessed".into()),
        },
        Target::Every(servers) => {
            let mut running = tokio::task::JoinSet::new();
            for upstream in servers {
                let (kernel, upstream) = (Arc::clone(kernel), Arc::clone(upstream));
                let (session, client) = (Arc::clone(&request.session), Arc::clone(&request.exchange.client));
                running.spawn(async move { upstream.connection(&kernel, &session, &client).await });
            }
            let mut open = Vec::with_capacity(servers.len());
            let collect = async {
                while let Some(done) = running.join_next().await {
                    match done {
                        Ok(Ok(connection)) => open.push(connection),
                        Ok(Err(error)) => tracing::warn!(%error, "a server is missing from the greeting"),
                        Err(error) => tracing::error!(%error, "a greeting was lost"),
                    }
                }
            };
            let in_time = tokio::time::timeout(PATIENCE, collect).await.is_ok();
            if !in_time {
                tracing::warn!("some servers are still starting");
            }
            End::Result(of_every(&request.exchange.client, &open))
        }
        Target::Builtin(_) | Target::Kernel | Target::Client | Target::Nothing => {
            End::Failed("nothing to greet".into())
        }
    }
}

fn of_one(client: &ClientTerms, connection: &Arc<Connection>) -> JsonText {
    let said = [connection.peer().capabilities()];
    let beyond = beyond(client, std::slice::from_ref(connection));
    let mut members = vec![("capabilities", capabilities(&said, beyond))];
    if let Some(instructions) = connection.instructions() {
        members.push(("instructions", instructions));
    }
    if let Some(info) = connection
        .peer()
        .server_info()
        .filter(|info| info.value().get("name").and_then(Json::as_str).is_some())
    {
        members.push(("serverInfo", info));
    }
    JsonText::object(members)
}

fn of_every(client: &ClientTerms, open: &[Arc<Connection>]) -> JsonText {
    // Our own tools are there whatever becomes of the servers.
    let ours = JsonText::object([("tools", JsonText::empty_object())]);
    let said: Vec<&JsonText> =
        open.iter().map(|connection| connection.peer().capabilities()).chain([&ours]).collect();
    JsonText::object([("capabilities", capabilities(&said, beyond(client, open)))])
}

/// What client and server have in one era only: tasks (2025-11-25), extensions (modern).
fn beyond(client: &ClientTerms, open: &[Arc<Connection>]) -> Option<(&'static str, JsonText)> {
    let nothing = JsonText::empty_object;
    match client.version.era() {
        Era::Legacy => {
            let has_tasks = |connection: &Arc<Connection>| connection.augments_calls();
            (client.abilities.has(Ability::Tasks) && open.iter().any(has_tasks)).then(|| {
                let tools = JsonText::object([("call", nothing())]);
                let requests = JsonText::object([("tools", tools)]);
                (
                    "tasks",
                    JsonText::object([("list", nothing()), ("cancel", nothing()), ("requests", requests)]),
                )
            })
        }
        Era::Modern => {
            let modern = open.iter().filter(|connection| connection.era() == Era::Modern);
            let said = modern.filter_map(|connection| {
                let all = connection.peer().capabilities();
                all.value().get("extensions").map(|extensions| all.share(extensions))
            });
            extensions::merged(said).map(|extensions| ("extensions", extensions))
        }
    }
}

/// The capabilities that we pass on, where one of the servers has them, and what is `beyond` them.
fn capabilities(said: &[&JsonText], beyond: Option<(&'static str, JsonText)>) -> JsonText {
    let has = |name: &str| said.iter().any(|said| said.value().get(name).is_some());
    let follows = said
        .iter()
        .any(|said| said.value().pointer("/resources/subscribe").and_then(Json::as_bool) == Some(true));
    let changing = || JsonText::object([("listChanged", true.into())]);
    let resources = if follows {
        JsonText::object([("listChanged", true.into()), ("subscribe", true.into())])
    } else {
        changing()
    };
    let all = [
        ("tools", changing()),
        ("resources", resources),
        ("prompts", changing()),
        ("completions", JsonText::empty_object()),
        ("logging", JsonText::empty_object()),
    ];
    JsonText::object(all.into_iter().filter(|(name, _)| has(name)).chain(beyond))
}
