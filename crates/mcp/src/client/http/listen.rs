//! The stream of messages that belong to no request (legacy era, GET). Must never take a request of the server for part
//! of a call.

use std::sync::Arc;

use super::super::inbound::{Back, Counts};
use super::super::{FromServer, Notice};
use super::Shared;
use super::is_broken_off;
use super::stream::Stream;
use crate::message::{Message, Request, encode_result};

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
                let notice = FromServer::Notice(Box::new(Notice::from(notification)));
                if shared.outside.try_send(notice).is_err() {
                    Counts::add(&shared.counts.notices);
                }
            }
            Message::Request(request) => pass_on(shared, back, request),
            Message::Response(_) => Counts::add(&shared.counts.unknown),
        }
    }
    heard
}

/// A request on this stream belongs to none of ours (2025-11-25, "Streamable HTTP", section "Listening for Messages").
fn pass_on(shared: &Shared, back: &Back, request: Request) {
    if &*request.method == "ping" {
        let pong = encode_result(&request.id, &ringfence_model::json::JsonText::empty_object());
        if !back.send(pong) {
            Counts::add(&shared.counts.unsent);
        }
    } else if shared.outside.try_send(FromServer::request(request, back.clone())).is_err() {
        // Its reply has been dropped, which answers it.
        Counts::add(&shared.counts.requests);
    }
}
