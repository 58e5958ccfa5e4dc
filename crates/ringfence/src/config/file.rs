//! Reading a file of the configuration: bounded, UTF-8, YAML with places in its errors.
//!
//! Must never quote a value of the file in an error: it could be a secret in the wrong place.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::{DefaultMessageFormatter, DuplicateKeyPolicy, Error, MessageFormatter};

use super::error::{ConfigError, Place};

/// Most bytes of one file.
pub(crate) const FILE_LIMIT: usize = 1 << 20;

/// The text of `path`.
///
/// # Errors
/// [`ConfigError::Unreadable`], [`ConfigError::TooLarge`], [`ConfigError::NotText`].
pub(crate) fn read(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let limit = FILE_LIMIT;
    File::open(path)
        .and_then(|file| file.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() > limit {
        return Err(ConfigError::TooLarge { path: path.to_owned(), limit });
    }
    String::from_utf8(bytes).map_err(|_| ConfigError::NotText { path: path.to_owned() })
}

/// Parses one YAML document; JSON is YAML 1.2.
///
/// # Errors
/// [`ConfigError`] with its place in `path`.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::Error,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| refuse(path, error))
}

/// `location` in `path`.
pub(crate) fn place(path: &Path, location: serde_saphyr::Location) -> Place {
    Place { file: path.to_owned(), line: location.line(), column: location.column() }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's errors are its own and will grow")]
fn refuse(path: &Path, error: Error) -> ConfigError {
    let place = match error.location() {
        Some(location) => place(path, location),
        None => Place { file: path.to_owned(), line: 1, column: 1 },
    };
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            ConfigError::UnknownKey { place, key: field, valid: expected }
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            ConfigError::UnknownValue { place, value: variant, valid: expected }
        }
        Error::DuplicateMappingKey { key, .. } => {
            ConfigError::Twice { place, key: key.unwrap_or_else(|| "a key".into()) }
        }
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            let found = kind_of(&unexpected);
            ConfigError::Form { place, message: format!("expected {expected}, found {found}") }
        }
        Error::Unexpected { expected, .. } => {
            ConfigError::Form { place, message: format!("expected {}", plain(expected)) }
        }
        Error::InvalidScalar { ty, .. } => {
            ConfigError::Form { place, message: format!("expected {}", plain(ty)) }
        }
        Error::MultipleDocuments { .. } => {
            ConfigError::Form { place, message: "a second document begins here".into() }
        }
        other => {
            let message = DefaultMessageFormatter.format_message(&other);
            ConfigError::Form { place, message: plain(&message).to_owned() }
        }
    }
}

/// Serde's description of what was found, cut before the value.
fn kind_of(unexpected: &str) -> &str {
    unexpected.split(['"', '`']).next().unwrap_or_default().trim_end()
}

/// The words of parsers, in words of the file.
fn plain(expected: &str) -> &str {
    match expected {
        "mapping start" => "a mapping (`key: value`)",
        "sequence start" => "a list",
        "string scalar" => "a single value",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "invalid socket address syntax" => "not an address: write 127.0.0.1:8000",
        other => other,
    }
}
