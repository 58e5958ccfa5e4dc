//! What the server writes: each message to the call it belongs to. Must never deliver an answer twice or to another
//! call, and never an answer that is not well formed.

use std::sync::Arc;

use bytes::Bytes;
use ringfence_model::json::Json;
use tokio::io::AsyncRead;

use super::super::inbound::{Back, Counts, is_about_a_task};
use super::super::{FromServer, Notice, PeerError};
use super::{Shared, Slot};
use crate::line::{Line, LineReader};
use crate::message::{
    Answer, Malformed, Meant, Message, Notification, PARSE_ERROR, Request, RequestId, encode_error,
    encode_result, meant,
};
use crate::meta;
use crate::version::Era;

/// Malformed lines in a row that tell nobody whom they were for, before the conversation ends.
const MOST_UNCLEAR: u32 = 8;

/// Reads until the end.
pub(super) async fn read(shared: Arc<Shared>, stdout: Box<dyn AsyncRead + Send + Unpin>) {
    let mut lines = LineReader::new(stdout, shared.response.bytes);
    let mut unclear = 0;
    let end = loop {
        match lines.next().await {
            Ok(Some(Line::Message(line))) => match shared.receive(line.clone()) {
                Ok(()) => unclear = 0,
                // A server that died in the middle of a line has not broken the protocol.
                Err(_) if lines.is_at_end() => break PeerError::Closed,
                // Lines keep messages apart, so that one that is broken breaks no other.
                Err(malformed) => match shared.broken(meant(&line), &malformed) {
                    Harm::OfOne => unclear = 0,
                    Harm::OfAll if unclear + 1 < MOST_UNCLEAR => unclear += 1,
                    Harm::OfAll => break malformed.into(),
                },
            },
            // Which call it was the answer to is not known: all that it may have been the answer to fail.
            Ok(Some(Line::TooLong { .. })) => {
                shared.fail_all(&PeerError::TooLarge { limit: shared.response.bytes });
            }
            Ok(None) | Err(_) => break PeerError::Closed,
        }
    };
    shared.finish(end);
}

impl Shared {
    fn receive(&self, line: Bytes) -> Result<(), Malformed> {
        let first = line.trim_ascii_start().first().copied();
        if Message::is_batch(&line)
            && self.version.get().is_some_and(|version| version.has_batches())
            && let Ok(messages) = Message::parse_batch(line.clone(), self.response)
        {
            for message in messages {
                match message {
                    Ok(message) => self.take(message),
                    Err(malformed) => {
                        let answers = malformed.id.as_ref().and_then(|id| id.as_i64());
                        self.broken(answers.map_or(Meant::Unclear, Meant::Answer), &malformed);
                    }
                }
            }
            return Ok(());
        }
        match Message::parse(line, self.response) {
            Ok(message) => self.take(message),
            // Launchers and careless servers print to standard output. Such a line cannot have been meant as an answer.
            Err(malformed) if first != Some(b'{') && malformed.error.code == PARSE_ERROR => {
                Counts::add(&self.counts.noise);
            }
            Err(malformed) => return Err(malformed),
        }
        Ok(())
    }

    fn take(&self, message: Message) {
        match message {
            Message::Response(response) => self.answer(response.id, Ok(response.body)),
            Message::Notification(notification) => self.notice(notification),
            Message::Request(request) => self.request(request),
        }
    }

    /// A malformed message fails what it was for; where that cannot be told, all that it may have been for.
    fn broken(&self, meant: Meant, malformed: &Malformed) -> Harm {
        match meant {
            Meant::Answer(id) => self.answer(Some(RequestId::from(id)), Err(malformed.clone().into())),
            Meant::Request(id) => {
                Counts::add(&self.counts.requests);
                let is_modern = self.version.get().is_some_and(|version| version.era() == Era::Modern);
                let refusal = encode_error(Some(&id), &malformed.error);
                if !is_modern && !self.outbox.try_push(&refusal) {
                    Counts::add(&self.counts.unsent);
                }
            }
            Meant::Notice => Counts::add(&self.counts.notices),
            Meant::Unclear => {
                self.fail_all(&malformed.clone().into());
                return Harm::OfAll;
            }
        }
        Harm::OfOne
    }

    fn answer(&self, id: Option<RequestId>, answer: Result<Answer, PeerError>) {
        let id = id.and_then(|id| id.as_i64());
        let mut calls = self.calls.lock();
        let slot = id.and_then(|id| calls.open.remove(&id));
        let highest = calls.highest;
        drop(calls);
        match (slot, id) {
            (Some(slot), _) => {
                // A caller that has just gone away makes it a late answer.
                if slot.answer.send(answer).is_err() {
                    Counts::add(&self.counts.late);
                }
            }
            (None, Some(id)) if (1..=highest).contains(&id) => Counts::add(&self.counts.late),
            (None, _) => Counts::add(&self.counts.unknown),
        }
    }

    fn notice(&self, notification: Notification) {
        let calls = &self.calls.lock().open;
        let params = notification.params.as_ref().map(|params| params.value());
        let slot = if &*notification.method == "notifications/progress" {
            let token = params.and_then(|params| params.get(meta::PROGRESS_TOKEN)).and_then(Json::as_i64);
            let Some(slot) = token.and_then(|token| calls.get(&token)).filter(|slot| slot.progress) else {
                return Counts::add(&self.counts.notices);
            };
            Some(slot)
        } else if let Some(listen) =
            params.and_then(|params| params.get("_meta")).and_then(|meta| meta.get(meta::SUBSCRIPTION_ID))
        {
            let Some(slot) = listen.as_i64().and_then(|id| calls.get(&id)) else {
                return Counts::add(&self.counts.notices);
            };
            Some(slot)
        } else if is_about_a_call(&notification.method)
            && let Whose::Of(slot) = whose(calls)
        {
            Some(slot)
        } else {
            None
        };
        let notice = Notice::from(notification);
        let delivered = match slot {
            Some(slot) => slot.events.try_send(FromServer::Notice(Box::new(notice))).is_ok(),
            None => self.outside.try_send(FromServer::Notice(Box::new(notice))).is_ok(),
        };
        if !delivered {
            Counts::add(&self.counts.notices);
        }
    }

    fn request(&self, request: Request) {
        let back = Back::Pipe(Arc::clone(&self.outbox));
        if self.version.get().map(|version| version.era()) == Some(Era::Modern) {
            // 2026-07-28 stdio: a server writes no requests, and a client no responses.
            return Counts::add(&self.counts.requests);
        }
        if &*request.method == "ping" {
            let pong = encode_result(&request.id, &ringfence_model::json::JsonText::empty_object());
            if !back.send(pong) {
                Counts::add(&self.counts.unsent);
            }
            return;
        }
        let events = match whose(&self.calls.lock().open) {
            Whose::Of(slot) if !is_about_a_task(&request.method) => slot.events.clone(),
            // Which of several it is about is not guessed: it may still have a single client that can be asked.
            Whose::Of(_) | Whose::Outside | Whose::Ambiguous => self.outside.clone(),
        };
        // Where it cannot be delivered its reply is dropped, which answers it.
        if events.try_send(FromServer::request(request, back)).is_err() {
            Counts::add(&self.counts.requests);
        }
    }
}

/// Whom a malformed message hurt.
enum Harm {
    OfOne,
    OfAll,
}

/// To which call a message of the server belongs that names none.
enum Whose<'a> {
    /// To the only one in flight.
    Of(&'a Slot),
    /// To none.
    Outside,
    /// To one of several.
    Ambiguous,
}

fn whose(calls: &std::collections::HashMap<i64, Slot>) -> Whose<'_> {
    let mut meant = calls.values().filter(|slot| slot.may_be_meant());
    match (meant.next(), meant.next()) {
        (None, _) => Whose::Outside,
        // A list of ours could be what it is about, too.
        (Some(slot), None) if calls.values().all(|slot| slot.subscribes || slot.may_be_meant()) => {
            Whose::Of(slot)
        }
        (Some(_), _) => Whose::Ambiguous,
    }
}

/// Notifications that a server sends while it works on a request, without saying on which.
fn is_about_a_call(method: &str) -> bool {
    matches!(method, "notifications/message" | "notifications/cancelled")
}
