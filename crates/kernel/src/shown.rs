//! What a person is shown of a call before they allow it: the arguments without credentials, and without characters that
//! would show them as something else than they are. Must never show a text in part without saying so.

use ringfence_detect::secret::InJson;

use crate::call::Request;

/// The arguments of `request`, each end of a text over twice `most` characters.
pub(crate) fn arguments(request: &Request, secrets: &[InJson], most: usize) -> Option<String> {
    let params = ringfence_detect::secret::redact_json(&request.params, secrets);
    params.value().get("arguments").map(|arguments| excerpt(arguments.raw(), most))
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
    let all: Vec<char> = text.chars().map(plain).collect();
    let hidden = all.len().saturating_sub(2 * most);
    if hidden == 0 {
        return all.into_iter().collect();
    }
    let head: String = all.iter().take(most).collect();
    let tail: String = all.iter().skip(most + hidden).collect();
    format!("{head} … {hidden} characters not shown … {tail}")
}
