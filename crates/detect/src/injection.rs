//! Text that gives the model orders or poses as somebody else.
//!
//! Must never call a text harmless that it has not looked at to its end.

mod concept;
mod feature;
mod fit;
mod fold;
mod lexicon;
mod model;
mod rule;
mod scan;
mod window;

pub use concept::Concept;
pub use feature::Features;
pub use fit::{Example, Fit};
pub use fold::Folded;
pub use lexicon::{Hit, Lexicon, LexiconError};
pub use model::{Model, WeightsError};
pub use scan::{Context, InjectionError, InjectionScanner};
pub use window::{Chunk, chunks};

#[cfg(test)]
mod tests;
