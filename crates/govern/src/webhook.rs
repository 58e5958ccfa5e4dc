//! Notices to webhooks: signed, tried again for a while, one after the other for each receiver.
//!
//! Must never follow a redirect, nor connect elsewhere than the operator said.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::Full;
use ringfence_kernel::Kernel;
use ringfence_kernel::announce::Notice;
use ringfence_model::config::{BadWebhook, WebhookConfig};
use ringfence_net::{HttpClient, HttpOptions, endpoint};
use serde_json::json;
use tokio::sync::mpsc;

use crate::signature::{ID, Key, SIGNATURE, TIMESTAMP};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pauses between tries.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(25)];

/// Somebody who is told over HTTP.
#[derive(Debug)]
pub struct Webhook {
    client: HttpClient,
    target: String,
    key: Key,
}

/// What came of one try.
enum Tried {
    Taken,
    /// Another try may do better.
    Failed(String),
    /// It will not.
    Refused(StatusCode),
}

impl Webhook {
    /// The webhook of this configuration. Nothing connects yet.
    ///
    /// # Errors
    /// [`BadWebhook`].
    pub fn new(config: &WebhookConfig) -> Result<Self, BadWebhook> {
        let url = endpoint(&config.url).ok_or(BadWebhook::Url)?;
        let options = HttpOptions { connections: 1, idle: 1, ..HttpOptions::default() };
        let client = HttpClient::new(&url, options).map_err(|_| BadWebhook::Url)?;
        let target =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { client, target, key: Key::of(&config.secret)? })
    }

    /// Tells each notice, until there can be no more.
    pub(crate) async fn tell(self, kernel: Arc<Kernel>, mut notices: mpsc::Receiver<Arc<Notice>>) {
        while let Some(notice) = notices.recv().await {
            self.deliver(&kernel, &notice).await;
        }
    }

    async fn deliver(&self, kernel: &Kernel, notice: &Notice) {
        let body = json!({ "type": notice.what.as_str(), "timestamp": notice.time.to_string(), "data": notice.data });
        let body = Bytes::from(body.to_string());
        let mut pauses = PAUSES.into_iter();
        loop {
            let tried = tokio::time::timeout(PATIENCE, self.attempt(kernel, &notice.id, body.clone())).await;
            let why = match tried {
                Ok(Tried::Taken) => return,
                Ok(Tried::Refused(status)) => {
                    tracing::warn!(origin = %self.client.origin(), %status, "a webhook refused a notice");
                    return;
                }
                Ok(Tried::Failed(why)) => why,
                Err(_) => "no answer in time".to_owned(),
            };
            let Some(pause) = pauses.next() else {
                tracing::warn!(origin = %self.client.origin(), why, "a webhook could not be told");
                return;
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&self, kernel: &Kernel, id: &str, body: Bytes) -> Tried {
        let timestamp = kernel.env.now().0 / 1_000_000_000;
        let request = Request::post(&self.target)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("ringfence/", env!("CARGO_PKG_VERSION")))
            .header(ID, id)
            .header(TIMESTAMP, timestamp.to_string())
            .header(SIGNATURE, self.key.sign(id, timestamp, &body))
            .body(Full::new(body));
        let request = match request {
            Ok(request) => request,
            Err(error) => return Tried::Failed(error.to_string()),
        };
        match self.client.send(request).await {
            Ok(response) if response.status().is_success() => Tried::Taken,
            Ok(response) => {
                let status = response.status();
                let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                if passes { Tried::Failed(status.to_string()) } else { Tried::Refused(status) }
            }
            Err(error) => Tried::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
