//! Operator tokens: 256 random bits with a prefix that scanners can look for and a checksum that tells a typing error
//! from a wrong token. Must never keep a token; only its digest is stored.

use ring::digest::{SHA256, digest};

use crate::{Fill, hex};

const PREFIX: &str = "rfop_";
const SECRET: usize = 32;
const CHECKSUM: usize = 4;

/// A new token: `rfop_`, 64 hex digits, 8 hex digits of checksum.
pub(crate) fn mint(fill: Fill<'_>) -> String {
    let mut secret = [0; SECRET];
    fill(&mut secret);
    let body = format!("{PREFIX}{}", hex::encode(&secret));
    format!("{body}{}", checksum(&body))
}

/// The digest by which a token is known; none where the text is not a token.
pub(crate) fn digest_of(token: &str) -> Option<[u8; 32]> {
    let (body, sum) = token.split_at_checked(PREFIX.len() + 2 * SECRET)?;
    let secret = body.strip_prefix(PREFIX)?;
    hex::decode::<SECRET>(secret)?;
    (sum == checksum(body)).then(|| sha256(token))
}

fn checksum(body: &str) -> String {
    let [a, b, c, d, ..] = sha256(body);
    hex::encode(&[a, b, c, d] as &[u8; CHECKSUM])
}

fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    bytes
}

#[cfg(test)]
mod tests;
