//! What a tool does to the world: the operator's word first, then our catalogue of well-known servers, then inference.
//!
//! Must never let what a server says of itself override what the operator or the catalogue says of it.

mod catalogue;
mod infer;
mod package;
mod schema;
mod words;

use globset::{GlobBuilder, GlobMatcher};
use ringfence_model::config::{ServerConfig, ToolConfig};
use ringfence_model::effect::{Effect, EffectSource, Effects, ToolFacts};
use ringfence_model::json::Json;
use ringfence_model::label::{Confidentiality, Integrity};

/// A key under `tools` of a server that is neither a name nor a glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tool key {key:?} is not a glob: {reason}")]
pub struct BadToolKey {
    /// The key as written.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What is known of a server's tools before the server has said anything.
#[derive(Debug, Clone)]
pub struct Declarations {
    content: Integrity,
    known: Option<&'static catalogue::Server>,
    /// The most specific key first.
    keys: Vec<(Key, ToolConfig)>,
}

#[derive(Debug, Clone)]
enum Key {
    Name(String),
    Glob(GlobMatcher),
}

/// What a source other than the operator knows of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Knowledge {
    effects: Effects,
    source: EffectSource,
    irreversible: bool,
    egress: bool,
    confidentiality: Confidentiality,
    consequential: Vec<String>,
}

impl Declarations {
    /// What the operator's entry for a server declares. A well-known server is recognised by the command that the
    /// operator configured, never by the name that the server gives itself.
    ///
    /// # Errors
    /// A key under `tools` that does not parse as a glob.
    pub fn of(server: &ServerConfig) -> Result<Self, BadToolKey> {
        let mut keys = Vec::with_capacity(server.tools.len());
        for (key, tool) in &server.tools {
            keys.push((Key::parse(key)?, tool.clone()));
        }
        // Stable: of two globs of one length the one that was written first wins.
        keys.sort_by_key(|(key, _)| std::cmp::Reverse(key.specificity()));
        let package = server.command.as_deref().and_then(|command| package::of(command, &server.args));
        let known = package.and_then(|package| catalogue::find(&package));
        Ok(Self { content: server.content, known, keys })
    }

    /// What policy goes by for the tool that `definition` (an MCP `Tool` object) defines.
    ///
    /// Field by field: the operator's most specific key that sets it, else the catalogue where it lists the tool,
    /// else inference.
    #[must_use]
    pub fn facts(&self, definition: Json<'_>) -> ToolFacts {
        let name = definition.get("name").and_then(Json::as_str).unwrap_or_default();
        let base = self
            .known
            .and_then(|server| server.tool(&name))
            .unwrap_or_else(|| infer::tool(&name, definition));
        let declared = self.declared(&name);
        let (effects, source) = match declared.effects {
            Some(effects) => (effects, EffectSource::Configured),
            None => (base.effects, base.source),
        };
        let leaves = effects.contains(Effect::Send) || effects.contains(Effect::Network);
        ToolFacts {
            effects,
            source,
            irreversible: declared.irreversible.unwrap_or(base.irreversible),
            egress: declared.egress.unwrap_or(base.egress || (declared.effects.is_some() && leaves)),
            content: declared.content.unwrap_or(self.content),
            confidentiality: declared.confidentiality.unwrap_or(base.confidentiality),
            consequential: declared.consequential.unwrap_or(base.consequential),
        }
    }

    /// The operator's word on `tool`, each field from the most specific key that sets it.
    fn declared(&self, tool: &str) -> ToolConfig {
        let mut whole = ToolConfig {
            effects: None,
            content: None,
            confidentiality: None,
            egress: None,
            consequential: None,
            irreversible: None,
        };
        for (_, part) in self.keys.iter().filter(|(key, _)| key.matches(tool)) {
            whole.effects = whole.effects.or(part.effects);
            whole.content = whole.content.or(part.content);
            whole.confidentiality = whole.confidentiality.or(part.confidentiality);
            whole.egress = whole.egress.or(part.egress);
            whole.consequential = whole.consequential.or_else(|| part.consequential.clone());
            whole.irreversible = whole.irreversible.or(part.irreversible);
        }
        whole
    }
}

impl Key {
    fn parse(key: &str) -> Result<Self, BadToolKey> {
        if !key.contains(['*', '?', '[', '{']) {
            return Ok(Self::Name(key.to_owned()));
        }
        let glob = GlobBuilder::new(key)
            .build()
            .map_err(|error| BadToolKey { key: key.to_owned(), reason: error.kind().to_string() })?;
        Ok(Self::Glob(glob.compile_matcher()))
    }

    fn matches(&self, tool: &str) -> bool {
        match self {
            Self::Name(name) => name == tool,
            Self::Glob(glob) => glob.is_match(tool),
        }
    }

    /// An exact name over any glob, a longer glob over a shorter one.
    fn specificity(&self) -> (bool, usize) {
        match self {
            Self::Name(name) => (true, name.len()),
            Self::Glob(glob) => (false, glob.glob().glob().len()),
        }
    }
}

#[cfg(test)]
mod tests;
