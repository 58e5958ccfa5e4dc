//! A recorded call under another policy, and the least policy that lets recorded calls through.
//!
//! The journal keeps what a call was judged by, but not its arguments. Must never guess them: where the verdict hangs on
//! them it is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ringfence_model::call::ActionKind;
use ringfence_model::finding::Severity;
use ringfence_model::verdict::{Decision, Reason, Verdict};

use crate::facts::Facts;
use crate::judge::PolicySet;

/// What another policy makes of a recorded call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// This, whatever the arguments were.
    Certain(Verdict),
    /// It hangs on the arguments, which are not recorded: at least the first, at most the second.
    Unavailable(Decision, Decision),
}

/// How unknown arguments are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// As they make the verdict strictest.
    Strictest,
    /// As they make it mildest.
    Mildest,
}

impl Unknown {
    /// What Cedar policies say of a call of which the arguments are not known: anything.
    pub(crate) fn of_cedar(self) -> Reason {
        let decision = match self {
            Self::Strictest => Decision::Deny,
            Self::Mildest => Decision::Allow,
        };
        Reason {
            rule: "ringfence.cedar".into(),
            decision,
            severity: Severity::Critical,
            message: "Cedar policies are asked about whole calls only".into(),
            alternative: None,
        }
    }
}

impl PolicySet {
    /// Judges a call by its recorded facts. `guards` are the reasons of our own guards that were recorded with it: they
    /// looked at the arguments, and no policy changes what they say.
    #[must_use]
    pub fn replay(&self, facts: &Facts<'_>, guards: &[Reason]) -> Replayed {
        let strictest = self.judge_unknown(facts, guards, Unknown::Strictest);
        let mildest = self.judge_unknown(facts, guards, Unknown::Mildest);
        if strictest.decision == mildest.decision {
            Replayed::Certain(strictest)
        } else {
            Replayed::Unavailable(mildest.decision, strictest.decision)
        }
    }
}

/// A call that was seen to pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// What was asked.
    pub action: ActionKind,
    /// Of which server.
    pub server: Option<String>,
    /// What there.
    pub target: String,
    /// A person had to say yes.
    pub confirmed: bool,
}

/// Rules that allow these calls and nothing else, as a draft to be reviewed; for `presets: []`.
#[must_use]
pub fn suggest(seen: &BTreeSet<Seen>) -> String {
    let mut groups: BTreeMap<(ActionKind, Option<&str>, bool), BTreeSet<&str>> = BTreeMap::new();
    for call in seen {
        // What does nothing outside the protocol is allowed without a preset, too.
        let protocol = match call.action {
            ActionKind::List
            | ActionKind::Greet
            | ActionKind::Listen
            | ActionKind::SetLogLevel
            | ActionKind::RootsChanged
            | ActionKind::Task
            | ActionKind::Elicit
            | ActionKind::Notify
            | ActionKind::Operate => true,
            ActionKind::CallTool
            | ActionKind::ReadResource
            | ActionKind::GetPrompt
            | ActionKind::Complete
            | ActionKind::Subscribe
            | ActionKind::Unsubscribe
            | ActionKind::Sample
            | ActionKind::ListRoots => false,
        };
        if !protocol {
            let group = (call.action, call.server.as_deref(), call.confirmed);
            groups.entry(group).or_default().insert(&call.target);
        }
    }
    let mut text = "\
# A draft: it allows what was seen, and nothing else, with `policy: { presets: [] }`.
# Review each rule. Arguments are not recorded, so none are named here: narrow what should be narrow.
"
    .to_owned();
    if groups.is_empty() {
        text.push_str("rules: []\n");
        return text;
    }
    text.push_str("rules:\n");
    for (at, ((action, server, confirmed), targets)) in groups.iter().enumerate() {
        let quoted = |name: &str| ringfence_model::json::quote(&literal(name));
        let list: Vec<String> = targets.iter().map(|target| quoted(target)).collect();
        let server = server.map(|server| format!(", server: {}", quoted(server))).unwrap_or_default();
        // Without a preset only an allow lets a call through; an ask beside it has a person confirm it.
        let decisions: &[&str] = if *confirmed { &["allow", "ask"] } else { &["allow"] };
        for decision in decisions {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "  - id: seen-{}-{decision}\n    severity: medium\n    match: {{ action: {action}{server}, target: [{}] }}\n    decision: {decision}\n",
                at + 1,
                list.join(", ")
            );
        }
    }
    text
}

/// One call, as an approver saw it.
#[derive(Debug, Clone, Copy)]
pub struct Exact<'a> {
    /// For the rule's id.
    pub id: &'a str,
    /// Who allowed it, in words.
    pub description: &'a str,
    /// `realm/name`.
    pub principal: &'a str,
    /// What was asked.
    pub action: ActionKind,
    /// Of which server.
    pub server: Option<&'a str>,
    /// What there.
    pub target: &'a str,
    /// With which arguments: a JSON object.
    pub arguments: &'a str,
}

/// A rule that allows this call and no other, as an element of `rules`.
#[must_use]
pub fn allow_exactly(call: &Exact<'_>) -> String {
    use ringfence_model::json::quote;
    let name = |name: &str| quote(&literal(name));
    let server = call.server.map(|server| format!("      server: {}\n", name(server))).unwrap_or_default();
    format!(
        "  - id: {id}\n    severity: medium\n    description: {description}\n    match:\n      action: {action}\n{server}      \
         target: {target}\n      principal: {principal}\n      exactly: {arguments}\n    decision: allow\n",
        id = call.id,
        description = quote(call.description),
        action = call.action,
        target = name(call.target),
        principal = name(call.principal),
        arguments = quote(call.arguments),
    )
}

/// `name` as a glob that matches nothing else.
fn literal(name: &str) -> String {
    let mut glob = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '!') {
            glob.push('[');
            glob.push(character);
            glob.push(']');
        } else {
            glob.push(character);
        }
    }
    glob
}

#[cfg(test)]
mod tests;
