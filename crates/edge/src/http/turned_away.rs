//! The one answer that a connection gets which is not let in. Must never wait for it.

use std::io::Write as _;

use hyper::StatusCode;
use tokio::net::TcpStream;

/// Tells the client why, where its socket takes that at once, and closes the connection.
///
/// Nothing is read: who is not let in costs no time. A client that sent its request already may see a reset instead.
pub(super) fn turn_away(stream: TcpStream, status: StatusCode, why: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{why}",
        why.len()
    );
    // Of a socket that is not used any more the runtime need not know when it can be written to.
    let _took_it = stream.into_std().and_then(|mut stream| stream.write(answer.as_bytes()));
}
