//! MCP clients of both eras over HTTP, and over the control socket as shims speak.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};

use serde_json::{Value, json};

use super::house::{Kernel, PATIENCE};
use super::http::{Connection, Response, request};

/// A client of 2026-07-28.
pub(crate) struct Modern {
    address: SocketAddr,
    path: String,
}

/// A client of 2025-11-25 with its session.
pub(crate) struct Legacy {
    address: SocketAddr,
    path: String,
    session: String,
}

/// A connection to the control socket.
pub(crate) struct Piped {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

pub(crate) const MODERN: &str = "2026-07-28";

/// `tools/call` as a message.
pub(crate) fn tool_call(id: impl Into<Value>, tool: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "tools/call",
            "params": { "name": tool, "arguments": arguments } })
}

/// The handshake of a client whose user can be asked.
pub(crate) fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} },
        "clientInfo": { "name": "test", "version": "1" } } })
}

fn initialized() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
}

/// The `_meta` that a modern request needs.
pub(crate) fn modern_meta() -> Value {
    json!({ "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" } })
}

/// The text of a tool's result.
#[track_caller]
pub(crate) fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

/// That a tool call failed, and the words for it.
#[track_caller]
pub(crate) fn failure(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], json!(true), "{answer}");
    text(answer)
}

impl Modern {
    pub(crate) fn new(kernel: &Kernel, path: &str) -> Self {
        Self { address: kernel.address, path: path.to_owned() }
    }

    /// The bytes of a tool call.
    pub(crate) fn bytes(&self, id: i64, tool: &str, arguments: &Value) -> Vec<u8> {
        let mut message = tool_call(id, tool, arguments);
        message["params"]["_meta"] = modern_meta();
        let headers = [("MCP-Protocol-Version", MODERN), ("Mcp-Method", "tools/call"), ("Mcp-Name", tool)];
        request("POST", &self.path, &headers, message.to_string())
    }

    /// Sends a tool call and does not wait for its answer.
    pub(crate) fn start(&self, id: i64, tool: &str, arguments: &Value) -> Connection {
        Connection::with(self.address, &self.bytes(id, tool, arguments))
    }

    #[track_caller]
    pub(crate) fn call(&self, id: i64, tool: &str, arguments: &Value) -> Response {
        self.start(id, tool, arguments).answer().expect("an answer")
    }
}

impl Legacy {
    /// Goes through the handshake; its user can be asked.
    pub(crate) fn open(kernel: &Kernel, path: &str) -> Self {
        let sent = request("POST", path, &[], initialize().to_string());
        let answer = Connection::with(kernel.address, &sent).answer().unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let session = answer.header("mcp-session-id").expect("a session").to_owned();
        let client = Self { address: kernel.address, path: path.to_owned(), session };
        assert_eq!(client.post(&initialized()).answer().unwrap().status, 202);
        client
    }

    pub(crate) fn headers(&self) -> [(&str, &str); 2] {
        [("Mcp-Session-Id", &self.session), ("MCP-Protocol-Version", "2025-11-25")]
    }

    /// Sends a message and does not wait for the answer.
    pub(crate) fn post(&self, message: &Value) -> Connection {
        let sent = request("POST", &self.path, &self.headers(), message.to_string());
        Connection::with(self.address, &sent)
    }

    pub(crate) fn start(&self, id: impl Into<Value>, tool: &str, arguments: &Value) -> Connection {
        self.post(&tool_call(id, tool, arguments))
    }

    /// The answer to a tool call, whether it comes alone or at the end of a stream.
    #[track_caller]
    pub(crate) fn call(&self, id: i64, tool: &str, arguments: &Value) -> Value {
        last(&mut self.start(id, tool, arguments))
    }

    /// GET, after an event where one is named.
    pub(crate) fn listen(&self, after: Option<&str>) -> Connection {
        let mut headers = self.headers().to_vec();
        headers.extend(after.map(|after| ("Last-Event-ID", after)));
        Connection::with(self.address, &request("GET", &self.path, &headers, ""))
    }
}

/// The response at the end of what a connection says.
#[track_caller]
pub(crate) fn last(connection: &mut Connection) -> Value {
    let head = connection.head().expect("an answer");
    assert_eq!(head.status, 200, "{head:?}");
    if head.header("content-type") == Some("text/event-stream") {
        return loop {
            let message = connection.message();
            if message.get("method").is_none() {
                break message;
            }
        };
    }
    connection.rest(head).json()
}

/// The pipes of a process that speaks MCP.
pub(crate) struct Shim {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Shim {
    pub(crate) fn of(child: &mut Child) -> Self {
        Self { stdin: child.stdin.take().unwrap(), stdout: BufReader::new(child.stdout.take().unwrap()) }
    }

    /// Goes through the handshake.
    pub(crate) fn open(&mut self) {
        self.say(&initialize());
        assert_eq!(self.hear()["result"]["protocolVersion"], "2025-11-25");
        self.say(&initialized());
    }

    pub(crate) fn say(&mut self, message: &Value) {
        self.stdin.write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    /// The next message. Bounded by the time that the whole test may take.
    pub(crate) fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no message: {line:?}"))
    }

    pub(crate) fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.hear();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }
}

impl Piped {
    /// Connects and says nothing.
    pub(crate) fn connect(socket: &Path) -> Self {
        let writer = UnixStream::connect(socket).unwrap();
        writer.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { reader: BufReader::new(writer.try_clone().unwrap()), writer }
    }

    /// Connects in the role `stdio` or `wrap` and is welcomed.
    pub(crate) fn welcomed(kernel: &Kernel, role: &Value) -> Self {
        let mut piped = Self::connect(&kernel.socket());
        piped.say(&json!({ "control": 1, "version": "test", "role": role }));
        let welcome = piped.hear().unwrap();
        assert!(welcome["ready"].is_object(), "{welcome}");
        piped
    }

    /// As [`Self::welcomed`], then through the handshake of 2025-11-25.
    pub(crate) fn open(kernel: &Kernel, role: &Value) -> Self {
        let mut piped = Self::welcomed(kernel, role);
        piped.say(&initialize());
        let answer = piped.hear().unwrap();
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{answer}");
        piped.say(&initialized());
        piped
    }

    pub(crate) fn say(&mut self, message: &Value) {
        self.say_raw(message.to_string().as_bytes());
    }

    /// Sends a piece of a line.
    pub(crate) fn send(&mut self, piece: &[u8]) {
        // The other side may have closed: what it said before is still to be read.
        let _ = self.writer.write_all(piece);
    }

    pub(crate) fn say_raw(&mut self, line: &[u8]) {
        self.send(line);
        self.send(b"\n");
    }

    /// The next message; none at the end.
    pub(crate) fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("the kernel says nothing: {error}"),
        }
    }

    /// The answer to the request `id`, passing over what comes before it.
    pub(crate) fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.hear().expect("an answer");
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }
}
