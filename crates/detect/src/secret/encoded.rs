//! Credentials under one layer of base64 (RFC 4648): what their prefixes look like there, and the run around a hit.
//! Must never decode a second layer.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::check::decode;

/// Most bytes of a run on either side of a hit.
const REACH: usize = 16 * 1024;
/// Shorter looks would hit everywhere.
const SHORTEST: usize = 4;

/// The characters that `literal` certainly becomes inside base64, one form for each of its three alignments.
pub(super) fn looks(literal: &str) -> impl Iterator<Item = String> {
    (0..3_usize).filter_map(move |offset| {
        let mut bytes = vec![0; offset];
        bytes.extend_from_slice(literal.as_bytes());
        let text = STANDARD_NO_PAD.encode(&bytes);
        // Characters that share bits with a neighbour are not certain.
        let first = (offset * 8).div_ceil(6);
        let last = bytes.len() * 8 / 6;
        text.get(first..last).filter(|look| look.len() >= SHORTEST).map(str::to_owned)
    })
}

/// The base64 run that byte `at` stands in.
pub(super) fn run_around(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let belongs = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let before = bytes.get(..at).unwrap_or_default().iter().rev().take(REACH).take_while(belongs).count();
    let after = bytes.get(at..).unwrap_or_default();
    let length = after.iter().take(REACH).take_while(belongs).count();
    let padding =
        after.get(length..).unwrap_or_default().iter().take(2).take_while(|byte| **byte == b'=').count();
    at - before..at + length + padding
}

/// What the run decodes to, as text; bytes that are none are replaced.
pub(super) fn decode_run(run: &str) -> Option<String> {
    let body = run.trim_end_matches('=');
    // A run that lost its end still shows what its whole groups hold.
    let whole = if body.len() % 4 == 1 { body.get(..body.len() - 1)? } else { body };
    decode(whole).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
