//! The scanner beside serde_json, which somebody else wrote.

use bytes::Bytes;
use ringfence_model::json::{JsonText, ScanError, ScanLimits};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::pieces::{Json, json};

/// Below the depth at which serde_json gives up.
const LIMITS: ScanLimits = ScanLimits { bytes: 1 << 16, depth: 100 };

#[test]
fn the_scanner_takes_what_serde_json_takes_and_no_key_twice() {
    bolero::check!().with_type::<Vec<Json>>().for_each(|pieces| {
        let bytes = json(pieces);
        let theirs = serde_json::from_slice::<Box<RawValue>>(&bytes);
        match JsonText::scan(Bytes::from(bytes.clone()), LIMITS) {
            Ok(text) => {
                let theirs = theirs.unwrap_or_else(|error| panic!("taken, and no JSON: {error}"));
                assert_eq!(text.as_str(), theirs.get());
                // A value that both can read has as many members: a key that stood twice would be one.
                if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
                    assert_eq!(members(&value), colons(text.as_str()));
                }
            }
            Err(ScanError::NotUtf8) => assert!(std::str::from_utf8(&bytes).is_err()),
            Err(ScanError::TooLarge { size, limit }) => assert!(size > limit && bytes.len() >= size),
            Err(ScanError::TooDeep { at, .. } | ScanError::DuplicateKey { at }) => assert!(at < bytes.len()),
            Err(error @ (ScanError::Trailing { .. } | ScanError::Syntax { .. })) => {
                assert!(theirs.is_err(), "refused ({error}), and is JSON");
            }
        }
    });
}

/// Members of all objects.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(own) => own.len() + own.values().map(members).sum::<usize>(),
        Value::Array(own) => own.iter().map(members).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Colons outside of strings: one for each member of valid JSON.
fn colons(text: &str) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b':' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}
