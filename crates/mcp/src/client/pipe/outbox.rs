//! What waits to be written to a pipe. A message is written by whoever sends it, and by a task of its own only where
//! the pipe is full: this spares a task switch per message. Must never write half a message and then another.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, BytesMut};
use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use tokio::sync::Notify;

use super::super::PeerError;
use crate::line::append_line;

/// A buffer that grew beyond this is let go once it is empty.
const KEEP: usize = 256 * 1024;

/// The way to a server's standard input.
pub(in super::super) struct Outbox {
    state: Mutex<State>,
    limit: usize,
    /// There is something for the task to do.
    work: Notify,
    /// There may be room again.
    room: Notify,
}

struct State {
    /// None once it is closed.
    pipe: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    pending: BytesMut,
}

impl Outbox {
    pub(super) fn new(pipe: Box<dyn AsyncWrite + Send + Unpin>, limit: usize) -> Self {
        let state = Mutex::new(State { pipe: Some(pipe), pending: BytesMut::new() });
        Self { state, limit: limit.max(1), work: Notify::new(), room: Notify::new() }
    }

    /// Sends a message, after a wait where too much is waiting already. Dropping the future before it is ready sends
    /// nothing.
    pub(super) async fn push(&self, message: &[u8]) -> Result<(), PeerError> {
        loop {
            // Registered before looking, so that room made in between is not missed.
            let room = self.room.notified();
            match self.offer(message) {
                Offer::Taken => return Ok(()),
                Offer::Closed => return Err(PeerError::Closed),
                Offer::Full => room.await,
            }
        }
    }

    /// Sends a message where there is room at once.
    pub(in super::super) fn try_push(&self, message: &[u8]) -> bool {
        matches!(self.offer(message), Offer::Taken)
    }

    /// Closes the pipe; what still waits is lost.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.pipe = None;
        state.pending = BytesMut::new();
        drop(state);
        self.work.notify_one();
        self.room.notify_waiters();
    }

    /// Writes what senders could not, until the pipe is closed.
    pub(super) async fn drain(&self) {
        loop {
            self.work.notified().await;
            let open = poll_fn(|cx| self.state.lock().write(cx)).await;
            self.room.notify_waiters();
            if !open {
                return self.close();
            }
        }
    }

    fn offer(&self, message: &[u8]) -> Offer {
        let mut state = self.state.lock();
        if state.pipe.is_none() {
            return Offer::Closed;
        }
        if state.pending.len() >= self.limit {
            return Offer::Full;
        }
        let idle = state.pending.is_empty();
        append_line(&mut state.pending, message);
        // Where something waits already the task is at it, and its waker must stay the one registered.
        let left = !idle || state.write(&mut Context::from_waker(Waker::noop())) != Poll::Ready(true);
        drop(state);
        if left {
            self.work.notify_one();
        }
        Offer::Taken
    }
}

enum Offer {
    Taken,
    Full,
    Closed,
}

impl State {
    /// Writes all that is pending; false where the pipe is closed.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Some(pipe) = &mut self.pipe else { return Poll::Ready(false) };
        while !self.pending.is_empty() {
            match Pin::new(&mut *pipe).poll_write(cx, &self.pending) {
                Poll::Ready(Ok(written)) if written > 0 => self.pending.advance(written),
                Poll::Ready(Ok(_) | Err(_)) => return Poll::Ready(false),
                Poll::Pending => return Poll::Pending,
            }
        }
        if self.pending.capacity() > KEEP {
            self.pending = BytesMut::new();
        }
        Pin::new(pipe).poll_flush(cx).map(|flushed| flushed.is_ok())
    }
}
