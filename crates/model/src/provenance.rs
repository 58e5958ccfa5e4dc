//! Where the values in a call's arguments came from: what the flow engine finds and policy judges by.
//!
//! Never holds a value, only where it stands in the arguments and what it is made of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::CallId;
use crate::label::{Confidentiality, Label};
use crate::name::ServerName;

/// Where the arguments of one call came from: an entry for each value that is consequential or made of something that
/// entered the session. What has no entry is the model's own and steers nothing. An entry with the empty pointer stands for
/// the act itself: whose word it is that such a tool is used at all, where no value says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// In the order of the arguments.
    pub values: Vec<Origin>,
}

/// Where one value of the arguments came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// JSON pointer (RFC 6901) of the value in the arguments; empty for the act itself.
    pub pointer: Arc<str>,
    /// What the value is for.
    pub role: Role,
    /// Whose word it is, the least trustworthy part deciding.
    pub word: Word,
    /// The labels of all that it is made of.
    pub label: Label,
    /// What it is made of, the least trustworthy first; bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// What a value is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What is said: a body, a note. Judged by where it goes.
    Content,
    /// What steers the effect: recipients, amounts, accounts, addresses, paths, names of things to act on; a URL inside
    /// content. Judged by where it came from.
    Consequential,
}

/// Whose word a value is. Ordered from most to least trustworthy: of several parts the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// The user's own words, exactly.
    User,
    /// A value of the operator's configuration.
    Configured,
    /// Data of a document or record that the user's words name: an account in the bill that is to be paid. Never out of a
    /// passage that gives orders.
    Referred,
    /// Out of a source that the operator declared trusted.
    Trusted,
    /// The model's own: it matches nothing that entered the session.
    Model,
    /// What an untrusted server itself asserts in a short structured field, and nobody wrote in prose: an id, a date, the
    /// sender it recorded.
    Asserted,
    /// It matches nothing, but comes near untrusted text: decoded, recomputed or in part; or what it would have been
    /// compared with is not remembered any more.
    Near,
    /// Out of untrusted text.
    Untrusted,
}

/// Something that entered the session and that a value is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The call whose result it was.
    pub call: CallId,
    /// Of which server; none for ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerName>,
    /// What there: tool, URI, prompt.
    pub target: Arc<str>,
    /// How it was recognized.
    pub by: Resemblance,
    /// Its label.
    pub label: Label,
}

/// How a value was recognized in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resemblance {
    /// The same number, identifier, address, path or name.
    Atom,
    /// A passage of the same text.
    Passage,
    /// The same after decoding (base64, hex, URL encoding, case, order of letters, numbers in words).
    Decoded,
    /// A part of it, or something computed from it.
    Partial,
}

impl Provenance {
    /// Nothing of the arguments is known to come from anywhere: there are none, or the session has read nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { values: Vec::new() }
    }

    /// True where nothing is known to come from anywhere.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.values.is_empty()
    }

    /// The labels of all values; none where there are none.
    #[must_use]
    pub fn label(&self) -> Option<Label> {
        self.values.iter().map(|value| value.label).reduce(Label::join)
    }

    /// Whose word the act and its consequential values are, the least trustworthy of them, of equals a value; none where
    /// nothing steers the effect.
    #[must_use]
    pub fn steered_by(&self) -> Option<&Origin> {
        let steering = self.values.iter().filter(|value| value.role == Role::Consequential);
        steering.max_by_key(|value| (value.word, !value.pointer.is_empty()))
    }

    /// The most confidential source of another server than `server`, among all values, at or above `least`.
    #[must_use]
    pub fn carries(&self, least: Confidentiality, server: Option<&ServerName>) -> Option<(&Origin, &Source)> {
        self.values
            .iter()
            .flat_map(|value| value.sources.iter().map(move |source| (value, source)))
            .filter(|(_, source)| source.label.confidentiality >= least && source.server.as_ref() != server)
            .max_by_key(|(_, source)| source.label.confidentiality)
    }
}
