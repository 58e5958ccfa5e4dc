//! What a client and we agree on, read from `initialize` (legacy) or from each request (modern).

use http::HeaderMap;
use ringfence_kernel::exchange::{ClientTerms, LogLevel};
use ringfence_mcp::headers::ModernRequest;
use ringfence_mcp::meta;
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::json::{Json, JsonText, Kind};

/// The legacy versions that we speak, newest first.
const LEGACY: [ProtocolVersion; 2] = [ProtocolVersion::V2025_11_25, ProtocolVersion::V2025_06_18];

/// The modern versions that we speak.
pub(crate) const MODERN: [ProtocolVersion; 1] = [ProtocolVersion::V2026_07_28];

/// The era of one request, with what a modern one says of itself.
#[derive(Debug)]
pub(crate) enum Era {
    /// Up to 2025-11-25: agreed on by `initialize`.
    Legacy,
    /// From 2026-07-28 on: each request says it all. Over HTTP with the `Mcp-Param-*` headers that it came with.
    Modern(Box<ModernRequest>, Option<HeaderMap>),
}

/// True for params that say they are of a modern request.
pub(crate) fn is_modern(params: Option<&JsonText>) -> bool {
    let meta = params.and_then(|params| params.value().get("_meta"));
    meta.is_some_and(|meta| meta.get(meta::PROTOCOL_VERSION).is_some())
}

/// What `initialize` params come to: the version asked for where we speak it, else our newest.
pub(crate) fn of_initialize(params: &JsonText) -> ClientTerms {
    let value = params.value();
    let asked = value.get("protocolVersion").and_then(Json::as_str).unwrap_or_default();
    let version =
        LEGACY.into_iter().find(|version| version.as_str() == asked).unwrap_or(ProtocolVersion::V2025_11_25);
    let (form, url) = elicitation(value.get("capabilities"));
    ClientTerms {
        version,
        form_elicitation: form,
        url_elicitation: url && version >= ProtocolVersion::V2025_11_25,
        // Until it says otherwise, a legacy client gets what a server sends (2025-11-25, logging).
        log_level: Some(LogLevel::Debug),
        claimed: value.get("clientInfo").map(|info| params.share(info)),
    }
}

/// What a modern request comes to.
pub(crate) fn of_modern(request: &ModernRequest) -> ClientTerms {
    let (form, url) = elicitation(Some(request.capabilities.value()));
    ClientTerms {
        version: request.version,
        form_elicitation: form,
        url_elicitation: url,
        log_level: request.meta.log_level.as_deref().and_then(LogLevel::named),
        claimed: request.meta.client_info.clone(),
    }
}

/// Which modes of elicitation capabilities offer. An empty `elicitation` object means forms (2025-11-25).
fn elicitation(capabilities: Option<Json<'_>>) -> (bool, bool) {
    let Some(offered) = capabilities.and_then(|capabilities| capabilities.get("elicitation")) else {
        return (false, false);
    };
    let has = |mode| offered.get(mode).is_some_and(|mode| mode.kind() == Kind::Object);
    let url = has("url");
    (has("form") || !url, url)
}

#[cfg(test)]
mod tests;
