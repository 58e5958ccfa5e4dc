//! Clients that are slow on purpose, and too many of them.

use serde_json::json;

use super::client::{Legacy, Modern, text};
use super::fake::Stage;
use super::headers::journal_of;
use super::house::{Kernel, PATIENCE, timed, until};
use super::http::{Connection, request};

fn kernel() -> Kernel {
    Kernel::start(&json!({ "limits": { "slow_client": "1s" } }))
}

#[test]
fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let kernel = kernel();
    let mut slow = Connection::open(kernel.address);
    let bytes = Modern::new(&kernel, "/mcp").bytes(1, "ringfence_status", &json!({}));
    let (sent, took) = timed(|| {
        // Never a pause in which nothing comes: only the whole counts.
        bytes
            .iter()
            .take_while(|byte| {
                std::thread::sleep(std::time::Duration::from_millis(5));
                slow.send(std::slice::from_ref(byte)) && !slow.has_ended()
            })
            .count()
    });
    assert!(sent < bytes.len(), "{sent} bytes were taken within {took:?}");
    assert!(took < PATIENCE / 2, "{took:?}");
    kernel.finish();
}

#[test]
fn a_connection_that_says_nothing_is_cut_off() {
    let kernel = kernel();
    let mut silent: Vec<_> = (0..20).map(|_| Connection::open(kernel.address)).collect();
    kernel.serves_others();
    assert!(silent.iter_mut().all(Connection::is_closed));
    kernel.finish();
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    let kernel = kernel();
    let mut slow = Connection::open(kernel.address);
    assert!(slow.send(&request("POST", "/mcp", &[("Content-Length", "1000")], "{\"jsonrpc\"")));
    kernel.serves_others();
    let answer = slow.answer().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (408, "the message did not arrive in time"));
    assert!(slow.is_closed());
    kernel.finish();
}

#[test]
fn a_session_outlives_a_connection_that_was_idle_too_long() {
    let stage = Stage::new(None, json!({ "slow_client": "1s" }));
    let legacy = Legacy::open(&stage.kernel, "/servers/well/mcp");
    let mut connection = legacy.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }));
    assert_eq!(connection.answer().unwrap().status, 200);
    // Whether the kernel keeps it open or not, the client goes on.
    until("the idle connection has been looked at", || {
        connection.has_ended() || legacy.call(2, "echo", &json!({ "text": "a" })).is_object()
    });
    assert_eq!(text(&legacy.call(3, "echo", &json!({ "text": "on" }))), "on");
    stage.kernel.finish();
}

#[test]
fn connections_over_the_limit_are_refused_and_those_open_are_served() {
    let kernel = Kernel::start(&json!({ "limits": { "connections": 4, "slow_client": "20s" } }));
    let modern = Modern::new(&kernel, "/mcp");
    let bytes = modern.bytes(1, "ringfence_status", &json!({}));
    let mut open: Vec<_> = (0..4)
        .map(|_| {
            let mut connection = Connection::with(kernel.address, &bytes);
            assert_eq!(connection.answer().unwrap().status, 200);
            connection
        })
        .collect();
    for _ in 0..8 {
        let mut refused = Connection::open(kernel.address);
        assert_eq!(refused.answer().expect("a word before the end").status, 503);
        refused.send(&bytes);
        assert!(refused.answer().is_none(), "a fifth connection is served");
    }
    for connection in &mut open {
        assert!(connection.send(&bytes));
        assert_eq!(connection.answer().unwrap().status, 200);
    }
    open.pop();
    until("the place is free again", || {
        let mut next = Connection::open(kernel.address);
        next.send(&bytes) && next.answer().is_some_and(|answer| answer.status == 200)
    });
    until("the refusals stand in the journal", || journal_of(&kernel).contains("ringfence.connections"));
    drop(open);
    until("all places are free again", || {
        let mut next = Connection::open(kernel.address);
        next.send(&bytes) && next.answer().is_some_and(|answer| answer.status == 200)
    });
    kernel.finish();
}

#[test]
fn a_client_that_does_not_read_takes_no_memory() {
    let stage = Stage::new(Some("well"), json!({}));
    let legacy = Legacy::open(&stage.kernel, "/servers/well/mcp");
    assert_eq!(text(&legacy.call(1, "echo", &json!({ "text": "before" }))), "before");
    let before = stage.kernel.peak();
    // A stream that nobody reads, filled as fast as the server can.
    let unread = legacy.start(2, "flood", &json!({ "count": 20_000 }));
    stage.took("well", "flood", 1);
    until("the call has ended", || stage.kernel.outcomes("flood") == ["ok"]);
    let peak = stage.kernel.peak();
    assert!(peak - before < 24 << 10, "{peak} KiB, before {before}");
    assert_eq!(text(&legacy.call(3, "echo", &json!({ "text": "on" }))), "on");
    drop(unread);
    stage.kernel.finish();
}
