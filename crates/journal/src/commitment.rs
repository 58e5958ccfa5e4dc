//! Commitments: what the log says of arguments and results. Whoever has the value and its opening can check it; without the
//! key of the session nobody can guess it, and one opening says nothing of another value.
//!
//! ```text
//! commitment = HMAC-SHA-256(opening, SHA-256(value))
//! opening    = HMAC-SHA-256(key of the session, "arguments" or "result" | 0x00 | id of the call, 16 bytes, big-endian)
//! ```
//! Pure. Must never write a key or an opening into a debug line.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::hmac;
use ringfence_model::hex;
use ringfence_model::id::CallId;

/// SHA-256 of a value.
pub type ValueDigest = [u8; 32];

/// Bytes of a nonce of [`SessionSecret::seal`].
pub const NONCE: usize = 12;

/// Which value of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Its arguments, as they arrived.
    Arguments,
    /// Its result, as it was released.
    Result,
}

impl Committed {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Arguments => b"arguments\0",
            Self::Result => b"result\0",
        }
    }
}

/// The key of a session. Once it is destroyed, nobody can say any more what its values were.
#[derive(Clone)]
pub struct SessionSecret {
    key: hmac::Key,
}

/// What was sealed cannot be opened: by another key, of another thing, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this was not sealed by the key of this session")]
pub struct NotSealed;

impl SessionSecret {
    /// The key of a session; 32 random bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, bytes) }
    }

    /// What shows one value of one call, and nothing else.
    #[must_use]
    pub fn opening(&self, which: Committed, call: CallId) -> Opening {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(which.label());
        context.update(&call.0.to_be_bytes());
        Opening(bytes_of(&context.sign()))
    }

    /// What the log says of a value of `call`.
    #[must_use]
    pub fn commit(&self, which: Committed, call: CallId, value: &ValueDigest) -> String {
        self.opening(which, call).commitment(value)
    }

    /// A text that only this session's key opens, bound to `about`. `nonce` is drawn by chance for each.
    ///
    /// # Errors
    /// [`NotSealed`] for a text of an absurd length.
    pub fn seal(&self, about: &str, nonce: [u8; NONCE], text: &str) -> Result<String, NotSealed> {
        let mut sealed = text.as_bytes().to_vec();
        let tag = self
            .sealing()?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about), &mut sealed)
            .map_err(|_| NotSealed)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(STANDARD.encode([&nonce, &sealed[..]].concat()))
    }

    /// The text that was sealed.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn open(&self, about: &str, sealed: &str) -> Result<String, NotSealed> {
        let mut sealed = STANDARD.decode(sealed).map_err(|_| NotSealed)?;
        let (nonce, text) = sealed.split_first_chunk_mut::<NONCE>().ok_or(NotSealed)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = self.sealing()?.open_in_place(nonce, Aad::from(about), text).map_err(|_| NotSealed)?;
        String::from_utf8(text.to_vec()).map_err(|_| NotSealed)
    }

    fn sealing(&self) -> Result<LessSafeKey, NotSealed> {
        let key = hmac::sign(&self.key, b"sealed\0");
        UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).map(LessSafeKey::new).map_err(|_| NotSealed)
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSecret").finish_non_exhaustive()
    }
}

/// Shows what one commitment is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Opening([u8; 32]);

impl Opening {
    /// What the log says of the value with this digest; in hex.
    #[must_use]
    pub fn commitment(&self, value: &ValueDigest) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        hex::text(&bytes_of(&hmac::sign(&key, value)))
    }

    /// In hex, for whoever is to check the value.
    #[must_use]
    pub fn reveal(&self) -> String {
        hex::text(&self.0)
    }

    /// The opening that [`Self::reveal`] gave.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

/// SHA-256 of a value, as commitments are made of it.
#[must_use]
pub fn value_digest(value: &[u8]) -> ValueDigest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, value).as_ref());
    bytes
}

fn bytes_of(tag: &hmac::Tag) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

#[cfg(test)]
mod tests;
