//! From a [`Tool`] to what the kernel runs: definition with schemas, facts, validation of arguments, shape of results.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use ringfence_kernel::Kernel;
use ringfence_kernel::builtin::{Builtin, Running};
use ringfence_mcp::message::RpcError;
use ringfence_model::call::Call;
use ringfence_model::effect::{Effect, EffectSource, Effects, ToolFacts};
use ringfence_model::json::{JsonText, ScanError};
use ringfence_model::label::{Confidentiality, Integrity};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::RestrictFormats;
use serde_json::{Value, json};

use crate::tool::{Context, Tool};

/// A tool whose declaration cannot be written down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the tool `{tool}` cannot be declared: {source}")]
pub struct BadTool {
    tool: &'static str,
    source: ScanError,
}

struct Declared<T> {
    definition: JsonText,
    digest: Arc<str>,
    facts: Arc<ToolFacts>,
    tool: PhantomData<fn() -> T>,
}

/// The tool as the kernel sees it.
pub(crate) fn declared<T: Tool>() -> Result<Arc<dyn Builtin>, BadTool> {
    let effects = Effects::of(T::EFFECTS);
    let mut input = schema::<T>();
    let description = input.as_object_mut().and_then(|schema| schema.remove("description"));
    let definition = json!({
        "name": T::NAME,
        "title": T::TITLE,
        "description": description,
        "inputSchema": input,
        "outputSchema": schema::<T::Output>(),
        "annotations": {
            "readOnlyHint": effects.iter().all(|effect| effect == Effect::Read),
            "destructiveHint": effects.contains(Effect::Delete),
            "openWorldHint": effects.contains(Effect::Network) || effects.contains(Effect::Send),
        },
    });
    let definition =
        JsonText::try_from(definition.to_string()).map_err(|source| BadTool { tool: T::NAME, source })?;
    let hash = digest(&SHA256, definition.as_str().as_bytes());
    let facts = ToolFacts {
        effects,
        source: EffectSource::Declared,
        irreversible: effects.contains(Effect::Delete),
        egress: effects.contains(Effect::Network) || effects.contains(Effect::Send),
        content: Integrity::Trusted,
        confidentiality: Confidentiality::Internal,
        consequential: Vec::new(),
    };
    Ok(Arc::new(Declared::<T> {
        digest: hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        definition,
        facts: Arc::new(facts),
        tool: PhantomData,
    }))
}

/// The JSON Schema (2020-12) of a type, without references to elsewhere.
fn schema<T: JsonSchema>() -> Value {
    // Rust's own formats, such as `uint32`, are none of JSON Schema, and clients' validators complain about them.
    let mut settings = SchemaSettings::draft2020_12().with_transform(RestrictFormats::default());
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
        schema.remove("title");
    }
    schema
}

impl<T: Tool> Builtin for Declared<T> {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn definition(&self) -> &JsonText {
        &self.definition
    }

    fn definition_digest(&self) -> &Arc<str> {
        &self.digest
    }

    fn facts(&self) -> &Arc<ToolFacts> {
        &self.facts
    }

    fn call<'a>(&'a self, kernel: &'a Arc<Kernel>, call: &'a Call, arguments: &'a JsonText) -> Running<'a> {
        Box::pin(async move {
            // What is wrong with the arguments the model can put right, so it reads it (2025-11-25, server/tools).
            let tool = match serde_json::from_str::<T>(arguments.as_str()) {
                Ok(tool) => tool,
                Err(error) => return Ok(failed(&format!("Invalid arguments for {}: {error}", T::NAME))),
            };
            match tool.run(Context { kernel, call }).await {
                Ok(output) => succeeded(&output),
                Err(failure) => Ok(failed(&failure.to_string())),
            }
        })
    }
}

fn succeeded(output: &impl serde::Serialize) -> Result<JsonText, RpcError> {
    let unwritable = |error: &dyn fmt::Display| {
        tracing::error!(%error, "a result cannot be written as JSON");
        RpcError::internal("the tool's result could not be written")
    };
    let text = serde_json::to_string_pretty(output).map_err(|error| unwritable(&error))?;
    let block = JsonText::object([("type", JsonText::string("text")), ("text", JsonText::string(&text))]);
    let structured = serde_json::to_string(output).map_err(|error| unwritable(&error))?;
    let structured = JsonText::try_from(structured).map_err(|error| unwritable(&error))?;
    Ok(JsonText::object([
        ("content", JsonText::array([block.value()])),
        ("structuredContent", structured),
        ("isError", false.into()),
    ]))
}

fn failed(message: &str) -> JsonText {
    let block = JsonText::object([("type", JsonText::string("text")), ("text", JsonText::string(message))]);
    JsonText::object([("content", JsonText::array([block.value()])), ("isError", true.into())])
}

impl<T: Tool> fmt::Debug for Declared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Declared").field(&T::NAME).finish()
    }
}
