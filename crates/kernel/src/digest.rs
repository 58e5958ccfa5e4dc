//! SHA-256 (FIPS 180-4) as hex, for what the journal names by content.

use ring::digest::{SHA256, digest};

pub(crate) use ringfence_journal::{ValueDigest, value_digest as of};

/// The 64 lower-case hex digits of the SHA-256 of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(64);
    for byte in digest(&SHA256, bytes).as_ref() {
        for nibble in [byte >> 4, byte & 0xF] {
            out.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) }));
        }
    }
    out
}
