//! URLs in the parameters of a URL: what the server behind it may be led on to. Must never look deeper than one level.

use url::Url;

use super::host;
use super::rule::{self, Rule};

/// Most parameters that are looked at.
const MOST: usize = 100;

/// The worst that a parameter leads to.
pub(super) fn judge(url: &Url) -> Option<&'static Rule> {
    let mut found = None;
    for (_, value) in url.query_pairs().take(MOST) {
        if !value.contains("//") {
            continue;
        }
        let Ok(nested) = Url::parse(&value).or_else(|_| url.join(&value)) else { continue };
        if host::is_metadata(&nested) {
            return Some(&rule::NESTED_METADATA);
        }
        if nested.has_host() && nested.host() != url.host() {
            found = Some(&rule::REDIRECT);
        }
    }
    found
}
