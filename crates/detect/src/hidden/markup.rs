//! What a browser or a terminal does not show: comments, elements styled away, escape sequences (HTML Living Standard
//! 13.1.6; ECMA-48). Must never parse a document: it looks for marks and reads up to their end.

use memchr::memmem;
use ringfence_model::finding::Severity;

use super::scan::{Seen, Sightings};

/// Most bytes between a mark and its end.
const REACH: usize = 8 * 1024;
/// Most bytes of a style and the rest of its tag.
const LONGEST_STYLE: usize = 512;
/// Styles that hide what they are on; compared without spaces.
const HIDING: [&str; 12] = [
    "display:none",
    "visibility:hidden",
    "opacity:0;",
    "opacity:0\"",
    "font-size:0",
    "font-size:1px",
    "color:transparent",
    "color:#fff;background:#fff",
    "color:white;background:white",
    "text-indent:-999",
    "left:-999",
    "clip:rect(0",
];

/// Adds comments that say something, elements styled away, and escape sequences.
pub(super) fn look(text: &str, seen: &mut Sightings) {
    if memchr::memchr2(b'<', 0x1B, text.as_bytes()).is_none()
        && memmem::find(text.as_bytes(), "\u{9B}".as_bytes()).is_none()
    {
        return;
    }
    comments(text, seen);
    styled(text, seen);
    escapes(text, seen);
}

fn comments(text: &str, seen: &mut Sightings) {
    let mut from = 0;
    while let Some(start) = find(text, from, b"<!--") {
        let body = text.get(start + 4..).unwrap_or_default();
        let end = body.find("-->");
        let said = body.get(..end.unwrap_or(body.len())).unwrap_or_default();
        from = start + 4 + end.map_or(body.len(), |end| end + 3);
        // A few words are a mark of a generator or a section; a sentence is for somebody to read.
        if said.split_whitespace().count() >= 5 {
            let decoded = said.trim().to_owned();
            let what = "A sentence in an HTML comment";
            seen.add(Seen {
                id: "html_comment",
                what,
                severity: Severity::Low,
                confidence: 60,
                at: start..from,
                decoded,
            });
        }
    }
}

fn styled(text: &str, seen: &mut Sightings) {
    let mut from = 0;
    while let Some(at) = find(text, from, b"style") {
        from = at + 5;
        let rest = cut(text, at, LONGEST_STYLE);
        let Some(tag_end) = rest.find('>') else { continue };
        from = at + tag_end;
        let style: String =
            rest.get(..tag_end).unwrap_or_default().to_ascii_lowercase().split_whitespace().collect();
        if !style.starts_with("style=") || !HIDING.iter().any(|hiding| style.contains(hiding)) {
            continue;
        }
        let inner = cut(text, at + tag_end + 1, REACH);
        let said = inner.get(..inner.find('<').unwrap_or(inner.len())).unwrap_or_default();
        from += said.len();
        if said.split_whitespace().count() >= 3 {
            let end = at + tag_end + 1 + said.len();
            let what = "Text that a style hides from a reader";
            let decoded = said.trim().to_owned();
            seen.add(Seen {
                id: "css_hidden",
                what,
                severity: Severity::Medium,
                confidence: 85,
                at: at..end,
                decoded,
            });
        }
    }
}

/// Sequences that do more than colour: moving the cursor, erasing, setting a title, links, the clipboard.
fn escapes(text: &str, seen: &mut Sightings) {
    let plain = memchr::memchr_iter(0x1B, text.as_bytes());
    for at in plain.chain(memmem::find_iter(text.as_bytes(), "\u{9B}")) {
        if seen.is_full("ansi_escape") {
            break;
        }
        let rest = cut(text, at, REACH);
        let body = rest.strip_prefix("\u{1B}[").or_else(|| rest.strip_prefix('\u{9B}'));
        let (length, colour, concealed) = match body {
            Some(body) => {
                let parameters = body.len() - body.trim_start_matches(|c: char| matches!(c, '0'..='?')).len();
                let code = body.get(..parameters).unwrap_or_default();
                let colour = body.as_bytes().get(parameters) == Some(&b'm');
                let concealed = colour && code.split(';').any(|code| code == "8");
                let last =
                    body.get(parameters..).and_then(|last| last.chars().next()).map_or(0, char::len_utf8);
                (rest.len() - body.len() + parameters + last, colour, concealed)
            }
            None if rest.starts_with("\u{1B}]") => {
                (rest.find(['\u{7}', '\\']).map_or(2, |end| end + 1), false, false)
            }
            None => (1, false, false),
        };
        if !colour || concealed {
            let severity = if concealed { Severity::High } else { Severity::Medium };
            let hidden = rest.get(length..).unwrap_or_default();
            let decoded = match concealed {
                true => {
                    hidden.get(..hidden.find('\u{1B}').unwrap_or(hidden.len())).unwrap_or_default().to_owned()
                }
                false => String::new(),
            };
            let what = "An escape sequence that changes what a terminal shows";
            seen.add(Seen {
                id: "ansi_escape",
                what,
                severity,
                confidence: 85,
                at: at..(at + length).min(text.len()),
                decoded,
            });
        }
    }
}

/// Where `mark` stands next, from byte `from` on.
fn find(text: &str, from: usize, mark: &[u8]) -> Option<usize> {
    memmem::find(text.as_bytes().get(from..)?, mark).map(|at| from + at)
}

/// At most `most` bytes of `text` from `at`.
pub(super) fn cut(text: &str, at: usize, most: usize) -> &str {
    let mut end = text.len().min(at + most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(at..end).unwrap_or_default()
}
