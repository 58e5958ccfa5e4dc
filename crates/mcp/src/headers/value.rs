//! Values in headers: plain where visible ASCII carries them, else `=?base64?…?=` (2026-07-28, "Streamable HTTP",
//! section "Value Encoding"). Must never emit a control character.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// `text` as a header value; none only where it is too long for one.
pub(super) fn encode(text: &str) -> Option<HeaderValue> {
    let visible = text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    let padded = text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
    if visible && !padded && wrapped(text).is_none() {
        HeaderValue::from_str(text).ok()
    } else {
        HeaderValue::try_from(format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(text))).ok()
    }
}

/// What a header value stands for; none where it is wrapped but not the Base64 of UTF-8.
pub(super) fn decode(value: &str) -> Option<Cow<'_, str>> {
    match wrapped(value) {
        None => Some(Cow::Borrowed(value)),
        Some(base64) => String::from_utf8(STANDARD.decode(base64).ok()?).ok().map(Cow::Owned),
    }
}

fn wrapped(value: &str) -> Option<&str> {
    value.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)
}
