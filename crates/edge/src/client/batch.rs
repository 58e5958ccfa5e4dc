//! JSON-RPC batches, which 2025-03-26 has and no other version: several messages at once, answered at once.
//!
//! Must never open a conversation: `initialize` may not be part of a batch.

use std::sync::Arc;

use bytes::Bytes;
use ringfence_mcp::message::{
    INVALID_REQUEST, Malformed, Message, Request, RpcError, encode_batch, encode_error,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Answered, Client};
use crate::client::terms::Era;

impl Client {
    /// True where its version has batches.
    pub(crate) fn has_batches(&self) -> bool {
        self.agreed().is_some_and(|terms| terms.version.has_batches())
    }

    /// Takes the messages of a batch, all at once; the answers in the order of the requests, `None` where there are none.
    pub(crate) async fn answer_batch<P>(
        self: &Arc<Self>,
        messages: Vec<Result<Message, Malformed>>,
        piece: P,
    ) -> Option<Answered>
    where
        P: FnMut(Bytes) -> bool + Clone + Send + 'static,
    {
        let mut running = JoinSet::new();
        let mut answers: Vec<Option<Bytes>> = messages.iter().map(|_| None).collect();
        for ((place, message), answer) in messages.into_iter().enumerate().zip(&mut answers) {
            match message {
                Ok(Message::Request(request)) if &*request.method == "initialize" => {
                    let error = RpcError::new(INVALID_REQUEST, "`initialize` cannot be part of a batch");
                    *answer = Some(encode_error(Some(&request.id), &error));
                }
                Ok(Message::Request(request)) => {
                    let (client, piece) = (Arc::clone(self), piece.clone());
                    running.spawn(async move { (place, client.one_of_batch(request, piece).await) });
                }
                Ok(Message::Notification(notification)) => self.notified(notification).await,
                Ok(Message::Response(response)) => self.responded(response),
                Err(malformed) => {
                    *answer = Some(encode_error(malformed.id.as_deref(), &malformed.error));
                }
            }
        }
        while let Some(done) = running.join_next().await {
            // A request whose task died is one that was not answered; the others are.
            if let Ok((place, answered)) = done
                && let Some(answer) = answers.get_mut(place)
            {
                *answer = answered;
            }
        }
        let answers: Vec<Bytes> = answers.into_iter().flatten().collect();
        (!answers.is_empty()).then(|| Answered { message: encode_batch(&answers), error: None })
    }

    async fn one_of_batch(&self, request: Request, piece: impl FnMut(Bytes) -> bool) -> Option<Bytes> {
        let answered = self.answer(Era::Legacy, request, CancellationToken::new(), piece).await;
        answered.map(|answered| answered.message)
    }
}
