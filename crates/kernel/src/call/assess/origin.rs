//! Where the arguments came from, by what the session has read and what its user said.
//!
//! Must never take the user's words from a client that may not vouch for them.

use ringfence_flow::{Asking, Traced};
use ringfence_mcp::meta;
use ringfence_model::call::Action;
use ringfence_model::effect::{Effect, Effects, ToolFacts};
use ringfence_model::id::Timestamp;
use ringfence_model::json::JsonText;
use ringfence_model::principal::Scope;

use crate::call::Request;
use crate::kernel::Kernel;

/// Hears what the client says are its user's own words, where it may.
pub(super) fn hear(kernel: &Kernel, request: &Request) {
    if !request.call.principal.may(Scope::Vouch) {
        return;
    }
    if let Some(text) = meta::user_text(&request.params) {
        let now = kernel.env.now();
        let counts = u64::try_from(kernel.limits.user_words.0.as_nanos()).unwrap_or(u64::MAX);
        let mut history = request.session.history.lock();
        let mut words = request.session.words.lock();
        history.hear(&mut words, &text, now, Timestamp(now.0.saturating_add(counts)));
    }
}

/// Traces what a call hands to a server.
pub(super) fn trace(kernel: &Kernel, request: &Request, facts: Option<&ToolFacts>) -> Traced {
    let everything = [String::new()];
    let read = Effects::of(&[Effect::Read]);
    let wrapped;
    let (arguments, consequential, effects) = match &request.call.action {
        Action::CallTool { arguments, .. } => match facts {
            Some(facts) => (arguments, &*facts.consequential, facts.effects),
            // Of a tool of which nothing is known any argument may steer.
            None => (arguments, &everything[..], Effects::UNKNOWN),
        },
        Action::GetPrompt { arguments, .. } => (arguments, &[][..], read),
        Action::Complete { argument, .. } => (argument, &[][..], read),
        Action::ReadResource { uri, .. } => {
            wrapped = JsonText::object([("uri", JsonText::string(uri))]);
            (&wrapped, &[][..], read)
        }
        Action::List { .. }
        | Action::Greet { .. }
        | Action::Listen { .. }
        | Action::SetLogLevel { .. }
        | Action::Subscribe { .. }
        | Action::Unsubscribe { .. }
        | Action::RootsChanged { .. }
        | Action::Ask { .. }
        | Action::Notify { .. }
        | Action::Task { .. }
        | Action::Operate { .. } => return Traced::nothing(),
    };
    // A tool that only reads and carries nothing out keeps what it is told to itself.
    let keeps = facts.is_some_and(|facts| facts.effects == read && !facts.egress);
    let asking = Asking {
        arguments: arguments.value(),
        consequential,
        effects,
        tool: request.call.action.target(),
        content: !keeps,
        floor: request.session.floor(),
        now: kernel.env.now(),
    };
    let mut history = request.session.history.lock();
    let mut words = request.session.words.lock();
    history.trace(&mut words, asking)
}
