//! All engines that look at text, over one text or one JSON message: what the path calls.
//!
//! A [`Profile`] says where the text stands and which engines look. Must never leave an engine out that the profile
//! names.

use ringfence_model::finding::Finding;
use ringfence_model::json::JsonText;

use crate::injection::{Context, InjectionError, InjectionScanner, Raw};
use crate::secret::{Escapes, InJson, Look, RuleError, SecretScanner, Settings, Sought};
use crate::signs::Signs;

/// An engine that looks at text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Credentials.
    Secrets,
    /// Numbers and addresses of persons.
    PersonalData,
    /// Orders to the model.
    Injection,
    /// What a person does not see and a model reads.
    Hidden,
}

/// Where a text stands, and which engines look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    context: Context,
    /// A bit for each [`Engine`].
    engines: u8,
}

impl Profile {
    /// The `engines`, for text that stands in `context`.
    #[must_use]
    pub fn new(context: Context, engines: &[Engine]) -> Self {
        Self { context, engines: engines.iter().fold(0, |set, engine| set | engine.bit()) }
    }

    /// The same with `engines` as well.
    #[must_use]
    pub fn with(self, engines: &[Engine]) -> Self {
        Self { engines: self.engines | Self::new(self.context, engines).engines, ..self }
    }

    /// Every engine, for text that stands in `context`.
    #[must_use]
    pub fn whole(context: Context) -> Self {
        Self::new(context, &[Engine::Secrets, Engine::PersonalData, Engine::Injection, Engine::Hidden])
    }

    /// Where the text stands.
    #[must_use]
    pub const fn context(self) -> Context {
        self.context
    }

    /// True when `engine` looks.
    #[must_use]
    pub const fn has(self, engine: Engine) -> bool {
        self.engines & engine.bit() != 0
    }

    /// The values that are looked for.
    const fn sought(self) -> Sought {
        match (self.has(Engine::Secrets), self.has(Engine::PersonalData)) {
            (true, true) => Sought::Both,
            (true, false) => Sought::Secrets,
            (false, true) => Sought::PersonalData,
            (false, false) => Sought::Nothing,
        }
    }
}

impl Engine {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The detectors cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ScannerError {
    /// A rule of the operator's.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Embedded data of the injection detector: a fault of ours.
    #[error(transparent)]
    Injection(#[from] InjectionError),
}

/// The engines that look at text. Built once, shared by all threads.
#[derive(Debug)]
pub struct TextScanner {
    secrets: SecretScanner,
    injection: InjectionScanner,
}

impl TextScanner {
    /// With the built-in rules.
    ///
    /// # Errors
    /// None with the built-in rules alone; the tests of this crate hold that.
    pub fn new() -> Result<Self, ScannerError> {
        Self::with(Settings::BUILT_IN)
    }

    /// With the built-in rules and an operator's.
    ///
    /// # Errors
    /// [`ScannerError`] names the rule that does not compile or does not exist.
    pub fn with(settings: Settings) -> Result<Self, ScannerError> {
        Ok(Self { secrets: SecretScanner::with(settings)?, injection: InjectionScanner::new()? })
    }

    /// The engine for credentials and personal data: it redacts what it finds.
    #[must_use]
    pub const fn secrets(&self) -> &SecretScanner {
        &self.secrets
    }

    /// The engine for orders to the model: it scores a text.
    #[must_use]
    pub const fn injection(&self) -> &InjectionScanner {
        &self.injection
    }

    /// What the engines of `profile` see in `text`, by place.
    #[must_use]
    pub fn scan(&self, text: &str, profile: Profile) -> Vec<Finding> {
        let signs = Signs::of(text);
        let mut anchors = Vec::new();
        let wanted = profile.has(Engine::Injection).then_some(&mut anchors);
        let mut look = Look { sought: profile.sought(), signs: &signs, anchors: wanted };
        let mut findings = self.secrets.find_signed(text, &mut look);
        if profile.has(Engine::Injection) || profile.has(Engine::Hidden) {
            findings.extend(self.injection.look(text, profile, &signs, &anchors));
            findings.sort_by_key(|finding| finding.span.start);
        }
        findings
    }

    /// What the engines of `profile` see in the strings of `json`, keys included, by place. A member's key is context for
    /// its value.
    #[must_use]
    pub fn scan_json(&self, json: &JsonText, profile: Profile) -> Vec<InJson> {
        let (mut found, orders) = self.values_and_orders(json, profile);
        found.extend(orders);
        found.sort_by_key(|hit| (hit.at.start, hit.finding.span.start));
        found
    }

    /// The same, in one pass: what the engines of values see, and what those of orders and of hidden content do.
    pub(crate) fn values_and_orders(&self, json: &JsonText, profile: Profile) -> (Vec<InJson>, Vec<InJson>) {
        let raw = json.as_str();
        let escapes = Escapes::of(raw);
        let mut anchors = Vec::new();
        let wanted = profile.has(Engine::Injection).then_some(&mut anchors);
        let signs = Signs::of(raw);
        let mut look = Look { sought: profile.sought(), signs: &signs, anchors: wanted };
        let may = escapes == Escapes::Any || self.secrets.may_hold(raw, escapes, &mut look);
        let values = if may { self.secrets.find_in_strings(json, profile.sought()) } else { Vec::new() };
        let mut orders = Vec::new();
        if profile.has(Engine::Injection) || profile.has(Engine::Hidden) {
            let raw = Raw::of(escapes, !anchors.is_empty());
            orders = self.injection.look_in_json(json, profile, &signs, raw);
            orders.sort_by_key(|hit| (hit.at.start, hit.finding.span.start));
        }
        (values, orders)
    }
}

#[cfg(test)]
mod tests;
