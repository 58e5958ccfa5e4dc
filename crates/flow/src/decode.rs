//! Other forms of a value: decoded, encoded, reversed, spelled. Must never decode more than it is given room for.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

/// Shortest run of characters that is decoded.
pub(crate) const SHORTEST: usize = 12;
/// Longest one.
const LONGEST: usize = 64 * 1024;

const EITHER: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, EITHER);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, EITHER);

/// What a run of characters decodes to as base64, hex or URL encoding, where that is text.
pub(crate) fn blobs(chunk: &str) -> Vec<String> {
    if chunk.len() < SHORTEST || chunk.len() > LONGEST {
        return Vec::new();
    }
    let mut found = Vec::new();
    let bare = chunk.trim_matches(|c: char| matches!(c, '.' | ',' | ':' | ';' | '"' | '\''));
    if bare.len() % 2 == 0 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        found.extend(text(unhex(bare)));
    }
    let alphabet =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    if bare.bytes().all(alphabet) {
        let engine = if bare.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
        found.extend(engine.decode(bare).ok().and_then(text));
    }
    if bare.contains('%') {
        let decoded = percent_decode_str(bare).decode_utf8_lossy().into_owned();
        if decoded != bare {
            found.push(decoded);
        }
    }
    found
}

/// Printable text of some length.
fn text(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let printable = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).count();
    (text.len() >= 4 && printable == text.chars().count()).then_some(text)
}

fn unhex(text: &str) -> Vec<u8> {
    let digit =
        |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
    let bytes = text.as_bytes().chunks_exact(2);
    bytes.map(|pair| pair.iter().fold(0, |value, byte| value << 4 | digit(*byte))).collect()
}

/// `value` as it may stand in a source that hides it: base64 at each of its three offsets, hex, reversed, rotated letters.
pub(crate) fn hidden(value: &str) -> Vec<String> {
    let bytes = value.as_bytes();
    let mut forms: Vec<String> = (0..3)
        .filter_map(|offset| {
            let padded: Vec<u8> = std::iter::repeat_n(b' ', offset).chain(bytes.iter().copied()).collect();
            let encoded = STANDARD.encode(padded);
            let inner = encoded.trim_end_matches('=');
            // The letters at both ends depend on what stands beside.
            let from = (offset * 8).div_ceil(6);
            inner
                .get(from..inner.len().saturating_sub(usize::from(!bytes.len().is_multiple_of(3))))
                .map(str::to_owned)
        })
        .collect();
    forms.push(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    forms.push(value.chars().rev().collect());
    forms.push(value.chars().map(rotated).collect());
    forms
}

/// ROT13.
fn rotated(c: char) -> char {
    let turn = |base: u8, c: u8| char::from(base + (c - base + 13) % 26);
    match c {
        'a'..='z' => turn(b'a', c as u8),
        'A'..='Z' => turn(b'A', c as u8),
        _ => c,
    }
}

const DIGITS: [(&str, &str); 16] = [
    ("zero", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("at", ""),
    ("dot", ""),
    ("point", ""),
    ("dash", ""),
    ("hyphen", ""),
    ("underscore", ""),
];

/// `text` with digits for their names and without the names of marks; none where it has none of them.
pub(crate) fn digits_of_words(text: &str) -> Option<String> {
    let mut any = false;
    let word = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphabetic());
        DIGITS.iter().find(|(name, _)| bare.eq_ignore_ascii_case(name)).map(|(_, digit)| *digit)
    };
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '-')
        .map(|part| word(part).inspect(|_| any = true).unwrap_or(part))
        .collect();
    any.then(|| words.join(" "))
}

const UNITS: [(&str, u64); 28] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("hundred", 100),
];

/// The numbers that are written in words in `text`: `twelve hundred and fifty` is 1250.
pub(crate) fn numbers_in_words(text: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    let (mut whole, mut part, mut open) = (0_u64, 0_u64, false);
    for word in text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
        let unit = UNITS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        match unit {
            Some(100) => (part, open) = (part.max(1).saturating_mul(100), true),
            Some(value) => (part, open) = (part.saturating_add(value), true),
            None if word.eq_ignore_ascii_case("thousand") => {
                (whole, part, open) = (part.max(1).saturating_mul(1_000), 0, true);
            }
            None if open && word.eq_ignore_ascii_case("and") => {}
            None if open => {
                numbers.push(whole.saturating_add(part));
                (whole, part, open) = (0, 0, false);
            }
            None => {}
        }
    }
    if open {
        numbers.push(whole.saturating_add(part));
    }
    numbers
}
