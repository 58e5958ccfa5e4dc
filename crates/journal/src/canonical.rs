//! Entries as canonical JSON (RFC 8785): what is signed can be written again, byte for byte, by anybody's tools.
//!
//! Values are written as they come; an object that ends with its members in another order than that of their names has them
//! put in order then. Must never write a number that another reader could take for a different one.

mod members;
mod text;
mod writer;

use serde::Serialize;

use members::Members;
use writer::Writer;

/// Writes canonical JSON. Its buffers are used again.
#[derive(Debug)]
pub(crate) struct Canonical {
    members: Members,
}

impl Canonical {
    pub(crate) const fn new() -> Self {
        Self { members: Members::new() }
    }

    /// Writes `value` to the end of `out`.
    ///
    /// # Errors
    /// Where `value` cannot be said in JSON, or holds a number that is not whole or beyond ±(2^53 − 1).
    pub(crate) fn write<T: Serialize + ?Sized>(
        &mut self,
        out: &mut Vec<u8>,
        value: &T,
    ) -> Result<(), serde_json::Error> {
        self.members.clear();
        value.serialize(&mut Writer::new(out, &mut self.members))
    }
}

#[cfg(test)]
mod tests;
