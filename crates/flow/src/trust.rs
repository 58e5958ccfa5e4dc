//! The causal trust graph: principals, servers, tools, calls and their results, joined by the flows that were found.
//!
//! Trust is the expected value of a beta distribution over good and bad signs that fade with time (Jøsang, Ismail: «The Beta
//! Reputation System», 2002); what is made of several things is trusted as the least of them. Pure and bounded. Must never be
//! the reason to let something through.

mod behaviour;
mod shown;
mod standing;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::name::ServerName;
use ringfence_model::trust::{Party, Sign, Trust};

use standing::Standing;

pub use behaviour::{Anomaly, Behaviour, FEATURES};
pub use shown::Known;
pub use standing::{BASE, HALF_LIFE_S};

/// Most calls that are remembered, most parties, and most sources of a call.
const MOST_STEPS: usize = 8_192;
const MOST_PARTIES: usize = 4_096;
const MOST_SOURCES: usize = 8;
/// Most calls behind one that its trust is looked for in, nearest first. What was invalidated is known from any distance.
const MOST_BEHIND: usize = 256;
/// A call as the graph sees it.
#[derive(Debug)]
pub struct Made<'a> {
    /// Which.
    pub call: CallId,
    /// In which session.
    pub session: SessionId,
    /// When.
    pub time: Timestamp,
    /// Who.
    pub principal: &'a Arc<str>,
    /// Of which server and tool; none for what goes to no server.
    pub tool: Option<(&'a ServerName, &'a Arc<str>)>,
    /// The calls whose results its arguments are made of.
    pub sources: Vec<CallId>,
    /// It may not happen.
    pub denied: bool,
    /// It would carry something out.
    pub leaves: bool,
}

/// The graph of one realm.
#[derive(Debug)]
pub struct Graph {
    parties: HashMap<Party, Standing>,
    steps: VecDeque<Step>,
    /// Number of the oldest step.
    oldest: u64,
    by_call: HashMap<CallId, u64>,
    agents: HashMap<Arc<str>, Behaviour>,
    invalid: HashMap<Party, Option<Timestamp>>,
}

/// A call and its result.
#[derive(Debug)]
struct Step {
    call: CallId,
    session: SessionId,
    time: Timestamp,
    principal: Arc<str>,
    tool: Option<(ServerName, Arc<str>)>,
    /// Numbers of the steps that it is made of: all older.
    sources: Vec<u64>,
    /// Somebody took its trust away, or that of something it is made of.
    invalid: bool,
}

/// What an invalidation reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The calls, oldest first.
    pub calls: Vec<CallId>,
    /// The sessions that they belong to.
    pub sessions: HashSet<SessionId>,
}

impl Graph {
    /// Nothing is known of anybody.
    #[must_use]
    pub fn new() -> Self {
        Self {
            parties: HashMap::new(),
            steps: VecDeque::new(),
            oldest: 0,
            by_call: HashMap::new(),
            agents: HashMap::new(),
            invalid: HashMap::new(),
        }
    }

    /// A call was judged. How its principal behaved in the minute that is now over, where that is out of what it does.
    pub fn made(&mut self, made: Made<'_>) -> Option<Anomaly> {
        if self.by_call.contains_key(&made.call) {
            // It was judged before, and waited for somebody.
            return None;
        }
        if self.agents.len() >= MOST_PARTIES && !self.agents.contains_key(made.principal) {
            self.agents.retain(|_, behaviour| behaviour.is_recent(made.time));
        }
        let anomaly = (self.agents.len() < MOST_PARTIES || self.agents.contains_key(made.principal))
            .then(|| {
                self.agents.entry(Arc::clone(made.principal)).or_insert_with(Behaviour::new).count(&made)
            })
            .flatten();
        if self.steps.len() >= MOST_STEPS
            && let Some(gone) = self.steps.pop_front()
        {
            self.by_call.remove(&gone.call);
            self.oldest += 1;
        }
        let number = self.oldest + self.steps.len() as u64;
        let sources: Vec<u64> = made
            .sources
            .iter()
            .filter_map(|call| self.by_call.get(call).copied())
            .take(MOST_SOURCES)
            .collect();
        let step = Step {
            call: made.call,
            session: made.session,
            time: made.time,
            principal: Arc::clone(made.principal),
            tool: made.tool.map(|(server, tool)| (server.clone(), Arc::clone(tool))),
            invalid: false,
            sources,
        };
        let invalid = self.is_hit(&step) || step.sources.iter().any(|source| self.is_invalid_step(*source));
        self.by_call.insert(made.call, number);
        self.steps.push_back(Step { invalid, ..step });
        anomaly
    }

    /// A sign was seen of a party.
    pub fn sign(&mut self, party: &Party, sign: Sign, now: Timestamp) {
        if self.parties.len() >= MOST_PARTIES && !self.parties.contains_key(party) {
            // Of whom nothing is known any more the base is expected anyway.
            self.parties.retain(|_, standing| standing.weights(now).1 > 0.01);
            if self.parties.len() >= MOST_PARTIES {
                return;
            }
        }
        self.parties.entry(party.clone()).or_insert_with(|| Standing::new(now)).add(sign, now);
    }

    /// The server and tool that a call went to.
    #[must_use]
    pub fn tool_of(&self, call: CallId) -> Option<(&ServerName, &Arc<str>)> {
        self.step_of(call)?.tool.as_ref().map(|(server, tool)| (server, tool))
    }

    /// How much a party is trusted now. A call as the least trusted of who made it, where it went and what it is made of.
    #[must_use]
    pub fn trust(&self, party: &Party, now: Timestamp) -> Trust {
        match party {
            Party::Principal(_) | Party::Server(_) => self.own(party, now),
            Party::Tool(server, _) => self.own(party, now).min(self.own(&Party::Server(server.clone()), now)),
            Party::Call(call) => {
                let behind = self.behind(*call);
                behind.iter().map(|step| self.of_step(step, now)).min().unwrap_or(Trust::WHOLE)
            }
        }
    }

    /// How much a call that is about to be made is trusted.
    #[must_use]
    pub fn of_call(
        &self,
        principal: &Arc<str>,
        tool: Option<(&ServerName, &str)>,
        sources: &[CallId],
        now: Timestamp,
    ) -> Trust {
        let by = self.trust(&Party::Principal(Arc::clone(principal)), now);
        let to = tool.map(|(server, tool)| self.trust(&Party::Tool(server.clone(), tool.into()), now));
        let from = sources.iter().map(|call| self.trust(&Party::Call(*call), now));
        from.chain(to).fold(by, Trust::min)
    }

    /// Takes all trust away from a party and all that was made of what it gave; the calls that are reached only now.
    pub fn invalidate(&mut self, party: Party, since: Option<Timestamp>) -> Reached {
        self.invalid.insert(party, since);
        self.spread()
    }

    /// What taking the trust of a party away would reach now.
    #[must_use]
    pub fn would_reach(&self, party: &Party, since: Option<Timestamp>) -> Reached {
        let mut reached = Reached { calls: Vec::new(), sessions: HashSet::new() };
        let mut numbers: HashSet<u64> = HashSet::new();
        for (at, step) in self.steps.iter().enumerate().filter(|(_, step)| !step.invalid) {
            if hits(party, since, step) || step.sources.iter().any(|source| numbers.contains(source)) {
                numbers.insert(self.oldest + at as u64);
                reached.calls.push(step.call);
                reached.sessions.insert(step.session);
            }
        }
        reached
    }

    /// Gives it back: signs and behaviour of the party are forgotten.
    pub fn restore(&mut self, party: &Party) {
        self.invalid.remove(party);
        self.parties.remove(party);
        if let Party::Principal(name) = party {
            self.agents.remove(name);
        }
        for step in &mut self.steps {
            step.invalid = false;
        }
        self.spread();
    }

    /// Walks the calls, oldest first: what one is made of is always older than it.
    fn spread(&mut self) -> Reached {
        let mut reached = Reached { calls: Vec::new(), sessions: HashSet::new() };
        for at in 0..self.steps.len() {
            let Some(step) = self.steps.get(at).filter(|step| !step.invalid) else { continue };
            if self.is_hit(step) || step.sources.iter().any(|source| self.is_invalid_step(*source)) {
                reached.calls.push(step.call);
                reached.sessions.insert(step.session);
                if let Some(step) = self.steps.get_mut(at) {
                    step.invalid = true;
                }
            }
        }
        reached
    }

    /// A call whose result, or what it was made of, was invalidated.
    #[must_use]
    pub fn is_invalid_call(&self, call: CallId) -> bool {
        self.step_of(call).is_some_and(|step| step.invalid)
    }

    /// Somebody whose trust was taken away.
    #[must_use]
    pub fn is_invalid(&self, party: &Party) -> bool {
        self.invalid.contains_key(party)
            || matches!(party, Party::Tool(server, _) if self.invalid.contains_key(&Party::Server(server.clone())))
    }

    /// True where nobody's trust was taken away.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.invalid.is_empty()
    }

    fn own(&self, party: &Party, now: Timestamp) -> Trust {
        if self.is_invalid(party) {
            return Trust::NONE;
        }
        self.parties.get(party).map_or(Standing::UNKNOWN, |standing| standing.trust(now))
    }

    fn of_step(&self, step: &Step, now: Timestamp) -> Trust {
        if step.invalid {
            return Trust::NONE;
        }
        let by = self.own(&Party::Principal(Arc::clone(&step.principal)), now);
        let to = step.tool.as_ref().map_or(Trust::WHOLE, |(server, tool)| {
            self.trust(&Party::Tool(server.clone(), Arc::clone(tool)), now)
        });
        by.min(to)
    }

    /// A call and what it is made of, itself first, nearest before farther.
    fn behind(&self, call: CallId) -> Vec<&Step> {
        let mut found = Vec::new();
        let mut next: VecDeque<u64> = self.by_call.get(&call).copied().into_iter().collect();
        let mut seen: HashSet<u64> = next.iter().copied().collect();
        while let Some(number) = next.pop_front().filter(|_| found.len() < MOST_BEHIND) {
            let Some(step) = self.step(number) else { continue };
            found.push(step);
            next.extend(step.sources.iter().copied().filter(|source| seen.insert(*source)));
        }
        found
    }

    fn is_hit(&self, step: &Step) -> bool {
        !self.invalid.is_empty() && self.invalid.iter().any(|(party, since)| hits(party, *since, step))
    }

    fn is_invalid_step(&self, number: u64) -> bool {
        self.step(number).is_some_and(|step| step.invalid)
    }

    fn step(&self, number: u64) -> Option<&Step> {
        self.steps.get(usize::try_from(number.checked_sub(self.oldest)?).ok()?)
    }

    fn step_of(&self, call: CallId) -> Option<&Step> {
        self.step(*self.by_call.get(&call)?)
    }
}

/// True for a step that a party whose trust is taken away took part in, from then on.
fn hits(party: &Party, since: Option<Timestamp>, step: &Step) -> bool {
    let is_it = matches!(party, Party::Call(call) if *call == step.call) || is_of(party, step);
    is_it && since.is_none_or(|since| step.time >= since)
}

fn is_of(party: &Party, step: &Step) -> bool {
    match party {
        Party::Principal(name) => *name == step.principal,
        Party::Server(server) => step.tool.as_ref().is_some_and(|(of, _)| of == server),
        Party::Tool(server, tool) => {
            step.tool.as_ref().is_some_and(|(of, name)| of == server && name == tool)
        }
        Party::Call(_) => false,
    }
}

#[cfg(test)]
mod tests;
