//! Many clients that do nothing, or nothing but send.

use serde_json::{Value, json};

use crate::abuse::arena::{Arena, ensure, until};
use crate::abuse::hostile::FLOOD;
use crate::abuse::wire::{Connection, Session, request, text};
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

/// The HTTP transport of 2024-11-05, where all answers go over one stream, which nobody reads.
pub(super) fn deaf_older(arena: &Arena) -> Result<(), Failure> {
    let mut deaf = Connection::with(arena.port(), &request("GET", "/servers/old/sse", &[], b""))?;
    ensure(deaf.head()?.is_some_and(|head| head.status == 200), || "no stream".to_owned())?;
    let address = deaf.address()?;
    let post = |message: &Value| {
        let sent = request("POST", &address, &[], message.to_string().as_bytes());
        let answer = Connection::with(arena.port(), &sent)?.answer()?;
        Ok::<_, Failure>(answer.map(|answer| answer.status))
    };
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": { "name": "deaf", "version": "1" } } });
    ensure(post(&hello)? == Some(202), || "no handshake".to_owned())?;
    let welcome = deaf.event()?.unwrap_or_default();
    ensure(welcome.get("result").is_some(), || format!("no handshake: {welcome}"))?;
    let long = "x".repeat(256 << 10);
    for id in 1..=1_000 {
        let before = arena.hostile.count();
        let status = post(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": { "name": "ill", "arguments": { "text": long } } }))?;
        if status == Some(404) {
            // Its conversation is over; so is what it kept.
            return Ok(());
        }
        ensure(status == Some(202), || format!("call {id}: {status:?}"))?;
        let is_over =
            || !matches!(post(&json!({ "jsonrpc": "2.0", "method": "notifications/none" })), Ok(Some(202)));
        until("the call is taken", || arena.hostile.count() > before || is_over())?;
    }
    Err(Failure::new("1,000 answers of 256 KiB wait for a client that does not read"))
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
