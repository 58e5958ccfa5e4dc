//! HTTP itself: slowness, lengths, heads (RFC 9112).

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::abuse::arena::{Arena, SLOW, ensure};
use crate::abuse::wire::{Connection, modern_call, request};
use crate::failure::Failure;
use crate::machine;

/// Longest that a connection may be kept by a client that is slow on purpose.
const CUT_OFF: Duration = SLOW.saturating_mul(4);

/// How many slow clients there are at once.
const SLOW_CLIENTS: usize = 50;

pub(super) fn slow_heads(arena: &Arena) -> Result<(), Failure> {
    let sent = modern_call("/servers/ill/mcp", 1, "ill", &json!({ "arguments": {} }));
    let began = machine::now();
    let mut slow = Vec::new();
    for _ in 0..SLOW_CLIENTS {
        slow.push(Connection::open(arena.port())?);
    }
    // Never a pause in which nothing comes: only the whole counts.
    for byte in sent.chunks(1) {
        slow.retain_mut(|connection| connection.send(byte));
        if slow.is_empty() || began.elapsed() > CUT_OFF {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    ensure(slow.iter_mut().all(Connection::is_closed), || "a slow head was waited for".to_owned())?;
    ensure(began.elapsed() < CUT_OFF, || format!("cut off after {:?}", began.elapsed()))
}

pub(super) fn slow_bodies(arena: &Arena) -> Result<(), Failure> {
    let head = request("POST", "/servers/ill/mcp", &[("Content-Length", "1000")], b"{\"jsonrpc\"");
    let began = machine::now();
    let mut slow = Vec::new();
    for _ in 0..SLOW_CLIENTS {
        slow.push(Connection::with(arena.port(), &head)?);
    }
    for connection in &mut slow {
        let answer = connection.answer()?;
        let is_given_up = answer.as_ref().is_none_or(|answer| answer.status == 408);
        ensure(is_given_up, || format!("a body that does not come: {answer:?}"))?;
    }
    ensure(began.elapsed() < CUT_OFF, || format!("given up after {:?}", began.elapsed()))
}

/// Each of these must be refused or cut off, and no call may come of it.
fn refused(arena: &Arena, all: &[(&str, Vec<u8>)]) -> Result<(), Failure> {
    let before = arena.hostile.count();
    for (what, bytes) in all {
        let answer = arena.say(bytes)?;
        let is_refused = answer.as_ref().is_none_or(|answer| (400..500).contains(&answer.status));
        ensure(is_refused, || format!("{what}: {answer:?}"))?;
    }
    ensure(arena.hostile.count() == before, || "a refused request reached the server".to_owned())
}

/// A good call with its head rewritten.
fn rewritten(rewrite: impl Fn(&str) -> String, body: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let sent = modern_call("/servers/ill/mcp", 1, "ill", &json!({ "arguments": {} }));
    let whole = String::from_utf8_lossy(&sent).into_owned();
    let (head, text) = whole.split_once("\r\n\r\n").unwrap_or((&whole, ""));
    let mut bytes = format!("{}\r\n\r\n", rewrite(head)).into_bytes();
    bytes.extend(body(text.as_bytes()));
    bytes
}

fn with_lines(lines: &str) -> impl Fn(&str) -> String + '_ {
    move |head| {
        let kept = head.lines().filter(|line| !line.starts_with("Content-Length"));
        format!("{}\r\n{lines}", kept.collect::<Vec<_>>().join("\r\n"))
    }
}

pub(super) fn lengths_and_chunks(arena: &Arena) -> Result<(), Failure> {
    let same = |body: &[u8]| body.to_vec();
    let chunked = |size: &str, end: &str| {
        let (size, end) = (size.to_owned(), end.to_owned());
        move |body: &[u8]| [size.as_bytes(), b"\r\n", body, end.as_bytes()].concat()
    };
    let te = "Transfer-Encoding: chunked";
    refused(
        arena,
        &[
            ("two lengths", rewritten(with_lines("Content-Length: 10\r\nContent-Length: 400"), same)),
            ("two lengths in one", rewritten(with_lines("Content-Length: 10, 400"), same)),
            ("a length with a sign", rewritten(with_lines("Content-Length: +400"), same)),
            ("a negative length", rewritten(with_lines("Content-Length: -1"), same)),
            (
                "a length past all bounds",
                rewritten(with_lines("Content-Length: 99999999999999999999999"), same),
            ),
            (
                "length and chunks",
                rewritten(with_lines(&format!("Content-Length: 4\r\n{te}")), chunked("0", "\r\n\r\n")),
            ),
            (
                "chunks and length",
                rewritten(with_lines(&format!("{te}\r\nContent-Length: 4")), chunked("0", "\r\n\r\n")),
            ),
            ("an unknown coding", rewritten(with_lines("Transfer-Encoding: gzip, chunked, x"), same)),
            ("chunked and not last", rewritten(with_lines("Transfer-Encoding: chunked, identity"), same)),
            ("a coding of odd spelling", rewritten(with_lines("Transfer-Encoding: \x0bchunked"), same)),
            ("a chunk of no size", rewritten(with_lines(te), chunked("", "\r\n0\r\n\r\n"))),
            ("a chunk of no number", rewritten(with_lines(te), chunked("xyz", "\r\n0\r\n\r\n"))),
            ("a chunk with a sign", rewritten(with_lines(te), chunked("-1", "\r\n0\r\n\r\n"))),
            (
                "a chunk past all bounds",
                rewritten(with_lines(te), chunked("fffffffffffffffff", "\r\n0\r\n\r\n")),
            ),
            (
                "a chunk with an endless extension",
                rewritten(with_lines(te), chunked(&format!("1;{}", "x".repeat(100_000)), "\r\n0\r\n\r\n")),
            ),
            (
                "endless trailers",
                rewritten(with_lines(te), |_| {
                    [b"0\r\n".to_vec(), b"X-A: b\r\n".repeat(50_000), b"\r\n".to_vec()].concat()
                }),
            ),
        ],
    )
}

pub(super) fn smuggled_requests(arena: &Arena) -> Result<(), Failure> {
    let hidden = modern_call("/servers/ill/mcp", 66, "ill", &json!({ "arguments": { "text": "smuggled" } }));
    let with_hidden = |start: &[u8]| [start, hidden.as_slice()].concat();
    // Whoever counts otherwise than we do takes what follows for a request of its own.
    refused(
        arena,
        &[
            (
                "behind chunks with a length",
                rewritten(with_lines("Content-Length: 5\r\nTransfer-Encoding: chunked"), |_| {
                    with_hidden(b"0\r\n\r\n")
                }),
            ),
            (
                "behind chunks with an odd coding",
                rewritten(with_lines("Transfer-Encoding: xchunked"), |_| with_hidden(b"0\r\n\r\n")),
            ),
            (
                "behind a short length among two",
                rewritten(with_lines("Content-Length: 0\r\nContent-Length: 5"), |_| with_hidden(b"aaaaa")),
            ),
            ("in a body that is no JSON", request("POST", "/servers/ill/mcp", &[], &hidden)),
            (
                "behind a target with a line in it",
                request("POST", "/servers/ill/mcp HTTP/1.1\r\nX: y\r\n\r\nPOST /mcp", &[], b"{}"),
            ),
        ],
    )
}

pub(super) fn odd_heads(arena: &Arena) -> Result<(), Failure> {
    let good = || modern_call("/servers/ill/mcp", 1, "ill", &json!({ "arguments": {} }));
    let text = String::from_utf8_lossy(&good()).into_owned();
    let with = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    let host = "Host: 127.0.0.1";
    refused(
        arena,
        &[
            ("an absolute target elsewhere", with("POST /servers", "POST http://evil.example/servers")),
            ("an authority as target", with("POST /servers/ill/mcp", "CONNECT evil.example:443")),
            ("a foreign Host", with(host, "Host: evil.example")),
            ("a foreign Host with our port", with(host, &format!("Host: evil.example:{}", arena.port()))),
            ("a Host that begins like ours", with(host, "Host: 127.0.0.1.evil.example")),
            ("a Host with a user", with(host, "Host: 127.0.0.1@evil.example")),
            ("no Host", with("Host: 127.0.0.1\r\n", "")),
            ("two Hosts", with(host, "Host: 127.0.0.1\r\nHost: evil.example")),
            ("a foreign Origin", with(host, &format!("{host}\r\nOrigin: http://evil.example"))),
            ("a null Origin", with(host, &format!("{host}\r\nOrigin: null"))),
            (
                "an Origin that begins like ours",
                with(host, &format!("{host}\r\nOrigin: http://localhost.evil.example")),
            ),
            (
                "two Origins",
                with(host, &format!("{host}\r\nOrigin: http://localhost\r\nOrigin: http://evil.example")),
            ),
            ("a space before the colon", with("Content-Type:", "Content-Type :")),
            ("a folded line", with(host, &format!("X-A: b\r\n c\r\n{host}"))),
            ("a NUL in a value", with(host, &format!("X-A: b\0c\r\n{host}"))),
            ("a bare CR in a value", with(host, &format!("X-A: b\rc\r\n{host}"))),
            ("an unknown version", with("HTTP/1.1", "HTTP/9.9")),
            ("1,000 headers", with(host, &format!("{}{host}", "X-A: b\r\n".repeat(1_000)))),
            ("a head of 1 MB", with(host, &format!("X-A: {}\r\n{host}", "b".repeat(1 << 20)))),
            ("another path", with("/servers/ill/mcp", "/servers/ill/mcp/../../good/mcp")),
            ("an encoded path", with("/servers/ill/mcp", "/servers%2fill/mcp")),
            ("another content type", with("application/json", "text/plain")),
        ],
    )
}
