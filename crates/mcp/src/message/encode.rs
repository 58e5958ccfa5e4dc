//! Writing envelopes. Must never look into what it copies: params, results and data are validated text already.

use bytes::Bytes;
use ringfence_model::json::{JsonText, escape};

use super::{RequestId, RpcError};
use crate::params::Params;

/// Space for what an envelope adds to its parts.
const ENVELOPE: usize = 64;

/// A request.
#[must_use]
pub fn encode_request(id: &RequestId, method: &str, params: Option<&JsonText>) -> Bytes {
    let mut out = open(id.text().as_str().len() + method.len() + length(params));
    out.push_str("\"id\":");
    out.push_str(id.text().as_str());
    out.push(',');
    calling(out, method, params)
}

/// A request with params that are still in parts.
pub(crate) fn encode_request_of(id: &RequestId, method: &str, params: &Params) -> Bytes {
    let size: usize = params.members().map(|(key, value)| key.len() + value.as_str().len() + 8).sum();
    let mut out = open(id.text().as_str().len() + method.len() + size);
    out.push_str("\"id\":");
    out.push_str(id.text().as_str());
    out.push_str(",\"method\":\"");
    escape(method, &mut out);
    out.push('"');
    if params.are_there() {
        let mut before = ",\"params\":{\"";
        for (key, value) in params.members() {
            out.push_str(before);
            escape(key, &mut out);
            out.push_str("\":");
            out.push_str(value.as_str());
            before = ",\"";
        }
        out.push_str(if before.len() > 2 { ",\"params\":{}" } else { "}" });
    }
    close(out)
}

/// A batch of messages (2025-03-26).
#[must_use]
pub fn encode_batch(messages: &[Bytes]) -> Bytes {
    let mut out = Vec::with_capacity(messages.iter().map(|message| message.len() + 1).sum::<usize>() + 2);
    out.push(b'[');
    out.extend_from_slice(&messages.join(&b','));
    out.push(b']');
    Bytes::from(out)
}

/// A notification.
#[must_use]
pub fn encode_notification(method: &str, params: Option<&JsonText>) -> Bytes {
    calling(open(method.len() + length(params)), method, params)
}

/// The response to a request that succeeded; `result` is copied byte for byte.
#[must_use]
pub fn encode_result(id: &RequestId, result: &JsonText) -> Bytes {
    let mut out = open(id.text().as_str().len() + result.as_str().len());
    out.push_str("\"id\":");
    out.push_str(id.text().as_str());
    out.push_str(",\"result\":");
    out.push_str(result.as_str());
    close(out)
}

/// The response to a request that failed; without an id where it could not be read.
#[must_use]
pub fn encode_error(id: Option<&RequestId>, error: &RpcError) -> Bytes {
    let mut out = open(ENVELOPE + error.message.len() + length(error.data.as_ref()));
    if let Some(id) = id {
        out.push_str("\"id\":");
        out.push_str(id.text().as_str());
        out.push(',');
    }
    out.push_str("\"error\":{\"code\":");
    out.push_str(&error.code.to_string());
    out.push_str(",\"message\":\"");
    escape(&error.message, &mut out);
    out.push('"');
    if let Some(data) = &error.data {
        out.push_str(",\"data\":");
        out.push_str(data.as_str());
    }
    out.push('}');
    close(out)
}

fn open(parts: usize) -> String {
    let mut out = String::with_capacity(ENVELOPE + parts);
    out.push_str("{\"jsonrpc\":\"2.0\",");
    out
}

fn calling(mut out: String, method: &str, params: Option<&JsonText>) -> Bytes {
    out.push_str("\"method\":\"");
    escape(method, &mut out);
    out.push('"');
    if let Some(params) = params {
        out.push_str(",\"params\":");
        out.push_str(params.as_str());
    }
    close(out)
}

fn close(mut out: String) -> Bytes {
    out.push('}');
    Bytes::from(out)
}

fn length(part: Option<&JsonText>) -> usize {
    part.map_or(0, |part| part.as_str().len())
}
