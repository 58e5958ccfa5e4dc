//! Rules to verdicts, and the effects of tools.
//!
//! Pure: text and facts in, data out. Must never read a file, a clock or the network, and must never allow what it
//! could not read.

#[cfg(feature = "cedar")]
mod cedar;
#[cfg(not(feature = "cedar"))]
#[path = "cedar/absent.rs"]
mod cedar;
pub mod effects;
pub mod facts;
pub mod judge;
pub mod lint;
pub mod load;
pub mod preset;
pub mod replay;
mod rule;
pub mod scenario;
mod table;

pub use effects::{BadToolKey, Declarations};
pub use facts::Facts;
pub use judge::{Explanation, Needs, PolicySet};
pub use load::{LoadError, Source};
