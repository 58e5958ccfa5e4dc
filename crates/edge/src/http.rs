//! The HTTP endpoint: Streamable HTTP of both eras on loopback, for processes of our own user.
//!
//! Every buffer and wait has a bound; a slow client is cut off. Must never listen beyond loopback.

mod api;
mod body;
mod conversation;
mod guard;
mod lanes;
mod older;
mod outliving;
mod post;
mod stream;
mod turned_away;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use ringfence_identity::Loopback;
use ringfence_kernel::Endpoint;
use ringfence_model::principal::Principal;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::Faults;
use crate::gate::Gate;
use crate::patient::Patient;
use body::Body;
use conversation::Conversations;
use lanes::Lanes;
use turned_away::turn_away;

/// Most bytes of a request's head.
const HEAD: usize = 64 << 10;

/// How long connections, and requests whose clients have left, may take to end after `stop`.
const DRAIN: Duration = Duration::from_secs(10);

/// How long requests that were then cancelled may take to come to their outcomes.
const FAREWELL: Duration = Duration::from_secs(5);

/// The endpoint, bound.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    lanes: Lanes,
}

/// Why it cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not a loopback address.
    #[error("{0} is not a loopback address, and callers from elsewhere cannot be authenticated")]
    NotLoopback(SocketAddr),
    /// No threads.
    #[error("cannot start the threads that serve connections: {0}")]
    Threads(#[source] io::Error),
    /// The port is taken, or the address is not ours.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// What all connections share.
struct Site {
    gate: Arc<Gate>,
    conversations: Conversations,
    loopback: Loopback,
    /// Requests whose clients do not wait for them any more.
    afterwards: TaskTracker,
    stop: CancellationToken,
}

impl HttpServer {
    /// Binds `address`.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn bind(address: SocketAddr) -> Result<Self, HttpError> {
        if !address.ip().is_loopback() {
            return Err(HttpError::NotLoopback(address));
        }
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bound.await.map_err(|source| HttpError::Bind { address, source })?;
        Ok(Self { listener, address, lanes: Lanes::start().map_err(HttpError::Threads)? })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`; then lets running requests end, and cancels those that take too long. The outcomes of all are
    /// in the journal when it returns, but for those that do not even heed their cancellation.
    pub async fn serve(self, gate: Arc<Gate>, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(gate.kernel.limits.connections));
        let conversations = Conversations::new(&gate.kernel);
        let site = Arc::new(Site {
            gate,
            conversations,
            loopback: Loopback::new(),
            afterwards: TaskTracker::new(),
            stop: stop.clone(),
        });
        let mut connections = JoinSet::new();
        let mut sweep = tokio::time::interval(conversation::SWEEP);
        let mut faults = Faults::new();
        loop {
            while connections.try_join_next().is_some() {}
            let (stream, peer) = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = sweep.tick() => {
                    site.conversations.sweep(&site.gate.kernel);
                    continue;
                }
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        faults.rest(&error).await;
                        continue;
                    }
                },
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                site.gate.kernel.refused("ringfence.connections");
                turn_away(stream, StatusCode::SERVICE_UNAVAILABLE, "too many connections: try again later");
                continue;
            };
            let (site, local) = (Arc::clone(&site), self.address);
            // Its readiness is to be heard by the lane it lives in.
            let (Ok(stream), Some(lane)) = (stream.into_std(), self.lanes.next()) else { continue };
            let served = async move {
                if let Ok(stream) = TcpStream::from_std(stream) {
                    serve_connection(site, stream, local, peer).await;
                }
                drop(place);
            };
            connections.spawn_on(served, lane);
        }
        // Nobody else is let in: who then waited in the socket's queue would never be answered.
        drop(self.listener);
        site.conversations.hush();
        site.afterwards.close();
        let drained = async {
            while connections.join_next().await.is_some() {}
            site.afterwards.wait().await;
        };
        let _overdue = tokio::time::timeout(DRAIN, drained).await;
        // What a connection leaves goes on as one of those that nobody waits for, and is cancelled by its leaving (modern)
        // or by the end of its conversation (legacy).
        connections.shutdown().await;
        site.conversations.end(&site.gate.kernel);
        let _overdue = tokio::time::timeout(FAREWELL, site.afterwards.wait()).await;
    }
}

async fn serve_connection(site: Arc<Site>, stream: TcpStream, local: SocketAddr, peer: SocketAddr) {
    let local = stream.local_addr().unwrap_or(local);
    let _small_answers_at_once = stream.set_nodelay(true);
    // Who owns the other end of a loopback socket, the system knows: another user of the machine is not let in.
    let known = site
        .loopback
        .uid(local, peer)
        .map_err(|error| error.to_string())
        .and_then(|uid| site.gate.principals.from_loopback(uid).map_err(|error| error.to_string()));
    let principal = match known {
        Ok(principal) => Arc::new(principal),
        Err(error) => {
            tracing::warn!(%error, "a connection of another user was refused");
            site.gate.kernel.refused("ringfence.foreign_user");
            let why = "this kernel serves processes of its own user only";
            return turn_away(stream, StatusCode::FORBIDDEN, why);
        }
    };
    let slow = site.gate.kernel.limits.slow_client.0;
    let stop = site.stop.clone();
    let service = service_fn(move |request| {
        let (site, principal) = (Arc::clone(&site), Arc::clone(&principal));
        async move { Ok::<_, Infallible>(route(&site, &principal, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(slow)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(Patient::new(stream, slow)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn route(site: &Arc<Site>, principal: &Arc<Principal>, request: Request<Incoming>) -> Response<Body> {
    if let Err(refusal) = guard::check(&request) {
        site.gate.kernel.refused(refusal.rule());
        return body::text(refusal.status(), refusal.message());
    }
    if let Some(place) = api::Place::of(request.uri().path()) {
        return api::serve(site, principal, place, request).await;
    }
    if let Some(endpoint) = older::endpoint(site, request.uri().path()) {
        return older::serve(site, principal, endpoint, request).await;
    }
    let Some(endpoint) = endpoint(site, request.uri().path()) else {
        return body::text(
            StatusCode::NOT_FOUND,
            "nothing here: the endpoints are /mcp and /servers/<name>/mcp, /sse for clients of 2024-11-05, and /api/approvals",
        );
    };
    match *request.method() {
        Method::POST => post::post(site, principal, endpoint, request).await,
        Method::GET => conversation::listen(site, principal, &request),
        Method::DELETE => conversation::delete(site, principal, &request),
        _ => body::not_allowed("GET, POST, DELETE"),
    }
}

fn endpoint(site: &Site, path: &str) -> Option<Endpoint> {
    if path == "/mcp" {
        return Some(Endpoint::Every);
    }
    let name = path.strip_prefix("/servers/")?.strip_suffix("/mcp")?;
    site.gate.kernel.upstreams.named(&name.parse().ok()?).map(Endpoint::One)
}

#[cfg(test)]
mod tests;
