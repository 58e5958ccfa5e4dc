//! Outgoing connections: an HTTP/1.1 client for endpoints that the operator configured, by exact origin.
//!
//! Must never follow a redirect, and never connect to an address that data named.

pub mod body;
pub mod http;
pub mod origin;
pub mod stream;

pub use body::Body;
pub use http::{HttpClient, HttpOptions, NetError};
pub use origin::{BadOrigin, Origin, Scheme, endpoint};
