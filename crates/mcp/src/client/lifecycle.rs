//! Opening a conversation: `server/discover` in the modern era, `initialize` in the legacy one. Must never go on with a
//! version that we do not speak.

use std::borrow::Cow;

use ringfence_model::json::{Json, JsonText, Kind};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{Greeting, Hello, Link, Outgoing, PeerError, PeerLimits};
use crate::message::{
    HEADER_MISMATCH, INVALID_PARAMS, METHOD_NOT_FOUND, MISSING_REQUIRED_CLIENT_CAPABILITY, RequestId,
    RpcError, UNSUPPORTED_PROTOCOL_VERSION, encode_request_of,
};
use crate::meta::Entries;
use crate::params::Params;
use crate::version::{Era, ProtocolVersion};

/// Ids below are used by the handshake, which may take two attempts.
pub(super) const FIRST_FREE_ID: i64 = 3;

/// Asks the server in one era.
pub(super) async fn greet(
    link: &Link,
    hello: &Hello,
    era: Era,
    limits: PeerLimits,
) -> Result<Greeting, PeerError> {
    let attempt = async {
        match era {
            Era::Modern => discover(link, hello).await,
            Era::Legacy => initialize(link, hello).await,
        }
    };
    timeout(limits.handshake, attempt).await.map_err(|_| PeerError::HandshakeTimeout(limits.handshake))?
}

async fn discover(link: &Link, hello: &Hello) -> Result<Greeting, PeerError> {
    let version = ProtocolVersion::V2026_07_28;
    let entries = Entries { identity: Some(&hello.identity), capabilities: None, progress: None };
    let mut params = Params::default();
    entries.apply(&mut params);
    if let Link::Http(http) = link {
        http.speak(version);
    }
    let result = match ask(link, 1, "server/discover", params).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => return Err(not_modern(error)),
        // A legacy endpoint turns the request down before it reads it; but who must log in first is not asked again.
        Err(PeerError::Status(status)) if matches!(status.as_u16(), 400 | 404..=406 | 415 | 422) => {
            return Err(PeerError::EraUnsupported { supported: Vec::new() });
        }
        Err(error) => return Err(error),
    };
    let supported = strings(result.value().get("supportedVersions"));
    if !supported.iter().any(|supported| supported == version.as_str()) {
        return Err(PeerError::EraUnsupported { supported });
    }
    link.settle(version);
    greeting(version, result, supported)
}

async fn initialize(link: &Link, hello: &Hello) -> Result<Greeting, PeerError> {
    let offer = ProtocolVersion::V2025_11_25;
    let params = Params::of([
        ("protocolVersion", JsonText::string(offer.as_str())),
        ("capabilities", hello.capabilities.clone()),
        ("clientInfo", hello.info.clone()),
    ]);
    if let Link::Http(http) = link {
        http.speak_of_nothing();
    }
    let result = match ask(link, 2, "initialize", params).await? {
        Ok(result) => result,
        Err(error) => return Err(not_legacy(error)),
    };
    let named = result.value().get("protocolVersion").and_then(Json::as_str).map(Cow::into_owned);
    // Something was answered, but not `initialize`.
    let named = named.ok_or(PeerError::EraUnsupported { supported: Vec::new() })?;
    let version = match named.parse::<ProtocolVersion>() {
        Ok(version) if version.era() == Era::Legacy => version,
        Ok(_) | Err(_) => return Err(PeerError::EraUnsupported { supported: vec![named] }),
    };
    link.settle(version);
    match link {
        Link::Pipe(pipe) => pipe.notify("notifications/initialized", None).await?,
        Link::Http(http) => http.notify("notifications/initialized", None).await?,
    }
    if let Link::Http(http) = link {
        http.listen();
    }
    greeting(version, result, vec![named])
}

impl Link {
    fn settle(&self, version: ProtocolVersion) {
        match self {
            Self::Pipe(pipe) => pipe.settle(version),
            Self::Http(http) => http.settle(version),
        }
    }
}

async fn ask(
    link: &Link,
    id: i64,
    method: &str,
    params: Params,
) -> Result<crate::message::Answer, PeerError> {
    let message = encode_request_of(&RequestId::from(id), method, &params);
    // The receiver is gone at once: whatever the server asks during the handshake is answered with an error.
    let (events, _) = mpsc::channel(1);
    let outgoing =
        Outgoing { id, method, name: None, message, headers: &[], progress: false, cancels: false };
    link.call(outgoing, events).await
}

fn greeting(
    version: ProtocolVersion,
    result: JsonText,
    supported: Vec<String>,
) -> Result<Greeting, PeerError> {
    let capabilities = match result.value().get("capabilities") {
        Some(capabilities) if capabilities.kind() == Kind::Object => result.share(capabilities),
        Some(_) | None => return Err(PeerError::Protocol("the server names no capabilities".into())),
    };
    Ok(Greeting { version, result, capabilities, supported })
}

/// A server that answers `server/discover` with an error is a legacy one, unless the error is about our request.
fn not_modern(error: RpcError) -> PeerError {
    match error.code {
        HEADER_MISMATCH | MISSING_REQUIRED_CLIENT_CAPABILITY => PeerError::Refused(error),
        _ => PeerError::EraUnsupported { supported: supported_in(&error) },
    }
}

/// A modern server has no `initialize`, and misses what its requests carry.
fn not_legacy(error: RpcError) -> PeerError {
    match error.code {
        METHOD_NOT_FOUND | INVALID_PARAMS | HEADER_MISMATCH | UNSUPPORTED_PROTOCOL_VERSION => {
            PeerError::EraUnsupported { supported: supported_in(&error) }
        }
        _ => PeerError::Refused(error),
    }
}

fn supported_in(error: &RpcError) -> Vec<String> {
    strings(error.data.as_ref().and_then(|data| data.value().get("supported")))
}

/// The strings of an array; more than anyone needs are left out.
fn strings(array: Option<Json<'_>>) -> Vec<String> {
    let strings = array.into_iter().flat_map(Json::elements).filter_map(Json::as_str);
    strings.take(32).map(Cow::into_owned).collect()
}
