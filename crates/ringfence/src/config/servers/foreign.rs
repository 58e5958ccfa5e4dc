//! The `{"mcpServers": {…}}` JSON of MCP clients, and the `servers` key of VS Code.
//!
//! Keys that only mean something to a client are passed over with a note. Must never loosen anything: a client's
//! `autoApprove` or `alwaysAllow` is such a key.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use ringfence_model::config::ServerConfig;
use ringfence_model::finding::Span;
use ringfence_model::json::{JsonText, ScanError};
use ringfence_model::label::Integrity;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use super::{Defined, Key, Places, check};
use crate::config::env::Environment;
use crate::config::error::{ConfigError, Place};
use crate::config::{file, name};

/// The keys of an entry that mean something to us.
const KNOWN: [&str; 8] = ["type", "command", "args", "env", "cwd", "url", "headers", "disabled"];

/// What a client's file holds for us.
#[derive(Debug)]
pub(crate) struct Foreign {
    pub(crate) servers: Vec<Defined>,
    /// For a person: what was passed over.
    pub(crate) notes: Vec<String>,
}

#[derive(Deserialize)]
struct Document<E> {
    #[serde(rename = "mcpServers", default = "Option::default")]
    mcp_servers: Option<IndexMap<Key, E>>,
    #[serde(default = "Option::default")]
    servers: Option<IndexMap<Key, E>>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    transport: Option<Spanned<String>>,
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: IndexMap<String, Spanned<String>>,
    cwd: Option<PathBuf>,
    url: Option<Spanned<String>>,
    #[serde(default)]
    headers: IndexMap<String, Spanned<String>>,
    #[serde(default)]
    disabled: bool,
}

/// The servers in the JSON `text` of a client.
///
/// # Errors
/// Every fault of every server.
pub(crate) fn parse(path: &Path, text: &str, env: &Environment) -> Result<Foreign, Vec<ConfigError>> {
    require_json(path, text).map_err(|fault| vec![fault])?;
    // A second reading for the keys alone: `flatten` would lose the places (serde-saphyr, `Spanned`).
    let entries: Document<Entry> = file::parse(path, text).map_err(|fault| vec![fault])?;
    let keys: Document<IndexMap<String, IgnoredAny>> =
        file::parse(path, text).map_err(|fault| vec![fault])?;
    if entries.mcp_servers.is_none() && entries.servers.is_none() {
        return Err(vec![ConfigError::NoServers { path: path.to_owned() }]);
    }
    let mut notes = Vec::new();
    for (key, members) in keys.into_iter() {
        let passed_over: Vec<_> = members.into_keys().filter(|key| !KNOWN.contains(&key.as_str())).collect();
        if !passed_over.is_empty() {
            notes.push(format!("{}: passed over: {}", key.place(path), passed_over.join(", ")));
        }
    }
    let mut servers = Vec::new();
    let mut faults = Vec::new();
    for (key, entry) in entries.into_iter().filter(|(_, entry)| !entry.disabled) {
        match define(path, &key, entry, env) {
            Ok(server) => servers.push(server),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(Foreign { servers, notes }) } else { Err(faults) }
}

fn define(path: &Path, key: &Key, entry: Entry, env: &Environment) -> Result<Defined, Vec<ConfigError>> {
    let place = key.place(path);
    let given = || key.0.value.clone();
    let name = name::fold(&key.0.value)
        .ok_or_else(|| vec![ConfigError::BadServerName { place: place.clone(), name: given() }])?;
    if let Some(transport) = entry.transport {
        let fits = match transport.value.as_str() {
            "stdio" => entry.url.is_none(),
            "http" | "streamable-http" | "streamable_http" => entry.command.is_none(),
            _ => false,
        };
        if !fits {
            let place = file::place(path, transport.referenced);
            return Err(vec![ConfigError::UnknownTransport {
                place,
                name: given(),
                transport: transport.value,
            }]);
        }
    }
    let places = Places {
        server: place.clone(),
        env: place_all(path, &entry.env),
        headers: place_all(path, &entry.headers),
        url: entry.url.as_ref().map(|url| file::place(path, url.referenced)),
    };
    let server = ServerConfig {
        command: entry.command,
        args: entry.args,
        env: values(entry.env),
        cwd: entry.cwd,
        url: entry.url.map(|url| url.value),
        headers: values(entry.headers),
        content: Integrity::Untrusted,
        share: None,
        timeout: None,
        tools: IndexMap::new(),
    };
    let server = check(path, &name, server, &places, env)?;
    Ok(Defined { name, place, server })
}

/// Refuses what is not JSON: a YAML parser would accept much that no client does.
fn require_json(path: &Path, text: &str) -> Result<(), ConfigError> {
    let error = match JsonText::try_from(text.to_owned()) {
        // The second reader names the key.
        Ok(_) | Err(ScanError::DuplicateKey { .. }) => return Ok(()),
        Err(error) => error,
    };
    let at = match error {
        ScanError::TooDeep { at, .. }
        | ScanError::DuplicateKey { at }
        | ScanError::Trailing { at }
        | ScanError::Syntax { at, .. } => at,
        ScanError::NotUtf8 | ScanError::TooLarge { .. } => 0,
    };
    let span = Span::of(text, at, at);
    let place = Place { file: path.to_owned(), line: u64::from(span.line), column: u64::from(span.column) };
    let message = match error {
        ScanError::Syntax { what, .. } => format!("not JSON: {what}"),
        ScanError::TooDeep { limit, .. } => format!("nested deeper than {limit}"),
        ScanError::Trailing { .. } => "something follows the value".into(),
        ScanError::DuplicateKey { .. } | ScanError::NotUtf8 | ScanError::TooLarge { .. } => error.to_string(),
    };
    Err(ConfigError::Form { place, message })
}

fn place_all(path: &Path, values: &IndexMap<String, Spanned<String>>) -> IndexMap<String, Place> {
    values.iter().map(|(key, value)| (key.clone(), file::place(path, value.referenced))).collect()
}

fn values(values: IndexMap<String, Spanned<String>>) -> IndexMap<String, String> {
    values.into_iter().map(|(key, value)| (key, value.value)).collect()
}

impl<E> Document<E> {
    fn into_iter(self) -> impl Iterator<Item = (Key, E)> {
        self.mcp_servers.into_iter().flatten().chain(self.servers.into_iter().flatten())
    }
}
