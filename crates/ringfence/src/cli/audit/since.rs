//! A point in time as people write it: a day, an RFC 3339 time in UTC, or how long ago.

use std::str::FromStr;

use ringfence_model::id::Timestamp;
use ringfence_model::quantity::Span;

use crate::clock;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// That one.
    Time(Timestamp),
    /// So long ago.
    Ago(Span),
}

/// Not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write 2026-11-20, 2026-11-20T16:45:00Z, or 30m, 12h, 7d for how long ago")]
pub(super) struct BadTime;

impl FromStr for Since {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        match text.parse() {
            Ok(span) => Ok(Self::Ago(span)),
            Err(_) => parse(text).map(Self::Time).ok_or(BadTime),
        }
    }
}

impl Since {
    /// The time, seen from now.
    pub(super) fn timestamp(self) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Ago(span) => clock::ago(span.0),
        }
    }
}

/// `YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM:SS[.fraction]Z` (RFC 3339 section 5.6, UTC only).
fn parse(text: &str) -> Option<Timestamp> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, time.strip_suffix(['Z', 'z'])?),
        None => (text, "00:00:00"),
    };
    let [year, month, day] = numbers(date, '-')?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(clock, ':')?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let longest = match month {
        2 => 28 + u64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let fits = (1970..=2500).contains(&year)
        && (1..=12).contains(&month)
        && (1..=longest).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !fits || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: u64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(Timestamp(seconds * 1_000_000_000 + nanos))
}

/// Three numbers of digits only, the parts of `text` between `separator`.
fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    });
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Days since 1970-01-01 of a date in the Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests;
