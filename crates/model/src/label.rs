//! Labels: how confidential data is, and whose word it is. Join only; nothing here lowers a label.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far data may travel. Ordered: a join takes the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidentiality {
    /// Anybody may know.
    Public,
    /// Stays with the people it belongs to.
    Internal,
    /// A credential or its like.
    Secret,
}

/// Whose word data is. Ordered from most to least trustworthy: a join takes the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// The user's own words.
    User,
    /// A source that the operator declared trusted.
    Trusted,
    /// Written by the model.
    Model,
    /// Anybody may have written it.
    Untrusted,
}

/// The label of a piece of data, or of a session as a whole (its floor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Label {
    /// How far it may travel.
    pub confidentiality: Confidentiality,
    /// Holds personal data.
    pub pii: bool,
    /// Whose word it is.
    pub integrity: Integrity,
}

impl Label {
    /// Where a session begins: nothing read yet.
    pub const FRESH: Self =
        Self { confidentiality: Confidentiality::Public, pii: false, integrity: Integrity::User };

    /// The least label that covers both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            confidentiality: self.confidentiality.max(other.confidentiality),
            pii: self.pii || other.pii,
            integrity: self.integrity.max(other.integrity),
        }
    }
}

#[cfg(test)]
mod tests;
