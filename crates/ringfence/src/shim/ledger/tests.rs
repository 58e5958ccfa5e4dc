use bytes::Bytes;
use ringfence_mcp::message::RequestId;

use super::{Aftermath, Ledger, Replay};

fn line(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn client(ledger: &mut Ledger, text: &str) -> bool {
    ledger.client_says(&line(text))
}

fn kernel(ledger: &mut Ledger, text: &str) {
    ledger.kernel_says(&line(text));
}

const INITIALIZE: &str =
    r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","x":1.50}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

fn after_handshake() -> Ledger {
    let mut ledger = Ledger::default();
    assert!(client(&mut ledger, INITIALIZE));
    kernel(&mut ledger, r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}"#);
    assert!(client(&mut ledger, INITIALIZED));
    ledger
}

#[test]
fn a_call_in_flight_is_given_up_and_a_listing_is_asked_again_once() {
    let mut ledger = after_handshake();
    let list = r#"{"jsonrpc":"2.0","id":"l","method":"tools/list"}"#;
    client(&mut ledger, r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#);
    client(&mut ledger, r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"b"}}"#);
    client(&mut ledger, list);
    kernel(&mut ledger, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    let lost = |id: &str| {
        line(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":1003,"message":"the kernel ended while this call ran; its effect may have happened, do not retry"}}}}"#
        ))
    };
    assert_eq!(
        ledger.kernel_gone(vec![]),
        Aftermath { to_client: vec![lost("2")], to_kernel: vec![line(list)] }
    );
    assert_eq!(ledger.kernel_gone(vec![]), Aftermath { to_client: vec![lost("\"l\"")], to_kernel: vec![] });
    assert!(ledger.is_idle());
}

#[test]
fn a_line_that_was_not_read_whole_is_sent_again_and_not_given_up() {
    let mut ledger = after_handshake();
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#;
    client(&mut ledger, call);
    assert_eq!(
        ledger.kernel_gone(vec![line(call)]),
        Aftermath { to_client: vec![], to_kernel: vec![line(call)] }
    );
    assert!(!ledger.is_idle());
}

#[test]
fn of_two_calls_only_the_unread_one_is_sent_again() {
    let mut ledger = after_handshake();
    let call =
        |id: u32| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"a"}}}}"#);
    for id in 1..=3 {
        client(&mut ledger, &call(id));
    }
    let after = ledger.kernel_gone(vec![line(&call(2)), line(&call(3))]);
    assert_eq!(after.to_kernel, [line(&call(2)), line(&call(3))]);
    assert_eq!(after.to_client.len(), 1);
    let cancelled = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#;
    client(&mut ledger, cancelled);
    let after = ledger.kernel_gone(vec![line(&call(2)), line(cancelled)]);
    assert_eq!(after.to_kernel, [line(cancelled)], "what was cancelled is not made up for");
    assert_eq!(after.to_client.len(), 1);
}

#[test]
fn what_no_longer_has_a_meaning_is_not_sent_again() {
    let mut ledger = after_handshake();
    kernel(&mut ledger, r#"{"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{}}"#);
    let answer = r#"{"jsonrpc":"2.0","id":9,"result":{"action":"accept"}}"#;
    assert!(client(&mut ledger, answer));
    assert_eq!(ledger.kernel_gone(vec![line(answer)]), Aftermath::default());
    assert_eq!(ledger.kernel_gone(vec![line(INITIALIZED)]), Aftermath::default());
}

#[test]
fn an_answer_to_a_dead_kernels_question_reaches_no_other_kernel() {
    let mut ledger = after_handshake();
    kernel(&mut ledger, r#"{"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{}}"#);
    let withdrawn = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9,"reason":"the kernel ended"}}"#;
    assert_eq!(ledger.kernel_gone(vec![]), Aftermath { to_client: vec![line(withdrawn)], to_kernel: vec![] });
    assert!(!client(&mut ledger, r#"{"jsonrpc":"2.0","id":9,"result":{"action":"accept"}}"#));
}

#[test]
fn a_cancelled_request_is_not_answered() {
    let mut ledger = after_handshake();
    client(&mut ledger, r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#);
    client(&mut ledger, r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    assert_eq!(ledger.kernel_gone(vec![]), Aftermath::default());
}

#[test]
fn the_handshake_is_repeated_byte_for_byte_under_another_id() {
    let ledger = after_handshake();
    let id = RequestId::from(-1);
    assert_eq!(
        ledger.replay(&id).unwrap(),
        line(
            r#"{"jsonrpc":"2.0","id":-1,"method":"initialize","params":{"protocolVersion":"2025-11-25","x":1.50}}"#
        )
    );
    assert_eq!(ledger.initialized().unwrap(), line(INITIALIZED));
    for (answer, replay) in [
        (r#"{"jsonrpc":"2.0","id":-1,"result":{"protocolVersion":"2025-11-25"}}"#, Replay::Agreed),
        (r#"{"jsonrpc":"2.0","id":-1,"result":{"protocolVersion":"2025-06-18"}}"#, Replay::Refused),
        (r#"{"jsonrpc":"2.0","id":-1,"error":{"code":-1,"message":"no"}}"#, Replay::Refused),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Replay::NotYet),
        (r#"{"jsonrpc":"2.0","method":"notifications/message"}"#, Replay::NotYet),
    ] {
        assert_eq!(ledger.replayed(&id, &line(answer)), replay, "{answer}");
    }
}

#[test]
fn an_unanswered_handshake_is_sent_again_as_it_was() {
    let mut ledger = Ledger::default();
    client(&mut ledger, INITIALIZE);
    assert_eq!(ledger.kernel_gone(vec![]).to_kernel, [line(INITIALIZE)]);
    assert_eq!(ledger.replay(&RequestId::from(-1)), None);
}

#[test]
fn what_is_no_message_is_the_kernels_business() {
    let mut ledger = Ledger::default();
    for text in ["{", "[]", "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"x\"}", "\u{0}"] {
        assert!(client(&mut ledger, text), "{text}");
    }
    assert!(ledger.is_idle());
}
