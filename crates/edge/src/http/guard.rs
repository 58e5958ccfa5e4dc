//! Who may talk to a server on loopback: no web page of a foreign origin, no name that was rebound to our address
//! (2025-11-25 and 2026-07-28, Streamable HTTP, «Security Warning»).

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use hyper::{Request, StatusCode};

/// Why a request is refused before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No `Host`, two, or one that is no loopback name.
    Host,
    /// An `Origin` that is no loopback origin.
    Origin,
}

impl Refusal {
    pub(super) const fn status(self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    pub(super) const fn rule(self) -> &'static str {
        match self {
            Self::Host => "ringfence.foreign_host",
            Self::Origin => "ringfence.foreign_origin",
        }
    }

    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Host => "the Host header must name this machine's loopback address",
            Self::Origin => "requests from web pages of other origins are refused",
        }
    }
}

/// Checks `Host` (or the target's authority, where it has one) and `Origin`.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (host, second) = (hosts.next(), hosts.next());
    let host = host.and_then(|host| host.to_str().ok()).and_then(|host| host.parse::<Authority>().ok());
    let named = host.as_ref().filter(|_| second.is_none()).is_some_and(is_loopback);
    if !named || request.uri().authority().is_some_and(|authority| !is_loopback(authority)) {
        return Err(Refusal::Host);
    }
    for origin in request.headers().get_all(ORIGIN) {
        let authority = origin.to_str().ok().and_then(|origin| {
            let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))?;
            rest.parse::<Authority>().ok()
        });
        if !authority.as_ref().is_some_and(is_loopback) {
            return Err(Refusal::Origin);
        }
    }
    Ok(())
}

fn is_loopback(authority: &Authority) -> bool {
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
