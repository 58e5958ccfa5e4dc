//! Why a conversation, or one request in it, failed. Must never carry content of the server: its words may be hostile.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use ringfence_net::NetError;

use crate::message::{Malformed, RpcError};

/// A failure that is not an answer of the server. Cloneable: one may hit every request in flight.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PeerError {
    /// The server ended the conversation.
    #[error("the server closed the connection")]
    Closed,
    /// The server does not speak the protocol.
    #[error("the server broke the protocol: {0}")]
    Protocol(String),
    /// A message of the server is larger than allowed.
    #[error("the server's answer exceeds {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The response stream ended before the answer and could not be resumed.
    #[error("the server's stream ended before its answer")]
    Interrupted,
    /// The server no longer knows our session; a new conversation can be opened.
    #[error("the server no longer knows the session")]
    SessionExpired,
    /// The server does not speak this era.
    #[error("the server does not speak the era asked for")]
    EraUnsupported {
        /// The versions it names, where it names any.
        supported: Vec<String>,
    },
    /// The server turned the handshake down.
    #[error("the server refused the handshake (code {})", .0.code)]
    Refused(RpcError),
    /// The server did not answer the handshake in time.
    #[error("the server did not answer the handshake within {0:?}")]
    HandshakeTimeout(Duration),
    /// An HTTP status without an answer in the body.
    #[error("the server answered with HTTP status {0}")]
    Status(StatusCode),
    /// The HTTP exchange failed.
    #[error(transparent)]
    Net(Arc<NetError>),
    /// Too many requests are in flight; this one was not sent.
    #[error("{limit} requests are in flight already")]
    Busy {
        /// The limit.
        limit: usize,
    },
}

impl From<Malformed> for PeerError {
    /// What the parser says holds no content of the message.
    fn from(malformed: Malformed) -> Self {
        Self::Protocol(malformed.error.message)
    }
}

impl From<NetError> for PeerError {
    fn from(error: NetError) -> Self {
        // A request that found no connection free was not sent, and the conversation is as good as before.
        if let NetError::Busy(limit) = error { Self::Busy { limit } } else { Self::Net(Arc::new(error)) }
    }
}
