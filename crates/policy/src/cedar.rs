//! Cedar policies (cedarpolicy.com) as a second source of the same verdict.
//!
//! `permit` allows, `forbid` denies, or asks with `@decision("ask")`; where none is satisfied Cedar says nothing. Must never pass
//! over a policy that could not be evaluated: one that forbids then speaks, one that permits does not.

mod request;
mod schema;

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::{Authorizer, Effect, Policy, PolicyId, PolicySet, ValidationMode, Validator};
use miette::Diagnostic;
use ringfence_model::finding::Severity;
use ringfence_model::verdict::{Decision, Reason};

use crate::facts::Facts;
use crate::judge::Explanation;
use crate::load::{LoadError, SEVERITIES, Source, suggest};
use request::Asked;

/// The rule that denies what Cedar cannot be asked about.
const UNANSWERED: &str = "ringfence.cedar";

/// All Cedar policies.
#[derive(Debug)]
pub(crate) struct Cedar {
    policies: PolicySet,
    reasons: HashMap<PolicyId, Said>,
}

/// What a policy says when it is satisfied.
#[derive(Debug)]
struct Said {
    reason: Reason,
    place: String,
}

impl Cedar {
    /// The policies of `sources`, each checked against the [schema].
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub(crate) fn load(sources: &[Source<'_>]) -> Result<Self, Vec<LoadError>> {
        let mut all = Self { policies: PolicySet::new(), reasons: HashMap::new() };
        let mut errors = Vec::new();
        for source in sources {
            match source.text.parse::<PolicySet>() {
                Ok(set) => {
                    if set.templates().next().is_some() {
                        errors.push(error(
                            source,
                            0,
                            "templates are not taken: nothing links them".to_owned(),
                        ));
                    }
                    set.policies().for_each(|policy| all.add(source, policy, &mut errors));
                }
                Err(faults) => errors.extend(faults.iter().map(|fault| at_its_place(source, fault))),
            }
        }
        if errors.is_empty() && all.len() > 0 {
            all.validate(&mut errors);
        }
        if errors.is_empty() { Ok(all) } else { Err(errors) }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.reasons.len()
    }

    fn add(&mut self, source: &Source<'_>, policy: &Policy, errors: &mut Vec<LoadError>) {
        let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) else {
            let begin = policy.to_string();
            let first = begin.lines().next().unwrap_or_default();
            return errors.push(error(source, 0, format!("a policy needs `@id(\"…\")`: `{first}`")));
        };
        let offset = source.text.find(&format!("\"{id}\"")).unwrap_or(0);
        if id.starts_with("ringfence.") {
            return errors.push(error(source, offset, format!("the id `{id}` is reserved")));
        }
        let (severity, decision) = match (severity(policy), decision(policy)) {
            (Ok(severity), Ok(decision)) => (severity, decision),
            (Err(why), _) | (_, Err(why)) => {
                return errors.push(error(source, offset, format!("`{id}`: {why}")));
            }
        };
        let of = PolicyId::new(id);
        if self.policies.add(policy.new_id(of.clone())).is_err() {
            return errors.push(error(source, offset, format!("the id `{id}` is taken")));
        }
        let reason = Reason {
            rule: id.into(),
            decision,
            severity,
            message: policy
                .annotation("message")
                .map_or_else(|| format!("policy {id}"), str::to_owned)
                .into(),
            alternative: policy.annotation("alternative").map(Into::into),
        };
        let (line, _) = line_and_column(source.text, offset);
        self.reasons.insert(of, Said { reason, place: format!("{}:{line}", source.name) });
    }

    fn validate(&self, errors: &mut Vec<LoadError>) {
        let schema = match schema::parsed() {
            Ok(schema) => schema,
            Err(why) => {
                let place = Source { name: "cedar", text: "" };
                return errors.push(error(&place, 0, why));
            }
        };
        for fault in
            Validator::new(schema).validate(&self.policies, ValidationMode::Strict).validation_errors()
        {
            let place = self.reasons.get(fault.policy_id()).map_or("cedar:1", |said| said.place.as_str());
            let (file, line) = place.rsplit_once(':').unwrap_or((place, "1"));
            errors.push(LoadError {
                file: file.to_owned(),
                line: line.parse().unwrap_or(1),
                column: 1,
                message: fault.to_string(),
                hint: fault.help().map(|help| help.to_string()),
            });
        }
    }

    /// What is said of a call; nothing where no policy is satisfied.
    pub(crate) fn reasons(&self, facts: &Facts<'_>, environment: Option<&str>) -> Vec<Reason> {
        let asked = match Asked::of(facts, environment) {
            Ok(asked) => asked,
            Err(why) => {
                return vec![Reason {
                    rule: UNANSWERED.into(),
                    decision: Decision::Deny,
                    severity: Severity::Critical,
                    message: format!("the Cedar policies cannot be asked about this call: {why}").into(),
                    alternative: None,
                }];
            }
        };
        let answer = Authorizer::new().is_authorized(&asked.request, &self.policies, &asked.entities);
        let broken = answer.diagnostics().errors().map(|error| {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            error.policy_id()
        });
        let forbids =
            |id: &&PolicyId| self.policies.policy(id).is_none_or(|policy| policy.effect() == Effect::Forbid);
        let speak = answer.diagnostics().reason().chain(broken.filter(forbids));
        speak.filter_map(|id| self.reasons.get(id)).map(|said| said.reason.clone()).collect()
    }

    /// What each policy made of a call.
    pub(crate) fn explain(&self, facts: &Facts<'_>, environment: Option<&str>) -> Vec<Explanation> {
        let spoke = self.reasons(facts, environment);
        let mut all: Vec<Explanation> = self
            .reasons
            .values()
            .map(|said| {
                let matched = spoke.iter().any(|reason| reason.rule == said.reason.rule);
                let why =
                    if matched { said.reason.message.to_string() } else { "is not satisfied".to_owned() };
                Explanation {
                    rule: Arc::clone(&said.reason.rule),
                    matched,
                    why,
                    place: Some(said.place.clone()),
                    references: Vec::new(),
                }
            })
            .collect();
        all.sort_by(|a, b| a.rule.cmp(&b.rule));
        all
    }
}

fn severity(policy: &Policy) -> Result<Severity, String> {
    let given =
        policy.annotation("severity").ok_or_else(|| "a policy needs `@severity(\"…\")`".to_owned())?;
    let words: Vec<&str> = SEVERITIES.iter().map(|(word, _)| *word).collect();
    let found = SEVERITIES.iter().find(|(word, _)| *word == given).map(|(_, severity)| *severity);
    found.ok_or_else(|| format!("`@severity` cannot be `{given}`: {}", suggest(given, &words)))
}

fn decision(policy: &Policy) -> Result<Decision, String> {
    match (policy.effect(), policy.annotation("decision")) {
        (Effect::Permit, None) => Ok(Decision::Allow),
        (Effect::Forbid, None | Some("deny")) => Ok(Decision::Deny),
        (Effect::Forbid, Some("ask")) => Ok(Decision::Ask),
        (Effect::Permit, Some(_)) => Err("only `forbid` can have `@decision`".to_owned()),
        (Effect::Forbid, Some(other)) => Err(format!("`@decision` cannot be `{other}`: write ask or deny")),
    }
}

fn at_its_place(source: &Source<'_>, fault: &dyn Diagnostic) -> LoadError {
    let offset = fault.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
    let mut found = error(source, offset, fault.to_string());
    found.hint = fault.help().map(|help| help.to_string());
    found
}

fn error(source: &Source<'_>, offset: usize, message: String) -> LoadError {
    let (line, column) = line_and_column(source.text, offset);
    LoadError { file: source.name.to_owned(), line, column, message, hint: None }
}

fn line_and_column(text: &str, offset: usize) -> (u64, u64) {
    let before = text.get(..offset).unwrap_or_default();
    let last = before.rsplit('\n').next().unwrap_or_default();
    let count = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
    (count(before.matches('\n').count()) + 1, count(last.chars().count()) + 1)
}

#[cfg(test)]
mod tests;
