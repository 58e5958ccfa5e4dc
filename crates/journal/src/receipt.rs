//! Receipts: the entries of a call with the proof that they stand in the log, for whoever has only the log's key.
//!
//! Must never vouch for anything but the text of its entries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_model::id::{CallId, SessionId};
use ringfence_model::json::JsonText;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::append::Journal;
use crate::checkpoint::Checkpoint;
use crate::commitment::{Committed, Opening, SessionSecret, value_digest};
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
    /// What shows values to be those that the entries commit to, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    openings: Option<Openings>,
}

/// Of the values of a call, in hex.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Openings {
    arguments: String,
    result: String,
}

/// Values that a receipt is to be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values<'a> {
    /// The arguments, as they arrived.
    pub arguments: Option<&'a [u8]>,
    /// The result, as it was released.
    pub result: Option<&'a [u8]>,
}

impl Values<'_> {
    /// It is not asked what the values were.
    pub const UNASKED: Self = Self { arguments: None, result: None };
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
    /// It cannot say what a value was.
    #[error("the receipt cannot say what the {0} was: `audit receipt --open` makes one that can")]
    Closed(&'static str),
    /// A value that is not the one of the call.
    #[error("the {0} is not the one of this call")]
    Value(&'static str),
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
        Ok(Receipt { format: FORMAT.to_owned(), call, entries, checkpoint, openings: None })
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

impl Receipt {
    /// The session of the call.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        let of = |proven: &Proven| member(&proven.entry, "session")?.parse().ok();
        self.entries.iter().find_map(of)
    }

    /// Has it say what values the call had, to whoever has the values.
    pub fn open(&mut self, secret: &SessionSecret) {
        let [arguments, result] =
            [Committed::Arguments, Committed::Result].map(|which| secret.opening(which, self.call).reveal());
        self.openings = Some(Openings { arguments, result });
    }

    /// Whether these are the values that its entries commit to.
    fn is_of(&self, values: Values<'_>) -> Result<(), BadReceipt> {
        let asked = [("arguments", values.arguments), ("result", values.result)];
        for (name, value) in asked.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            let revealed = self.openings.as_ref().map(|openings| match name {
                "arguments" => &openings.arguments,
                _ => &openings.result,
            });
            let opening = revealed.and_then(|revealed| Opening::read(revealed));
            let opening = opening.ok_or(BadReceipt::Closed(name))?;
            let said: Vec<String> =
                self.entries.iter().filter_map(|proven| member(&proven.entry, name)).collect();
            let commitment = opening.commitment(&value_digest(value));
            if said.is_empty() || said.iter().any(|said| *said != commitment) {
                return Err(BadReceipt::Value(name));
            }
        }
        Ok(())
    }
}

/// A member of an entry that is a string.
fn member(entry: &RawValue, name: &str) -> Option<String> {
    let entry = JsonText::try_from(entry.get().to_owned()).ok()?;
    Some(entry.get(name)?.as_str()?.into_owned())
}

/// Checks a receipt with nothing but the key of the log that it is of, and that the call had these values.
///
/// # Errors
/// [`BadReceipt`] says what does not fit.
pub fn verify_receipt(text: &str, key: &NoteVerifier, values: Values<'_>) -> Result<Attested, BadReceipt> {
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
    receipt.is_of(values)?;
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
