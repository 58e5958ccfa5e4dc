//! Signed notes with Ed25519: C2SP signed-note, the form in which logs sign their checkpoints.
//!
//! ```text
//! text, its last line ended, an empty line, then for each who signed
//! — NAME BASE64(first 4 bytes of SHA-256(NAME | 0x0a | 0x01 | public key) | signature over the text)
//! ```
//! Must never take for signed what was signed under another name or by another key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::tree::digest;

/// The algorithm's number for Ed25519.
const ALGORITHM: u8 = 1;

/// A key that signs notes.
pub struct NoteKey {
    pair: Ed25519KeyPair,
    verifier: NoteVerifier,
}

/// What tells whether a key signed a note. As text `NAME+ID+KEY`: the id in hex, the key in base64 with its algorithm before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    id: [u8; 4],
    key: [u8; 32],
}

/// What is no name or no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Empty, or with white space or a plus in it.
    #[error("the name of a key must be a word without a plus sign")]
    Name,
    /// Not `NAME+ID+KEY`, or an id that is not that of name and key.
    #[error("not a key of a log: NAME+ID+KEY is expected, as `ringfence keys export` prints it")]
    Form,
}

impl NoteKey {
    /// The key that `seed` stands for (RFC 8032 section 5.1.5), under this name.
    ///
    /// # Errors
    /// [`BadKey::Name`].
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BadKey::Form)?;
        let key = pair.public_key().as_ref().try_into().map_err(|_| BadKey::Form)?;
        Ok(Self { pair, verifier: NoteVerifier::new(name, key)? })
    }

    /// What its notes are verified with.
    #[must_use]
    pub const fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    /// A note with this text, which ends with a line feed.
    pub(crate) fn sign(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let signed = [&self.verifier.id, signature.as_ref()].concat();
        format!("{text}\n\u{2014} {} {}\n", self.verifier.name, STANDARD.encode(signed))
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl NoteVerifier {
    fn new(name: &str, key: [u8; 32]) -> Result<Self, BadKey> {
        if name.is_empty() || name.contains(|char: char| char.is_whitespace() || char == '+') {
            return Err(BadKey::Name);
        }
        let [a, b, c, d, ..] = digest(&[name.as_bytes(), b"\n", &[ALGORITHM], &key]);
        Ok(Self { name: name.to_owned(), id: [a, b, c, d], key })
    }

    /// The name of the key; for a log its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of `note` where this key has signed it.
    pub(crate) fn open<'a>(&self, note: &'a str) -> Option<&'a str> {
        let end = note.rfind("\n\n")?;
        let (text, signatures) = (note.get(..=end)?, note.get(end + 2..)?);
        if !signatures.ends_with('\n') {
            return None;
        }
        let ours = |line: &str| {
            let (name, signed) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
            let signed = STANDARD.decode(signed).ok()?;
            let (id, signature) = signed.split_first_chunk::<4>()?;
            let key = UnparsedPublicKey::new(&ED25519, &self.key);
            (name == self.name && *id == self.id && key.verify(text.as_bytes(), signature).is_ok())
                .then_some(())
        };
        signatures.lines().any(|line| ours(line).is_some()).then_some(text)
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[ALGORITHM], &self.key[..]].concat());
        write!(f, "{}+{:08x}+{key}", self.name, u32::from_be_bytes(self.id))
    }
}

impl FromStr for NoteVerifier {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadKey::Form);
        };
        let key = STANDARD.decode(key).map_err(|_| BadKey::Form)?;
        let Some((&[ALGORITHM], key)) = key.split_first_chunk::<1>() else { return Err(BadKey::Form) };
        let own = Self::new(name, key.try_into().map_err(|_| BadKey::Form)?)?;
        if format!("{:08x}", u32::from_be_bytes(own.id)) == id { Ok(own) } else { Err(BadKey::Form) }
    }
}

#[cfg(test)]
mod tests;
