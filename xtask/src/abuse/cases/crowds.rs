//! Many clients that do nothing, or nothing but send.

use serde_json::json;

use crate::abuse::arena::{Arena, ensure, until};
use crate::abuse::hostile::FLOOD;
use crate::abuse::wire::{Connection, Session, text};
use crate::failure::Failure;

const CROWD: usize = 1_000;

pub(super) fn idle_connections(arena: &Arena) -> Result<(), Failure> {
    let before = arena.descriptors();
    let mut idle = Vec::new();
    for _ in 0..CROWD {
        idle.push(Connection::open(arena.port())?);
    }
    let answer = arena.call(1, &json!({ "text": "beside them" }))?;
    ensure(answer.text() == "beside them", || format!("beside them: {answer:?}"))?;
    // They are cut off by the kernel, not by us.
    until("the kernel has let go of them", || arena.descriptors() <= before + 16)?;
    ensure(idle.iter_mut().all(Connection::is_closed), || "an idle connection is open".to_owned())
}

pub(super) fn idle_streams(arena: &Arena) -> Result<(), Failure> {
    let before = arena.descriptors();
    let mut idle = Vec::new();
    for _ in 0..CROWD {
        let session = Session::open(arena.port(), "/servers/good/mcp")?;
        idle.push(session.listen()?);
    }
    let answer = arena.call(1, &json!({ "text": "beside them" }))?;
    ensure(answer.text() == "beside them", || format!("beside them: {answer:?}"))?;
    drop(idle);
    until("their connections are gone", || arena.descriptors() <= before + 16)
}

/// The stream of what concerns no call, never read, while a server writes as much to it as it can.
pub(super) fn deaf_listeners(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/pipe/mcp")?;
    let deaf = session.listen()?;
    for id in 1..=4 {
        let answer = session.call(id, "ill", &json!({ "fault": "flood", "text": "after the flood" }))?;
        ensure(text(&answer) == "after the flood", || format!("the answer is lost: {answer}"))?;
    }
    drop(deaf);
    Ok(())
}

pub(super) fn deaf_clients(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/old/mcp")?;
    let before = arena.hostile.count();
    let mut deaf = Vec::new();
    for id in 1..=8 {
        deaf.push(session.start(id, "ill", &json!({ "fault": "flood" }))?);
    }
    until("the floods have begun", || arena.hostile.count() >= before + 8)?;
    until("the floods are over", || arena.hostile.busy.load(std::sync::atomic::Ordering::Acquire) == 0)?;
    let answer = session.call(100, "ill", &json!({ "text": "on" }))?;
    ensure(text(&answer) == "on", || format!("after {FLOOD} notices for each: {answer}"))?;
    drop(deaf);
    Ok(())
}
