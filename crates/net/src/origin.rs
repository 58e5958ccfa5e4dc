//! Where an endpoint lives: scheme, host, port (RFC 6454). Must never hold a user name or a password.

use std::fmt;

use url::{Host, Url};

/// The transport of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http`.
    Http,
    /// `https`.
    Https,
}

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

/// Why a URL names no endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOrigin {
    /// Neither `http` nor `https`.
    #[error("only http and https URLs name an endpoint")]
    Scheme,
    /// No host.
    #[error("the URL has no host")]
    Host,
    /// `user:password@` in the URL, which would end in logs.
    #[error("the URL must not hold a user name or password")]
    Credentials,
}

impl Origin {
    /// The origin of `url`.
    ///
    /// # Errors
    /// [`BadOrigin`] where the URL has none, or carries credentials.
    pub fn of(url: &Url) -> Result<Self, BadOrigin> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(BadOrigin::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadOrigin::Credentials);
        }
        let host = url.host().ok_or(BadOrigin::Host)?.to_owned();
        let port = url.port_or_known_default().ok_or(BadOrigin::Scheme)?;
        Ok(Self { scheme, host, port })
    }

    /// Its scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Its host.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as the `Host` header has them (RFC 9110 section 7.2): the port only where it is not the default.
    #[must_use]
    pub fn authority(&self) -> String {
        let default = match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        if self.port == default { self.host.to_string() } else { format!("{}:{}", self.host, self.port) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority())
    }
}

/// The endpoint of `url` where what tells of calls may be sent to it: over TLS, or on this machine.
#[must_use]
pub fn endpoint(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok().filter(|url| url.username().is_empty() && url.password().is_none())?;
    let local = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    (url.scheme() == "https" || (url.scheme() == "http" && local)).then_some(url)
}

#[cfg(test)]
mod tests;
