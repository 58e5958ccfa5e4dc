//! URLs in the arguments of a tool. Must never judge an argument by its name alone.

use ringfence_model::finding::{Finding, Severity};
use ringfence_model::json::{Json, JsonText, Kind};

use super::{Origin, check_url_of, scan_text_of};

/// Arguments that hold a URL by their name, also one without a scheme.
const NAMES: [&str; 6] = ["url", "uri", "href", "link", "endpoint", "webhook"];

/// What a tool does with the URLs that stand in longer texts of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InProse {
    /// It may follow them.
    Followed,
    /// It hands the text to somebody: they are worth a note.
    Carried,
}

/// What speaks against fetching the URLs in the strings of `arguments`; those of the `exempt` origins may be fetched.
#[must_use]
pub(crate) fn scan_arguments(arguments: &JsonText, in_prose: InProse, exempt: &[Origin]) -> Vec<Finding> {
    let raw = arguments.as_str().as_bytes();
    // Slashes, and names of arguments, may be spelled in escapes.
    let any = |text: &[u8]| memchr::memmem::find(raw, text).is_some();
    let named = || NAMES.iter().any(|name| contains_ignoring_case(raw, name.as_bytes()));
    if !any(b"://") && memchr::memchr(b'\\', raw).is_none() && !named() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    walk(arguments.value(), false, &mut |named, text| {
        let lone = !text.trim().contains(char::is_whitespace);
        let as_one = (named || lone && text.contains("://")).then(|| check_url_of(text, exempt).findings);
        // Blanks under the name of a URL may be a list of them, of which only the first would be judged.
        let is_judged = as_one.as_ref().is_some_and(|found| lone || !found.is_empty());
        findings.extend(as_one.into_iter().flatten());
        if !is_judged {
            findings.extend(scan_text_of(text, exempt).into_iter().map(|finding| match in_prose {
                InProse::Followed => finding,
                InProse::Carried => Finding { severity: finding.severity.min(Severity::Low), ..finding },
            }));
        }
    });
    findings
}

/// Calls `look` with each string and whether its name, or that of the list it is in, says that it is a URL. Depth is
/// bounded by the scan that made the text.
fn walk(value: Json<'_>, named: bool, look: &mut impl FnMut(bool, &str)) {
    match value.kind() {
        Kind::String => look(named, &value.as_str().unwrap_or_default()),
        Kind::Array => value.elements().for_each(|element| walk(element, named, look)),
        Kind::Object => {
            for (key, member) in value.members() {
                walk(member, names_url(&key.as_str().unwrap_or_default()), look);
            }
        }
        Kind::Null | Kind::Bool | Kind::Number => {}
    }
}

/// `url`, `urls`, `imageUrl`, `callback_uri`.
fn names_url(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let one = lower.strip_suffix('s').unwrap_or(&lower);
    NAMES.contains(&one) || one.ends_with("_url") || one.ends_with("_uri") || key.ends_with("Url")
}

fn contains_ignoring_case(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted))
}
