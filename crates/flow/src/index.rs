//! What entered a session: two generations, of which the older is dropped when the younger is full.
//!
//! Must never forget without leaving a floor behind.

use std::collections::HashSet;
use std::sync::Arc;

use ringfence_model::id::{CallId, Timestamp};
use ringfence_model::json::Json;
use ringfence_model::label::{Confidentiality, Label};
use ringfence_model::name::ServerName;

use crate::document::Writer;
use crate::generation::{Generation, Origin};
use crate::hash::{ByHash, Seed};
use crate::lexicon::Lexicon;
use crate::line::Line;
use crate::user::Words;

/// What entered the sessions of one principal.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) young: Generation,
    pub(crate) old: Generation,
    /// Number of the young generation; the old one has the number before.
    pub(crate) serial: u32,
    pub(crate) seed: Seed,
    pub(crate) lexicon: Arc<Lexicon>,
    /// The labels of what is not remembered any more.
    pub(crate) forgotten: Option<Label>,
    /// Something secret is in it.
    pub(crate) secret: bool,
    line: Line,
    most: usize,
}

/// Something that enters.
#[derive(Debug)]
pub struct Entering<'a> {
    /// The call whose result it is.
    pub call: CallId,
    /// Of which server; none for ours.
    pub server: Option<&'a ServerName>,
    /// What there: tool, URI, prompt.
    pub target: &'a Arc<str>,
    /// Its label.
    pub label: Label,
    /// The user's words named it: [`crate::Traced::named`] of the call.
    pub named: bool,
    /// A detector saw orders to the model in it.
    pub suspicious: bool,
    /// The arguments of the call. What they hold did not come from the server, which may repeat it: where it came from was
    /// traced when it was said.
    pub said: Option<Json<'a>>,
}

/// Longest value whose echo is known, and most of them: what steers is short.
const LONGEST_SAID: usize = 256;
const MOST_SAID: usize = 32;

/// Calls `visit` with what a server may repeat of what a call said.
pub(crate) fn is_said<'j>(said: Json<'j>, visit: &mut impl FnMut(Json<'j>)) {
    let mut left = MOST_SAID;
    said.strings(&mut |value| {
        if left > 0 && value.raw().len() <= LONGEST_SAID {
            left -= 1;
            visit(value);
        }
    });
}

impl Index {
    /// Nothing has entered. It takes about `most` bytes; `seed` is drawn by chance for each.
    pub(crate) fn new(most: usize, seed: u64, lexicon: Arc<Lexicon>) -> Self {
        Self {
            young: Generation::new(),
            old: Generation::new(),
            serial: 1,
            seed: Seed(seed),
            lexicon,
            forgotten: None,
            secret: false,
            line: Line::new(),
            most,
        }
    }

    /// What was read before and is not remembered: arguments that match nothing inherit `floor`.
    pub(crate) fn forget(&mut self, floor: Label) {
        self.forgotten = Some(self.forgotten.map_or(floor, |known| known.join(floor)));
    }

    /// Bytes in use, about.
    pub(crate) const fn cost(&self) -> usize {
        self.young.cost() + self.old.cost()
    }

    /// Takes in a result, or what else an MCP message carries.
    pub(crate) fn enter(&mut self, entering: &Entering<'_>, result: Json<'_>, words: &mut Words) {
        self.write(entering, words, |writer| writer.result(result));
    }

    /// Takes in a text.
    pub(crate) fn enter_text(&mut self, entering: &Entering<'_>, text: &str, words: &mut Words) {
        self.write(entering, words, |writer| writer.document(text));
    }

    fn write(&mut self, entering: &Entering<'_>, words: &mut Words, write: impl FnOnce(&mut Writer<'_>)) {
        if self.young.cost() >= self.most / 2 {
            self.turn(words);
        }
        let from = self.young.records();
        let origin = self.young.add_origin(Origin {
            call: entering.call,
            server: entering.server.cloned(),
            target: Arc::clone(entering.target),
            label: entering.label,
            named: entering.named,
        });
        let secret = entering.label.confidentiality == Confidentiality::Secret;
        self.secret |= secret;
        let echoes = entering.said.map(|said| self.echoes(said)).unwrap_or_default();
        self.young.pass_over(echoes);
        let mut writer = Writer {
            into: &mut self.young,
            lexicon: &self.lexicon,
            seed: self.seed,
            line: &mut self.line,
            origin,
            suspicious: entering.suspicious,
            secret,
            most: self.most,
        };
        write(&mut writer);
        if writer.is_full() {
            // The rest of it was not taken in.
            self.forget(entering.label);
        }
        self.young.pass_over(HashSet::default());
        words.name(&self.young, self.serial, from);
    }

    /// What a server that repeats these arguments repeats.
    fn echoes(&mut self, said: Json<'_>) -> HashSet<u64, ByHash> {
        let mut aside = Generation::new();
        let mut writer = Writer {
            into: &mut aside,
            lexicon: &self.lexicon,
            seed: self.seed,
            line: &mut self.line,
            origin: 0,
            suspicious: false,
            secret: false,
            most: self.most,
        };
        is_said(said, &mut |value| writer.structure(value));
        aside.hashes()
    }

    /// The young generation becomes the old one, what was old is forgotten.
    fn turn(&mut self, words: &mut Words) {
        if let Some(label) = self.old.label() {
            self.forget(label);
        }
        words.forget(self.serial.wrapping_sub(1));
        self.old = std::mem::replace(&mut self.young, Generation::new());
        self.serial = self.serial.wrapping_add(1);
    }

    /// Hears the user's own words, which count until `until`.
    pub(crate) fn hear(&self, words: &mut Words, text: &str, now: Timestamp, until: Timestamp) {
        if words.hear(self.seed, &self.lexicon, text, now, until) {
            words.name(&self.old, self.serial.wrapping_sub(1), 0);
            words.name(&self.young, self.serial, 0);
        }
    }

    /// Both generations, each with its number.
    pub(crate) fn generations(&self) -> [(&Generation, u32); 2] {
        [(&self.young, self.serial), (&self.old, self.serial.wrapping_sub(1))]
    }

    /// True where nothing has entered.
    pub(crate) const fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }
}
