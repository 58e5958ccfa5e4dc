//! What a tool declares of itself. `NAME` and `EFFECTS` have no default: a tool that forgets them does not compile.

use std::sync::Arc;

use ringfence_kernel::Kernel;
use ringfence_model::call::Call;
use ringfence_model::effect::Effect;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A built-in tool. The implementing struct holds its arguments; its doc comment is the description that models read.
pub trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    /// Its name.
    const NAME: &'static str;
    /// Its title for people.
    const TITLE: &'static str;
    /// What it does to the world.
    const EFFECTS: &'static [Effect];
    /// Its structured result, an object.
    type Output: Serialize + JsonSchema + Send;

    /// Runs it.
    fn run(self, context: Context<'_>) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
}

/// What a running tool may look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The kernel.
    pub kernel: &'a Arc<Kernel>,
    /// The call that runs it.
    pub call: &'a Call,
}

/// Why a tool has no result. Becomes a result with `isError` that the model reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The arguments make no sense, with what to do.
    #[error("{0}")]
    Arguments(String),
    /// It cannot be done here, with why.
    #[error("unavailable: {0}")]
    Unavailable(String),
}
