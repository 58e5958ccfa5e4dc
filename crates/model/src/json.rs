//! JSON text that has been validated once and is then only sliced, never re-serialized.
//!
//! [`JsonText::scan`] is the one gate: RFC 8259 grammar, UTF-8, one value, no duplicate keys (escapes decoded), no lone
//! surrogates, bounded size and depth. Whoever holds a [`JsonText`] or a [`Json`] need not fear a parser differential.

mod canonical;
mod cursor;
mod scan;
mod write;

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;

pub use cursor::{Elements, Json, Kind, Members};
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
#[derive(Clone, PartialEq, Eq)]
pub struct JsonText(ByteString);

impl JsonText {
    /// Validates `bytes`. Space around the value is cut off.
    ///
    /// # Errors
    /// [`ScanError`] says what is wrong and at which byte.
    pub fn scan(bytes: Bytes, limits: ScanLimits) -> Result<Self, ScanError> {
        let text = ByteString::try_from(bytes).map_err(|_| ScanError::NotUtf8)?;
        let value = scan::validate(&text, limits)?;
        Ok(Self(text.slice_ref(value)))
    }

    /// `{}`.
    #[must_use]
    pub fn empty_object() -> Self {
        Self(ByteString::from_static("{}"))
    }

    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        Self(ByteString::from_static("null"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as shared bytes.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        self.0.as_bytes().clone()
    }

    /// A cursor at the value.
    #[must_use]
    pub fn value(&self) -> Json<'_> {
        Json::new(&self.0)
    }

    /// `part`, which must come from a cursor into this text, sharing its bytes.
    #[must_use]
    pub fn share(&self, part: Json<'_>) -> Self {
        Self(self.0.slice_ref(part.raw()))
    }

    /// Text that our own writer composed out of validated parts.
    fn trusted(text: String) -> Self {
        debug_assert!(scan::validate(&text, ScanLimits::OWN).is_ok(), "we wrote invalid JSON: {text}");
        Self(ByteString::from(text))
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Content may be confidential: a debug line shows only the size.
        write!(f, "JsonText({} bytes)", self.0.len())
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
