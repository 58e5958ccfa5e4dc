//! The words after `cargo xtask`. An option nobody asked for is an error, never ignored.

use std::str::FromStr;

use crate::failure::Failure;

/// Words of the command line that no task has taken yet.
#[derive(Debug)]
pub(crate) struct Args(Vec<String>);

impl Args {
    pub(crate) fn of_process() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// The words that are left.
    pub(crate) fn words(&self) -> &[String] {
        &self.0
    }

    /// The first word that is left.
    pub(crate) fn next_word(&mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Takes `name` out; true when it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let found = self.0.iter().position(|word| word == name);
        found.map(|index| self.0.remove(index)).is_some()
    }

    /// Takes `name VALUE` or `name=VALUE` out and reads the value.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        let is_named = |word: &String| {
            word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        let Some(index) = self.0.iter().position(is_named) else { return Ok(None) };
        let word = self.0.remove(index);
        let text = match word.split_once('=') {
            Some((_, value)) => value.to_owned(),
            None if index < self.0.len() => self.0.remove(index),
            None => return Err(Failure::new(format!("{name} needs a value"))),
        };
        text.parse().map(Some).map_err(|_| Failure::new(format!("{name}: {text:?} cannot be read")))
    }

    /// Fails on words that no option took.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.0.as_slice() {
            [] => Ok(()),
            rest => Err(Failure::new(format!("not understood: {}", rest.join(" ")))),
        }
    }
}

#[cfg(test)]
mod tests;
