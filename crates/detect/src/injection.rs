//! Text that gives the model orders or poses as somebody else.
//!
//! Must never call a text harmless that it has not looked at to its end.

mod concept;
mod context;
mod feature;
mod fit;
mod fold;
mod json;
mod lexicon;
mod model;
mod report;
mod rule;
mod scan;
mod window;

pub use concept::Concept;
pub use context::Context;
pub use feature::Features;
pub use fit::{Example, Fit};
pub use fold::Folded;
pub(crate) use json::Raw;
pub use json::is_removed;
pub use lexicon::{Hit, Lexicon, LexiconError};
pub use model::{Model, WeightsError};
pub use scan::{InjectionError, InjectionScanner};
pub(crate) use window::ANCHORS;
pub use window::{Chunk, chunks};

/// True for the id of a finding of this module.
pub(crate) fn is_known(id: &str) -> bool {
    rule::RULES.iter().any(|rule| rule.id == id)
        || [report::PROMPT_INJECTION, report::INSTRUCTION_IN_DATA].contains(&id)
}

#[cfg(test)]
mod tests;
