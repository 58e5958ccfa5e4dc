//! What is known of a call when it is judged.
//!
//! Must never hold a default: who judges a call says everything about it.

use ringfence_model::call::ActionKind;
use ringfence_model::code::Runnable;
use ringfence_model::effect::{Effect, Effects, ToolFacts};
use ringfence_model::finding::Finding;
use ringfence_model::id::Timestamp;
use ringfence_model::json::JsonText;
use ringfence_model::label::Label;
use ringfence_model::name::ServerName;
use ringfence_model::principal::Principal;
use ringfence_model::provenance::Provenance;
use ringfence_model::tally::Recent;
use ringfence_model::trust::Trust;

/// What is known of a call when it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What is asked.
    pub action: ActionKind,
    /// Of which server.
    pub server: Option<&'a ServerName>,
    /// What there: the tool's own name, a URI, a prompt.
    pub target: &'a str,
    /// What the tool does; none for other actions, and for a tool of which nothing is known.
    pub tool: Option<&'a ToolFacts>,
    /// Who asks.
    pub principal: &'a Principal,
    /// With which arguments.
    pub arguments: Option<&'a JsonText>,
    /// What the detectors saw in the arguments.
    pub findings: &'a [Finding],
    /// What the texts of the arguments would do if they were run; where [`crate::Needs::code`] asks for it.
    pub runnable: &'a [Runnable<'a>],
    /// Where the arguments came from.
    pub provenance: &'a Provenance,
    /// The labels that the session has reached.
    pub floor: Label,
    /// When it is judged.
    pub time: Timestamp,
    /// How often the principal called lately; where [`crate::Needs::recent`] asks for it.
    pub recent: Recent,
    /// How much the call is trusted: the least of who makes it, where it goes and what it is made of; where
    /// [`crate::Needs::trust`] asks for it, else wholly.
    pub trust: Trust,
    /// The server runs in a sandbox.
    pub sandboxed: bool,
    /// Somebody can answer an ask.
    pub answerable: bool,
}

impl Facts<'_> {
    /// What a tool call does; `None` for every other action.
    pub(crate) fn effects(&self) -> Option<Effects> {
        (self.action == ActionKind::CallTool).then(|| self.tool.map_or(Effects::UNKNOWN, |tool| tool.effects))
    }

    /// True for a tool that hands something to the outside.
    pub(crate) fn leaves(&self) -> bool {
        self.effects().is_some_and(|effects| {
            effects.contains(Effect::Network)
                || effects.contains(Effect::Send)
                || self.tool.is_some_and(|tool| tool.egress)
        })
    }
}
