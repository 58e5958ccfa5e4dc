//! All that spoke about a call, and the verdict they make under the mode in force.
//!
//! Must never drop what would have been decided: where the mode makes a difference, `would` says it.

use std::cmp::Reverse;
use std::sync::Arc;

use ringfence_model::config::PolicyMode;
use ringfence_model::finding::{Category, Severity};
use ringfence_model::verdict::{Decision, Obligation, Reason, Verdict};

use crate::rule::Rule;

/// The rule under which secrets and hidden content are taken out of results.
const REDACT: &str = "ringfence.redact";

/// Collects what speaks.
pub(super) struct Voices {
    mode: PolicyMode,
    allowed_by_rule: bool,
    reasons: Vec<Reason>,
    obligations: Vec<(Arc<str>, Obligation)>,
}

impl Voices {
    pub(super) const fn new(mode: PolicyMode) -> Self {
        Self { mode, allowed_by_rule: false, reasons: Vec::new(), obligations: Vec::new() }
    }

    /// True when a rule of the sources allows the call.
    pub(super) const fn allowed_by_rule(&self) -> bool {
        self.allowed_by_rule
    }

    pub(super) fn rule(&mut self, rule: &Rule) {
        self.allowed_by_rule |= rule.allows();
        self.reasons.extend(rule.reason.clone());
        for obligation in &rule.obligations {
            let binds = match obligation {
                Obligation::Redact { .. }
                | Obligation::Record
                | Obligation::Notify
                | Obligation::Approvers { .. } => true,
                // A limit blocks, so it counts where a denial of the rule would.
                Obligation::Limit { .. } | Obligation::Budget { .. } => blocks(self.mode, rule.severity),
            };
            if binds {
                self.obligations.push((Arc::clone(&rule.id), obligation.clone()));
            }
        }
    }

    /// A policy of another source than our own rules.
    pub(super) fn policy(&mut self, reason: Reason) {
        self.allowed_by_rule |= reason.decision == Decision::Allow;
        self.reasons.push(reason);
    }

    pub(super) fn reason(&mut self, reason: Reason) {
        self.reasons.push(reason);
    }

    pub(super) fn redact(&mut self) {
        let obligation = Obligation::Redact { categories: vec![Category::Secret, Category::Hidden] };
        self.obligations.push((REDACT.into(), obligation));
    }

    /// The verdict, where anything spoke.
    pub(super) fn verdict_if_any(self) -> Option<Verdict> {
        (!self.reasons.is_empty()).then(|| self.verdict())
    }

    pub(super) fn verdict(mut self) -> Verdict {
        let mode = self.mode;
        let effective = |reason: &Reason| {
            if blocks(mode, reason.severity) { reason.decision } else { Decision::Allow }
        };
        // The rule id breaks ties, so that neither order of rules nor of files shows.
        self.reasons.sort_by(|a, b| {
            let key = |reason: &Reason| Reverse((effective(reason), reason.decision, reason.severity));
            key(a).cmp(&key(b)).then_with(|| a.rule.cmp(&b.rule))
        });
        self.obligations.sort_by(|(a, _), (b, _)| a.cmp(b));
        // Something always speaks: a rule that allows, or a row of the table. Silence would be a denial.
        let strict = self.reasons.iter().map(|reason| reason.decision).max().unwrap_or(Decision::Deny);
        let decision = self.reasons.iter().map(effective).max().unwrap_or(Decision::Deny);
        Verdict {
            decision,
            would: (strict != decision).then_some(strict),
            obligations: self.obligations,
            reasons: self.reasons,
        }
    }
}

/// Whether a breach of a rule of this severity blocks in this mode.
const fn blocks(mode: PolicyMode, severity: Severity) -> bool {
    match mode {
        PolicyMode::Strict => true,
        PolicyMode::Permissive => matches!(severity, Severity::Critical),
        PolicyMode::Audit => false,
    }
}
