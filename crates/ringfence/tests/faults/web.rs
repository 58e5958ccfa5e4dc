//! An upstream server over HTTP of the modern era, whose answers to tool calls are up to the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};

/// The server. Its threads end with the test process.
pub(crate) struct Web {
    address: SocketAddr,
}

impl Web {
    /// Starts one; `misbehave` gets each `tools/call` and the connection to answer on, which is closed afterwards.
    pub(crate) fn start(misbehave: impl Fn(&Value, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let misbehave = Arc::new(misbehave);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let misbehave = Arc::clone(&misbehave);
                std::thread::spawn(move || serve(stream, &*misbehave));
            }
        });
        Self { address }
    }

    /// Its entry in the configuration.
    pub(crate) fn entry(&self) -> Value {
        json!({
            "url": format!("http://{}/mcp", self.address),
            "tools": { "*": { "effects": ["read"], "egress": false } },
        })
    }
}

fn serve(stream: TcpStream, misbehave: &dyn Fn(&Value, &mut TcpStream)) {
    let Ok(mut out) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    if let Some(message) = message(&mut reader) {
        let id = &message["id"];
        let result = match message["method"].as_str().unwrap_or_default() {
            "server/discover" => json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": { "tools": {} }, "ttlMs": 0, "cacheScope": "private" }),
            "tools/list" => {
                let region = json!({ "type": "string", "x-mcp-header": "Region" });
                json!({ "resultType": "complete", "ttlMs": 0, "cacheScope": "private", "tools": [
                    { "name": "ill", "inputSchema": { "type": "object" } },
                    { "name": "routed", "inputSchema": { "type": "object", "properties": { "region": region } } },
                ] })
            }
            "tools/call" => return misbehave(&message, &mut out),
            _ => json!({}),
        };
        answer(&mut out, &json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    }
}

fn message(reader: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(given) = line.strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Answers as it should be.
pub(crate) fn answer(out: &mut TcpStream, message: &Value) {
    write(out, "200 OK", &message.to_string());
}

/// Answers with this status and body.
pub(crate) fn write(out: &mut TcpStream, status: &str, body: &str) {
    head(out, status, body.len());
    let _ = out.write_all(body.as_bytes());
}

/// Only the head of an answer.
pub(crate) fn head(out: &mut TcpStream, status: &str, length: usize) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let _ = out.write_all(head.as_bytes());
}
