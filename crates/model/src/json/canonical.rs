//! One text for one value: what differs only in white space, in the order of members or in escapes becomes the same.
//!
//! As RFC 8785 but for numbers, which keep their digits: nothing here may take two different numbers for one.

use super::{Json, Kind, quote};

impl Json<'_> {
    /// The canonical text: no white space, members by name (UTF-16 code units, RFC 8785 section 3.2.3), shortest escapes.
    #[must_use]
    pub fn canonical(self) -> String {
        let mut out = String::with_capacity(self.raw().len());
        write(self, &mut out);
        out
    }
}

/// Recurses as deep as the scanner let the text be nested.
fn write(value: Json<'_>, out: &mut String) {
    match value.kind() {
        Kind::Null | Kind::Bool | Kind::Number => out.push_str(value.raw()),
        Kind::String => match value.as_str() {
            Some(text) => out.push_str(&quote(&text)),
            // What cannot be said in Unicode stays as it is written.
            None => out.push_str(value.raw()),
        },
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
        Kind::Object => {
            let mut members: Vec<_> =
                value.members().map(|(key, value)| (key.as_str().unwrap_or_default(), value)).collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&quote(&key));
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests;
