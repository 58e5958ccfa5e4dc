//! One stream of server-sent events: filled by a request's task, read by the client's connection, and, in the legacy
//! era, by the connection that resumes it (2025-11-25, Streamable HTTP, «Resumability and Redelivery»).
//!
//! Bounded: events that nobody reads are dropped, the oldest first, but never an answer: where too many of those wait, the
//! stream ends. How long an ended stream is kept
//! for who lost the connection, its conversation decides.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use ringfence_mcp::sse::{self, Field};

use crate::client::Answered;

/// Most bytes of events that are kept beside the answer.
const KEPT: usize = 1 << 20;

/// Most bytes of answers that wait on a stream that has many, before it ends: its client does not read.
const WAITING: usize = 16 << 20;

/// What each of them is counted for beside its bytes.
const EACH: usize = 128;

/// What a client that lost its connection waits before it resumes (2025-11-25, SEP-1699).
const RETRY: Duration = Duration::from_secs(1);

/// A stream.
pub(super) struct Stream {
    /// Its number in its conversation, where it can be resumed.
    number: Option<u64>,
    state: Mutex<State>,
}

struct State {
    events: VecDeque<Event>,
    next: u64,
    /// Bytes of the events beside the answer.
    kept: usize,
    /// Bytes of the answers among the events.
    answers: usize,
    begun: bool,
    ended: bool,
    answer: Option<Answered>,
    waker: Option<Waker>,
    /// The reader that counts: a newer one takes over.
    readers: u64,
    /// That one is still there.
    is_read: bool,
    /// A reader has come to the end.
    was_read: bool,
}

struct Event {
    number: u64,
    is_answer: bool,
    bytes: Bytes,
}

/// What a stream begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// The answer, and nothing before it.
    Answer(Answered),
    /// Something before the answer, or it takes long: read the events.
    Events,
    /// It ended without an answer.
    Nothing,
}

/// What a stream still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Its request runs.
    Running,
    /// So many bytes that nobody has read to the end.
    Unread(usize),
    /// So many bytes, all read once.
    Read(usize),
}

/// Reads a stream from some event on.
pub(super) struct Reader {
    stream: Arc<Stream>,
    next: u64,
    turn: u64,
}

impl Stream {
    /// A stream that cannot be resumed.
    pub(super) fn new() -> Arc<Self> {
        Self::numbered(None)
    }

    /// A stream that can be resumed under `number`.
    pub(super) fn numbered(number: Option<u64>) -> Arc<Self> {
        let state = State {
            events: VecDeque::new(),
            next: 1,
            kept: 0,
            answers: 0,
            begun: false,
            ended: false,
            answer: None,
            waker: None,
            readers: 0,
            is_read: false,
            was_read: false,
        };
        Arc::new(Self { number, state: Mutex::new(state) })
    }

    /// Adds a message; false where the stream has ended, or could never keep it.
    pub(super) fn push(&self, message: &Bytes) -> bool {
        let mut state = self.state.lock();
        if state.ended || message.len() > KEPT {
            return false;
        }
        self.add(&mut state, message, false);
        true
    }

    /// Adds an answer on a stream that has many: however long, it is kept until it was read. False where so much waits
    /// already that the stream ends instead.
    pub(super) fn answer(&self, message: &Bytes) -> bool {
        let mut state = self.state.lock();
        if state.ended {
            return true;
        }
        if state.answers > WAITING {
            state.forget();
            state.ended = true;
            state.wake();
            return false;
        }
        self.add(&mut state, message, true);
        true
    }

    /// Begins with the address that messages are posted to (2024-11-05).
    pub(super) fn address(&self, address: &str) {
        let mut state = self.state.lock();
        state.keep(sse::encode(Field::new("endpoint"), None, address.as_bytes()), true);
        state.wake();
    }

    /// Ends it, with the answer where there is one.
    pub(super) fn end(&self, answer: Option<Answered>) {
        let mut state = self.state.lock();
        match answer {
            Some(answer) if state.begun || !state.events.is_empty() => {
                self.add(&mut state, &answer.message, true);
            }
            answer => state.answer = answer,
        }
        state.ended = true;
        state.wake();
    }

    /// Waits for what it begins with; after `patience` it begins with events, the first of which only carries an id.
    pub(super) async fn head(&self, patience: Option<Duration>) -> Head {
        let begins = poll_fn(|context| self.poll_head(context));
        let Some(patience) = patience else { return begins.await };
        tokio::time::timeout(patience, begins).await.unwrap_or_else(|_| {
            let mut state = self.state.lock();
            state.begun = true;
            if let Some(answer) = state.answer.take() {
                return Head::Answer(answer);
            }
            self.prime(&mut state);
            Head::Events
        })
    }

    /// A reader of everything after the event `after`; it takes over from the one before.
    pub(super) fn reader(self: &Arc<Self>, after: Option<u64>) -> Reader {
        let mut state = self.state.lock();
        state.begun = true;
        state.readers += 1;
        state.is_read = true;
        if let Some(answer) = state.answer.take() {
            self.add(&mut state, &answer.message, true);
        }
        state.wake();
        Reader { stream: Arc::clone(self), next: after.map_or(0, |after| after + 1), turn: state.readers }
    }

    /// True while somebody reads it.
    pub(super) fn is_read(&self) -> bool {
        self.state.lock().is_read
    }

    /// What it holds now.
    pub(super) fn holds(&self) -> Holds {
        let state = self.state.lock();
        if !state.ended {
            return Holds::Running;
        }
        let sent = state.events.back().filter(|last| last.is_answer).map_or(0, |answer| answer.bytes.len());
        let unsent = state.answer.as_ref().map_or(0, |answer| answer.message.len());
        let bytes = state.kept + sent + unsent;
        if state.was_read { Holds::Read(bytes) } else { Holds::Unread(bytes) }
    }

    fn poll_head(&self, context: &Context<'_>) -> Poll<Head> {
        let mut state = self.state.lock();
        if let Some(answer) = state.answer.take() {
            return Poll::Ready(Head::Answer(answer));
        }
        if !state.events.is_empty() {
            state.begun = true;
            return Poll::Ready(Head::Events);
        }
        if state.ended {
            return Poll::Ready(Head::Nothing);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// An event without a message, so that the client knows from where to resume (2025-11-25, SEP-1699).
    fn prime(&self, state: &mut State) {
        let Some(id) = self.number.map(|stream| format!("{stream}-{}", state.next)) else { return };
        let Some(field) = Field::new(&id) else { return };
        let bytes = sse::encode_priming(field, Some(RETRY));
        state.keep(bytes, false);
    }

    fn add(&self, state: &mut State, message: &Bytes, is_answer: bool) {
        let id = self.number.map(|stream| format!("{stream}-{}", state.next));
        let bytes = sse::encode(None, id.as_deref().and_then(Field::new), message);
        state.keep(bytes, is_answer);
        state.wake();
    }
}

impl State {
    fn keep(&mut self, bytes: Bytes, is_answer: bool) {
        if is_answer {
            self.answers += bytes.len() + EACH;
        } else {
            self.kept += bytes.len();
        }
        self.events.push_back(Event { number: self.next, is_answer, bytes });
        self.next += 1;
        while self.kept > KEPT {
            let Some(oldest) = self.events.iter().position(|event| !event.is_answer) else { break };
            self.discard(oldest);
        }
    }

    fn discard(&mut self, place: usize) {
        match self.events.remove(place) {
            Some(event) if event.is_answer => self.answers -= event.bytes.len() + EACH,
            Some(event) => self.kept -= event.bytes.len(),
            None => {}
        }
    }

    /// Discards all.
    fn forget(&mut self) {
        self.events = VecDeque::new();
        (self.kept, self.answers) = (0, 0);
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Reader {
    /// The next event, `None` after the last.
    pub(super) fn poll_next(&mut self, context: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.stream.state.lock();
        if state.readers != self.turn {
            return Poll::Ready(None);
        }
        if self.stream.number.is_none() {
            // Nobody can ask for it again.
            while state.events.front().is_some_and(|event| event.number < self.next) {
                state.discard(0);
            }
        }
        let first = state.events.partition_point(|event| event.number < self.next);
        if let Some(event) = state.events.get(first) {
            self.next = event.number + 1;
            return Poll::Ready(Some(event.bytes.clone()));
        }
        if state.ended {
            state.was_read = true;
            return Poll::Ready(None);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.stream.state.lock();
        if state.readers == self.turn {
            state.is_read = false;
        }
    }
}

#[cfg(test)]
mod tests;
