//! The wire: JSON-RPC envelopes, MCP in its versions, and our side of a conversation with an upstream server.
//!
//! The only crate that frames JSON-RPC. Must never decide whether something is allowed: it reads, writes and keeps
//! conversations apart.

pub mod client;
pub mod headers;
pub mod line;
pub mod message;
pub mod meta;
mod params;
pub mod seal;
pub mod sse;
pub mod version;

pub use params::Params;
