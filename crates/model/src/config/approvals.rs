//! How approvers hear of what waits for them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How approvers hear of what waits for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalsConfig {
    /// Who is told over HTTP, and may send decisions back.
    #[serde(default)]
    pub webhooks: Vec<WebhookConfig>,
    /// Notices on the desktop of whoever started the kernel.
    #[serde(default = "Desktop::auto")]
    pub desktop: Desktop,
}

/// A receiver of notices, signed as Standard Webhooks (standardwebhooks.com) has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// `https://`, or `http://` on this machine. `${VAR}` is replaced.
    pub url: String,
    /// Signs what we send and what comes back. `${VAR}` is replaced.
    pub secret: WebhookSecret,
}

/// `whsec_` and base64 of 24 to 64 bytes. Shows nothing of itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct WebhookSecret(pub String);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// Notices on the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Desktop {
    /// Where `notify-send` is on the path.
    Auto,
    /// None.
    Off,
}

/// Why a webhook cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWebhook {
    /// The URL.
    #[error("the URL must be https://, or http:// to an address of this machine")]
    Url,
    /// The secret.
    #[error(
        "the secret must be `whsec_` and base64 of 24 to 64 random bytes: `echo whsec_$(openssl rand -base64 32)`"
    )]
    Secret,
}

impl Desktop {
    const fn auto() -> Self {
        Self::Auto
    }
}

impl ApprovalsConfig {
    /// No webhooks.
    #[must_use]
    pub const fn standard() -> Self {
        Self { webhooks: Vec::new(), desktop: Desktop::Auto }
    }
}
