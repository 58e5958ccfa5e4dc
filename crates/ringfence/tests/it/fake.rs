//! A kernel that the test speaks for, line by line, on the control socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::home::Home;

/// How long anything may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The control socket.
pub(crate) struct Fake(UnixListener);

/// One connection.
pub(crate) struct Peer {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    /// The shim's first line.
    pub(crate) hello: Value,
}

impl Fake {
    pub(crate) fn listen(home: &Home) -> Self {
        std::fs::create_dir_all(home.socket().parent().unwrap()).unwrap();
        Self(UnixListener::bind(home.socket()).unwrap())
    }

    /// The next connection, welcomed.
    pub(crate) fn accept(&self) -> Peer {
        let mut peer = self.accept_silently();
        peer.say(&json!({ "ready": { "version": env!("CARGO_PKG_VERSION"), "pid": 1 } }));
        peer
    }

    /// The next connection, after its first line.
    pub(crate) fn accept_silently(&self) -> Peer {
        let (stream, _) = self.0.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut peer =
            Peer { reader: BufReader::new(stream.try_clone().unwrap()), writer: stream, hello: Value::Null };
        peer.hello = peer.hear().unwrap();
        peer
    }
}

impl Peer {
    /// The next line; none at the end.
    pub(crate) fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).unwrap();
        (read > 0).then(|| serde_json::from_str(&line).unwrap())
    }

    pub(crate) fn say(&mut self, message: &Value) {
        self.say_raw(&message.to_string());
    }

    pub(crate) fn say_raw(&mut self, line: &str) {
        self.writer.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}
