//! The kernel: one per data directory. Owns the journal, the sessions, the upstream servers and the policy in force.
//!
//! Must never have an effect that is not a [`crate::call`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use indexmap::IndexMap;
use parking_lot::Mutex;
use ringfence_detect::injection::Context;
use ringfence_detect::secret::SecretScanner;
use ringfence_detect::{DetectorError, Detectors, Message, PersonalData};
use ringfence_flow::Lexicon;
use ringfence_identity::{KeysError, SealingKeys, SessionKeys};
use ringfence_journal::{Journal, JournalError, Options, SEGMENT};
use ringfence_mcp::seal::{Sealer, SealingKey};
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::call::Listing;
use ringfence_model::config::{Config, Durability, Limits};
use ringfence_model::entry::{CallOutcome, Entry, EntryBody, OutcomeKind};
use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::id::{SessionId, Timestamp};
use ringfence_model::json::JsonText;
use ringfence_model::pin::PinLock;
use ringfence_model::principal::Principal;
use ringfence_policy::PolicySet;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::announce::Announcer;
use crate::approvals::Approvals;
use crate::audit::Audit;
use crate::builtin::Builtin;
use crate::call::{self, Released, Request};
use crate::commitments;
use crate::counters::Counters;
use crate::digest::ValueDigest;
use crate::env::{Env, NoRandomness};
use crate::errands::Errands;
use crate::ledger::{Ledger, LedgerError};
use crate::limits::{Floods, Once, Rates, Tallies};
use crate::parking::Parking;
use crate::pins::Pins;
use crate::remembered::Remembered;
use crate::session::{Remembering, Session, SessionKey, Sessions, TooManySessions};
use crate::stores::Stores;
use crate::tasks::Tasks;
use crate::trust::Trusts;
use crate::upstream::{BadServer, Upstreams};

/// Most characters of a URI or name that the journal keeps.
const MOST_OF_TARGET: usize = 1_024;

/// Most characters of what a server wrote beside its messages that is shown.
const MOST_WORDS: usize = 4_096;

/// How long the servers of a session stay that no connection holds while its client lives: it may be starting a shim anew.
const LINGERS: Duration = Duration::from_secs(60);

/// How often housekeeping runs.
const TEND: Duration = Duration::from_secs(1);

/// The kernel.
pub struct Kernel {
    /// Clock, ids, chance.
    pub env: Env,
    /// Bounds.
    pub limits: Limits,
    /// All sessions.
    pub sessions: Sessions,
    /// All upstream servers.
    pub upstreams: Upstreams,
    /// Our own tools by name.
    pub builtins: IndexMap<&'static str, Arc<dyn Builtin>>,
    /// Seals what clients carry for us.
    pub sealer: Sealer,
    /// What was recorded, to be asked.
    pub audit: Audit,
    /// Calls that wait for somebody other than the caller.
    pub approvals: Approvals,
    pub(crate) announcer: Announcer,
    pub(crate) detectors: Detectors,
    pub(crate) stores: Stores,
    pub(crate) trust: Trusts,
    pub(crate) lists: Lists,
    /// In force for calls admitted from now on; each call keeps the one that it was admitted under.
    pub(crate) policy: ArcSwap<PolicySet>,
    /// Why the policy on disk is not the one in force, where it is not.
    pub(crate) rejected: Mutex<Option<String>>,
    pub(crate) waiting: Mutex<Waiting>,
    /// The detectors look for personal data.
    looks_for_personal_data: bool,
    pub(crate) pins: Pins,
    pub(crate) rates: Rates,
    pub(crate) tallies: Tallies,
    pub(crate) used_states: Once,
    pub(crate) parking: Parking,
    pub(crate) tasks: Tasks,
    /// Questions that clients go on with.
    pub(crate) errands: Errands,
    pub(crate) floods: Floods,
    pub(crate) counters: Counters,
    pub(crate) base_environment: Vec<(String, String)>,
    /// Where servers and their processes live: threads of connections come and go.
    pub(crate) runtime: Handle,
    pub(crate) session_keys: Mutex<SessionKeys>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) ledger: Ledger,
    pub(crate) durability: Durability,
    data_dir: PathBuf,
}

/// A changed policy, where an operator has to let it come into force.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// Read from disk, not in force.
    pub(crate) policy: Option<PolicySet>,
    /// Digest of the one that an operator has let in before it was read.
    accepted: Option<String>,
}

/// What was made of the lists seen last: what detectors see in them, their form for a client, the digests of those.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) inspected: Remembered<Option<Context>, Message>,
    pub(crate) shown: Remembered<(Listing, ProtocolVersion), JsonText>,
    pub(crate) digests: Remembered<(), ValueDigest>,
}

impl Lists {
    const fn new() -> Self {
        Self { inspected: Remembered::new(), shown: Remembered::new(), digests: Remembered::new() }
    }
}

/// What a kernel is made of.
pub struct Parts {
    /// The configuration in force.
    pub config: Config,
    /// The policy in force.
    pub policy: PolicySet,
    /// The definitions of servers that are accepted, in place of trust on first sight.
    pub lock: Option<PinLock>,
    /// The data directory.
    pub data_dir: PathBuf,
    /// Our own tools.
    pub builtins: Vec<Arc<dyn Builtin>>,
    /// The environment of server processes, but for what their entries name.
    pub base_environment: Vec<(String, String)>,
    /// Clock, ids, chance.
    pub env: Env,
}

/// Why a kernel does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What the journal's key has signed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The sealing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// An upstream server.
    #[error(transparent)]
    Server(#[from] BadServer),
    /// The detection rules.
    #[error(transparent)]
    Rules(#[from] DetectorError),
    /// No randomness.
    #[error(transparent)]
    Env(#[from] NoRandomness),
}

impl Kernel {
    /// Opens the journal, closes what an earlier kernel left open, records the policy.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub fn start(parts: Parts) -> Result<Arc<Self>, StartError> {
        let Parts { config, policy, lock, data_dir, builtins, base_environment, env } = parts;
        let mut log_id = [0; 16];
        env.fill(&mut log_id)?;
        let options = Options { durability: config.journal.durability, log_id, segment: SEGMENT };
        let mut approvals = Approvals::new();
        let (mut tainted, mut erased) = (Vec::new(), BTreeSet::new());
        let pins = Pins::new(lock);
        let (rates, tallies) = (Rates::new(config.limits.rate), Tallies::new());
        let trust = Trusts::new();
        let mut latest = Timestamp(0);
        let (journal, recovered) = Journal::replay(&data_dir.join("journal"), options, &mut |entry| {
            approvals.restore(entry);
            pins.restore(entry);
            trust.follow(entry);
            latest = latest.max(entry.time);
            if let EntryBody::Ruling(ruling) = &entry.body {
                rates.restore(ruling, entry.time);
                tallies.restore(ruling, entry.time);
            }
            if let EntryBody::StoreTainted { realm, server, label, .. } = &entry.body {
                tainted.push((realm.clone(), server.clone(), *label));
            }
            if let EntryBody::SessionErased { session, .. } = &entry.body {
                erased.insert(*session);
            }
        })?;
        approvals.note(latest);
        let journal = Arc::new(journal);
        // Before anything is added to it.
        let keys_dir = data_dir.join("keys");
        let ledger = Ledger::open(Arc::clone(&journal), &config.journal, &keys_dir, &env)?;
        let session_keys = commitments::session_keys(&keys_dir, &erased, &mut approvals)?;
        let now = env.now();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        journal.append(&Entry::at(now, EntryBody::Opened { version, recovered: recovered.torn }))?;
        for open in &recovered.open {
            journal.append(&Entry::at(now, unknown_end(open.call)))?;
        }
        journal.append(&Entry::at(now, loaded(&policy)))?;
        let mut filled = Ok(());
        let keys = SealingKeys::load_or_create(&keys_dir, &mut |bytes| {
            filled = filled.and(env.fill(bytes));
        })?;
        filled?;
        let mut seed = [0; 8];
        env.fill(&mut seed)?;
        let seed = u64::from_le_bytes(seed);
        let lexicon = Arc::new(Lexicon::new());
        let remembering =
            Remembering { most: config.limits.provenance.0, seed, lexicon: Arc::clone(&lexicon) };
        let sessions = Sessions::new(config.limits.sessions, config.limits.session_idle.0, remembering);
        sessions.inherit(&recovered.floors, now);
        let stores = Stores::new(seed, lexicon);
        for (realm, server, label) in tainted {
            stores.inherit(realm, server, label);
        }
        let audit = Audit::new(&data_dir, Arc::clone(&journal));
        let detectors = detectors(&config, PersonalData::wanted(policy.needs().personal_data))?;
        let limits = config.limits;
        Ok(Arc::new(Self {
            sessions,
            upstreams: Upstreams::new(&config.servers, limits.conversations)?,
            builtins: builtins.into_iter().map(|tool| (tool.name(), tool)).collect(),
            sealer: sealer(keys),
            audit,
            approvals,
            announcer: Announcer::new(),
            detectors,
            pins,
            stores,
            trust,
            lists: Lists::new(),
            looks_for_personal_data: policy.needs().personal_data,
            policy: ArcSwap::from_pointee(policy),
            rejected: Mutex::new(None),
            waiting: Mutex::new(Waiting { policy: None, accepted: None }),
            rates,
            tallies,
            used_states: Once::new(limits.person.0),
            parking: Parking::new(limits.person.0),
            tasks: Tasks::new(),
            errands: Errands::default(),
            floods: Floods::new(),
            counters: Counters::new(),
            base_environment,
            runtime: Handle::current(),
            session_keys: Mutex::new(session_keys),
            journal,
            ledger,
            durability: config.journal.durability,
            data_dir,
            limits,
            env,
        }))
    }

    /// Runs one call along the path.
    pub async fn run(self: &Arc<Self>, request: Request) -> Released {
        // On the heap: those who wait for it are moved about, and would be ten times as large with it in them.
        Box::pin(call::run(self, request)).await
    }

    /// The session of this principal and key; recorded where it is new.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn session(
        &self,
        principal: &Arc<Principal>,
        key: SessionKey,
        claimed: Option<String>,
    ) -> Result<Arc<Session>, SessionError> {
        let now = self.env.now();
        let fresh = self.env.session_id();
        let key = match key {
            SessionKey::Conversation(_) => SessionKey::Conversation(fresh),
            SessionKey::ClientProcess { .. } | SessionKey::Principal => key,
        };
        let (session, new) = self.sessions.obtain(principal, key, fresh, now, claimed.clone())?;
        if new {
            let body = EntryBody::SessionOpened {
                session: session.id,
                principal: Arc::clone(principal),
                claimed,
                floor: session.floor(),
            };
            let kept = self.secret(&session).map(drop);
            if let Err(error) = kept.and_then(|()| self.record(&Entry::at(now, body))) {
                self.sessions.end(session.id, now);
                return Err(error.into());
            }
        }
        Ok(session)
    }

    /// Ends a session and the conversations that were only its.
    pub fn end_session(&self, id: SessionId) {
        let now = self.env.now();
        self.sessions.end(id, now);
        self.parking.sweep(now, |session| self.sessions.holds(session));
        self.tasks.sweep(now, |session| self.sessions.holds(session));
        self.errands.sweep(now, |session| self.sessions.holds(session));
        self.upstreams.sweep(now, self.limits.session_idle.0, |session| self.sessions.holds(session));
    }

    /// Counts something refused before it became a call, e.g. a request without a right to be here.
    pub fn refused(&self, what: &'static str) {
        self.floods.count(what, None);
    }

    /// Records what an operator does. `attested` is false where no operator credential was set.
    ///
    /// # Errors
    /// [`JournalError`]: it may not be done.
    pub fn record_operator(
        &self,
        principal: &Arc<Principal>,
        verb: &str,
        attested: bool,
    ) -> Result<u64, JournalError> {
        let body = EntryBody::Operator { principal: Arc::clone(principal), verb: verb.to_owned(), attested };
        self.record(&Entry::at(self.env.now(), body))
    }

    /// A changed policy was read. Where an operator credential is set it waits until an operator lets it in
    /// ([`Self::accept`]): who can write the files need not be the operator. False where it is not in force now.
    ///
    /// # Errors
    /// [`JournalError`]: the old one stays in force.
    pub fn changed(&self, policy: PolicySet) -> Result<bool, JournalError> {
        let mut waiting = self.waiting.lock();
        waiting.policy = None;
        let known = self.policy.load().digest() == policy.digest();
        let let_in = waiting.accepted.as_deref() == Some(&**policy.digest());
        if known || let_in || !self.has_operator() {
            waiting.accepted = waiting.accepted.take().filter(|_| !let_in);
            return self.adopt(policy);
        }
        let digest = Arc::clone(policy.digest());
        waiting.policy = Some(policy);
        drop(waiting);
        self.reject(&format!("the changed policy {digest} waits for an operator: `ringfence policy load`"));
        Ok(false)
    }

    /// Lets the policy of this digest come into force: at once where it waits, else when it is read. True where it is in force.
    ///
    /// # Errors
    /// [`JournalError`]: the old one stays in force.
    pub(crate) fn accept(&self, digest: &str) -> Result<bool, JournalError> {
        let mut waiting = self.waiting.lock();
        if &**self.policy.load().digest() == digest {
            return Ok(true);
        }
        match waiting.policy.take() {
            Some(policy) if &**policy.digest() == digest => self.adopt(policy),
            other => {
                waiting.policy = other;
                waiting.accepted = Some(digest.to_owned());
                Ok(false)
            }
        }
    }

    /// Puts `policy` in force for every call that is admitted from now on; false where it is the one in force. Recorded
    /// first.
    ///
    /// # Errors
    /// [`JournalError`]: the old one stays in force.
    pub fn adopt(&self, policy: PolicySet) -> Result<bool, JournalError> {
        if policy.needs().personal_data && !self.looks_for_personal_data {
            self.reject(
                "its rules ask for personal data, which this kernel began without looking for: start it anew",
            );
            return Ok(false);
        }
        *self.rejected.lock() = None;
        if self.policy.load().digest() == policy.digest() {
            return Ok(false);
        }
        self.record(&Entry::at(self.env.now(), loaded(&policy)))?;
        self.policy.store(Arc::new(policy));
        Ok(true)
    }

    /// A policy could not be loaded: the old one stays in force, and log, journal and status say so.
    pub fn reject(&self, problem: &str) {
        let problem = self.scrub(problem);
        if self.rejected.lock().replace(problem.clone()).as_ref() == Some(&problem) {
            return;
        }
        tracing::error!("the changed policy does not load, the old one stays in force: {problem}");
        if let Err(error) = self.record(&Entry::at(self.env.now(), EntryBody::PolicyRejected { problem })) {
            tracing::error!(%error, "a policy that does not load could not be recorded");
        }
    }

    /// All detectors, as they are configured.
    #[must_use]
    pub const fn detectors(&self) -> &Detectors {
        &self.detectors
    }

    /// The scanner for credentials, compiled once.
    #[must_use]
    pub const fn secrets(&self) -> &SecretScanner {
        self.detectors.secrets()
    }

    /// What a server wrote beside its messages, as clients and the log may have it: without credentials and what is
    /// hidden, of a bounded length, and not at all where it reads like orders to a model.
    #[must_use]
    pub(crate) fn words(&self, text: &str) -> String {
        let end = text.char_indices().nth(MOST_WORDS).map_or(text.len(), |(end, _)| end);
        let clean = self.scrub(text.get(..end).unwrap_or_default());
        let clean = self.detectors.text_without_hidden(&clean, Context::ToolResult);
        let orders =
            |found: &Finding| found.category == Category::Injection && found.severity >= Severity::Medium;
        if self.detectors.text(&clean, Context::ToolResult).iter().any(orders) {
            return "[not shown: it reads like orders to a model]".into();
        }
        clean
    }

    /// A text with credentials blotted out.
    #[must_use]
    pub(crate) fn scrub(&self, text: &str) -> String {
        self.secrets().clean_text(text)
    }

    /// What answers a server's question, with credentials blotted out.
    #[must_use]
    pub(crate) fn clean(&self, answer: &JsonText) -> JsonText {
        self.secrets().clean_json(answer, &self.secrets().scan_json(answer))
    }

    /// A target as the journal keeps it: without credentials, and no longer than anybody reads.
    #[must_use]
    pub(crate) fn shown_target(&self, target: &str) -> Arc<str> {
        let clean = self.scrub(target);
        match clean.char_indices().nth(MOST_OF_TARGET) {
            Some((end, _)) => {
                let digest = crate::digest::hex(target.as_bytes());
                format!("{}… (sha256 {digest})", clean.get(..end).unwrap_or_default()).into()
            }
            None => clean.into(),
        }
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Housekeeping until `stop`: floods into the journal, idle sessions and conversations closed.
    pub async fn tend(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(TEND);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = ticks.tick() => self.tidy(),
            }
        }
    }

    fn tidy(&self) {
        let now = self.env.now();
        for body in self.floods.drain() {
            if let Err(error) = self.record(&Entry::at(now, body)) {
                tracing::error!(%error, "a count of refusals could not be recorded");
            }
        }
        self.sessions.sweep(now);
        let left = self.left_alone(now);
        self.approvals.sweep(now);
        self.parking.sweep(now, |session| self.sessions.holds(session));
        self.tasks.sweep(now, |session| self.sessions.holds(session));
        self.errands.sweep(now, |session| self.sessions.holds(session));
        let is_needed = |session| self.sessions.holds(session) && !left.contains(&session);
        self.upstreams.sweep(now, self.limits.session_idle.0, is_needed);
    }

    /// Sessions whose servers nobody waits for: the client's last shim is gone for a while. Where the client itself is gone,
    /// the session ends.
    fn left_alone(&self, now: Timestamp) -> Vec<SessionId> {
        let mut left = self.sessions.left_alone(now);
        left.retain(|left| {
            let lives = ringfence_identity::is_running(left.pid, left.started);
            if !lives {
                self.sessions.end(left.session, now);
            }
            lives && left.since > LINGERS && !self.tasks.are_open(left.session)
        });
        left.into_iter().map(|left| left.session).collect()
    }

    /// Ends all conversations and closes the journal in good order.
    pub async fn shut_down(&self) {
        self.tidy();
        self.parking.clear();
        self.upstreams.close().await;
        if let Err(error) = self.record(&Entry::at(self.env.now(), EntryBody::Closed)) {
            tracing::error!(%error, "the journal could not be closed in good order");
        }
        self.sign_last().await;
    }
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").finish_non_exhaustive()
    }
}

/// Why a session cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Too many.
    #[error(transparent)]
    TooMany(#[from] TooManySessions),
    /// It cannot be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The detectors of the path: as `config` says, with personal data where the policy asks for it; the servers' own origins
/// are no addresses inside.
///
/// # Errors
/// [`DetectorError`]: what `detect` of the configuration says does not hold.
pub fn detectors(config: &Config, wanted: PersonalData) -> Result<Detectors, DetectorError> {
    let urls = config.servers.values().filter_map(|server| server.url.as_deref());
    Ok(Detectors::new(&config.detect)?.serving(wanted, urls))
}

fn loaded(policy: &PolicySet) -> EntryBody {
    EntryBody::PolicyLoaded { digest: policy.digest().to_string(), rules: policy.len(), mode: policy.mode() }
}

fn sealer(keys: SealingKeys) -> Sealer {
    let key = |key: ringfence_identity::SealingKey| SealingKey { id: key.id, bytes: key.bytes };
    Sealer::new(key(keys.current), keys.previous.map(key))
}

/// The end of a call that an earlier kernel did not live to see.
fn unknown_end(call: ringfence_model::id::CallId) -> EntryBody {
    EntryBody::Outcome(Box::new(CallOutcome {
        call,
        outcome: OutcomeKind::Unknown,
        result: None,
        bytes: 0,
        findings: Vec::new(),
        redacted: 0,
        took_us: 0,
        code: None,
    }))
}
