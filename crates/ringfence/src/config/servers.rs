//! The servers of a file: where each stands, whether it makes sense, `${VAR}` replaced.
//!
//! Two sources: our own `servers:` and the `{"mcpServers": {…}}` JSON of clients. Must never start or reach a server.

pub(crate) mod foreign;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use ringfence_model::config::ServerConfig;
use ringfence_model::name::ServerName;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::env::Environment;
use super::error::{ConfigError, Place};
use super::expand::{Unexpanded, expand};
use super::file;

/// A server and where it was defined.
#[derive(Debug)]
pub(crate) struct Defined {
    pub(crate) name: ServerName,
    pub(crate) place: Place,
    pub(crate) server: ServerConfig,
}

/// A mapping key with its place. Two are equal when their text is.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(Spanned<String>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.value == other.0.value
    }
}

impl Eq for Key {}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.value.hash(state);
    }
}

impl Key {
    fn place(&self, file: &Path) -> Place {
        file::place(file, self.0.referenced)
    }
}

/// The places in `servers:`; the values come from [`ringfence_model::config::Config`], which has none.
#[derive(Debug, Deserialize)]
struct Outline {
    #[serde(default)]
    servers: IndexMap<Key, Option<ServerOutline>>,
}

#[derive(Debug, Default, Deserialize)]
struct ServerOutline {
    #[serde(default)]
    env: IndexMap<String, Spanned<String>>,
    #[serde(default)]
    headers: IndexMap<String, Spanned<String>>,
    #[serde(default)]
    url: Option<Spanned<String>>,
}

/// The places of a server's values.
pub(crate) struct Places {
    pub(crate) server: Place,
    pub(crate) env: IndexMap<String, Place>,
    pub(crate) headers: IndexMap<String, Place>,
    pub(crate) url: Option<Place>,
}

/// The servers of our own file, checked; `text` is the text that `servers` was parsed from.
///
/// # Errors
/// Every fault of every server.
pub(crate) fn own(
    path: &Path,
    text: &str,
    servers: IndexMap<ServerName, ServerConfig>,
    env: &Environment,
) -> Result<Vec<Defined>, Vec<ConfigError>> {
    if servers.is_empty() {
        return Ok(Vec::new());
    }
    let outline: Outline = file::parse(path, text).map_err(|error| vec![error])?;
    let mut defined = Vec::new();
    let mut faults = Vec::new();
    for (name, server) in servers {
        let places = outline
            .servers
            .iter()
            .find(|(key, _)| key.0.value == name.as_str())
            .map_or_else(|| Places::unknown(path), |(key, outline)| Places::of(path, key, outline.as_ref()));
        match check(path, &name, server, &places, env) {
            Ok(server) => defined.push(Defined { name, place: places.server, server }),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(defined) } else { Err(faults) }
}

/// Joins servers of several files, in order.
///
/// # Errors
/// Each name that stands twice.
pub(crate) fn join(
    files: impl IntoIterator<Item = Vec<Defined>>,
) -> Result<IndexMap<ServerName, ServerConfig>, Vec<ConfigError>> {
    let mut joined: IndexMap<ServerName, (Place, ServerConfig)> = IndexMap::new();
    let mut faults = Vec::new();
    for Defined { name, place, server } in files.into_iter().flatten() {
        if let Some((first, _)) = joined.get(&name) {
            let first = first.clone();
            faults.push(ConfigError::TwoServers { place, name: name.to_string(), first });
        } else {
            joined.insert(name, (place, server));
        }
    }
    if faults.is_empty() {
        Ok(joined.into_iter().map(|(name, (_, server))| (name, server)).collect())
    } else {
        Err(faults)
    }
}

/// One server: exactly one transport, only keys of that transport, `${VAR}` replaced, a working directory.
pub(crate) fn check(
    path: &Path,
    name: &ServerName,
    mut server: ServerConfig,
    places: &Places,
    env: &Environment,
) -> Result<ServerConfig, Vec<ConfigError>> {
    let mut faults = transport_faults(name, &server, &places.server);
    let mut replace = |value: &mut String, place: Option<&Place>| {
        let place = place.unwrap_or(&places.server);
        match expand(value, env) {
            Ok(expanded) => *value = expanded,
            Err(Unexpanded::Missing(variable)) => {
                faults.push(ConfigError::MissingVariable { place: place.clone(), variable });
            }
            Err(Unexpanded::Form(reference)) => {
                faults.push(ConfigError::BadReference { place: place.clone(), reference });
            }
        }
    };
    for (key, value) in &mut server.env {
        replace(value, places.env.get(key));
    }
    for (key, value) in &mut server.headers {
        replace(value, places.headers.get(key));
    }
    if let Some(url) = &mut server.url {
        replace(url, places.url.as_ref());
    }
    if server.command.is_some() {
        server.cwd = Some(working_directory(path, server.cwd.take()));
    }
    if faults.is_empty() { Ok(server) } else { Err(faults) }
}

fn transport_faults(name: &ServerName, server: &ServerConfig, place: &Place) -> Vec<ConfigError> {
    let (place, name) = (|| place.clone(), || name.to_string());
    let wrong = |key, transport| ConfigError::WrongTransport { place: place(), name: name(), key, transport };
    let mut faults = Vec::new();
    match (&server.command, &server.url) {
        (None, None) => faults.push(ConfigError::NoTransport { place: place(), name: name() }),
        (Some(_), Some(_)) => faults.push(ConfigError::TwoTransports { place: place(), name: name() }),
        (Some(_), None) => {
            if !server.headers.is_empty() {
                faults.push(wrong("headers", "command"));
            }
        }
        (None, Some(_)) => {
            let misplaced = [
                ("args", !server.args.is_empty()),
                ("env", !server.env.is_empty()),
                ("cwd", server.cwd.is_some()),
            ];
            faults.extend(misplaced.into_iter().filter(|(_, is)| *is).map(|(key, _)| wrong(key, "url")));
        }
    }
    faults
}

/// Relative to the folder of the file that names the server, so that it does not depend on who started the kernel.
fn working_directory(file: &Path, cwd: Option<PathBuf>) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("."));
    match cwd {
        Some(cwd) => folder.join(cwd),
        None => folder.to_owned(),
    }
}

impl Places {
    fn of(path: &Path, key: &Key, outline: Option<&ServerOutline>) -> Self {
        let places = |values: &IndexMap<String, Spanned<String>>| {
            values.iter().map(|(key, value)| (key.clone(), file::place(path, value.referenced))).collect()
        };
        let empty = ServerOutline::default();
        let outline = outline.unwrap_or(&empty);
        Self {
            server: key.place(path),
            env: places(&outline.env),
            headers: places(&outline.headers),
            url: outline.url.as_ref().map(|url| file::place(path, url.referenced)),
        }
    }

    fn unknown(path: &Path) -> Self {
        Self {
            server: Place { file: path.to_owned(), line: 1, column: 1 },
            env: IndexMap::new(),
            headers: IndexMap::new(),
            url: None,
        }
    }
}
