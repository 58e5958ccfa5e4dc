//! The stream of messages that belong to no request (legacy era, GET). Must never take a request of the server for part
//! of a call: it is refused.

use std::sync::Arc;

use super::super::Notice;
use super::super::inbound::{Back, Counts};
use super::Shared;
use super::is_broken_off;
use super::stream::Stream;
use crate::message::{INVALID_REQUEST, Message, Request, RpcError, encode_error, encode_result};

/// Listens until the server does not offer it, the session is over, or it cannot be reached any more.
pub(super) async fn listen(shared: Arc<Shared>, back: Back) {
    let Ok(response) = shared.get("").await else { return };
    let mut stream = Stream::new(Some(response.into_body()), &shared);
    let mut failures = 0;
    while failures <= shared.resumes {
        let heard = hear(&shared, &back, &mut stream).await;
        let moved = stream.leave(&shared);
        failures = if heard || moved { 0 } else { failures + 1 };
        match stream.resume(&shared, failures).await {
            Ok(()) => {}
            Err(error) if is_broken_off(&error) => {}
            Err(_) => return,
        }
    }
}

/// Hears one connection out; true where it brought a message.
async fn hear(shared: &Shared, back: &Back, stream: &mut Stream) -> bool {
    let mut heard = false;
    while let Ok(Some(message)) = stream.next(shared).await {
        heard = true;
        match message {
            Message::Notification(notification) => {
                if shared.notices.try_send(Notice::from(notification)).is_err() {
                    Counts::add(&shared.counts.notices);
                }
            }
            Message::Request(request) => refuse(shared, back, &request),
            Message::Response(_) => Counts::add(&shared.counts.unknown),
        }
    }
    heard
}

fn refuse(shared: &Shared, back: &Back, request: &Request) {
    let answer = if &*request.method == "ping" {
        encode_result(&request.id, &ringfence_model::json::JsonText::empty_object())
    } else {
        Counts::add(&shared.counts.requests);
        let why = "no single request in flight that this could belong to";
        encode_error(Some(&request.id), &RpcError::new(INVALID_REQUEST, why))
    };
    if !back.send(answer) {
        Counts::add(&shared.counts.unsent);
    }
}
