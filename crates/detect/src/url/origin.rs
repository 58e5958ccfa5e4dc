//! Origins that an operator configured: URLs of them may lead inside. Must never take a part of a host for all of it.

use url::Url;

use super::authority::Written;

/// Scheme, host and port (WHATWG URL Standard, «origin»), serialized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// `text` as an origin and nothing more: `http://localhost:3000`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path().len() <= 1 && url.query().is_none() && url.fragment().is_none();
        (bare && url.username().is_empty() && url.password().is_none()).then(|| Self::of_url(&url)).flatten()
    }

    /// The origin of a whole URL.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        Self::of_url(&Url::parse(url).ok()?)
    }

    /// True for a URL of this origin; one without a scheme is read as clients do.
    #[must_use]
    pub(super) fn covers(&self, url: &str) -> bool {
        Url::parse(&Written::of(url).normal).is_ok_and(|url| Self::of_url(&url).as_ref() == Some(self))
    }

    fn of_url(url: &Url) -> Option<Self> {
        let origin = url.origin();
        origin.is_tuple().then(|| Self(origin.ascii_serialization()))
    }
}
