//! HTTP with server-sent events (2024-11-05, "HTTP with SSE"): GET opens a conversation whose stream brings everything and
//! begins with the address that the client then posts its messages to. The conversation ends with its stream.
//!
//! Must never let the address do what a session id does not: it is one, bound to its principal and endpoint.

use std::sync::Arc;

use http::{Response, StatusCode};
use hyper::Request;
use hyper::body::Incoming;
use ringfence_kernel::Endpoint;
use ringfence_mcp::message::{Message, Request as Rpc};
use ringfence_model::principal::Principal;
use tokio_util::sync::CancellationToken;

use super::Site;
use super::body::{self, Body};
use super::conversation::{Conversation, Opening};
use super::post;
use super::stream::Stream;
use crate::client::terms::Era;

/// Before the id in the query of the address.
const SESSION: &str = "session=";

/// The endpoint of this path, where it is one of the older transport.
pub(super) fn endpoint(site: &Site, path: &str) -> Option<Endpoint> {
    super::endpoint(site, &format!("{}/mcp", path.strip_suffix("/sse")?))
}

pub(super) async fn serve(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    endpoint: Endpoint,
    request: Request<Incoming>,
) -> Response<Body> {
    match *request.method() {
        http::Method::GET => open(site, principal, &endpoint, request.uri().path()),
        http::Method::POST => take(site, principal, &endpoint, request).await,
        _ => body::not_allowed("GET, POST"),
    }
}

/// Opens a conversation and its stream.
fn open(site: &Arc<Site>, principal: &Arc<Principal>, endpoint: &Endpoint, path: &str) -> Response<Body> {
    let kernel = &site.gate.kernel;
    let Ok(opening) = Opening::begin(site, principal, endpoint, None, Stream::new()) else {
        return body::text(StatusCode::SERVICE_UNAVAILABLE, "too many sessions are open");
    };
    let conversation = Arc::clone(opening.conversation());
    let id = conversation.sealed_id(kernel);
    let Some(id) = id.as_ref().and_then(|id| id.to_str().ok()) else {
        return body::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    conversation.general().address(&format!("{path}?{SESSION}{id}"));
    opening.keep();
    let left = CancellationToken::new();
    let guard = left.clone().drop_guard();
    let response = body::events(conversation.general(), None, Some(guard));
    let ending = Arc::clone(site);
    // Bounded by the conversation: the guard goes with the stream, whichever side ends it.
    site.afterwards.spawn(async move {
        left.cancelled().await;
        end(&ending, &conversation);
    });
    response
}

/// Takes one message; what it comes to goes over the stream.
async fn take(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    endpoint: &Endpoint,
    request: Request<Incoming>,
) -> Response<Body> {
    let id = request.uri().query().and_then(|query| query.strip_prefix(SESSION)).map(str::to_owned);
    // A newer client that tries its own transport first goes on to GET.
    let Some(id) = id else { return body::not_allowed("GET") };
    let found = site.conversations.by_id(&site.gate.kernel, principal, endpoint, &id);
    let conversation = match found {
        Ok(conversation) => conversation,
        Err(refusal) => return refusal.response(),
    };
    let message = match post::received(site, request).await {
        Ok(message) => message,
        Err(refusal) => return refusal,
    };
    match message {
        Message::Notification(notification) => conversation.client().notified(notification).await,
        Message::Response(response) => conversation.client().responded(response),
        Message::Request(request) => {
            site.afterwards.spawn(answer(Arc::clone(site), conversation, request));
        }
    }
    body::empty(StatusCode::ACCEPTED)
}

/// Answers over the stream; a client that reads none of its answers has no conversation. Ended by the conversation, whose end cancels what runs for it.
async fn answer(site: Arc<Site>, conversation: Arc<Conversation>, request: Rpc) {
    let pieces = Arc::clone(conversation.general());
    let client = Arc::clone(conversation.client());
    let answer =
        client.answer(Era::Legacy, request, CancellationToken::new(), move |piece| pieces.push(&piece)).await;
    if answer.is_some_and(|answer| !conversation.general().answer(&answer.message)) {
        end(&site, &conversation);
    }
}

fn end(site: &Site, conversation: &Conversation) {
    site.conversations.remove(conversation.client().link().session().id);
    conversation.close(&site.gate.kernel);
}
