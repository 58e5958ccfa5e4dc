//! Host names that look like others: labels of mixed scripts, labels of another script that read as Latin ones, and
//! plain names in disguise (UTS 39, UTS 46). Must never flag a name for not being English.

use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::{MixedScript as _, skeleton};
use url::{Host, Url};

use super::rule::{self, Rule};

/// The full stops of other scripts, which separate labels as well (UTS 46 section 2.3).
const STOPS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// What speaks against how the host is spelled; `written` is the host before normalization.
pub(super) fn judge(url: &Url, written: &str) -> Option<&'static Rule> {
    let name = match url.host()? {
        Host::Domain(name) => name,
        Host::Ipv4(_) | Host::Ipv6(_) => return (!written.is_ascii()).then_some(&rule::CONFUSABLE),
    };
    (is_disguised(name, written) || deceives(name)).then_some(&rule::CONFUSABLE)
}

/// True where characters that are not ASCII became letters or digits that are, as circled and full-width ones do.
fn is_disguised(name: &str, written: &str) -> bool {
    let labels = name.split('.').zip(written.split(STOPS));
    labels.into_iter().any(|(label, written)| !written.is_ascii() && !label.starts_with("xn--"))
}

/// True for a name with a label that is not what it looks like.
fn deceives(name: &str) -> bool {
    if !name.split('.').any(|label| label.starts_with("xn--")) {
        return false;
    }
    let (unicode, valid) = idna::domain_to_unicode(name);
    let labels: Vec<&str> = unicode.split('.').filter(|label| !label.is_empty()).collect();
    // Under a zone of its own script a name is read in that script.
    let ascii_zone = labels.last().is_some_and(|zone| zone.is_ascii());
    let looks_other = |label: &&str| mixes_scripts(label) || (ascii_zone && reads_as_latin(label));
    valid.is_err() || labels.iter().filter(|label| !label.is_ascii()).any(looks_other)
}

/// True for scripts that nobody writes in one word. Latin letters among Chinese, Japanese or Korean ones are usual
/// (UTS 39 section 5.2, «Highly Restrictive»).
fn mixes_scripts(label: &str) -> bool {
    if label.is_single_script() {
        return false;
    }
    let rest: String = label.chars().filter(|c| !c.is_ascii()).collect();
    let scripts = AugmentedScriptSet::for_str(&rest);
    !(scripts.hanb || scripts.jpan || scripts.kore)
}

/// True where a reader of Latin letters sees only such: a whole-script confusable (UTS 39 section 4).
fn reads_as_latin(label: &str) -> bool {
    let no_latin = !label.chars().any(|c| c.is_ascii_alphabetic());
    no_latin && skeleton(label).all(|c| c.is_ascii())
}
