//! The append-only, hash-chained log: the truth of an installation. The only crate that writes log files.
//!
//! A log is a file of frames ([`frame`] has the layout). Each frame's hash covers the hash before it, so no entry can
//! be changed, removed or put in between unseen. What the chain alone cannot show is a cut at the end.
//! Must never rewrite an entry: the only bytes ever taken back are those of a record that was not written whole.

mod append;
mod error;
mod frame;
mod medium;
mod reader;
mod recover;
#[cfg(test)]
mod sample;
mod scan;
mod segment;
mod verify;

pub use append::{Journal, Options};
pub use error::{Broken, Fault, JournalError};
pub use frame::MAX_PAYLOAD;
pub use reader::Reader;
pub use recover::{LeftFloor, MAX_OPEN, OpenIntent, Recovered};
pub use verify::{Verified, verify};
