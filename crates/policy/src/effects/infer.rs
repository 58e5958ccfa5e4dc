//! Inference: the more dangerous of what the server annotates and of what name, description and schema say.
//!
//! Must never read an absent hint as if it had been said: the defaults of the MCP specification do not apply here.

use ringfence_model::effect::{Effect, EffectSource, Effects};
use ringfence_model::json::Json;
use ringfence_model::label::Confidentiality;

use super::words::{Reading, Verb};
use super::{Knowledge, schema, words};

/// The hints of `ToolAnnotations` (MCP 2025-06-18, schema) that bear on effects, as said.
#[derive(Debug, Clone, Copy, Default)]
struct Hints {
    read_only: Option<bool>,
    destructive: Option<bool>,
    open_world: Option<bool>,
}

/// What can be known of the tool `name` from its own definition.
pub(super) fn tool(name: &str, definition: Json<'_>) -> Knowledge {
    let hints = Hints::of(definition);
    let name_words = words::split_name(name);
    let sentence = definition.get("description").and_then(Json::as_str).unwrap_or_default();
    let sentence = words::first_sentence(&sentence);
    let mut said = from_name(&name_words);
    if said.is_empty() {
        let title = definition.get("title").and_then(Json::as_str).unwrap_or_default();
        said = from_name(&words::split_name(&title));
    }
    said.extend(from_description(&sentence));
    said.extend(hints.effects());

    let schema = schema::Facts::of(definition.get("inputSchema"));
    let only_reads = said.iter().all(|effect| *effect == Effect::Read);
    // The schema and `openWorldHint` say how a tool works, not what it is for. Alone they would make a tool known
    // that nobody has described, so they only add to what a verb or a hint says; a command line is the exception.
    if !said.is_empty() || schema.runs_code {
        said.extend(schema.effects(only_reads));
        let reaches = name_words.iter().any(|word| words::reaches(word))
            || sentence.iter().any(|word| matches!(word.as_str(), "internet" | "web"));
        said.extend((reaches || hints.open_world == Some(true)).then_some(Effect::Network));
    }
    let effects = Effects::of(&said);
    let undone = name_words.iter().chain(&sentence).any(|word| words::undoes(word));
    let destructive = hints.destructive == Some(true) && hints.read_only != Some(true);
    let leaves = effects.contains(Effect::Network) || hints.open_world == Some(true);
    Knowledge {
        effects,
        source: if effects.is_unknown() { EffectSource::Unknown } else { EffectSource::Inferred },
        irreversible: destructive || (effects.contains(Effect::Delete) && !undone),
        egress: effects.contains(Effect::Send) || (leaves && schema.carries_data),
        confidentiality: Confidentiality::Public,
        consequential: schema.consequential,
    }
}

impl Hints {
    fn of(definition: Json<'_>) -> Self {
        let Some(annotations) = definition.get("annotations") else { return Self::default() };
        let hint = |name| annotations.get(name).and_then(Json::as_bool);
        Self {
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            open_world: hint("openWorldHint"),
        }
    }

    /// `destructiveHint` has a meaning only where the tool is not read-only (MCP 2025-06-18, `ToolAnnotations`).
    fn effects(self) -> Vec<Effect> {
        match (self.read_only, self.destructive) {
            (Some(true), _) => vec![Effect::Read],
            (Some(false) | None, Some(true)) => vec![Effect::Write, Effect::Delete],
            (Some(false), Some(false) | None) => vec![Effect::Write],
            (None, Some(false) | None) => Vec::new(),
        }
    }
}

/// What a name says. Sure verbs win over words that may be nouns; after a verb that looks, other words name what is
/// looked at (`get_message`, `list_orders`) unless `and` or `or` joins them.
fn from_name(words: &[String]) -> Vec<Effect> {
    let sure = |word: &str| words::verb(word).filter(|verb| verb.reading == Reading::Verb);
    let head = words.iter().enumerate().find_map(|(at, word)| sure(word).map(|verb| (at, verb)));
    let Some((at, head)) = head else {
        if words.last().is_some_and(|last| words::looks(last)) {
            return vec![Effect::Read];
        }
        return words.iter().find_map(|word| words::verb(word)).map(|verb| verb.effect).into_iter().collect();
    };
    let mut said = vec![head.effect];
    let mut before = words.get(at).map_or("", String::as_str);
    for word in words.iter().skip(at + 1) {
        if head.effect != Effect::Read || words::joins(before) {
            said.extend(sure(word).map(|verb| verb.effect));
        }
        if head.effect != Effect::Read {
            said.extend(words::object(head.effect, before, word));
        }
        before = word;
    }
    said
}

/// What the first sentence of a description says: its verb, verbs joined to it, and what the verb acts on.
fn from_description(sentence: &[String]) -> Vec<Effect> {
    let mut rest = sentence.iter().map(String::as_str).skip_while(|word| words::fills(word)).peekable();
    let Some((head, mood)) = rest.next().and_then(description_verb) else { return Vec::new() };
    let next = rest.peek().copied().unwrap_or_default();
    // `Message history`, `Orders of a customer`: a heading, not a verb.
    if head.reading == Reading::Either && (words::looks(next) || words::ends_object(next)) {
        return if words::looks(next) { vec![Effect::Read] } else { Vec::new() };
    }
    let mut said = vec![head.effect];
    let (mut before, mut in_object, mut at) = ("", true, 0);
    while let Some(word) = rest.next() {
        let next = rest.peek().copied();
        // `branches or commits` lists nouns: a joined verb has an object, or follows the first verb at once.
        if words::joins(before)
            && (next.is_some() || at == 1)
            && let Some((verb, same)) = description_verb(word)
            && (verb.reading, same) == (Reading::Verb, mood)
        {
            said.push(verb.effect);
        }
        in_object &= !words::ends_object(word);
        // Of `a user account` the last word is what is created.
        if in_object && next.is_none_or(words::ends_object) {
            said.extend(words::object(head.effect, before, word));
        }
        if !(words::joins(before) && words::adverb(word)) {
            before = word;
        }
        at += 1;
    }
    said
}

/// How a description addresses the reader: `Sends mail` or `Send mail`. Joined verbs share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Says,
    Asks,
}

fn description_verb(word: &str) -> Option<(Verb, Mood)> {
    if let Some(verb) = words::verb(word) {
        return Some((verb, Mood::Asks));
    }
    let third = |stem: &str| words::verb(stem).map(|verb| (verb, Mood::Says));
    let stem = word.strip_suffix('s')?;
    third(stem)
        .or_else(|| stem.strip_suffix('e').and_then(third))
        .or_else(|| stem.strip_suffix("ie").and_then(|stem| third(&format!("{stem}y"))))
}
