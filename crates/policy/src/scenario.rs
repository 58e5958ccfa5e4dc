//! A call in words, to ask a policy about: for `policy explain` and for the tables of `policy test`.
//!
//! What is not said is as it is for the first call of a fresh session. Must never guess what a tool does: what is not said
//! of it is unknown.

use std::sync::Arc;

use ringfence_model::call::ActionKind;
use ringfence_model::code::Runnable;
use ringfence_model::effect::{EffectSource, Effects, ToolFacts};
use ringfence_model::finding::{Category, Finding, Severity, Span};
use ringfence_model::id::Timestamp;
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::name::ServerName;
use ringfence_model::principal::{Authentication, Principal, Scope};
use ringfence_model::provenance::{Origin, Provenance, Resemblance, Role, Source as Entered, Word};
use ringfence_model::tally::Recent;
use ringfence_model::trust::Trust;
use ringfence_model::verdict::Decision;
use serde::Deserialize;

use crate::facts::Facts;

/// A call in words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// `call_tool` where it is not said.
    #[serde(default = "call_tool")]
    pub action: ActionKind,
    /// Of which server.
    #[serde(default)]
    pub server: Option<ServerName>,
    /// Which tool; or URI, prompt, listing.
    #[serde(default, alias = "target")]
    pub tool: String,
    /// With which arguments.
    #[serde(default)]
    pub arguments: Option<serde_json::Value>,
    /// What the tool does; unknown where it is not said.
    #[serde(default)]
    pub effects: Option<Effects>,
    /// What it does cannot be taken back.
    #[serde(default)]
    pub irreversible: bool,
    /// It carries data out.
    #[serde(default)]
    pub egress: bool,
    /// Who asks, as `realm/name` or `name`.
    #[serde(default)]
    pub principal: Option<String>,
    /// What the principal may do.
    #[serde(default = "local_scopes")]
    pub scopes: Vec<Scope>,
    /// What detectors saw, beside what they see.
    #[serde(default)]
    pub findings: Vec<SeenFinding>,
    /// Where values of the arguments came from.
    #[serde(default)]
    pub provenance: Vec<Came>,
    /// What the session has reached.
    #[serde(default)]
    pub floor: Floor,
    /// When; 1970-01-01 where it is not said.
    #[serde(default)]
    pub time: Option<String>,
    /// How often the principal called lately.
    #[serde(default)]
    pub recent: Option<Recent>,
    /// How much the call is trusted, 0 to 100; wholly where it is not said.
    #[serde(default)]
    pub trust: Option<u8>,
    /// The server runs in a sandbox.
    #[serde(default)]
    pub sandboxed: bool,
    /// Somebody can answer an ask.
    #[serde(default = "yes")]
    pub answerable: bool,
}

/// A finding in words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenFinding {
    /// Its id.
    pub id: String,
    /// What kind of thing.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
}

/// Where a value came from, in words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Came {
    /// JSON pointer.
    pub pointer: String,
    /// What it is for.
    pub role: Role,
    /// Whose word it is.
    pub word: Word,
    /// How confidential it is.
    #[serde(default)]
    pub confidentiality: Option<Confidentiality>,
    /// It is personal data.
    #[serde(default)]
    pub pii: bool,
    /// Out of a result of this server.
    #[serde(default)]
    pub server: Option<ServerName>,
}

/// What a session has reached, in words.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// Public where it is not said.
    #[serde(default)]
    pub confidentiality: Option<Confidentiality>,
    /// The user's own words where it is not said.
    #[serde(default)]
    pub integrity: Option<Integrity>,
    /// Holds personal data.
    #[serde(default)]
    pub pii: bool,
}

/// A row of a table test: a call, and what is to become of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What it is about.
    pub name: String,
    /// The call.
    pub call: Scenario,
    /// What is to be decided.
    pub expect: Decision,
    /// The rule that is to decide it.
    #[serde(default)]
    pub rule: Option<String>,
}

/// A table test: `tests:` with rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The rows.
    pub tests: Vec<Row>,
}

/// Why a call in words cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadScenario {
    /// Not YAML of this shape.
    #[error("line {line}: {why}")]
    Unreadable {
        /// From 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// A name or time that is none.
    #[error("`{given}` is no {what}")]
    Value {
        /// As it was written.
        given: String,
        /// What it should be.
        what: &'static str,
    },
}

const fn call_tool() -> ActionKind {
    ActionKind::CallTool
}

fn local_scopes() -> Vec<Scope> {
    vec![Scope::Call, Scope::Confirm]
}

const fn yes() -> bool {
    true
}

impl Table {
    /// Reads a table out of YAML.
    ///
    /// # Errors
    /// [`BadScenario::Unreadable`].
    pub fn parse(text: &str) -> Result<Self, BadScenario> {
        parse(text)
    }
}

impl Scenario {
    /// Reads one call out of YAML or JSON.
    ///
    /// # Errors
    /// [`BadScenario::Unreadable`].
    pub fn parse(text: &str) -> Result<Self, BadScenario> {
        parse(text)
    }

    /// Hands the call to `look` as facts, with what detectors saw in the arguments.
    ///
    /// # Errors
    /// [`BadScenario::Value`] where a name or a time is none.
    pub fn with_facts<T>(
        &self,
        seen: &[Finding],
        runnable: &[Runnable<'_>],
        arguments: Option<&JsonText>,
        look: impl FnOnce(&Facts<'_>) -> T,
    ) -> Result<T, BadScenario> {
        let bad = |given: &str, what| BadScenario::Value { given: given.to_owned(), what };
        let named = self.principal.as_deref().unwrap_or("default/uid:1000");
        let (realm, name) = named.split_once('/').unwrap_or(("default", named));
        let principal = Principal {
            realm: realm.parse().map_err(|_| bad(realm, "realm"))?,
            name: name.into(),
            authentication: Authentication::PeerCredentials { uid: 1000 },
            scopes: self.scopes.clone().into(),
        };
        let time = match &self.time {
            Some(time) => time.parse().map_err(|_| bad(time, "time"))?,
            None => Timestamp(0),
        };
        let findings: Vec<Finding> =
            seen.iter().cloned().chain(self.findings.iter().map(SeenFinding::finding)).collect();
        let provenance = Provenance { values: self.provenance.iter().map(Came::origin).collect() };
        let tool = self.effects.map(|effects| self.tool(effects));
        Ok(look(&Facts {
            action: self.action,
            server: self.server.as_ref(),
            target: &self.tool,
            tool: tool.as_ref(),
            principal: &principal,
            arguments,
            findings: &findings,
            runnable,
            provenance: &provenance,
            floor: Label {
                confidentiality: self.floor.confidentiality.unwrap_or(Confidentiality::Public),
                integrity: self.floor.integrity.unwrap_or(Integrity::User),
                pii: self.floor.pii,
            },
            time,
            recent: self.recent.unwrap_or(Recent::NOTHING),
            trust: self.trust.map_or(Trust::WHOLE, Trust),
            sandboxed: self.sandboxed,
            answerable: self.answerable,
        }))
    }

    /// The arguments as validated JSON.
    ///
    /// # Errors
    /// [`BadScenario::Value`] where they are no object.
    pub fn arguments(&self) -> Result<Option<JsonText>, BadScenario> {
        let bad = |given: String| BadScenario::Value { given, what: "object of arguments" };
        match &self.arguments {
            None => Ok((self.action == ActionKind::CallTool).then(JsonText::empty_object)),
            Some(value) if value.is_object() => {
                let text = value.to_string();
                JsonText::try_from(text.clone()).map(Some).map_err(|_| bad(text))
            }
            Some(value) => Err(bad(value.to_string())),
        }
    }

    fn tool(&self, effects: Effects) -> ToolFacts {
        ToolFacts {
            effects,
            source: if effects.is_unknown() { EffectSource::Unknown } else { EffectSource::Configured },
            irreversible: self.irreversible,
            egress: self.egress,
            content: Integrity::Untrusted,
            confidentiality: Confidentiality::Public,
            consequential: Vec::new(),
        }
    }
}

impl SeenFinding {
    fn finding(&self) -> Finding {
        Finding {
            id: self.id.clone().into(),
            category: self.category,
            severity: self.severity,
            confidence: 100,
            span: Span { start: 0, end: 0, line: 1, column: 1 },
            message: format!("`{}` was seen", self.id),
            alternative: None,
            reference: None,
        }
    }
}

impl Came {
    fn origin(&self) -> Origin {
        let integrity = if self.word >= Word::Near { Integrity::Untrusted } else { Integrity::Model };
        let confidentiality = self.confidentiality.unwrap_or(Confidentiality::Public);
        let label = Label { confidentiality, pii: self.pii, integrity };
        let source = |server: &ServerName| Entered {
            call: ringfence_model::id::CallId(0),
            server: Some(server.clone()),
            target: Arc::from(""),
            by: Resemblance::Atom,
            label,
        };
        Origin {
            pointer: self.pointer.as_str().into(),
            role: self.role,
            word: self.word,
            label,
            sources: self.server.iter().map(source).collect(),
        }
    }
}

fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, BadScenario> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 32, max_nodes: 500_000, max_events: 2_000_000 },
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let why = error.to_string().lines().next().unwrap_or_default().to_owned();
        BadScenario::Unreadable { line, why }
    })
}

#[cfg(test)]
mod tests;
