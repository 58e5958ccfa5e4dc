//! Sizes, durations and rates as people write them: `10MiB`, `10m`, `100/s`, `unlimited`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a quantity cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {what}: write {example}")]
pub struct BadQuantity {
    given: String,
    what: &'static str,
    example: &'static str,
}

/// A number of bytes: digits and `B`, `KiB`, `MiB` or `GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub usize);

/// A time span: digits and `ms`, `s`, `m`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// How often: `N/s`, `N/m`, `N/h`, `N/d`, or `unlimited`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// No limit.
    Unlimited,
    /// At most `calls` in any window of `per`.
    Of {
        /// How many.
        calls: u32,
        /// In which time.
        per: Duration,
    },
}

fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit))
}

impl FromStr for Size {
    type Err = BadQuantity;
    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        let bytes = split(text).and_then(|(number, unit)| {
            let factor: u64 = match unit {
                "B" => 1,
                "KiB" => 1 << 10,
                "MiB" => 1 << 20,
                "GiB" => 1 << 30,
                _ => return None,
            };
            usize::try_from(number.checked_mul(factor)?).ok()
        });
        bytes.map(Self).ok_or_else(|| BadQuantity {
            given: text.into(),
            what: "size",
            example: "64KiB or 10MiB",
        })
    }
}

impl FromStr for Span {
    type Err = BadQuantity;
    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        let span = split(text).and_then(|(number, unit)| {
            let millis: u64 = match unit {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return None,
            };
            number.checked_mul(millis).map(Duration::from_millis)
        });
        span.map(Self).ok_or_else(|| BadQuantity {
            given: text.into(),
            what: "time span",
            example: "500ms, 30s or 10m",
        })
    }
}

impl FromStr for Rate {
    type Err = BadQuantity;
    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        if text == "unlimited" {
            return Ok(Self::Unlimited);
        }
        let bad = || BadQuantity { given: text.into(), what: "rate", example: "100/s, 1000/h or unlimited" };
        let (calls, unit) = text.split_once('/').ok_or_else(bad)?;
        let calls: u32 = calls.parse().map_err(|_| bad())?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(bad()),
        };
        if calls == 0 {
            return Err(bad());
        }
        Ok(Self::Of { calls, per: Duration::from_secs(seconds) })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match units.into_iter().find(|(factor, _)| self.0 >= *factor && self.0.is_multiple_of(*factor)) {
            Some((factor, unit)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        match units.into_iter().find(|(factor, _)| millis >= *factor && millis.is_multiple_of(*factor)) {
            Some((factor, unit)) => write!(f, "{}{unit}", millis / factor),
            None => write!(f, "{millis}ms"),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::Of { calls, per } => {
                let unit = match per.as_secs() {
                    60 => "m",
                    3_600 => "h",
                    86_400 => "d",
                    _ => "s",
                };
                write!(f, "{calls}/{unit}")
            }
        }
    }
}

macro_rules! as_text {
    ($($name:ident: $pattern:literal),+ $(,)?) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )+};
}

as_text! {
    Size: r"^\d+(B|KiB|MiB|GiB)$",
    Span: r"^\d+(ms|s|m|h|d)$",
    Rate: r"^(unlimited|[1-9]\d*/(s|m|h|d))$",
}

#[cfg(test)]
mod tests;
