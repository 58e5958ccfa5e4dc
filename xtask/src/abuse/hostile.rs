//! Servers over HTTP that do what a call's argument `fault` says. They run in this process, so that a case can see what
//! reached them.
//!
//! Three paths: `/modern`, `/shifty` (its list of tools is another one each time) and `/legacy` (2025-11-25, with
//! sessions that can be forgotten).

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::failure::{Context as _, Failure};

/// Notices of a flood.
pub(super) const FLOOD: u64 = 20_000;

/// Longest that a held call is held.
const HOLD: Duration = Duration::from_secs(15);

/// Largest message it reads.
const MESSAGE_LIMIT: usize = 16 << 20;

/// All of them, and what they saw.
pub(super) struct Hostile {
    pub(super) port: u16,
    /// Tool calls that reached them.
    pub(super) calls: AtomicU64,
    /// Tool calls that they are busy with.
    pub(super) busy: AtomicI64,
    /// Held calls may go on.
    pub(super) released: AtomicBool,
    /// The last of them, as it came.
    last: Mutex<Vec<u8>>,
    lists: AtomicU64,
    sessions: Mutex<BTreeSet<String>>,
}

impl Hostile {
    pub(super) fn start() -> Result<Arc<Self>, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("the hostile server")?;
        let port = listener.local_addr().context("the hostile server")?.port();
        let (calls, lists) = (AtomicU64::new(0), AtomicU64::new(0));
        let (busy, released) = (AtomicI64::new(0), AtomicBool::new(false));
        let (last, sessions) = (Mutex::default(), Mutex::default());
        let hostile = Arc::new(Self { port, calls, busy, released, last, lists, sessions });
        let served = Arc::clone(&hostile);
        // Ends with the process, as do the threads of its connections.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let served = Arc::clone(&served);
                std::thread::spawn(move || served.serve(stream));
            }
        });
        Ok(hostile)
    }

    pub(super) fn count(&self) -> u64 {
        self.calls.load(Ordering::Acquire)
    }

    /// Whether the last call that came held these very bytes.
    pub(super) fn got(&self, bytes: &[u8]) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        memchr::memmem::find(&last, bytes).is_some()
    }

    /// Forgets all sessions, as a restart would.
    pub(super) fn forget_sessions(&self) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn serve(&self, stream: TcpStream) {
        let Ok(mut out) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        while let Some(request) = Request::read(&mut reader) {
            if self.answer(&request, &mut out).is_none() {
                return;
            }
        }
    }

    /// None where the connection is to be closed.
    fn answer(&self, request: &Request, out: &mut TcpStream) -> Option<()> {
        if request.method != "POST" {
            return write(out, "405 Method Not Allowed", "", "");
        }
        let message: Value = serde_json::from_slice(&request.body).ok()?;
        let is_legacy = request.path == "/legacy";
        let method = message.get("method").and_then(Value::as_str).unwrap_or_default();
        if is_legacy && method == "initialize" {
            return self.welcome(&message, out);
        }
        if is_legacy && method != "server/discover" && !self.knows(request.session.as_deref()) {
            return write(out, "404 Not Found", "", "");
        }
        if message.get("id").is_none() {
            return write(out, "202 Accepted", "", "");
        }
        let result = match method {
            "server/discover" if is_legacy => return refuse(out, &message),
            "server/discover" => json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": { "tools": { "listChanged": true } }, "ttlMs": 0, "cacheScope": "private" }),
            "tools/list" => self.tools(&request.path),
            "tools/call" => {
                self.last.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&request.body);
                self.calls.fetch_add(1, Ordering::AcqRel);
                self.busy.fetch_add(1, Ordering::AcqRel);
                let done = self.misbehave(&message, out);
                self.busy.fetch_sub(1, Ordering::AcqRel);
                return done;
            }
            _ => return refuse(out, &message),
        };
        reply(out, &message, &result)
    }

    fn welcome(&self, message: &Value, out: &mut TcpStream) -> Option<()> {
        let id = format!("session-{}", self.lists.fetch_add(1, Ordering::AcqRel));
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        let result = json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
            "serverInfo": { "name": "hostile", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": message.get("id"), "result": result });
        write(out, "200 OK", &format!("Mcp-Session-Id: {id}\r\n"), &body.to_string())
    }

    fn knows(&self, session: Option<&str>) -> bool {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        session.is_some_and(|session| sessions.contains(session))
    }

    fn tools(&self, path: &str) -> Value {
        let turn = self.lists.fetch_add(1, Ordering::AcqRel);
        let tool = |name: String, words: String| json!({ "name": name, "description": words, "inputSchema": { "type": "object" } });
        let mut tools = vec![tool("ill".to_owned(), "Does what its argument says".to_owned())];
        if path == "/shifty" {
            tools = (0..50).map(|n| tool(format!("tool_{}", n + turn), format!("Version {turn}"))).collect();
            tools.push(tool("ill".to_owned(), format!("Version {turn} of it")));
        }
        json!({ "resultType": "complete", "ttlMs": 0, "cacheScope": "private", "tools": tools })
    }

    fn misbehave(&self, call: &Value, out: &mut TcpStream) -> Option<()> {
        let arguments = call.pointer("/params/arguments");
        let text =
            |name: &str| arguments.and_then(|a| a.get(name)).and_then(Value::as_str).unwrap_or_default();
        let token = call.pointer("/params/_meta/progressToken");
        let progress = |token: &Value, done: u64| {
            json!({ "jsonrpc": "2.0", "method": "notifications/progress",
                "params": { "progressToken": token, "progress": done } })
        };
        match text("fault") {
            "hold" => {
                let mut left = HOLD;
                let nap = Duration::from_millis(2);
                while !self.released.load(Ordering::Acquire) && !left.is_zero() && !has_ended(out) {
                    std::thread::sleep(nap);
                    left = left.saturating_sub(nap);
                }
            }
            "flood" => {
                begin_events(out)?;
                for done in 0..FLOOD {
                    event(out, &progress(token.unwrap_or(&json!("none")), done))?;
                }
                return end_events(out, &complete(call, "flooded"));
            }
            "foreign token" => {
                begin_events(out)?;
                for foreign in [json!(4_711), json!("other"), json!(1), json!(2)] {
                    event(out, &progress(&foreign, 1))?;
                }
                return end_events(out, &complete(call, "done"));
            }
            "stray" => {
                begin_events(out)?;
                for id in [json!(999_999), json!("nobody"), json!(0)] {
                    event(out, &json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } }))?;
                }
                event(out, &complete(call, "once"))?;
                return end_events(out, &complete(call, "twice"));
            }
            "cut" => {
                begin_events(out)?;
                let _ = out.write_all(b"data: {\"jsonrpc\":\"2.0\",\"id\":");
                return None;
            }
            "gigabyte" => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    1_u64 << 30
                );
                out.write_all(head.as_bytes()).ok()?;
                let block = vec![b'x'; 1 << 20];
                while out.write_all(&block).is_ok() {}
                return None;
            }
            "endless" => {
                begin_events(out)?;
                out.write_all(b"data: ").ok()?;
                let block = vec![b'x'; 1 << 20];
                while out.write_all(&block).is_ok() {}
                return None;
            }
            "state" => {
                let is_answered = call.pointer("/params/inputResponses").is_some();
                if !is_answered {
                    let form = json!({ "type": "object", "properties": { "word": { "type": "string" } } });
                    let question = json!({ "method": "elicitation/create",
                        "params": { "message": "Which word?", "requestedSchema": form } });
                    return reply(
                        out,
                        call,
                        &json!({ "resultType": "input_required",
                        "inputRequests": { "word": question }, "requestState": "of the server" }),
                    );
                }
            }
            _ => {}
        }
        let answer = complete(call, text("text"));
        write(out, "200 OK", "", &answer.to_string())
    }
}

/// A request with the parts that matter here.
struct Request {
    method: String,
    path: String,
    session: Option<String>,
    body: Vec<u8>,
}

impl Request {
    fn read(reader: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut line = || {
            let mut line = String::new();
            let read = reader.by_ref().take(16 << 10).read_line(&mut line).ok()?;
            (read > 0).then(|| line.trim_end().to_owned())
        };
        let first = line()?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let (mut session, mut length) = (None, 0);
        while let Some(line) = line().filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok()?,
                "mcp-session-id" => session = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let mut body = vec![0; (length <= MESSAGE_LIMIT).then_some(length)?];
        reader.read_exact(&mut body).ok()?;
        Some(Self { method, path, session, body })
    }
}

/// The result of a tool call with one text.
fn complete(call: &Value, text: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": call.get("id"), "result": {
        "resultType": "complete", "content": [{ "type": "text", "text": text }] } })
}

fn refuse(out: &mut TcpStream, message: &Value) -> Option<()> {
    let error = json!({ "code": -32601, "message": "no such method" });
    let body = json!({ "jsonrpc": "2.0", "id": message.get("id"), "error": error });
    write(out, "404 Not Found", "", &body.to_string())
}

fn reply(out: &mut TcpStream, message: &Value, result: &Value) -> Option<()> {
    let body = json!({ "jsonrpc": "2.0", "id": message.get("id"), "result": result });
    write(out, "200 OK", "", &body.to_string())
}

fn write(out: &mut TcpStream, status: &str, headers: &str, body: &str) -> Option<()> {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    out.write_all(answer.as_bytes()).ok()
}

/// A stream that ends with its connection.
fn begin_events(out: &mut TcpStream) -> Option<()> {
    out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n").ok()
}

fn event(out: &mut TcpStream, message: &Value) -> Option<()> {
    out.write_all(format!("data: {message}\n\n").as_bytes()).ok()
}

fn end_events(out: &mut TcpStream, message: &Value) -> Option<()> {
    event(out, message)?;
    None
}

/// Whether the kernel has closed the connection by now.
fn has_ended(stream: &TcpStream) -> bool {
    if stream.set_nonblocking(true).is_err() {
        return true;
    }
    let ended = match stream.peek(&mut [0; 1]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    };
    ended || stream.set_nonblocking(false).is_err()
}
