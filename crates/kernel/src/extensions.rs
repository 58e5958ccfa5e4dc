//! Extensions that client and server say they have (2026-07-28, "Extensions"): which are passed on.
//!
//! Of an unknown extension nothing passes but its name, its settings, and members of messages that take the path anyway:
//! a method of its own is refused, and so is a result of its own. Must never offer one whose content would pass unseen.

use std::collections::BTreeMap;

use ringfence_model::json::{JsonText, Kind};

/// Extensions that are methods of their own: without those they are nothing, and we do not carry them.
const OF_METHODS: [&str; 2] = ["io.modelcontextprotocol/skills", "io.modelcontextprotocol/interceptors"];

/// Most extensions that one side may name.
const MOST: usize = 32;

/// Most bytes of the settings of one.
const MOST_BYTES: usize = 4_096;

/// Of what a client says it has, what is passed on; none where that is nothing.
#[must_use]
pub fn passed(declared: &JsonText) -> Option<JsonText> {
    merged([declared.clone()])
}

/// What several servers have, in one object. What two have with other settings is left out: a client could not tell whose
/// they are.
pub(crate) fn merged(said: impl IntoIterator<Item = JsonText>) -> Option<JsonText> {
    let mut all: BTreeMap<String, Option<JsonText>> = BTreeMap::new();
    for declared in said {
        for (name, settings) in declared.value().members().take(MOST) {
            let Some(name) = name.as_str().filter(|name| is_name(name)) else { continue };
            if settings.kind() != Kind::Object || settings.raw().len() > MOST_BYTES {
                continue;
            }
            let settings = declared.share(settings);
            all.entry(name.into_owned())
                .and_modify(|known| {
                    if known.as_ref().is_none_or(|known| known.as_str() != settings.as_str()) {
                        *known = None;
                    }
                })
                .or_insert(Some(settings));
        }
    }
    let kept: Vec<(&str, JsonText)> =
        all.iter().filter_map(|(name, settings)| Some((name.as_str(), settings.clone()?))).collect();
    (!kept.is_empty()).then(|| JsonText::object(kept))
}

/// True for the name of an extension that can be passed on: a prefix, a slash, and no word of ours.
fn is_name(name: &str) -> bool {
    name.len() <= 256
        && name.split_once('/').is_some_and(|(prefix, rest)| !prefix.is_empty() && !rest.is_empty())
        && !name.starts_with("io.ringfence/")
        && !OF_METHODS.contains(&name)
}

#[cfg(test)]
mod tests;
