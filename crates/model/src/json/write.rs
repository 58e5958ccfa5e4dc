//! Composing JSON out of validated parts: splicing replaces parts of a text and leaves every other byte as it was.

use super::{Json, JsonText};

/// Replacements in one text, applied in one pass.
#[derive(Debug)]
pub struct Splice<'a> {
    text: &'a JsonText,
    edits: Vec<(usize, usize, String)>,
}

impl<'a> Splice<'a> {
    /// No replacement yet.
    #[must_use]
    pub const fn new(text: &'a JsonText) -> Self {
        Self { text, edits: Vec::new() }
    }

    /// Replaces `part`, a value of the text that no other edit touches, by `with`.
    pub fn replace(&mut self, part: Json<'_>, with: &JsonText) {
        let (start, end) = self.place(part.raw());
        self.edits.push((start, end, with.as_str().to_owned()));
    }

    /// Sets the member `key` of `object`, an object of the text: replaced where it stands, else put first.
    pub fn set(&mut self, object: Json<'_>, key: &str, with: &JsonText) {
        if let Some(old) = object.get(key) {
            return self.replace(old, with);
        }
        let (start, _) = self.place(object.raw());
        let comma = if object.members().next().is_some() { "," } else { "" };
        self.edits.push((start + 1, start + 1, format!("{}:{}{comma}", quote(key), with.as_str())));
    }

    /// Removes the member `key` of `object`, with the comma that belongs to it.
    pub fn remove(&mut self, object: Json<'_>, key: &str) {
        let mut before: Option<Json<'_>> = None;
        let mut members = object.members();
        while let Some((name, value)) = members.next() {
            if name.as_str().as_deref() != Some(key) {
                before = Some(value);
                continue;
            }
            let (name_start, _) = self.place(name.raw());
            let (_, value_end) = self.place(value.raw());
            let edit = match (before, members.next()) {
                (_, Some((next, _))) => (name_start, self.place(next.raw()).0),
                (Some(previous), None) => (self.place(previous.raw()).1, value_end),
                (None, None) => (name_start, value_end),
            };
            self.edits.push((edit.0, edit.1, String::new()));
            return;
        }
    }

    /// True when nothing was replaced.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text with all replacements; the same bytes, shared, where there are none.
    #[must_use]
    pub fn finish(mut self) -> JsonText {
        if self.edits.is_empty() {
            return self.text.clone();
        }
        self.edits.sort_by_key(|(start, end, _)| (*start, *end));
        let source = self.text.as_str();
        let added: usize = self.edits.iter().map(|(_, _, with)| with.len()).sum();
        let mut out = String::with_capacity(source.len() + added);
        let mut done = 0;
        for (start, end, with) in &self.edits {
            debug_assert!(*start >= done, "edits overlap");
            out.push_str(source.get(done..*start).unwrap_or_default());
            out.push_str(with);
            done = *end;
        }
        out.push_str(source.get(done..).unwrap_or_default());
        JsonText::trusted(out)
    }

    /// Where `part`, a slice of the text, stands in it.
    fn place(&self, part: &str) -> (usize, usize) {
        let start = part.as_ptr().addr() - self.text.as_str().as_ptr().addr();
        (start, start + part.len())
    }
}

/// `text` as a JSON string literal.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    escape(text, &mut out);
    out.push('"');
    out
}

/// Appends `text` to `out` with what JSON strings must escape (RFC 8259 section 7).
pub fn escape(text: &str, out: &mut String) {
    let must = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    let plain = text.as_bytes().iter().position(must).unwrap_or(text.len());
    let (plain, rest) = text.split_at_checked(plain).unwrap_or(("", text));
    out.push_str(plain);
    for character in rest.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                out.push_str("\\u00");
                for nibble in [u32::from(control) >> 4, u32::from(control) & 0xF] {
                    out.push(char::from_digit(nibble, 16).unwrap_or('0'));
                }
            }
            other => out.push(other),
        }
    }
}

impl JsonText {
    /// `text` as a JSON string.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self::trusted(quote(text))
    }

    /// An object of these members. Keys must differ.
    #[must_use]
    pub fn object<'k>(members: impl IntoIterator<Item = (&'k str, JsonText)>) -> Self {
        let mut out = String::from("{");
        for (key, value) in members {
            if out.len() > 1 {
                out.push(',');
            }
            out.reserve(key.len() + value.as_str().len() + 5);
            out.push('"');
            escape(key, &mut out);
            out.push_str("\":");
            out.push_str(value.as_str());
        }
        out.push('}');
        Self::trusted(out)
    }

    /// An array of these elements.
    #[must_use]
    pub fn array<'e>(elements: impl IntoIterator<Item = Json<'e>>) -> Self {
        let mut out = String::from("[");
        for element in elements {
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(element.raw());
        }
        out.push(']');
        Self::trusted(out)
    }
}

impl From<bool> for JsonText {
    fn from(value: bool) -> Self {
        Self::trusted(value.to_string())
    }
}

impl From<i64> for JsonText {
    fn from(value: i64) -> Self {
        Self::trusted(value.to_string())
    }
}
