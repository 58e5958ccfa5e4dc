//! One client's conversation with us, whatever carries it: methods become calls, answers and pieces become messages.
//!
//! Must never answer anything but what the path released, or the protocol's own errors.

mod batch;
mod dispatch;
mod greeting;
mod subscription;
pub(crate) mod terms;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use ringfence_kernel::exchange::{ClientTerms, Interim, QUEUE};
use ringfence_kernel::session::Link;
use ringfence_kernel::{Endpoint, Kernel, Wire};
use ringfence_mcp::message::{
    Answer, Notification, Request, RequestId, Response, RpcError, encode_error, encode_notification,
    encode_request, encode_result,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use terms::Era;

/// Most questions that wait for this client's user at once.
const MOST_QUESTIONS: usize = 32;

/// One conversation.
pub(crate) struct Client {
    kernel: Arc<Kernel>,
    endpoint: Endpoint,
    /// Holds the session open.
    link: Link,
    /// What `initialize` agreed on; legacy only.
    agreed: Mutex<Option<Arc<ClientTerms>>>,
    running: Mutex<HashMap<RequestId, CancellationToken>>,
    /// Nothing may run for it any more. Set while `running` is locked.
    gone: AtomicBool,
    questions: Mutex<HashMap<i64, oneshot::Sender<Answer>>>,
    next_question: AtomicI64,
    /// Where notices outside calls go, where there is such a way.
    aside: Option<mpsc::Sender<Interim>>,
    /// The end of the kernel, which ends subscriptions.
    stop: CancellationToken,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// The message, ready to be sent.
    pub(crate) message: Bytes,
    /// The code, where it is an error.
    pub(crate) error: Option<i64>,
}

/// Takes a request's place among those running; gives it back on drop.
struct Running<'a> {
    client: &'a Client,
    id: RequestId,
}

impl Client {
    /// A conversation of `link`'s session. Notices outside calls go to `aside`; `stop` ends subscriptions.
    pub(crate) fn new(
        kernel: Arc<Kernel>,
        endpoint: Endpoint,
        link: Link,
        aside: Option<mpsc::Sender<Interim>>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            kernel,
            endpoint,
            link,
            agreed: Mutex::new(None),
            running: Mutex::new(HashMap::new()),
            gone: AtomicBool::new(false),
            questions: Mutex::new(HashMap::new()),
            next_question: AtomicI64::new(1),
            aside,
            stop,
        }
    }

    fn aside(&self) -> Option<mpsc::Sender<Interim>> {
        self.aside.clone()
    }

    /// The kernel.
    pub(crate) const fn kernel(&self) -> &Arc<Kernel> {
        &self.kernel
    }

    /// The session.
    pub(crate) const fn link(&self) -> &Link {
        &self.link
    }

    /// True while a request of it runs.
    pub(crate) fn is_busy(&self) -> bool {
        !self.running.lock().is_empty()
    }

    /// What `initialize` agreed on.
    pub(crate) fn agreed(&self) -> Option<Arc<ClientTerms>> {
        self.agreed.lock().clone()
    }

    /// Answers one request. `piece` gets each message that comes before the answer, ready to be sent. `cancel` ends it.
    ///
    /// `None`: the client cancelled, so that nothing may be answered (MCP, cancellation).
    pub(crate) async fn answer(
        &self,
        era: Era,
        request: Request,
        cancel: CancellationToken,
        mut piece: impl FnMut(Bytes) -> bool,
    ) -> Option<Answered> {
        let id = request.id.clone();
        let Some(_running) = self.begin(&id, &cancel) else {
            let error =
                RpcError::new(ringfence_mcp::message::INVALID_REQUEST, "a request with this id is running");
            return Some(Answered::to(&id, &Err(error)));
        };
        if let (Era::Modern(modern, _), "subscriptions/listen") = (&era, &*request.method) {
            let answer = Box::pin(self.listen(modern, request, cancel, &mut piece)).await;
            return Some(Answered::to(&id, &answer));
        }
        let (out, mut pieces) = mpsc::channel(QUEUE);
        let answer = self.dispatch(era, request, out, cancel.clone());
        tokio::pin!(answer);
        let answer = loop {
            tokio::select! {
                biased;
                Some(interim) = pieces.recv() => self.forward(interim, &mut piece),
                answer = &mut answer => break answer,
            }
        };
        while let Ok(interim) = pieces.try_recv() {
            self.forward(interim, &mut piece);
        }
        if cancel.is_cancelled() {
            return None;
        }
        Some(Answered::to(&id, &answer))
    }

    /// Takes a notification of the client; others than these end here.
    pub(crate) async fn notified(&self, notification: Notification) {
        match &*notification.method {
            "notifications/cancelled" => self.cancelled(&notification),
            "notifications/roots/list_changed" => self.roots_changed().await,
            _ => {}
        }
    }

    /// A request that was given up ends at once.
    pub(crate) fn cancelled(&self, notification: &Notification) {
        let id = notification
            .params
            .as_ref()
            .and_then(|params| params.value().get("requestId").and_then(|id| RequestId::read(params, id)));
        if let Some(running) = id.and_then(|id| self.running.lock().get(&id).cloned()) {
            running.cancel();
        }
    }

    /// Takes a response of the client; one to a question that nobody asked is dropped.
    pub(crate) fn responded(&self, response: Response) {
        let question = response.id.as_ref().and_then(RequestId::as_i64);
        if let Some(asker) = question.and_then(|id| self.questions.lock().remove(&id)) {
            let _asker_left = asker.send(response.body);
        }
    }

    /// The client has gone: what runs for it, or begins yet, is cancelled; what was asked of it stays unanswered.
    pub(crate) fn gone(&self) {
        {
            let running = self.running.lock();
            self.gone.store(true, Ordering::Relaxed);
            running.values().for_each(CancellationToken::cancel);
        }
        self.questions.lock().clear();
    }

    /// Turns a released piece into a message and hands it to `piece`.
    pub(crate) fn forward(&self, interim: Interim, piece: &mut impl FnMut(Bytes) -> bool) {
        match interim {
            Interim::Notice(released) => {
                if let Wire::Notice { method, params } = released.into_wire() {
                    piece(encode_notification(method, Some(&params)));
                }
            }
            Interim::Ask(released, asker) => {
                let Wire::Ask { method, params } = released.into_wire() else { return };
                let id = self.next_question.fetch_add(1, Ordering::Relaxed);
                {
                    let mut questions = self.questions.lock();
                    questions.retain(|_, asker| !asker.is_closed());
                    if questions.len() >= MOST_QUESTIONS {
                        return;
                    }
                    questions.insert(id, asker);
                }
                if !piece(encode_request(&RequestId::from(id), method, Some(&params))) {
                    self.questions.lock().remove(&id);
                }
            }
        }
    }

    fn begin(&self, id: &RequestId, cancel: &CancellationToken) -> Option<Running<'_>> {
        let mut running = self.running.lock();
        if running.contains_key(id) {
            return None;
        }
        if self.gone.load(Ordering::Relaxed) {
            cancel.cancel();
        }
        running.insert(id.clone(), cancel.clone());
        Some(Running { client: self, id: id.clone() })
    }
}

impl Answered {
    fn to(id: &RequestId, answer: &Answer) -> Self {
        match answer {
            Ok(result) => Self { message: encode_result(id, result), error: None },
            Err(error) => Self { message: encode_error(Some(id), error), error: Some(error.code) },
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.client.running.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
