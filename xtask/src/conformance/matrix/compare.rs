//! Whether a feature came to the same both ways.
//!
//! What docs/wire.md says is rewritten, and what one era alone has, is left out of the comparison; nothing else is.

use serde_json::Value;

use super::feature::Feature;

/// What a client said to one operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    Answer(Value),
    /// The error that the client's own program would see.
    Error(Value),
    /// Nothing within our patience.
    Nothing,
}

/// What a visit to a server came to.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// The version that was agreed on; none where no connection came about.
    version: Option<String>,
    refusal: Option<Said>,
    features: Vec<Vec<Said>>,
}

/// Two ways, compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sameness {
    Same,
    /// Directly it does not work, through Ringfence it does.
    More,
    /// It works neither way.
    Neither,
    Differs(String),
}

impl Sameness {
    pub(super) const fn sign(&self) -> &'static str {
        match self {
            Self::Same => "=",
            Self::More => "+",
            Self::Neither => "-",
            Self::Differs(_) => "DIFFERS",
        }
    }
}

/// Longest that each side of a difference is shown.
const WORDS: usize = 300;

/// Members that docs/wire.md says are ours, or that say which connection it was.
const REWRITTEN: [&str; 5] = ["_meta", "ttlMs", "cacheScope", "includeContext", "task"];

/// Members that results have in one era only.
const OF_AN_ERA: [&str; 3] = ["resultType", "execution", "mode"];

/// A resource that is not there has another code in each era.
const MISSING: [i64; 2] = [-32_002, -32_602];

impl Outcome {
    pub(super) fn opened(about: &Value) -> Self {
        let version = about.get("version").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        Self { version: Some(version), refusal: None, features: Vec::new() }
    }

    pub(super) const fn closed(refusal: Said) -> Self {
        Self { version: None, refusal: Some(refusal), features: Vec::new() }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.version.is_some()
    }

    pub(super) fn push(&mut self, feature: Vec<Said>) {
        self.features.push(feature);
    }
}

/// Each feature of a server.
pub(super) fn all(
    features: &[Feature],
    direct: &Outcome,
    through: &Outcome,
) -> Vec<(&'static str, Sameness)> {
    let is_bridged = direct.version != through.version;
    let compared = features.iter().enumerate().map(|(index, feature)| {
        let said = |outcome: &Outcome| outcome.features.get(index).cloned().unwrap_or_default();
        let sameness = match &through.refusal {
            Some(refusal) => Sameness::Differs(format!("no connection: {}", shown(&format!("{refusal:?}")))),
            None => one(feature, &said(direct), &said(through), is_bridged),
        };
        (feature.name, sameness)
    });
    compared.collect()
}

fn one(feature: &Feature, direct: &[Said], through: &[Said], is_bridged: bool) -> Sameness {
    for (index, operation) in feature.operations.iter().enumerate() {
        let essence = |said: &[Said]| said.get(index).map(|said| essence(operation, said, is_bridged));
        let (was, is) = (essence(direct), essence(through));
        if was == is {
            continue;
        }
        let works = |said: &[Said]| said.iter().all(|said| matches!(said, Said::Answer(_)));
        if !works(direct) && works(through) {
            return Sameness::More;
        }
        let (was, is) = (shown(&format!("{was:?}")), shown(&format!("{is:?}")));
        return Sameness::Differs(format!("{operation}: directly {was}; through {is}"));
    }
    let failed = |(operation, said): (&Value, &Said)| {
        operation.get("until").is_some() && !matches!(said, Said::Answer(_))
    };
    let hears_nothing = feature.operations.iter().zip(through).any(failed);
    let has_none = through.iter().all(|said| !matches!(said, Said::Answer(_)));
    if has_none || hears_nothing { Sameness::Neither } else { Sameness::Same }
}

fn shown(text: &str) -> String {
    text.chars().take(WORDS).collect()
}

/// What has to be the same of an answer.
fn essence(operation: &Value, said: &Said, is_bridged: bool) -> Said {
    let word = |key: &str| operation.get(key).and_then(Value::as_str);
    let is_kind = word("compare") == Some("kind");
    match said {
        Said::Nothing => Said::Nothing,
        Said::Error(_) if is_kind => Said::Error(Value::Null),
        Said::Answer(_) if is_kind => Said::Answer(Value::Null),
        Said::Error(error) => {
            let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
            let is_missing = is_bridged && MISSING.contains(&code);
            Said::Error(if is_missing { MISSING.into_iter().max() } else { Some(code) }.into())
        }
        Said::Answer(answer) => {
            let mut kept = answer.clone();
            if let Some(method) = word("until") {
                kept = first_of(&kept, method);
            }
            if word("compare") == Some("progress") {
                shorten_progress(&mut kept);
            }
            without(&mut kept, is_bridged);
            Said::Answer(kept)
        }
    }
}

/// What was heard of a method last: ears are kept for a whole visit.
fn first_of(heard: &Value, method: &str) -> Value {
    let of_method = |item: &&Value| item.get("method").and_then(Value::as_str) == Some(method);
    heard.as_array().into_iter().flatten().find(of_method).cloned().unwrap_or_default()
}

/// The servers give a total with each notice: one without is the client library's own, for a round of questions. The last
/// one may share a read with the answer, and then some clients drop it.
fn shorten_progress(answer: &mut Value) {
    if let Some(notices) = answer.get_mut("progress").and_then(Value::as_array_mut) {
        notices.retain(|notice| notice.get(1).is_some_and(Value::is_number));
        notices.truncate(2);
    }
}

fn without(value: &mut Value, is_bridged: bool) {
    match value {
        Value::Object(members) => {
            let is_out = |name: &str| REWRITTEN.contains(&name) || is_bridged && OF_AN_ERA.contains(&name);
            members.retain(|name, _| !is_out(name));
            members.values_mut().for_each(|member| without(member, is_bridged));
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| without(element, is_bridged)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
