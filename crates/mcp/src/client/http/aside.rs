//! What is sent beside the requests of callers: replies to the server's requests, cancellations. Must never hold up a
//! caller.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::inbound::Counts;
use super::Shared;

/// Most messages under way at once: a slow server must not hold up the next reply.
const AT_ONCE: usize = 8;

/// Sends until nobody is left who could hand over a message.
pub(super) async fn send(shared: Arc<Shared>, mut waiting: mpsc::Receiver<Bytes>) {
    let mut under_way = JoinSet::new();
    while let Some(message) = waiting.recv().await {
        while under_way.try_join_next().is_some() {}
        if under_way.len() >= AT_ONCE {
            under_way.join_next().await;
        }
        let shared = Arc::clone(&shared);
        under_way.spawn(async move {
            let sent = timeout(shared.patience, shared.post(message, shared.headers())).await;
            if !matches!(sent, Ok(Ok(response)) if response.status().is_success()) {
                Counts::add(&shared.counts.unsent);
            }
        });
    }
}
