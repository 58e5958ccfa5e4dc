//! Messages as lines (MCP stdio transport): one JSON text per line. Must never hold more of a line than its limit.

use std::io;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Least space for one read.
const READ: usize = 8 * 1024;
/// A buffer that grew beyond this is let go once it is empty.
const KEEP: usize = 256 * 1024;

/// What a line reader finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A line that is not empty, without its end. Not checked in any way.
    Message(Bytes),
    /// A line over the limit. It was skipped to its end, so that the conversation can go on.
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

/// Reads lines of at most a limit. A line ends with LF or CR LF, or where the input ends.
#[derive(Debug)]
pub struct LineReader<R> {
    input: R,
    buffer: BytesMut,
    limit: usize,
    /// Bytes of the buffer known to hold no LF.
    seen: usize,
    /// Bytes thrown away of the line that is over the limit.
    skipped: Option<usize>,
    at_end: bool,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    /// A reader of lines of at most `limit` bytes, not counting their ends.
    #[must_use]
    pub fn new(input: R, limit: usize) -> Self {
        Self { input, buffer: BytesMut::new(), limit, seen: 0, skipped: None, at_end: false }
    }

    /// The next line; none at the end of the input. Dropping the future loses nothing.
    ///
    /// # Errors
    /// What the input reports.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            while let Some(line) = self.buffered() {
                if line != Line::Message(Bytes::new()) {
                    return Ok(Some(line));
                }
            }
            if self.buffer.is_empty() && self.buffer.capacity() > KEEP {
                self.buffer = BytesMut::new();
            }
            self.buffer.reserve(READ);
            if self.input.read_buf(&mut self.buffer).await? == 0 {
                self.at_end = true;
                return Ok(self.last().filter(|line| *line != Line::Message(Bytes::new())));
            }
        }
    }

    /// True once the input has ended: the line returned last may be half of one.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// A whole line out of the buffer.
    fn buffered(&mut self) -> Option<Line> {
        let unseen = self.buffer.get(self.seen..).unwrap_or_default();
        let Some(found) = memchr::memchr(b'\n', unseen) else {
            // The last byte may be the CR of an end whose LF is not here yet.
            let kept = usize::from(self.buffer.ends_with(b"\r"));
            let whole = self.buffer.len() - kept;
            if self.skipped.is_some() || whole > self.limit {
                *self.skipped.get_or_insert(0) += whole;
                self.buffer.advance(whole);
            }
            self.seen = self.buffer.len();
            return None;
        };
        let line = self.buffer.split_to(self.seen + found + 1);
        self.seen = 0;
        let end = if line.ends_with(b"\r\n") { 2 } else { 1 };
        Some(self.line(line, end))
    }

    /// What is left at the end of the input.
    fn last(&mut self) -> Option<Line> {
        let line = self.buffer.split();
        self.seen = 0;
        let end = usize::from(line.ends_with(b"\r"));
        (self.skipped.is_some() || !line.is_empty()).then(|| self.line(line, end))
    }

    fn line(&mut self, mut line: BytesMut, end: usize) -> Line {
        line.truncate(line.len() - end);
        match self.skipped.take() {
            Some(before) => Line::TooLong { bytes: before + line.len() },
            None if line.len() > self.limit => Line::TooLong { bytes: line.len() },
            None => Line::Message(line.freeze()),
        }
    }
}

/// Appends `message` as one line. LF and CR can stand in JSON only between tokens, where a space means the same.
pub fn append_line(out: &mut BytesMut, message: &[u8]) {
    out.reserve(message.len() + 1);
    let start = out.len();
    out.extend_from_slice(message);
    let copied = out.get_mut(start..).unwrap_or_default();
    if memchr::memchr2(b'\n', b'\r', copied).is_some() {
        for byte in copied.iter_mut().filter(|byte| matches!(**byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
    }
    out.extend_from_slice(b"\n");
}

#[cfg(test)]
mod tests;
