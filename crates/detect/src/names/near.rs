//! Names that are taken for one another. Must never compare more pairs than the bound allows without saying so.

use std::collections::HashMap;

use crate::hidden::skeleton;

/// Most tools whose names are compared letter by letter; among more only those that fold to the same are found.
const MOST_COMPARED: usize = 512;
/// Words that are put onto a name to make it look newer or more official.
const ADDITIONS: [&str; 14] = [
    "v1", "v2", "v3", "v4", "new", "pro", "plus", "official", "secure", "safe", "better", "latest", "mcp",
    "tool",
];

/// A tool as a client names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Named<'a> {
    /// The server that offers it.
    pub server: &'a str,
    /// Its name there.
    pub name: &'a str,
}

/// Why two names are taken for one another. Ordered, the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same bytes.
    Same,
    /// The same but for case, separators and look-alike letters.
    Folded,
    /// One is the other with a version or a praise.
    Extended,
    /// One letter apart (Damerau and Levenshtein), in names of at least six.
    OneEdit,
}

/// Two tools of different servers, by their place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resemblance {
    /// The earlier one.
    pub first: usize,
    /// The later one.
    pub second: usize,
    /// Why.
    pub likeness: Likeness,
}

/// The pairs of different servers whose names are taken for one another, by place. The flag is false where there were too
/// many names to compare them letter by letter.
#[must_use]
pub fn resemblances(tools: &[Named<'_>]) -> (Vec<Resemblance>, bool) {
    let folded: Vec<(String, String)> = tools
        .iter()
        .map(|tool| {
            let folded = fold(tool.name);
            let bare = bare(tool.name);
            (folded, bare)
        })
        .collect();
    let mut found = alike(tools, &folded);
    let complete = tools.len() <= MOST_COMPARED;
    if complete {
        for (second, (_, (name, _))) in tools.iter().zip(&folded).enumerate() {
            for (first, (other, _)) in folded.iter().enumerate().take(second) {
                let rivals =
                    tools.get(first).map(|tool| tool.server) != tools.get(second).map(|tool| tool.server);
                if rivals && is_one_edit(name, other) {
                    found.push(Resemblance { first, second, likeness: Likeness::OneEdit });
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup_by_key(|one| (one.first, one.second));
    (found, complete)
}

/// Pairs that fold to the same name, with or without additions.
fn alike(tools: &[Named<'_>], folded: &[(String, String)]) -> Vec<Resemblance> {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    for (second, (tool, (name, bare))) in tools.iter().zip(folded).enumerate() {
        let known = by_name.entry(bare).or_default();
        // The nearest few are enough: a name that a hundred servers share is no secret.
        for first in known.iter().rev().take(8).copied() {
            let (Some(other), Some((other_name, _))) = (tools.get(first), folded.get(first)) else {
                continue;
            };
            if other.server == tool.server {
                continue;
            }
            let likeness = match (other.name == tool.name, other_name == name) {
                (true, _) => Likeness::Same,
                (false, true) => Likeness::Folded,
                (false, false) => Likeness::Extended,
            };
            found.push(Resemblance { first, second, likeness });
        }
        known.push(second);
    }
    found
}

/// Lower case, look-alikes made Latin, digits made the letters they pass for, without separators.
fn fold(name: &str) -> String {
    let plain = skeleton(name).to_lowercase();
    let letters = plain.chars().filter(|letter| letter.is_alphanumeric());
    letters
        .map(|letter| match letter {
            '0' => 'o',
            '1' => 'l',
            other => other,
        })
        .collect()
}

/// The folded name without additions at its ends.
fn bare(name: &str) -> String {
    let lower = name.to_lowercase();
    let mut words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|last| is_addition(last)) {
        words.pop();
    }
    while words.len() > 1 && words.first().is_some_and(|first| is_addition(first)) {
        words.remove(0);
    }
    fold(&words.concat())
}

fn is_addition(word: &str) -> bool {
    ADDITIONS.contains(&word) || word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_one_edit(one: &str, other: &str) -> bool {
    let (short, long) = (one.len().min(other.len()), one.len().max(other.len()));
    short >= 6 && long - short <= 4 && one != other && strsim::osa_distance(one, other) == 1
}
