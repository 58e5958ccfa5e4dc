//! What a person is shown of a call before they allow it: the arguments without credentials, and without characters that
//! would show them as something else than they are. Must never show a text in part without saying so.

use ringfence_detect::secret::InJson;

use crate::call::Request;

/// Longest piece of a name or URI that is shown from its beginning, and from its end.
const TARGET: usize = 128;

/// The arguments of `request`, each end of a text over twice `most` characters.
pub(crate) fn arguments(request: &Request, secrets: &[InJson], most: usize) -> Option<String> {
    let params = ringfence_detect::secret::redact_json(&request.params, secrets);
    params.value().get("arguments").map(|arguments| excerpt(arguments.raw(), most))
}

/// A name or URI on one line, in part where it is long.
pub(crate) fn target(text: &str) -> String {
    excerpt(text, TARGET)
}

/// Beginning and end of a long text, without what would show it as something else than it is: control characters, and
/// those that hide or turn text (Unicode Bidi_Control, Default_Ignorable_Code_Point in part).
fn excerpt(text: &str, most: usize) -> String {
    let plain = |character: char| match character {
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}' => char::REPLACEMENT_CHARACTER,
        control if control.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    let hidden = text.chars().count().saturating_sub(2 * most);
    if hidden == 0 {
        return text.chars().map(plain).collect();
    }
    let head: String = text.chars().take(most).map(plain).collect();
    let mut tail: Vec<char> = text.chars().rev().take(most).map(plain).collect();
    tail.reverse();
    let tail: String = tail.into_iter().collect();
    format!("{head} … {hidden} characters not shown … {tail}")
}
