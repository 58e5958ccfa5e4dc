//! What is known of a call when it is judged.
//!
//! Must never hold a default: who judges a call says everything about it.

use ringfence_model::call::ActionKind;
use ringfence_model::effect::{Effects, ToolFacts};
use ringfence_model::finding::Finding;
use ringfence_model::json::JsonText;
use ringfence_model::label::Label;
use ringfence_model::name::ServerName;
use ringfence_model::principal::Principal;
use ringfence_model::provenance::Provenance;

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
    /// Where the arguments came from.
    pub provenance: &'a Provenance,
    /// The labels that the session has reached.
    pub floor: Label,
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
}
