//! Content that a person does not see and a model reads: invisible characters, comments, carriers, look-alike letters.
//!
//! Each finding comes with what it says, so that it can be looked at again. Must never change a text, nor decode a second
//! layer.

mod carrier;
mod homoglyph;
mod invisible;
mod link;
mod markup;
mod scan;

pub use homoglyph::skeleton;
pub use scan::{Hidden, reveal, scan};

#[cfg(test)]
mod tests;
