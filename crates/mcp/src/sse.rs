//! Server-sent events (WHATWG HTML section 9.2.6 "Interpreting an event stream"), read and written. Must never hold
//! more of an event than its limit.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

/// A comment line that keeps a quiet stream open.
pub const KEEP_ALIVE: &[u8] = b":\n\n";

/// One event with data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its type; `message` where the stream names none.
    pub name: Box<str>,
    /// Its data, lines joined by LF. Not checked in any way.
    pub data: Bytes,
}

/// An event over the limit; the stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event exceeds the limit of {limit} bytes")]
pub struct TooLong {
    /// The limit.
    pub limit: usize,
}

/// Text that can stand in an `event` or `id` field: without CR, LF and NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a>(&'a str);

/// Reads events out of chunks of any size.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// What was fed and not yet looked at.
    input: Bytes,
    /// The beginning of a line whose end has not come.
    partial: BytesMut,
    started: bool,
    /// The last line ended with CR: an LF right after it belongs to that end.
    after_cr: bool,
    name: Box<str>,
    data: Data,
    id: Box<str>,
    last_event_id: Box<str>,
    retry: Option<Duration>,
}

/// The data lines of an event so far. One line, the usual case, stays a slice of the chunk it came in.
#[derive(Debug)]
enum Data {
    None,
    One(Bytes),
    Many(BytesMut),
}

impl<'a> Field<'a> {
    /// None where `text` has a CR, LF or NUL.
    #[must_use]
    pub fn new(text: &'a str) -> Option<Self> {
        memchr::memchr3(b'\r', b'\n', 0, text.as_bytes()).is_none().then_some(Self(text))
    }
}

impl Decoder {
    /// A decoder for events of at most `limit` bytes of data, and lines of at most that.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            input: Bytes::new(),
            partial: BytesMut::new(),
            started: false,
            after_cr: false,
            name: Box::default(),
            data: Data::None,
            id: Box::default(),
            last_event_id: Box::default(),
            retry: None,
        }
    }

    /// Takes the next chunk. Call [`Self::next_event`] until it has none before feeding more.
    pub fn feed(&mut self, chunk: Bytes) {
        if self.input.is_empty() {
            self.input = chunk;
        } else {
            let mut joined = BytesMut::from(&*self.input);
            joined.extend_from_slice(&chunk);
            self.input = joined.freeze();
        }
    }

    /// The next event that has data; none until more is fed. What the stream ends within is discarded, as the
    /// standard says.
    ///
    /// # Errors
    /// [`TooLong`] for a line or an event over the limit.
    pub fn next_event(&mut self) -> Result<Option<Event>, TooLong> {
        while let Some(line) = self.line()? {
            if line.is_empty() {
                if let Some(event) = self.dispatch() {
                    return Ok(Some(event));
                }
            } else {
                self.field(&line)?;
            }
        }
        Ok(None)
    }

    /// The id to resume after; empty where the stream gave none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The time to wait before resuming, where the stream gave one.
    #[must_use]
    pub const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// The next whole line, without its end.
    fn line(&mut self) -> Result<Option<Bytes>, TooLong> {
        if self.after_cr && !self.input.is_empty() {
            self.after_cr = false;
            if self.input.first() == Some(&b'\n') {
                self.input = self.input.slice(1..);
            }
        }
        let Some(end) = memchr::memchr2(b'\n', b'\r', &self.input) else {
            self.partial.extend_from_slice(&self.input);
            self.input = Bytes::new();
            return self.bounded(self.partial.len()).map(|()| None);
        };
        self.bounded(self.partial.len() + end)?;
        let rest = self.input.split_off(end);
        let tail = std::mem::replace(&mut self.input, rest.slice(1..));
        self.after_cr = rest.first() == Some(&b'\r');
        let mut line = if self.partial.is_empty() {
            tail
        } else {
            self.partial.extend_from_slice(&tail);
            self.partial.split().freeze()
        };
        if !self.started {
            self.started = true;
            if line.starts_with("\u{feff}".as_bytes()) {
                line = line.slice(3..);
            }
        }
        Ok(Some(line))
    }

    fn field(&mut self, line: &Bytes) -> Result<(), TooLong> {
        let colon = memchr::memchr(b':', line);
        let (name, value) = match colon {
            Some(colon) => (line.slice(..colon), line.slice(colon + 1..)),
            None => (line.clone(), Bytes::new()),
        };
        let value = if value.first() == Some(&b' ') { value.slice(1..) } else { value };
        match &*name {
            b"data" => {
                self.bounded(self.data.len() + value.len() + 1)?;
                self.data.push(value);
            }
            b"event" => self.name = String::from_utf8_lossy(&value).into(),
            b"id" if !value.contains(&0) => self.id = String::from_utf8_lossy(&value).into(),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let millis = std::str::from_utf8(&value).ok().and_then(|digits| digits.parse().ok());
                self.retry = millis.map(Duration::from_millis).or(self.retry);
            }
            // Comments have an empty name; the standard ignores all others.
            _ => {}
        }
        Ok(())
    }

    /// The end of an event. One without data only moves the id on.
    fn dispatch(&mut self) -> Option<Event> {
        self.last_event_id.clone_from(&self.id);
        let name = std::mem::take(&mut self.name);
        let data = match std::mem::replace(&mut self.data, Data::None) {
            Data::None => return None,
            Data::One(data) => data,
            Data::Many(data) => data.freeze(),
        };
        Some(Event { name: if name.is_empty() { "message".into() } else { name }, data })
    }

    const fn bounded(&self, bytes: usize) -> Result<(), TooLong> {
        // The field name, its colon and a space come on top of the data.
        if bytes > self.limit.saturating_add(16) { Err(TooLong { limit: self.limit }) } else { Ok(()) }
    }
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(data) => data.len(),
            Self::Many(data) => data.len(),
        }
    }

    fn push(&mut self, line: Bytes) {
        match self {
            Self::None => *self = Self::One(line),
            Self::One(first) => {
                let mut joined = BytesMut::with_capacity(first.len() + 1 + line.len());
                joined.extend_from_slice(first);
                joined.extend_from_slice(b"\n");
                joined.extend_from_slice(&line);
                *self = Self::Many(joined);
            }
            Self::Many(joined) => {
                joined.extend_from_slice(b"\n");
                joined.extend_from_slice(&line);
            }
        }
    }
}

/// One event as it stands in a stream. CR, LF and CR LF in `data` all become the end of a data line, which a reader
/// joins by LF: in JSON they stand only between tokens.
#[must_use]
pub fn encode(name: Option<Field<'_>>, id: Option<Field<'_>>, data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(data.len() + 64);
    for (field, text) in [("event: ", name), ("id: ", id)] {
        if let Some(Field(text)) = text {
            out.extend_from_slice(field.as_bytes());
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(b"\n");
        }
    }
    let mut rest = data;
    loop {
        let end = memchr::memchr2(b'\n', b'\r', rest);
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.extend_from_slice(b"\n");
        if end.is_none() {
            break;
        }
        rest = after.strip_prefix(b"\r\n").or_else(|| after.get(1..)).unwrap_or_default();
    }
    out.extend_from_slice(b"\n");
    out.freeze()
}

/// An event without data that gives the reader an id to resume after and the time to wait before it does
/// (MCP 2025-11-25, "Streamable HTTP", section "Sending Messages to the Server").
#[must_use]
pub fn encode_priming(id: Field<'_>, retry: Option<Duration>) -> Bytes {
    let retry = retry.map(|wait| format!("retry: {}\n", wait.as_millis())).unwrap_or_default();
    Bytes::from(format!("id: {}\n{retry}data:\n\n", id.0))
}

#[cfg(test)]
mod tests;
