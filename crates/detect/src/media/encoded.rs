//! Content in base64 and in `data:` URLs (RFC 4648, RFC 2397), decoded once. Must never decode what it decoded.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Most bytes of encoded content.
const LONGEST: usize = 48 << 20;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Why content cannot be decoded. Whoever meets it says `uninspected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadEncoding {
    /// Longer than what is decoded.
    #[error("the encoded content is longer than {LONGEST} bytes")]
    TooLong,
    /// Not base64.
    #[error("the content is not base64")]
    Base64,
    /// Not a `data:` URL.
    #[error("this is no data: URL")]
    NoDataUrl,
}

/// Decodes base64 of either alphabet, with or without padding and line breaks.
///
/// # Errors
/// [`BadEncoding`].
pub(super) fn decode_base64(text: &str) -> Result<Vec<u8>, BadEncoding> {
    if text.len() > LONGEST {
        return Err(BadEncoding::TooLong);
    }
    let compact: Cow<'_, [u8]> = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect()
    } else {
        text.as_bytes().into()
    };
    let engine = if memchr::memchr2(b'-', b'_', &compact).is_some() { URL_SAFE } else { STANDARD };
    engine.decode(&compact).map_err(|_| BadEncoding::Base64)
}

/// The media type that a `data:` URL declares (`text/plain` where it names none) and its bytes.
///
/// # Errors
/// [`BadEncoding`].
pub(super) fn decode_data_uri(uri: &str) -> Result<(&str, Vec<u8>), BadEncoding> {
    if uri.len() > LONGEST {
        return Err(BadEncoding::TooLong);
    }
    let scheme = uri.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:"));
    let (head, body) = scheme.and_then(|_| uri.get(5..)?.split_once(',')).ok_or(BadEncoding::NoDataUrl)?;
    let (declared, is_base64) = match head.rsplit_once(';') {
        Some((declared, last)) if last.trim().eq_ignore_ascii_case("base64") => (declared, true),
        _ => (head, false),
    };
    let declared = if declared.is_empty() || declared.starts_with(';') { "text/plain" } else { declared };
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(body).collect();
    if is_base64 {
        let text = std::str::from_utf8(&bytes).map_err(|_| BadEncoding::Base64)?;
        return Ok((declared, decode_base64(text)?));
    }
    Ok((declared, bytes))
}
