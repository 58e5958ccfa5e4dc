//! Reading typed values out of a tree, collecting errors on the way.
//!
//! Must never stop at the first error: a person fixes a file in one go.

use super::LoadError;
use super::tree::{At, Node, Value};

/// Most errors reported of one file.
pub(super) const MOST_ERRORS: usize = 100;

/// Collects what is wrong with one file.
pub(super) struct Reader<'a> {
    file: &'a str,
    roles: &'a [&'a str],
    errors: Vec<LoadError>,
}

/// The members of a map whose keys are all known.
pub(super) struct Fields<'n> {
    pub(super) at: At,
    members: Vec<(&'n str, At, &'n Node)>,
}

impl<'n> Fields<'n> {
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.members.iter().find(|(name, _, _)| *name == key).map(|(_, _, node)| *node)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&'n str, At, &'n Node)> + '_ {
        self.members.iter().copied()
    }
}

impl<'a> Reader<'a> {
    /// For the text of `file`, which may name `roles`.
    pub(super) const fn new(file: &'a str, roles: &'a [&'a str]) -> Self {
        Self { file, roles, errors: Vec::new() }
    }

    pub(super) const fn roles(&self) -> &'a [&'a str] {
        self.roles
    }

    pub(super) const fn file(&self) -> &'a str {
        self.file
    }

    /// What was wrong, in the order of the file.
    pub(super) fn into_errors(mut self) -> Vec<LoadError> {
        self.errors.sort_by_key(|error| (error.line, error.column));
        self.errors
    }

    pub(super) fn error(&mut self, at: At, message: String, hint: Option<String>) {
        if self.errors.len() < MOST_ERRORS {
            let file = self.file.to_owned();
            self.errors.push(LoadError { file, line: at.line, column: at.column, message, hint });
        }
    }

    fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        self.error(node.at, format!("{what} must be {expected}, not {}", node.value.kind()), None);
    }

    /// A map with any keys.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<Fields<'n>> {
        let Value::Map(members) = &node.value else {
            self.wrong_type(node, what, "a map");
            return None;
        };
        let members = members.iter().map(|(key, value)| (key.text.as_str(), key.at, value)).collect();
        Some(Fields { at: node.at, members })
    }

    /// A map with no other keys than `known`.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<Fields<'n>> {
        self.fields_but(node, what, known, &[])
    }

    /// A map with no other keys than `known`; those of `unfed` are not there yet, and why is said.
    pub(super) fn fields_but<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
        unfed: &[(&str, &str)],
    ) -> Option<Fields<'n>> {
        let fields = self.map(node, what)?;
        for (key, at, _) in fields.members() {
            if let Some((_, why)) = unfed.iter().find(|(unfed, _)| *unfed == key) {
                self.error(at, format!("unavailable: {what} cannot have `{key}`"), Some((*why).to_owned()));
            } else if !known.contains(&key) {
                let hint = suggest(key, known);
                self.error(at, format!("{what} has no key `{key}`"), Some(hint));
            }
        }
        Some(fields)
    }

    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) if !text.is_empty() => Some(text),
            Value::Text(_) => {
                self.error(node.at, format!("{what} must not be empty"), None);
                None
            }
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::List(_)
            | Value::Map(_) => {
                self.wrong_type(node, what, "text");
                None
            }
        }
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(list) if !list.is_empty() => Some(list),
            Value::List(_) => {
                self.error(node.at, format!("{what} must not be empty"), None);
                None
            }
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Map(_) => {
                self.wrong_type(node, what, "a list");
                None
            }
        }
    }

    /// One value, or a list of them that is not empty.
    pub(super) fn one_or_more<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(_) => self.list(node, what),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Map(_) => Some(std::slice::from_ref(node)),
        }
    }

    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Value::Bool(flag) = node.value {
            return Some(flag);
        }
        self.wrong_type(node, what, "true or false");
        None
    }

    pub(super) fn number(&mut self, node: &Node, what: &str) -> Option<f64> {
        match node.value {
            Value::Number(number) => Some(number),
            Value::Integer(integer) => Some(crate::rule::widen(integer)),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
                self.wrong_type(node, what, "a number");
                None
            }
        }
    }

    /// One of the words of `table`.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, what: &str, table: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        let found = table.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
            self.error(node.at, format!("{what} cannot be `{text}`"), Some(suggest(text, &words)));
        }
        found
    }

    /// One of the words of `table`, or a list of them.
    pub(super) fn words<T: Copy>(&mut self, node: &Node, what: &str, table: &[(&str, T)]) -> Option<Vec<T>> {
        let mut all = Some(Vec::new());
        for node in self.one_or_more(node, what)? {
            let word = self.word(node, what, table);
            keep(&mut all, word);
        }
        all
    }

    /// `text` compiled by `compile`, or the error at its place.
    pub(super) fn pattern<T>(
        &mut self,
        node: &Node,
        text: &str,
        compile: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let compiled = compile(text);
        compiled.map_err(|why| self.error(node.at, format!("`{text}` is not a pattern: {why}"), None)).ok()
    }
}

/// Adds `item` to `all`, which is lost with the first item that could not be read.
pub(super) fn keep<T>(all: &mut Option<Vec<T>>, item: Option<T>) {
    match (all.as_mut(), item) {
        (Some(list), Some(item)) => list.push(item),
        _ => *all = None,
    }
}

/// The nearest of `known`, or all of them.
pub(crate) fn suggest(given: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|known| (strsim::osa_distance(given, known), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min();
    match near {
        Some((_, nearest)) => format!("did you mean `{nearest}`?"),
        None => format!("use one of: {}", known.join(", ")),
    }
}
