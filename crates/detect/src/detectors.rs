//! All detectors together, as an operator configured them: what the path, `check` and `scan` look through.
//!
//! Must never look at the same text differently for two of them.

use ringfence_model::config::DetectConfig;
use ringfence_model::finding::Finding;
use ringfence_model::json::JsonText;

use crate::injection::Context;
use crate::media::{self, Attachment};
use crate::names::{InDefinition, ToolDefinition};
use crate::scan::{Engine, Profile, ScannerError, TextScanner};
use crate::secret::{InJson, SecretScanner, Settings};
use crate::url::{InProse, Origin};
use crate::{hidden, injection, url};

/// All detectors of messages. Built once, shared by all threads.
#[derive(Debug)]
pub struct Detectors {
    scanner: TextScanner,
    /// Ids that are off and belong to no rule of secrets or personal data.
    off: Vec<String>,
    personal_data: bool,
    origins: Vec<Origin>,
}

/// Whether personal data is looked for where the configuration does not say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalData {
    /// A rule asks for it.
    Wanted,
    /// Nothing does.
    NotWanted,
}

/// The detectors cannot be built as they are configured.
#[derive(Debug, thiserror::Error)]
pub enum DetectorError {
    /// A rule, or an id that is no rule's.
    #[error(transparent)]
    Scanner(#[from] ScannerError),
    /// An origin that is none.
    #[error("{0:?} is no origin: write scheme, host and port as in http://localhost:3000")]
    Origin(String),
}

/// What one look at a message found.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Values that can be replaced: credentials and personal data; and what an operator's rules of text found.
    pub values: Vec<InJson>,
    /// Orders to the model and hidden content.
    pub orders: Vec<InJson>,
    /// Contents that are not text, with all that was found in each.
    pub attachments: Vec<Attachment>,
}

impl Message {
    /// A message in which only values were looked for.
    #[must_use]
    pub const fn of_values(values: Vec<InJson>) -> Self {
        Self { values, orders: Vec::new(), attachments: Vec::new() }
    }

    /// All findings.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        let told = self.values.iter().chain(&self.orders).map(|found| &found.finding);
        told.chain(self.attachments.iter().flat_map(|attachment| &attachment.findings)).cloned()
    }
}

impl Detectors {
    /// As `config` says.
    ///
    /// # Errors
    /// [`DetectorError`].
    pub fn new(config: &DetectConfig) -> Result<Self, DetectorError> {
        let (off, disable) =
            config.disable.iter().cloned().partition(|id| injection::is_known(id) || hidden::is_known(id));
        let origins = config
            .origins
            .iter()
            .map(|text| Origin::parse(text).ok_or_else(|| DetectorError::Origin(text.clone())));
        Ok(Self {
            scanner: TextScanner::with(Settings { disable, ..Settings::from(config) })?,
            off,
            personal_data: config.pii,
            origins: origins.collect::<Result<_, _>>()?,
        })
    }

    /// The same, looking for personal data as well where `wanted`, and with `urls` exempt by their origin.
    #[must_use]
    pub fn serving<'u>(mut self, wanted: PersonalData, urls: impl IntoIterator<Item = &'u str>) -> Self {
        self.personal_data |= wanted == PersonalData::Wanted;
        self.origins.extend(urls.into_iter().filter_map(Origin::of));
        self
    }

    /// Credentials and personal data.
    #[must_use]
    pub const fn secrets(&self) -> &SecretScanner {
        self.scanner.secrets()
    }

    /// How likely `text` holds an attack, 0 to 1.
    #[must_use]
    pub fn score(&self, text: &str) -> f32 {
        self.scanner.injection().score(text)
    }

    /// Values in `json`.
    #[must_use]
    pub fn values(&self, json: &JsonText) -> Vec<InJson> {
        self.scanner.scan_json(json, Profile::new(Context::ToolResult, self.of_values()))
    }

    /// Everything in a message whose text stands in `context`.
    #[must_use]
    pub fn message(&self, json: &JsonText, context: Context) -> Message {
        let mut attachments = media::attachments(json);
        for attachment in &mut attachments {
            if let Some(text) = &attachment.text {
                attachment.findings.extend(self.text(text, context));
            }
        }
        let (values, mut orders) = self.scanner.values_and_orders(json, self.of_everything(context));
        orders.retain(|order| self.is_on(&order.finding));
        Message { values, orders, attachments }
    }

    /// Everything in a text that stands in `context`, by place.
    #[must_use]
    pub fn text(&self, text: &str, context: Context) -> Vec<Finding> {
        self.scan(text, self.of_everything(context))
    }

    /// What the engines of `profile` see in `text`, by place.
    #[must_use]
    pub fn scan(&self, text: &str, profile: Profile) -> Vec<Finding> {
        let mut findings = self.scanner.scan(text, profile);
        findings.retain(|finding| self.is_on(finding));
        findings
    }

    /// Orders and tricks in a definition.
    #[must_use]
    pub fn definition(&self, definition: ToolDefinition<'_>) -> Vec<InDefinition> {
        let mut found = self.scanner.injection().scan_definition(definition);
        found.retain(|one| self.is_on(&one.finding));
        found
    }

    /// `json` without what is hidden and invisible, or hidden and an attack.
    #[must_use]
    pub fn without_hidden(&self, json: &JsonText, context: Context) -> JsonText {
        self.scanner.injection().without_hidden(json, context)
    }

    /// The same for a text.
    #[must_use]
    pub fn text_without_hidden(&self, text: &str, context: Context) -> String {
        self.scanner.injection().text_without_hidden(text, context)
    }

    /// What speaks against fetching the URLs in `arguments`; those of configured origins may be fetched.
    #[must_use]
    pub fn urls(&self, arguments: &JsonText, in_prose: InProse) -> Vec<Finding> {
        url::scan_arguments(arguments, in_prose, &self.origins)
    }

    fn of_everything(&self, context: Context) -> Profile {
        Profile::new(context, self.of_values()).with(&[Engine::Injection, Engine::Hidden])
    }

    const fn of_values(&self) -> &'static [Engine] {
        if self.personal_data { &[Engine::Secrets, Engine::PersonalData] } else { &[Engine::Secrets] }
    }

    fn is_on(&self, finding: &Finding) -> bool {
        !self.off.iter().any(|id| *id == finding.id)
    }
}

#[cfg(test)]
mod tests;
