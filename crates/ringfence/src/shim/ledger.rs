//! What a shim must remember to survive its kernel: the handshake, the requests in flight, the questions not yet answered.
//!
//! Pure. Must never have a request with an effect sent twice.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use ringfence_mcp::message::{
    Message, Notification, Request, RequestId, Response, RpcError, encode_error, encode_notification,
    encode_request,
};
use ringfence_model::json::{JsonText, ScanLimits};
use ringfence_model::verdict::Code;

use crate::control::LINE_LIMIT;

/// Bounds of what the shim looks into; the kernel has its own, stricter ones.
const LIMITS: ScanLimits = ScanLimits { bytes: LINE_LIMIT, depth: 1_024 };

/// Most requests in flight; beyond it the client waits.
const IN_FLIGHT: usize = 4_096;

/// Requests without an effect of their own: they are sent again to the next kernel instead of being given up.
const REPEATABLE: [&str; 11] = [
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "prompts/list",
    "subscriptions/listen",
    "tasks/get",
    "tasks/result",
    "tasks/list",
];

/// A request that the kernel has and has not answered.
#[derive(Debug)]
enum InFlight {
    /// It may be sent again, once.
    Repeatable(Bytes),
    /// Its effect may have happened.
    Once,
}

/// The state of one client's conversation.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    in_flight: HashMap<RequestId, InFlight>,
    /// Requests of the present kernel that the client has not answered.
    asked: HashSet<RequestId>,
    initialize: Option<Initialize>,
    /// The client's `notifications/initialized`.
    initialized: Option<Bytes>,
}

/// The client's `initialize` (2024-11-05 … 2025-11-25; later versions have none).
#[derive(Debug)]
struct Initialize {
    id: RequestId,
    params: Option<JsonText>,
    /// The version that the kernel agreed to, as JSON; none until it answered.
    agreed: Option<String>,
}

/// What to do after a kernel has gone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Aftermath {
    /// For the client, now.
    pub(crate) to_client: Vec<Bytes>,
    /// For the next kernel, after the handshake.
    pub(crate) to_kernel: Vec<Bytes>,
}

/// What a replayed handshake came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    /// Not the answer; it is for the client.
    NotYet,
    /// The next kernel agreed to the same.
    Agreed,
    /// It did not.
    Refused,
}

impl Ledger {
    /// True when no answer is due.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// True when no more requests fit.
    pub(crate) fn is_full(&self) -> bool {
        self.in_flight.len() >= IN_FLIGHT
    }

    /// The client says `line`. False when it must not reach the kernel: an answer to a question that an earlier kernel
    /// asked, whose id may by now be another question's.
    pub(crate) fn client_says(&mut self, line: &Bytes) -> bool {
        // What is no message goes on as it is: the kernel says what is wrong with it.
        let Ok(message) = Message::parse(line.clone(), LIMITS) else { return true };
        match message {
            Message::Request(Request { id, method, params }) => {
                if method == "initialize" {
                    self.initialize = Some(Initialize { id: id.clone(), params, agreed: None });
                }
                let method: &str = &method;
                let fate = if REPEATABLE.contains(&method) {
                    InFlight::Repeatable(line.clone())
                } else {
                    InFlight::Once
                };
                self.in_flight.insert(id, fate);
                true
            }
            Message::Notification(notification) => {
                self.notified(notification, line);
                true
            }
            Message::Response(Response { id, .. }) => id.is_none_or(|id| self.asked.remove(&id)),
        }
    }

    fn notified(&mut self, notification: Notification, line: &Bytes) {
        let method: &str = &notification.method;
        match method {
            "notifications/initialized" => self.initialized = Some(line.clone()),
            // No answer is due any more (MCP 2025-11-25, cancellation).
            "notifications/cancelled" => {
                if let Some(id) = request_id(notification.params.as_ref()) {
                    self.in_flight.remove(&id);
                }
            }
            _ => {}
        }
    }

    /// The kernel says `line` to the client.
    pub(crate) fn kernel_says(&mut self, line: &Bytes) {
        match Message::parse(line.clone(), LIMITS) {
            Ok(Message::Response(Response { id: Some(id), body })) => {
                self.in_flight.remove(&id);
                if let (Some(initialize), Ok(result)) = (&mut self.initialize, &body)
                    && initialize.id == id
                {
                    initialize.agreed = version(result);
                }
            }
            Ok(Message::Request(request)) => {
                self.asked.insert(request.id);
            }
            Ok(Message::Notification(notification)) if &*notification.method == "notifications/cancelled" => {
                if let Some(id) = request_id(notification.params.as_ref()) {
                    self.asked.remove(&id);
                }
            }
            Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => {}
        }
    }

    /// The kernel has gone. `unread` are the client's lines that it cannot have read whole, in order.
    pub(crate) fn kernel_gone(&mut self, unread: Vec<Bytes>) -> Aftermath {
        let mut after = Aftermath::default();
        let mut again = Vec::new();
        let mut kept = HashMap::new();
        for line in unread {
            let said_again = match Message::parse(line.clone(), LIMITS) {
                Ok(Message::Request(Request { id, .. })) => match self.in_flight.remove_entry(&id) {
                    Some((id, fate)) => kept.insert(id, fate).is_none(),
                    // The client has cancelled it.
                    None => false,
                },
                // The replayed handshake ends with it.
                Ok(Message::Notification(notification)) => {
                    &*notification.method != "notifications/initialized"
                }
                // Only the kernel that asked may hear the answer.
                Ok(Message::Response(_)) => false,
                Err(_) => true,
            };
            if said_again {
                again.push(line);
            }
        }
        let mut in_flight: Vec<_> = self.in_flight.drain().collect();
        in_flight.sort_by(|(a, _), (b, _)| a.text().as_str().cmp(b.text().as_str()));
        for (id, fate) in in_flight {
            match fate {
                InFlight::Repeatable(line) => {
                    // From now on it counts as one with an effect: a request that ends kernels ends at most two.
                    kept.insert(id, InFlight::Once);
                    after.to_kernel.push(line);
                }
                InFlight::Once => after.to_client.push(encode_error(Some(&id), &lost())),
            }
        }
        let mut asked: Vec<_> = self.asked.drain().collect();
        asked.sort_by(|a, b| a.text().as_str().cmp(b.text().as_str()));
        after.to_client.extend(asked.iter().filter_map(withdraw));
        after.to_kernel.extend(again);
        self.in_flight = kept;
        after
    }

    /// The handshake for the next kernel: the client's `initialize` under the id `id`. None when there was none, or when
    /// its answer is still due and it is sent again as it was.
    pub(crate) fn replay(&self, id: &RequestId) -> Option<Bytes> {
        let initialize = self.initialize.as_ref()?;
        initialize.agreed.as_ref()?;
        Some(encode_request(id, "initialize", initialize.params.as_ref()))
    }

    /// Whether `line` answers the replayed handshake `id`, and how.
    pub(crate) fn replayed(&self, id: &RequestId, line: &Bytes) -> Replay {
        match Message::parse(line.clone(), LIMITS) {
            Ok(Message::Response(response)) if response.id.as_ref() == Some(id) => {
                let agreed = self.initialize.as_ref().and_then(|initialize| initialize.agreed.as_ref());
                match response.body {
                    Ok(result) if version(&result).as_ref() == agreed => Replay::Agreed,
                    Ok(_) | Err(_) => Replay::Refused,
                }
            }
            Ok(_) | Err(_) => Replay::NotYet,
        }
    }

    /// The client's `notifications/initialized`, where it has sent it.
    pub(crate) fn initialized(&self) -> Option<Bytes> {
        self.initialized.clone()
    }
}

/// What the client is told of a request whose kernel has gone.
fn lost() -> RpcError {
    RpcError::new(
        i64::from(Code::Withheld.number()),
        "the kernel ended while this call ran; its effect may have happened, do not retry",
    )
}

/// Tells the client that nobody waits for its answer any more.
fn withdraw(id: &RequestId) -> Option<Bytes> {
    let params = format!(r#"{{"requestId":{id},"reason":"the kernel ended"}}"#);
    let params = JsonText::try_from(params).ok()?;
    Some(encode_notification("notifications/cancelled", Some(&params)))
}

fn request_id(params: Option<&JsonText>) -> Option<RequestId> {
    let params = params?;
    RequestId::read(params, params.value().get("requestId")?)
}

fn version(result: &JsonText) -> Option<String> {
    Some(result.value().get("protocolVersion")?.raw().to_owned())
}

#[cfg(test)]
mod tests;
