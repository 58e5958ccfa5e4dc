//! Receipts: the entries of a call with the proof that they stand in the log, for whoever has only the log's key.
//!
//! Must never vouch for anything but the text of its entries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_model::id::CallId;
use ringfence_model::json::JsonText;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::append::Journal;
use crate::checkpoint::Checkpoint;
use crate::error::JournalError;
use crate::frame::Hash;
use crate::note::{NoteKey, NoteVerifier};
use crate::scan::Step;
use crate::tree;

/// The form of a receipt that this build writes.
const FORMAT: &str = "ringfence.receipt/1";

/// Most entries of a receipt, and most hashes of a proof: of a log of 2^64 entries.
const MOST: usize = 64;

/// The entries of a call, proven. As JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    format: String,
    /// Which call.
    call: CallId,
    entries: Vec<Proven>,
    /// The log's latest signed checkpoint (C2SP tlog-checkpoint).
    checkpoint: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proven {
    /// Its place in the log.
    index: u64,
    entry: Box<RawValue>,
    /// RFC 9162 section 2.1.3, in base64, the lowest first.
    proof: Vec<String>,
}

/// Why a receipt proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum BadReceipt {
    /// Not one of ours.
    #[error("not a receipt: {0}")]
    Form(String),
    /// Its checkpoint.
    #[error("the checkpoint is not signed by {0}")]
    Checkpoint(String),
    /// One of its entries.
    #[error("entry {0} is not the one that stands in the log")]
    Entry(u64),
    /// An entry of another call.
    #[error("entry {0} is of another call")]
    Call(u64),
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The call.
    pub call: CallId,
    /// Where its entries stand.
    pub indexes: Vec<u64>,
    /// How many entries the log had.
    pub size: u64,
}

impl Journal {
    /// The receipt of a call whose entries stand at `indexes`. Signs the log where what is signed does not reach so far.
    ///
    /// # Errors
    /// [`JournalError::NoEntry`], [`JournalError::NotCanonical`]; others as of [`Self::sign`] and [`Self::reader`].
    pub fn receipt(&self, call: CallId, indexes: &[u64], key: &NoteKey) -> Result<Receipt, JournalError> {
        let (size, checkpoint) = self.sign(key)?;
        let proven = |index: &u64| {
            let missing = || JournalError::NoEntry { index: *index };
            let proof = self.inclusion(*index, size)?.ok_or_else(missing)?;
            let text = self
                .payload(*index)?
                .and_then(|payload| String::from_utf8(payload).ok())
                .ok_or_else(missing)?;
            // Only what is canonical can be written again by whoever checks it.
            let canonical =
                JsonText::try_from(text.clone()).is_ok_and(|entry| entry.value().canonical() == text);
            if !canonical {
                return Err(JournalError::NotCanonical { index: *index });
            }
            let entry = RawValue::from_string(text).map_err(JournalError::Encode)?;
            Ok(Proven {
                index: *index,
                entry,
                proof: proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
            })
        };
        let entries = indexes.iter().map(proven).collect::<Result<_, JournalError>>()?;
        Ok(Receipt { format: FORMAT.to_owned(), call, entries, checkpoint })
    }

    /// The text of an entry as it stands in the log; `None` where there is no such entry.
    fn payload(&self, index: u64) -> Result<Option<Vec<u8>>, JournalError> {
        let mut scan = self.scan(self.mark(index))?;
        loop {
            match scan.step()? {
                Step::Entry { at, payload } if at.index == index => return Ok(Some(payload.to_vec())),
                Step::Entry { .. } => {}
                Step::End { .. } => return Ok(None),
                Step::Broken(broken) => return Err(broken.into()),
            }
        }
    }
}

/// Checks a receipt with nothing but the key of the log that it is of.
///
/// # Errors
/// [`BadReceipt`] says what does not fit.
pub fn verify_receipt(text: &str, key: &NoteVerifier) -> Result<Attested, BadReceipt> {
    let form = |error: &dyn ToString| BadReceipt::Form(error.to_string());
    // The strict reader first: of two members of one name nobody could say which one was proven.
    JsonText::try_from(text.to_owned()).map_err(|error| form(&error))?;
    let receipt: Receipt = serde_json::from_str(text).map_err(|error| form(&error))?;
    if receipt.format != FORMAT {
        return Err(BadReceipt::Form(format!("this build reads {FORMAT}")));
    }
    if receipt.entries.is_empty() || receipt.entries.len() > MOST {
        return Err(BadReceipt::Form("no entries, or too many".to_owned()));
    }
    let signed = Checkpoint::open(&receipt.checkpoint, key)
        .ok_or_else(|| BadReceipt::Checkpoint(key.name().to_owned()))?;
    for proven in &receipt.entries {
        let entry = JsonText::try_from(proven.entry.get().to_owned()).map_err(|error| form(&error))?;
        let leaf = tree::leaf(entry.value().canonical().as_bytes());
        let root = hashes(&proven.proof)
            .and_then(|proof| tree::root_from_inclusion(proven.index, signed.size, leaf, &proof));
        if root != Some(signed.root) {
            return Err(BadReceipt::Entry(proven.index));
        }
        let of = entry.get("call").and_then(|call| call.as_str()?.parse::<CallId>().ok());
        if of != Some(receipt.call) {
            return Err(BadReceipt::Call(proven.index));
        }
    }
    let indexes = receipt.entries.iter().map(|proven| proven.index).collect();
    Ok(Attested { call: receipt.call, indexes, size: signed.size })
}

fn hashes(proof: &[String]) -> Option<Vec<Hash>> {
    if proof.len() > MOST {
        return None;
    }
    proof.iter().map(|hash| STANDARD.decode(hash).ok()?.try_into().ok()).collect()
}

#[cfg(test)]
mod tests;
