//! `state.db`: a view of the journal that answers questions. The only crate that speaks SQL.
//!
//! It can be deleted and rebuilt at any time, so damage to it is mended by starting over. Must never hold anything that
//! the journal does not, and is never trusted over it.

mod error;
mod feed;
mod query;
mod row;
#[cfg(test)]
mod sample;
mod store;

pub use error::StoreError;
pub use query::{Count, MAX_ROWS, Stats, Summary};
pub use row::CallRow;
pub use store::{Opened, Store};
