//! Inputs made of the pieces that matter to the readers, with some bytes of any kind between them.

use bolero::TypeGenerator;

/// A piece of JSON.
#[derive(Debug, Clone, Copy, TypeGenerator)]
pub(crate) enum Json {
    /// One of [`JSON`].
    Known(u8),
    /// Any byte.
    Byte(u8),
    /// A run of the same piece, to go deep.
    Run(u8, u8),
}

/// A piece of a stream of events.
#[derive(Debug, Clone, Copy, TypeGenerator)]
pub(crate) enum Events {
    /// One of [`EVENTS`].
    Known(u8),
    /// Any byte.
    Byte(u8),
}

const JSON: [&str; 48] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\"a\"",
    "\"\\u0061\"",
    "\"b\"",
    "\"\"",
    "\"a\":",
    "\"b\":",
    "\"\\ud83d\\ude00\":",
    "\"\u{1f600}\":",
    "\\ud800",
    "\\udc00",
    "\\u0000",
    "\\n",
    "\\/",
    "0",
    "-0",
    "1",
    "01",
    "1.5",
    "1e9",
    "1e999999",
    "-",
    ".",
    "e",
    "true",
    "false",
    "null",
    "nul",
    "NaN",
    " ",
    "\n",
    "\t",
    "\u{feff}",
    "{}",
    "[]",
    "{\"a\":1}",
    "\"jsonrpc\":\"2.0\"",
    "\"id\":",
    "\"method\":\"ping\"",
    "\"params\":{}",
    "\"result\":{}",
];

const EVENTS: [&str; 20] = [
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "data:",
    "data: x",
    "data",
    "data:\n",
    "id: 7",
    "id:\0",
    "event: e",
    "retry: 10",
    "retry: 1x",
    ":",
    ": comment",
    " ",
    "\u{feff}",
    "\0",
    "\u{e9}",
    "unknown: y",
];

fn known<'a>(all: &[&'a str], number: u8) -> &'a [u8] {
    all[usize::from(number) % all.len()].as_bytes()
}

pub(crate) fn json(pieces: &[Json]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces {
        match *piece {
            Json::Known(number) => bytes.extend(known(&JSON, number)),
            Json::Byte(byte) => bytes.push(byte),
            Json::Run(number, times) => bytes.extend(known(&JSON, number).repeat(usize::from(times))),
        }
    }
    bytes
}

pub(crate) fn events(pieces: &[Events]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces {
        match *piece {
            Events::Known(number) => bytes.extend(known(&EVENTS, number)),
            Events::Byte(byte) => bytes.push(byte),
        }
    }
    bytes
}
