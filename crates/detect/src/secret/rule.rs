//! What a secret rule says. Must never hold more than data and pure functions.

use std::ops::Range;

use ringfence_model::finding::Severity;

/// One kind of credential.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Finding id, also the placeholder's name: `[redacted:github_token]`.
    pub(super) id: &'static str,
    /// For the message.
    pub(super) what: &'static str,
    /// One of these stands in or before every value. Compared without case where `anchor` is `Context`.
    pub(super) literals: &'static [&'static str],
    pub(super) anchor: Anchor,
    pub(super) matcher: Matcher,
    pub(super) check: Check,
    pub(super) severity: Severity,
    /// Before the check has its say.
    pub(super) confidence: u8,
    /// Also looked for under one layer of base64.
    pub(super) encoded: bool,
}

/// How a literal and the value relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The value begins with the literal.
    Prefix,
    /// The value begins at most so many bytes before the literal.
    Within(usize),
    /// The literal names what follows; the value is group 1 of the pattern.
    Context,
}

/// How the value is cut out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Matcher {
    /// A regular expression; its group 1, where it has one, is the value.
    Pattern(&'static str),
    /// From the offset of the literal.
    Code(fn(&str, usize) -> Option<Range<usize>>),
}

/// What must hold of a value beside its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Not a placeholder.
    Form,
    /// The last six characters are the base62 CRC-32 of the characters between the first `_` and them.
    Crc32Base62,
    /// At least so many hundredths of a bit per character (Shannon).
    Entropy(u32),
    /// The header decodes to a JSON object with `alg` (RFC 7515).
    Jwt,
    /// The first part decodes to a decimal Discord id.
    DiscordToken,
    /// Decodes to `user:password` (RFC 7617).
    BasicCredentials,
    /// `Code` has judged already.
    Judged,
}

impl Rule {
    /// A value with a prefix of its own.
    pub(super) const fn token(
        id: &'static str,
        what: &'static str,
        literals: &'static [&'static str],
        pattern: &'static str,
    ) -> Self {
        Self {
            id,
            what,
            literals,
            anchor: Anchor::Prefix,
            matcher: Matcher::Pattern(pattern),
            check: Check::Form,
            severity: Severity::Critical,
            confidence: 90,
            encoded: false,
        }
    }

    /// A value with a mark of its own inside.
    pub(super) const fn within(
        id: &'static str,
        what: &'static str,
        (literal, before): (&'static [&'static str], usize),
        pattern: &'static str,
    ) -> Self {
        Self { anchor: Anchor::Within(before), ..Self::token(id, what, literal, pattern) }
    }

    /// A value known only by the name before it.
    pub(super) const fn context(
        id: &'static str,
        what: &'static str,
        literals: &'static [&'static str],
        pattern: &'static str,
    ) -> Self {
        Self {
            anchor: Anchor::Context,
            check: Check::Entropy(280),
            confidence: 75,
            ..Self::token(id, what, literals, pattern)
        }
    }

    pub(super) const fn check(self, check: Check) -> Self {
        Self { check, ..self }
    }

    pub(super) const fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(super) const fn confidence(self, confidence: u8) -> Self {
        Self { confidence, ..self }
    }

    pub(super) const fn encoded(self) -> Self {
        Self { encoded: true, ..self }
    }
}
