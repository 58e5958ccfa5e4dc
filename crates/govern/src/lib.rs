//! The channels on which approvers hear of requests, and of the answers that come back on them.
//!
//! What is asked and what was answered is the kernel's; a channel that fails leaves a request unanswered, which is a denial. Must
//! never hold up a call.

pub mod decisions;
pub mod desktop;
pub mod signature;
pub mod webhook;

use std::sync::Arc;

use ringfence_kernel::Kernel;
use ringfence_model::config::{ApprovalsConfig, BadWebhook};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use decisions::Decisions;
pub use desktop::Notifier;
use webhook::Webhook;

/// Most notices that wait for one channel.
const MOST: usize = 256;

/// All of them.
#[derive(Debug)]
pub struct Channels {
    webhooks: Vec<Webhook>,
    desktop: Option<Notifier>,
}

impl Channels {
    /// Those of the configuration; `desktop` where notices can be shown on one.
    ///
    /// # Errors
    /// [`BadWebhook`].
    pub fn new(config: &ApprovalsConfig, desktop: Option<Notifier>) -> Result<Self, BadWebhook> {
        let webhooks = config.webhooks.iter().map(Webhook::new).collect::<Result<_, _>>()?;
        Ok(Self { webhooks, desktop })
    }

    /// Tells what the kernel announces until `stop`; what has not been told then is not told.
    pub async fn run(self, kernel: Arc<Kernel>, stop: CancellationToken) {
        let Some(mut notices) = kernel.announcements() else { return };
        let mut tellers = JoinSet::new();
        let mut queues = Vec::new();
        for webhook in self.webhooks {
            let (queue, waiting) = mpsc::channel(MOST);
            queues.push(queue);
            tellers.spawn(webhook.tell(Arc::clone(&kernel), waiting));
        }
        if let Some(desktop) = self.desktop {
            let (queue, waiting) = mpsc::channel(MOST);
            queues.push(queue);
            tellers.spawn(desktop.tell(waiting));
        }
        loop {
            let notice = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                notice = notices.recv() => notice,
            };
            let Some(notice) = notice else { break };
            let notice = Arc::new(notice);
            for queue in &queues {
                if queue.try_send(Arc::clone(&notice)).is_err() {
                    tracing::warn!(id = %notice.id, "a notice to approvers was dropped: a channel is slow");
                }
            }
        }
        tellers.shutdown().await;
    }
}
