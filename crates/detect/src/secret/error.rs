//! Why there is no scanner. Must never hold the text of a rule's pattern beyond its id.

use crate::literals::LiteralError;

/// The rules make no scanner.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The literals exceed what the sieve holds; the tests hold that the built-in ones do not.
    #[error("secret rules: {0}")]
    Literals(#[from] LiteralError),
    /// An operator's pattern does not compile.
    #[error("rule {id:?}: {source}")]
    Pattern {
        /// The rule, or `allow`.
        id: String,
        /// Why.
        source: Box<regex::Error>,
    },
    /// An operator's pattern is found in every text.
    #[error("rule {id:?} holds for the empty text")]
    Everything {
        /// The rule.
        id: String,
    },
    /// An operator's id cannot be part of a placeholder.
    #[error("rule id {id:?}: small letters, digits and underscores")]
    Id {
        /// The id.
        id: String,
    },
    /// A rule that is to be off does not exist.
    #[error("no rule is called {id:?}")]
    Unknown {
        /// The name.
        id: String,
    },
}
