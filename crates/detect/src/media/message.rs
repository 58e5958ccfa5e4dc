//! Content of a message that is not text: images, recordings and blobs of its content blocks, and `data:` URLs in its text.
//! Must never decode what it decoded.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::Finder;
use ringfence_model::finding::{Category, Finding, Severity, Span};
use ringfence_model::json::{Json, JsonText, Kind as JsonKind, Splice};

use super::{decode_base64, decode_data_uri, inspect_blob};
use crate::secret::place;

/// Content blocks lie three deep at most: `messages`, `content`, `resource`.
const DEEPEST: usize = 5;
/// Most contents of one message that are looked into.
const MOST: usize = 64;
/// Longest head of a `data:` URL: its media type and parameters.
const LONGEST_HEAD: usize = 200;

/// One content of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// Bytes of the string in the JSON text that holds it, quotes included.
    pub at: Range<usize>,
    /// The string is the content, not a text that has it somewhere.
    pub whole: bool,
    /// Its text, where it could be taken out.
    pub text: Option<String>,
    /// What is to be said of it apart from its text. Spans are bytes of the decoded content.
    pub findings: Vec<Finding>,
}

/// The contents of `message` that are not text, in order: members `blob` and, of images and recordings, `data` (MCP
/// 2025-11-25, server/tools «Tool Result», server/resources «Binary Content»), and `data:` URLs of base64 in any string.
#[must_use]
pub fn attachments(message: &JsonText) -> Vec<Attachment> {
    static SIGNS: LazyLock<[Finder<'static>; 4]> =
        LazyLock::new(|| [r"\u", "\"blob\"", "\"data\"", ";base64,"].map(Finder::new));
    let [escape, blob, data, url] = &*SIGNS;
    let has = |sign: &Finder<'_>| sign.find(message.as_str().as_bytes()).is_some();
    let mut found = Vec::new();
    // A key or a scheme may be spelled in escapes.
    let spelled = has(escape);
    if spelled || has(blob) || has(data) {
        blocks(message, message.value(), 0, &mut found);
    }
    if spelled || has(url) {
        in_text(message, &mut found);
    }
    found
}

/// `message` without the contents at `places`: where one was a whole string it is `why`, encoded as contents are, so that
/// the message keeps its shape; where it stood in a text, `why` stands for all of that text.
#[must_use]
pub fn without(message: &JsonText, removed: &[&Attachment], why: &str) -> JsonText {
    let mut splice = Splice::new(message);
    message.value().strings(&mut |string| {
        let at = place(message, string);
        if let Some(one) = removed.iter().find(|one| one.at == at) {
            let in_url = string.as_str().is_some_and(|text| text.contains(','));
            let said = if one.whole && !in_url { STANDARD.encode(why) } else { why.to_owned() };
            splice.replace(string, &JsonText::string(&said));
        }
    });
    splice.finish()
}

fn blocks(message: &JsonText, value: Json<'_>, depth: usize, found: &mut Vec<Attachment>) {
    if depth > DEEPEST || found.len() >= MOST {
        return;
    }
    match value.kind() {
        JsonKind::Array => value.elements().for_each(|element| blocks(message, element, depth + 1, found)),
        JsonKind::Object => {
            let kind = value.get("type").and_then(Json::as_str);
            let is_media = matches!(kind.as_deref(), Some("image" | "audio"));
            let content = value.get("blob").or_else(|| value.get("data").filter(|_| is_media));
            if let Some(content) = content.filter(|content| content.kind() == JsonKind::String) {
                let declared = value.get("mimeType").and_then(Json::as_str);
                let encoded = content.as_str().unwrap_or_default();
                found.push(match decode_base64(&encoded) {
                    Ok(bytes) => inspected(place(message, content), true, &bytes, declared.as_deref()),
                    Err(error) => undecoded(place(message, content), true, encoded.len(), &error),
                });
            }
            for key in ["content", "contents", "messages", "resource"] {
                if let Some(inner) = value.get(key) {
                    blocks(message, inner, depth + 1, found);
                }
            }
        }
        JsonKind::Null | JsonKind::Bool | JsonKind::Number | JsonKind::String => {}
    }
}

fn in_text(message: &JsonText, found: &mut Vec<Attachment>) {
    message.value().strings(&mut |string| {
        if string.raw().len() < ";base64,".len() {
            return;
        }
        let Some(text) = string.as_str() else { return };
        let mut past = 0;
        for mark in memchr::memmem::find_iter(text.as_bytes(), b";base64,") {
            if mark < past || found.len() >= MOST {
                continue;
            }
            let body = mark + ";base64,".len();
            let is_base64 = |byte: &u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'%')
            };
            let length = text
                .as_bytes()
                .get(body..)
                .unwrap_or_default()
                .iter()
                .take_while(|byte| is_base64(byte))
                .count();
            past = body + length;
            let from = floor(&text, mark.saturating_sub(LONGEST_HEAD));
            let head = text.get(from..mark).unwrap_or_default().to_ascii_lowercase();
            let Some(start) = head.rfind("data:").map(|at| from + at) else { continue };
            let uri = text.get(start..past).unwrap_or_default();
            let (at, whole) = (place(message, string), uri.len() == text.len());
            found.push(match decode_data_uri(uri) {
                Ok((declared, bytes)) => inspected(at, whole, &bytes, Some(declared)),
                Err(error) => undecoded(at, whole, uri.len(), &error),
            });
        }
    });
}

/// The greatest character boundary at or below `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn inspected(at: Range<usize>, whole: bool, bytes: &[u8], declared: Option<&str>) -> Attachment {
    let inspected = inspect_blob(bytes, declared);
    Attachment { at, whole, text: inspected.text.map(Cow::into_owned), findings: inspected.findings }
}

/// What is no base64 to us may be to somebody else.
fn undecoded(at: Range<usize>, whole: bool, length: usize, error: &super::BadEncoding) -> Attachment {
    let finding = Finding {
        id: Cow::Borrowed("uninspected"),
        category: Category::Uninspected,
        severity: Severity::Medium,
        confidence: 100,
        span: Span { start: 0, end: length, line: 1, column: 1 },
        message: format!("Content that was not read: {error}"),
        alternative: None,
        reference: Some(Cow::Borrowed("CWE-693")),
    };
    Attachment { at, whole, text: None, findings: vec![finding] }
}
