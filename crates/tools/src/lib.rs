//! The built-in tools: one file each, under its family. The argument struct is the tool; everything else follows from it.
//!
//! Handlers are thin: they call the engines. Must never have an effect that the tool does not declare.

pub mod governance;
pub mod safety;

mod declare;
mod tool;

use std::sync::Arc;

use ringfence_kernel::builtin::Builtin;
use ringfence_model::config::Family;

pub use declare::BadTool;
pub use tool::{Context, Failure, Tool};

/// The tools of these families, in the order of the families.
///
/// # Errors
/// [`BadTool`] where a declaration cannot be written as JSON; a defect of ours that a test would have found.
pub fn of(families: &[Family]) -> Result<Vec<Arc<dyn Builtin>>, BadTool> {
    let mut tools = Vec::new();
    for family in families {
        tools.extend(match family {
            Family::Safety => safety::tools()?,
            Family::Governance => governance::tools()?,
        });
    }
    Ok(tools)
}

/// The tools of one family.
#[macro_export]
macro_rules! tools {
    ($($tool:ty),+ $(,)?) => {
        Ok(vec![$($crate::declare::declared::<$tool>()?),+])
    };
}

#[cfg(test)]
mod tests;
