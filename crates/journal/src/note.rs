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
pub struct NoteVerifier(Named);

/// A public key with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    id: [u8; 4],
    pub(crate) key: [u8; 32],
    algorithm: u8,
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
        Ok(Self { pair, verifier: NoteVerifier(Named::new(name, key, ALGORITHM)?) })
    }

    /// What its notes are verified with.
    #[must_use]
    pub const fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    /// A note with this text, which ends with a line feed.
    pub(crate) fn sign(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let signed = [&self.verifier.0.id, signature.as_ref()].concat();
        format!("{text}\n\u{2014} {} {}\n", self.verifier.name(), STANDARD.encode(signed))
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl Named {
    fn new(name: &str, key: [u8; 32], algorithm: u8) -> Result<Self, BadKey> {
        if name.is_empty() || name.contains(|char: char| char.is_whitespace() || char == '+') {
            return Err(BadKey::Name);
        }
        let [a, b, c, d, ..] = digest(&[name.as_bytes(), b"\n", &[algorithm], &key]);
        Ok(Self { name: name.to_owned(), id: [a, b, c, d], key, algorithm })
    }

    /// The key that `NAME+ID+KEY` says.
    pub(crate) fn read(text: &str, algorithm: u8) -> Result<Self, BadKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadKey::Form);
        };
        let key = STANDARD.decode(key).map_err(|_| BadKey::Form)?;
        let (said, key) = key.split_first_chunk::<1>().ok_or(BadKey::Form)?;
        let own = Self::new(name, key.try_into().map_err(|_| BadKey::Form)?, algorithm)?;
        let fits = *said == [algorithm] && format!("{:08x}", u32::from_be_bytes(own.id)) == id;
        if fits { Ok(own) } else { Err(BadKey::Form) }
    }

    /// What stands behind the key's id in a line of this key.
    pub(crate) fn signature(&self, line: &str) -> Option<Vec<u8>> {
        let (name, signed) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let signed = STANDARD.decode(signed).ok()?;
        let (id, signature) = signed.split_first_chunk::<4>()?;
        (name == self.name && *id == self.id).then(|| signature.to_vec())
    }
}

impl NoteVerifier {
    /// The name of the key; for a log its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The text of `note` where this key has signed it.
    pub(crate) fn open<'a>(&self, note: &'a str) -> Option<&'a str> {
        let end = note.rfind("\n\n")?;
        let (text, signatures) = (note.get(..=end)?, note.get(end + 2..)?);
        if !signatures.ends_with('\n') {
            return None;
        }
        let key = UnparsedPublicKey::new(&ED25519, &self.0.key);
        let ours = |line: &str| key.verify(text.as_bytes(), &self.0.signature(line)?).ok();
        signatures.lines().any(|line| ours(line).is_some()).then_some(text)
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Named { name, id, key, algorithm } = &self.0;
        let key = STANDARD.encode([&[*algorithm], &key[..]].concat());
        write!(f, "{name}+{:08x}+{key}", u32::from_be_bytes(*id))
    }
}

impl FromStr for NoteVerifier {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        Named::read(text, ALGORITHM).map(Self)
    }
}

#[cfg(test)]
mod tests;
