//! Facts to a verdict: rules, guards, and the default table where no rule allows.
//!
//! Must never let a rule lift a guard, nor the order of rules or files change a verdict.
//!
//! How they combine: the strictest of all that speak wins. A rule that asks or denies adds to the default table; a rule
//! that allows stands in for it. Guards speak whatever the rules say.

mod column;
mod flow;
mod guard;
mod index;
mod table;
mod voices;

use std::sync::Arc;

use indexmap::IndexMap;
use ringfence_model::config::{PolicyConfig, PolicyMode};
use ringfence_model::finding::{Category, Finding};
use ringfence_model::verdict::{Decision, Obligation, Reason, Verdict};
use sha2::{Digest, Sha256};

use crate::cedar::Cedar;
use crate::facts::Facts;
use crate::load::{self, LoadError, Source};
use crate::preset;
use crate::replay::Unknown;
use crate::rule::{ArgumentMatch, Case, Rule};
use crate::table::Table;
use guard::{GUARDS, releases_content};
use index::Index;
use table::Standing;
use voices::Voices;

/// Everything that decides, compiled. One snapshot serves a whole call.
#[derive(Debug)]
pub struct PolicySet {
    rules: Vec<Rule>,
    index: Index,
    table: Option<Table>,
    mode: PolicyMode,
    environment: Option<String>,
    needs: Needs,
    cedar: Cedar,
    roles: IndexMap<String, Vec<String>>,
    digest: Arc<str>,
}

/// Facts that cost something to find and that only some rules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// What the texts of the arguments would do if they were run.
    pub code: bool,
    /// How often the principal called lately.
    pub recent: bool,
    /// How much the call is trusted.
    pub trust: bool,
    /// Personal data in messages.
    pub personal_data: bool,
}

/// What one rule made of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Rule id.
    pub rule: Arc<str>,
    /// It spoke.
    pub matched: bool,
    /// What it said, or why it did not speak.
    pub why: String,
    /// `file:line`; none for what is built in.
    pub place: Option<String>,
    /// What the rule serves: `ASI01`, `PCI DSS 3.3.1`.
    pub references: Vec<String>,
}

impl PolicySet {
    /// Compiles `sources` on top of the presets. Without a table what no rule allows is denied.
    ///
    /// # Errors
    /// Everything that is wrong with any source.
    pub fn load(sources: &[Source<'_>], config: &PolicyConfig) -> Result<Self, Vec<LoadError>> {
        let presets = config.presets.iter().map(|preset| preset::source(*preset));
        let all: Vec<Source<'_>> = presets.chain(sources.iter().copied()).collect();
        let roles: Vec<&str> = config.roles.keys().map(String::as_str).collect();
        let (cedar, yaml): (Vec<Source<'_>>, Vec<Source<'_>>) =
            all.iter().partition(|source| source.is_cedar());
        let (loaded, cedar) = match (load::load(&yaml, &roles), Cedar::load(&cedar)) {
            (Ok(loaded), Ok(cedar)) => (loaded, cedar),
            (loaded, cedar) => {
                return Err(loaded.err().into_iter().chain(cedar.err()).flatten().collect());
            }
        };
        let load::Loaded { rules, tables } = loaded;
        Ok(Self {
            index: Index::new(&rules),
            needs: Needs::of(&rules),
            rules,
            table: Table::strictest(tables),
            mode: config.mode,
            environment: config.environment.clone(),
            cedar,
            roles: config.roles.clone(),
            digest: digest(&all, config),
        })
    }

    /// Which facts its rules ask for.
    #[must_use]
    pub const fn needs(&self) -> Needs {
        self.needs
    }

    /// SHA-256 over mode, presets and sources, hex.
    #[must_use]
    pub const fn digest(&self) -> &Arc<str> {
        &self.digest
    }

    /// Who holds a role: `operator`, and names of operator tokens.
    #[must_use]
    pub fn holders(&self, role: &str) -> &[String] {
        self.roles.get(role).map_or(&[], Vec::as_slice)
    }

    /// How many rules the sources and presets hold.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len() + self.cedar.len()
    }

    /// True when the sources hold no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The mode in force.
    #[must_use]
    pub const fn mode(&self) -> PolicyMode {
        self.mode
    }

    /// Judges a call.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let mut voices = Voices::new(self.mode);
        let case = Case::new(facts, self.environment.as_deref());
        for rule in self.index.candidates(&self.rules, facts) {
            if rule.check(&case).is_ok() {
                voices.rule(rule);
            }
        }
        if self.cedar.len() > 0 {
            let said = self.cedar.reasons(facts, self.environment.as_deref());
            said.into_iter().for_each(|reason| voices.policy(reason));
        }
        for guard in GUARDS {
            if let Some(reason) = guard.reason(facts) {
                voices.reason(reason);
            }
        }
        if !voices.allowed_by_rule() {
            voices.reason(self.standing(facts).reason(facts));
            self.flow(facts).into_iter().for_each(|reason| voices.reason(reason));
        }
        if releases_content(facts.action) {
            voices.redact();
        }
        voices.verdict()
    }

    /// What decides where no rule does.
    fn standing(&self, facts: &Facts<'_>) -> Standing<'_> {
        Standing::of(self.table.as_ref(), facts)
    }

    /// What the tables say of where the arguments' data would go.
    fn flow(&self, facts: &Facts<'_>) -> Vec<Reason> {
        self.table.as_ref().map(|table| flow::reasons(table.flows, facts)).unwrap_or_default()
    }

    /// Why a result in which `found` was found is withheld; none where it may be released. Under the mode in force.
    #[must_use]
    pub fn judge_result(&self, facts: &Facts<'_>, found: &[Finding]) -> Option<Reason> {
        let mut voices = Voices::new(self.mode);
        let case = Case::new(facts, self.environment.as_deref());
        let rules = self.index.candidates(&self.rules, facts).into_iter();
        for rule in rules.filter(|rule| rule.speaks_of(&case, found)) {
            voices.rule(rule);
        }
        let verdict = voices.verdict_if_any()?;
        (verdict.decision == Decision::Deny).then(|| verdict.reasons.into_iter().next()).flatten()
    }

    /// As [`Self::judge`], for a call of which the arguments are not known: they are taken as `unknown` says, and `guards`
    /// stand in for the guards, which looked at them.
    pub(crate) fn judge_unknown(&self, facts: &Facts<'_>, guards: &[Reason], unknown: Unknown) -> Verdict {
        let mut voices = Voices::new(self.mode);
        let case = Case::without_arguments(facts, self.environment.as_deref(), unknown);
        for rule in self.rules.iter().filter(|rule| rule.check(&case).is_ok()) {
            voices.rule(rule);
        }
        if self.cedar.len() > 0 {
            voices.policy(unknown.of_cedar());
        }
        let of_guard = |reason: &&Reason| GUARDS.iter().any(|guard| guard.id() == &*reason.rule);
        guards.iter().filter(of_guard).for_each(|reason| voices.reason(reason.clone()));
        if !voices.allowed_by_rule() {
            voices.reason(self.standing(facts).reason(facts));
            self.flow(facts).into_iter().for_each(|reason| voices.reason(reason));
        }
        if releases_content(facts.action) {
            voices.redact();
        }
        voices.verdict()
    }

    /// What each rule, each guard and the default table made of a call, in this order.
    #[must_use]
    pub fn explain(&self, facts: &Facts<'_>) -> Vec<Explanation> {
        let mut allowed = false;
        let mut all: Vec<Explanation> = Vec::with_capacity(self.rules.len() + GUARDS.len() + 1);
        let case = Case::new(facts, self.environment.as_deref());
        for rule in &self.rules {
            let outcome = rule.check(&case);
            allowed |= outcome.is_ok() && rule.allows();
            let why = match (outcome, &rule.reason) {
                (Ok(()), Some(reason)) => reason.message.to_string(),
                (Ok(()), None) => "adds its obligations".to_owned(),
                (Err(mismatch), _) => mismatch.to_string(),
            };
            all.push(Explanation {
                rule: Arc::clone(&rule.id),
                matched: outcome.is_ok(),
                why,
                place: Some(rule.place.to_string()),
                references: rule.references.iter().map(ToString::to_string).collect(),
            });
        }
        for policy in self.cedar.explain(facts, self.environment.as_deref()) {
            all.push(policy);
        }
        let said = self.cedar.reasons(facts, self.environment.as_deref());
        allowed |= said.iter().any(|reason| reason.decision == Decision::Allow);
        for guard in GUARDS {
            let reason = guard.reason(facts);
            all.push(Explanation {
                rule: guard.id().into(),
                matched: reason.is_some(),
                why: reason.map_or_else(|| guard.absent().to_owned(), |reason| reason.message.to_string()),
                place: None,
                references: Vec::new(),
            });
        }
        let flow = self.flow(facts);
        let built_in =
            |rule, matched, why| Explanation { rule, matched, why, place: None, references: Vec::new() };
        if flow.is_empty() {
            all.push(built_in("ringfence.flow".into(), false, "no data would leave its origin".to_owned()));
        }
        for reason in flow {
            all.push(built_in(Arc::clone(&reason.rule), !allowed, reason.message.to_string()));
        }
        let row = self.standing(facts).reason(facts);
        let why = if allowed { "a rule allows the call".to_owned() } else { row.message.to_string() };
        all.push(built_in(row.rule, !allowed, why));
        all
    }
}

impl Needs {
    fn of(rules: &[Rule]) -> Self {
        let mut needs = Self { code: false, recent: false, trust: false, personal_data: false };
        for matcher in rules.iter().flat_map(|rule| std::iter::once(&rule.when).chain(&rule.except)) {
            needs.code |= matcher.arguments.iter().any(ArgumentMatch::runs);
            let expression = matcher.expression.as_ref();
            let reads = |name| expression.is_some_and(|when| when.reads(name));
            needs.personal_data |= matcher.asks_for_personal_data() || reads("findings") || reads("floor");
            needs.trust |= matcher.trust_below.is_some() || reads("trust");
            needs.recent |= matcher.rate.is_some() || expression.is_some_and(|when| when.reads("recent"));
        }
        needs.personal_data |=
            rules.iter().flat_map(|rule| &rule.obligations).any(|obligation| match obligation {
                Obligation::Redact { categories } => categories.contains(&Category::Pii),
                Obligation::Limit { .. }
                | Obligation::Budget { .. }
                | Obligation::Record
                | Obligation::Notify
                | Obligation::Approvers { .. } => false,
            });
        needs
    }
}

/// Each part is preceded by its length, so that no two inputs run together.
fn digest(sources: &[Source<'_>], config: &PolicyConfig) -> Arc<str> {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    };
    part(b"ringfence policy 3");
    part(match config.mode {
        PolicyMode::Strict => b"strict",
        PolicyMode::Permissive => b"permissive",
        PolicyMode::Audit => b"audit",
    });
    part(config.environment.as_deref().unwrap_or_default().as_bytes());
    part(&u64::try_from(config.presets.len()).unwrap_or(u64::MAX).to_be_bytes());
    for preset in &config.presets {
        part(preset.as_str().as_bytes());
    }
    for (role, holders) in &config.roles {
        part(b"role");
        part(role.as_bytes());
        holders.iter().for_each(|holder| part(holder.as_bytes()));
    }
    for source in sources {
        part(source.name.as_bytes());
        part(source.text.as_bytes());
    }
    let hex = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let digest: String = hash.finalize().iter().flat_map(|byte| [hex(byte >> 4), hex(byte & 0xF)]).collect();
    digest.into()
}

#[cfg(test)]
pub(crate) mod tests;
