//! One generation of the index: marks, passages and shingles of the sources that entered while it was young.
//!
//! A full generation is dropped as a whole. Must never grow beyond what it was given.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ringfence_model::id::CallId;
use ringfence_model::label::Label;
use ringfence_model::name::ServerName;

use crate::hash::{ByHash, finish};
use crate::lexicon::Acts;

/// Marks of one value that are kept, the least trustworthy of them always.
const MOST_MARKS: usize = 8;

/// Bytes that one entry of a table takes, with what its table keeps free.
const MARK_COST: usize = 48;
const HASH_COST: usize = 24;
const RECORD_COST: usize = 128;

/// Something that entered the session.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) call: CallId,
    pub(crate) server: Option<ServerName>,
    pub(crate) target: Arc<str>,
    pub(crate) label: Label,
    /// The user's words name it: they were what it was asked for with.
    pub(crate) named: bool,
}

/// An object of a list, or the whole of what has none: what belongs together in a source.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) origin: u32,
    /// The record it stands in; none for the whole of a text or structure.
    pub(crate) parent: Option<u32>,
    /// Values of its own, and records in it.
    pub(crate) leaves: u32,
    pub(crate) children: u32,
    /// Hashes of what its short fields say, to be named by; bounded.
    pub(crate) tokens: Vec<u32>,
    /// It speaks to a model, or a detector says so.
    pub(crate) suspicious: bool,
    /// How many different accounts, addresses and URLs its text has.
    pub(crate) accounts: u8,
    pub(crate) emails: u8,
    pub(crate) urls: u8,
}

/// Where a value stands. Ordered: the later, the less trustworthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A short field of a structured result.
    Asserted,
    /// A line like `Label: value`.
    Form,
    /// Prose that orders nothing.
    Prose,
    /// A sentence that orders something.
    Ordered,
}

/// One occurrence of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) record: u32,
    /// Hash of the last word of the field's name; 0 for none.
    pub(crate) field: u32,
    pub(crate) place: Place,
    /// It surprises enough to be told from chance.
    pub(crate) strong: bool,
    /// It was decoded out of something.
    pub(crate) decoded: bool,
}

/// A generation.
#[derive(Debug)]
pub(crate) struct Generation {
    marks: HashMap<u64, Vec<Mark>, ByHash>,
    passages: HashMap<u64, u32, ByHash>,
    shingles: HashMap<u64, u32, ByHash>,
    /// Nouns that a sentence orders something with, by act: hash of both.
    orders: HashMap<u64, u32, ByHash>,
    /// For each kind of act the last record whose prose orders it.
    ordering: [Option<u32>; 8],
    origins: Vec<Origin>,
    records: Vec<Record>,
    cost: usize,
    /// Of what the call itself said: a server that repeats it has not brought it.
    echoes: HashSet<u64, ByHash>,
}

impl Generation {
    pub(crate) fn new() -> Self {
        Self {
            marks: HashMap::default(),
            passages: HashMap::default(),
            shingles: HashMap::default(),
            orders: HashMap::default(),
            ordering: [None; 8],
            origins: Vec::new(),
            records: Vec::new(),
            cost: 0,
            echoes: HashSet::default(),
        }
    }

    /// Bytes in use, about.
    pub(crate) const fn cost(&self) -> usize {
        self.cost
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    /// The labels of all that entered it.
    pub(crate) fn label(&self) -> Option<Label> {
        self.origins.iter().map(|origin| origin.label).reduce(Label::join)
    }

    pub(crate) fn origin(&self, at: u32) -> Option<&Origin> {
        self.origins.get(usize::try_from(at).ok()?)
    }

    pub(crate) fn record(&self, at: u32) -> Option<&Record> {
        self.records.get(usize::try_from(at).ok()?)
    }

    pub(crate) fn record_mut(&mut self, at: u32) -> Option<&mut Record> {
        self.records.get_mut(usize::try_from(at).ok()?)
    }

    /// How many records there are.
    pub(crate) const fn records(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn add_origin(&mut self, origin: Origin) -> u32 {
        self.cost += RECORD_COST + origin.target.len();
        self.origins.push(origin);
        u32::try_from(self.origins.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn add_record(&mut self, origin: u32, parent: Option<u32>, suspicious: bool) -> u32 {
        self.cost += RECORD_COST;
        if let Some(parent) = parent.and_then(|parent| self.record_mut(parent)) {
            parent.children += 1;
        }
        self.records.push(Record {
            origin,
            parent,
            leaves: 0,
            children: 0,
            tokens: Vec::new(),
            suspicious,
            accounts: 0,
            emails: 0,
            urls: 0,
        });
        u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
    }

    /// The records from `from` on that the user's words name: of those that stand in one record the ones that share most
    /// with them, and what stands in a named one. `overlap` counts what a record's tokens share with the user's words,
    /// `named` says which records before are.
    pub(crate) fn named(
        &self,
        from: usize,
        overlap: impl Fn(&[u32]) -> usize,
        mut named: impl FnMut(u32, Option<bool>) -> bool,
    ) {
        let mut most: HashMap<u64, usize, ByHash> = HashMap::default();
        let shared: Vec<usize> =
            self.records.iter().skip(from).map(|record| overlap(&record.tokens)).collect();
        let family = |record: &Record| {
            finish(u64::from(record.origin) << 32 | u64::from(record.parent.map_or(0, |parent| parent + 1)))
        };
        for (record, shared) in self.records.iter().skip(from).zip(&shared) {
            let best = most.entry(family(record)).or_default();
            *best = (*best).max(*shared);
        }
        for (at, (record, shared)) in self.records.iter().skip(from).zip(&shared).enumerate() {
            let by_words = *shared > 0 && most.get(&family(record)) == Some(shared);
            let asked_for = self.origin(record.origin).is_some_and(|origin| origin.named);
            let is_named = match record.parent.and_then(|at| self.record(at).map(|parent| (at, parent))) {
                // What is asked for by the user's words is named where it is one thing and not a list of things.
                None => (asked_for || by_words) && record.is_one(),
                Some((at, parent)) => by_words || (parent.is_one() && named(at, None)),
            };
            named(u32::try_from(from + at).unwrap_or(u32::MAX), Some(is_named));
        }
    }

    /// The hashes of all values and passages in it.
    pub(crate) fn hashes(&self) -> HashSet<u64, ByHash> {
        self.marks.keys().chain(self.passages.keys()).chain(self.shingles.keys()).copied().collect()
    }

    /// From now on these are passed over: the call said them before the server did.
    pub(crate) fn pass_over(&mut self, echoes: HashSet<u64, ByHash>) {
        self.echoes = echoes;
    }

    /// True where the value is new to the record.
    pub(crate) fn mark(&mut self, hash: u64, mark: Mark) -> bool {
        if self.echoes.contains(&hash) {
            return false;
        }
        let marks = self.marks.entry(hash).or_default();
        if let Some(known) = marks.iter_mut().find(|known| known.record == mark.record) {
            known.place = known.place.max(mark.place);
            known.strong |= mark.strong;
            return false;
        }
        if marks.len() < MOST_MARKS {
            self.cost += MARK_COST;
            marks.push(mark);
        } else if let Some(best) = marks.iter_mut().min_by_key(|known| known.place)
            && best.place < mark.place
        {
            *best = mark;
        }
        true
    }

    pub(crate) fn passage(&mut self, hash: u64, record: u32) {
        if !self.echoes.contains(&hash) && self.passages.insert(hash, record).is_none() {
            self.cost += HASH_COST;
        }
    }

    pub(crate) fn shingle(&mut self, hash: u64, record: u32) {
        if !self.echoes.contains(&hash) && self.shingles.insert(hash, record).is_none() {
            self.cost += HASH_COST;
        }
    }

    pub(crate) fn order(&mut self, hash: u64, record: u32) {
        if self.speaks_to_a_model(self.of_order(hash)) {
            return;
        }
        if self.orders.insert(hash, record).is_none() {
            self.cost += HASH_COST;
        }
    }

    /// What speaks to a model is not covered up by what does not.
    fn speaks_to_a_model(&self, record: Option<u32>) -> bool {
        record.and_then(|record| self.record(record)).is_some_and(|record| record.suspicious)
    }

    pub(crate) fn marks(&self, hash: u64) -> &[Mark] {
        self.marks.get(&hash).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn of_passage(&self, hash: u64) -> Option<u32> {
        self.passages.get(&hash).copied()
    }

    pub(crate) fn of_shingle(&self, hash: u64) -> Option<u32> {
        self.shingles.get(&hash).copied()
    }

    /// A record of the last ones whose prose orders one of `acts`.
    pub(crate) fn ordering(&self, acts: Acts) -> Option<u32> {
        let of_acts = self.ordering.iter().enumerate().filter(|(bit, _)| acts.meets(Acts(1 << bit)));
        of_acts.into_iter().find_map(|(_, record)| *record)
    }

    /// A record that speaks to a model and orders something.
    pub(crate) fn commanding(&self) -> Option<u32> {
        self.ordering.iter().flatten().copied().find(|record| self.speaks_to_a_model(Some(*record)))
    }

    /// Its prose orders these acts.
    pub(crate) fn orders(&mut self, record: u32, acts: Acts) {
        for bit in 0..self.ordering.len() {
            let known = self.ordering.get(bit).copied().flatten();
            if acts.meets(Acts(1 << bit))
                && !self.speaks_to_a_model(known)
                && let Some(last) = self.ordering.get_mut(bit)
            {
                *last = Some(record);
            }
        }
    }

    pub(crate) fn of_order(&self, hash: u64) -> Option<u32> {
        self.orders.get(&hash).copied()
    }
}

impl Record {
    /// True for what is one thing, false for a list of things.
    const fn is_one(&self) -> bool {
        self.children == 0 || self.leaves >= 3
    }
}
