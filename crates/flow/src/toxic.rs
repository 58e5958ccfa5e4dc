//! Toxic combinations of a catalogue: private data, untrusted content and a way out within one session's reach
//! (Willison 2025, «the lethal trifecta»).
//!
//! Must never be a reason to let something through.

use ringfence_model::effect::{Effect, ToolFacts};
use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::name::ServerName;

/// A tool of a server.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// Whose.
    pub server: &'a ServerName,
    /// Its own name.
    pub tool: &'a str,
    /// What it does.
    pub facts: &'a ToolFacts,
}

/// The shortest path by which a stranger's text can take private data out: read it, be told to, send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combination {
    /// Brings text of strangers.
    pub untrusted: (ServerName, String),
    /// Reads private data.
    pub private: (ServerName, String),
    /// Carries data out.
    pub way_out: (ServerName, String),
    /// Different tools on the path, 1 to 3: the fewer, the easier.
    pub steps: usize,
}

/// The shortest combination for each way out, the shortest first.
///
/// One pass to find, for each role, a tool of each server: linear in the catalogue.
#[must_use]
pub fn combinations(catalogue: &[Node<'_>]) -> Vec<Combination> {
    let brings = |node: &&Node<'_>| node.facts.content == Integrity::Untrusted && reads(node.facts);
    let holds = |node: &&Node<'_>| node.facts.confidentiality > Confidentiality::Public && reads(node.facts);
    let both = catalogue.iter().find(|node| brings(node) && holds(node));
    let (Some(any_untrusted), Some(any_private)) =
        (catalogue.iter().find(brings), catalogue.iter().find(holds))
    else {
        return Vec::new();
    };
    let mut found: Vec<Combination> = catalogue
        .iter()
        .filter(|node| leaves(node.facts))
        .map(|out| {
            let mut best = (any_untrusted, any_private);
            if let Some(both) = both {
                best = (both, both);
            }
            if brings(&out) && holds(&out) {
                best = (out, out);
            } else if both.is_none() && brings(&out) {
                best.0 = out;
            } else if both.is_none() && holds(&out) {
                best.1 = out;
            }
            let name = |node: &Node<'_>| (node.server.clone(), node.tool.to_owned());
            let mut path = vec![name(best.0), name(best.1), name(out)];
            path.sort();
            path.dedup();
            Combination {
                untrusted: name(best.0),
                private: name(best.1),
                way_out: name(out),
                steps: path.len(),
            }
        })
        .collect();
    found.sort_by(|a, b| (a.steps, &a.way_out).cmp(&(b.steps, &b.way_out)));
    found
}

fn reads(facts: &ToolFacts) -> bool {
    facts.effects.is_unknown()
        || facts.effects.contains(Effect::Read)
        || facts.effects.contains(Effect::Network)
}

fn leaves(facts: &ToolFacts) -> bool {
    facts.egress || facts.effects.contains(Effect::Send) || facts.effects.contains(Effect::Network)
}
