//! Tools of ours, as the path sees them. They take the path like any other; must never be called from elsewhere.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use ringfence_mcp::message::RpcError;
use ringfence_model::call::Call;
use ringfence_model::effect::ToolFacts;
use ringfence_model::json::JsonText;

use crate::kernel::Kernel;

/// The future of a tool of ours.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<JsonText, RpcError>> + Send + 'a>>;

/// A tool of ours.
pub trait Builtin: Debug + Send + Sync {
    /// Its name, without a prefix.
    fn name(&self) -> &'static str;

    /// Its entry in `tools/list`: name, description, input and output schema, annotations.
    fn definition(&self) -> &JsonText;

    /// SHA-256 of the definition, hex.
    fn definition_digest(&self) -> &Arc<str>;

    /// What it does.
    fn facts(&self) -> &Arc<ToolFacts>;

    /// Runs it. The result is a whole `tools/call` result: content, structuredContent, isError.
    fn call<'a>(&'a self, kernel: &'a Arc<Kernel>, call: &'a Call, arguments: &'a JsonText) -> Running<'a>;
}
