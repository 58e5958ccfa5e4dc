//! `params._meta` and `result._meta`: reading what the protocol keeps there, putting ours in, taking `io.ringfence/*`
//! out. Must never change a byte outside of `_meta`.

use std::borrow::Cow;

use ringfence_model::json::{Json, JsonText, Kind, Splice};

use crate::message::RequestId;
use crate::params::{META, Params};
use crate::version::ProtocolVersion;

/// Version of the request (2026-07-28 `RequestMetaObject`), required.
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Name and version of the client, self-reported.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// Capabilities of the client for this request, required.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Least severity of log messages that the client wants for this request.
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// Name and version of the server, self-reported (2026-07-28 `ResultMetaObject`).
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Id of the `subscriptions/listen` request that a notification belongs to.
pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
/// The task that a message belongs to (2025-11-25 `RelatedTaskMetadata`).
pub const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";
/// The extension for tasks (2026-07-28, SEP-2663), as capabilities name it.
pub const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";
/// Token under which progress of the request is to be reported.
pub const PROGRESS_TOKEN: &str = "progressToken";

/// The user's own words, from a client that may vouch for them; a string.
const USER_TEXT: &str = "io.ringfence/user-text";

/// The beginning of our own keys.
const OURS: &str = "io.ringfence/";

/// What the protocol reads in the `_meta` of a request. Values are as they arrived, not checked further.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestMeta {
    /// [`PROTOCOL_VERSION`], a string.
    pub protocol_version: Option<String>,
    /// [`CLIENT_INFO`], an object.
    pub client_info: Option<JsonText>,
    /// [`CLIENT_CAPABILITIES`], an object.
    pub client_capabilities: Option<JsonText>,
    /// [`LOG_LEVEL`], a string.
    pub log_level: Option<String>,
    /// [`PROGRESS_TOKEN`].
    pub progress_token: Option<RequestId>,
}

/// An entry of `_meta` that is not what the protocol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`params._meta` is wrong at `{0}`")]
pub struct BadMeta(
    /// The key, or `_meta` itself.
    pub &'static str,
);

/// Entries that belong to a connection and not to whoever asks over it.
const CONNECTION: [&str; 4] = [PROGRESS_TOKEN, PROTOCOL_VERSION, CLIENT_INFO, CLIENT_CAPABILITIES];

/// The entries of a connection that go into the `_meta` of a request, in place of the caller's.
#[derive(Debug)]
pub(crate) struct Entries<'a> {
    /// What [`identity`] made; the modern era has it.
    pub(crate) identity: Option<&'a JsonText>,
    /// Other capabilities than those of the identity, for this request.
    pub(crate) capabilities: Option<&'a JsonText>,
    /// Under which token progress is wanted.
    pub(crate) progress: Option<i64>,
}

impl RequestMeta {
    /// Reads `params._meta`.
    ///
    /// # Errors
    /// [`BadMeta`] names an entry of the wrong type.
    pub fn read(params: Option<&JsonText>) -> Result<Self, BadMeta> {
        let mut read = Self::default();
        let Some((params, meta)) = params.and_then(|params| Some((params, params.get(META)?))) else {
            return Ok(read);
        };
        if meta.kind() != Kind::Object {
            return Err(BadMeta("_meta"));
        }
        for (key, value) in meta.members() {
            match key.as_str().as_deref() {
                Some(PROTOCOL_VERSION) => read.protocol_version = Some(string(PROTOCOL_VERSION, value)?),
                Some(CLIENT_INFO) => read.client_info = Some(object(CLIENT_INFO, params, value)?),
                Some(CLIENT_CAPABILITIES) => {
                    read.client_capabilities = Some(object(CLIENT_CAPABILITIES, params, value)?);
                }
                Some(LOG_LEVEL) => read.log_level = Some(string(LOG_LEVEL, value)?),
                Some(PROGRESS_TOKEN) => {
                    let token = RequestId::read(params, value).ok_or(BadMeta(PROGRESS_TOKEN))?;
                    read.progress_token = Some(token);
                }
                Some(_) | None => {}
            }
        }
        Ok(read)
    }
}

/// What every request of the modern era carries in its `_meta`.
pub(crate) fn identity(version: ProtocolVersion, info: &JsonText, capabilities: &JsonText) -> JsonText {
    JsonText::object([
        (PROTOCOL_VERSION, JsonText::string(version.as_str())),
        (CLIENT_INFO, info.clone()),
        (CLIENT_CAPABILITIES, capabilities.clone()),
    ])
}

impl Entries<'_> {
    /// Puts the entries of the connection into the `_meta` of `params`, in place of those that the caller put there.
    pub(crate) fn apply(&self, params: &mut Params) {
        let old = params.get(META);
        let in_place = |meta: &JsonText| meta.value().members().any(|(key, _)| belongs_to_connection(key));
        if self.identity.is_some() || self.progress.is_some() || old.is_some_and(in_place) {
            let meta = self.over(old);
            params.set(META, Some(meta));
        }
    }

    /// The entries, and what else stands in `old`.
    fn over(&self, old: Option<&JsonText>) -> JsonText {
        let token = self.progress.map(|token| (PROGRESS_TOKEN.into(), JsonText::from(token)));
        let kept = old.into_iter().flat_map(parts).filter(|(key, _)| !CONNECTION.contains(&&**key));
        let own = self.identity.into_iter().flat_map(parts).map(|(key, value)| match self.capabilities {
            Some(other) if key == CLIENT_CAPABILITIES => (key, other.clone()),
            Some(_) | None => (key, value),
        });
        composed(&token.into_iter().chain(kept).chain(own).collect::<Vec<_>>())
    }
}

fn belongs_to_connection(key: Json<'_>) -> bool {
    key.as_str().is_some_and(|key| CONNECTION.contains(&&*key))
}

/// The user's own words in the `_meta` of `params`, as a client says they are.
#[must_use]
pub fn user_text(params: &JsonText) -> Option<String> {
    let text = params.get(META)?.get(USER_TEXT)?.as_str()?;
    Some(text.into_owned())
}

/// `text` (params or a result) without the `io.ringfence/*` entries of its `_meta`; the same bytes, shared, where there
/// are none. A `_meta` that would be empty goes too.
#[must_use]
pub fn strip_ours(text: &JsonText) -> JsonText {
    let Some(old) = text.get(META).filter(|meta| holds_ours(*meta)) else { return text.clone() };
    let mut splice = Splice::new(text);
    match without_ours(&text.share(old)) {
        Some(kept) => splice.replace(old, &kept),
        None => splice.remove(text.value(), META),
    }
    splice.finish()
}

/// A `_meta` without the `io.ringfence/*` entries; none where nothing else is in it.
#[must_use]
pub fn without_ours(meta: &JsonText) -> Option<JsonText> {
    if !holds_ours(meta.value()) {
        return Some(meta.clone());
    }
    let kept: Vec<_> = parts(meta).filter(|(key, _)| !key.starts_with(OURS)).collect();
    (!kept.is_empty()).then(|| composed(&kept))
}

/// The members of an object.
fn parts(object: &JsonText) -> impl Iterator<Item = (Cow<'_, str>, JsonText)> {
    object.value().members().map(|(key, value)| (key.as_str().unwrap_or_default(), object.share(value)))
}

fn composed(parts: &[(Cow<'_, str>, JsonText)]) -> JsonText {
    JsonText::object(parts.iter().map(|(key, value)| (&**key, value.clone())))
}

fn holds_ours(meta: Json<'_>) -> bool {
    meta.members().any(|(key, _)| is_ours(key))
}

fn is_ours(key: Json<'_>) -> bool {
    key.as_str().is_some_and(|key| key.starts_with(OURS))
}

fn string(key: &'static str, value: Json<'_>) -> Result<String, BadMeta> {
    value.as_str().map(std::borrow::Cow::into_owned).ok_or(BadMeta(key))
}

fn object(key: &'static str, text: &JsonText, value: Json<'_>) -> Result<JsonText, BadMeta> {
    if value.kind() == Kind::Object { Ok(text.share(value)) } else { Err(BadMeta(key)) }
}

#[cfg(test)]
mod tests;
