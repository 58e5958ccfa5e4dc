//! Secrets in JSON: every string, keys included, with its escapes decoded. Must never judge a string by its raw form.

use std::borrow::Cow;
use std::ops::Range;

use ringfence_model::finding::Finding;
use ringfence_model::json::{Json, JsonText};

use super::hit::{Hit, merge};
use super::look::{Escapes, Look};
use super::report::truncated;
use super::scan::{SecretScanner, Sought};
use crate::signs::Signs;

/// Something found in one string of a JSON text.
#[derive(Debug, Clone, PartialEq)]
pub struct InJson {
    /// What and, within the decoded string, where.
    pub finding: Finding,
    /// Bytes of the string literal, quotes included, in the JSON text.
    pub at: Range<usize>,
}

impl SecretScanner {
    /// The credentials in the strings of `json`, in order. A member's key is context for its value: in
    /// `{"aws_secret_access_key": "…"}` it is the key that tells.
    #[must_use]
    pub fn scan_json(&self, json: &JsonText) -> Vec<InJson> {
        self.find_in_json(json, Sought::Secrets)
    }

    /// What of the `sought` is in the strings of `json`, in order.
    #[must_use]
    pub fn find_in_json(&self, json: &JsonText, sought: Sought) -> Vec<InJson> {
        let raw = json.as_str();
        let mut look = Look { sought, signs: &Signs::of(raw), anchors: None };
        let may = match Escapes::of(raw) {
            Escapes::Any => true,
            escapes @ (Escapes::None | Escapes::Simple) => self.may_hold(raw, escapes, &mut look),
        };
        if may { self.find_in_strings(json, sought) } else { Vec::new() }
    }

    /// What of the `sought` is in the strings of `json`, each looked at.
    pub(crate) fn find_in_strings(&self, json: &JsonText, sought: Sought) -> Vec<InJson> {
        let raw = json.as_str();
        let mut found = Vec::new();
        let mut key: Option<Cow<'_, str>> = None;
        json.value().strings(&mut |string| {
            let at = place(json, string);
            let Some(text) = string.as_str() else { return };
            let (hits, cut) = match key.take() {
                Some(name) => self.hits_with_context(&name, &text, sought),
                None => self.hits(&text, &mut Look { sought, signs: &Signs::of(&text), anchors: None }),
            };
            found.extend(hits.iter().map(|hit| InJson { finding: self.finding(&text, hit), at: at.clone() }));
            if cut {
                found.push(InJson { finding: truncated(&text), at: at.clone() });
            }
            let after = raw.get(at.end..).unwrap_or_default().trim_start_matches([' ', '\t', '\n', '\r']);
            // A value that is no string leaves the key behind: the next string is then a key or an element.
            let value_on =
                after.strip_prefix(':').map(|rest| rest.trim_start_matches([' ', '\t', '\n', '\r']));
            if value_on.is_some_and(|value| value.starts_with('"')) && self.names_something(&text, sought) {
                key = Some(text);
            }
        });
        found
    }

    /// The hits in `value`, seen behind its key.
    fn hits_with_context(&self, key: &str, value: &str, sought: Sought) -> (Vec<Hit>, bool) {
        let before = key.len() + 2;
        let line = format!("{key}=\"{value}\"");
        let mut look = Look { sought, signs: &Signs::of(&line), anchors: None };
        let (hits, cut) = self.hits(&line, &mut look);
        let inside = |hit: &Hit| hit.at.start >= before && hit.at.end <= before + value.len();
        let mut hits: Vec<Hit> = hits.into_iter().filter(inside).map(|hit| hit.moved_back(before)).collect();
        // A quote inside the value would end it there; here its end is known.
        if sought.secrets() {
            hits.extend(self.named_value(key, value));
        }
        (merge(hits), cut)
    }
}

/// Where `part`, a slice of the text, stands in it.
pub(crate) fn place(json: &JsonText, part: Json<'_>) -> Range<usize> {
    let start = part.raw().as_ptr().addr() - json.as_str().as_ptr().addr();
    start..start + part.raw().len()
}
