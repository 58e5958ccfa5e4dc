//! The messages of the bench's client, and the check that an answer is the right one.
//!
//! An error, a wrong id or a changed text is never counted as a call.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::cell::{Call, Era};
use crate::failure::Failure;

/// One in so many answers is read in full; in the others the expected bytes are looked for.
const READ_IN_FULL: u64 = 16;

/// Words of the filler: prose, paths and numbers, since a scanner reads real text slower than one repeated letter.
const WORDS: [&str; 24] = [
    "the", "report", "of", "quarter", "3", "shows", "that", "orders", "rose", "by", "12.5", "percent", "in",
    "src/app", "while", "returns", "fell", "see", "table", "4711", "for", "each", "region", "and",
];

/// Builds the calls of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    era: Era,
    call: Call,
    tool: String,
    filler: String,
}

/// A call that is on its way.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) body: Bytes,
    id: u64,
    /// Where the text to be echoed stands in the body, with its quotes; empty for a list.
    text: Range<usize>,
}

impl Sent {
    fn text(&self) -> &[u8] {
        self.body.get(self.text.clone()).unwrap_or_default()
    }
}

impl Caller {
    pub(crate) fn new(era: Era, call: Call, tool: &str) -> Self {
        let size = match call {
            Call::Echo(kib) => kib * 1024,
            Call::List => 0,
        };
        Self { era, call, tool: tool.to_owned(), filler: filler(size) }
    }

    pub(crate) fn method(&self) -> &'static str {
        match self.call {
            Call::Echo(_) => "tools/call",
            Call::List => "tools/list",
        }
    }

    /// The name that the modern era repeats in a header.
    pub(crate) fn named(&self) -> Option<&str> {
        match self.call {
            Call::Echo(_) => Some(&self.tool),
            Call::List => None,
        }
    }

    /// The call with this id; no two ids give the same arguments.
    pub(crate) fn build(&self, id: u64) -> Sent {
        let mut body = String::with_capacity(self.filler.len() + 512);
        let mut text = 0..0;
        // Writing to a String cannot fail.
        let _ = write!(body, r#"{{"jsonrpc":"2.0","id":{id},"method":"{}","params":{{"#, self.method());
        if let Call::Echo(_) = self.call {
            let _ = write!(body, r#""name":"{}","arguments":{{"text":"#, self.tool);
            text.start = body.len();
            let _ = write!(body, "\"call {id} ");
            body.push_str(&self.filler);
            body.push('"');
            text.end = body.len();
            body.push('}');
        }
        if self.era == Era::Modern {
            body.push_str(if text.is_empty() { "" } else { "," });
            body.push_str(MODERN_META);
        }
        body.push_str("}}");
        Sent { body: body.into(), id, text }
    }

    /// Whether `answer` is the right one for `sent`.
    pub(crate) fn check(&self, sent: &Sent, answer: &[u8]) -> Result<(), Failure> {
        if !sent.id.is_multiple_of(READ_IN_FULL) && self.looks_right(sent, answer) {
            return Ok(());
        }
        self.read(sent, answer).map_err(|reason| {
            let shown: String = String::from_utf8_lossy(answer).chars().take(300).collect();
            Failure::new(format!("{reason}: {shown}"))
        })
    }

    /// Cheap enough to leave the processor to what is measured.
    fn looks_right(&self, sent: &Sent, answer: &[u8]) -> bool {
        let has = |part: &[u8], needle: &str| memmem::find(part, needle.as_bytes()).is_some();
        let id = format!("\"id\":{}", sent.id);
        match self.call {
            Call::Echo(_) => {
                // The text begins with the id, so another call's answer cannot pass.
                let start = memmem::find(answer, format!("\"call {} ", sent.id).as_bytes());
                let parts = start.and_then(|start| answer.split_at_checked(start));
                parts.is_some_and(|(before, from)| {
                    let after = from.strip_prefix(sent.text());
                    let whole = |after: &[u8]| has(before, &id) || has(after, &id);
                    let failed =
                        |after: &[u8]| [before, after].iter().any(|part| has(part, "\"isError\":true"));
                    after.is_some_and(|after| whole(after) && !failed(after))
                })
            }
            Call::List => has(answer, &id) && has(answer, "read_record_99\"") && answer.len() > 30_000,
        }
    }

    fn read(&self, sent: &Sent, answer: &[u8]) -> Result<(), String> {
        let answer: Answer<'_> =
            serde_json::from_slice(answer).map_err(|error| format!("no answer ({error})"))?;
        if let Some(error) = answer.error {
            return Err(format!("error {}", error.get()));
        }
        if answer.id != Some(sent.id) {
            return Err(format!("id {:?} for call {}", answer.id, sent.id));
        }
        let result = answer.result.ok_or("neither result nor error")?;
        match self.call {
            Call::Echo(_) => {
                let expected: String =
                    serde_json::from_slice(sent.text()).map_err(|error| error.to_string())?;
                let right =
                    matches!(result.content.as_slice(), [only] if only.text == expected) && !result.is_error;
                if right { Ok(()) } else { Err("not the text that was sent".to_owned()) }
            }
            // A proxy may add tools of its own.
            Call::List if result.tools.len() >= 100 => Ok(()),
            Call::List => Err(format!("{} tools instead of 100", result.tools.len())),
        }
    }
}

/// The legacy handshake.
pub(crate) fn initialize(id: u64) -> String {
    format!(
        concat!(
            r#"{{"jsonrpc":"2.0","id":{},"method":"initialize","params":{{"protocolVersion":"2025-11-25","#,
            r#""capabilities":{{}},"clientInfo":{{"name":"ringfence-bench","version":"1"}}}}}}"#
        ),
        id
    )
}

pub(crate) const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

const MODERN_META: &str = concat!(
    r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
    r#""io.modelcontextprotocol/clientCapabilities":{},"#,
    r#""io.modelcontextprotocol/clientInfo":{"name":"ringfence-bench","version":"1"}}"#
);

/// The data of the last event of a stream: the answer. Events before it are notifications.
pub(crate) fn last_event(stream: &str) -> String {
    let mut last = String::new();
    for event in stream.replace("\r\n", "\n").split("\n\n") {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
        let data = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
        if !data.is_empty() {
            last = data;
        }
    }
    last
}

/// At least `size` bytes of text as they stand in a JSON string, a line break every twelve words.
fn filler(size: usize) -> String {
    let mut text = String::with_capacity(size + 16);
    for (number, word) in WORDS.iter().cycle().enumerate() {
        if text.len() >= size {
            break;
        }
        text.push_str(word);
        text.push_str(if number % 12 == 11 { "\\n" } else { " " });
    }
    text
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow, default)]
    result: Option<CallResult<'a>>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct CallResult<'a> {
    #[serde(borrow, default)]
    content: Vec<Content<'a>>,
    #[serde(borrow, default)]
    tools: Vec<&'a RawValue>,
    #[serde(default, rename = "isError")]
    is_error: bool,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    text: Cow<'a, str>,
}

#[cfg(test)]
mod tests;
