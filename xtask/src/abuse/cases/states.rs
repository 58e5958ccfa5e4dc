//! What clients carry for us: states of retries, ids of sessions.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::abuse::arena::{Arena, STATE, ensure};
use crate::abuse::wire::{Connection, Session, code, modern_call, request, text};
use crate::failure::Failure;

const ILL: &str = "/servers/ill/mcp";
const OLD: &str = "/servers/old/mcp";

/// A call that the server asks back, and the state that came with the question.
fn asked(port: u16) -> Result<(Value, String), Failure> {
    let arguments = json!({ "fault": "state", "text": "answered" });
    let sent = modern_call(ILL, 1, "ill", &json!({ "arguments": arguments }));
    let answer = Connection::with(port, &sent)?.answer()?;
    let message = answer.map(|answer| answer.message()).unwrap_or_default();
    let state = message.pointer("/result/requestState").and_then(Value::as_str);
    let state = state.ok_or_else(|| Failure::new(format!("no state: {message}")))?.to_owned();
    Ok((arguments, state))
}

/// The answer to a retry with this state.
fn retried(port: u16, arguments: &Value, state: &str) -> Result<Value, Failure> {
    let answers = json!({ "word": { "action": "accept", "content": { "word": "x" } } });
    let params = json!({ "arguments": arguments, "inputResponses": answers, "requestState": state });
    let answer = Connection::with(port, &modern_call(ILL, 2, "ill", &params))?.answer()?;
    Ok(answer.map(|answer| answer.message()).unwrap_or_default())
}

pub(super) fn request_states(arena: &Arena) -> Result<(), Failure> {
    let port = arena.port();
    let before = arena.hostile.count();
    let (arguments, state) = asked(port)?;
    ensure(arena.hostile.count() == before + 1, || "the question came without a call".to_owned())?;
    let refused = |what: &str, arguments: &Value, state: &str| {
        let answer = retried(port, arguments, state)?;
        ensure(code(&answer) == Some(-32_602), || format!("{what}: {answer}"))
    };
    refused("with more arguments", &json!({ "fault": "state", "text": "answered", "more": 1 }), &state)?;
    refused("with a byte more", &arguments, &format!("{state}A"))?;
    refused("with a byte less", &arguments, state.get(1..).unwrap_or_default())?;
    refused("empty", &arguments, "")?;
    refused("the server's own", &arguments, "of the server")?;
    let middle = state.len() / 2;
    for (at, _) in state.char_indices().skip(middle).take(8) {
        let (head, tail) = state.split_at_checked(at).unwrap_or_default();
        let first = if tail.starts_with('A') { 'B' } else { 'A' };
        refused(
            "with a byte changed",
            &arguments,
            &format!("{head}{first}{}", tail.get(1..).unwrap_or_default()),
        )?;
    }
    ensure(arena.hostile.count() == before + 1, || "a refused retry reached the server".to_owned())?;
    let answer = retried(port, &arguments, &state)?;
    ensure(text(&answer) == "answered", || format!("the right one: {answer}"))?;
    let (arguments, state) = asked(port)?;
    thread::sleep(STATE + Duration::from_millis(200));
    refused("expired", &arguments, &state)
}

/// The status that a request under this session id gets.
fn status(port: u16, path: &str, id: &str) -> Result<Option<u16>, Failure> {
    let headers = [("Mcp-Session-Id", id), ("MCP-Protocol-Version", "2025-11-25")];
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let answer = Connection::with(port, &request("POST", path, &headers, body.as_bytes()))?.answer()?;
    Ok(answer.map(|answer| answer.status))
}

pub(super) fn session_ids(arena: &Arena) -> Result<(), Failure> {
    let port = arena.port();
    let session = Session::open(port, OLD)?;
    let id = session.id.as_str();
    ensure(status(port, OLD, id)? == Some(200), || "its own id is not taken".to_owned())?;
    let refused = |path: &str, id: &str| {
        let got = status(port, path, id)?;
        ensure(matches!(got, Some(400 | 404)), || format!("{path} under {id:?}: {got:?}"))
    };
    refused("/servers/good/mcp", id)?;
    refused("/mcp", id)?;
    refused(OLD, &format!("{id}A"))?;
    refused(OLD, id.get(1..).unwrap_or_default())?;
    refused(OLD, &id.to_ascii_uppercase())?;
    refused(OLD, "session-1")?;
    refused(OLD, &"A".repeat(4_000))?;
    let answer = session.call(1, "ill", &json!({ "text": "on" }))?;
    ensure(text(&answer) == "on", || format!("afterwards: {answer}"))
}

/// A kernel that follows another on the same data, as after an upgrade: what the one before sealed is refused in the
/// words that make a client begin anew.
pub(super) fn after_an_upgrade(arena: &Arena) -> Result<(), Failure> {
    let kernel = arena.other_kernel()?;
    let session = Session::open(kernel.port, OLD)?;
    let (arguments, state) = asked(kernel.port)?;
    let kernel = kernel.restarted()?;
    let got = status(kernel.port, OLD, &session.id)?;
    ensure(got == Some(404), || format!("the session of the kernel before: {got:?}"))?;
    let answer = retried(kernel.port, &arguments, &state)?;
    ensure(code(&answer) == Some(-32_602), || format!("the state of the kernel before: {answer}"))?;
    Session::open(kernel.port, OLD)?;
    let (arguments, state) = asked(kernel.port)?;
    let answer = retried(kernel.port, &arguments, &state)?;
    ensure(text(&answer) == "answered", || format!("anew: {answer}"))
}
