//! One stream of server-sent events: filled by a request's task, read by the client's connection, and, in the legacy
//! era, by the connection that resumes it (2025-11-25, Streamable HTTP, «Resumability and Redelivery»).
//!
//! Bounded: events that nobody reads are dropped from the front, but never the answer.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use ringfence_mcp::sse::{self, Field};

/// Most bytes of events that are kept beside the answer.
const KEPT: usize = 1 << 20;

/// A stream.
pub(super) struct Stream {
    /// Its number in its conversation, where it can be resumed.
    number: Option<u64>,
    state: Mutex<State>,
}

struct State {
    events: VecDeque<Event>,
    next: u64,
    kept: usize,
    begun: bool,
    ended: bool,
    answer: Option<Bytes>,
    waker: Option<Waker>,
    /// The reader that counts: a newer one takes over.
    readers: u64,
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
    Answer(Bytes),
    /// Something before the answer, or it takes long: read the events.
    Events,
    /// It ended without an answer.
    Nothing,
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
            begun: false,
            ended: false,
            answer: None,
            waker: None,
            readers: 0,
        };
        Arc::new(Self { number, state: Mutex::new(state) })
    }

    /// Adds a message.
    pub(super) fn push(&self, message: &Bytes) -> bool {
        let mut state = self.state.lock();
        if state.ended {
            return false;
        }
        self.add(&mut state, message, false);
        true
    }

    /// Ends it, with the answer where there is one.
    pub(super) fn end(&self, answer: Option<Bytes>) {
        let mut state = self.state.lock();
        match answer {
            Some(answer) if state.begun || !state.events.is_empty() => self.add(&mut state, &answer, true),
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
        if let Some(answer) = state.answer.take() {
            self.add(&mut state, &answer, true);
        }
        state.wake();
        Reader { stream: Arc::clone(self), next: after.map_or(0, |after| after + 1), turn: state.readers }
    }

    /// True once it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.state.lock().ended
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
        let bytes = sse::encode_priming(field, None);
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
        if !is_answer {
            self.kept += bytes.len();
        }
        self.events.push_back(Event { number: self.next, is_answer, bytes });
        self.next += 1;
        while self.kept > KEPT
            && let Some(oldest) = self.events.front()
            && !oldest.is_answer
        {
            self.kept -= oldest.bytes.len();
            self.events.pop_front();
        }
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
                state.events.pop_front();
            }
        }
        if let Some(event) = state.events.iter().find(|event| event.number >= self.next) {
            self.next = event.number + 1;
            return Poll::Ready(Some(event.bytes.clone()));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests;
