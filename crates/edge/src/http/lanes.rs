//! Lanes: threads with an event loop of their own, one for each core. A connection lives in one of them, so that a call
//! costs no hand-over between threads: waking another thread four times cost more than the call (ADR 0007).
//!
//! Must never run what outlives a connection and its calls: servers and their processes belong to the kernel's runtime.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// All lanes. Dropping them ends their threads and what still runs there.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    next: AtomicUsize,
    stop: CancellationToken,
}

#[derive(Debug)]
struct Lane {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Lanes {
    /// One lane for each core.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start() -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut lanes = Self {
            lanes: Vec::with_capacity(cores),
            next: AtomicUsize::new(0),
            stop: CancellationToken::new(),
        };
        for number in 0..cores {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let handle = runtime.handle().clone();
            let stop = lanes.stop.clone();
            let thread = std::thread::Builder::new()
                .name(format!("lane-{number}"))
                .spawn(move || runtime.block_on(stop.cancelled()))?;
            lanes.lanes.push(Lane { handle, thread: Some(thread) });
        }
        Ok(lanes)
    }

    /// The lane of the next connection; none only where there are no lanes.
    pub(super) fn next(&self) -> Option<&Handle> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.lanes.get(turn % self.lanes.len().max(1)).map(|lane| &lane.handle)
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.stop.cancel();
        for thread in self.lanes.iter_mut().filter_map(|lane| lane.thread.take()) {
            let _panicked = thread.join();
        }
    }
}
