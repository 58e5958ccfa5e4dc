//! The words of Ringfence, shared by every crate: calls, principals, effects, labels, findings, verdicts,
//! journal entries, configuration, problems and validated JSON text.
//!
//! Plain data and pure functions. Must never do I/O, read a clock or draw a random number.

pub mod address;
pub mod approval;
pub mod call;
pub mod code;
pub mod config;
pub mod control;
pub mod effect;
pub mod entry;
pub mod finding;
pub mod hex;
pub mod id;
pub mod json;
pub mod label;
pub mod name;
pub mod pin;
pub mod principal;
pub mod problem;
pub mod provenance;
pub mod quantity;
pub mod tally;
pub mod trust;
pub mod verdict;
