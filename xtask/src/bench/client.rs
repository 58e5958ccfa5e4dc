//! One MCP client over one HTTP connection that is kept open.
//!
//! The clock of a call runs from the request to the last byte of its answer; what is built before and checked after
//! is not in it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::cell::Era;
use super::wire::{self, Caller};
use crate::failure::{Context as _, Failure};
use crate::machine;

/// Longest a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Largest answer that is read.
const ANSWER_LIMIT: usize = 16 << 20;

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Where a target serves the upstream server, and how it names the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) tool: String,
}

/// One connection of one MCP client.
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    endpoint: Endpoint,
    era: Era,
    headers: HeaderMap,
    ids: Arc<AtomicU64>,
}

impl Client {
    /// Connects, and in the legacy era opens a session.
    pub(crate) async fn open(endpoint: Endpoint, era: Era, ids: Arc<AtomicU64>) -> Result<Self, Failure> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, endpoint.port)).await.context("connecting")?;
        stream.set_nodelay(true).context("connecting")?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.context("connecting")?;
        // Ends with the sender; what goes wrong shows in the call that waits.
        tokio::spawn(connection);
        let headers = headers(&endpoint, era)?;
        let mut client = Self { sender, endpoint, era, headers, ids };
        if era == Era::Legacy {
            client.open_session().await?;
        }
        Ok(client)
    }

    async fn open_session(&mut self) -> Result<(), Failure> {
        // The version is agreed by this very request.
        let version = self.headers.remove(VERSION);
        let hello = wire::initialize(self.next_id());
        let (status, headers, answer) = self.post(hello.into(), self.headers.clone()).await?;
        if status != StatusCode::OK || !answer.contains("\"serverInfo\"") {
            return Err(Failure::new(format!("initialize: {status} {answer}")));
        }
        self.headers.extend(version.map(|version| (VERSION, version)));
        self.headers.extend(headers.get(SESSION).map(|session| (SESSION, session.clone())));
        let (status, _, answer) = self.post(wire::INITIALIZED.into(), self.headers.clone()).await?;
        let taken = status == StatusCode::ACCEPTED || status == StatusCode::OK;
        if taken { Ok(()) } else { Err(Failure::new(format!("initialized: {status} {answer}"))) }
    }

    /// One call, checked. Gives the time from the first byte sent to the last read.
    pub(crate) async fn call(&mut self, caller: &Caller) -> Result<Duration, Failure> {
        let sent = caller.build(self.next_id());
        let mut headers = self.headers.clone();
        if self.era == Era::Modern {
            headers.insert(METHOD, HeaderValue::from_static(caller.method()));
            if let Some(name) = caller.named() {
                headers.insert(NAME, HeaderValue::from_str(name).context("the tool's name")?);
            }
        }
        let started = machine::now();
        let answered = tokio::time::timeout(PATIENCE, self.post(sent.body.clone(), headers)).await;
        let took = started.elapsed();
        let (status, _, answer) =
            answered.map_err(|_| Failure::new(format!("no answer in {PATIENCE:?}")))??;
        if status != StatusCode::OK {
            let shown: String = answer.chars().take(300).collect();
            return Err(Failure::new(format!("HTTP {status}: {shown}")));
        }
        caller.check(&sent, answer.as_bytes())?;
        Ok(took)
    }

    /// Ends the session, if there is one; a server need not know how.
    pub(crate) async fn close(mut self) -> Result<(), Failure> {
        if self.headers.contains_key(SESSION) {
            self.sender.ready().await.context("the connection")?;
            let mut request = Request::new(Full::default());
            *request.method_mut() = Method::DELETE;
            *request.uri_mut() = self.endpoint.path.parse().context("the endpoint's path")?;
            *request.headers_mut() = self.headers.clone();
            let response = self.sender.send_request(request).await.context("ending the session")?;
            Limited::new(response.into_body(), ANSWER_LIMIT)
                .collect()
                .await
                .map_err(|error| Failure::new(format!("ending the session: {error}")))?;
        }
        Ok(())
    }

    async fn post(
        &mut self,
        body: Bytes,
        headers: HeaderMap,
    ) -> Result<(StatusCode, HeaderMap, String), Failure> {
        self.sender.ready().await.context("the connection")?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.path.parse().context("the endpoint's path")?;
        *request.headers_mut() = headers;
        let (head, body) = self.sender.send_request(request).await.context("the connection")?.into_parts();
        let body = Limited::new(body, ANSWER_LIMIT)
            .collect()
            .await
            .map_err(|error| Failure::new(format!("the answer broke off: {error}")))?;
        let text = String::from_utf8(body.to_bytes().into()).context("the answer")?;
        let is_stream = head
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        Ok((head.status, head.headers, if is_stream { wire::last_event(&text) } else { text }))
    }

    fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }
}

fn headers(endpoint: &Endpoint, era: Era) -> Result<HeaderMap, Failure> {
    let version = match era {
        Era::Legacy => "2025-11-25",
        Era::Modern => "2026-07-28",
    };
    let host = HeaderValue::from_str(&format!("127.0.0.1:{}", endpoint.port)).context("the host")?;
    Ok([
        (HOST, host),
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (ACCEPT, HeaderValue::from_static("application/json, text/event-stream")),
        (VERSION, HeaderValue::from_static(version)),
    ]
    .into_iter()
    .collect())
}
