//! Requests whose headers and body disagree (2026-07-28, Streamable HTTP), and requests from where none may come.

use serde_json::{Value, json};

use super::client::{Legacy, MODERN, modern_meta, tool_call};
use super::house::{Kernel, until};
use super::http::{Connection, Response, request};

const VERSION: &str = "MCP-Protocol-Version";
const METHOD: &str = "Mcp-Method";
const NAME: &str = "Mcp-Name";
const TOOL: &str = "ringfence_status";
/// [`TOOL`] in the encoding for values that are not plain.
const TOOL_IN_BASE64: &str = "=?base64?cmluZ2ZlbmNlX3N0YXR1cw==?=";

fn right() -> Vec<(&'static str, &'static str)> {
    vec![(VERSION, MODERN), (METHOD, "tools/call"), (NAME, TOOL)]
}

fn message() -> Value {
    let mut message = tool_call(1, TOOL, &json!({}));
    message["params"]["_meta"] = modern_meta();
    message
}

fn post(kernel: &Kernel, headers: &[(&str, &str)], message: &Value) -> Response {
    Connection::with(kernel.address, &request("POST", "/mcp", headers, message.to_string())).answer().unwrap()
}

#[track_caller]
fn refused(what: &str, answer: &Response, code: i64, message: &str) {
    let expected = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": message } });
    assert_eq!((answer.status, answer.json()), (400, expected), "{what}");
}

#[test]
fn each_header_must_stand_once_and_say_what_the_body_says() {
    let kernel = Kernel::start(&json!({}));
    assert_eq!(post(&kernel, &right(), &message()).status, 200);
    for (at, (name, _)) in right().into_iter().enumerate() {
        let shown = name.to_ascii_lowercase();
        let mut missing = right();
        missing.remove(at);
        refused(name, &post(&kernel, &missing, &message()), -32020, &format!("header `{shown}` is missing"));

        let mut twice = right();
        twice.push(twice[at]);
        refused(name, &post(&kernel, &twice, &message()), -32020, &format!("header `{shown}` stands twice"));

        let mut other = right();
        other[at].1 = if name == VERSION { "2025-11-25" } else { "tools/list" };
        let mismatch = format!("header `{shown}` does not match the body");
        refused(name, &post(&kernel, &other, &message()), -32020, &mismatch);

        let mut odd = right();
        odd[at].1 = "ringfence_\u{e9}tat";
        let invalid = format!("header `{shown}` has invalid characters");
        refused(name, &post(&kernel, &odd, &message()), -32020, &invalid);
        kernel.serves_others();
    }
    kernel.finish();
}

#[test]
fn a_name_in_base64_is_read_and_compared() {
    let kernel = Kernel::start(&json!({}));
    let with_name =
        |name| post(&kernel, &[(VERSION, MODERN), (METHOD, "tools/call"), (NAME, name)], &message());
    assert_eq!(with_name(TOOL_IN_BASE64).status, 200);
    for wrong in [
        "=?base64?Z2V0X2F1ZGl0X2xvZw==?=",     // get_audit_log
        "=?base64?cmluZ2ZlbmNlX3N0YXR1cw?=",   // not padded
        "=?base64?cmluZ2Zl*m5jZV9zdGF0dXM=?=", // not Base64
        "=?base64?/w==?=",                     // not UTF-8
        "=?base64??=",                         // nothing
        "cmluZ2ZlbmNlX3N0YXR1cw==",            // not marked
    ] {
        refused(wrong, &with_name(wrong), -32020, "header `mcp-name` does not match the body");
    }
    // A tool whose name looks like the encoding is named by the encoding of that name only.
    let mut message = message();
    message["params"]["name"] = TOOL_IN_BASE64.into();
    let plain = post(&kernel, &right(), &message);
    refused("another name", &plain, -32020, "header `mcp-name` does not match the body");
    let sentinel = [(VERSION, MODERN), (METHOD, "tools/call"), (NAME, TOOL_IN_BASE64)];
    refused(
        "the raw name",
        &post(&kernel, &sentinel, &message),
        -32020,
        "header `mcp-name` does not match the body",
    );
    kernel.finish();
}

#[test]
fn what_a_modern_request_must_say_of_itself_is_demanded() {
    let kernel = Kernel::start(&json!({}));
    let version = "io.modelcontextprotocol/protocolVersion";
    let capabilities = "io.modelcontextprotocol/clientCapabilities";
    let with = |meta: Value| {
        let mut message = message();
        message["params"]["_meta"] = meta;
        post(&kernel, &right(), &message)
    };
    refused("no version", &with(json!({})), -32602, &format!("`params._meta` lacks `{version}`"));
    let missing = with(json!({ version: MODERN }));
    refused("no capabilities", &missing, -32602, &format!("`params._meta` lacks `{capabilities}`"));
    let wrong = with(json!({ version: MODERN, capabilities: [] }));
    refused("capabilities", &wrong, -32602, &format!("`params._meta` is wrong at `{capabilities}`"));
    let wrong = with(json!({ version: 2026, capabilities: {} }));
    refused("a number", &wrong, -32602, &format!("`params._meta` is wrong at `{version}`"));
    refused("no object", &with(json!("x")), -32602, "`params._meta` is wrong at `_meta`");
    let mut nameless = message();
    nameless["params"]["name"] = json!(7);
    refused("no name", &post(&kernel, &right(), &nameless), -32602, "`params.name` must be a string");
    kernel.finish();
}

#[test]
fn parameters_in_headers_must_say_what_the_arguments_say() {
    let web = super::web::Web::start(|call, out| {
        super::web::answer(
            out,
            &json!({ "jsonrpc": "2.0", "id": call["id"], "result": {
            "resultType": "complete", "content": [{ "type": "text", "text": "done" }] } }),
        );
    });
    let kernel = Kernel::start(&json!({ "servers": { "web": web.entry() } }));
    let send = |param: Option<&str>| {
        let mut message = tool_call(1, "routed", &json!({ "region": "north" }));
        message["params"]["_meta"] = modern_meta();
        let mut headers = vec![(VERSION, MODERN), (METHOD, "tools/call"), (NAME, "routed")];
        headers.extend(param.map(|param| ("Mcp-Param-Region", param)));
        let sent = request("POST", "/servers/web/mcp", &headers, message.to_string());
        Connection::with(kernel.address, &sent).answer().unwrap()
    };
    let right = send(Some("north"));
    assert_eq!(
        (right.status, &right.json()["result"]["content"][0]["text"]),
        (200, &json!("done")),
        "{right:?}"
    );
    let mismatch = "header `mcp-param-region` does not match the body";
    refused("another region", &send(Some("south")), -32020, mismatch);
    refused("no header", &send(None), -32020, "header `mcp-param-region` is missing");
    kernel.finish();
}

#[test]
fn a_foreign_origin_or_host_is_forbidden() {
    let kernel = Kernel::start(&json!({}));
    let status = |headers: &[(&str, &str)]| {
        let all: Vec<_> = right().into_iter().chain(headers.iter().copied()).collect();
        let answer = post(&kernel, &all, &message());
        assert!(answer.status == 200 || !answer.body.is_empty(), "says why: {answer:?}");
        answer.status
    };
    for origin in [
        "http://evil.example",
        "https://localhost.evil.example",
        "null",
        "file://",
        "http://127.0.0.1@evil.example",
    ] {
        assert_eq!(status(&[("Origin", origin)]), 403, "{origin}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "169.254.169.254", ""] {
        assert_eq!(status(&[("Host", host)]), 403, "{host}");
    }
    assert_eq!(status(&[("Host", "127.0.0.1"), ("Host", "localhost")]), 403);
    for host in ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1"] {
        assert_eq!(status(&[("Host", host), ("Origin", "http://localhost:3000")]), 200, "{host}");
    }
    // A page cannot get around it by a request line of its own, nor by the other methods.
    let line = "GET http://evil.example/mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    assert_eq!(Connection::with(kernel.address, line.as_bytes()).answer().unwrap().status, 403);
    for method in ["GET", "DELETE", "OPTIONS"] {
        let sent = request(method, "/mcp", &[("Origin", "http://evil.example")], "");
        assert_eq!(Connection::with(kernel.address, &sent).answer().unwrap().status, 403, "{method}");
    }
    until("the refusals stand in the journal", || {
        let log = journal_of(&kernel);
        log.contains("ringfence.foreign_origin") && log.contains("ringfence.foreign_host")
    });
    kernel.finish();
}

/// The bytes of the journal as they stand, as text.
pub(crate) fn journal_of(kernel: &Kernel) -> String {
    let folder = std::fs::read_dir(kernel.home.path("data/journal")).unwrap();
    let bytes: Vec<u8> =
        folder.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap_or_default()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_session_belongs_to_its_endpoint_and_is_not_guessed() {
    let stage = super::fake::Stage::new(None, json!({}));
    let kernel = stage.kernel;
    let legacy = Legacy::open(&kernel, "/mcp");
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    assert_eq!(
        legacy.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).answer().unwrap().status,
        200
    );
    let elsewhere = request("POST", "/servers/well/mcp", &legacy.headers(), &ping);
    assert_eq!(Connection::with(kernel.address, &elsewhere).answer().unwrap().status, 404);
    let [(_, session), version] = legacy.headers();
    // The last character of a sealed id may carry bits that stand for nothing, so one in the middle is changed.
    let middle = session.len() / 2;
    let flipped = if session.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let mut changed = session.to_owned();
    changed.replace_range(middle..=middle, flipped);
    for guess in [changed.as_str(), "1", "", "00000000-0000-0000-0000-000000000000"] {
        let sent = request("POST", "/mcp", &[("Mcp-Session-Id", guess), version], &ping);
        let answer = Connection::with(kernel.address, &sent).answer().unwrap();
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, "there is no such session: initialize again"),
            "{guess}"
        );
    }
    let twice =
        request("POST", "/mcp", &[("Mcp-Session-Id", session), ("Mcp-Session-Id", session), version], &ping);
    assert_eq!(Connection::with(kernel.address, &twice).answer().unwrap().status, 400);
    kernel.finish();
}
