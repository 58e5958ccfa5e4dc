//! Ids: of requests, answers, questions and progress.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::abuse::arena::{Arena, ensure, until};
use crate::abuse::wire::Connection;
use crate::abuse::wire::{Session, code, modern_call, text};
use crate::failure::Failure;

/// The answer at the end of a stream or of a body.
fn last(connection: &mut Connection) -> Result<Value, Failure> {
    Ok(connection.answer()?.map(|answer| answer.message()).unwrap_or_default())
}

pub(super) fn twice_in_one_session(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/old/mcp")?;
    arena.hostile.released.store(false, Ordering::Release);
    let before = arena.hostile.count();
    let mut first = session.start(7, "ill", &json!({ "fault": "hold", "text": "first" }))?;
    until("the first call runs", || arena.hostile.count() > before)?;
    let second = session.call(7, "ill", &json!({ "text": "second" }))?;
    ensure(code(&second) == Some(-32_600), || format!("the second got {second}"))?;
    arena.hostile.released.store(true, Ordering::Release);
    let answer = last(&mut first)?;
    ensure(text(&answer) == "first" && answer.get("id") == Some(&json!(7)), || {
        format!("the first got {answer}")
    })?;
    ensure(arena.hostile.count() == before + 1, || "the second reached the server".to_owned())
}

pub(super) fn twice_in_two_sessions(arena: &Arena) -> Result<(), Failure> {
    arena.hostile.released.store(false, Ordering::Release);
    let before = arena.hostile.count();
    let mut calls = Vec::new();
    for client in 0..16_u64 {
        let session = Session::open(arena.port(), "/servers/old/mcp")?;
        let words = format!("for client {client}");
        let call = session.start(1, "ill", &json!({ "fault": "hold", "text": words }))?;
        calls.push((session, call, words));
    }
    until("all of them run", || arena.hostile.count() >= before + 16)?;
    arena.hostile.released.store(true, Ordering::Release);
    for (_session, mut call, words) in calls {
        let answer = last(&mut call)?;
        ensure(text(&answer) == words, || format!("instead of {words:?}: {answer}"))?;
    }
    Ok(())
}

pub(super) fn replies_to_nothing(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/old/mcp")?;
    for id in [json!(1), json!(0), json!("x"), json!(-1), json!(u64::MAX)] {
        let reply = json!({ "jsonrpc": "2.0", "id": id, "result": { "action": "accept", "content": {} } });
        let answer = session.post(&reply)?.answer()?;
        ensure(answer.as_ref().is_some_and(|answer| answer.status == 202), || {
            format!("{reply}: {answer:?}")
        })?;
        let error = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -1, "message": "no" } });
        session.post(&error)?.answer()?;
    }
    let answer = session.call(2, "ill", &json!({ "text": "on" }))?;
    ensure(text(&answer) == "on", || format!("afterwards: {answer}"))
}

pub(super) fn reverse_and_twice(arena: &Arena) -> Result<(), Failure> {
    let session = Session::open(arena.port(), "/servers/pipe/mcp")?;
    for round in 0..20_u64 {
        let ids = [round * 2 + 1, round * 2 + 2];
        let start =
            |id: u64| session.start(id, "ill", &json!({ "fault": "reverse", "text": format!("call {id}") }));
        let mut calls = [start(ids[0])?, start(ids[1])?];
        for (id, call) in ids.into_iter().zip(&mut calls) {
            let answer = last(call)?;
            ensure(text(&answer) == format!("call {id}"), || format!("call {id} got {answer}"))?;
        }
    }
    Ok(())
}

pub(super) fn stray_answers(arena: &Arena) -> Result<(), Failure> {
    for id in 1..20 {
        let answer = arena.call(id, &json!({ "fault": "stray" }))?;
        ensure(answer.text() == "once", || format!("call {id} got {answer:?}"))?;
    }
    Ok(())
}

pub(super) fn foreign_tokens(arena: &Arena) -> Result<(), Failure> {
    let meta = || {
        let mut meta = crate::abuse::wire::meta();
        if let Some(members) = meta.as_object_mut() {
            members.insert("progressToken".to_owned(), json!("mine"));
        }
        meta
    };
    let sent = modern_call(
        "/servers/ill/mcp",
        1,
        "ill",
        &json!({ "arguments": { "fault": "foreign token" }, "_meta": meta() }),
    );
    let answer = arena.say(&sent)?.ok_or_else(|| Failure::new("no answer"))?;
    let shown = !answer.body.contains("notifications/progress");
    ensure(shown, || format!("foreign progress reached the client: {}", answer.body))?;
    ensure(answer.message().get("result").is_some(), || format!("no result: {answer:?}"))
}
