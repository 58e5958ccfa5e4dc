//! The places of `approvals.webhooks`: `${VAR}` replaced in URL and secret, and both of their form.
//!
//! Must never put a URL or a secret into an error.

use std::path::Path;

use ringfence_govern::webhook::Webhook;
use ringfence_model::config::{BadWebhook, WebhookConfig};
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::env::Environment;
use super::error::{ConfigError, Place};
use super::expand::{Unexpanded, expand};
use super::file;

/// The file, as far as places are wanted.
#[derive(Default, Deserialize)]
struct Outline {
    #[serde(default)]
    approvals: Approvals,
}

#[derive(Default, Deserialize)]
struct Approvals {
    #[serde(default)]
    webhooks: Vec<Places>,
}

#[derive(Deserialize)]
struct Places {
    url: Spanned<String>,
    secret: Spanned<String>,
}

/// Replaces what is to be replaced; adds a fault for each webhook that cannot be used. `text` is what they were parsed from.
pub(crate) fn check(
    path: &Path,
    text: &str,
    webhooks: &mut [WebhookConfig],
    env: &Environment,
    faults: &mut Vec<ConfigError>,
) {
    if webhooks.is_empty() {
        return;
    }
    let outline = file::parse::<Outline>(path, text).unwrap_or_default();
    let unknown = || Place { file: path.to_owned(), line: 1, column: 1 };
    for (at, webhook) in webhooks.iter_mut().enumerate() {
        let places = outline.approvals.webhooks.get(at);
        let url = places.map_or_else(unknown, |places| file::place(path, places.url.referenced));
        let secret = places.map_or_else(unknown, |places| file::place(path, places.secret.referenced));
        let before = faults.len();
        replace(&mut webhook.url, &url, env, faults);
        replace(&mut webhook.secret.0, &secret, env, faults);
        if faults.len() > before {
            continue;
        }
        if let Err(bad) = Webhook::new(webhook) {
            let place = match bad {
                BadWebhook::Url => url,
                BadWebhook::Secret => secret,
            };
            faults.push(ConfigError::Form { place, message: format!("approvals.webhooks: {bad}") });
        }
    }
}

fn replace(value: &mut String, place: &Place, env: &Environment, faults: &mut Vec<ConfigError>) {
    match expand(value, env) {
        Ok(expanded) => *value = expanded,
        Err(Unexpanded::Missing(variable)) => {
            faults.push(ConfigError::MissingVariable { place: place.clone(), variable });
        }
        Err(Unexpanded::Form(reference)) => {
            faults.push(ConfigError::BadReference { place: place.clone(), reference });
        }
    }
}
