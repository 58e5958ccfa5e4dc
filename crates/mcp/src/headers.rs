//! The header rules of 2026-07-28 ("Streamable HTTP", section "Request Metadata", SEP-2243): what a request repeats of
//! its body, for both sides. Must never let a header and the body disagree.

mod params;
mod value;

use http::{HeaderMap, HeaderName, HeaderValue};
use ringfence_model::json::{Json, JsonText};

use crate::message::{HEADER_MISMATCH, INVALID_PARAMS, RpcError, UNSUPPORTED_PROTOCOL_VERSION};
use crate::meta::{self, RequestMeta};
use crate::params::Params;
use crate::version::ProtocolVersion;

pub use params::{BadAnnotation, ParamHeaders};

/// Version of the request; from 2025-06-18 on.
pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// The method; from 2026-07-28 on.
pub const METHOD: HeaderName = HeaderName::from_static("mcp-method");
/// Tool or prompt name, resource URI or task id; from 2026-07-28 on.
pub const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// The session; up to 2025-11-25.
pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// The event to resume after; up to 2025-11-25.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A modern request whose headers and `_meta` are in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModernRequest {
    /// The version it is in.
    pub version: ProtocolVersion,
    /// The client's capabilities for this request, an object.
    pub capabilities: JsonText,
    /// All that its `_meta` says.
    pub meta: RequestMeta,
}

/// Checks the `_meta` of a modern request, on any transport. `spoken` are the versions that this endpoint offers.
///
/// # Errors
/// `-32602` for a missing or wrong entry, `-32022` for a version that is not offered.
pub fn check_meta(params: Option<&JsonText>, spoken: &[ProtocolVersion]) -> Result<ModernRequest, RpcError> {
    offered(read_meta(params)?, spoken)
}

fn read_meta(params: Option<&JsonText>) -> Result<RequestMeta, RpcError> {
    RequestMeta::read(params).map_err(|bad| RpcError::new(INVALID_PARAMS, bad.to_string()))
}

fn offered(meta: RequestMeta, spoken: &[ProtocolVersion]) -> Result<ModernRequest, RpcError> {
    let version = meta.protocol_version.as_deref().ok_or_else(|| missing(meta::PROTOCOL_VERSION))?;
    let version = match version.parse() {
        Ok(version) if spoken.contains(&version) => version,
        Ok(_) | Err(_) => return Err(unsupported_version(version, spoken)),
    };
    let capabilities = meta.client_capabilities.clone().ok_or_else(|| missing(meta::CLIENT_CAPABILITIES))?;
    Ok(ModernRequest { version, capabilities, meta })
}

/// Checks the headers of a modern request over HTTP against its body, then its `_meta`. The HTTP status of every error
/// is 400.
///
/// # Errors
/// `-32020` for a header that is missing, stands twice, has invalid characters or differs from the body; else as
/// [`check_meta`].
pub fn check_request(
    headers: &HeaderMap,
    method: &str,
    params: Option<&JsonText>,
    spoken: &[ProtocolVersion],
) -> Result<ModernRequest, RpcError> {
    let version = required(headers, &PROTOCOL_VERSION)?;
    let meta = read_meta(params)?;
    if meta.protocol_version.as_ref().is_some_and(|in_body| in_body != version) {
        return Err(mismatch(&PROTOCOL_VERSION));
    }
    let request = offered(meta, spoken)?;
    if required(headers, &METHOD)? != method {
        return Err(mismatch(&METHOD));
    }
    if let Some(source) = name_source(method) {
        let name = value::decode(required(headers, &NAME)?).ok_or_else(|| mismatch(&NAME))?;
        let in_body = params.and_then(|params| params.get(source)).and_then(Json::as_str);
        match in_body {
            None => return Err(RpcError::new(INVALID_PARAMS, format!("`params.{source}` must be a string"))),
            Some(in_body) if in_body != name => return Err(mismatch(&NAME)),
            Some(_) => {}
        }
    }
    Ok(request)
}

/// `-32022`: `requested` is none of the versions `spoken` here.
#[must_use]
pub fn unsupported_version(requested: &str, spoken: &[ProtocolVersion]) -> RpcError {
    let supported: Vec<_> = spoken.iter().map(|version| JsonText::string(version.as_str())).collect();
    let data = JsonText::object([
        ("supported", JsonText::array(supported.iter().map(JsonText::value))),
        ("requested", JsonText::string(requested)),
    ]);
    let message = "this protocol version is not supported".to_owned();
    RpcError { code: UNSUPPORTED_PROTOCOL_VERSION, message, data: Some(data) }
}

/// The value of `Mcp-Name` for a request of ours; none where the method has no name.
#[must_use]
pub fn name_of(method: &str, params: &Params) -> Option<HeaderValue> {
    params.get(name_source(method)?)?.value().as_str().and_then(|name| value::encode(&name))
}

/// The value of `Mcp-Method` for a request of ours.
pub(crate) fn method_of(method: &str) -> Option<HeaderValue> {
    value::encode(method)
}

/// The member of params that `Mcp-Name` repeats.
fn name_source(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        // The extension `io.modelcontextprotocol/tasks` (SEP-2663), "Streamable HTTP: Routing Headers".
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
        _ => None,
    }
}

/// A header that must stand exactly once. Of two, one checker could see the first and another the second.
fn required<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, RpcError> {
    one(headers, name)?.ok_or_else(|| RpcError::new(HEADER_MISMATCH, format!("header `{name}` is missing")))
}

/// A header that stands at most once, in visible ASCII.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, RpcError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(RpcError::new(HEADER_MISMATCH, format!("header `{name}` stands twice")));
    }
    match first.map(HeaderValue::to_str) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => {
            Err(RpcError::new(HEADER_MISMATCH, format!("header `{name}` has invalid characters")))
        }
    }
}

fn mismatch(name: &HeaderName) -> RpcError {
    RpcError::new(HEADER_MISMATCH, format!("header `{name}` does not match the body"))
}

fn missing(key: &str) -> RpcError {
    RpcError::new(INVALID_PARAMS, format!("`params._meta` lacks `{key}`"))
}

#[cfg(test)]
mod tests;
