//! Links and images that would carry data away when they are shown or followed: a template in the address, or a long
//! query of an image. Must never judge where an address leads: that is another detector's.

use memchr::memmem;
use ringfence_model::finding::Severity;

use super::markup::cut;
use super::scan::{Seen, Sightings};

/// Most bytes of an address.
const REACH: usize = 2048;
/// Most bytes of the text of an image.
const LONGEST_LABEL: usize = 512;
/// What stands in an address for something that is to be filled in.
const HOLES: [&str; 22] = [
    "{data",
    "{{",
    "${",
    "<data",
    "[data",
    "%s",
    "{secret",
    "{content",
    "{query",
    "{conversation",
    "{summary",
    "{history",
    "{token",
    "{password",
    "{api",
    "{user",
    "[insert",
    "<insert",
    "{insert",
    "[conversation",
    "your_data",
    "%7bdata",
];
/// Names of parameters that carry whatever there is.
const CARRIERS: [&str; 12] = [
    "?d=",
    "?data=",
    "&data=",
    "?q={",
    "?payload=",
    "?secret=",
    "?content=",
    "?exfil",
    "?leak",
    "?c={",
    "?info=",
    "?p={",
];

/// Adds images and links in Markdown, and images in HTML, whose address has a hole or carries data.
pub(super) fn look(text: &str, seen: &mut Sightings) {
    for (mark, image) in [("](", false), ("<img", true)] {
        // An address that runs over further marks is judged with them, once.
        let mut done = 0;
        for at in memmem::find_iter(text.as_bytes(), mark) {
            if at < done {
                continue;
            }
            let Some(address) = address(text, at, mark) else { continue };
            let (start, end) = (at, at + mark.len() + address.1);
            done = end;
            let is_image = image || is_markdown_image(text, at);
            if let Some((severity, confidence)) = judge(address.0, is_image) {
                let what = if is_image {
                    "An image whose address carries data away as soon as it is shown"
                } else {
                    "A link whose address carries data away"
                };
                let decoded = address.0.to_owned();
                seen.add(Seen {
                    id: "exfiltration_link",
                    what,
                    severity,
                    confidence,
                    at: start..end,
                    decoded,
                });
            }
        }
    }
}

/// The address behind the mark at `at`, and the bytes up to its end.
fn address<'a>(text: &'a str, at: usize, mark: &str) -> Option<(&'a str, usize)> {
    // In Markdown the address comes first; in HTML it is one of some attributes.
    let reach = if mark == "](" { 10 } else { 200 };
    let begin = at + mark.len();
    let near = cut(text, begin, reach);
    let start = near.find("http://").or_else(|| near.find("https://"))?;
    let address = cut(text, begin + start, REACH);
    let ends = |c: char| matches!(c, ')' | '"' | '\'' | '>') || c.is_whitespace();
    let length = address.find(ends).unwrap_or(address.len());
    Some((address.get(..length)?, start + length))
}

/// True when the `](` at `at` closes the text of an image: `![…](`.
fn is_markdown_image(text: &str, at: usize) -> bool {
    let mut from = at.saturating_sub(LONGEST_LABEL);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let label = text.get(from..at).unwrap_or_default();
    label.rfind('[').is_some_and(|open| label.get(..open).unwrap_or_default().ends_with('!'))
}

fn judge(address: &str, is_image: bool) -> Option<(Severity, u8)> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let lower = address.to_ascii_lowercase();
    let hole = HOLES.iter().any(|hole| lower.contains(hole)) && (!query.is_empty() || is_image);
    let carries = CARRIERS.iter().any(|name| lower.contains(name));
    match (is_image, hole, carries) {
        (true, true, _) => Some((Severity::High, 90)),
        (true, false, true) => Some((Severity::Medium, 75)),
        (false, true, _) => Some((Severity::Medium, 75)),
        (false, false, true) => Some((Severity::Low, 50)),
        (true, false, false) if query.len() > 400 => Some((Severity::Low, 40)),
        (_, false, false) => None,
    }
}
