//! Whom the kernel trusts: the trust graphs of all realms, which follow the journal.
//!
//! Must never know what does not stand in the journal: each entry that is written is taken in, and those that state depends on
//! are taken in again at the next start.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use ringfence_flow::{FEATURES, Graph, HALF_LIFE_S, Known, Made};
use ringfence_model::approval::Answer;
use ringfence_model::call::{Action, ActionKind, Call};
use ringfence_model::control::TrustAnswer;
use ringfence_model::effect::Effect;
use ringfence_model::entry::{CallOutcome, Entry, EntryBody, OutcomeKind, Ruling};
use ringfence_model::finding::{Category, Severity};
use ringfence_model::id::{ApprovalId, CallId, Timestamp};
use ringfence_model::label::{Integrity, Label};
use ringfence_model::name::Realm;
use ringfence_model::problem::{Problem, ProblemKind};
use ringfence_model::provenance::{Provenance, Word};
use ringfence_model::trust::{Invalidated, Party, Seen, Sign, Trust};
use ringfence_model::verdict::{Code, Decision};
use serde_json::{Value, json};

use crate::call::Request;
use crate::kernel::Kernel;

/// Most requests for approval whose principal is remembered.
const MOST_ASKED: usize = 4_096;
/// Most calls that `explain` lists on each side.
const MOST_SHOWN: usize = 100;

/// The trust of all realms.
#[derive(Debug)]
pub(crate) struct Trusts {
    state: Mutex<State>,
    /// Nobody's trust was ever taken away.
    calm: AtomicBool,
}

#[derive(Debug)]
struct State {
    graphs: HashMap<Realm, Graph>,
    asked: HashMap<ApprovalId, (Realm, Arc<str>)>,
}

impl Trusts {
    pub(crate) fn new() -> Self {
        let state = State { graphs: HashMap::new(), asked: HashMap::new() };
        Self { state: Mutex::new(state), calm: AtomicBool::new(true) }
    }

    /// Takes in an entry; what it shows that lowers trust and stands nowhere yet.
    pub(crate) fn follow(&self, entry: &Entry) -> Vec<Seen> {
        match &entry.body {
            EntryBody::Ruling(ruling) if is_of_an_agent(ruling.action) => {
                self.state.lock().judged(ruling, entry.time)
            }
            EntryBody::Outcome(outcome) => self.state.lock().ended(outcome, entry.time),
            EntryBody::TrustLowered(seen) => {
                self.state.lock().graph(&seen.realm).sign(&seen.party, seen.sign, entry.time);
                Vec::new()
            }
            EntryBody::PinHeld(held) => {
                let party = Party::Server(held.of.server.clone());
                self.state.lock().graph(&held.of.realm).sign(&party, Sign::Held, entry.time);
                Vec::new()
            }
            EntryBody::ApprovalRequested(request) => {
                let mut state = self.state.lock();
                if state.asked.len() < MOST_ASKED {
                    state.asked.insert(request.id, (request.realm.clone(), Arc::clone(&request.principal)));
                }
                Vec::new()
            }
            EntryBody::ApprovalAnswered(answer) => {
                let mut state = self.state.lock();
                if let Some((realm, principal)) = state.asked.remove(&answer.approval)
                    && answer.answer == Answer::Deny
                {
                    state.graph(&realm).sign(&Party::Principal(principal), Sign::Refused, entry.time);
                }
                Vec::new()
            }
            EntryBody::TrustInvalidated(answer) => {
                let mut state = self.state.lock();
                let graph = state.graph(&answer.realm);
                if answer.restored {
                    graph.restore(&answer.party);
                } else {
                    graph.invalidate(answer.party.clone(), answer.since);
                }
                let calm = state.graphs.values().all(Graph::is_calm);
                self.calm.store(calm, Ordering::Release);
                Vec::new()
            }
            EntryBody::Ruling(_)
            | EntryBody::Opened { .. }
            | EntryBody::Closed
            | EntryBody::PolicyLoaded { .. }
            | EntryBody::PolicyRejected { .. }
            | EntryBody::SessionOpened { .. }
            | EntryBody::FloorRaised { .. }
            | EntryBody::StoreTainted { .. }
            | EntryBody::ServerOpening { .. }
            | EntryBody::Aggregate { .. }
            | EntryBody::Operator { .. }
            | EntryBody::Pinned(_)
            | EntryBody::WitnessDisagrees { .. }
            | EntryBody::SessionErased { .. }
            | EntryBody::PinAnswered(_) => Vec::new(),
        }
    }

    fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Acquire)
    }

    /// Whose trust an operator took away, of those that a call needs.
    pub(crate) fn refuses(&self, call: &Call) -> Option<Party> {
        if self.is_calm() || matches!(call.action, Action::Operate { .. }) {
            return None;
        }
        let state = self.state.lock();
        let graph = state.graphs.get(&call.principal.realm)?;
        let server = call.action.server();
        let tool = match &call.action {
            Action::CallTool { server, tool, .. } => Some(Party::Tool(server.clone(), Arc::clone(tool))),
            Action::ReadResource { .. }
            | Action::GetPrompt { .. }
            | Action::Complete { .. }
            | Action::List { .. }
            | Action::Greet { .. }
            | Action::Listen { .. }
            | Action::SetLogLevel { .. }
            | Action::Subscribe { .. }
            | Action::Unsubscribe { .. }
            | Action::RootsChanged { .. }
            | Action::Task { .. }
            | Action::Ask { .. }
            | Action::Notify { .. }
            | Action::Operate { .. } => None,
        };
        let principal = Party::Principal(Arc::clone(&call.principal.name));
        let parties = [Some(principal), server.cloned().map(Party::Server), tool];
        parties.into_iter().flatten().find(|party| graph.is_invalid(party))
    }

    /// What came out of a call that was invalidated since is a stranger's, whatever it was.
    pub(crate) fn doubt(&self, realm: &Realm, provenance: &mut Provenance) {
        if self.is_calm() {
            return;
        }
        let state = self.state.lock();
        let Some(graph) = state.graphs.get(realm) else { return };
        for value in &mut provenance.values {
            let mut doubted = false;
            for source in value.sources.iter_mut().filter(|source| graph.is_invalid_call(source.call)) {
                source.label.integrity = Integrity::Untrusted;
                doubted = true;
            }
            if doubted {
                value.word = Word::Untrusted;
                value.label.integrity = Integrity::Untrusted;
            }
        }
    }

    /// How much a call is trusted.
    pub(crate) fn of_call(&self, call: &Call, provenance: &Provenance, now: Timestamp) -> Trust {
        let state = self.state.lock();
        let Some(graph) = state.graphs.get(&call.principal.realm) else {
            return Graph::new().of_call(&call.principal.name, None, &[], now);
        };
        let tool = call.action.server().map(|server| (server, call.action.target()));
        graph.of_call(&call.principal.name, tool, &sources(provenance), now)
    }

    /// Everybody of whom anything is known, the least trusted first.
    pub(crate) fn show(&self, realm: &Realm, now: Timestamp) -> Vec<Value> {
        let state = self.state.lock();
        state.graphs.get(realm).map(|graph| graph.all(now).iter().map(shown).collect()).unwrap_or_default()
    }

    fn explain(&self, realm: &Realm, party: &Party, now: Timestamp) -> Value {
        let mut state = self.state.lock();
        let graph = state.graph(realm);
        let known = graph.known(party, now);
        let mut value = shown(&known);
        if let Value::Object(members) = &mut value {
            members.insert("half_life_s".into(), HALF_LIFE_S.into());
            members.insert("raised".into(), json!(known.raised));
            members.insert("lowered".into(), json!(known.lowered));
            members.insert("base".into(), json!(ringfence_flow::BASE));
            members.insert("behind".into(), json!(graph.before(party, MOST_SHOWN)));
            members.insert("ahead".into(), json!(graph.after(party, MOST_SHOWN)));
            if let Party::Principal(name) = party
                && let Some(behaviour) = graph.behaviour(name)
            {
                let medians: serde_json::Map<String, Value> = FEATURES
                    .iter()
                    .zip(behaviour.medians())
                    .map(|(name, of)| ((*name).to_owned(), json!(of)))
                    .collect();
                members
                    .insert("behaviour".into(), json!({"minutes": behaviour.minutes(), "median": medians}));
            }
        }
        value
    }

    /// What an invalidation would reach now: the calls, and the sessions that have read their results.
    fn reach(&self, answer: &Invalidated) -> ringfence_flow::Reached {
        self.state.lock().graph(&answer.realm).would_reach(&answer.party, answer.since)
    }
}

impl State {
    fn graph(&mut self, realm: &Realm) -> &mut Graph {
        self.graphs.entry(realm.clone()).or_insert_with(Graph::new)
    }

    fn judged(&mut self, ruling: &Ruling, time: Timestamp) -> Vec<Seen> {
        let denied = ruling.verdict.decision == Decision::Deny || ruling.code == Some(Code::Denied);
        let effects = ruling.effects.map(|(effects, _)| effects);
        let made = Made {
            call: ruling.call,
            session: ruling.session,
            time,
            principal: &ruling.principal,
            tool: ruling.server.as_ref().map(|server| (server, &ruling.target)),
            sources: sources(&ruling.provenance),
            denied,
            leaves: effects
                .is_some_and(|known| known.contains(Effect::Send) || known.contains(Effect::Network)),
        };
        let graph = self.graph(&ruling.realm);
        let anomaly = graph.made(made);
        let of = |party, sign| Seen { realm: ruling.realm.clone(), party, sign, call: Some(ruling.call) };
        let mut seen = Vec::new();
        if anomaly.is_some() {
            seen.push(of(Party::Principal(Arc::clone(&ruling.principal)), Sign::Anomaly));
        }
        // Only what was stopped for good: who confirms it says that it was no attack.
        let steered = ruling.provenance.steered_by().filter(|origin| denied && origin.word >= Word::Near);
        if let Some(source) = steered.and_then(|origin| origin.sources.first())
            && let Some((server, tool)) = graph.tool_of(source.call)
        {
            seen.push(of(Party::Tool(server.clone(), Arc::clone(tool)), Sign::Steered));
        }
        seen
    }

    fn ended(&mut self, outcome: &CallOutcome, time: Timestamp) -> Vec<Seen> {
        for (realm, graph) in &mut self.graphs {
            let Some((server, tool)) = graph.tool_of(outcome.call) else { continue };
            let party = Party::Tool(server.clone(), Arc::clone(tool));
            let orders = outcome.findings.iter().any(|finding| {
                finding.category == Category::Injection && finding.severity >= Severity::Medium
            });
            if orders {
                return vec![Seen {
                    realm: realm.clone(),
                    party,
                    sign: Sign::Orders,
                    call: Some(outcome.call),
                }];
            }
            if outcome.outcome == OutcomeKind::Ok {
                graph.sign(&party, Sign::Served, time);
            }
        }
        Vec::new()
    }
}

impl Kernel {
    /// All that bears on somebody's trust.
    pub(crate) fn explain_trust(&self, request: &Request) -> Result<Value, Problem> {
        let named = request.params.value().get("party").and_then(|party| party.as_str());
        let party: Party = named.unwrap_or_default().parse().map_err(|error| bad(&error))?;
        Ok(self.trust.explain(&request.call.principal.realm, &party, self.env.now()))
    }

    /// An operator takes trust away or gives it back: into the journal, then in force. Sessions that read what is doubted now
    /// have read a stranger.
    pub(crate) fn answer_trust(&self, request: &Request) -> Result<Value, Problem> {
        let by = &request.call.principal;
        if !by.may(ringfence_model::principal::Scope::Operate) {
            let message = "only an operator takes trust away or gives it back";
            return Err(Problem::new(ProblemKind::Denied, "operator-credential", message));
        }
        let given: TrustAnswer =
            serde_json::from_str(request.params.as_str()).map_err(|error| bad(&error))?;
        let answer = Invalidated {
            realm: by.realm.clone(),
            party: given.party.clone(),
            since: given.since,
            reason: self.scrub(&given.reason),
            principal: Arc::clone(by),
            attested: by.is_attested(),
            restored: given.restored,
        };
        let reached = if given.restored { None } else { Some(self.trust.reach(&answer)) };
        let now = self.env.now();
        self.record(&Entry::at(now, EntryBody::TrustInvalidated(Box::new(answer))))
            .map_err(|error| unwritten(&error))?;
        let mut sessions = 0;
        for id in reached.iter().flat_map(|reached| &reached.sessions) {
            let call =
                reached.as_ref().and_then(|reached| reached.calls.last()).copied().unwrap_or(request.call.id);
            let doubted = Label { integrity: Integrity::Untrusted, ..Label::FRESH };
            if let Some(floor) = self.sessions.get(*id).and_then(|session| session.raise(doubted)) {
                let body = EntryBody::FloorRaised { session: *id, floor, call };
                self.record(&Entry::at(now, body)).map_err(|error| unwritten(&error))?;
            }
            sessions += 1;
        }
        let calls: Vec<CallId> = reached.map(|reached| reached.calls).unwrap_or_default();
        Ok(json!({
            "party": given.party,
            "restored": given.restored,
            "reached": calls,
            "sessions": sessions,
            "attested": by.is_attested(),
        }))
    }
}

/// What an agent does to servers, and not what carries it.
const fn is_of_an_agent(action: ActionKind) -> bool {
    match action {
        ActionKind::CallTool | ActionKind::ReadResource | ActionKind::GetPrompt | ActionKind::Complete => {
            true
        }
        ActionKind::List
        | ActionKind::Greet
        | ActionKind::Listen
        | ActionKind::SetLogLevel
        | ActionKind::Subscribe
        | ActionKind::Unsubscribe
        | ActionKind::RootsChanged
        | ActionKind::Task
        | ActionKind::Elicit
        | ActionKind::Sample
        | ActionKind::ListRoots
        | ActionKind::Notify
        | ActionKind::Operate => false,
    }
}

/// The calls that the arguments are made of.
fn sources(provenance: &Provenance) -> Vec<CallId> {
    let mut calls: Vec<CallId> =
        provenance.values.iter().flat_map(|value| value.sources.iter().map(|source| source.call)).collect();
    calls.sort_unstable();
    calls.dedup();
    calls
}

fn shown(known: &Known) -> Value {
    let mut value = json!({
        "party": known.party,
        "trust": known.trust,
        "level": if known.invalidated { "invalidated" } else { known.trust.level() },
        "invalidated": known.invalidated,
        "signs": known.signs,
    });
    if let (Some(anomaly), Value::Object(members)) = (known.anomaly, &mut value) {
        let of = json!({
            "score": anomaly.score,
            "feature": anomaly.feature,
            "value": anomaly.value,
            "median": anomaly.median,
        });
        members.insert("anomaly".into(), of);
    }
    value
}

fn bad(error: &dyn std::error::Error) -> Problem {
    let hint = "`ringfence trust show` names who is known; a party is SERVER, SERVER/TOOL, call:ID or principal:NAME";
    Problem::new(ProblemKind::User, "party", error.to_string()).hint(hint)
}

fn unwritten(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a decision about trust could not be recorded");
    Problem::new(ProblemKind::Internal, "internal", "the journal cannot be written; nothing was changed")
}
