//! Signatures of Standard Webhooks (standardwebhooks.com, specification 1.0.0): HMAC-SHA-256 over `id.timestamp.body`.
//!
//! Must never show its key, and takes the same time whatever is wrong with a signature.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ringfence_model::config::{BadWebhook, WebhookSecret};

/// Names of the headers.
pub const ID: &str = "webhook-id";
/// Seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// `v1,` and base64; several are separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";

/// Before a secret.
const PREFIX: &str = "whsec_";

/// Before a signature.
const VERSION: &str = "v1,";

/// Bytes of a secret.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A shared key.
pub struct Key(hmac::Key);

impl Key {
    /// The key of this secret.
    ///
    /// # Errors
    /// [`BadWebhook::Secret`].
    pub fn of(secret: &WebhookSecret) -> Result<Self, BadWebhook> {
        let encoded = secret.0.strip_prefix(PREFIX).ok_or(BadWebhook::Secret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadWebhook::Secret)?;
        if !LENGTHS.contains(&bytes.len()) {
            return Err(BadWebhook::Secret);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The value of [`SIGNATURE`] for a message.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let tag = hmac::sign(&self.0, &signed(id, timestamp, body));
        format!("{VERSION}{}", STANDARD.encode(tag))
    }

    /// True where one of `signatures` is of this key over this message.
    #[must_use]
    pub fn verifies(&self, id: &str, timestamp: u64, body: &[u8], signatures: &str) -> bool {
        let message = signed(id, timestamp, body);
        let given = signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix(VERSION)?).ok());
        given.take(MOST_SIGNATURES).any(|tag| hmac::verify(&self.0, &message, &tag).is_ok())
    }
}

/// Most signatures of one message that are looked at.
const MOST_SIGNATURES: usize = 8;

fn signed(id: &str, timestamp: u64, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body].concat()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests;
