//! What a conversation is opened with: the way to the server, how we introduce ourselves, the bounds. Must never hold
//! anything that differs between calls.

use std::time::Duration;

use http::HeaderMap;
use http::uri::PathAndQuery;
use ringfence_model::json::{JsonText, ScanLimits};
use ringfence_net::HttpClient;
use tokio::io::{AsyncRead, AsyncWrite};

/// How the server is reached.
pub enum Transport {
    /// Its standard input and output.
    Pipe {
        /// What it reads.
        stdin: Box<dyn AsyncWrite + Send + Unpin>,
        /// What it writes.
        stdout: Box<dyn AsyncRead + Send + Unpin>,
    },
    /// Streamable HTTP.
    Http {
        /// A client for its origin.
        client: HttpClient,
        /// The MCP endpoint there.
        path: PathAndQuery,
        /// Headers that every request carries, e.g. `Authorization`.
        headers: HeaderMap,
    },
}

/// How we introduce ourselves.
#[derive(Debug, Clone)]
pub struct ClientHello {
    /// Name of this software.
    pub name: String,
    /// Its version.
    pub version: String,
    /// A `ClientCapabilities` object: what the server may ask of us, for a whole conversation of the legacy era.
    pub capabilities: JsonText,
    /// The same for requests of the modern era that say nothing else.
    pub of_requests: JsonText,
}

/// Bounds of a conversation.
#[derive(Debug, Clone, Copy)]
pub struct PeerLimits {
    /// Size and depth of one message of the server.
    pub response: ScanLimits,
    /// Longest wait for each answer of the handshake, and for what we send aside: replies, cancellations, the farewell.
    pub handshake: Duration,
    /// Most requests in flight over a pipe. Over HTTP the client's bound on connections is the bound.
    pub in_flight: usize,
    /// Most bytes waiting for a pipe to take them, before another message has to wait; one message may exceed it.
    pub outbox: usize,
    /// Most messages waiting to be sent aside over HTTP.
    pub aside: usize,
    /// Most messages that belong to no call and wait to be taken.
    pub notices: usize,
    /// Most times in a row that a broken stream is resumed without an event in between.
    pub resumes: u32,
}

impl Default for PeerLimits {
    fn default() -> Self {
        Self {
            response: ScanLimits { bytes: 10 << 20, depth: 128 },
            handshake: Duration::from_secs(30),
            in_flight: 1024,
            outbox: 1 << 20,
            aside: 64,
            notices: 64,
            resumes: 5,
        }
    }
}

impl Transport {
    /// The pipe of a child process.
    #[must_use]
    pub fn pipe(
        stdin: impl AsyncWrite + Send + Unpin + 'static,
        stdout: impl AsyncRead + Send + Unpin + 'static,
    ) -> Self {
        Self::Pipe { stdin: Box::new(stdin), stdout: Box::new(stdout) }
    }
}
