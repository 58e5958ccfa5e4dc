//! What a secret rule says. Must never hold more than data.

use ringfence_model::finding::Severity;

/// One kind of credential, generated from `rules/secret/*.yaml`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Finding id, also the placeholder's name: `[redacted:github_token]`.
    pub(super) id: &'static str,
    /// For the message.
    pub(super) what: &'static str,
    /// One of these stands in or before every value. Compared without case where `anchor` is `After` or `Named`.
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
    Starts,
    /// The value begins at most so many bytes before the literal.
    Holds(usize),
    /// The literal comes before the value, which is group 1 of the pattern.
    After,
    /// The literal is part of the name that the value is assigned to; the pattern holds for the whole value.
    Named,
}

/// How the value is cut out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Matcher {
    /// A regular expression; its group 1, where it has one, is the value.
    Pattern(&'static str),
    /// A private key block.
    PrivateKey,
    /// The password of a URL.
    UrlPassword,
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
    /// Behind the prefix `pypi-` stands a macaroon of version 2.
    Macaroon,
    /// Base58 with the first four bytes of a double SHA-256 at its end.
    Base58,
    /// Bech32 (BIP 173) or Bech32m (BIP 350).
    Bech32,
    /// Neither a word nor a name: what a person chose as a password.
    NotWord,
    /// The matcher has judged already.
    Judged,
}
