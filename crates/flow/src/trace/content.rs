//! Content: what is said. Its passages and atoms, and the URLs in it, which steer.
//!
//! Must never take time beyond the length of the content.

use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::provenance::{Resemblance, Role, Word};

use super::{Found, HARD, Tracer};
use crate::atom::{Atom, Kind, SURPRISING};
use crate::decode;
use crate::document::hash_of;
use crate::generation::Place;
use crate::passage;

/// Shortest content that passages are looked for in.
const SHORTEST: usize = 8;
/// Letters of a secret in one run of an argument that are too many.
const TOO_MANY: usize = 12;

impl Tracer<'_> {
    pub(crate) fn content(&mut self, text: &str, pointer: &str, field: &str) {
        if text.len() < SHORTEST && Atom::of(text).is_none_or(|atom| atom.surprise() < SURPRISING) {
            return;
        }
        let parts = self.parts(text);
        let mut urls: Option<Found> = None;
        let mut found: Option<Found> = None;
        let join = |into: &mut Option<Found>, one: Found| {
            *into = Some(into.take().map_or(one.clone(), |known| known.join(one)))
        };
        for atom in parts.iter().chain(Atom::of(text).iter()) {
            let one = self.look_up(atom, field).or_else(|| (atom.kind == Kind::Url).then(Found::model));
            let Some(one) = one else { continue };
            self.signs.dictated |= self.is_dictated(atom);
            if atom.kind == Kind::Url && !text.trim().is_empty() && is_link(text, &atom.spelling) {
                join(&mut urls, one.clone());
            }
            // A title or a name is said everywhere; only of a secret is it too much.
            let is_said = atom.kind == Kind::Words
                && one.label.is_none_or(|label| label.confidentiality < Confidentiality::Secret);
            if !one.sources.is_empty() && !is_said {
                join(&mut found, one);
            }
        }
        if let Some(one) = self.passages(text) {
            join(&mut found, one);
        }
        for chunk in text.split(|c: char| {
            c.is_whitespace() || matches!(c, '"' | ',' | '&' | '?' | '/' | '=') && !c.is_ascii_alphanumeric()
        }) {
            for decoded in decode::blobs(chunk) {
                self.decoded(&decoded).into_iter().for_each(|one| join(&mut found, one));
            }
        }
        for decoded in decode::blobs(text.trim()) {
            self.decoded(&decoded).into_iter().for_each(|one| join(&mut found, one));
        }
        if self.index.secret {
            let turned: String = text.chars().rev().collect();
            for form in [text, &turned] {
                self.secret(form).into_iter().for_each(|one| join(&mut found, one));
            }
        }
        if let Some(floor) =
            self.index.forgotten.filter(|floor| floor.confidentiality > Confidentiality::Public)
        {
            join(&mut found, Found::unread(floor));
        }
        if let Some(found) = found {
            self.push(pointer, Role::Content, found);
        }
        if let Some(urls) = urls {
            self.push(pointer, Role::Consequential, urls);
        }
    }

    /// An order to a model holds it.
    fn is_dictated(&self, atom: &Atom) -> bool {
        if atom.surprise() < HARD {
            return false;
        }
        let hash = hash_of(self.index.seed, atom);
        self.index.generations().into_iter().any(|(generation, _)| {
            generation.marks(hash).iter().filter(|mark| mark.place == Place::Ordered).any(|mark| {
                let record = generation.record(mark.record).filter(|record| record.suspicious);
                let origin = record.and_then(|record| generation.origin(record.origin));
                origin.is_some_and(|origin| origin.label.integrity == Integrity::Untrusted)
            })
        })
    }

    /// The sources that share a passage with `text`.
    pub(crate) fn passages(&self, text: &str) -> Option<Found> {
        let mut found: Option<Found> = None;
        passage::passages(self.index.seed, text, |hash| {
            for (generation, _) in self.index.generations() {
                let source = generation
                    .of_passage(hash)
                    .and_then(|record| self.source_of(generation, record, Resemblance::Passage));
                if let Some((source, untrusted)) = source {
                    let word = if untrusted { Word::Untrusted } else { Word::Trusted };
                    let one = Found { word, label: Some(source.label), sources: vec![source] };
                    found = Some(found.take().map_or(one.clone(), |known| known.join(one)));
                }
            }
        });
        found
    }

    fn decoded(&mut self, text: &str) -> Vec<Found> {
        let atoms: Vec<Atom> = self.parts(text).into_iter().chain(Atom::of(text)).collect();
        let by_atom =
            atoms.iter().filter_map(|atom| self.look_up(atom, "")).filter(|found| !found.sources.is_empty());
        let mut all: Vec<Found> = by_atom.chain(self.passages(text)).collect();
        if self.index.secret {
            all.extend(self.secret(text));
        }
        for found in &mut all {
            found.sources.iter_mut().for_each(|source| source.by = Resemblance::Decoded);
        }
        all
    }

    /// A run of letters out of something secret.
    fn secret(&self, text: &str) -> Option<Found> {
        for (generation, _) in self.index.generations() {
            let mut last = None;
            let (covered, letters) = passage::covered(self.index.seed, text, |hash| {
                let of_secret = |record: &u32| {
                    self.source_of(generation, *record, Resemblance::Partial)
                        .is_some_and(|(source, _)| source.label.confidentiality == Confidentiality::Secret)
                };
                let record = generation.of_shingle(hash).filter(of_secret);
                last = record.or(last);
                record.is_some()
            });
            if covered >= TOO_MANY.min(letters.max(passage::SHINGLE))
                && let Some((source, _)) =
                    last.and_then(|record| self.source_of(generation, record, Resemblance::Partial))
            {
                let word =
                    if source.label.integrity == Integrity::Untrusted { Word::Near } else { Word::Trusted };
                return Some(Found { word, label: Some(source.label), sources: vec![source] });
            }
        }
        None
    }
}

/// True where the text holds it as a URL and not as a bare host and path.
fn is_link(text: &str, spelling: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains(&format!("://{spelling}")) || lower.contains(&format!("www.{spelling}"))
}
