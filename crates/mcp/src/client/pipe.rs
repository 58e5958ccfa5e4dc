//! A conversation over standard input and output: one reader task, one task that finishes what a full pipe left over.
//! Must never give a message to a call that it might not belong to.

mod outbox;
mod receive;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use ringfence_model::json::{JsonText, ScanLimits};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::inbound::Counts;
use super::{FromServer, Outgoing, PeerError, PeerLimits};
use crate::message::{Answer, encode_notification};
use crate::version::Era;

pub(super) use outbox::Outbox;

/// A conversation over a pipe. Dropping it ends its tasks and closes the pipe.
pub(super) struct Pipe {
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

/// What the tasks and the calls share.
struct Shared {
    outbox: Arc<Outbox>,
    calls: Mutex<Calls>,
    end: watch::Sender<Option<PeerError>>,
    /// Set once the handshake has succeeded.
    era: OnceLock<Era>,
    outside: mpsc::Sender<FromServer>,
    counts: Counts,
    response: ScanLimits,
    in_flight: usize,
}

/// The requests in flight, by id.
#[derive(Default)]
struct Calls {
    open: HashMap<i64, Slot>,
    /// The highest id so far.
    highest: i64,
}

/// A request in flight.
struct Slot {
    answer: oneshot::Sender<Result<Answer, PeerError>>,
    events: mpsc::Sender<FromServer>,
    progress: bool,
    /// A subscription: what does not name it is not about it.
    subscribes: bool,
}

/// Removes its call when dropped; where the call was still open and had been sent, the server is told.
struct Open<'a> {
    shared: &'a Shared,
    id: i64,
    tell: bool,
}

impl Pipe {
    pub(super) fn open(
        stdin: Box<dyn AsyncWrite + Send + Unpin>,
        stdout: Box<dyn AsyncRead + Send + Unpin>,
        limits: PeerLimits,
        outside: mpsc::Sender<FromServer>,
    ) -> Self {
        let shared = Arc::new(Shared {
            outbox: Arc::new(Outbox::new(stdin, limits.outbox)),
            calls: Mutex::default(),
            end: watch::Sender::new(None),
            era: OnceLock::new(),
            outside,
            counts: Counts::default(),
            response: limits.response,
            in_flight: limits.in_flight,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(receive::read(Arc::clone(&shared), stdout));
        let writing = Arc::clone(&shared);
        tasks.spawn(async move {
            writing.outbox.drain().await;
            writing.finish(PeerError::Closed);
        });
        Self { shared, _tasks: tasks }
    }

    pub(super) async fn call(
        &self,
        outgoing: Outgoing<'_>,
        events: mpsc::Sender<FromServer>,
    ) -> Result<Answer, PeerError> {
        let (answer, answered) = oneshot::channel();
        let subscribes = outgoing.method == "subscriptions/listen";
        let slot = Slot { answer, events, progress: outgoing.progress, subscribes };
        let mut open = self.shared.register(outgoing.id, slot)?;
        self.shared.outbox.push(&outgoing.message).await?;
        open.tell = outgoing.cancels;
        answered.await.unwrap_or(Err(PeerError::Closed))
    }

    pub(super) async fn notify(&self, method: &str, params: Option<&JsonText>) -> Result<(), PeerError> {
        self.shared.outbox.push(&encode_notification(method, params)).await
    }

    /// Notes the era, once it is known.
    pub(super) fn settle(&self, era: Era) {
        // A conversation has one handshake that succeeds.
        let _ = self.shared.era.set(era);
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    pub(super) fn end(&self) -> Option<PeerError> {
        self.shared.end.borrow().clone()
    }

    pub(super) async fn ended(&self) -> PeerError {
        let mut end = self.shared.end.subscribe();
        let ended = end.wait_for(Option::is_some).await;
        ended.ok().and_then(|end| end.clone()).unwrap_or(PeerError::Closed)
    }

    pub(super) fn close(&self) {
        self.shared.outbox.close();
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.shared.outbox.close();
    }
}

impl Shared {
    fn register(&self, id: i64, slot: Slot) -> Result<Open<'_>, PeerError> {
        let mut calls = self.calls.lock();
        if let Some(end) = &*self.end.borrow() {
            return Err(end.clone());
        }
        if calls.open.len() >= self.in_flight {
            return Err(PeerError::Busy { limit: self.in_flight });
        }
        calls.open.insert(id, slot);
        calls.highest = calls.highest.max(id);
        Ok(Open { shared: self, id, tell: false })
    }

    /// Fails every request in flight.
    fn fail_all(&self, error: &PeerError) {
        let calls = std::mem::take(&mut self.calls.lock().open);
        for slot in calls.into_values() {
            // A caller that has gone away needs no error.
            let _ = slot.answer.send(Err(error.clone()));
        }
    }

    /// Ends the conversation.
    fn finish(&self, error: PeerError) {
        // INVARIANT: the end is noted before the calls are failed, and `register` looks at it under their lock: no call
        // can slip in between and wait for ever.
        self.end.send_if_modified(|end| {
            let first = end.is_none();
            end.get_or_insert_with(|| error.clone());
            first
        });
        self.fail_all(&error);
        self.outbox.close();
    }
}

impl Slot {
    /// What names no call may be about this one. Lists and the like of ours hear nothing, and a subscription is named.
    fn may_be_meant(&self) -> bool {
        !self.subscribes && !self.events.is_closed()
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let open = self.shared.calls.lock().open.remove(&self.id).is_some();
        if open && self.tell {
            let params = JsonText::object([("requestId", JsonText::from(self.id))]);
            let notice = encode_notification("notifications/cancelled", Some(&params));
            if !self.shared.outbox.try_push(&notice) {
                Counts::add(&self.shared.counts.unsent);
            }
        }
    }
}
