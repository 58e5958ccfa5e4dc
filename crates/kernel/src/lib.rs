//! The path of a call, and what it needs: sessions, upstream servers, limits, the journal's view.
//!
//! [`call`] is the path; everything else serves it. Must never frame a message or bind a port.

pub mod announce;
pub mod approvals;
pub mod audit;
pub mod builtin;
pub mod call;
mod commitments;
pub mod counters;
pub mod endpoint;
pub mod env;
pub mod exchange;
pub mod kernel;
pub mod ledger;
pub mod limits;
pub mod operate;
pub mod requests;
pub mod runnable;
pub mod session;
pub mod upstream;
pub mod witness;

mod binding;
mod digest;
mod errands;
mod extensions;
mod interim;
mod parking;
mod pins;
mod remembered;
mod retry;
mod shown;
mod stores;
mod tasks;
mod trust;

pub use call::{Released, Request, Wire};
pub use endpoint::Endpoint;
pub use kernel::{Kernel, Parts, StartError};
