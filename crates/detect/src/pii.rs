//! Personal data: addresses of e-mail, telephone numbers, cards, accounts, identity numbers of some forty countries.
//!
//! Found by the [`SecretScanner`](crate::secret::SecretScanner) in the same go as credentials. A number counts by its
//! check digit, its form or the word beside it; bare digits with neither are none. Names and places are not guessed.
//! Must never report a number whose check digit is wrong.

use std::borrow::Cow;
use std::ops::Range;

use ringfence_model::finding::{Category, Finding, Severity, Span};

use crate::signs::Signs;

pub(crate) mod checksum;
mod context;
mod national;
mod number;
mod phone;
mod rule;
#[rustfmt::skip]
mod rules;
mod written;

use rules::RULES;

/// A kind of personal data. Where two hold of the same bytes, the lesser one names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind(u16);

/// Telephone numbers come last: many another number looks like one.
const PHONE: (&str, &str, Severity) = ("phone_number", "telephone number", Severity::Medium);

/// Kinds that have code of their own, in front of those of the rules.
const CODED: [(&str, &str, Severity); 7] = [
    ("email_address", "e-mail address", Severity::Low),
    ("ip_address", "IP address", Severity::Low),
    ("mac_address", "MAC address", Severity::Low),
    ("iban", "bank account (IBAN)", Severity::High),
    ("credit_card", "payment card number", Severity::High),
    ("crypto_address", "address of a cryptocurrency", Severity::Medium),
    ("date_of_birth", "date of birth", Severity::Medium),
];

impl Kind {
    const EMAIL: Self = Self(0);
    const IP: Self = Self(1);
    const MAC: Self = Self(2);
    const IBAN: Self = Self(3);
    const CARD: Self = Self(4);
    const CRYPTO: Self = Self(5);
    const BIRTH: Self = Self(6);
    const PHONE: Self = Self(u16::MAX);

    fn of_rule(index: usize) -> Self {
        Self(u16::try_from(CODED.len() + index).unwrap_or(u16::MAX))
    }

    fn described(self) -> (&'static str, &'static str, Severity) {
        if self == Self::PHONE {
            return PHONE;
        }
        let index = usize::from(self.0);
        CODED.get(index).copied().unwrap_or_else(|| {
            RULES
                .get(index.saturating_sub(CODED.len()))
                .map_or(("pii", "personal data", Severity::Medium), |rule| {
                    (rule.id, rule.what, rule.severity)
                })
        })
    }

    /// The finding's id.
    pub(crate) fn id(self) -> &'static str {
        self.described().0
    }

    /// The finding of this kind at `span`.
    pub(crate) fn finding(self, span: Span, confidence: u8) -> Finding {
        let (id, what, severity) = self.described();
        Finding {
            id: Cow::Borrowed(id),
            category: Category::Pii,
            severity,
            confidence,
            span,
            message: format!("Personal data: {what}"),
            alternative: None,
            reference: Some(Cow::Borrowed("CWE-359")),
        }
    }
}

/// Takes what was found: where, of which kind, how sure. False ends the search.
pub(crate) type Take<'f> = dyn FnMut(Range<usize>, Kind, u8) -> bool + 'f;

/// True when a kind of personal data has the id.
pub(crate) fn is_known(id: &str) -> bool {
    CODED.iter().chain([&PHONE]).any(|(known, _, _)| *known == id) || RULES.iter().any(|rule| rule.id == id)
}

/// True when there are signs of personal data: an `@`, digits close together, the colons of an IPv6 address.
pub(crate) const fn may_hold(signs: &Signs) -> bool {
    signs.at || signs.digits || signs.colons
}

/// True when `key` says what kind of personal data its value is.
pub(crate) fn names_something(key: &str) -> bool {
    let lower = key.to_lowercase();
    context::PHONE
        .iter()
        .chain(&context::BIRTH)
        .chain(&context::CARD)
        .any(|word| context::has_word(&lower, word))
        || RULES.iter().flat_map(|rule| rule.words).any(|word| context::has_word(&lower, word))
}

/// Finds personal data in `text`.
pub(crate) fn find(text: &str, signs: &Signs, take: &mut Take<'_>) {
    if !may_hold(signs) {
        return;
    }
    let going = (!signs.at || written::emails(text, take)) && written::addresses(text, take);
    if going && signs.digits {
        number::find(text, take);
    }
}

#[cfg(test)]
mod tests;
