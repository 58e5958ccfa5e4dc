//! MCP over HTTP by hand, so that it can be said wrongly. Blocking, and bounded by a time limit for each read.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::failure::{Context as _, Failure};

/// Longest wait for a byte.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest body that is read.
const BODY_LIMIT: u64 = 64 << 20;

pub(super) const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";

/// A connection.
pub(super) struct Connection(BufReader<TcpStream>);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: Vec<(String, String)>,
    pub(super) body: String,
}

/// A client of 2025-11-25 with its session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    port: u16,
    path: String,
    pub(super) id: String,
}

/// A request as bytes. A header that is given takes the place of the usual one of its name.
pub(super) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let length = body.len().to_string();
    let usual = [
        ("Host", "127.0.0.1"),
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("Content-Length", &length),
    ];
    let is_given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let all = usual.iter().filter(|(name, _)| !is_given(name)).chain(headers);
    let lines: String = all.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut bytes = format!("{method} {path} HTTP/1.1\r\n{lines}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The `_meta` of a modern request.
pub(super) fn meta() -> Value {
    json!({ "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
            "io.modelcontextprotocol/clientInfo": { "name": "abuse", "version": "1" } })
}

/// `tools/call` of the modern era as bytes.
pub(super) fn modern_call(path: &str, id: u64, tool: &str, params: &Value) -> Vec<u8> {
    let mut params = params.clone();
    if let Some(members) = params.as_object_mut() {
        members.insert("name".to_owned(), tool.into());
        members.entry("_meta").or_insert_with(meta);
    }
    let body = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
    modern(path, "tools/call", tool, body.to_string().as_bytes())
}

/// A modern request with the headers that belong to it, whatever its body says.
pub(super) fn modern(path: &str, method: &str, name: &str, body: &[u8]) -> Vec<u8> {
    let headers = [("MCP-Protocol-Version", MODERN), ("Mcp-Method", method), ("Mcp-Name", name)];
    request("POST", path, &headers, body)
}

impl Connection {
    pub(super) fn open(port: u16) -> Result<Self, Failure> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("connecting")?;
        stream.set_read_timeout(Some(PATIENCE)).context("connecting")?;
        stream.set_write_timeout(Some(PATIENCE)).context("connecting")?;
        stream.set_nodelay(true).context("connecting")?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Opens a connection and says `bytes`.
    pub(super) fn with(port: u16, bytes: &[u8]) -> Result<Self, Failure> {
        let mut connection = Self::open(port)?;
        connection.send(bytes);
        Ok(connection)
    }

    /// Ends the connection without a farewell, as a client that was killed; the system then remembers nothing of it.
    pub(super) fn abort(self) -> Result<(), Failure> {
        let linger = Some(Duration::ZERO);
        rustix::net::sockopt::set_socket_linger(self.0.get_ref(), linger).context("ending a connection")
    }

    /// False where the other side has closed.
    pub(super) fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).is_ok()
    }

    /// The whole answer; none where the other side closed without one.
    pub(super) fn answer(&mut self) -> Result<Option<Answer>, Failure> {
        let Some(mut answer) = self.head()? else { return Ok(None) };
        if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk()? {
                answer.body.push_str(&chunk);
            }
        } else {
            let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            answer.body = self.text(length)?;
        }
        Ok(Some(answer))
    }

    /// The head of an answer alone.
    pub(super) fn head(&mut self) -> Result<Option<Answer>, Failure> {
        let Some(first) = self.line()? else { return Ok(None) };
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Failure::new(format!("no status line: {first:?}")))?;
        let mut head = Vec::new();
        while let Some(line) = self.line()?.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            head.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Some(Answer { status, head, body: String::new() }))
    }

    /// The next message of a stream of events whose head was read; none at its end.
    pub(super) fn event(&mut self) -> Result<Option<Value>, Failure> {
        let mut text = String::new();
        while let Some(chunk) = self.chunk()? {
            text.push_str(&chunk);
            if !text.ends_with("\n\n") {
                continue;
            }
            if let Some(message) = messages(&text).pop() {
                return Ok(Some(message));
            }
            text.clear();
        }
        Ok(None)
    }

    /// The address that a stream of 2024-11-05 begins with.
    pub(super) fn address(&mut self) -> Result<String, Failure> {
        let mut text = String::new();
        while !text.ends_with("\n\n") {
            let chunk = self.chunk()?.ok_or_else(|| Failure::new("a stream without an address"))?;
            text.push_str(&chunk);
        }
        let address = text.lines().find_map(|line| line.strip_prefix("data:"));
        address
            .map(|address| address.trim().to_owned())
            .ok_or_else(|| Failure::new(format!("no address: {text}")))
    }

    /// Whether the other side has closed, or closes within our patience, without another word.
    pub(super) fn is_closed(&mut self) -> bool {
        match self.0.read(&mut [0; 1]) {
            Ok(read) => read == 0,
            Err(error) => matches!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }

    fn chunk(&mut self) -> Result<Option<String>, Failure> {
        let Some(size) = self.line()? else { return Ok(None) };
        let size = u64::from_str_radix(size.trim(), 16).context("the size of a chunk")?;
        let chunk = self.text(size)?;
        self.line()?;
        Ok((size > 0).then_some(chunk))
    }

    fn text(&mut self, length: u64) -> Result<String, Failure> {
        if length > BODY_LIMIT {
            return Err(Failure::new(format!("an answer of {length} bytes")));
        }
        let mut text = String::new();
        self.0.by_ref().take(length).read_to_string(&mut text).context("reading an answer")?;
        Ok(text)
    }

    fn line(&mut self) -> Result<Option<String>, Failure> {
        let mut line = String::new();
        match self.0.by_ref().take(64 << 10).read_line(&mut line) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(Failure::new(format!("no answer: {error}"))),
        }
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The last message of the body, be it JSON or a stream of events.
    pub(super) fn message(&self) -> Value {
        let of_events = messages(&self.body).pop();
        of_events.or_else(|| serde_json::from_str(&self.body).ok()).unwrap_or_default()
    }

    /// The text of a tool's result.
    pub(super) fn text(&self) -> String {
        text(&self.message())
    }
}

/// All messages of a stream of events.
fn messages(events: &str) -> Vec<Value> {
    let data = events.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
}

/// The text of a tool's result, empty where there is none.
pub(super) fn text(message: &Value) -> String {
    message.pointer("/result/content/0/text").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The code of an error of ours: of JSON-RPC, or of a denied tool call.
pub(super) fn code(message: &Value) -> Option<i64> {
    let denied = message.pointer("/result/_meta/io.ringfence~1denied/code");
    message.pointer("/error/code").or(denied).and_then(Value::as_i64)
}

impl Session {
    /// Goes through the handshake; its user can be asked.
    pub(super) fn open(port: u16, path: &str) -> Result<Self, Failure> {
        let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": LEGACY, "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "abuse", "version": "1" } } });
        let sent = request("POST", path, &[], hello.to_string().as_bytes());
        let answer = Connection::with(port, &sent)?.answer()?;
        let id = answer.as_ref().and_then(|answer| answer.header("mcp-session-id"));
        let id = id.ok_or_else(|| Failure::new(format!("no session: {answer:?}")))?.to_owned();
        let session = Self { port, path: path.to_owned(), id };
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        session.post(&ready)?.answer()?;
        Ok(session)
    }

    /// Sends a message and does not wait for the answer.
    pub(super) fn post(&self, message: &Value) -> Result<Connection, Failure> {
        let sent = request("POST", &self.path, &self.headers(), message.to_string().as_bytes());
        Connection::with(self.port, &sent)
    }

    /// `tools/call`, without waiting for the answer.
    pub(super) fn start(&self, id: u64, tool: &str, arguments: &Value) -> Result<Connection, Failure> {
        self.post(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": { "name": tool, "arguments": arguments, "_meta": { "progressToken": id } } }))
    }

    pub(super) fn call(&self, id: u64, tool: &str, arguments: &Value) -> Result<Value, Failure> {
        let answer = self.start(id, tool, arguments)?.answer()?;
        Ok(answer.map(|answer| answer.message()).unwrap_or_default())
    }

    /// Opens the stream of what concerns no call.
    pub(super) fn listen(&self) -> Result<Connection, Failure> {
        let mut connection = Connection::with(self.port, &request("GET", &self.path, &self.headers(), b""))?;
        let head = connection.head()?;
        let is_open = head.as_ref().is_some_and(|head| head.status == 200);
        if is_open { Ok(connection) } else { Err(Failure::new(format!("no stream: {head:?}"))) }
    }

    fn headers(&self) -> [(&str, &str); 2] {
        [("Mcp-Session-Id", &self.id), ("MCP-Protocol-Version", LEGACY)]
    }
}
