//! Lists: one page of one server as it stands, or everything behind the endpoint in one page.

use std::sync::Arc;
use std::time::Duration;

use ringfence_mcp::version::Era;
use ringfence_model::call::Listing;
use ringfence_model::json::{JsonText, Splice};
use ringfence_model::name::ServerName;

use super::End;
use crate::call::{Naming, Permitted, Request, Target};
use crate::endpoint;
use crate::exchange::LogLevel;
use crate::kernel::Kernel;
use crate::upstream::{Upstream, UpstreamError};

/// Most pages that one server's list may have before the rest is left out.
const MOST_PAGES: usize = 100;

/// How long a list waits for servers that are starting or slow.
const PATIENCE: Duration = Duration::from_secs(15);

/// Executes a list request.
pub(super) async fn list(kernel: &Arc<Kernel>, permitted: &Permitted, what: Listing) -> End {
    let request = &permitted.assessed.admitted.request;
    let work = async {
        match &request.target {
            Target::Upstream(_) => one_page(kernel, permitted, what).await,
            Target::Every(servers) => every(kernel, request, servers, what).await,
            Target::Builtin(_) | Target::Kernel | Target::Client | Target::Nothing => {
                End::Failed("nothing to list".into())
            }
        }
    };
    tokio::select! {
        biased;
        () = request.exchange.cancel.cancelled() => End::Cancelled,
        end = work => end,
        () = tokio::time::sleep(kernel.limits.timeout.0) => End::Timeout,
    }
}

/// One page under the client's own cursor, which only this server has to understand.
async fn one_page(kernel: &Arc<Kernel>, permitted: &Permitted, what: Listing) -> End {
    let request = permitted.request();
    let (Target::Upstream(upstream), Some(connection)) =
        (&request.target, &permitted.assessed.known.connection)
    else {
        return End::Failed("no connection to the server was assessed".into());
    };
    let cursor = || request.params.value().get("cursor").map(|cursor| request.params.share(cursor));
    let mut connection = Arc::clone(connection);
    let mut answer = connection.page(what, cursor()).await;
    if let Err(error) = &answer {
        connection.failed(error);
        // A list has no effect: a conversation that has died, or a session that was forgotten, is opened anew, once.
        if connection.is_dead() {
            upstream.forget(&connection);
            match upstream.connection(kernel, &request.session, &request.exchange.client).await {
                Ok(fresh) => connection = fresh,
                Err(error) => return End::Failed(error.to_string()),
            }
            answer = connection.page(what, cursor()).await;
        }
    }
    match answer {
        Ok(Ok(page)) => {
            if what == Listing::Tools {
                request.session.lists(upstream, connection.shown());
            }
            End::Result(connection.without_held(what, &page, Naming::Plain))
        }
        Ok(Err(error)) => End::Error(error),
        Err(error) => {
            connection.failed(&error);
            End::Failed(connection.explain(&error))
        }
    }
}

/// All pages of all servers, under prefixed names, with our own tools first.
async fn every(kernel: &Arc<Kernel>, request: &Request, servers: &[Arc<Upstream>], what: Listing) -> End {
    let mut elements: Vec<JsonText> = Vec::new();
    if what == Listing::Tools {
        elements.extend(kernel.builtins.values().map(|tool| tool.definition().clone()));
    }
    let mut running = tokio::task::JoinSet::new();
    for (place, upstream) in servers.iter().enumerate() {
        let (kernel, upstream) = (Arc::clone(kernel), Arc::clone(upstream));
        let (session, client) = (Arc::clone(&request.session), Arc::clone(&request.exchange.client));
        running.spawn(async move { (place, of_server(&kernel, &upstream, &session, &client, what).await) });
    }
    let mut parts: Vec<Option<Vec<JsonText>>> = servers.iter().map(|_| None).collect();
    let collect = async {
        while let Some(done) = running.join_next().await {
            match done {
                Ok((place, Ok(part))) => {
                    if let Some(slot) = parts.get_mut(place) {
                        *slot = Some(part);
                    }
                }
                Ok((_, Err(error))) => tracing::warn!(%error, "a server is left out of a list"),
                Err(error) => tracing::error!(%error, "a list of one server was lost"),
            }
        }
    };
    let _in_time = tokio::time::timeout(PATIENCE, collect).await;
    // One dead or slow server never hurts the others: its part is missing, and clients hear when it is there.
    for (upstream, _) in servers.iter().zip(&parts).filter(|(_, part)| part.is_none()) {
        upstream.missed_by_a_list();
    }
    elements.extend(parts.into_iter().flatten().flatten());
    let list = JsonText::array(elements.iter().map(JsonText::value));
    let mut members = vec![(what.member(), list)];
    if request.exchange.client.version.era() == Era::Modern {
        members.extend(endpoint::modern_list_members());
    }
    End::Result(JsonText::object(members))
}

async fn of_server(
    kernel: &Arc<Kernel>,
    upstream: &Arc<Upstream>,
    session: &Arc<crate::session::Session>,
    client: &Arc<crate::exchange::ClientTerms>,
    what: Listing,
) -> Result<Vec<JsonText>, UpstreamError> {
    let mut connection = upstream.connection(kernel, session, client).await?;
    if !connection.lists(what) {
        return Ok(Vec::new());
    }
    let mut pages = connection.pages(what, MOST_PAGES).await;
    if pages.is_err() && connection.is_dead() {
        upstream.forget(&connection);
        connection = upstream.connection(kernel, session, client).await?;
        pages = connection.pages(what, MOST_PAGES).await;
    }
    let pages = pages?;
    if what == Listing::Tools {
        session.lists(upstream, connection.shown());
    }
    let mut elements = Vec::new();
    for page in &pages {
        let shown = connection.without_held(what, page, Naming::Prefixed);
        let Some(list) = shown.value().get(what.member()) else { continue };
        let element = |element| prefixed(upstream.name(), what, &shown.share(element));
        elements.extend(list.elements().map(element));
    }
    Ok(elements)
}

/// The element under the name that clients of the whole endpoint see.
fn prefixed(server: &ServerName, what: Listing, element: &JsonText) -> JsonText {
    let member = match what {
        Listing::Tools | Listing::Prompts => "name",
        Listing::Resources => "uri",
        Listing::ResourceTemplates => "uriTemplate",
    };
    let Some(value) = element.value().get(member) else { return element.clone() };
    let Some(name) = value.as_str() else { return element.clone() };
    let shown = match what {
        Listing::Tools | Listing::Prompts => endpoint::shown_name(server, &name),
        Listing::Resources | Listing::ResourceTemplates => endpoint::shown_uri(server, &name),
    };
    let mut splice = Splice::new(element);
    splice.replace(value, &JsonText::string(&shown));
    splice.finish()
}

/// `logging/setLevel`: told to each server that the session talks to and that logs.
pub(super) async fn set_log_level(kernel: &Arc<Kernel>, permitted: &Permitted) -> End {
    let request = &permitted.assessed.admitted.request;
    let servers: &[Arc<Upstream>] = match &request.target {
        Target::Upstream(upstream) => std::slice::from_ref(upstream),
        Target::Every(servers) => servers,
        Target::Builtin(_) | Target::Kernel | Target::Client | Target::Nothing => &[],
    };
    let told = tell_log_level(kernel, request, servers);
    tokio::select! {
        biased;
        () = request.exchange.cancel.cancelled() => End::Cancelled,
        () = told => End::Result(JsonText::empty_object()),
        () = tokio::time::sleep(kernel.limits.timeout.0) => End::Timeout,
    }
}

async fn tell_log_level(kernel: &Arc<Kernel>, request: &Request, servers: &[Arc<Upstream>]) {
    let Some(level) = LogLevel::named(request.call.action.target()) else { return };
    for upstream in servers {
        let Ok(connection) = upstream.connection(kernel, &request.session, &request.exchange.client).await
        else {
            continue;
        };
        // A modern server is told with each request.
        if connection.logs() && connection.era() == Era::Legacy {
            connection.set_log_level(level).await;
        }
    }
}
