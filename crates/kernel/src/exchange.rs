//! What travels between a running call and its client: notices, questions, and the word that the client is gone.
//!
//! Must never carry anything that was not released.

use std::sync::Arc;

use http::HeaderMap;
use ringfence_mcp::message::RpcError;
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::json::JsonText;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::call::Released;

/// How many pieces may wait for a client that does not read.
pub const QUEUE: usize = 64;

/// The client's side of one call.
#[derive(Debug)]
pub struct Exchange {
    /// What the client said it can do.
    pub client: Arc<ClientTerms>,
    /// The client's own progress token, a string or number, where it wants progress.
    pub progress_token: Option<JsonText>,
    /// The `Mcp-Param-*` headers of a modern request over HTTP, which must repeat arguments; none on other transports.
    pub param_headers: Option<HeaderMap>,
    /// Where released pieces go. `None`: nobody listens before the answer.
    pub out: Option<mpsc::Sender<Interim>>,
    /// Ends when the client cancelled or left.
    pub cancel: CancellationToken,
}

/// What a client and we agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTerms {
    /// The protocol version in force.
    pub version: ProtocolVersion,
    /// It shows forms to its user (`elicitation/create`, mode `form`).
    pub form_elicitation: bool,
    /// It shows URLs to its user (`elicitation/create`, mode `url`).
    pub url_elicitation: bool,
    /// Least severe log message it wants; `None` wants none.
    pub log_level: Option<LogLevel>,
    /// What it calls itself. Claimed; never decides.
    pub claimed: Option<JsonText>,
}

/// Syslog severities (RFC 5424 section 6.2.1), least severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `debug`
    Debug,
    /// `info`
    Info,
    /// `notice`
    Notice,
    /// `warning`
    Warning,
    /// `error`
    Error,
    /// `critical`
    Critical,
    /// `alert`
    Alert,
    /// `emergency`
    Emergency,
}

/// A released piece on its way to the client while the call runs. Boxed: every call has a queue of these, and most stay
/// empty.
#[derive(Debug)]
pub enum Interim {
    /// A notification.
    Notice(Box<Released>),
    /// A request to the client, and where its answer goes. A dropped sender means that no answer will come.
    Ask(Box<Released>, oneshot::Sender<Result<JsonText, RpcError>>),
}

impl LogLevel {
    /// The level of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "debug" => Self::Debug,
            "info" => Self::Info,
            "notice" => Self::Notice,
            "warning" => Self::Warning,
            "error" => Self::Error,
            "critical" => Self::Critical,
            "alert" => Self::Alert,
            "emergency" => Self::Emergency,
            _ => return None,
        })
    }
}

impl ClientTerms {
    /// The capabilities that a server sees on this client's behalf: what we pass on, nothing else.
    #[must_use]
    pub fn capabilities(&self) -> JsonText {
        let modes = [("form", self.form_elicitation), ("url", self.url_elicitation)];
        let able: Vec<_> = modes
            .into_iter()
            .filter(|(_, able)| *able)
            .map(|(mode, _)| (mode, JsonText::empty_object()))
            .collect();
        let elicitation = (!able.is_empty()).then(|| ("elicitation", JsonText::object(able)));
        JsonText::object(elicitation)
    }
}

impl Exchange {
    /// An exchange on which nobody listens before the answer, for calls that we make ourselves.
    #[must_use]
    pub fn silent(client: Arc<ClientTerms>) -> Self {
        Self {
            client,
            progress_token: None,
            param_headers: None,
            out: None,
            cancel: CancellationToken::new(),
        }
    }
}
