//! In place of Cedar in a build without it: no policy loads.
//!
//! Must never pass over a policy file that it cannot understand.

use ringfence_model::verdict::Reason;

use crate::facts::Facts;
use crate::judge::Explanation;
use crate::load::{LoadError, Source};

/// No Cedar policies.
#[derive(Debug)]
pub(crate) struct Cedar;

impl Cedar {
    /// Nothing of nothing.
    ///
    /// # Errors
    /// Each source.
    pub(crate) fn load(sources: &[Source<'_>]) -> Result<Self, Vec<LoadError>> {
        let refused = |source: &Source<'_>| LoadError {
            file: source.name.to_owned(),
            line: 1,
            column: 1,
            message: "this build does not know Cedar".to_owned(),
            hint: Some("build it with `--features cedar`, or write the rules in YAML".to_owned()),
        };
        if sources.is_empty() { Ok(Self) } else { Err(sources.iter().map(refused).collect()) }
    }

    pub(crate) const fn len(&self) -> usize {
        0
    }

    pub(crate) const fn reasons(&self, _: &Facts<'_>, _: Option<&str>) -> Vec<Reason> {
        Vec::new()
    }

    pub(crate) const fn explain(&self, _: &Facts<'_>, _: Option<&str>) -> Vec<Explanation> {
        Vec::new()
    }
}

#[cfg(test)]
#[path = "absent_tests.rs"]
mod tests;
