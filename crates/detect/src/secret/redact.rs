//! Replacing what was found by a typed placeholder: `[redacted:github_token]`. Must never leave a byte of a value behind
//! or change the structure of a JSON text.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ringfence_model::finding::{Category, Finding};
use ringfence_model::json::{Json, JsonText, Kind, Splice};

use super::json::{InJson, place};
use super::{SecretScanner, Sought};

/// Bytes from which on a value is looked for in the rest of its text: a shorter one may be an ordinary word elsewhere.
const TELLING: usize = 8;

/// The categories whose findings name a value.
const VALUES: [Category; 2] = [Category::Secret, Category::Pii];

/// `text` with each found value (of category `secret` or `pii`) replaced, wherever else in the text it stands. Which of
/// them go is the caller's choice: by what it scans for, or by what it passes on. Findings of other categories are left
/// alone.
#[must_use]
pub fn redact_text(text: &str, findings: &[Finding]) -> String {
    replace(text, findings.iter())
}

/// `json` with each found value replaced. Strings stay strings, and the keys of an object stay different: a key that
/// would become equal to another gets a number.
#[must_use]
pub fn redact_json(json: &JsonText, found: &[InJson]) -> JsonText {
    let mut by_string: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
    for hit in found.iter().filter(|hit| VALUES.contains(&hit.finding.category)) {
        by_string.entry(hit.at.start).or_default().push(&hit.finding);
    }
    if by_string.is_empty() {
        return json.clone();
    }
    let mut redaction = Redaction { json, by_string, splice: Splice::new(json) };
    redaction.value(json.value());
    redaction.splice.finish()
}

/// Most passes of a thorough redaction. A pass may part what stood together and so lay bare another secret.
const PASSES: usize = 8;

impl SecretScanner {
    /// `text` without any secret that this scanner finds, those included that are only found once others are gone.
    #[must_use]
    pub fn clean_text(&self, text: &str) -> String {
        self.clean_text_of(text, Sought::Secrets)
    }

    /// `text` without what is `sought`, that included which is only found once the rest is gone. Nothing is left of a text
    /// that was not looked at to its end.
    #[must_use]
    pub fn clean_text_of(&self, text: &str, sought: Sought) -> String {
        let mut clean = text.to_owned();
        for _ in 0..PASSES {
            let found = self.find_in_text(&clean, sought);
            if found.iter().any(is_unread) {
                break;
            }
            let next = redact_text(&clean, &found);
            if next == clean {
                return clean;
            }
            clean = next;
        }
        UNREAD.to_owned()
    }

    /// `json` without the secrets `found` in it, and without those that are only found once they are gone.
    #[must_use]
    pub fn clean_json(&self, json: &JsonText, found: &[InJson]) -> JsonText {
        self.clean_json_of(json, found, Sought::Secrets)
    }

    /// `json` without the values `found` in it, and without what of the `sought` is only found once they are gone. Nothing
    /// is left of a string that was not looked at to its end.
    #[must_use]
    pub fn clean_json_of(&self, json: &JsonText, found: &[InJson], sought: Sought) -> JsonText {
        let mut clean = without_unread(json, found);
        if clean == *json {
            return clean;
        }
        for _ in 1..PASSES {
            let next = without_unread(&clean, &self.find_in_json(&clean, sought));
            if next == clean {
                return clean;
            }
            clean = next;
        }
        // Strings in which there is no end of it.
        let left = self.find_in_json(&clean, sought);
        redact_json(&clean, &left.iter().map(whole).collect::<Vec<_>>())
    }
}

/// Stands for a text that was not looked at to its end.
const UNREAD: &str = "[redacted:uninspected]";

fn is_unread(finding: &Finding) -> bool {
    finding.category == Category::Uninspected
}

/// `json` with each found value replaced, and as a whole each string that was not looked at to its end.
fn without_unread(json: &JsonText, found: &[InJson]) -> JsonText {
    let unread: HashSet<usize> =
        found.iter().filter(|hit| is_unread(&hit.finding)).map(|hit| hit.at.start).collect();
    if unread.is_empty() {
        return redact_json(json, found);
    }
    let known = found.iter().filter(|hit| !unread.contains(&hit.at.start)).cloned();
    let all = found.iter().filter(|hit| is_unread(&hit.finding)).map(whole);
    redact_json(json, &known.chain(all).collect::<Vec<_>>())
}

/// The whole string as one find.
fn whole(hit: &InJson) -> InJson {
    let mut finding = hit.finding.clone();
    finding.id = Cow::Borrowed("uninspected");
    finding.category = Category::Secret;
    (finding.span.start, finding.span.end) = (0, hit.at.len());
    InJson { finding, at: hit.at.clone() }
}

struct Redaction<'a> {
    json: &'a JsonText,
    /// Findings by the first byte of their string.
    by_string: BTreeMap<usize, Vec<&'a Finding>>,
    splice: Splice<'a>,
}

impl<'a> Redaction<'a> {
    /// Depth is bounded by the scan that made the text.
    fn value(&mut self, value: Json<'a>) {
        let at = place(self.json, value);
        if self.by_string.range(at.clone()).next().is_none() {
            return;
        }
        match value.kind() {
            Kind::String => {
                if let Some(text) = self.redacted(value, &at) {
                    self.splice.replace(value, &JsonText::string(&text));
                }
            }
            Kind::Array => value.elements().for_each(|element| self.value(element)),
            Kind::Object => {
                self.keys(value);
                value.members().for_each(|(_, member)| self.value(member));
            }
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }

    fn keys(&mut self, object: Json<'a>) {
        let is_found = |key: Json<'a>| self.by_string.contains_key(&place(self.json, key).start);
        if !object.members().any(|(key, _)| is_found(key)) {
            return;
        }
        let mut taken: HashSet<Cow<'a, str>> =
            object.members().filter(|(key, _)| !is_found(*key)).filter_map(|(key, _)| key.as_str()).collect();
        for (key, _) in object.members() {
            let Some(text) = self.redacted(key, &place(self.json, key)) else { continue };
            let mut unique = text.clone();
            let mut number = 2_usize;
            while !taken.insert(Cow::Owned(unique.clone())) {
                unique = format!("{text} {number}");
                number += 1;
            }
            self.splice.replace(key, &JsonText::string(&unique));
        }
    }

    fn redacted(&self, string: Json<'a>, at: &Range<usize>) -> Option<String> {
        let findings = self.by_string.get(&at.start)?;
        let text = string.as_str()?;
        Some(replace(&text, findings.iter().copied()))
    }
}

/// Spans may overlap when findings of several scans are put together: later ones then only extend the cut.
fn replace<'f>(text: &str, findings: impl Iterator<Item = &'f Finding>) -> String {
    let mut cuts: Vec<(usize, usize, &str)> = findings
        .filter(|finding| VALUES.contains(&finding.category))
        .map(|finding| (finding.span.start, finding.span.end, finding.id.as_ref()))
        .collect();
    // The value may stand once more where it alone would not have been found, e.g. inside a longer word.
    let mut values: Vec<(&str, &str)> =
        cuts.iter().filter_map(|(start, end, id)| Some((text.get(*start..*end)?, *id))).collect();
    values.sort_unstable();
    values.dedup_by_key(|(value, _)| *value);
    for (value, id) in values.into_iter().filter(|(value, _)| value.len() >= TELLING) {
        for form in std::iter::once(value.to_owned()).chain(coded(value)) {
            let again = memchr::memmem::find_iter(text.as_bytes(), form.as_bytes());
            cuts.extend(again.map(|start| (start, start + form.len(), id)));
        }
    }
    cuts.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end, id) in cuts {
        if start >= done {
            out.push_str(text.get(done..start).unwrap_or_default());
            out.push_str("[redacted:");
            out.push_str(id);
            out.push(']');
        }
        done = done.max(end);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// The same value in base64, hexadecimal and percent signs, as a whole.
fn coded(value: &str) -> Vec<String> {
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = STANDARD_NO_PAD.encode(value);
    let url = URL_SAFE_NO_PAD.encode(value);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let percent: String = value
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let mut forms = vec![hex.to_uppercase(), hex, base64, url, percent];
    forms.retain(|form| form != value);
    forms
}
