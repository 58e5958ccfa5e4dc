//! HTTP by hand, so that a test can send what no library would.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::house::PATIENCE;

/// One connection.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    /// The body comes in chunks.
    chunked: bool,
    /// What of the event stream has been read and not taken.
    events: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// A server-sent event.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    /// None for an event that only carries an id.
    pub(crate) data: Option<Value>,
}

/// A request as bytes.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    let has = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let usual = [
        ("Host", "127.0.0.1"),
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
    ];
    for (name, value) in usual.iter().filter(|(name, _)| !has(name)).chain(headers) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !has("Content-Length") && !has("Transfer-Encoding") {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), chunked: false, events: String::new() }
    }

    /// Sends bytes; false where the other side has closed.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.get_mut().write_all(bytes).is_ok()
    }

    /// Opens a connection and sends one request on it.
    pub(crate) fn with(address: SocketAddr, bytes: &[u8]) -> Self {
        let mut connection = Self::open(address);
        assert!(connection.send(bytes));
        connection
    }

    /// The answer; none where the other side closed without one.
    pub(crate) fn answer(&mut self) -> Option<Response> {
        let head = self.head()?;
        self.whole(head)
    }

    /// The answer whose head has been read.
    pub(crate) fn rest(&mut self, head: Response) -> Response {
        self.whole(head).expect("a whole answer")
    }

    fn whole(&mut self, mut head: Response) -> Option<Response> {
        if self.chunked {
            while let Some(chunk) = self.chunk() {
                head.body.push_str(&chunk);
            }
        } else {
            let length = head.header("content-length").map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).ok()?;
            head.body = String::from_utf8(body).unwrap();
        }
        Some(head)
    }

    /// The head of an answer, without its body.
    pub(crate) fn head(&mut self) -> Option<Response> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).unwrap().parse().unwrap();
        let mut response = Response { status, headers: Vec::new(), body: String::new() };
        while let Some(line) = self.line().filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap();
            response.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        self.chunked = response.header("transfer-encoding") == Some("chunked");
        Some(response)
    }

    /// The next event of a stream whose head has been read; none at its end.
    pub(crate) fn event(&mut self) -> Option<Event> {
        let end = loop {
            if let Some(end) = self.events.find("\n\n") {
                break end;
            }
            let more = self.chunk()?;
            self.events.push_str(&more);
        };
        let text: String = self.events.drain(..end + 2).collect();
        let field = |name: &str| {
            text.lines()
                .find_map(|line| Some(line.strip_prefix(name)?.trim_start().to_owned()))
                .unwrap_or_default()
        };
        let data = field("data:");
        Some(Event {
            id: field("id:"),
            // The address that a stream of 2024-11-05 begins with is no JSON.
            data: (!data.is_empty()).then(|| serde_json::from_str(&data).unwrap_or(Value::String(data))),
        })
    }

    /// The next message of a stream.
    pub(crate) fn message(&mut self) -> Value {
        loop {
            if let Some(data) = self.event().expect("the stream goes on").data {
                return data;
            }
        }
    }

    /// True once the other side has closed the connection and sent nothing more.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = [0; 1];
        match self.stream.read(&mut rest) {
            Ok(read) => read == 0,
            Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
        }
    }

    /// True where the other side has closed the connection by now.
    pub(crate) fn has_ended(&mut self) -> bool {
        let stream = self.stream.get_ref();
        stream.set_nonblocking(true).unwrap();
        let ended = match stream.peek(&mut [0; 1]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        stream.set_nonblocking(false).unwrap();
        ended
    }

    fn chunk(&mut self) -> Option<String> {
        let size = usize::from_str_radix(self.line()?.trim(), 16).unwrap();
        let mut chunk = vec![0; size];
        self.stream.read_exact(&mut chunk).unwrap();
        self.line();
        (size > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}
