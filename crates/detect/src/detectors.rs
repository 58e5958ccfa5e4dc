//! All detectors together, as an operator configured them: what the path, `check` and `scan` look through.
//!
//! Must never look at the same text differently for two of them.

use std::cmp::Reverse;

use ringfence_model::config::DetectConfig;
use ringfence_model::finding::{Category, Finding};
use ringfence_model::json::JsonText;

use crate::code::{self, Language};
use crate::injection::{Context, InjectionError, InjectionScanner, Raw};
use crate::media::{self, Attachment};
use crate::names::{InDefinition, ToolDefinition};
use crate::profile::{Engine, Profile};
use crate::secret::{Escapes, InJson, Look, RuleError, SecretScanner, Settings};
use crate::signs::Signs;
use crate::url::{InProse, Origin};
use crate::{hidden, injection, url};

/// All detectors of messages. Built once, shared by all threads.
#[derive(Debug)]
pub struct Detectors {
    secrets: SecretScanner,
    injection: InjectionScanner,
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

impl PersonalData {
    /// Wanted where `asked` for.
    #[must_use]
    pub const fn wanted(asked: bool) -> Self {
        if asked { Self::Wanted } else { Self::NotWanted }
    }
}

/// The detectors cannot be built as they are configured.
#[derive(Debug, thiserror::Error)]
pub enum DetectorError {
    /// A rule of the operator's, or an id that is no rule's.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Embedded data of the injection detector: a fault of ours.
    #[error(transparent)]
    Injection(#[from] InjectionError),
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
            secrets: SecretScanner::with(Settings { disable, ..Settings::from(config) })?,
            injection: InjectionScanner::new()?,
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

    /// Credentials and personal data: what also redacts them.
    #[must_use]
    pub const fn secrets(&self) -> &SecretScanner {
        &self.secrets
    }

    /// How likely `text` holds an attack, 0 to 1.
    #[must_use]
    pub fn score(&self, text: &str) -> f32 {
        self.injection.score(text)
    }

    /// Values in `json`.
    #[must_use]
    pub fn values(&self, json: &JsonText) -> Vec<InJson> {
        self.look_in_json(json, Profile::new(Context::ToolResult, self.of_values())).0
    }

    /// Values in a text.
    #[must_use]
    pub fn values_in_text(&self, text: &str) -> Vec<Finding> {
        self.scan(text, Profile::new(Context::ToolResult, self.of_values()))
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
        let (values, orders) = self.look_in_json(json, self.whole(context));
        Message { values, orders, attachments }
    }

    /// Everything in a text that stands in `context`, by place.
    #[must_use]
    pub fn text(&self, text: &str, context: Context) -> Vec<Finding> {
        self.scan(text, self.whole(context))
    }

    /// What the engines of `profile` see in `text`, by place.
    #[must_use]
    pub fn scan(&self, text: &str, profile: Profile) -> Vec<Finding> {
        let signs = Signs::of(text);
        let mut anchors = Vec::new();
        let wanted = profile.has(Engine::Injection).then_some(&mut anchors);
        let mut look = Look { sought: profile.sought(), signs: &signs, anchors: wanted };
        let mut findings = self.secrets.find_signed(text, &mut look);
        if profile.has_orders() {
            let orders = self.injection.look(text, profile, &signs, &anchors);
            findings.extend(orders.into_iter().filter(|order| self.is_on(order)));
            findings.sort_by_key(|finding| finding.span.start);
        }
        findings
    }

    /// What is dangerous in `text` as `language`, and the values in it. Personal data is only told: it changes no verdict.
    #[must_use]
    pub fn code(&self, text: &str, language: &Language) -> code::Report {
        let mut report = code::check(text, language, &self.secrets);
        if self.personal_data {
            let values = self.values_in_text(text).into_iter();
            report.findings.extend(values.filter(|value| value.category == Category::Pii));
            worst_first(&mut report.findings);
        }
        report
    }

    /// What speaks against handing `arguments` to a tool beside the values in them: dangerous code, and URLs where the tool
    /// `fetches` what it is given.
    #[must_use]
    pub fn arguments(&self, arguments: &JsonText, fetches: Option<InProse>) -> Vec<Finding> {
        let code = code::scan_arguments(arguments.value(), &self.secrets, code::argument_kind);
        let of_code = code.into_iter().flat_map(|argument| argument.findings);
        // Credentials in code are values, and found as such with their place in the message.
        let mut found: Vec<Finding> =
            of_code.filter(|finding| finding.category != Category::Secret).collect();
        if let Some(in_prose) = fetches {
            found.extend(url::scan_arguments(arguments, in_prose, &self.origins));
        }
        found
    }

    /// Whether `text`, a URL, may be fetched on the word of data; and the values in it, which are only told.
    #[must_use]
    pub fn url(&self, text: &str) -> url::Report {
        let mut report = url::check_url_of(text, &self.origins);
        report.findings.extend(self.values_in_text(text));
        worst_first(&mut report.findings);
        report
    }

    /// Orders and tricks in a definition.
    #[must_use]
    pub fn definition(&self, definition: ToolDefinition<'_>) -> Vec<InDefinition> {
        let mut found = self.injection.scan_definition(definition);
        found.retain(|one| self.is_on(&one.finding));
        found
    }

    /// `json` without what is hidden and invisible, or hidden and an attack.
    #[must_use]
    pub fn without_hidden(&self, json: &JsonText, context: Context) -> JsonText {
        self.injection.without_hidden(json, context)
    }

    /// The same for a text.
    #[must_use]
    pub fn text_without_hidden(&self, text: &str, context: Context) -> String {
        self.injection.text_without_hidden(text, context)
    }

    /// Values, then orders and hidden content, in the strings of `json`, keys included, each by place. A member's key is
    /// context for its value.
    fn look_in_json(&self, json: &JsonText, profile: Profile) -> (Vec<InJson>, Vec<InJson>) {
        let raw = json.as_str();
        let escapes = Escapes::of(raw);
        let mut anchors = Vec::new();
        let wanted = profile.has(Engine::Injection).then_some(&mut anchors);
        let signs = Signs::of(raw);
        let mut look = Look { sought: profile.sought(), signs: &signs, anchors: wanted };
        let may = escapes == Escapes::Any || self.secrets.may_hold(raw, escapes, &mut look);
        let values = if may { self.secrets.find_in_strings(json, profile.sought()) } else { Vec::new() };
        let mut orders = Vec::new();
        if profile.has_orders() {
            let raw = Raw::of(escapes, !anchors.is_empty());
            orders = self.injection.look_in_json(json, profile, &signs, raw);
            orders.retain(|order| self.is_on(&order.finding));
            orders.sort_by_key(|hit| (hit.at.start, hit.finding.span.start));
        }
        (values, orders)
    }

    fn whole(&self, context: Context) -> Profile {
        if self.personal_data {
            return Profile::whole(context);
        }
        Profile::new(context, &[Engine::Secrets, Engine::Injection, Engine::Hidden])
    }

    const fn of_values(&self) -> &'static [Engine] {
        if self.personal_data { &[Engine::Secrets, Engine::PersonalData] } else { &[Engine::Secrets] }
    }

    fn is_on(&self, finding: &Finding) -> bool {
        !self.off.iter().any(|id| *id == finding.id)
    }
}

/// By severity, then by place.
fn worst_first(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| (Reverse(finding.severity), finding.span.start));
}

#[cfg(test)]
mod tests;
