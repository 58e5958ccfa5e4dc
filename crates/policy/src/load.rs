//! Rule files: text to rules, or every error of the text with its place.
//!
//! Must never keep a rule that it did not understand in full: an unknown key is an error, not a comment.

mod arguments;
mod conditions;
mod obligations;
mod read;
mod rules;
mod state;
mod table;
mod tree;

use std::collections::HashMap;
use std::fmt;

#[cfg(feature = "cedar")]
pub(crate) use read::suggest;
pub(crate) use rules::CATEGORIES;
#[cfg(feature = "cedar")]
pub(crate) use rules::SEVERITIES;
pub(crate) use state::WORDS;

use crate::rule::Rule;
use crate::table::Table;

/// A rule file.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What errors call it, e.g. its path.
    pub name: &'a str,
    /// YAML; Cedar where the name ends in `.cedar`.
    pub text: &'a str,
}

impl Source<'_> {
    /// It holds Cedar policies.
    pub(crate) fn is_cedar(&self) -> bool {
        self.name.ends_with(".cedar")
    }
}

/// One thing wrong with a rule file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LoadError {
    /// Name of the source.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// In characters, from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl fmt::Display for LoadError {
    /// `file:line:column: message`, without the hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// Most bytes of one rule file.
const LARGEST: usize = 16 << 20;

/// What stands in the sources.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// In order.
    pub(crate) rules: Vec<Rule>,
    /// The tables of defaults.
    pub(crate) tables: Vec<Table>,
}

/// The rules and tables of all sources; `roles` are those that a rule may name.
///
/// # Errors
/// Everything that is wrong with any of them, in order; at most [`read::MOST_ERRORS`] of each.
pub(crate) fn load(sources: &[Source<'_>], roles: &[&str]) -> Result<Loaded, Vec<LoadError>> {
    let (mut rules, mut tables) = (Vec::new(), Vec::new());
    let mut errors = Vec::new();
    let mut places: HashMap<String, String> = HashMap::new();
    for source in sources {
        let mut reader = read::Reader::new(source.name, roles);
        if source.text.len() > LARGEST {
            let size = source.text.len();
            let start = tree::At { line: 1, column: 1 };
            reader.error(start, format!("{size} bytes exceed the limit of {LARGEST}"), None);
        } else {
            match tree::parse(source.text) {
                Ok(document) => rules::document(&mut reader, &document, &mut places, &mut rules, &mut tables),
                Err(unreadable) => reader.error(unreadable.at, unreadable.why, None),
            }
        }
        errors.extend(reader.into_errors());
    }
    if errors.is_empty() { Ok(Loaded { rules, tables }) } else { Err(errors) }
}

/// Conditions by the path of their key: `server`, `arguments/~1path/glob`.
type Conditions = std::collections::BTreeMap<String, String>;

/// The conditions and the exceptions of each rule of a source that loads, as they were written.
pub(crate) fn conditions_of(source: &Source<'_>) -> Vec<(Conditions, Vec<Conditions>)> {
    tree::parse(source.text).map(|document| rules::conditions_of(&document)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
