//! Detectors: secrets and personal data in text and JSON, dangerous shell commands, SQL and program code, URLs, orders to
//! the model, hidden content; and the text of content that is none.
//!
//! Pure and bounded: every entry ends in time and memory linear in its input (cut at a stated size), and what it could
//! not read it says with a finding of category `uninspected`. Must never do I/O, read a clock or keep a value it found.

pub mod code;
mod detectors;
pub mod hidden;
pub mod injection;
mod literals;
pub mod media;
pub mod names;
pub mod pii;
mod profile;
mod rule;
pub mod secret;
mod signs;
pub mod url;

pub use detectors::{DetectorError, Detectors, Message, PersonalData};
pub use literals::LiteralError;
pub use profile::{Engine, Profile};
