//! Conditions on the arguments of a call, found by JSON pointer (RFC 6901).
//!
//! Must never let the shape of a value decide in the caller's favour: see [`Doubt`].

use std::borrow::Cow;
use std::fmt;
use std::ops::Bound;

use regex::Regex;
use ringfence_model::code::{CommandClass, Runnable, SqlClass};
use ringfence_model::json::{Json, Kind};

use super::Doubt;
use super::network::{self, Network};
use super::path::Roots;
use super::pattern::Globs;
use super::required;
use crate::facts::Facts;

/// A JSON pointer, taken apart once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointer {
    text: Box<str>,
    tokens: Box<[Box<str>]>,
}

/// Why a text is not a JSON pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPointer {
    #[error("a JSON pointer begins with `/`")]
    NoSlash,
    #[error("in a JSON pointer `~` is written `~0` and `/` within a name `~1`")]
    Escape,
}

/// Conditions on one argument, all of which must hold.
#[derive(Debug)]
pub(crate) struct ArgumentMatch {
    pub(crate) pointer: Pointer,
    pub(crate) tests: Vec<ValueTest>,
    pub(crate) missing: Missing,
}

/// What a condition makes of an argument that is missing or `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It does not hold.
    Misses,
    /// It holds.
    Matches,
}

/// A condition on one scalar.
#[derive(Debug)]
pub(crate) enum ValueTest {
    /// Found anywhere in the decoded text, or in the raw text of a number.
    Regex(Regex),
    /// Covers the decoded text.
    Glob(Globs),
    /// A number in the range, compared as a double.
    Range(Bound<f64>, Bound<f64>),
    /// Equal to one of these.
    OneOf(Vec<Scalar>),
    /// An address, or what has one as its host, in one of these blocks.
    Within(Vec<Network>),
    /// A path at or below one of these folders.
    Below(Roots),
    /// SQL of one of these classes.
    Sql(Vec<SqlClass>),
    /// A shell command of one of these classes.
    Command(Vec<CommandClass>),
}

/// A value to be equal to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Text(String),
    Integer(i64),
    Number(f64),
    Bool(bool),
}

impl Pointer {
    pub(crate) fn parse(text: &str) -> Result<Self, BadPointer> {
        let Some(rest) = text.strip_prefix('/') else {
            let whole = text.is_empty();
            return if whole {
                Ok(Self { text: "".into(), tokens: [].into() })
            } else {
                Err(BadPointer::NoSlash)
            };
        };
        let tokens = rest.split('/').map(|token| {
            let escaped = token.replace("~1", "").replace("~0", "").contains('~');
            if escaped {
                Err(BadPointer::Escape)
            } else {
                Ok(token.replace("~1", "/").replace("~0", "~").into())
            }
        });
        Ok(Self { text: text.into(), tokens: tokens.collect::<Result<_, _>>()? })
    }

    pub(crate) fn resolve<'a>(&self, value: Json<'a>) -> Option<Json<'a>> {
        self.tokens.iter().try_fold(value, |value, token| match value.kind() {
            Kind::Object => value.get(token),
            Kind::Array if **token == *"0" || !token.starts_with(['0', '+']) => {
                value.elements().nth(token.parse().ok()?)
            }
            Kind::Array | Kind::Null | Kind::Bool | Kind::Number | Kind::String => None,
        })
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl ArgumentMatch {
    pub(super) fn holds(&self, facts: &Facts<'_>, doubt: Doubt) -> bool {
        match facts.arguments.and_then(|arguments| self.pointer.resolve(arguments.value())) {
            Some(value) if !value.is_null() => self.value(value, facts.runnable, doubt),
            Some(_) | None => self.missing == Missing::Matches,
        }
    }

    /// True where what its texts would do must be known.
    pub(crate) fn runs(&self) -> bool {
        self.tests.iter().any(|test| match test {
            ValueTest::Sql(_) | ValueTest::Command(_) => true,
            ValueTest::Regex(_)
            | ValueTest::Glob(_)
            | ValueTest::Range(..)
            | ValueTest::OneOf(_)
            | ValueTest::Within(_)
            | ValueTest::Below(_) => false,
        })
    }

    /// In doubt one scalar anywhere in the value is enough; else each element of a list must hold, and an object
    /// does not. Nesting is bounded by the scanner.
    fn value(&self, value: Json<'_>, runnable: &[Runnable<'_>], doubt: Doubt) -> bool {
        let inner = |inner| self.value(inner, runnable, doubt);
        let tests = || self.tests.iter().all(|test| test.holds(value, runnable, doubt));
        match (value.kind(), doubt) {
            // The words of one command are one value.
            (Kind::Array, _) if self.runs() && runnable.iter().any(|known| known.raw == value.raw()) => {
                tests()
            }
            (Kind::Array, Doubt::Matches) => value.elements().any(inner),
            (Kind::Array, Doubt::Misses) => value.elements().next().is_some() && value.elements().all(inner),
            (Kind::Object, Doubt::Matches) => value.members().any(|(_, member)| inner(member)),
            (Kind::Object | Kind::Null, Doubt::Misses) => false,
            (Kind::Null | Kind::Bool | Kind::Number | Kind::String, _) => tests(),
        }
    }
}

impl ValueTest {
    /// Literals one of which stands in every text that it holds for.
    pub(crate) fn required(&self) -> Option<Vec<Vec<u8>>> {
        match self {
            Self::Regex(regex) => required::literals(regex.as_str()),
            Self::Glob(globs) => globs.required(),
            Self::OneOf(scalars) => {
                let text = |scalar: &Scalar| match scalar {
                    Scalar::Text(text) if text.len() >= 3 => Some(text.as_bytes().to_vec()),
                    Scalar::Text(_) | Scalar::Integer(_) | Scalar::Number(_) | Scalar::Bool(_) => None,
                };
                scalars.iter().map(text).collect()
            }
            Self::Below(roots) => roots.required(),
            Self::Range(..) | Self::Within(_) | Self::Sql(_) | Self::Command(_) => None,
        }
    }

    /// The range within which a number lies that it holds for, infinite where there is no bound.
    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        let bound = |bound: &Bound<f64>, none| match bound {
            Bound::Included(number) | Bound::Excluded(number) => *number,
            Bound::Unbounded => none,
        };
        match self {
            Self::Range(low, high) => Some((bound(low, f64::NEG_INFINITY), bound(high, f64::INFINITY))),
            Self::Regex(_)
            | Self::Glob(_)
            | Self::OneOf(_)
            | Self::Within(_)
            | Self::Below(_)
            | Self::Sql(_)
            | Self::Command(_) => None,
        }
    }

    fn holds(&self, value: Json<'_>, runnable: &[Runnable<'_>], doubt: Doubt) -> bool {
        let text = || value.as_str().unwrap_or(Cow::Borrowed(value.raw()));
        // What was not looked at may be of any class.
        let run = |holds: &dyn Fn(&Runnable<'_>) -> bool| {
            runnable.iter().find(|known| known.raw == value.raw()).map_or(doubt == Doubt::Matches, holds)
        };
        match self {
            Self::Regex(regex) => regex.is_match(&text()),
            Self::Glob(globs) => globs.matches(&text()),
            Self::Within(networks) => network::names_one_of(&text(), networks),
            Self::Below(roots) => roots.hold(&text(), doubt),
            Self::Sql(_) | Self::Command(_) if !matches!(value.kind(), Kind::String | Kind::Array) => false,
            Self::Sql(classes) => run(&|known| classes.contains(&known.sql)),
            Self::Command(classes) => run(&|known| classes.contains(&known.command)),
            Self::Range(low, high) => {
                number(value, doubt).map_or(doubt == Doubt::Matches, |number| within(number, *low, *high))
            }
            Self::OneOf(scalars) => scalars.iter().any(|scalar| scalar.equals(value)),
        }
    }
}

/// The number that a value is; in doubt also one that is written as text. A number beyond the range of a double is
/// infinite, not absent.
fn number(value: Json<'_>, doubt: Doubt) -> Option<f64> {
    match value.kind() {
        Kind::Number => value.raw().parse().ok(),
        Kind::String if doubt == Doubt::Matches => {
            value.as_str()?.trim().parse().ok().filter(|number: &f64| !number.is_nan())
        }
        Kind::String | Kind::Null | Kind::Bool | Kind::Array | Kind::Object => None,
    }
}

fn within(number: f64, low: Bound<f64>, high: Bound<f64>) -> bool {
    let above = match low {
        Bound::Included(low) => number >= low,
        Bound::Excluded(low) => number > low,
        Bound::Unbounded => true,
    };
    above
        && match high {
            Bound::Included(high) => number <= high,
            Bound::Excluded(high) => number < high,
            Bound::Unbounded => true,
        }
}

impl Scalar {
    fn equals(&self, value: Json<'_>) -> bool {
        match self {
            Self::Text(text) => value.as_str().is_some_and(|value| *value == **text),
            Self::Bool(flag) => value.as_bool() == Some(*flag),
            Self::Integer(integer) => match value.as_i64() {
                Some(value) => value == *integer,
                // `5.0` and `5e0` are 5 as well.
                None => value.as_f64().is_some_and(|value| same(value, widen(*integer))),
            },
            Self::Number(number) => value.as_f64().is_some_and(|value| same(value, *number)),
        }
    }
}

/// Equal as doubles, with `-0.0` equal to `0.0`.
fn same(a: f64, b: f64) -> bool {
    a.partial_cmp(&b) == Some(std::cmp::Ordering::Equal)
}

/// The double nearest to an integer.
pub(crate) fn widen(integer: i64) -> f64 {
    // A double has no lossless `From<i64>`; nearest is what the comparison means.
    #[expect(clippy::cast_precision_loss, reason = "nearest double is intended")]
    let number = integer as f64;
    number
}
