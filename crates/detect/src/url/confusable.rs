//! Host names that look like others: labels of mixed scripts, labels of another script that read as Latin ones, and
//! plain names in disguise (UTS 39, UTS 46). Must never flag a name for not being English.

use unicode_security::{MixedScript as _, skeleton};
use url::{Host, Url};

use super::rule::{self, Rule};

/// What speaks against how the host is spelled; `written` is the host before normalization.
pub(super) fn judge(url: &Url, written: &str) -> Option<&'static Rule> {
    let Some(Host::Domain(name)) = url.host() else {
        return disguised(written).then_some(&rule::CONFUSABLE);
    };
    let plain = !name.split('.').any(|label| label.starts_with("xn--"));
    if plain {
        return disguised(written).then_some(&rule::CONFUSABLE);
    }
    let (unicode, valid) = idna::domain_to_unicode(name);
    let labels: Vec<&str> = unicode.split('.').filter(|label| !label.is_empty()).collect();
    let ascii_zone = labels.last().is_some_and(|zone| zone.is_ascii());
    let deceives = |label: &&str| {
        !label.is_ascii() && (!label.is_single_script() || (ascii_zone && reads_as_latin(label)))
    };
    (valid.is_err() || labels.iter().any(deceives)).then_some(&rule::CONFUSABLE)
}

/// True where characters that are not ASCII became letters or digits that are: circled or full-width ones.
/// The full stops of other scripts only separate labels (UTS 46 section 2.3).
fn disguised(written: &str) -> bool {
    written.chars().any(|c| !c.is_ascii() && !matches!(c, '\u{3002}' | '\u{ff0e}' | '\u{ff61}'))
}

/// True where a reader of Latin letters sees only such: a whole-script confusable (UTS 39 section 4).
fn reads_as_latin(label: &str) -> bool {
    let no_latin = !label.chars().any(|c| c.is_ascii_alphabetic());
    no_latin && skeleton(label).all(|c| c.is_ascii())
}
