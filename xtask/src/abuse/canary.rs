//! The innocent client: it calls a good server all the time, checks each answer and keeps the worst time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use super::wire::{Connection, modern_call};
use crate::failure::Failure;
use crate::machine;

/// Between two calls.
const PAUSE: Duration = Duration::from_millis(10);

/// The client's thread and what it saw.
pub(super) struct Canary {
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What it saw over all.
pub(super) struct Served {
    pub(super) calls: u64,
    pub(super) worst: Duration,
}

#[derive(Default)]
struct Seen {
    calls: u64,
    /// Over all, and since the present case began.
    worst: Duration,
    worst_of_case: Duration,
    fault: Option<String>,
}

impl Canary {
    pub(super) fn start(port: u16) -> Self {
        let (seen, stop) = (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
        let (noted, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || sing(port, &noted, &stopped));
        Self { seen, stop, thread: Mutex::new(Some(thread)) }
    }

    /// A case begins.
    pub(super) fn begin(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.worst_of_case, seen.fault) = (Duration::ZERO, None);
    }

    /// The longest call since then, after one more was answered.
    pub(super) fn worst(&self) -> Result<Duration, String> {
        let calls = || self.seen.lock().unwrap_or_else(PoisonError::into_inner).calls;
        let (before, began) = (calls(), machine::now());
        while calls() < before + 2 && began.elapsed() < super::CANARY_LIMIT * 2 {
            std::thread::sleep(PAUSE);
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &seen.fault {
            Some(fault) => Err(fault.clone()),
            None if seen.calls < before + 2 => Err("no call was answered".to_owned()),
            None => Ok(seen.worst_of_case),
        }
    }

    /// Ends it.
    pub(super) fn end(&self) -> Result<Served, Failure> {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            thread.join().map_err(|_| Failure::new("the canary's thread broke off"))?;
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Served { calls: seen.calls, worst: seen.worst })
    }
}

fn sing(port: u16, seen: &Mutex<Seen>, stop: &AtomicBool) {
    let mut connection = None;
    let mut number = 0;
    while !stop.load(Ordering::Acquire) {
        number += 1;
        let began = machine::now();
        let sung = call(port, number, &mut connection);
        let took = began.elapsed();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match sung {
            Ok(()) => seen.calls += 1,
            Err(failure) => {
                connection = None;
                seen.fault.get_or_insert(failure.to_string());
            }
        }
        seen.worst = seen.worst.max(took);
        seen.worst_of_case = seen.worst_of_case.max(took);
        drop(seen);
        std::thread::sleep(PAUSE);
    }
}

/// One call on the connection that is kept open.
fn call(port: u16, number: u64, kept: &mut Option<Connection>) -> Result<(), Failure> {
    let words = format!("song {number}");
    let sent = modern_call("/servers/good/mcp", number, "echo", &json!({ "arguments": { "text": words } }));
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => Connection::open(port)?,
    };
    connection.send(&sent);
    let answer = connection.answer()?;
    let sung = answer.as_ref().map(super::wire::Answer::text);
    if sung.as_deref() != Some(words.as_str()) {
        return Err(Failure::new(format!("call {number} got {answer:?}")));
    }
    *kept = Some(connection);
    Ok(())
}
