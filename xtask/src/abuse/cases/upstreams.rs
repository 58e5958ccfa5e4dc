//! Servers that flood, lie, die and forget.

use serde_json::{Value, json};

use crate::abuse::arena::{Arena, ensure};
use crate::abuse::wire::{Connection, Session, code, modern_call, request, text};
use crate::failure::Failure;

pub(super) fn huge_response(arena: &Arena) -> Result<(), Failure> {
    // With its length in front, and as an event that never ends.
    for (id, fault) in [(1, "gigabyte"), (2, "endless")] {
        let answer = arena.call(id, &json!({ "fault": fault }))?;
        ensure(code(&answer.message()) == Some(1_004), || format!("{fault}: {answer:?}"))?;
    }
    let answer = arena.call(3, &json!({ "text": "on" }))?;
    ensure(answer.text() == "on", || format!("afterwards: {answer:?}"))
}

pub(super) fn flood(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/old/mcp")?;
    let mut call = session.start(1, "ill", &json!({ "fault": "flood" }))?;
    ensure(call.head()?.is_some_and(|head| head.status == 200), || "the call was refused".to_owned())?;
    let mut last = Value::Null;
    while let Some(message) = call.event()? {
        last = message;
    }
    ensure(text(&last) == "flooded", || format!("the answer is lost: {last}"))
}

pub(super) fn flood_on_a_pipe(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/pipe/mcp")?;
    let answer = session.call(1, "ill", &json!({ "fault": "flood", "text": "after the flood" }))?;
    ensure(text(&answer) == "after the flood", || format!("the answer is lost: {answer}"))?;
    let answer = session.call(2, "ill", &json!({ "text": "on" }))?;
    ensure(text(&answer) == "on", || format!("afterwards: {answer}"))
}

pub(super) fn deaf(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/pipe/mcp")?;
    let long = "x".repeat(256 << 10);
    let mut deaf = session.start(1, "ill", &json!({ "fault": "deaf" }))?;
    // From its first word on it reads no more.
    ensure(deaf.head()?.is_some_and(|head| head.status == 200), || "the call was refused".to_owned())?;
    let mut last = deaf.event()?.unwrap_or_default();
    ensure(last.get("method").is_some(), || format!("it said nothing: {last}"))?;
    let calls = (2..=16).map(|id| session.start(id, "ill", &json!({ "text": long })));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    while let Some(message) = deaf.event()? {
        last = message;
    }
    let answers = calls.into_iter().map(|mut call| Ok(call.answer()?.map(|answer| answer.message())));
    let answers = answers.collect::<Result<Vec<_>, Failure>>()?.into_iter().flatten().chain([last]);
    for answer in answers {
        ensure(matches!(code(&answer), Some(1_003 | 1_004)), || format!("{answer}"))?;
    }
    // Its process ends with its session.
    let headers = [("Mcp-Session-Id", session.id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    Connection::with(arena.port(), &request("DELETE", "/servers/pipe/mcp", &headers, b""))?.answer()?;
    Ok(())
}

pub(super) fn shifty(arena: &Arena) -> Result<(), Failure> {
    for id in 0..100 {
        let list = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list",
            "params": { "_meta": crate::abuse::wire::meta() } });
        let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")];
        let sent = request("POST", "/servers/shifty/mcp", &headers, list.to_string().as_bytes());
        let answer = arena.say(&sent)?.map(|answer| answer.message()).unwrap_or_default();
        let tools = answer.pointer("/result/tools").and_then(Value::as_array).map(Vec::len);
        // What it changes or adds behind what was first seen is held.
        let most = if id == 0 { 51 } else { 50 };
        ensure(tools.is_some_and(|tools| tools <= most), || format!("list {id}: {answer}"))?;
        let sent = modern_call("/servers/shifty/mcp", id, "ill", &json!({ "arguments": { "text": "on" } }));
        let answer = arena.say(&sent)?.map(|answer| answer.message()).unwrap_or_default();
        // Called, or refused since its definition changed: in each case answered.
        let is_answered = text(&answer) == "on" || matches!(code(&answer), Some(1_005 | -32_602));
        ensure(is_answered, || format!("call {id}: {answer}"))?;
    }
    Ok(())
}

pub(super) fn cut(arena: &Arena) -> Result<(), Failure> {
    for id in 0..50 {
        let answer = arena.call(id, &json!({ "fault": "cut" }))?;
        ensure(code(&answer.message()) == Some(1_004), || format!("call {id}: {answer:?}"))?;
    }
    let answer = arena.call(100, &json!({ "text": "on" }))?;
    ensure(answer.text() == "on", || format!("afterwards: {answer:?}"))
}

pub(super) fn forgetful(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/old/mcp")?;
    for id in 1..=20 {
        arena.hostile.forget_sessions();
        let before = arena.hostile.count();
        let answer = session.call(id, "ill", &json!({ "text": "anew" }))?;
        // The call did not happen under the old session, so it may happen under the next one.
        ensure(text(&answer) == "anew", || format!("call {id}: {answer}"))?;
        ensure(arena.hostile.count() == before + 1, || format!("call {id} happened more than once"))?;
    }
    Ok(())
}
