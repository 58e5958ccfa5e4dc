//! Sentences in base64, hexadecimal or binary digits (RFC 4648). Must never report bytes that are no text: those are files,
//! keys and hashes.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use ringfence_model::finding::Severity;

use super::scan::{Seen, Sightings};
use crate::signs::{self, Signs};

/// Fewer characters carry no order.
const SHORTEST: usize = 24;
/// Most characters of one run that are decoded.
const LONGEST: usize = 32 * 1024;

/// Adds runs of carrier characters that decode to words, and groups of digits that do.
pub(super) fn look(text: &str, signs: &Signs, seen: &mut Sightings) {
    let bytes = text.as_bytes();
    let mut find = |(least, most): (u8, u8), is_kind: fn(u8) -> bool, decode: fn(&str) -> Option<String>| {
        let mut from = 0;
        for place in signs::runs(text, least, most) {
            if place < from {
                continue;
            }
            let run = around(bytes, place, from, is_kind);
            from = run.end.max(place);
            if run.len() < SHORTEST {
                continue;
            }
            let cut = text.get(run.start..run.end.min(run.start + LONGEST));
            if let Some(said) = cut.and_then(decode) {
                seen.add(found(run, said));
            }
        }
    };
    find((b'+', b'z'), is_carrier, decode);
    if signs.digits {
        find((b' ', b'f'), is_digit_or_space, digits);
    }
}

/// False where no run of `json`, as it stands, is long enough: nor is any in its strings.
pub(super) fn may_stand_in(json: &str, signs: &Signs) -> bool {
    signs::has_run(json, b'+', b'z') || signs.digits && signs::has_run(json, b' ', b'f')
}

/// The run of bytes of a kind that byte `at` stands in, not before `from`; empty where it is of another kind.
fn around(bytes: &[u8], at: usize, from: usize, is_kind: fn(u8) -> bool) -> Range<usize> {
    let before =
        bytes.get(from..=at).unwrap_or_default().iter().rev().take_while(|byte| is_kind(**byte)).count();
    if before == 0 {
        return at..at;
    }
    let after = bytes.get(at + 1..).unwrap_or_default().iter().take_while(|byte| is_kind(**byte)).count();
    at + 1 - before..at + 1 + after
}

/// What groups of eight binary or two hexadecimal digits say: `01001001 01100111`, `57 68 61`.
fn digits(run: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = run.split_ascii_whitespace().map(byte_of).collect();
    words(&bytes?)
}

fn byte_of(digits: &str) -> Option<u8> {
    match digits.len() {
        8 => u8::from_str_radix(digits, 2).ok(),
        2 => u8::from_str_radix(digits, 16).ok(),
        _ => None,
    }
}

/// What a run says, as hexadecimal or as base64.
fn decode(run: &str) -> Option<String> {
    let is_hex = run.len().is_multiple_of(2) && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex {
        let bytes: Option<Vec<u8>> = run
            .as_bytes()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok())
            .collect();
        return words(&bytes?);
    }
    let body = run.trim_end_matches('=');
    let whole = body.get(..body.len() - usize::from(body.len() % 4 == 1))?;
    let alphabet = if whole.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    words(&GeneralPurpose::new(alphabet, config).decode(whole).ok()?)
}

/// The bytes as text, if that reads like a sentence: letters and spaces, three words or more.
fn words(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let letters = text.chars().filter(|character| character.is_alphabetic() || *character == ' ').count();
    let all = text.chars().count();
    let is_text = all >= 12
        && letters * 10 >= all * 8
        && text.split_whitespace().count() >= 3
        && !text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'));
    is_text.then(|| text.to_owned())
}

fn found(at: Range<usize>, decoded: String) -> Seen {
    let what = "A sentence in an encoding that a person does not read";
    Seen { id: "encoded_text", what, severity: Severity::Medium, confidence: 80, at, decoded }
}

const fn is_digit_or_space(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b' '
}

const fn is_carrier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}
