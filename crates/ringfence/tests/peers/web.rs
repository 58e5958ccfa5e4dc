//! Plain HTTP on loopback: a site for servers to fetch, and requests that no client library would send.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::wait::PATIENCE;

/// A site of a few pages; everything else is 404. Ends with the test's process.
pub(crate) struct Site {
    address: SocketAddr,
    /// The targets that were asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub(crate) fn serve(pages: &[(&'static str, &'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pages = pages.to_vec();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let path = head.split(' ').nth(1).unwrap_or_default();
                seen.lock().unwrap().push(path.to_owned());
                let (status, kind, body) = match pages.iter().find(|(page, _, _)| *page == path) {
                    Some((_, kind, body)) => ("200 OK", *kind, *body),
                    None => ("404 Not Found", "text/plain", "nothing here"),
                };
                let length = body.len();
                let _gone = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {length}\r\n\
                     Connection: close\r\n\r\n{body}"
                );
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A configuration that lets tools be given its URLs, which lead inside.
    pub(crate) fn let_in(&self) -> String {
        format!("version: 1\ndetect: {{ origins: ['{}'] }}\n", self.url(""))
    }

    /// The targets that were asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// True once something listens on a port.
pub(crate) fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: String,
}

impl Answer {
    /// The JSON-RPC message, whether by itself or as the last event of a stream.
    pub(crate) fn message(&self) -> Value {
        let last = self.body.lines().rev().find_map(|line| line.strip_prefix("data:"));
        serde_json::from_str(last.unwrap_or(&self.body)).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One POST with these headers, to its end.
pub(crate) fn post(address: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nConnection: close\r\n{extra}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (_head, body) = text.split_once("\r\n\r\n").unwrap();
    Answer { body: body.to_owned() }
}
