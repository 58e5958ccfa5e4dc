//! From bytes to a message: one scan, then one walk over the members of the envelope. Must never let a surprise pass:
//! what is not exactly a request, a notification or a response is malformed.

use bytes::Bytes;
use bytestring::ByteString;
use ringfence_model::json::{Json, JsonText, Kind, ScanError, ScanLimits};

use super::{
    INVALID_REQUEST, Malformed, Message, Notification, PARSE_ERROR, Request, RequestId, Response, RpcError,
};

/// Most messages of one batch.
pub const MOST_OF_BATCH: usize = 64;

/// Most bytes of a method name.
const METHOD_BYTES: usize = 256;

/// The members of an envelope, before it is clear what it is.
#[derive(Default)]
struct Envelope<'a> {
    version: Option<Json<'a>>,
    id: Option<Json<'a>>,
    method: Option<Json<'a>>,
    params: Option<Json<'a>>,
    result: Option<Json<'a>>,
    error: Option<Json<'a>>,
    stranger: bool,
}

impl Message {
    /// Reads one message. Params, result and error data share the bytes given.
    ///
    /// # Errors
    /// [`Malformed`] with `-32700` where the text is not JSON, else `-32600`: a text over the limits, a key that stands
    /// twice, a batch (removed in 2025-06-18), an envelope of another shape.
    pub fn parse(bytes: Bytes, limits: ScanLimits) -> Result<Self, Malformed> {
        Self::of(&JsonText::scan(bytes, limits).map_err(unreadable)?)
    }

    /// True for a text that can only be a batch.
    #[must_use]
    pub fn is_batch(bytes: &[u8]) -> bool {
        bytes.trim_ascii_start().first() == Some(&b'[')
    }

    /// Reads a batch of 1 to [`MOST_OF_BATCH`] messages (2025-03-26), each for itself.
    ///
    /// # Errors
    /// [`Malformed`] for the whole where it is no such array.
    pub fn parse_batch(bytes: Bytes, limits: ScanLimits) -> Result<Vec<Result<Self, Malformed>>, Malformed> {
        let text = JsonText::scan(bytes, limits).map_err(unreadable)?;
        let count = text.value().elements().take(MOST_OF_BATCH + 1).count();
        if text.value().kind() != Kind::Array || !(1..=MOST_OF_BATCH).contains(&count) {
            return Err(invalid("a batch is an array of 1 to 64 messages", None));
        }
        Ok(text.value().elements().map(|message| Self::of(&text.share(message))).collect())
    }

    fn of(text: &JsonText) -> Result<Self, Malformed> {
        match text.value().kind() {
            Kind::Object => {}
            Kind::Array => return Err(invalid("batches are not part of this protocol version", None)),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
                return Err(invalid("a message is an object", None));
            }
        }
        let envelope = Envelope::of(text.value());
        let id = envelope.id.and_then(|value| RequestId::read(text, value));
        envelope.message(text, id.clone()).map_err(|what| invalid(what, id))
    }
}

impl<'a> Envelope<'a> {
    fn of(value: Json<'a>) -> Self {
        let mut envelope = Self::default();
        for (key, value) in value.members() {
            let place = match key.as_str().as_deref() {
                Some("jsonrpc") => &mut envelope.version,
                Some("id") => &mut envelope.id,
                Some("method") => &mut envelope.method,
                Some("params") => &mut envelope.params,
                Some("result") => &mut envelope.result,
                Some("error") => &mut envelope.error,
                Some(_) | None => {
                    envelope.stranger = true;
                    continue;
                }
            };
            *place = Some(value);
        }
        envelope
    }

    fn message(&self, text: &JsonText, id: Option<RequestId>) -> Result<Message, &'static str> {
        if self.version.and_then(Json::as_str).as_deref() != Some("2.0") {
            return Err("`jsonrpc` must be \"2.0\"");
        }
        if self.stranger {
            return Err("a message has no members beside jsonrpc, id, method, params, result and error");
        }
        match (self.method, self.result, self.error) {
            (Some(method), None, None) => self.asking(text, method, id),
            (None, Some(_), None) | (None, None, Some(_)) if self.params.is_some() => {
                Err("a response has no `params`")
            }
            (None, Some(result), None) => {
                if result.kind() != Kind::Object {
                    return Err("`result` must be an object");
                }
                let id = id.ok_or("`id` of a result must be the request's: a string or a whole number")?;
                Ok(Message::Response(Response { id: Some(id), body: Ok(text.share(result)) }))
            }
            (None, None, Some(error)) => {
                if id.is_none() && self.id.is_some_and(|value| !value.is_null()) {
                    return Err("`id` must be a string or a whole number");
                }
                Ok(Message::Response(Response { id, body: Err(read_error(text, error)?) }))
            }
            (Some(_), _, _) => Err("a message with `method` has neither `result` nor `error`"),
            (None, Some(_), Some(_)) => Err("a response has `result` or `error`, not both"),
            (None, None, None) => Err("a message has `method`, `result` or `error`"),
        }
    }

    fn asking(
        &self,
        text: &JsonText,
        method: Json<'_>,
        id: Option<RequestId>,
    ) -> Result<Message, &'static str> {
        let method = method_name(text, method)?;
        let params = match self.params {
            Some(params) if params.kind() != Kind::Object => return Err("`params` must be an object"),
            params => params.map(|params| text.share(params)),
        };
        match (self.id, id) {
            (Some(_), Some(id)) => Ok(Message::Request(Request { id, method, params })),
            (Some(_), None) => Err("`id` must be a string or a whole number of at most 256 bytes"),
            (None, _) => Ok(Message::Notification(Notification { method, params })),
        }
    }
}

fn method_name(text: &JsonText, value: Json<'_>) -> Result<ByteString, &'static str> {
    let wrong = "`method` must be a string of 1 to 256 bytes";
    let name = value.as_str().filter(|name| (1..=METHOD_BYTES).contains(&name.len())).ok_or(wrong)?;
    match name {
        std::borrow::Cow::Owned(name) => Ok(ByteString::from(name)),
        std::borrow::Cow::Borrowed(name) => {
            ByteString::try_from(text.bytes().slice_ref(name.as_bytes())).map_err(|_| wrong)
        }
    }
}

fn read_error(text: &JsonText, error: Json<'_>) -> Result<RpcError, &'static str> {
    let code = error.get("code").and_then(Json::as_i64).ok_or("`error.code` must be a whole number")?;
    let message = error.get("message").and_then(Json::as_str).ok_or("`error.message` must be a string")?;
    let data = error.get("data").map(|data| text.share(data));
    Ok(RpcError { code, message: message.into_owned(), data })
}

fn unreadable(error: ScanError) -> Malformed {
    let code = match error {
        ScanError::NotUtf8 | ScanError::Trailing { .. } | ScanError::Syntax { .. } => PARSE_ERROR,
        ScanError::TooLarge { .. } | ScanError::TooDeep { .. } | ScanError::DuplicateKey { .. } => {
            INVALID_REQUEST
        }
    };
    Malformed { error: RpcError::new(code, error.to_string()), id: None }
}

fn invalid(what: &'static str, id: Option<RequestId>) -> Malformed {
    Malformed { error: RpcError::new(INVALID_REQUEST, what), id: id.map(Box::new) }
}
