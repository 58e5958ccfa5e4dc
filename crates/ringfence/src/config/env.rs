//! The process environment: read here once, passed on as a value.
//!
//! Must never be asked from anywhere else (clippy.toml bans `std::env::var`), and must never log a value.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// A copy of the environment. Empty values count as unset.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        std::env::vars_os().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The value of `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The first of `names` that is set, with its name.
    pub(crate) fn first<'a>(&self, names: &[&'a str]) -> Option<(&'a str, &OsStr)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// The names that begin with `prefix`.
    pub(crate) fn names(&self, prefix: &str) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|name| name.to_str()).filter(move |name| name.starts_with(prefix))
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

#[cfg(test)]
impl Environment {
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
    }
}
