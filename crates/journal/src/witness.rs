//! Witnesses: others who keep where the log stood, and sign it only where it has grown (C2SP tlog-witness, tlog-cosignature).
//!
//! Text alone; whoever asks a witness is elsewhere. Must never take a signature for one of a witness that is over another text.

use std::fmt::Write as _;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::append::Journal;
use crate::checkpoint::Checkpoint;
use crate::error::{Broken, Fault, JournalError};
use crate::frame::Hash;
use crate::note::{self, BadKey, NoteVerifier};

/// The algorithm's number for cosignatures with a time, with Ed25519.
const ALGORITHM: u8 = 4;

/// What tells whether a witness signed a checkpoint. As text `NAME+ID+KEY`, like the key of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey(note::Named);

impl WitnessKey {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// When it signed the checkpoint `note`, in seconds since 1970, where one of these `lines` says so.
    #[must_use]
    pub fn signed(&self, note: &str, lines: &str) -> Option<u64> {
        let text = note.get(..=note.rfind("\n\n")?)?;
        lines.lines().find_map(|line| {
            let signature = self.0.signature(line)?;
            let (time, signature) = signature.split_first_chunk::<8>()?;
            let time = u64::from_be_bytes(*time);
            let signed = format!("cosignature/v1\ntime {time}\n{text}");
            let key = UnparsedPublicKey::new(&ED25519, &self.0.key);
            key.verify(signed.as_bytes(), signature).is_ok().then_some(time)
        })
    }
}

impl FromStr for WitnessKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        note::Named::read(text, ALGORITHM).map(Self)
    }
}

/// The body of a request `add-checkpoint`.
pub(crate) fn add_checkpoint(old: u64, proof: &[Hash], note: &str) -> String {
    let mut body = format!("old {old}\n");
    for hash in proof {
        let _ = writeln!(body, "{}", STANDARD.encode(hash));
    }
    body.push('\n');
    body.push_str(note);
    body
}

/// The checkpoints in a file that a kernel wrote for a witness, oldest first: notes one behind the other.
#[must_use]
pub fn notes(text: &str) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let mut signatures = true;
    for line in text.split_inclusive('\n') {
        let is_signature = line.starts_with('\u{2014}');
        if signatures && !is_signature {
            notes.push(String::new());
        }
        signatures = is_signature;
        if let Some(note) = notes.last_mut() {
            note.push_str(line);
        }
    }
    notes
}

impl Journal {
    /// What a witness that knows the first `old` entries is asked: the body of `add-checkpoint` for the latest signed checkpoint.
    /// `None` where fewer are signed.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn add_checkpoint(&self, old: u64) -> Result<Option<String>, JournalError> {
        let Some((size, note)) = self.signed.lock().clone() else { return Ok(None) };
        Ok(self.consistency(old, size)?.map(|proof| add_checkpoint(old, &proof, &note)))
    }

    /// The latest signed checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> Option<String> {
        self.signed.lock().as_ref().map(|(_, note)| note.clone())
    }

    /// Holds the log against a checkpoint that a witness kept. Returns how many entries it is of.
    ///
    /// # Errors
    /// [`JournalError::Broken`] where the log is shorter or another one, or the checkpoint none of this key.
    pub fn check_witnessed(&self, note: &str, key: &NoteVerifier) -> Result<u64, JournalError> {
        let end = self.tail.lock().end();
        let broken = |what| Broken { index: end.index, segment: end.segment, offset: end.offset, what };
        let kept = Checkpoint::open(note, key).ok_or_else(|| broken(Fault::Checkpoint))?;
        match self.root_at(kept.size)? {
            None => Err(broken(Fault::Cut).into()),
            Some(root) if root != kept.root => Err(broken(Fault::Unsigned).into()),
            Some(_) => Ok(kept.size),
        }
    }
}

#[cfg(test)]
mod tests;
