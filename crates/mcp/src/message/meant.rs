//! What a malformed message was meant as. Must never serve for anything but to limit the harm: nothing in it is used but
//! its id, and that only to fail what it names.

use ringfence_model::json::JsonText;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::RequestId;

/// What a malformed message was meant as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant {
    /// The answer to this request of ours.
    Answer(i64),
    /// A request.
    Request(RequestId),
    /// A notification, or an answer to nothing of ours.
    Notice,
    /// It cannot be told.
    Unclear,
}

/// The members that tell: each at most once, whatever else is wrong in the message. What is ignored costs no stack.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    method: Option<IgnoredAny>,
}

/// What `text`, which is no message, was meant as.
pub(crate) fn meant(text: &[u8]) -> Meant {
    let Ok(Outline { id, method }) = serde_json::from_slice(text) else { return Meant::Unclear };
    let id = id
        .and_then(|raw| JsonText::try_from(raw.get().to_owned()).ok())
        .and_then(|raw| RequestId::read(&raw, raw.value()));
    match (method, id) {
        (Some(_), Some(id)) => Meant::Request(id),
        (Some(_), None) => Meant::Notice,
        // Our ids are numbers.
        (None, Some(id)) => id.as_i64().map_or(Meant::Notice, Meant::Answer),
        (None, None) => Meant::Unclear,
    }
}

#[cfg(test)]
mod tests;
