//! JSON-RPC 2.0 messages as MCP restricts them, read out of text that was scanned once; params, results and data stay
//! shared slices of what arrived. Must never re-serialize a result: its bytes are copied as they are.

mod encode;
mod meant;
mod parse;

use std::fmt;
use std::hash::{Hash, Hasher};

use bytestring::ByteString;
use ringfence_model::json::{Json, JsonText, Kind};

pub(crate) use encode::encode_request_of;
pub use encode::{encode_batch, encode_error, encode_notification, encode_request, encode_result};
pub(crate) use meant::{Meant, meant};
pub use parse::MOST_OF_BATCH;

/// The text was not JSON (JSON-RPC 2.0 section 5.1).
pub const PARSE_ERROR: i64 = -32700;
/// JSON, but no message of this protocol.
pub const INVALID_REQUEST: i64 = -32600;
/// The method does not exist here.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The params do not fit the method.
pub const INVALID_PARAMS: i64 = -32602;
/// Our own fault.
pub const INTERNAL_ERROR: i64 = -32603;
/// Headers and body disagree, or a required header is missing (2026-07-28 `HeaderMismatchError`).
pub const HEADER_MISMATCH: i64 = -32020;
/// The request needs a capability that the client did not declare (2026-07-28 `MissingRequiredClientCapabilityError`).
pub const MISSING_REQUIRED_CLIENT_CAPABILITY: i64 = -32021;
/// The version is not spoken here (2026-07-28 `UnsupportedProtocolVersionError`).
pub const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;

/// Most bytes of an id.
const ID_BYTES: usize = 256;

/// The id of a request or a progress token: a string or a whole number of any size.
///
/// Kept in one canonical form, so that `"a"` and `"\u0061"` are the same id while `1` and `"1"` are not.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(JsonText);

/// A request: it wants a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Chosen by the sender.
    pub id: RequestId,
    /// What is asked.
    pub method: ByteString,
    /// An object.
    pub params: Option<JsonText>,
}

/// A message that wants no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// What is told.
    pub method: ByteString,
    /// An object.
    pub params: Option<JsonText>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The request's id; none only for an error about a message whose id could not be read.
    pub id: Option<RequestId>,
    /// The result, an object, or the error.
    pub body: Answer,
}

/// What a request comes to: the result, an object, or the error.
pub type Answer = Result<JsonText, RpcError>;

/// An error on the wire (JSON-RPC 2.0 section 5.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct RpcError {
    /// Its kind.
    pub code: i64,
    /// One sentence.
    pub message: String,
    /// Details, defined by the code.
    pub data: Option<JsonText>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A notification.
    Notification(Notification),
    /// A response.
    Response(Response),
}

/// Why a text is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Malformed {
    /// What to answer.
    pub error: RpcError,
    /// The id to answer to, where it could be read.
    pub id: Option<Box<RequestId>>,
}

impl RequestId {
    /// Reads an id: a string or a number without fraction and exponent, of at most 256 bytes.
    #[must_use]
    pub fn read(text: &JsonText, value: Json<'_>) -> Option<Self> {
        let raw = value.raw();
        if raw.len() > ID_BYTES {
            return None;
        }
        match value.kind() {
            Kind::String if memchr::memchr(b'\\', raw.as_bytes()).is_none() => Some(Self(text.share(value))),
            Kind::String => Some(Self(JsonText::string(&value.as_str()?))),
            Kind::Number if raw == "-0" => Some(Self::from(0)),
            Kind::Number if memchr::memchr3(b'.', b'e', b'E', raw.as_bytes()).is_none() => {
                Some(Self(text.share(value)))
            }
            Kind::Number | Kind::Null | Kind::Bool | Kind::Array | Kind::Object => None,
        }
    }

    /// The canonical JSON of the id.
    #[must_use]
    pub const fn text(&self) -> &JsonText {
        &self.0
    }

    /// The id as a number, where it is one of 64 bits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.value().as_i64()
    }
}

impl From<i64> for RequestId {
    fn from(number: i64) -> Self {
        Self(JsonText::from(number))
    }
}

impl Hash for RequestId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({})", self.0.as_str())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl RpcError {
    /// An error without data.
    #[must_use]
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// `-32602`: the params are not what the method takes.
    #[must_use]
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// `-32601`: there is no such method here.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        Self::new(METHOD_NOT_FOUND, format!("Method not found: {method}"))
    }

    /// `-32603`: it is our fault.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(INTERNAL_ERROR, message)
    }
}

#[cfg(test)]
mod tests;
