//! Clients that leave at every moment of a call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::abuse::arena::{Arena, ensure, until};
use crate::abuse::wire::{Connection, Session, modern_call};
use crate::failure::Failure;
use crate::{machine, say};

/// Calls that are begun and given up.
const RACES: u64 = 100_000;

/// Most memory that may be held afterwards beyond what was held before, in KiB: a leak of 200 bytes a call shows.
const GROWTH: u64 = 20_000;

/// Clients at once.
const CLIENTS: u64 = 8;

/// Connections that the kernel may keep: those of its pools to the server, for each session some.
const KEPT: usize = 128;

/// A call is given up after up to so many microseconds: before, while and after it is answered.
const SPREAD: u64 = 3_000;

pub(super) fn races(arena: &Arena) -> Result<(), Failure> {
    let all = RACES;
    let (descriptors, memory) = (arena.descriptors(), arena.held()?);
    let began = machine::now();
    let number = AtomicU64::new(0);
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| scope.spawn(|| client(arena.port(), &number, all))).collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().map_err(|_| Failure::new("a client's thread broke off"))?)
    })?;
    until("no call runs at the server", || arena.hostile.busy.load(Ordering::Acquire) == 0)?;
    until("the connections of the clients are gone", || arena.descriptors() <= descriptors + KEPT)?;
    let grown = arena.held()?.saturating_sub(memory);
    say::note(format_args!("{all} races in {:?}, {grown} KiB more afterwards", began.elapsed()));
    ensure(grown <= GROWTH, || format!("{grown} KiB more are held afterwards"))?;
    let answer = arena.call(1, &json!({ "text": "on" }))?;
    ensure(answer.text() == "on", || format!("afterwards: {answer:?}"))
}

/// Modern calls are given up by leaving, legacy ones by `notifications/cancelled`.
fn client(port: u16, number: &AtomicU64, all: u64) -> Result<(), Failure> {
    let session = Session::open(port, "/servers/old/mcp")?;
    loop {
        let id = number.fetch_add(1, Ordering::Relaxed);
        if id >= all {
            return Ok(());
        }
        // Spread evenly, and the same in each run.
        let pause = Duration::from_micros(id.wrapping_mul(2_654_435_761) % SPREAD);
        let arguments = json!({ "text": format!("race {id}") });
        if id.is_multiple_of(4) {
            let mut call = session.start(id, "ill", &arguments)?;
            thread::sleep(pause);
            let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
            let mut cancelling = session.post(&cancel)?;
            cancelling.answer()?;
            cancelling.abort()?;
            // Answered or not, its connection ends in good order.
            call.answer()?;
            call.abort()?;
        } else {
            let sent = modern_call("/servers/ill/mcp", id, "ill", &json!({ "arguments": arguments }));
            let call = Connection::with(port, &sent)?;
            thread::sleep(pause);
            call.abort()?;
        }
    }
}
