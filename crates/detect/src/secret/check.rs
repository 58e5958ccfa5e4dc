//! What must hold of a value beside its form: checksums, structure, entropy, and not being a placeholder.
//! Must never accept what a check could not read.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::generic;
use super::rule::Check;
use crate::pii::checksum;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// How sure we are of `value` after its check, from `confidence` before it; `None` when it is not one.
pub(super) fn judge(check: Check, value: &str, confidence: u8) -> Option<u8> {
    if check != Check::Judged && is_placeholder(value) {
        return None;
    }
    let holds = match check {
        Check::Form | Check::Judged => true,
        // A wrong checksum makes it no live token, but a person who mistyped one wants to know as well.
        Check::Crc32Base62 => return Some(if crc32_base62(value) { 99 } else { 60 }),
        Check::Macaroon => return Some(if is_macaroon(value) { 99 } else { 60 }),
        Check::Base58 => checksum::base58check(value).is_some(),
        Check::Bech32 => checksum::bech32(value),
        Check::NotWord => generic::is_chosen(value),
        Check::Entropy(least) => entropy(value) >= f64::from(least) / 100.0,
        Check::Jwt => is_jwt(value),
        Check::DiscordToken => value
            .split_once('.')
            .and_then(|(id, _)| decode(id))
            .is_some_and(|id| id.len() >= 15 && id.iter().all(u8::is_ascii_digit)),
        Check::BasicCredentials => decode(value).is_some_and(|pair| {
            pair.iter().all(|byte| (b' '..=b'~').contains(byte))
                && pair.split(|byte| *byte == b':').nth(1).is_some_and(|password| password.len() >= 3)
        }),
    };
    holds.then_some(confidence)
}

/// Decodes base64 of either alphabet, padded or not.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).or_else(|_| BASE64_URL.decode(text)).ok()
}

/// True for what documents and templates write where a credential would stand: `<your token>`, `${PASSWORD}`, `xxxx`,
/// values that say "example" (as AWS's documented keys do), and our own redaction placeholders.
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    let trimmed = value.trim();
    if trimmed.is_empty() || trimmed.starts_with("[redacted:") {
        return true;
    }
    let lower = trimmed.to_ascii_lowercase();
    // An alphabet, and the zeros that fill up a made-up token.
    if lower.contains("abcdefghijklm") || lower.contains("00000000") {
        return true;
    }
    let opens = ["${", "{{", "$(", "<", "%(", "#{"];
    if opens.iter().any(|open| lower.starts_with(open)) && lower.ends_with([')', '}', '>', 's']) {
        return true;
    }
    if (lower.starts_with('{') && lower.ends_with('}')) || is_variable(trimmed) {
        return true;
    }
    if ["example", "placeholder", "changeme", "change_me", "change-me", "redacted", "xxxxxx", "......"]
        .iter()
        .any(|word| lower.contains(word))
        || ["your_", "your-", "your ", "<your", "insert_", "insert-", "dummy", "my_", "my-"]
            .iter()
            .any(|word| lower.starts_with(word))
    {
        return true;
    }
    // The filling of a form: one character again and again, after whatever prefix the provider has.
    let body = lower.rsplit(['_', '-', '.', ':']).next().unwrap_or_default();
    let mut characters = body.chars();
    match characters.next() {
        Some(first @ ('x' | '*' | '0' | '.' | '#' | '?')) => {
            body.len() >= 3 && characters.all(|next| next == first)
        }
        Some(_) | None => false,
    }
}

/// `$NAME`, `%NAME%`, `process.env.NAME` and the like: the name of a value, not the value.
fn is_variable(text: &str) -> bool {
    let name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.strip_prefix('$').is_some_and(|rest| name(&rest.to_ascii_uppercase()))
        || text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).is_some_and(name)
        || text == "%s"
        || ["process.env", "os.environ", "os.getenv", "env.", "secrets.", "vault:", "secret://"]
            .iter()
            .any(|start| text.starts_with(start))
}

/// A macaroon of version 2 behind `pypi-`: fields of a type, a length (LEB128) and so many bytes, parted by zeros, to the
/// very end (libmacaroons, `doc/format.txt`; PEP 458 names none, PyPI's source does).
fn is_macaroon(value: &str) -> bool {
    let Some(bytes) = value.strip_prefix("pypi-").and_then(decode) else { return false };
    let mut rest = bytes.iter().copied();
    if rest.next() != Some(2) {
        return false;
    }
    let mut signed = false;
    while let Some(kind) = rest.next() {
        if kind == 0 {
            continue;
        }
        let mut length = 0_usize;
        for shift in [0, 7] {
            let Some(byte) = rest.next() else { return false };
            length |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if rest.by_ref().take(length).count() < length {
            return false;
        }
        signed = kind == 6 && length == 32;
    }
    signed
}

/// Shannon entropy in bits per byte.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|p| -p * p.log2())
        .sum()
}

/// The checksum of GitHub and npm tokens ("Behind GitHub's new authentication token formats", GitHub blog, 2021-04-05).
fn crc32_base62(value: &str) -> bool {
    let Some((_, body)) = value.split_once('_') else { return false };
    let Some((random, written)) = body.len().checked_sub(6).and_then(|at| body.split_at_checked(at)) else {
        return false;
    };
    let mut rest = crc32(random.as_bytes());
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        let value = u8::try_from(rest % 62).unwrap_or_default();
        *digit = match value {
            0..=9 => b'0' + value,
            10..=35 => b'A' + value - 10,
            _ => b'a' + value - 36,
        };
        rest /= 62;
    }
    written.as_bytes() == digits
}

/// CRC-32 as in ISO-HDLC (IEEE 802.3), bit by bit: it runs over a few dozen bytes of a token.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

/// The header is a JSON object with `alg`, the payload is one too, and it is not the sample that jwt.io shows.
fn is_jwt(value: &str) -> bool {
    let object = |part: Option<&str>| -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_slice(&decode(part?)?).ok()
    };
    let mut parts = value.split('.');
    let (Some(header), Some(payload)) = (object(parts.next()), object(parts.next())) else { return false };
    let sample = payload.get("sub").is_some_and(|sub| sub == "1234567890")
        && payload.get("name").is_some_and(|name| name == "John Doe");
    header.contains_key("alg") && !sample
}
