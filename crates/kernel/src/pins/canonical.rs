//! The canonical form of a definition: members by name, no space between, so that the order in which a server writes them
//! changes nothing. Must never take two definitions for one that a model could tell apart.

use ringfence_model::json::{Json, Kind};

/// The canonical form. Strings are written anew from what they say, numbers stay as they are written. Depth is bounded by
/// the scan that made the text.
pub(crate) fn canonical(value: Json<'_>) -> String {
    let mut out = String::with_capacity(value.raw().len());
    write(value, &mut out);
    out
}

fn write(value: Json<'_>, out: &mut String) {
    match value.kind() {
        Kind::Object => {
            let mut members: Vec<_> = value.members().map(|(key, member)| (key.as_str(), member)).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            out.push('{');
            for (at, (key, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&ringfence_model::json::quote(&key.unwrap_or_default()));
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            for (at, element) in value.elements().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(element, out);
            }
            out.push(']');
        }
        Kind::String => match value.as_str() {
            Some(text) => out.push_str(&ringfence_model::json::quote(&text)),
            // What cannot be said in Unicode stays as it is written.
            None => out.push_str(value.raw()),
        },
        Kind::Null | Kind::Bool | Kind::Number => out.push_str(value.raw()),
    }
}

#[cfg(test)]
mod tests;
