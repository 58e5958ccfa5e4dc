//! What a server sends beside answers: notices and requests. Must never leave a request of the server unanswered: a
//! [`Reply`] that is dropped answers with an error.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use bytestring::ByteString;
use ringfence_model::json::JsonText;
use tokio::sync::mpsc;

use super::pipe::Outbox;
use crate::message::{
    Answer, INTERNAL_ERROR, Notification, Request, RequestId, RpcError, encode_error, encode_result,
};

/// A message of the server that belongs to a call. Boxed: every call has a queue of these, and most stay empty.
#[derive(Debug)]
pub enum FromServer {
    /// A notification, e.g. `notifications/progress`.
    Notice(Box<Notice>),
    /// A request, e.g. `elicitation/create` (legacy era).
    Request(Box<ServerRequest>),
}

/// A request of the server.
#[derive(Debug)]
pub struct ServerRequest {
    /// What it asks.
    pub method: ByteString,
    /// An object.
    pub params: Option<JsonText>,
    /// Where the answer goes.
    pub reply: Reply,
}

/// A notification of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it tells.
    pub method: ByteString,
    /// An object.
    pub params: Option<JsonText>,
}

/// The one answer that a request of the server gets.
pub struct Reply {
    id: RequestId,
    /// None once it has been used.
    back: Option<Back>,
}

/// The way back to the server.
#[derive(Clone)]
pub(super) enum Back {
    Pipe(Arc<Outbox>),
    Aside(mpsc::Sender<Bytes>),
}

/// What was dropped or refused in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerCounts {
    /// Answers to requests that were given up or answered before.
    pub late: u64,
    /// Answers to requests that were never sent.
    pub unknown: u64,
    /// Notices dropped: a full queue, or a progress token that is not in use.
    pub notices: u64,
    /// Requests of the server refused: no single call they could belong to, a full queue, or an era without them.
    pub requests: u64,
    /// Lines on a pipe that are not JSON at all.
    pub noise: u64,
    /// Replies and cancellations that found no room on their way to the server.
    pub unsent: u64,
}

/// Requests about a task name it, so they belong to no call in flight (2025-11-25, "Tasks").
pub(super) fn is_about_a_task(method: &str) -> bool {
    method.starts_with("tasks/")
}

/// The counters behind [`PeerCounts`].
#[derive(Default)]
pub(super) struct Counts {
    pub(super) late: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) notices: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) noise: AtomicU64,
    pub(super) unsent: AtomicU64,
}

impl Reply {
    pub(super) const fn new(id: RequestId, back: Back) -> Self {
        Self { id, back: Some(back) }
    }

    /// Answers the request.
    pub fn answer(mut self, answer: &Answer) {
        self.send(answer);
    }

    fn send(&mut self, answer: &Answer) {
        if let Some(back) = self.back.take() {
            back.send(match answer {
                Ok(result) => encode_result(&self.id, result),
                Err(error) => encode_error(Some(&self.id), error),
            });
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.send(&Err(RpcError::new(INTERNAL_ERROR, "the request was not answered")));
    }
}

impl Back {
    /// Hands a message over without waiting; false where there is no room.
    pub(super) fn send(&self, message: Bytes) -> bool {
        match self {
            Self::Pipe(outbox) => outbox.try_push(&message),
            Self::Aside(aside) => aside.try_send(message).is_ok(),
        }
    }
}

impl From<Notification> for Notice {
    fn from(notification: Notification) -> Self {
        Self { method: notification.method, params: notification.params }
    }
}

impl FromServer {
    pub(super) fn request(request: Request, back: Back) -> Self {
        let reply = Reply::new(request.id, back);
        Self::Request(Box::new(ServerRequest { method: request.method, params: request.params, reply }))
    }
}

impl Counts {
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> PeerCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PeerCounts {
            late: read(&self.late),
            unknown: read(&self.unknown),
            notices: read(&self.notices),
            requests: read(&self.requests),
            noise: read(&self.noise),
            unsent: read(&self.unsent),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.id)
    }
}
