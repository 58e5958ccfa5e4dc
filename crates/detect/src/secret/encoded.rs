//! Credentials under one layer of base64 (RFC 4648), hexadecimal or percent signs (RFC 3986): what their prefixes look
//! like there, and the run around a hit. Must never decode a second layer.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::check::decode;

/// Most bytes of a run on either side of a hit.
const REACH: usize = 16 * 1024;
/// Shorter looks would hit everywhere.
const SHORTEST: usize = 4;

/// A way to write bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Base64,
    Hex,
    Percent,
}

impl Coding {
    /// For a message.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hexadecimal",
            Self::Percent => "percent-encoded",
        }
    }

    /// The coded run that byte `at` stands in.
    pub(super) fn run_around(self, text: &str, at: usize) -> Range<usize> {
        let bytes = text.as_bytes();
        let belongs = |byte: &&u8| match self {
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Percent => byte.is_ascii_alphanumeric() || b"%-._~+!*'()".contains(byte),
        };
        let before = bytes.get(..at).unwrap_or_default().iter().rev().take(REACH).take_while(belongs).count();
        let after = bytes.get(at..).unwrap_or_default();
        let length = after.iter().take(REACH).take_while(belongs).count();
        let padding = match self {
            Self::Base64 => after
                .get(length..)
                .unwrap_or_default()
                .iter()
                .take(2)
                .take_while(|byte| **byte == b'=')
                .count(),
            Self::Hex | Self::Percent => 0,
        };
        at - before..at + length + padding
    }

    /// What the run decodes to, as text; bytes that are none are replaced. `inside` is a byte of the run that the first
    /// byte of a look stands at.
    pub(super) fn decode(self, run: &str, inside: usize) -> Option<String> {
        let bytes = match self {
            Self::Base64 => {
                let body = run.trim_end_matches('=');
                // A run that lost its end still shows what its whole groups hold.
                decode(if body.len() % 4 == 1 { body.get(..body.len() - 1)? } else { body })?
            }
            Self::Hex => from_hex(run.get(inside % 2..)?),
            Self::Percent => from_percent(run),
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// What `literal` certainly becomes: in base64 one form for each of its three alignments.
pub(super) fn looks(literal: &str) -> Vec<(Coding, String)> {
    let mut looks: Vec<(Coding, String)> = (0..3_usize)
        .filter_map(|offset| {
            let mut bytes = vec![0; offset];
            bytes.extend_from_slice(literal.as_bytes());
            let text = STANDARD_NO_PAD.encode(&bytes);
            // Characters that share bits with a neighbour are not certain.
            let first = (offset * 8).div_ceil(6);
            let last = bytes.len() * 8 / 6;
            text.get(first..last)
                .filter(|look| look.len() >= SHORTEST)
                .map(|look| (Coding::Base64, look.to_owned()))
        })
        .collect();
    looks.push((Coding::Hex, literal.bytes().map(|byte| format!("{byte:02x}")).collect()));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !literal.bytes().all(plain) {
        let coded =
            |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") };
        looks.push((Coding::Percent, literal.bytes().map(coded).collect()));
    }
    looks
}

fn from_hex(text: &str) -> Vec<u8> {
    let value = |byte: u8| {
        char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or_default()
    };
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | value(*digit))).collect()
}

fn from_percent(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, coded) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        let digits = coded.get(1..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits {
            Some(digits) => out.extend(from_hex(digits)),
            None => out.push(b'%'),
        }
        rest = coded.get(if digits.is_some() { 3 } else { 1 }..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    out
}
