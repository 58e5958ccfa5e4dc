//! Retries of modern clients (2026-07-28, Multi Round-Trip Requests): the state that a client carries for us, sealed.
//!
//! The state names the call it belongs to and what was judged then. A confirmation counts once, for the same principal
//! and the same arguments, in the same run of the kernel. Must never be trusted unopened.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_mcp::seal::{NONCE_SIZE, Purpose, SealError};
use ringfence_model::id::{CallId, Timestamp};
use ringfence_model::json::{JsonText, Splice};
use serde::{Deserialize, Serialize};

use crate::binding;
use crate::call::{Pending, Permitted, Request, Waits};
use crate::kernel::Kernel;
use crate::parking::Parked;

/// The key of our own question among a result's `inputRequests`.
pub(crate) const CONFIRM_KEY: &str = "io.ringfence/confirm";

/// What a retry brings with it.
#[derive(Debug)]
pub(crate) struct Retry {
    /// The call it repeats.
    pub(crate) of: CallId,
    /// The rules whose question about exactly this call the user has answered with yes; this is the first time that counts.
    confirmed: BTreeSet<Arc<str>>,
    /// The user was asked and said no.
    pub(crate) declined: bool,
    /// The call to the server that has been waiting for this; dropped with the retry, it is cancelled there.
    parked: Mutex<Option<Box<Parked>>>,
    /// The server's own state.
    inner: Option<String>,
}

/// Why a retry's state does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RetryError {
    /// Forged, edited, of another principal, call or kernel.
    #[error("not ours")]
    NotOurs,
    /// Too old.
    #[error("expired")]
    Expired,
    /// It has counted before.
    #[error("used")]
    Used,
}

/// What is sealed into `requestState`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    call: CallId,
    /// Digest of principal, server, target and arguments.
    subject: String,
    /// The run of the kernel: single use cannot be kept over a restart.
    boot: u64,
    /// We asked the user ourselves.
    asked: bool,
    /// The user had confirmed before the server asked for more.
    confirmed: bool,
    /// The rules that the user was asked for.
    rules: BTreeSet<Arc<str>>,
    /// The call to the server is waiting with us.
    #[serde(default)]
    parked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inner: Option<String>,
    #[serde(skip)]
    binding: String,
}

impl State {
    /// For our own question about a pending call.
    pub(crate) fn asked(pending: &Pending, waits: Waits) -> Self {
        let state = Self::of(pending.request(), true, false, None);
        Self { parked: waits == Waits::WithUs, rules: pending.asking(), ..state }
    }

    /// For a server's question within a permitted call.
    pub(crate) fn relayed(permitted: &Permitted, result: &JsonText, waits: Waits) -> Self {
        let inner = result
            .value()
            .get("requestState")
            .and_then(|state| state.as_str())
            .map(std::borrow::Cow::into_owned);
        let parked = waits == Waits::WithUs;
        let rules = if permitted.is_confirmed() { permitted.asking() } else { BTreeSet::new() };
        Self { parked, rules, ..Self::of(permitted.request(), false, permitted.is_confirmed(), inner) }
    }

    fn of(request: &Request, asked: bool, confirmed: bool, inner: Option<String>) -> Self {
        Self {
            call: request.call.id,
            subject: binding::subject(request),
            boot: 0,
            asked,
            confirmed,
            rules: BTreeSet::new(),
            parked: false,
            inner,
            binding: request.call.principal.to_string(),
        }
    }
}

impl Kernel {
    /// Seals a state for the client to carry.
    pub(crate) fn seal_retry(&self, state: &State) -> Result<String, SealError> {
        let state = State { boot: self.env.boot(), ..state.clone() };
        let payload = serde_json::to_vec(&state).map_err(|_| SealError::Malformed)?;
        let mut nonce = [0; NONCE_SIZE];
        self.env.fill(&mut nonce).map_err(|_| SealError::Malformed)?;
        let waits = u64::try_from(self.limits.person.0.as_nanos()).unwrap_or(u64::MAX);
        let expires = Timestamp(self.env.now().0.saturating_add(waits));
        self.sealer.seal(Purpose::RequestState, state.binding.as_bytes(), expires, &payload, nonce)
    }
}

impl Retry {
    /// The retry that `request` is, if it is one.
    pub(crate) fn of(kernel: &Kernel, request: &Request, now: Timestamp) -> Result<Option<Self>, RetryError> {
        let Some(sealed) = request.params.get("requestState") else { return Ok(None) };
        let sealed = sealed.as_str().ok_or(RetryError::NotOurs)?;
        let principal = &request.call.principal;
        let opened =
            kernel.sealer.open(Purpose::RequestState, principal.to_string().as_bytes(), now, &sealed);
        let payload = opened.map_err(|error| match error {
            SealError::Expired => RetryError::Expired,
            SealError::Malformed | SealError::NotOurs => RetryError::NotOurs,
        })?;
        let state: State = serde_json::from_slice(&payload).map_err(|_| RetryError::NotOurs)?;
        let answer = request.params.get("inputResponses").and_then(|answers| answers.get(CONFIRM_KEY));
        let said_yes = answer.is_some_and(|answer| crate::call::says_yes(&request.params.share(answer)));
        // A state belongs to the call it was given for: neither a server's own state nor the user's answers go elsewhere.
        if state.boot != kernel.env.boot() || state.subject != binding::subject(request) {
            return Err(RetryError::NotOurs);
        }
        // What a person said counts for one call, and for each further question of the server within it.
        if (state.asked || state.confirmed) && !kernel.used_states.take(principal, state.call, now) {
            return Err(RetryError::Used);
        }
        let parked = if state.parked {
            let parked =
                kernel.parking.take(state.call, request.call.session, now).ok_or(RetryError::Used)?;
            Some(Box::new(parked))
        } else {
            None
        };
        Ok(Some(Self {
            parked: Mutex::new(parked),
            of: state.call,
            confirmed: if state.confirmed || (state.asked && said_yes) {
                state.rules
            } else {
                BTreeSet::new()
            },
            declined: state.asked && !said_yes,
            inner: state.inner,
        }))
    }

    /// True where the user said yes to all that these rules ask: what another rule asks, nobody has answered yet.
    pub(crate) fn confirms(&self, rules: &BTreeSet<Arc<str>>) -> bool {
        !rules.is_empty() && rules.is_subset(&self.confirmed)
    }

    /// The call to the server that goes on with this, once.
    pub(crate) fn parked(&self) -> Option<Box<Parked>> {
        self.parked.lock().take()
    }

    /// The server's own state, which goes back to it.
    pub(crate) fn inner(&self) -> Option<JsonText> {
        self.inner.as_deref().map(JsonText::string)
    }
}

/// The answers that go on to a modern server: without ours, and without credentials, which no server may ask for. A server
/// that keeps no state takes them without a `requestState`, too.
pub(crate) fn forwarded_answers(kernel: &Kernel, params: &JsonText) -> Option<JsonText> {
    let answers = params.share(params.get("inputResponses")?);
    let answers = kernel.clean(&answers);
    let mut splice = Splice::new(&answers);
    splice.remove(answers.value(), CONFIRM_KEY);
    Some(splice.finish()).filter(|others| others.value().members().next().is_some())
}
