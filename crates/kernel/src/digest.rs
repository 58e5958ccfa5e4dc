//! SHA-256 (FIPS 180-4) as hex, for what the journal names by content.

use ring::digest::{SHA256, digest};

pub(crate) use ringfence_journal::{ValueDigest, value_digest as of};

/// The 64 lower-case hex digits of the SHA-256 of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    ringfence_model::hex::text(digest(&SHA256, bytes).as_ref())
}
