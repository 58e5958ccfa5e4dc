//! What was written into a store: text of strangers that comes back from it keeps its label.
//!
//! Must never let a server that is declared trusted wash what was put into it.

use std::sync::Arc;

use ringfence_model::json::Json;
use ringfence_model::label::Label;

use crate::atom::{Atom, SURPRISING};
use crate::document::hash_of;
use crate::hash::{ByHash, Seed};
use crate::lexicon::Lexicon;
use crate::line::Line;
use crate::passage;
use std::collections::HashMap;

/// Most values and passages that are remembered; beyond, all that the server returns has the label.
const MOST: usize = 65_536;

/// What was written into one server's store by calls whose arguments were worse than the server is declared.
#[derive(Debug)]
pub struct Memory {
    seed: Seed,
    lexicon: Arc<Lexicon>,
    written: HashMap<u64, Label, ByHash>,
    /// Of what is not remembered piece by piece.
    whole: Option<Label>,
}

impl Memory {
    /// Nothing has been written.
    #[must_use]
    pub fn new(seed: u64, lexicon: Arc<Lexicon>) -> Self {
        Self { seed: Seed(seed), lexicon, written: HashMap::default(), whole: None }
    }

    /// Something was written that is not remembered: all that comes back has `label`.
    pub fn lost(&mut self, label: Label) {
        self.whole = Some(self.whole.map_or(label, |known| known.join(label)));
    }

    /// `value` was written with `label`.
    pub fn write(&mut self, value: Json<'_>, label: Label) {
        let mut hashes = Vec::new();
        value.strings(&mut |text| {
            if let Some(text) = text.as_str() {
                self.hashes(&text, &mut |hash| hashes.push(hash));
            }
        });
        if self.written.len().saturating_add(hashes.len()) > MOST {
            return self.lost(label);
        }
        for hash in hashes {
            let known = self.written.entry(hash).or_insert(label);
            *known = known.join(label);
        }
    }

    /// The label of what comes back, where something of it was written with one.
    #[must_use]
    pub fn read(&self, value: Json<'_>) -> Option<Label> {
        let mut label = self.whole;
        if self.written.is_empty() {
            return label;
        }
        value.strings(&mut |text| {
            if let Some(text) = text.as_str() {
                self.hashes(&text, &mut |hash| {
                    if let Some(known) = self.written.get(&hash) {
                        label = Some(label.map_or(*known, |label| label.join(*known)));
                    }
                });
            }
        });
        label
    }

    fn hashes(&self, text: &str, keep: &mut impl FnMut(u64)) {
        passage::passages(self.seed, text, &mut *keep);
        let surprising = |atom: &Atom| atom.surprise() >= SURPRISING;
        if let Some(atom) = Atom::of(text).filter(surprising) {
            keep(hash_of(self.seed, &atom));
        }
        let mut line = Line::new();
        for part in text.lines() {
            line.read(part, &self.lexicon);
            for atom in
                line.chunks.iter().filter_map(|chunk| part.get(chunk.range.clone()).and_then(Atom::of))
            {
                if surprising(&atom) {
                    keep(hash_of(self.seed, &atom));
                }
            }
        }
    }
}
