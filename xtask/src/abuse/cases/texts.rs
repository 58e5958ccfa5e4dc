//! JSON: keys, numbers, texts, depth, length (RFC 8259).

use std::iter::repeat_n;

use crate::abuse::arena::{Arena, ensure};
use crate::abuse::wire::{Connection, MODERN, code, modern, request};
use crate::failure::Failure;

/// Far more than `limits.body`.
const HUGE: usize = 100 << 20;

/// A modern call with these members of `params` and these arguments, as text.
fn call(members: &str, arguments: &str) -> Vec<u8> {
    let meta = format!(
        r#""_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}}}}"#
    );
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"ill",{members}"arguments":{arguments},{meta}}}}}"#
    );
    modern("/servers/ill/mcp", "tools/call", "ill", body.as_bytes())
}

/// Each of these must be refused with 400, and none may reach the server.
fn refused(arena: &Arena, all: &[(&str, Vec<u8>)]) -> Result<(), Failure> {
    let before = arena.hostile.count();
    for (what, bytes) in all {
        let answer = arena.say(bytes)?;
        let is_refused = answer.as_ref().is_some_and(|a| a.status == 400 && code(&a.message()).is_some());
        ensure(is_refused, || format!("{what}: {answer:?}"))?;
    }
    ensure(arena.hostile.count() == before, || "a refused call reached the server".to_owned())
}

pub(super) fn keys_twice(arena: &Arena) -> Result<(), Failure> {
    let raw = |body: &str| modern("/servers/ill/mcp", "tools/call", "ill", body.as_bytes());
    refused(
        arena,
        &[
            (
                "in the envelope",
                raw(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"ill"}}"#),
            ),
            (
                "the method",
                raw(
                    r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"ill"}}"#,
                ),
            ),
            ("in params", call(r#""name":"echo","#, "{}")),
            ("in params, escaped", call(r#""n\u0061me":"echo","#, "{}")),
            ("arguments", call(r#""arguments":{},"#, "{}")),
            ("in arguments", call("", r#"{"text":"a","text":"b"}"#)),
            ("in arguments, escaped", call("", r#"{"text":"a","\u0074ext":"b"}"#)),
            ("in arguments, both escaped", call("", r#"{"\u0074ext":"a","te\u0078t":"b"}"#)),
            ("deep in arguments", call("", r#"{"a":{"b":[{"c":1,"d":2,"c":3}]}}"#)),
            ("an empty key", call("", r#"{"":1,"":2}"#)),
            ("a key past the plane", call("", r#"{"😀":1,"\ud83d\ude00":2}"#)),
            ("a key with NUL", call("", r#"{"a\u0000":1,"a\u0000":2}"#)),
        ],
    )
}

pub(super) fn no_json(arena: &Arena) -> Result<(), Failure> {
    let arguments = |text: &str| call("", text);
    refused(
        arena,
        &[
            ("NaN", arguments(r#"{"a":NaN}"#)),
            ("Infinity", arguments(r#"{"a":-Infinity}"#)),
            ("a hexadecimal number", arguments(r#"{"a":0x1f}"#)),
            ("a leading zero", arguments(r#"{"a":007}"#)),
            ("a plus", arguments(r#"{"a":+1}"#)),
            ("a bare point", arguments(r#"{"a":.5}"#)),
            ("a trailing comma", arguments(r#"{"a":1,}"#)),
            ("a comment", arguments(r#"{"a":1/* no */}"#)),
            ("single quotes", arguments("{'a':1}")),
            ("a raw line break in a text", arguments("{\"a\":\"b\nc\"}")),
            ("a raw NUL in a text", arguments("{\"a\":\"b\0c\"}")),
            ("an unknown escape", arguments(r#"{"a":"\x41"}"#)),
            ("half an escape", arguments(r#"{"a":"\u12"}"#)),
            ("a byte order mark", modern("/servers/ill/mcp", "tools/call", "ill", "\u{feff}{}".as_bytes())),
            ("nothing", modern("/servers/ill/mcp", "tools/call", "ill", b"")),
            (
                "two values",
                modern(
                    "/servers/ill/mcp",
                    "tools/call",
                    "ill",
                    br#"{"jsonrpc":"2.0","id":1,"method":"ping"}{}"#,
                ),
            ),
            (
                "bytes of a surrogate",
                modern(
                    "/servers/ill/mcp",
                    "tools/call",
                    "ill",
                    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xed\xa0\x80\"}",
                ),
            ),
            (
                "an overlong form",
                modern(
                    "/servers/ill/mcp",
                    "tools/call",
                    "ill",
                    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc0\xaf\"}",
                ),
            ),
        ],
    )
}

/// What is JSON and odd is refused or passed on as it is; never as something else.
pub(super) fn odd_texts(arena: &Arena) -> Result<(), Failure> {
    let digits = "9".repeat(5_000);
    let odd = [
        r#"{"a":"\ud800"}"#.to_owned(),
        r#"{"a":"\udc00\ud800"}"#.to_owned(),
        r#"{"\ud800":1}"#.to_owned(),
        r#"{"a":"\u0000"}"#.to_owned(),
        r#"{"a":1e999999999}"#.to_owned(),
        r#"{"a":-1e-999999999}"#.to_owned(),
        format!(r#"{{"a":{digits}}}"#),
        format!(r#"{{"a":0.{digits}}}"#),
        r#"{"a":12345678901234567890123}"#.to_owned(),
        r#"{"a":-0}"#.to_owned(),
        r#"{"a":"\u202e\u2066\ufeff"}"#.to_owned(),
    ];
    for arguments in &odd {
        let before = arena.hostile.count();
        let answer = arena.say(&call("", arguments))?;
        let is_passed_on = arena.hostile.count() == before + 1 && arena.hostile.got(arguments.as_bytes());
        let is_refused =
            arena.hostile.count() == before && answer.as_ref().is_some_and(|a| code(&a.message()).is_some());
        ensure(is_passed_on || is_refused, || format!("{arguments}: {answer:?}"))?;
    }
    Ok(())
}

pub(super) fn nesting(arena: &Arena) -> Result<(), Failure> {
    let nested = |open: &str, middle: &str, close: &str, depth: usize| {
        let text: String =
            repeat_n(open, depth).chain(std::iter::once(middle)).chain(repeat_n(close, depth)).collect();
        text
    };
    let raw = |text: String| modern("/servers/ill/mcp", "tools/call", "ill", text.as_bytes());
    refused(
        arena,
        &[
            ("lists", call("", &format!(r#"{{"a":{}}}"#, nested("[", "", "]", 100_000)))),
            ("objects", call("", &nested(r#"{"a":"#, "1", "}", 100_000))),
            ("lists without an end", raw("[".repeat(1_000_000))),
            ("objects without an end", raw(r#"{"a":"#.repeat(1_000_000))),
            ("one deeper than allowed", call("", &format!(r#"{{"a":{}}}"#, nested("[", "", "]", 128)))),
        ],
    )
}

pub(super) fn huge_request(arena: &Arena) -> Result<(), Failure> {
    let length = HUGE.to_string();
    let answer = arena.say(&request("POST", "/servers/ill/mcp", &[("Content-Length", &length)], b"{"))?;
    ensure(answer.as_ref().is_some_and(|answer| answer.status == 413), || format!("announced: {answer:?}"))?;
    let chunked =
        request("POST", "/servers/ill/mcp", &[("Transfer-Encoding", "chunked"), ("Content-Length", "")], b"");
    let text = String::from_utf8_lossy(&chunked).replace("Content-Length: \r\n", "");
    let mut connection = Connection::with(arena.port(), text.as_bytes())?;
    let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    let sent = (0..HUGE >> 20).take_while(|_| connection.send(&chunk)).count();
    ensure(sent < HUGE >> 20, || "100 MB in chunks were taken".to_owned())
}
