//! Facts to a verdict: rules, guards, and the default table where no rule allows.
//!
//! Must never let a rule lift a guard, nor the order of rules or files change a verdict.
//!
//! How they combine: the strictest of all that speak wins. A rule that asks or denies adds to the default table; a rule
//! that allows stands in for it. Guards speak whatever the rules say.

mod guard;
mod index;
mod table;
mod voices;

use std::sync::Arc;

use ringfence_model::config::{PolicyMode, Preset};
use ringfence_model::verdict::Verdict;
use sha2::{Digest, Sha256};

use crate::facts::Facts;
use crate::load::{self, LoadError, Source};
use crate::rule::Rule;
use guard::{GUARDS, redacts_secrets};
use index::Index;
use table::Table;
use voices::Voices;

/// Everything that decides, compiled. One snapshot serves a whole call.
#[derive(Debug)]
pub struct PolicySet {
    rules: Vec<Rule>,
    index: Index,
    table: Table,
    mode: PolicyMode,
    digest: Arc<str>,
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
}

impl PolicySet {
    /// Compiles `sources` on top of `presets`. Without a preset what no rule allows is denied.
    ///
    /// # Errors
    /// Everything that is wrong with any source.
    pub fn load(
        sources: &[Source<'_>],
        presets: &[Preset],
        mode: PolicyMode,
    ) -> Result<Self, Vec<LoadError>> {
        let rules = load::load(sources)?;
        Ok(Self {
            index: Index::new(&rules),
            rules,
            table: Table::new(presets),
            mode,
            digest: digest(sources, presets, mode),
        })
    }

    /// SHA-256 over mode, presets and sources, hex.
    #[must_use]
    pub const fn digest(&self) -> &Arc<str> {
        &self.digest
    }

    /// How many rules the sources hold.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rules.len()
    }

    /// True when the sources hold no rule.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
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
        for rule in self.index.candidates(&self.rules, facts) {
            if rule.check(facts).is_ok() {
                voices.rule(rule);
            }
        }
        for guard in GUARDS {
            if let Some(reason) = guard.reason(facts) {
                voices.reason(reason);
            }
        }
        if !voices.allowed_by_rule() {
            voices.reason(self.table.row(facts).reason(facts));
        }
        if redacts_secrets(facts.action) {
            voices.redact_secrets();
        }
        voices.verdict()
    }

    /// What each rule, each guard and the default table made of a call, in this order.
    #[must_use]
    pub fn explain(&self, facts: &Facts<'_>) -> Vec<Explanation> {
        let mut allowed = false;
        let mut all: Vec<Explanation> = Vec::with_capacity(self.rules.len() + GUARDS.len() + 1);
        for rule in &self.rules {
            let outcome = rule.check(facts);
            allowed |= outcome.is_ok() && rule.allows();
            let why = match (outcome, &rule.reason) {
                (Ok(()), Some(reason)) => reason.message.to_string(),
                (Ok(()), None) => "adds its obligations".to_owned(),
                (Err(mismatch), _) => mismatch.to_string(),
            };
            all.push(Explanation { rule: Arc::clone(&rule.id), matched: outcome.is_ok(), why });
        }
        for guard in GUARDS {
            let reason = guard.reason(facts);
            all.push(Explanation {
                rule: guard.id().into(),
                matched: reason.is_some(),
                why: reason.map_or_else(|| guard.absent().to_owned(), |reason| reason.message.to_string()),
            });
        }
        let row = self.table.row(facts).reason(facts);
        let why = if allowed { "a rule allows the call".to_owned() } else { row.message.to_string() };
        all.push(Explanation { rule: row.rule, matched: !allowed, why });
        all
    }
}

/// Each part is preceded by its length, so that no two inputs run together.
fn digest(sources: &[Source<'_>], presets: &[Preset], mode: PolicyMode) -> Arc<str> {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    };
    part(b"ringfence policy 1");
    part(match mode {
        PolicyMode::Strict => b"strict",
        PolicyMode::Permissive => b"permissive",
        PolicyMode::Audit => b"audit",
    });
    part(&u64::try_from(presets.len()).unwrap_or(u64::MAX).to_be_bytes());
    for preset in presets {
        part(match preset {
            Preset::Standard => b"standard",
            Preset::Strict => b"strict",
        });
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
mod tests;
