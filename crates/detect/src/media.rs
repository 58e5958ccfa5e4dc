//! Content that is not plain text: recognized by its bytes, and its text taken out where it has some.
//!
//! Bounded: at most [`LONGEST_TEXT`] bytes of text, [`archive::MOST_UNPACKED`] unpacked, one level deep. What cannot be
//! read says `uninspected`; must never believe what a content says of itself, nor run or unpack more than its bounds.

mod archive;
mod encoded;
mod kind;
mod message;
mod rule;
mod xml;

use std::borrow::Cow;

use ringfence_model::finding::Finding;

use encoded::{BadEncoding, decode_base64, decode_data_uri};
pub use kind::Kind;
pub use message::{Attachment, attachments, without};

use rule::Rule;

/// Most bytes of text that are taken out of one content.
pub const LONGEST_TEXT: usize = 4 << 20;

/// What a content is and says.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected<'b> {
    /// What kind of content, by its bytes.
    pub kind: Kind,
    /// The format's usual short name, such as `png`, `docx`; `unknown` where it was not recognized.
    pub format: &'static str,
    /// Its text, for the detectors of text; of several parts with a line between them.
    pub text: Option<Cow<'b, str>>,
    /// What is to be said of it apart from its text. Spans are bytes of the content.
    pub findings: Vec<Finding>,
}

/// Recognizes `bytes`, takes their text out, and holds them against the `declared` media type.
#[must_use]
pub fn inspect_blob<'b>(bytes: &'b [u8], declared: Option<&str>) -> Inspected<'b> {
    let format = kind::recognize(bytes);
    let mut rules: Vec<&Rule> = Vec::new();
    let (format, text) = match format.kind {
        Kind::Text => decoded(bytes, &mut rules).map_or((kind::UNKNOWN, None), |text| (format, Some(text))),
        Kind::Archive | Kind::Office => {
            let opened = archive::open(bytes, format, &mut rules);
            (opened.format, opened.text.map(Cow::Owned))
        }
        Kind::Image
        | Kind::Pdf
        | Kind::Audio
        | Kind::Video
        | Kind::Font
        | Kind::Executable
        | Kind::Unknown => (format, None),
    };
    if text.is_none() && !rules.iter().any(|rule| rule.is_uninspected()) {
        rules.extend(rule::uninspected(format.kind));
    }
    if format.kind == Kind::Executable {
        rules.push(&rule::EXECUTABLE);
    }
    if declared.is_some_and(|declared| kind::contradicts(declared, format)) {
        rules.push(&rule::MISMATCH);
    }
    if format.kind == Kind::Image && memchr::memmem::find(bytes, archive::END_OF_ZIP).is_some() {
        rules.push(&rule::POLYGLOT);
    }
    let findings = rules.into_iter().map(|rule| rule.finding(bytes.len())).collect();
    Inspected { kind: format.kind, format: format.name, text, findings }
}

/// Text in UTF-8, or in UTF-16 by its byte order mark.
fn decoded<'b>(bytes: &'b [u8], rules: &mut Vec<&'static Rule>) -> Option<Cow<'b, str>> {
    let kept = bytes.get(..LONGEST_TEXT).unwrap_or(bytes);
    if kept.len() < bytes.len() {
        rules.push(&rule::TRUNCATED);
    }
    let units = |pair: fn([u8; 2]) -> u16| {
        kept.get(2..).unwrap_or_default().chunks_exact(2).map(move |two| match two {
            [a, b] => pair([*a, *b]),
            _ => 0,
        })
    };
    match kept {
        [0xff, 0xfe, ..] => Some(char::decode_utf16(units(u16::from_le_bytes)).map(replaced).collect()),
        [0xfe, 0xff, ..] => Some(char::decode_utf16(units(u16::from_be_bytes)).map(replaced).collect()),
        _ => match std::str::from_utf8(kept) {
            Ok(text) => Some(Cow::Borrowed(text)),
            // Only the cut may have gone through a character.
            Err(error) if error.error_len().is_none() && kept.len() < bytes.len() => {
                std::str::from_utf8(kept.get(..error.valid_up_to())?).ok().map(Cow::Borrowed)
            }
            Err(_) => None,
        },
    }
}

fn replaced(unit: Result<char, std::char::DecodeUtf16Error>) -> char {
    unit.unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests;
