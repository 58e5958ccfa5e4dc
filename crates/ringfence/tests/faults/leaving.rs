//! Clients that leave while a call runs: what becomes of the call is the era's rule.

use serde_json::{Value, json};

use super::client::{Legacy, Modern, Piped, last, text, tool_call};
use super::fake::Stage;
use super::house::{create, until};
use super::http::{Connection, request};

/// Waits until the calls of a tool have come to this, newest first.
#[track_caller]
fn came_to(stage: &Stage, tool: &str, outcomes: &[&str]) {
    let mut seen = Vec::new();
    until(&format!("the calls of {tool} came to {outcomes:?}"), || {
        seen = stage.kernel.outcomes(tool);
        seen == outcomes
    });
}

#[test]
fn a_modern_client_that_closes_its_connection_cancels_the_upstream_call() {
    let stage = Stage::new(Some("well"), json!({}));
    let gate = stage.gate("gate");
    let modern = Modern::new(&stage.kernel, "/servers/ill/mcp");
    let leaving = modern.start(1, "hold", &json!({ "file": gate }));
    let staying = modern.start(2, "hold", &json!({ "file": gate, "text": "still here" }));
    stage.took("ill", "hold", 2);
    stage.kernel.serves_others();
    drop(leaving);
    stage.was_cancelled("ill", 1);
    // The other call of the same upstream conversation is not touched.
    create(&gate);
    let mut staying = staying;
    assert_eq!(text(&last(&mut staying)), "still here");
    let mut outcomes = stage.kernel.outcomes("hold");
    outcomes.sort();
    assert_eq!(outcomes, ["cancelled", "ok"]);
    drop(staying);
    stage.kernel.finish();
}

#[test]
fn a_modern_client_that_closes_a_stream_cancels_the_upstream_call() {
    let stage = Stage::new(Some("well"), json!({}));
    let mut message = tool_call(1, "report_and_hold", &json!({ "file": stage.gate("gate"), "text": "x" }));
    message["params"]["_meta"] = super::client::modern_meta();
    message["params"]["_meta"]["progressToken"] = json!("p");
    let headers = [
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", "report_and_hold"),
    ];
    let sent = request("POST", "/servers/ill/mcp", &headers, message.to_string());
    let mut connection = Connection::with(stage.kernel.address, &sent);
    assert_eq!(connection.head().unwrap().header("content-type"), Some("text/event-stream"));
    let progress = connection.message();
    assert_eq!(
        progress,
        json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": "p", "progress": 1 } })
    );
    stage.kernel.serves_others();
    drop(connection);
    stage.was_cancelled("ill", 1);
    came_to(&stage, "report_and_hold", &["cancelled"]);
    stage.kernel.finish();
}

#[test]
fn the_end_of_stdin_cancels_what_runs() {
    let stage = Stage::new(Some("well"), json!({}));
    let mut child = stage.kernel.home.command(&["serve", "--stdio"]);
    let mut child = child.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let initialize = super::client::initialize();
    let call = tool_call(1, "ill__hold", &json!({ "file": stage.gate("never") }));
    std::io::Write::write_all(&mut stdin, format!("{initialize}\n{call}\n").as_bytes()).unwrap();
    stage.took("ill", "hold", 1);
    stage.kernel.serves_others();
    drop(stdin);
    stage.was_cancelled("ill", 1);
    let ran = stage.kernel.home.shown(&child.wait_with_output().unwrap());
    assert_eq!(
        (ran.code, ran.stdout.lines().count()),
        (Some(0), 1),
        "only `initialize` was answered: {ran:?}"
    );
    came_to(&stage, "hold", &["cancelled"]);
    stage.kernel.finish();
}

#[test]
fn a_cancelled_call_is_not_answered_and_a_cancellation_of_nothing_is_no_fault() {
    let stage = Stage::new(Some("well"), json!({}));
    let mut piped = Piped::open(&stage.kernel, &json!("stdio"));
    piped.say(&tool_call(1, "ill__hold", &json!({ "file": stage.gate("never") })));
    stage.took("ill", "hold", 1);
    for id in [json!(99), json!("1"), json!(null), json!(1)] {
        piped.say(
            &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }),
        );
    }
    stage.was_cancelled("ill", 1);
    piped.say(&tool_call(2, "ill__echo", &json!({ "text": "on" })));
    let next = piped.hear().unwrap();
    assert_eq!((&next["id"], text(&next)), (&json!(2), "on"));
    came_to(&stage, "hold", &["cancelled"]);
    drop(piped);
    stage.kernel.finish();
}

#[test]
fn a_legacy_call_finishes_without_its_client_and_its_answer_can_be_fetched() {
    let stage = Stage::new(Some("well"), json!({}));
    let gate = stage.gate("gate");
    let legacy = Legacy::open(&stage.kernel, "/servers/ill/mcp");
    let mut message = tool_call(5, "report_and_hold", &json!({ "file": gate, "text": "kept for you" }));
    message["params"]["_meta"] = json!({ "progressToken": 1 });
    let mut connection = legacy.post(&message);
    assert_eq!(connection.head().unwrap().header("content-type"), Some("text/event-stream"));
    let begun = connection.event().unwrap();
    assert_eq!(begun.data.unwrap()["method"], "notifications/progress");
    drop(connection);
    stage.kernel.serves_others();
    create(&gate);
    came_to(&stage, "report_and_hold", &["ok"]);
    assert!(!stage.journal("ill").iter().any(|event| event["event"] == "cancelled"));

    // Another session of the same user does not get it, nor does a guess.
    let stranger = Legacy::open(&stage.kernel, "/servers/ill/mcp");
    assert_eq!(stranger.listen(Some(&begun.id)).answer().unwrap().status, 404);
    for wrong in ["7-1", "x", "1", "-", "99999999999999999999-1"] {
        assert_eq!(legacy.listen(Some(wrong)).answer().unwrap().status, 404, "{wrong}");
    }
    // Twice: a client may lose the connection again.
    for _ in 0..2 {
        let mut resumed = legacy.listen(Some(&begun.id));
        let answer = last(&mut resumed);
        assert_eq!((&answer["id"], text(&answer)), (&json!(5), "kept for you"));
        assert_eq!(resumed.event(), None, "and nothing after it");
    }
    stage.kernel.finish();
}

#[test]
fn a_legacy_call_that_takes_long_can_be_resumed_without_any_word_of_the_server() {
    let stage = Stage::new(Some("well"), json!({}));
    let gate = stage.gate("gate");
    let legacy = Legacy::open(&stage.kernel, "/servers/ill/mcp");
    let mut connection = legacy.start(5, "hold", &json!({ "file": gate, "text": "late" }));
    assert_eq!(connection.head().unwrap().header("content-type"), Some("text/event-stream"));
    let begun = connection.event().unwrap();
    assert_eq!(begun.data, None, "only an id to resume after");
    drop(connection);
    let mut resumed = legacy.listen(Some(&begun.id));
    create(&gate);
    assert_eq!(text(&last(&mut resumed)), "late");
    stage.kernel.finish();
}

#[test]
fn a_client_that_leaves_while_the_server_starts_leaves_the_server_to_others() {
    let stage = Stage::new(Some("silent"), json!({}));
    let modern = Modern::new(&stage.kernel, "/servers/ill/mcp");
    let waiting = modern.start(1, "echo", &json!({ "text": "x" }));
    super::fake::seen(&stage.kernel.home, "ill", 1, |event| event["event"] == "start");
    drop(waiting);
    let well = Legacy::open(&stage.kernel, "/servers/well/mcp");
    assert_eq!(text(&well.call(1, "echo", &json!({ "text": "other" }))), "other");
    stage.kernel.finish();
}

#[test]
fn deleting_a_session_ends_what_runs_in_it() {
    let stage = Stage::new(Some("well"), json!({}));
    let legacy = Legacy::open(&stage.kernel, "/servers/ill/mcp");
    let mut held = legacy.start(1, "hold", &json!({ "file": stage.gate("never") }));
    stage.took("ill", "hold", 1);
    let deleted = request("DELETE", "/servers/ill/mcp", &legacy.headers(), "");
    assert_eq!(Connection::with(stage.kernel.address, &deleted).answer().unwrap().status, 204);
    came_to(&stage, "hold", &["cancelled"]);
    assert!(held.head().is_none_or(|head| head.status == 204 || head.status == 200));
    let gone = legacy.post(&json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" })).answer().unwrap();
    assert_eq!(gone.status, 404);
    super::fake::is_gone(&stage.kernel.home, "ill");
    stage.kernel.finish();
}

#[test]
fn a_user_who_is_never_asked_again_does_not_hang_the_call() {
    let stage = Stage::new(Some("well"), json!({ "person": "300ms" }));
    let mut piped = Piped::open(&stage.kernel, &json!("stdio"));
    piped.say(&tool_call(1, "ill__ask", &json!({ "text": "anybody" })));
    let question = piped.hear().unwrap();
    assert_eq!(question["method"], "elicitation/create");
    // The user walks away; the server hears that there is no answer and ends its call.
    let answer = piped.answer(1);
    let said: Value = serde_json::from_str(text(&answer)).unwrap();
    assert!(said["code"].is_i64(), "{said}");
    // An answer that comes too late belongs to nothing.
    piped.say(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept", "content": { "word": "late" } } }));
    piped.say(&tool_call(2, "ill__echo", &json!({ "text": "on" })));
    assert_eq!(text(&piped.answer(2)), "on");
    drop(piped);
    stage.kernel.finish();
}
