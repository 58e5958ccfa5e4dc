//! Decisions that come back by webhook: whether a message is of somebody who holds a secret, fresh, and not heard before.
//!
//! Whose decision it is the operator's token in it says, not the secret. Must never take a message twice, nor one that is late.

use std::collections::HashMap;

use parking_lot::Mutex;
use ringfence_model::config::{ApprovalsConfig, BadWebhook};
use ringfence_model::id::Timestamp;

use crate::signature::Key;

/// How far a message's time may lie from ours, in seconds, as Standard Webhooks has it.
pub const TOLERANCE: u64 = 300;

/// Most messages of one span of [`TOLERANCE`] that are remembered.
const MOST: usize = 10_000;

/// Most bytes of an id.
const LONGEST_ID: usize = 256;

/// What is known of decisions by webhook.
#[derive(Debug)]
pub struct Decisions {
    keys: Vec<Key>,
    /// Ids that were heard, and the later of their time and ours, in seconds.
    heard: Mutex<HashMap<String, u64>>,
}

/// A message as it came.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// Of the header.
    pub id: &'a str,
    /// Of the header.
    pub timestamp: &'a str,
    /// Of the header.
    pub signature: &'a str,
    /// All of it.
    pub body: &'a [u8],
}

/// Why a message is not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// No webhook is configured.
    #[error("no webhook is configured")]
    Nobody,
    /// A header is missing or not of its form.
    #[error("webhook-id, webhook-timestamp and webhook-signature must be there, each in its form")]
    Form,
    /// No key of ours signed it.
    #[error("the signature is wrong")]
    Signature,
    /// Too old, or of the future.
    #[error("the message's time is more than five minutes from ours")]
    Time,
    /// It was heard before.
    #[error("this message was heard before")]
    Replayed,
    /// More than can be remembered.
    #[error("too many messages within five minutes")]
    TooMany,
}

impl Decisions {
    /// From whoever holds the secret of a webhook.
    ///
    /// # Errors
    /// [`BadWebhook`].
    pub fn new(config: &ApprovalsConfig) -> Result<Self, BadWebhook> {
        let keys =
            config.webhooks.iter().map(|webhook| Key::of(&webhook.secret)).collect::<Result<_, _>>()?;
        Ok(Self { keys, heard: Mutex::new(HashMap::new()) })
    }

    /// Takes a message once.
    ///
    /// # Errors
    /// [`Unheard`]: it does not count.
    pub fn hear(&self, message: &Signed<'_>, now: Timestamp) -> Result<(), Unheard> {
        if self.keys.is_empty() {
            return Err(Unheard::Nobody);
        }
        let id_holds = (1..=LONGEST_ID).contains(&message.id.len()) && !message.id.contains('.');
        let timestamp: u64 = message.timestamp.parse().map_err(|_| Unheard::Form)?;
        if !id_holds || timestamp.to_string() != message.timestamp {
            return Err(Unheard::Form);
        }
        let Signed { id, signature, body, .. } = *message;
        // All of them, whichever it is.
        let signed =
            self.keys.iter().fold(false, |signed, key| signed | key.verifies(id, timestamp, body, signature));
        if !signed {
            return Err(Unheard::Signature);
        }
        let now = now.0 / 1_000_000_000;
        if timestamp.abs_diff(now) > TOLERANCE {
            return Err(Unheard::Time);
        }
        let mut heard = self.heard.lock();
        if heard.contains_key(id) {
            return Err(Unheard::Replayed);
        }
        if heard.len() >= MOST {
            heard.retain(|_, time| time.saturating_add(TOLERANCE) >= now);
        }
        if heard.len() >= MOST {
            return Err(Unheard::TooMany);
        }
        heard.insert(id.to_owned(), timestamp.max(now));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
