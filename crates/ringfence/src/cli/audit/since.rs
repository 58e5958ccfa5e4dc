//! A point in time as people write it: a day, an RFC 3339 time in UTC, or how long ago.

use std::str::FromStr;

use ringfence_model::id::Timestamp;
use ringfence_model::quantity::Span;

use crate::clock;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Since {
    /// That one.
    Time(Timestamp),
    /// So long ago.
    Ago(Span),
}

/// Not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write 2026-11-20, 2026-11-20T16:45:00Z, or 30m, 12h, 7d for how long ago")]
pub(in crate::cli) struct BadTime;

impl FromStr for Since {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        match text.parse() {
            Ok(span) => Ok(Self::Ago(span)),
            Err(_) => text.parse().map(Self::Time).map_err(|_| BadTime),
        }
    }
}

impl Since {
    /// The time, seen from now.
    pub(in crate::cli) fn timestamp(self) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Ago(span) => clock::ago(span.0),
        }
    }
}

#[cfg(test)]
mod tests;
