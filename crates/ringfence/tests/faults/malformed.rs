//! Messages that are no messages, or too large, or ask for what is not there.

use std::iter::repeat_n;

use serde_json::{Value, json};

use super::client::{Legacy, MODERN, Modern, Piped, modern_meta, text, tool_call};
use super::fake::Stage;
use super::house::Kernel;
use super::http::{Connection, request};

/// Far more than `limits.body`.
const HUGE: usize = 100 << 20;

/// What the kernel may need beyond what it held before, in KiB: a few times `limits.body`, which is 10 MiB.
const ROOM: u64 = 48 << 10;

/// An error about a message whose id could not be read (2025-11-25, `JSONRPCErrorResponse`: it then has none).
fn error(code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "error": { "code": code, "message": message } })
}

fn with_arguments(arguments: &str) -> Vec<u8> {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"ringfence_status","arguments":{arguments}}}}}"#
    )
    .into_bytes()
}

fn nested(depth: usize) -> Vec<u8> {
    let text: String = repeat_n('[', depth).chain(repeat_n(']', depth)).collect();
    with_arguments(&format!(r#"{{"a":{text}}}"#))
}

/// Each text that is no message, and what is said of it.
fn malformed() -> Vec<(&'static str, Vec<u8>, Value)> {
    let raw = |text: &str| text.as_bytes().to_vec();
    vec![
        (
            "invalid UTF-8",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3\x28\"}".to_vec(),
            error(-32700, "not UTF-8"),
        ),
        (
            "a lone surrogate's bytes",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xed\xa0\x80\"}".to_vec(),
            error(-32700, "not UTF-8"),
        ),
        ("half a message", raw(r#"{"jsonrpc":"2.0","id":1,"#), error(-32700, "not JSON: ")),
        (
            "two messages",
            raw(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}"#),
            error(-32700, "something follows the value at byte 40"),
        ),
        (
            "a key twice",
            raw(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#),
            error(-32600, "duplicate key at byte 24"),
        ),
        (
            "a key twice in arguments",
            with_arguments(r#"{"path":"a","path":"b"}"#),
            error(-32600, "duplicate key at byte "),
        ),
        (
            "a key twice, once escaped",
            with_arguments(r#"{"path":"a","\u0070ath":"b"}"#),
            error(-32600, "duplicate key at byte "),
        ),
        ("10,000 deep", nested(10_000), error(-32600, "nested deeper than 128 at byte ")),
        (
            "10,000 deep and never closed",
            repeat_n(b'[', 10_000).collect(),
            error(-32600, "nested deeper than 128 at byte 128"),
        ),
        (
            "a batch",
            raw(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#),
            error(-32600, "batches are not part of this protocol version"),
        ),
        ("an empty batch", raw("[]"), error(-32600, "batches are not part of this protocol version")),
        ("a string", raw(r#""ping""#), error(-32600, "a message is an object")),
        ("no version", raw(r#"{"id":null,"method":"ping"}"#), error(-32600, "`")),
        ("an id that is null", raw(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#), error(-32600, "`id`")),
        (
            "an id that is an object",
            raw(r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#),
            error(-32600, "`id`"),
        ),
        (
            "an id that is a fraction",
            raw(r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#),
            error(-32600, "`id`"),
        ),
    ]
}

/// That an error is the expected one; the message of the expected one is a beginning.
#[track_caller]
fn assert_error(what: &str, mut got: Value, expected: &Value) {
    let message = got["error"]["message"].as_str().unwrap_or_default().to_owned();
    let beginning = expected["error"]["message"].as_str().unwrap();
    assert!(message.starts_with(beginning), "{what}: {got}");
    got["error"]["message"] = beginning.into();
    assert_eq!(&got, expected, "{what}");
}

#[test]
fn what_is_no_message_is_refused_over_http() {
    let kernel = Kernel::start(&json!({}));
    kernel.serves_others();
    // One connection for all: none of them costs the client its connection.
    let mut connection = Connection::open(kernel.address);
    for (what, body, expected) in malformed() {
        assert!(connection.send(&request("POST", "/mcp", &[], body)), "{what}");
        let answer = connection.answer().unwrap_or_else(|| panic!("{what}: no answer"));
        assert_eq!((answer.status, answer.header("content-type")), (400, Some("application/json")), "{what}");
        assert_error(what, answer.json(), &expected);
    }
    kernel.finish();
}

#[test]
fn what_is_no_message_is_refused_on_a_pipe_and_the_conversation_goes_on() {
    let kernel = Kernel::start(&json!({}));
    let mut piped = Piped::open(&kernel, &json!("stdio"));
    for (what, line, expected) in malformed() {
        piped.say_raw(&line);
        assert_error(what, piped.hear().unwrap(), &expected);
    }
    piped.say(&tool_call(7, "ringfence_status", &json!({})));
    assert!(piped.answer(7)["result"]["structuredContent"].is_object());
    drop(piped);
    kernel.finish();
}

#[test]
fn a_body_of_100_mb_is_refused_before_it_is_read() {
    let kernel = Kernel::start(&json!({}));
    kernel.serves_others();
    let before = kernel.peak();
    let length = HUGE.to_string();
    let mut connection = Connection::open(kernel.address);
    // Only its head is sent: whoever wants to see the body first would wait for ever.
    let head = request("POST", "/mcp", &[("Content-Length", &length)], "{");
    assert!(connection.send(&head));
    let answer = connection.answer().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (413, "the message is too large"));
    assert!(connection.is_closed(), "what follows is not taken for a request");
    assert!(kernel.peak() - before < ROOM, "{} KiB, before {before}", kernel.peak());
    kernel.finish();
}

#[test]
fn a_body_of_100_mb_in_chunks_is_refused_when_it_passes_the_limit() {
    let kernel = Kernel::start(&json!({}));
    kernel.serves_others();
    let before = kernel.peak();
    let mut connection = Connection::open(kernel.address);
    assert!(connection.send(&request("POST", "/mcp", &[("Transfer-Encoding", "chunked")], "")));
    let block = vec![b' '; 1 << 20];
    let mut sent = 0;
    while sent < HUGE
        && connection.send(format!("{:x}\r\n", block.len()).as_bytes())
        && connection.send(&block)
        && connection.send(b"\r\n")
    {
        sent += block.len();
        if sent == 8 << 20 {
            kernel.serves_others();
        }
    }
    assert!(sent < HUGE, "all of it was read");
    let answer = connection.answer().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (413, "the message is too large"));
    assert!(kernel.peak() - before < ROOM, "{} KiB, before {before}", kernel.peak());
    kernel.finish();
}

#[test]
fn a_line_of_100_mb_is_passed_over_and_the_conversation_goes_on() {
    let kernel = Kernel::start(&json!({}));
    let mut piped = Piped::open(&kernel, &json!("stdio"));
    let before = kernel.peak();
    let block = vec![b' '; 1 << 20];
    for _ in 1..HUGE >> 20 {
        piped.send(&block);
    }
    kernel.serves_others();
    piped.say_raw(&block);
    let refused = piped.hear().unwrap();
    let message = format!("a message of {HUGE} bytes exceeds the limit of {}", 10 << 20);
    assert_eq!(refused, error(-32600, &message));
    piped.say(&tool_call(7, "ringfence_status", &json!({})));
    assert!(piped.answer(7)["result"]["structuredContent"].is_object());
    assert!(kernel.peak() - before < ROOM, "{} KiB, before {before}", kernel.peak());
    drop(piped);
    kernel.finish();
}

#[test]
fn an_unknown_method_is_404_in_the_modern_era_and_200_in_the_legacy_one() {
    let kernel = Kernel::start(&json!({}));
    let message =
        json!({ "jsonrpc": "2.0", "id": "x", "method": "tools/burn", "params": { "_meta": modern_meta() } });
    let headers = [("MCP-Protocol-Version", MODERN), ("Mcp-Method", "tools/burn")];
    let sent = request("POST", "/mcp", &headers, message.to_string());
    let answer = Connection::with(kernel.address, &sent).answer().unwrap();
    let why = "methods of extensions are not passed on, since their content would not be inspected";
    let error = json!({ "code": -32601, "message": format!("Method not found: tools/burn: {why}") });
    let expected = json!({ "jsonrpc": "2.0", "id": "x", "error": error });
    assert_eq!((answer.status, answer.json()), (404, expected.clone()));

    let legacy = Legacy::open(&kernel, "/mcp");
    let message = json!({ "jsonrpc": "2.0", "id": "x", "method": "tools/burn" });
    let answer = legacy.post(&message).answer().unwrap();
    assert_eq!((answer.status, answer.json()), (200, expected.clone()));

    let mut piped = Piped::open(&kernel, &json!("stdio"));
    piped.say(&message);
    assert_eq!(piped.hear().unwrap(), expected);
    drop(piped);
    kernel.finish();
}

#[test]
fn an_unknown_version_is_named_with_those_that_are_known() {
    let kernel = Kernel::start(&json!({}));
    let unsupported = json!({ "jsonrpc": "2.0", "id": 1, "error": {
        "code": -32022, "message": "this protocol version is not supported",
        "data": { "supported": [MODERN], "requested": "2099-01-01" } } });
    let mut message = tool_call(1, "ringfence_status", &json!({}));
    message["params"]["_meta"] = modern_meta();
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let headers = [
        ("MCP-Protocol-Version", "2099-01-01"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", "ringfence_status"),
    ];
    let sent = request("POST", "/mcp", &headers, message.to_string());
    let answer = Connection::with(kernel.address, &sent).answer().unwrap();
    assert_eq!((answer.status, answer.json()), (400, unsupported.clone()));

    let mut piped = Piped::welcomed(&kernel, &json!("stdio"));
    piped.say(&message);
    assert_eq!(piped.hear().unwrap(), unsupported);
    drop(piped);

    // In the legacy era the server offers what it has instead (2025-11-25, lifecycle).
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "1999-01-01", "capabilities": {}, "clientInfo": { "name": "old", "version": "1" } } });
    let answer =
        Connection::with(kernel.address, &request("POST", "/mcp", &[], initialize.to_string())).answer();
    let answer = answer.unwrap();
    assert_eq!((answer.status, &answer.json()["result"]["protocolVersion"]), (200, &json!("2025-11-25")));

    // And a version other than the one agreed on is no version of this session.
    let session = answer.header("mcp-session-id").unwrap();
    let headers = [("Mcp-Session-Id", session), ("MCP-Protocol-Version", "2025-06-18")];
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let answer =
        Connection::with(kernel.address, &request("POST", "/mcp", &headers, ping.to_string())).answer();
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (400, "MCP-Protocol-Version is not the version agreed on")
    );
    kernel.finish();
}

#[test]
fn an_unknown_tool_or_server_is_invalid_params_and_stands_in_the_journal() {
    let stage = Stage::new(None, json!({}));
    let kernel = stage.kernel;
    let modern = Modern::new(&kernel, "/mcp");
    for name in ["no_such_tool", "nowhere__echo", "well__no_such_tool", "__", "well__"] {
        let answer = modern.call(1, name, &json!({}));
        let answer = answer.json();
        assert_eq!(answer["error"]["code"], -32602, "{name}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("Unknown tool: "), "{name}: {answer}");
    }
    let one = Legacy::open(&kernel, "/servers/well/mcp");
    let answer = one.call(1, "no_such_tool", &json!({}));
    assert_eq!(answer["error"], json!({ "code": -32602, "message": "Unknown tool: no_such_tool" }));
    assert_eq!(text(&one.call(2, "echo", &json!({ "text": "here" }))), "here");

    let denied: Vec<Value> =
        kernel.calls().into_iter().filter(|call| call["target"] == "no_such_tool").collect();
    assert_eq!(denied.len(), 3, "{denied:?}");
    assert!(denied.iter().all(|call| call["decision"] == "deny"), "{denied:?}");

    for path in ["/servers/nowhere/mcp", "/servers/../mcp", "/", "/mcp/"] {
        let answer = Connection::with(kernel.address, &request("POST", path, &[], "{}")).answer().unwrap();
        assert_eq!(answer.status, 404, "{path}");
    }
    kernel.finish();
}

#[test]
fn a_message_full_of_keys_costs_no_more_than_its_size() {
    let kernel = Kernel::start(&json!({}));
    // Compared pair by pair these would be five thousand million comparisons: no answer while this test has patience.
    let keys: serde_json::Map<String, Value> =
        (0..100_000).map(|number| (format!("key{number}"), Value::Null)).collect();
    let answer = Modern::new(&kernel, "/mcp").call(1, "ringfence_status", &Value::Object(keys));
    assert_eq!(answer.status, 200);
    kernel.finish();
}
