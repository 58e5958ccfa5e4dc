//! What is found when a journal is opened: where it ends, which calls nobody knows the end of, what sessions had read.

mod floors;

use std::collections::BTreeMap;
use std::path::Path;

use memchr::memmem;
use ringfence_model::entry::{Entry, STATEFUL};
use ringfence_model::id::{ApprovalId, CallId, SessionId, Timestamp};
use ringfence_model::label::Label;
use ringfence_model::verdict::{Code, Decision};
use serde::Deserialize;

use crate::error::JournalError;
use crate::frame::Hash;
use crate::scan::{Position, Reach, Scan, Step};
use crate::tail::MARK_EVERY;
use crate::tree::{self, Tree};
use floors::Floors;

pub use floors::LeftFloor;

/// Most open intents that one opening reports.
pub const MAX_OPEN: usize = 65_536;

/// What opening a journal found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Whole entries.
    pub entries: u64,
    /// Bytes of a torn last record that were cut off; 0 after a clean end.
    pub torn: u64,
    /// Calls that were let through and have no outcome, oldest first; of more than [`MAX_OPEN`] only the newest. A kernel
    /// that bounds its calls in flight never leaves so many.
    pub open: Vec<OpenIntent>,
    /// The sessions whose floor had risen; of very many only the newest.
    pub floors: Vec<LeftFloor>,
}

/// A call that was let through and has no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenIntent {
    /// Index of its ruling.
    pub index: u64,
    /// Which call.
    pub call: CallId,
    /// When it was judged.
    pub time: Timestamp,
}

/// What stands in a ruling that counts for something later: its obligations, and what a rate asked for.
const COUNTS: [&[u8]; 3] = [br#"{"limit":"#, br#"{"budget":"#, br#""recent":{"#];

/// The members of an entry that say whether it opens or closes an intent, or raises a floor. Reading all of it would take five times as
/// long, and a journal is opened at every start.
#[derive(Deserialize)]
struct Glance<'a> {
    time: Timestamp,
    #[serde(borrow)]
    entry: std::borrow::Cow<'a, str>,
    call: Option<CallId>,
    session: Option<SessionId>,
    floor: Option<Label>,
    verdict: Option<Decided>,
    #[serde(default)]
    confirmed: bool,
    approval: Option<ApprovalId>,
    code: Option<Code>,
}

#[derive(Deserialize)]
struct Decided {
    decision: Decision,
}

impl Glance<'_> {
    /// As `Ruling::passed`.
    fn passed(&self) -> bool {
        let allowed = self.verdict.as_ref().is_some_and(|verdict| verdict.decision == Decision::Allow);
        self.code.is_none() && (allowed || self.confirmed)
    }

    /// A kernel's state depends on it ([`STATEFUL`], and rulings that count for a limit, a budget or a rate). More than
    /// these do no harm, and reading every ruling in full would take too long.
    fn is_stateful(&self, payload: &[u8]) -> bool {
        let counts = || COUNTS.iter().any(|sign| memmem::find(payload, sign).is_some());
        self.approval.is_some() || STATEFUL.contains(&&*self.entry) || (self.entry == "ruling" && counts())
    }
}

/// Where a log ends.
pub(crate) struct End {
    pub(crate) log_id: [u8; 16],
    pub(crate) position: Position,
    pub(crate) head: Hash,
    pub(crate) tree: Tree,
    pub(crate) marks: Vec<Position>,
}

/// Walks the whole log; `state` sees the entries that a kernel rebuilds its state from, oldest first.
pub(crate) fn recover(dir: &Path, state: &mut dyn FnMut(&Entry)) -> Result<(End, Recovered), JournalError> {
    let mut scan = Scan::new(dir, Position::first_of(0), Reach::File)?;
    let (mut intents, mut floors) = (Intents::new(MAX_OPEN), Floors::new());
    let (mut marks, mut tree) = (Vec::new(), Tree::new());
    let torn = loop {
        match scan.step()? {
            Step::Entry { at, payload } => {
                if at.index.is_multiple_of(MARK_EVERY) {
                    marks.push(at);
                }
                tree.push(tree::leaf(payload));
                let broken = |source| JournalError::Decode { index: at.index, source };
                let glance: Glance<'_> = serde_json::from_slice(payload).map_err(broken)?;
                intents.see(at.index, &glance);
                if glance.is_stateful(payload) {
                    state(&serde_json::from_slice(payload).map_err(broken)?);
                }
                if let Some(session) = glance.session {
                    match (&*glance.entry, glance.floor) {
                        ("session_opened", Some(floor)) => {
                            floors.open(session, floor, glance.time, payload).map_err(broken)?;
                        }
                        (_, floor) => floors.see(session, floor, glance.time),
                    }
                }
            }
            Step::End { torn } => break torn,
            Step::Broken(broken) => return Err(broken.into()),
        }
    };
    let position = scan.position();
    let head = scan.head()?;
    let end = End { log_id: scan.log_id(), position, head, tree, marks };
    Ok((end, Recovered { entries: position.index, torn, open: intents.open(), floors: floors.left() }))
}

struct Intents {
    open: BTreeMap<CallId, OpenIntent>,
    most: usize,
}

impl Intents {
    const fn new(most: usize) -> Self {
        Self { open: BTreeMap::new(), most }
    }

    fn see(&mut self, index: u64, glance: &Glance<'_>) {
        let Some(call) = glance.call else { return };
        if glance.entry == "ruling" && glance.passed() {
            self.open.insert(call, OpenIntent { index, call, time: glance.time });
            if self.open.len() > self.most {
                // Ids are time ordered: the first one is the oldest.
                self.open.pop_first();
            }
        } else if glance.entry == "outcome" {
            self.open.remove(&call);
        }
    }

    fn open(self) -> Vec<OpenIntent> {
        let mut open: Vec<_> = self.open.into_values().collect();
        open.sort_unstable_by_key(|intent| intent.index);
        open
    }
}

#[cfg(test)]
mod tests;
