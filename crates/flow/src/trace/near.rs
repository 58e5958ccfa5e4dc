//! Values that match nothing and come near something: split, joined, encoded, reversed, spelled out.
//!
//! Must never call a value near for what every text has.

use ringfence_model::provenance::{Resemblance, Word};

use super::{Found, Tracer};
use crate::atom::{Atom, Kind};
use crate::decode;
use crate::document::hash_of;
use crate::generation::Place;
use crate::passage;

/// Fewest letters of a value that parts are looked for of.
const FEWEST: usize = 7;

impl Tracer<'_> {
    /// What the value comes near to, if anything.
    pub(crate) fn near(&mut self, text: &str, whole: Option<&Atom>) -> Option<Found> {
        let spelling = whole.map_or(text, |atom| atom.spelling.as_str());
        if spelling.len() > 4 * crate::atom::LONGEST {
            return None;
        }
        if let Some(found) = self.covered(spelling, Resemblance::Partial) {
            return Some(found);
        }
        if spelling.bytes().filter(u8::is_ascii_alphanumeric).count() >= FEWEST {
            for form in decode::hidden(spelling).iter().chain(&decode::hidden(text)) {
                if let Some(found) = self.covered(form, Resemblance::Decoded) {
                    return Some(found);
                }
            }
        }
        for decoded in decode::blobs(text) {
            let inner = Atom::of(&decoded).and_then(|atom| self.look_up(&atom, ""));
            if let Some(mut found) = inner.or_else(|| self.covered(&decoded, Resemblance::Decoded)) {
                found.word = found.word.max(Word::Near);
                return Some(found);
            }
        }
        whole
            .filter(|atom| atom.kind == Kind::Email)
            .and_then(|atom| self.split(&atom.spelling))
            .or_else(|| whole.and_then(|atom| self.scattered(&atom.spelling)))
    }

    /// Nearly all letters of `text` stand in passages that order something.
    fn covered(&self, text: &str, by: Resemblance) -> Option<Found> {
        for (generation, _) in self.index.generations() {
            let mut last = None;
            let (covered, letters) = passage::covered(self.index.seed, text, |hash| {
                let record = generation.of_shingle(hash);
                last = record.or(last);
                record.is_some()
            });
            if letters >= FEWEST
                && covered * 100 >= letters * 85
                && let Some((source, true)) = last.and_then(|record| self.source_of(generation, record, by))
            {
                let label = Some(source.label);
                return Some(Found { word: Word::Near, label, sources: vec![source] });
            }
        }
        None
    }

    /// A value all parts of which stand in orders.
    fn scattered(&self, spelling: &str) -> Option<Found> {
        let parts: Vec<&str> =
            spelling.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() >= 3).collect();
        if parts.len() < 2 {
            return None;
        }
        let mut found: Option<Found> = None;
        for part in parts {
            let one = self.in_orders(&Atom::of(part)?)?;
            found = Some(found.map_or(one.clone(), |known| known.join(one)));
        }
        found
    }

    /// The order that an atom stands in.
    fn in_orders(&self, atom: &Atom) -> Option<Found> {
        let hash = hash_of(self.index.seed, atom);
        self.index.generations().into_iter().find_map(|(generation, _)| {
            let marks = generation.marks(hash).iter().filter(|mark| mark.place == Place::Ordered);
            let mut sources =
                marks.filter_map(|mark| self.source_of(generation, mark.record, Resemblance::Partial));
            let (source, _) = sources.find(|(_, untrusted)| *untrusted)?;
            Some(Found { word: Word::Near, label: Some(source.label), sources: vec![source] })
        })
    }

    /// An address of which an order names the host, or the other half.
    fn split(&self, address: &str) -> Option<Found> {
        let (local, host) = address.split_once('@')?;
        [local, host]
            .into_iter()
            .filter(|half| half.len() >= 4)
            .filter_map(Atom::of)
            .find_map(|half| self.in_orders(&half))
    }
}
