//! POST: one message of a client, in either era.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use hyper::Request;
use hyper::body::Incoming;
use ringfence_kernel::Endpoint;
use ringfence_kernel::session::SessionKey;
use ringfence_mcp::headers;
use ringfence_mcp::message::{self, Message, Request as Rpc, RpcError, encode_error};
use ringfence_mcp::version::{Era as ProtocolEra, ProtocolVersion};
use ringfence_model::json::ScanLimits;
use ringfence_model::principal::Principal;
use tokio_util::sync::CancellationToken;

use super::Site;
use super::body::{self, Body, Unread};
use super::conversation::{Conversation, Opening};
use super::outliving::Outliving;
use super::stream::{Head, Stream};
use crate::client::Client;
use crate::client::terms::{self, Era, MODERN};

/// After this time a legacy request is answered by a stream, so that a client who loses the connection can resume it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a client takes.
#[derive(Debug, Clone, Copy)]
struct Takes {
    json: bool,
    events: bool,
}

pub(super) async fn post(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    endpoint: Endpoint,
    request: Request<Incoming>,
) -> Response<Body> {
    let takes = Takes::of(request.headers());
    if !takes.json {
        return body::text(StatusCode::NOT_ACCEPTABLE, "accept application/json and text/event-stream");
    }
    let (head, bytes) = match whole(site, request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let scan = scan(site);
    if Message::is_batch(&bytes)
        && let Ok(conversation) =
            site.conversations.find(&site.gate.kernel, principal, &endpoint, &head.headers)
        && conversation.client().has_batches()
    {
        return batch(site, &conversation, bytes, scan, takes).await;
    }
    let message = match Message::parse(bytes, scan) {
        Ok(message) => message,
        Err(malformed) => {
            return body::json(
                StatusCode::BAD_REQUEST,
                encode_error(malformed.id.as_deref(), &malformed.error),
            );
        }
    };
    match era_of(&head.headers, &message) {
        ProtocolEra::Modern => modern(site, principal, endpoint, &head.headers, message, takes).await,
        ProtocolEra::Legacy => legacy(site, principal, endpoint, &head.headers, message, takes).await,
    }
}

/// One message, of a kind of body that we read.
pub(super) async fn received(site: &Site, request: Request<Incoming>) -> Result<Message, Response<Body>> {
    let (_, bytes) = whole(site, request).await?;
    Message::parse(bytes, scan(site)).map_err(|malformed| {
        body::json(StatusCode::BAD_REQUEST, encode_error(malformed.id.as_deref(), &malformed.error))
    })
}

fn scan(site: &Site) -> ScanLimits {
    let limits = &site.gate.kernel.limits;
    ScanLimits { bytes: limits.body.0, depth: limits.depth }
}

/// The whole body, within bounds.
pub(super) async fn whole(site: &Site, request: Request<Incoming>) -> Result<(Parts, Bytes), Response<Body>> {
    if !is_json(request.headers()) {
        return Err(body::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json"));
    }
    let (head, incoming) = request.into_parts();
    let limits = &site.gate.kernel.limits;
    let read = body::read(incoming, limits.body.0, limits.slow_client.0, &site.gate.room).await;
    let bytes = read.map_err(|unread| match unread {
        Unread::TooLarge => body::text(StatusCode::PAYLOAD_TOO_LARGE, "the message is too large"),
        Unread::TooSlow => body::text(StatusCode::REQUEST_TIMEOUT, "the message did not arrive in time"),
        Unread::NoRoom => body::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many large messages are arriving or worked on: try again",
        ),
        Unread::Broken => body::empty(StatusCode::BAD_REQUEST),
    })?;
    Ok((head, bytes))
}

/// A version header or `_meta` of a modern version makes a message modern; a session, `initialize`, or neither, legacy.
fn era_of(given: &HeaderMap, message: &Message) -> ProtocolEra {
    let version = given.get(headers::PROTOCOL_VERSION).and_then(|version| version.to_str().ok());
    let known = version.map(str::parse::<ProtocolVersion>);
    let in_body = match message {
        Message::Request(request) => terms::is_modern(request.params.as_ref()),
        Message::Notification(_) | Message::Response(_) => false,
    };
    let is_initialize = matches!(message, Message::Request(request) if &*request.method == "initialize");
    match known {
        _ if in_body => ProtocolEra::Modern,
        Some(Ok(version)) => version.era(),
        Some(Err(_)) if !is_initialize && !given.contains_key(headers::SESSION_ID) => ProtocolEra::Modern,
        Some(Err(_)) | None => ProtocolEra::Legacy,
    }
}

async fn modern(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    endpoint: Endpoint,
    given: &HeaderMap,
    message: Message,
    takes: Takes,
) -> Response<Body> {
    let request = match message {
        Message::Request(request) => request,
        // Over HTTP a modern client has nothing to notify us of: it cancels by closing the stream.
        Message::Notification(_) => return body::empty(StatusCode::ACCEPTED),
        Message::Response(_) => {
            let error = RpcError::new(
                message::INVALID_REQUEST,
                "there are no requests to respond to in this version",
            );
            return body::json(StatusCode::BAD_REQUEST, encode_error(None, &error));
        }
    };
    let checked = headers::check_request(given, &request.method, request.params.as_ref(), &MODERN);
    let modern = match checked {
        Ok(modern) => modern,
        Err(error) => return body::json(StatusCode::BAD_REQUEST, encode_error(Some(&request.id), &error)),
    };
    let kernel = &site.gate.kernel;
    let session = match kernel.session(principal, SessionKey::Principal, None) {
        Ok(session) => session,
        Err(error) => return unavailable(&request, &error.to_string()),
    };
    let client = Client::new(Arc::clone(kernel), endpoint, session.link(), None, site.stop.clone());
    let (stream, cancel) = (Stream::new(), CancellationToken::new());
    // Held by this future, then by the body: when the client closes either, the request is cancelled (2026-07-28).
    let guard = cancel.clone().drop_guard();
    let era = Era::Modern(Box::new(modern), Some(param_headers(given)));
    let running = run(site, Arc::new(client), era, request, cancel, Arc::clone(&stream), takes);
    match running.until(stream.head(None)).await {
        Head::Answer(answer) => {
            let _ended = guard.disarm();
            body::json(status_of(answer.error), answer.message)
        }
        Head::Events => body::events(&stream, None, Some(guard)),
        Head::Nothing => body::empty(StatusCode::NO_CONTENT),
    }
}

async fn legacy(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    endpoint: Endpoint,
    given: &HeaderMap,
    message: Message,
    takes: Takes,
) -> Response<Body> {
    if let Message::Request(request) = &message
        && &*request.method == "initialize"
    {
        let Message::Request(request) = message else { return body::empty(StatusCode::BAD_REQUEST) };
        return initialize(site, principal, endpoint, request, takes).await;
    }
    let conversation = match site.conversations.find(&site.gate.kernel, principal, &endpoint, given) {
        Ok(conversation) => conversation,
        Err(refusal) => return refusal.response(),
    };
    match message {
        Message::Notification(notification) => {
            conversation.client().notified(notification).await;
            body::empty(StatusCode::ACCEPTED)
        }
        Message::Response(response) => {
            conversation.client().responded(response);
            body::empty(StatusCode::ACCEPTED)
        }
        Message::Request(request) => answer(site, &conversation, request, takes).await,
    }
}

async fn initialize(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    endpoint: Endpoint,
    request: Rpc,
    takes: Takes,
) -> Response<Body> {
    let claimed: Option<String> = request.params.as_ref().and_then(|params| {
        let name = params.value().pointer("/clientInfo/name").and_then(|name| name.as_str())?;
        Some(name.chars().take(128).collect())
    });
    // Whatever ends this future before the conversation is kept, the client's hanging up included, ends it.
    let opening =
        match Opening::begin(site, principal, &endpoint, claimed.as_deref(), Stream::numbered(Some(0))) {
            Ok(opening) => opening,
            Err(error) => return unavailable(&request, &error.to_string()),
        };
    // The head of the answer names the session, so it cannot be sent before the answer is known.
    let whole = Takes { events: false, ..takes };
    let mut response = answer(site, opening.conversation(), request, whole).await;
    if opening.conversation().client().agreed().is_some()
        && let Some(id) = opening.conversation().sealed_id(&site.gate.kernel)
    {
        response.headers_mut().insert(headers::SESSION_ID, id);
        opening.keep();
    }
    response
}

/// Answers a legacy request. The client's leaving does not end it: what it comes to can be fetched by resuming.
async fn answer(site: &Site, conversation: &Arc<Conversation>, request: Rpc, takes: Takes) -> Response<Body> {
    let stream = conversation.stream();
    let client = Arc::clone(conversation.client());
    let running =
        run(site, client, Era::Legacy, request, CancellationToken::new(), Arc::clone(&stream), takes);
    let patience = (takes.events && conversation.resumes()).then_some(PATIENCE);
    match running.until(stream.head(patience)).await {
        Head::Answer(answer) => {
            conversation.forget(&stream);
            body::json(StatusCode::OK, answer.message)
        }
        Head::Events => body::events(&stream, None, None),
        Head::Nothing => {
            conversation.forget(&stream);
            body::empty(StatusCode::NO_CONTENT)
        }
    }
}

/// Answers a batch (2025-03-26).
async fn batch(
    site: &Site,
    conversation: &Arc<Conversation>,
    bytes: Bytes,
    scan: ScanLimits,
    takes: Takes,
) -> Response<Body> {
    let messages = match Message::parse_batch(bytes, scan) {
        Ok(messages) => messages,
        Err(malformed) => {
            return body::json(StatusCode::BAD_REQUEST, encode_error(None, &malformed.error));
        }
    };
    let stream = conversation.stream();
    let (client, answers) = (Arc::clone(conversation.client()), Arc::clone(&stream));
    let work = async move {
        let pieces = Arc::clone(&answers);
        let answer = client.answer_batch(messages, move |piece| takes.events && pieces.push(&piece)).await;
        answers.end(answer);
    };
    let running = Outliving::new(work, &site.afterwards);
    match running.until(stream.head(None)).await {
        Head::Answer(answer) => {
            conversation.forget(&stream);
            body::json(StatusCode::OK, answer.message)
        }
        Head::Events => body::events(&stream, None, None),
        // Nothing in it wanted an answer.
        Head::Nothing => {
            conversation.forget(&stream);
            body::empty(StatusCode::ACCEPTED)
        }
    }
}

/// A request on its way, ended by `stream.end`.
fn run(
    site: &Site,
    client: Arc<Client>,
    era: Era,
    request: Rpc,
    cancel: CancellationToken,
    stream: Arc<Stream>,
    takes: Takes,
) -> Outliving {
    let work = async move {
        let pieces = Arc::clone(&stream);
        let answer =
            client.answer(era, request, cancel, move |piece| takes.events && pieces.push(&piece)).await;
        stream.end(answer);
    };
    Outliving::new(work, &site.afterwards)
}

fn unavailable(request: &Rpc, why: &str) -> Response<Body> {
    let error = RpcError::internal(why);
    body::json(StatusCode::SERVICE_UNAVAILABLE, encode_error(Some(&request.id), &error))
}

/// The headers that repeat arguments.
fn param_headers(given: &HeaderMap) -> HeaderMap {
    let of_params = |(name, _): &(&http::HeaderName, _)| name.as_str().starts_with("mcp-param-");
    given.iter().filter(of_params).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The status of an answer in the modern era: some errors have one of their own, all else is 200 (2026-07-28, Streamable
/// HTTP).
const fn status_of(error: Option<i64>) -> StatusCode {
    match error {
        Some(message::METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
        Some(
            message::HEADER_MISMATCH
            | message::MISSING_REQUIRED_CLIENT_CAPABILITY
            | message::UNSUPPORTED_PROTOCOL_VERSION,
        ) => StatusCode::BAD_REQUEST,
        Some(_) | None => StatusCode::OK,
    }
}

impl Takes {
    fn of(given: &HeaderMap) -> Self {
        let mut takes = Self { json: false, events: false };
        if !given.contains_key(ACCEPT) {
            return Self { json: true, events: true };
        }
        for value in given.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
            for range in value.split(',') {
                match range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
                    "*/*" => takes = Self { json: true, events: true },
                    "application/json" | "application/*" => takes.json = true,
                    "text/event-stream" | "text/*" => takes.events = true,
                    _ => {}
                }
            }
        }
        takes
    }
}

fn is_json(given: &HeaderMap) -> bool {
    let mut types = given.get_all(CONTENT_TYPE).iter();
    let (Some(first), None) = (types.next(), types.next()) else { return false };
    let essence = first.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
