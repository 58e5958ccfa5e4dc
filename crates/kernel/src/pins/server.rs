//! The pins of one server: what was accepted of its definitions, what is held, and which of its lists have been seen.
//!
//! Pure. Must never accept a definition that came after its list was seen to the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::pin::{Because, Definition, PinAnswered, PinHeld, PinKind, Pinned, SeenList};

/// Most definitions of one kind that one name may show while it is held: what changes more often is not recorded again.
const MOST_CHANGES: u32 = 16;

/// The pins of one server.
#[derive(Debug, Default)]
pub(super) struct ServerPins {
    pins: BTreeMap<(PinKind, Arc<str>), Pin>,
    /// Lists that were seen to their end.
    complete: BTreeSet<SeenList>,
    /// Lists that have begun.
    begun: BTreeSet<SeenList>,
}

/// One name.
#[derive(Debug, Clone, Default)]
pub(super) struct Pin {
    /// What is accepted.
    pub(super) accepted: Option<Definition>,
    /// What is held.
    pub(super) held: Option<Held>,
    changes: u32,
}

/// A definition that is held.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) definition: Definition,
    pub(super) because: Because,
    /// An operator has said no.
    pub(super) rejected: bool,
}

/// Which part of a list is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// The list begins with it.
    pub(crate) first: bool,
    /// The list ends with it.
    pub(crate) last: bool,
}

/// The digest that a lock file has for a name.
pub(super) type Locked<'a> = dyn Fn(&str) -> Option<Arc<str>> + 'a;

/// What taking in a part of a list comes to. Nothing has happened before it is recorded and [`ServerPins::apply`]ed.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) accepted: Vec<Definition>,
    pub(super) held: Vec<(Definition, Because)>,
    pub(super) complete: Option<SeenList>,
}

impl ServerPins {
    /// Judges `definitions`, a part of `list`. `lock` is the digest that a lock file has for a name, where there is one;
    /// `impostor` is true for names written to be taken for others'.
    pub(super) fn judge(
        &mut self,
        list: SeenList,
        definitions: Vec<Definition>,
        part: Part,
        lock: Option<&Locked<'_>>,
        impostor: &dyn Fn(&str) -> bool,
    ) -> Findings {
        let mut findings = Findings::default();
        // A list that begins anew has ended, even where its server never said so.
        let begins_anew = part.first && !self.begun.insert(list);
        let was_complete = self.complete.contains(&list) || begins_anew;
        for definition in definitions {
            let pin = self.pins.get(&(definition.kind, Arc::clone(&definition.name)));
            let accepted = pin.and_then(|pin| pin.accepted.as_ref());
            if accepted.is_some_and(|accepted| accepted.digest == definition.digest) {
                continue;
            }
            let because = match (lock, accepted) {
                _ if is_poisoned(&definition.findings) => Some(Because::Poisoned),
                (Some(lock), _) => (lock(&definition.name).as_ref() != Some(&definition.digest))
                    .then_some(Because::NotLocked),
                (None, Some(_)) => Some(Because::Changed),
                (None, None) if was_complete => Some(Because::Added),
                (None, None) if impostor(&definition.name) => Some(Because::Resembles),
                (None, None) => None,
            };
            match because {
                None => findings.accepted.push(definition),
                Some(because) => {
                    let known = pin.and_then(|pin| pin.held.as_ref());
                    let is_known = known.is_some_and(|held| held.definition.digest == definition.digest);
                    if !is_known && pin.is_none_or(|pin| pin.changes < MOST_CHANGES) {
                        findings.held.push((definition, because));
                    }
                }
            }
        }
        let completes = (part.last || begins_anew) && !self.complete.contains(&list);
        findings.complete = completes.then_some(list);
        findings
    }

    pub(super) fn pinned(&mut self, pinned: &Pinned) {
        for definition in &pinned.definitions {
            self.pin(definition).accepted = Some(definition.clone());
        }
        self.complete.extend(&pinned.complete);
        self.begun.extend(&pinned.complete);
    }

    pub(super) fn held(&mut self, held: &PinHeld) {
        let pin = self.pin(&held.definition);
        pin.changes = pin.changes.saturating_add(1);
        pin.held = Some(Held { definition: held.definition.clone(), because: held.because, rejected: false });
    }

    /// True where the answer was about what is held.
    pub(super) fn answered(&mut self, answer: &PinAnswered) -> bool {
        let Some(pin) = self.pins.get_mut(&(answer.kind, Arc::clone(&answer.name))) else { return false };
        let Some(held) = pin.held.as_mut().filter(|held| held.definition.digest == answer.digest) else {
            return false;
        };
        if answer.approved {
            pin.accepted = Some(held.definition.clone());
            pin.held = None;
            pin.changes = 0;
        } else {
            held.rejected = true;
        }
        true
    }

    /// None where the definition may be used, else why not.
    pub(super) fn refusal(&self, kind: PinKind, name: &str, digest: &str) -> Option<Because> {
        let Some(pin) = self.pins.get(&(kind, Arc::from(name))) else { return Some(Because::Added) };
        if pin.accepted.as_ref().is_some_and(|accepted| *accepted.digest == *digest) {
            return None;
        }
        Some(pin.held.as_ref().map_or(Because::Changed, |held| held.because))
    }

    /// Why a name may not be used whatever its definition is now: something of it waits for an answer.
    pub(super) fn waits(&self, kind: PinKind, name: &str) -> Option<Because> {
        self.pins.get(&(kind, Arc::from(name)))?.held.as_ref().map(|held| held.because)
    }

    pub(super) fn pins(&self) -> impl Iterator<Item = (PinKind, &Arc<str>, &Pin)> {
        self.pins.iter().map(|((kind, name), pin)| (*kind, name, pin))
    }

    fn pin(&mut self, definition: &Definition) -> &mut Pin {
        self.pins.entry((definition.kind, Arc::clone(&definition.name))).or_default()
    }
}

/// True for findings with which a definition is held at first sight.
fn is_poisoned(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| {
        finding.severity >= Severity::High
            && matches!(finding.category, Category::Injection | Category::Hidden)
    })
}
