//! What is known of the parties of a trust graph, for a person.
//!
//! Looks and must change nothing.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ringfence_model::id::{CallId, Timestamp};
use ringfence_model::trust::{Party, Sign, Trust};

use super::behaviour::{Anomaly, Behaviour};
use super::{Graph, is_of};

/// What is known of a party, to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Whose.
    pub party: Party,
    /// How much.
    pub trust: Trust,
    /// An operator took it away.
    pub invalidated: bool,
    /// The weight of good signs now.
    pub raised: f64,
    /// The weight of bad signs now.
    pub lowered: f64,
    /// How often each sign was seen.
    pub signs: BTreeMap<Sign, u64>,
    /// How far the last minute of a principal is from what it does, and in what.
    pub anomaly: Option<Anomaly>,
}

impl Graph {
    /// Everybody that anything is known of, the least trusted first.
    #[must_use]
    pub fn all(&self, now: Timestamp) -> Vec<Known> {
        let agents = self.agents.keys().map(|name| Party::Principal(Arc::clone(name)));
        let parties: HashSet<Party> =
            self.parties.keys().chain(self.invalid.keys()).cloned().chain(agents).collect();
        let mut all: Vec<Known> = parties.iter().map(|party| self.known(party, now)).collect();
        all.sort_by(|a, b| (a.trust, &a.party).cmp(&(b.trust, &b.party)));
        all
    }

    /// What is known of a party.
    #[must_use]
    pub fn known(&self, party: &Party, now: Timestamp) -> Known {
        let standing = self.parties.get(party);
        let (raised, lowered) = standing.map_or((0.0, 0.0), |standing| standing.weights(now));
        let behaviour = match party {
            Party::Principal(name) => self.agents.get(name),
            Party::Server(_) | Party::Tool(..) | Party::Call(_) => None,
        };
        Known {
            party: party.clone(),
            trust: self.trust(party, now),
            invalidated: self.is_invalid(party)
                || matches!(party, Party::Call(call) if self.is_invalid_call(*call)),
            raised,
            lowered,
            signs: standing.map(|standing| standing.signs.clone()).unwrap_or_default(),
            anomaly: behaviour.and_then(Behaviour::last),
        }
    }

    /// How a principal behaves.
    #[must_use]
    pub fn behaviour(&self, name: &str) -> Option<&Behaviour> {
        self.agents.get(name)
    }

    /// The calls that a party's call is made of, nearest first; of others the calls that they took part in.
    #[must_use]
    pub fn before(&self, party: &Party, most: usize) -> Vec<Party> {
        match party {
            Party::Call(call) => {
                let behind = self.behind(*call);
                let calls = behind.iter().skip(1).map(|step| Party::Call(step.call));
                let first = behind.first().and_then(|step| step.tool.clone());
                first
                    .map(|(server, tool)| Party::Tool(server, tool))
                    .into_iter()
                    .chain(calls)
                    .take(most)
                    .collect()
            }
            Party::Principal(_) | Party::Server(_) | Party::Tool(..) => Vec::new(),
        }
    }

    /// The calls that are made of what a party gave, oldest first.
    #[must_use]
    pub fn after(&self, party: &Party, most: usize) -> Vec<CallId> {
        let mut reached: HashSet<u64> = HashSet::new();
        let mut calls = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let is_it = matches!(party, Party::Call(call) if *call == step.call);
            let of_it = is_it || is_of(party, step);
            if of_it || step.sources.iter().any(|source| reached.contains(source)) {
                reached.insert(self.oldest + at as u64);
                if !is_it && calls.len() < most {
                    calls.push(step.call);
                }
            }
        }
        calls
    }
}
