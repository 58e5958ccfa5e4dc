//! JSON text that has been validated once and is then only sliced, never re-serialized.
//!
//! [`JsonText::scan`] is the one gate: RFC 8259 grammar, UTF-8, one value, no duplicate keys (escapes decoded), no lone
//! surrogates, bounded size and depth. Whoever holds a [`JsonText`] or a [`Json`] need not fear a parser differential.

mod canonical;
mod cursor;
mod outline;
mod scan;
mod write;

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;

pub use cursor::{Elements, Json, Kind, Members};
use outline::Outline;
pub use scan::ScanError;
pub use write::{Splice, escape, quote};

/// Bounds of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// Most bytes of the whole text.
    pub bytes: usize,
    /// Most arrays and objects open at once.
    pub depth: usize,
}

impl ScanLimits {
    /// For text that we wrote ourselves.
    pub const OWN: Self = Self { bytes: usize::MAX, depth: 128 };
}

/// Exactly one valid JSON value, without space around it.
#[derive(Clone)]
pub struct JsonText {
    text: ByteString,
    /// Where the members of a long object stand, once somebody has asked for one.
    outline: Outline,
}

impl JsonText {
    /// Validates `bytes`. Space around the value is cut off.
    ///
    /// # Errors
    /// [`ScanError`] says what is wrong and at which byte.
    pub fn scan(bytes: Bytes, limits: ScanLimits) -> Result<Self, ScanError> {
        let text = ByteString::try_from(bytes).map_err(|_| ScanError::NotUtf8)?;
        let value = scan::validate(&text, limits)?;
        Ok(Self::new(text.slice_ref(value)))
    }

    const fn new(text: ByteString) -> Self {
        Self { text, outline: Outline::new() }
    }

    /// `{}`.
    #[must_use]
    pub const fn empty_object() -> Self {
        Self::new(ByteString::from_static("{}"))
    }

    /// `null`.
    #[must_use]
    pub const fn null() -> Self {
        Self::new(ByteString::from_static("null"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as shared bytes.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        self.text.as_bytes().clone()
    }

    /// A cursor at the value.
    #[must_use]
    pub fn value(&self) -> Json<'_> {
        Json::new(&self.text)
    }

    /// The member `key` of an object. As [`Json::get`] of the value, but a long object is walked through once, however
    /// often it is asked.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Json<'_>> {
        self.outline.find(&self.text, key)
    }

    /// `part`, which must come from a cursor into this text, sharing its bytes.
    #[must_use]
    pub fn share(&self, part: Json<'_>) -> Self {
        Self::new(self.text.slice_ref(part.raw()))
    }

    /// Text that our own writer composed out of validated parts.
    fn trusted(text: String) -> Self {
        debug_assert!(scan::validate(&text, ScanLimits::OWN).is_ok(), "we wrote invalid JSON: {text}");
        Self::new(ByteString::from(text))
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for JsonText {}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Content may be confidential: a debug line shows only the size.
        write!(f, "JsonText({} bytes)", self.text.len())
    }
}

impl TryFrom<String> for JsonText {
    type Error = ScanError;
    /// Validates text of ours, e.g. from a serializer.
    fn try_from(text: String) -> Result<Self, ScanError> {
        Self::scan(Bytes::from(text), ScanLimits::OWN)
    }
}

#[cfg(test)]
mod tests;
