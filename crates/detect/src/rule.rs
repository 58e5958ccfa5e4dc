//! What a finding of fixed rules says, whatever engine it is of. Must never hold how a rule is recognized.

use std::borrow::Cow;
use std::ops::Range;

use ringfence_model::finding::{Category, Finding, Severity, Span};

/// What a finding says, apart from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) category: Category,
    pub(crate) severity: Severity,
    pub(crate) confidence: u8,
    pub(crate) message: &'static str,
    pub(crate) alternative: Option<&'static str>,
    pub(crate) reference: Option<&'static str>,
}

impl Rule {
    pub(crate) const fn new(
        id: &'static str,
        category: Category,
        severity: Severity,
        message: &'static str,
    ) -> Self {
        Self { id, category, severity, confidence: 90, message, alternative: None, reference: None }
    }

    pub(crate) const fn instead(self, alternative: &'static str) -> Self {
        Self { alternative: Some(alternative), ..self }
    }

    pub(crate) const fn cwe(self, reference: &'static str) -> Self {
        Self { reference: Some(reference), ..self }
    }

    pub(crate) const fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(crate) const fn sure(self, confidence: u8) -> Self {
        Self { confidence, ..self }
    }

    pub(crate) const fn message(self, message: &'static str) -> Self {
        Self { message, ..self }
    }

    /// The finding of it at `at` in `text`.
    pub(crate) fn finding(&self, text: &str, at: Range<usize>) -> Finding {
        Finding {
            id: Cow::Borrowed(self.id),
            category: self.category,
            severity: self.severity,
            confidence: self.confidence,
            span: Span::of(text, at.start, at.end),
            message: self.message.to_owned(),
            alternative: self.alternative.map(str::to_owned),
            reference: self.reference.map(Cow::Borrowed),
        }
    }
}
