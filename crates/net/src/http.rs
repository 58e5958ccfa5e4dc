//! An HTTP/1.1 client for one origin with a small pool of idle connections (RFC 9112).
//!
//! Each request drives its own connection: there is no task behind one, so a dropped request closes what it used.
//! Must never follow a redirect, and never send a request twice that may have been written.

mod pool;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderValue, LOCATION};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use url::Url;

use crate::body::Body;
use crate::origin::{BadOrigin, Origin};

use pool::Failed;
pub(crate) use pool::{Connection, Pool};

/// Bounds of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpOptions {
    /// Longest time for name resolution, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Most connections open at once, idle ones included.
    pub connections: usize,
    /// Most idle connections kept.
    pub idle: usize,
    /// Longest time that a connection is kept idle.
    pub idle_timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            connections: 256,
            idle: 32,
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// Why a request got no response, or its response did not end.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The URL names no endpoint.
    #[error(transparent)]
    Origin(#[from] BadOrigin),
    /// The request's target is not a path: it would name another origin.
    #[error("the request target must be a path")]
    Target,
    /// All connections are in use.
    #[error("all {0} connections to the origin are in use")]
    Busy(usize),
    /// No connection within the time.
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// The connection broke or the peer does not speak HTTP. The request may have taken effect.
    #[error("the exchange broke off: {0}")]
    Exchange(#[source] hyper::Error),
    /// The peer closed the connection before its response. The request may have taken effect.
    #[error("the connection was closed before the response")]
    Closed,
    /// A redirect, which is never followed.
    #[error("redirected ({status}) to {}, which is not followed", to.as_deref().unwrap_or("nowhere"))]
    Redirect {
        /// The status.
        status: StatusCode,
        /// Origin of the `Location`, where it has one.
        to: Option<String>,
    },
}

/// A client for one origin. Clones share its connections.
#[derive(Clone)]
pub struct HttpClient {
    pool: Arc<Pool>,
}

impl HttpClient {
    /// A client for the origin of `url`; its path is not used. Nothing connects yet.
    ///
    /// # Errors
    /// [`NetError::Origin`] where the URL names no endpoint.
    pub fn new(url: &Url, options: HttpOptions) -> Result<Self, NetError> {
        let origin = Origin::of(url)?;
        let host = HeaderValue::try_from(origin.authority()).map_err(|_| BadOrigin::Host)?;
        Ok(Self { pool: Arc::new(Pool::new(origin, host, options)) })
    }

    /// Where requests go.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.pool.origin
    }

    /// Sends a request whose target is a path, and waits for the head of the response, without a time limit of its own.
    /// `Host` is set here. Dropping the future or the body early closes the connection.
    ///
    /// A request that met a pooled connection already closed, before anything of it was written, is sent once more on a
    /// new connection.
    ///
    /// # Errors
    /// [`NetError`]. After [`NetError::Exchange`] and [`NetError::Closed`] the request may have taken effect.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Body>, NetError> {
        if request.uri().scheme().is_some() || request.uri().authority().is_some() {
            return Err(NetError::Target);
        }
        request.headers_mut().insert(HOST, self.pool.host.clone());
        if let Some(connection) = self.pool.take() {
            match self.exchange(connection, request).await {
                Ok(response) => return Ok(response),
                Err(Failed { unsent: Some(unsent), .. }) => request = unsent,
                Err(Failed { error, unsent: None }) => return Err(error),
            }
        }
        let connection = Box::pin(self.pool.connect()).await?;
        self.exchange(connection, request).await.map_err(|failed| failed.error)
    }

    async fn exchange(
        &self,
        mut connection: Box<Connection>,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Body>, Failed> {
        let response = connection.exchange(request).await?;
        if response.status().is_redirection() {
            return Err(Failed { error: redirect(self.origin(), &response), unsent: None });
        }
        Ok(response.map(|incoming| Body::new(incoming, connection, Arc::clone(&self.pool))))
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpClient({})", self.pool.origin)
    }
}

/// A redirect names where it leads by its origin only: paths and queries may hold secrets.
fn redirect(from: &Origin, response: &Response<Incoming>) -> NetError {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let base = Url::parse(&from.to_string()).ok();
    let to = location
        .and_then(|location| base?.join(location).ok())
        .and_then(|url| Origin::of(&url).ok())
        .map(|origin| origin.to_string());
    NetError::Redirect { status: response.status(), to }
}

#[cfg(test)]
mod tests;
