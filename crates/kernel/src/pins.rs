//! Pins: which definitions of which server may be used. The first sight of a server is pinned; whatever it changes or adds
//! later, and what gives the model orders, is held until an operator says yes.
//!
//! The journal is the store: [`Pins::restore`] rebuilds all of it. Must never accept what could not be recorded.

mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use ringfence_detect::hidden::skeleton;
use ringfence_detect::injection::Context;
use ringfence_detect::names::{InDefinition, Likeness, Named, ToolDefinition, resemblances};
use ringfence_detect::{Detectors, Engine, Profile};
use ringfence_journal::JournalError;
use ringfence_model::call::Listing;
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::finding::{Finding, Severity, worst};
use ringfence_model::json::{Json, JsonText};
use ringfence_model::pin::{
    Because, Definition, PinAnswered, PinHeld, PinKind, PinLock, Pinned, PinnedServer, SeenList,
};
use serde::Serialize;

pub(crate) use server::Part;
use server::{Findings, Locked, ServerPins};

use crate::kernel::Kernel;

/// Bytes of a definition's text that are kept to be shown. A larger one is pinned by its digest alone: also with every
/// second byte escaped it fits into an entry of the journal.
const MOST_TEXT: usize = 24 << 10;

/// Bytes of all texts of one page that are kept.
const MOST_KEPT: usize = 4 << 20;

/// Most definitions of one page that are looked at; the others stay held.
const MOST_DEFINITIONS: usize = 10_000;

/// Bytes of definitions in one entry of the journal.
const MOST_IN_ENTRY: usize = MOST_TEXT;

/// All pins.
#[derive(Debug)]
pub(crate) struct Pins {
    servers: Mutex<BTreeMap<PinnedServer, ServerPins>>,
    lock: Option<PinLock>,
    /// Counts what has changed.
    generation: AtomicU64,
}

/// What `pins list` shows of one name.
#[derive(Debug, Serialize)]
pub(crate) struct PinReport {
    #[serde(flatten)]
    of: PinnedServer,
    kind: PinKind,
    name: Arc<str>,
    /// `pinned`, `held` or `rejected`.
    state: &'static str,
    /// Why it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'static str>,
    /// What may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Definition>,
    /// What is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<Definition>,
    /// Tools of other servers that its name may be taken for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resembles: Vec<String>,
}

impl Pins {
    pub(crate) const fn new(lock: Option<PinLock>) -> Self {
        Self { servers: Mutex::new(BTreeMap::new()), lock, generation: AtomicU64::new(0) }
    }

    /// Another number after anything has changed.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Takes in an entry of an earlier kernel.
    pub(crate) fn restore(&self, entry: &Entry) {
        let mut servers = self.servers.lock();
        match &entry.body {
            EntryBody::Pinned(pinned) => servers.entry(pinned.of.clone()).or_default().pinned(pinned),
            EntryBody::PinHeld(held) => servers.entry(held.of.clone()).or_default().held(held),
            EntryBody::PinAnswered(answer) => {
                servers.entry(answer.of.clone()).or_default().answered(answer);
            }
            EntryBody::Opened { .. }
            | EntryBody::Closed
            | EntryBody::PolicyLoaded { .. }
            | EntryBody::SessionOpened { .. }
            | EntryBody::FloorRaised { .. }
            | EntryBody::ServerOpening { .. }
            | EntryBody::Ruling(_)
            | EntryBody::Outcome(_)
            | EntryBody::Aggregate { .. }
            | EntryBody::Operator { .. }
            | EntryBody::ApprovalRequested(_)
            | EntryBody::ApprovalAnswered(_)
            | EntryBody::TrustLowered(_)
            | EntryBody::TrustInvalidated(_)
            | EntryBody::PolicyRejected { .. }
            | EntryBody::WitnessDisagrees { .. }
            | EntryBody::SessionErased { .. }
            | EntryBody::StoreTainted { .. } => {}
        }
    }

    /// Takes in a part of a server's list: what it comes to is recorded before it counts.
    ///
    /// # Errors
    /// [`JournalError`]: nothing of it is accepted.
    pub(crate) fn take_in(
        &self,
        kernel: &Kernel,
        of: &PinnedServer,
        list: SeenList,
        definitions: Vec<Definition>,
        part: Part,
    ) -> Result<(), JournalError> {
        let mut servers = self.servers.lock();
        let impostors = match list.kind {
            PinKind::Tool => impostors(kernel, &servers, of, &definitions),
            PinKind::Prompt | PinKind::Instructions => Vec::new(),
        };
        let locked = |name: &str| self.lock.as_ref()?.digest(&of.server, list.kind, name).cloned();
        let lock: Option<&Locked<'_>> = match self.lock {
            Some(_) => Some(&locked),
            None => None,
        };
        let server = servers.entry(of.clone()).or_default();
        let impostor = |name: &str| impostors.iter().any(|known| **known == *name);
        let Findings { accepted, held, complete } = server.judge(list, definitions, part, lock, &impostor);
        if !accepted.is_empty() || complete.is_some() {
            for (definitions, is_last) in in_entries(accepted) {
                let complete = complete.filter(|_| is_last).into_iter().collect();
                let pinned = Pinned { of: of.clone(), definitions, complete };
                kernel.record(&Entry::at(kernel.env.now(), EntryBody::Pinned(Box::new(pinned.clone()))))?;
                server.pinned(&pinned);
            }
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
        for (definition, because) in held {
            let (kind, name) = (definition.kind.as_str(), Arc::clone(&definition.name));
            tracing::warn!(server = %of.server, kind, %name, because = because.as_str(), "a definition is held");
            let held = PinHeld { of: of.clone(), definition, because };
            kernel.record(&Entry::at(kernel.env.now(), EntryBody::PinHeld(Box::new(held.clone()))))?;
            server.held(&held);
        }
        Ok(())
    }

    /// None where a definition may be used, else why not.
    pub(crate) fn refusal(
        &self,
        of: &PinnedServer,
        kind: PinKind,
        name: &str,
        digest: &str,
    ) -> Option<Because> {
        match self.servers.lock().get(of) {
            Some(server) => server.refusal(kind, name, digest),
            None => Some(Because::Added),
        }
    }

    /// Why a name may not be used, whatever its definition is now.
    pub(crate) fn waits(&self, of: &PinnedServer, kind: PinKind, name: &str) -> Option<Because> {
        self.servers.lock().get(of)?.waits(kind, name)
    }

    /// An operator's answer, recorded before it counts. False where nothing of that digest is held.
    ///
    /// # Errors
    /// [`JournalError`]: it does not count.
    pub(crate) fn answer(&self, kernel: &Kernel, answer: PinAnswered) -> Result<bool, JournalError> {
        let mut servers = self.servers.lock();
        let Some(server) = servers.get_mut(&answer.of) else { return Ok(false) };
        let is_held = server.pins().any(|(kind, name, pin)| {
            kind == answer.kind
                && *name == answer.name
                && pin.held.as_ref().is_some_and(|held| held.definition.digest == answer.digest)
        });
        if !is_held {
            return Ok(false);
        }
        kernel.record(&Entry::at(kernel.env.now(), EntryBody::PinAnswered(Box::new(answer.clone()))))?;
        let answered = server.answered(&answer);
        self.generation.fetch_add(1, Ordering::AcqRel);
        Ok(answered)
    }

    /// All pins, by server and name.
    pub(crate) fn report(&self) -> Vec<PinReport> {
        let servers = self.servers.lock();
        let tools: Vec<(&PinnedServer, &Arc<str>)> = servers
            .iter()
            .flat_map(|(of, server)| server.pins().map(move |(kind, name, _)| (of, kind, name)))
            .filter(|(_, kind, _)| *kind == PinKind::Tool)
            .map(|(of, _, name)| (of, name))
            .collect();
        let named: Vec<Named<'_>> =
            tools.iter().map(|(of, name)| Named { server: of.server.as_str(), name }).collect();
        let (pairs, _) = resemblances(&named);
        let resembling = |of: &PinnedServer, name: &str| {
            let this =
                |at: usize| tools.get(at).is_some_and(|(server, tool)| *server == of && ***tool == *name);
            let other = |at: usize| tools.get(at).map(|(server, tool)| format!("{}/{tool}", server.server));
            pairs
                .iter()
                .filter_map(|pair| match (this(pair.first), this(pair.second)) {
                    (true, _) => other(pair.second),
                    (_, true) => other(pair.first),
                    (false, false) => None,
                })
                .take(8)
                .collect()
        };
        let mut reports = Vec::new();
        for (of, server) in servers.iter() {
            for (kind, name, pin) in server.pins() {
                let held = pin.held.as_ref();
                reports.push(PinReport {
                    of: of.clone(),
                    kind,
                    name: Arc::clone(name),
                    state: match held {
                        Some(held) if held.rejected => "rejected",
                        Some(_) => "held",
                        None => "pinned",
                    },
                    because: held.map(|held| held.because.as_str()),
                    accepted: pin.accepted.clone(),
                    held: held.map(|held| held.definition.clone()),
                    resembles: if kind == PinKind::Tool { resembling(of, name) } else { Vec::new() },
                });
            }
        }
        reports
    }
}

/// What of a list is pinned: resources are data and come and go.
pub(crate) const fn kind(what: Listing) -> Option<PinKind> {
    match what {
        Listing::Tools => Some(PinKind::Tool),
        Listing::Prompts => Some(PinKind::Prompt),
        Listing::Resources | Listing::ResourceTemplates => None,
    }
}

/// The definitions in a page of a list; none for lists that are data.
pub(crate) fn definitions(
    detectors: &Detectors,
    what: Listing,
    page: &JsonText,
) -> Option<(PinKind, Vec<Definition>)> {
    let kind = kind(what)?;
    let elements = page.value().get(what.member()).into_iter().flat_map(Json::elements);
    let mut kept = MOST_KEPT;
    let of = |element: Json<'_>| {
        let name = element.get("name").and_then(Json::as_str)?;
        let findings = scan(detectors, kind, element).into_iter().map(|one| one.finding).collect();
        let mut one = definition(kind, &name, element.canonical(), findings);
        let size = one.text.as_ref().map_or(0, |text| text.len());
        one.text = one.text.filter(|_| size <= kept);
        kept = kept.saturating_sub(size);
        Some(one)
    };
    Some((kind, elements.take(MOST_DEFINITIONS).filter_map(of).collect()))
}

/// The instructions of a server, a string.
pub(crate) fn instructions(detectors: &Detectors, said: &JsonText) -> Definition {
    let findings = scan_instructions(detectors, said).into_iter().map(|one| one.finding).collect();
    definition(PinKind::Instructions, "", said.value().canonical(), findings)
}

fn definition(kind: PinKind, name: &str, canonical: String, findings: Vec<Finding>) -> Definition {
    let telling: Vec<Finding> =
        findings.into_iter().filter(|finding| finding.severity >= Severity::Medium).collect();
    Definition {
        kind,
        name: name.into(),
        digest: crate::digest::hex(canonical.as_bytes()).into(),
        text: (canonical.len() <= MOST_TEXT).then(|| canonical.into()),
        findings: worst(&telling),
    }
}

/// What a server's instructions ask of the model beyond what instructions do.
pub(crate) fn scan_instructions(detectors: &Detectors, said: &JsonText) -> Vec<InDefinition> {
    let text = said.value().as_str().unwrap_or_default();
    let orders = Profile::new(Context::Instructions, &[Engine::Injection, Engine::Hidden]);
    let found = detectors.scan(&text, orders).into_iter();
    found.map(|finding| InDefinition { pointer: String::new(), finding }).collect()
}

/// What a definition asks of the model, wherever in it.
pub(crate) fn scan(detectors: &Detectors, kind: PinKind, definition: Json<'_>) -> Vec<InDefinition> {
    let text = |key: &str| definition.get(key).and_then(Json::as_str);
    let name = text("name").unwrap_or_default();
    let title = text("title").or_else(|| definition.get("annotations")?.get("title")?.as_str());
    let description = text("description");
    let schemas = match kind {
        PinKind::Tool => [definition.get("inputSchema"), definition.get("outputSchema")],
        PinKind::Prompt => [definition.get("arguments"), None],
        PinKind::Instructions => [None, None],
    };
    let mut found = detectors.definition(ToolDefinition {
        name: &name,
        title: title.as_deref(),
        description: description.as_deref(),
        schema: schemas.first().copied().flatten(),
    });
    if let Some(schema) = schemas.get(1).copied().flatten() {
        let rest = ToolDefinition { name: "", title: None, description: None, schema: Some(schema) };
        found.extend(detectors.definition(rest));
    }
    found
}

/// Names among `definitions` that look like a tool of another server or of ours and are not written like it: other letters
/// of the same shape, not only other case or separators.
fn impostors(
    kernel: &Kernel,
    servers: &BTreeMap<PinnedServer, ServerPins>,
    of: &PinnedServer,
    definitions: &[Definition],
) -> Vec<Arc<str>> {
    let own = crate::endpoint::own_name();
    let others = servers
        .iter()
        .filter(|(other, _)| other.realm == of.realm && other.server != of.server)
        .flat_map(|(other, pins)| {
            pins.pins().map(move |(kind, name, _)| (other.server.as_str(), kind, &**name))
        })
        .filter(|(_, kind, _)| *kind == PinKind::Tool)
        .map(|(server, _, name)| Named { server, name });
    let ours = kernel.builtins.keys().map(|name| Named { server: own.as_str(), name });
    let mut named: Vec<Named<'_>> = others.chain(ours).collect();
    let known = named.len();
    named.extend(definitions.iter().map(|one| Named { server: of.server.as_str(), name: &one.name }));
    let (pairs, _) = resemblances(&named);
    let forged = |pair: &ringfence_detect::names::Resemblance| {
        let (first, second) = (named.get(pair.first)?, named.get(pair.second)?);
        let plain = |name: &str| -> String {
            name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
        };
        let alike = match pair.likeness {
            Likeness::Folded | Likeness::Extended => true,
            Likeness::Same | Likeness::OneEdit => false,
        };
        // `fi1e` for `file`: a digit that passes for a letter.
        let digits = |name: &str| name.bytes().filter(|byte| matches!(byte, b'0' | b'1')).count();
        let posing = pair.likeness == Likeness::Folded && digits(second.name) > digits(first.name);
        let disguised =
            plain(first.name) != plain(second.name) && (posing || skeleton(second.name) != second.name);
        (pair.second >= known && alike && disguised).then_some(second.name)
    };
    pairs.iter().filter_map(forged).map(Arc::from).collect()
}

/// The definitions in runs that fit into an entry; the flag is true for the last, which there always is.
fn in_entries(definitions: Vec<Definition>) -> Vec<(Vec<Definition>, bool)> {
    let mut runs: Vec<Vec<Definition>> = vec![Vec::new()];
    let mut size = 0;
    for definition in definitions {
        let text = definition.text.as_ref().map_or(0, |text| text.len());
        let bytes = text + definition.name.len() + 256 * (1 + definition.findings.len());
        if size + bytes > MOST_IN_ENTRY && size > 0 {
            runs.push(Vec::new());
            size = 0;
        }
        size += bytes;
        if let Some(run) = runs.last_mut() {
            run.push(definition);
        }
    }
    let last = runs.len().saturating_sub(1);
    runs.into_iter().enumerate().map(|(at, run)| (run, at == last)).collect()
}
