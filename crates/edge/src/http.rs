//! The HTTP endpoint: Streamable HTTP of both eras on loopback, for processes of our own user.
//!
//! Every buffer and wait has a bound; a slow client is cut off. Must never listen beyond loopback.

mod body;
mod conversation;
mod guard;
mod outliving;
mod patient;
mod post;
mod stream;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use ringfence_identity::loopback_uid;
use ringfence_kernel::Endpoint;
use ringfence_model::principal::Principal;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::gate::Gate;
use body::Body;
use conversation::Conversations;
use patient::Patient;

/// Most bytes of a request's head.
const HEAD: usize = 64 << 10;

/// How long connections may take to end after `stop`.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(10);

/// The endpoint, bound.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
}

/// Why it cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not a loopback address.
    #[error("{0} is not a loopback address, and callers from elsewhere cannot be authenticated")]
    NotLoopback(SocketAddr),
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
            Ok(Self { listener, address })
        };
        bound.await.map_err(|source| HttpError::Bind { address, source })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`; then lets running requests end.
    pub async fn serve(self, gate: Arc<Gate>, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(gate.kernel.limits.connections));
        let conversations = Conversations::new(&gate.kernel);
        let site = Arc::new(Site { gate, conversations, stop: stop.clone() });
        let mut connections = JoinSet::new();
        let mut sweep = tokio::time::interval(conversation::SWEEP);
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
                        tracing::warn!(%error, "a connection was lost");
                        continue;
                    }
                },
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                site.gate.kernel.refused("ringfence.connections");
                continue;
            };
            let (site, local) = (Arc::clone(&site), self.address);
            connections.spawn(async move {
                serve_connection(site, stream, local, peer).await;
                drop(place);
            });
        }
        // Nobody else is let in: who then waited in the socket's queue would never be answered.
        drop(self.listener);
        site.conversations.hush();
        let _overdue =
            tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
        site.conversations.end(&site.gate.kernel);
    }
}

async fn serve_connection(site: Arc<Site>, stream: TcpStream, local: SocketAddr, peer: SocketAddr) {
    let local = stream.local_addr().unwrap_or(local);
    let _small_answers_at_once = stream.set_nodelay(true);
    // Who owns the other end of a loopback socket, the system knows: another user of the machine is not let in.
    let principal = match loopback_uid(local, peer).map(|uid| site.gate.principals.from_loopback(uid)) {
        Ok(Ok(principal)) => Arc::new(principal),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a connection of another user was refused");
            return site.gate.kernel.refused("ringfence.foreign_user");
        }
        Err(error) => {
            tracing::warn!(%error, "a connection of an unknown user was refused");
            return site.gate.kernel.refused("ringfence.foreign_user");
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
    let Some(endpoint) = endpoint(site, request.uri().path()) else {
        return body::text(
            StatusCode::NOT_FOUND,
            "nothing here: the endpoints are /mcp and /servers/<name>/mcp",
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
