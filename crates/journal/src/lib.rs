//! The append-only, hash-chained log: the truth of an installation. The only crate that writes log files.
//!
//! A log is segments of frames ([`frame`] has the layout). Each frame's hash covers the hash before it, so damage to any
//! entry is found and named. All entries are leaves of one Merkle tree ([`tree`]), whose root the log's key signs
//! ([`checkpoint`]): so a log that was written anew or cut off is found, too, and a call can be proven to a stranger
//! ([`receipt`]). Must never rewrite an entry: the only bytes ever taken back are those of a record that was not written whole.

mod append;
mod canonical;
mod checkpoint;
mod commitment;
mod error;
mod frame;
mod medium;
mod note;
mod proof;
mod reader;
mod receipt;
mod recover;
#[cfg(test)]
mod sample;
mod scan;
mod segment;
mod tail;
mod tree;
mod verify;
mod witness;

pub use append::{Journal, Options, SEGMENT};
pub use checkpoint::origin;
pub use commitment::{Committed, NONCE, NotSealed, Opening, SessionSecret, ValueDigest, value_digest};
pub use error::{Broken, Fault, JournalError};
pub use frame::MAX_ENTRY;
pub use note::{BadKey, NoteKey, NoteVerifier};
pub use proof::{BadConsistency, Consistency, Replica, verify_consistency};
pub use reader::Reader;
pub use receipt::{Attested, BadReceipt, Receipt, Values, verify_receipt};
pub use recover::{LeftFloor, MAX_OPEN, OpenIntent, Recovered};
pub use segment::log_id;
pub use verify::{Trusted, Verified, VerifiedPart, verify, verify_from};
pub use witness::{WitnessKey, notes};
