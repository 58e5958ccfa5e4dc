//! The text of an XML part of a document: character data, and attributes that a reader or a program sees.
//! Must never resolve an entity that a document declares.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Elements of WordprocessingML, DrawingML, SpreadsheetML and OpenDocument behind which a line ends.
const LINES: [&str; 8] = ["p", "h", "br", "si", "row", "line-break", "table-row", "comment"];
/// Those behind which a space stands.
const SPACES: [&str; 5] = ["c", "tc", "tab", "table-cell", "s"];
/// Attributes with text for a reader, or with the address of something outside.
const ATTRIBUTES: [&str; 6] = ["descr", "title", "alt", "Target", "href", "instr"];

/// Appends the text of `xml` to `out`; false where it is not well-formed, and ends there.
pub(super) fn text(xml: &str, out: &mut String) -> bool {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Text(text)) => out.push_str(&text.xml10_content()),
            Ok(Event::CData(text)) => out.push_str(&text.xml10_content()),
            // Nobody sees a comment but the model that reads the source.
            Ok(Event::Comment(text)) => line(&text.xml10_content(), out),
            Ok(Event::GeneralRef(reference)) => character(&reference, out),
            Ok(Event::Start(tag)) => attributes(&tag, out),
            Ok(Event::Empty(tag)) => {
                attributes(&tag, out);
                separate(tag.local_name().as_ref(), out);
            }
            Ok(Event::End(tag)) => separate(tag.local_name().as_ref(), out),
            Ok(Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
            Ok(Event::Eof) => return true,
            Err(_) => return false,
        }
    }
}

fn separate(element: &str, out: &mut String) {
    if LINES.contains(&element) {
        out.push('\n');
    } else if SPACES.contains(&element) {
        out.push(' ');
    }
}

fn attributes(tag: &BytesStart<'_>, out: &mut String) {
    for attribute in tag.attributes().with_checks(false).flatten() {
        if ATTRIBUTES.contains(&attribute.key.local_name().as_ref()) && !attribute.value.is_empty() {
            line(&attribute.value, out);
        }
    }
}

fn line(text: &str, out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(text);
    out.push('\n');
}

/// A character by number or by one of the five names of XML; another name stays as it is written.
fn character(reference: &BytesRef<'_>, out: &mut String) {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return out.push(character);
    }
    let name = reference.xml10_content();
    match resolve_predefined_entity(&name) {
        Some(text) => out.push_str(text),
        None => {
            out.push('&');
            out.push_str(&name);
            out.push(';');
        }
    }
}
