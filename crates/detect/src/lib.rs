//! Detectors: secrets in text and JSON, dangerous shell commands, SQL and program code.
//!
//! Pure and bounded: every entry ends in time and memory linear in its input (cut at a stated size), and what it could
//! not read it says with a finding of category `uninspected`. Must never do I/O, read a clock or keep a value it found.

pub mod code;
mod literals;
pub mod pii;
pub mod secret;

pub use literals::LiteralError;
