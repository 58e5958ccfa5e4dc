//! Opaque strings that a client keeps for us (session ids, `requestState`), sealed so that nobody else can read, make or
//! change one, use it as another principal, for another purpose or later than allowed. Must never accept what it cannot
//! authenticate.
//!
//! Layout before base64url: version 1, key id (4 bytes), expiry (8, nanoseconds since the epoch), nonce (24), then
//! ChaCha20-Poly1305 (RFC 8439) of the payload. The key of each message is HKDF-SHA256 (RFC 5869) of the sealing key
//! with half of the nonce as salt and the purpose as info: so random nonces cannot collide in practice however many
//! messages one key seals, and keys of different purposes have nothing in common.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ringfence_model::id::Timestamp;

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const EXPIRY: usize = 8;
const SALT: usize = NONCE_SIZE - NONCE_LEN;
const HEAD: usize = 1 + KEY_ID + EXPIRY;

/// Bytes of a nonce.
pub const NONCE_SIZE: usize = 24;

/// What a sealed string is for. One never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A session id (`Mcp-Session-Id`).
    Session,
    /// The state of a multi round-trip request (`requestState`).
    RequestState,
    /// A page of a list.
    Cursor,
    /// The id of a task (`taskId`).
    Task,
}

/// A secret key of 256 bits.
#[derive(Clone)]
pub struct SealingKey {
    /// Tells keys apart; not secret.
    pub id: u32,
    /// Uniformly random.
    pub bytes: [u8; 32],
}

/// Seals with one key and opens with it and the one before.
#[derive(Debug)]
pub struct Sealer {
    current: SealingKey,
    previous: Option<SealingKey>,
}

/// Why a string does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not of the form that we give out.
    #[error("not a sealed string")]
    Malformed,
    /// Ours, but its time is over.
    #[error("the sealed string has expired")]
    Expired,
    /// Not sealed by us for this purpose and this holder, or changed since.
    #[error("the sealed string is not ours")]
    NotOurs,
}

impl Sealer {
    /// A sealer; `previous` is the key used before a rotation.
    #[must_use]
    pub const fn new(current: SealingKey, previous: Option<SealingKey>) -> Self {
        Self { current, previous }
    }

    /// Seals `payload` for whoever presents the same `binding` (node and principal). `nonce` must be random.
    ///
    /// # Errors
    /// [`SealError::Malformed`] for a payload beyond what the cipher takes (256 GiB).
    pub fn seal(
        &self,
        purpose: Purpose,
        binding: &[u8],
        expires: Timestamp,
        payload: &[u8],
        nonce: [u8; NONCE_SIZE],
    ) -> Result<String, SealError> {
        let mut out = Vec::with_capacity(HEAD + NONCE_SIZE + payload.len() + CHACHA20_POLY1305.tag_len());
        out.push(VERSION);
        out.extend_from_slice(&self.current.id.to_be_bytes());
        out.extend_from_slice(&expires.0.to_be_bytes());
        let authenticated = authenticated(&out, binding);
        out.extend_from_slice(&nonce);
        let (key, nonce) = self.current.message_key(purpose, &nonce).ok_or(SealError::Malformed)?;
        let mut cipher = payload.to_vec();
        key.seal_in_place_append_tag(nonce, Aad::from(authenticated), &mut cipher)
            .map_err(|_| SealError::Malformed)?;
        out.extend_from_slice(&cipher);
        Ok(URL_SAFE_NO_PAD.encode(out))
    }

    /// Opens what [`Self::seal`] made for the same purpose and binding, until it expires.
    ///
    /// # Errors
    /// [`SealError`]; `Expired` only for what is authentic.
    pub fn open(
        &self,
        purpose: Purpose,
        binding: &[u8],
        now: Timestamp,
        text: &str,
    ) -> Result<Vec<u8>, SealError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Malformed)?;
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(SealError::Malformed)?;
        let (nonce, cipher) = rest.split_at_checked(NONCE_SIZE).ok_or(SealError::Malformed)?;
        let (version, ids) = head.split_first().ok_or(SealError::Malformed)?;
        let (id, expires) = ids.split_first_chunk::<KEY_ID>().ok_or(SealError::Malformed)?;
        let expires = <[u8; EXPIRY]>::try_from(expires).map_err(|_| SealError::Malformed)?;
        if *version != VERSION {
            return Err(SealError::Malformed);
        }
        let key = self.key(u32::from_be_bytes(*id)).ok_or(SealError::NotOurs)?;
        let nonce = <&[u8; NONCE_SIZE]>::try_from(nonce).map_err(|_| SealError::Malformed)?;
        let (key, nonce) = key.message_key(purpose, nonce).ok_or(SealError::NotOurs)?;
        let mut cipher = cipher.to_vec();
        let payload = key
            .open_in_place(nonce, Aad::from(authenticated(head, binding)), &mut cipher)
            .map_err(|_| SealError::NotOurs)?
            .len();
        cipher.truncate(payload);
        if now.0 >= u64::from_be_bytes(expires) { Err(SealError::Expired) } else { Ok(cipher) }
    }

    fn key(&self, id: u32) -> Option<&SealingKey> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten().find(|key| key.id == id)
    }
}

impl SealingKey {
    /// The key and nonce of one message.
    fn message_key(&self, purpose: Purpose, nonce: &[u8; NONCE_SIZE]) -> Option<(LessSafeKey, Nonce)> {
        let (salt, nonce) = nonce.split_first_chunk::<SALT>()?;
        let derived = Salt::new(HKDF_SHA256, salt).extract(&self.bytes);
        let key = UnboundKey::from(derived.expand(&[purpose.info()], &CHACHA20_POLY1305).ok()?);
        Some((LessSafeKey::new(key), Nonce::try_assume_unique_for_key(nonce).ok()?))
    }
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Session => b"ringfence seal v1 session",
            Self::RequestState => b"ringfence seal v1 request state",
            Self::Cursor => b"ringfence seal v1 cursor",
            Self::Task => b"ringfence seal v1 task",
        }
    }
}

/// What is authenticated beside the payload. The head has a fixed length, so the two parts cannot run into each other.
fn authenticated(head: &[u8], binding: &[u8]) -> Vec<u8> {
    [head, binding].concat()
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

#[cfg(test)]
mod tests;
