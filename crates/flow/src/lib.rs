//! Where the values in a call's arguments came from: an index of what entered a session, and the tracing of arguments in it.
//!
//! Must never make a value more trustworthy because more is known of it.

mod act;
mod atom;
mod decode;
mod document;
mod generation;
mod hash;
mod history;
mod index;
mod lexicon;
mod line;
mod memory;
mod passage;
mod toxic;
mod trace;
mod trust;
mod user;

pub use history::History;
pub use index::Entering;
pub use lexicon::Lexicon;
pub use memory::Memory;
pub use toxic::{Combination, Node, combinations};
pub use trace::{Asking, Traced};
pub use trust::{Anomaly, BASE, Behaviour, FEATURES, Graph, HALF_LIFE_S, Known, Made, Reached};
pub use user::Words;

#[cfg(test)]
mod tests;
