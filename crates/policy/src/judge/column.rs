//! Whose word steers a call: the column of the default table.
//!
//! Must never be more trusting than the least trustworthy value that steers.

use ringfence_model::label::Integrity;
use ringfence_model::provenance::{Origin, Word};

use crate::facts::Facts;
use crate::table::Column;

impl Column {
    /// The column of a call. With `inherits` what the model made up has the floor of the session.
    pub(super) fn of(facts: &Facts<'_>, inherits: bool) -> Self {
        let strangers = facts.floor.integrity == Integrity::Untrusted;
        let Some(steering) = facts.provenance.steered_by() else {
            return if inherits && strangers { Self::Strangers } else { Self::Model };
        };
        match steering.word {
            Word::User | Word::Configured | Word::Referred => Self::Own,
            Word::Trusted => Self::Model,
            Word::Model | Word::Asserted if inherits && strangers => Self::Strangers,
            Word::Model | Word::Asserted => Self::Model,
            Word::Near if is_unproven(steering) && !inherits => Self::Nobody,
            Word::Near | Word::Untrusted => Self::Strangers,
        }
    }
}

/// True for an act that nothing is known of: neither a value that steers it nor a text that orders it.
fn is_unproven(origin: &Origin) -> bool {
    origin.pointer.is_empty() && origin.word == Word::Near && origin.sources.is_empty()
}

/// What steers the call, in words: which argument, and out of what.
pub(super) fn steering(facts: &Facts<'_>) -> String {
    facts.provenance.steered_by().map_or_else(
        || "the session has read text of strangers, and preset `strict` takes what the model made up for theirs".to_owned(),
        describe,
    )
}

fn describe(origin: &Origin) -> String {
    let what = if origin.pointer.is_empty() {
        if origin.sources.is_empty() {
            "text of strangers has been read, and the user was not heard to ask for this".to_owned()
        } else {
            "text of strangers orders it, and the user was not heard to ask for this".to_owned()
        }
    } else {
        let how = match origin.word {
            Word::Near => "comes near",
            Word::User
            | Word::Configured
            | Word::Referred
            | Word::Trusted
            | Word::Model
            | Word::Asserted
            | Word::Untrusted => "comes from",
        };
        format!("`{}` {how} text of strangers", origin.pointer)
    };
    match origin.sources.first() {
        Some(source) => {
            let server = source.server.as_ref().map_or("ringfence", |server| server.as_str());
            format!("{what}: `{}` of `{server}`", source.target)
        }
        None => what,
    }
}
