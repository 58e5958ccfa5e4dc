//! SHA-256 (FIPS 180-4) as hex, for what the journal names by content.

use ring::digest::{SHA256, digest};

/// The 64 lower-case hex digits of the SHA-256 of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut out = String::with_capacity(64);
    for byte in digest(&SHA256, bytes).as_ref() {
        for nibble in [byte >> 4, byte & 0xF] {
            out.extend(DIGITS.get(usize::from(nibble)));
        }
    }
    out
}
