//! How often a principal called lately, as rules count it.
//!
//! Must never count less than happened within the window.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Calls and denials of one principal within the last minute, hour and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Calls judged, this one with them.
    pub calls: Counts,
    /// Calls that were denied.
    pub denied: Counts,
}

/// A count for each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// In the last minute.
    pub minute: u32,
    /// In the last hour.
    pub hour: u32,
    /// In the last day.
    pub day: u32,
}

/// A window that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last minute.
    Minute,
    /// The last hour.
    Hour,
    /// The last day.
    Day,
}

impl Recent {
    /// Nothing has been counted.
    pub const NOTHING: Self = Self { calls: Counts::ZERO, denied: Counts::ZERO };
}

impl Counts {
    /// None.
    pub const ZERO: Self = Self { minute: 0, hour: 0, day: 0 };

    /// The count of one window.
    #[must_use]
    pub const fn within(&self, window: Window) -> u32 {
        match window {
            Window::Minute => self.minute,
            Window::Hour => self.hour,
            Window::Day => self.day,
        }
    }
}

impl Window {
    /// Every window, the shortest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// How long it is.
    #[must_use]
    pub const fn span(self) -> Duration {
        match self {
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(3_600),
            Self::Day => Duration::from_secs(86_400),
        }
    }
}
