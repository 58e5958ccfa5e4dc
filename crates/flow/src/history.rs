//! What the sessions of one principal have read: kept as it came, indexed once a call asks where something is from.
//!
//! Most of what an agent reads is never asked about, and costs a copy. Must never answer out of an index that lacks
//! something that was taken in, nor keep the text of what is secret.

use std::collections::VecDeque;
use std::sync::Arc;

use ringfence_model::id::{CallId, Timestamp};
use ringfence_model::json::{Json, JsonText};
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::name::ServerName;

use crate::index::{Entering, Index, is_said};
use crate::lexicon::Lexicon;
use crate::trace::{Asking, Traced};
use crate::user::Words;

/// The part of the memory that texts may take while they wait: one in so many.
const WAITING_SHARE: usize = 4;
/// Bytes that a waiting text takes beside itself.
const WAITING_COST: usize = 192;

/// What one principal's sessions have read, in no more than the bytes it was given.
#[derive(Debug)]
pub struct History {
    index: Index,
    waiting: VecDeque<Waiting>,
    /// Bytes of what waits.
    held: usize,
    most_held: usize,
}

/// Something that was taken in and is not indexed yet.
#[derive(Debug)]
struct Waiting {
    call: CallId,
    server: Option<ServerName>,
    target: Arc<str>,
    label: Label,
    named: bool,
    suspicious: bool,
    /// A JSON array of what the call said, as far as its server may repeat it.
    said: String,
    text: Text,
}

#[derive(Debug)]
enum Text {
    /// An MCP result, or what else a message carries.
    Result(String),
    Plain(String),
}

impl History {
    /// Nothing has been read. It takes about `most` bytes; `seed` is drawn by chance for each.
    #[must_use]
    pub fn new(most: usize, seed: u64, lexicon: Arc<Lexicon>) -> Self {
        let most_held = most / WAITING_SHARE;
        let index = Index::new(most - most_held, seed, lexicon);
        Self { index, waiting: VecDeque::new(), held: 0, most_held }
    }

    /// What was read before and is not remembered: arguments that match nothing inherit `floor`.
    pub fn forget(&mut self, floor: Label) {
        self.index.forget(floor);
    }

    /// Bytes in use, about.
    #[must_use]
    pub const fn cost(&self) -> usize {
        self.index.cost() + self.held
    }

    /// True where nothing has been taken in that is still remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty() && self.waiting.is_empty()
    }

    /// Takes in a result, or what else an MCP message carries.
    pub fn enter(&mut self, entering: &Entering<'_>, result: Json<'_>, words: &mut Words) {
        if self.may_wait(entering, result.raw()) {
            self.wait(entering, Text::Result(result.raw().to_owned()), words);
        } else {
            self.catch_up(words);
            self.index.enter(entering, result, words);
        }
    }

    /// Takes in a text.
    pub fn enter_text(&mut self, entering: &Entering<'_>, text: &str, words: &mut Words) {
        if self.may_wait(entering, text) {
            self.wait(entering, Text::Plain(text.to_owned()), words);
        } else {
            self.catch_up(words);
            self.index.enter_text(entering, text, words);
        }
    }

    const fn may_wait(&self, entering: &Entering<'_>, text: &str) -> bool {
        !matches!(entering.label.confidentiality, Confidentiality::Secret)
            && text.len() < self.most_held / WAITING_SHARE
    }

    /// Hears the user's own words, which count until `until`.
    pub fn hear(&mut self, words: &mut Words, text: &str, now: Timestamp, until: Timestamp) {
        // What was read before is named by what was said before.
        if !words.knows(self.index.seed, text, now) {
            self.catch_up(words);
        }
        self.index.hear(words, text, now, until);
    }

    /// Where the arguments of a call came from.
    pub fn trace(&mut self, words: &mut Words, asking: Asking<'_>) -> Traced {
        let traced = if asking.wants_nothing(words) {
            Traced::nothing()
        } else {
            self.catch_up(words);
            self.index.trace(words, asking)
        };
        if asking.floor.integrity != Integrity::Untrusted {
            self.index.hand(words, asking.arguments);
        }
        traced
    }

    fn wait(&mut self, entering: &Entering<'_>, text: Text, words: &mut Words) {
        let waiting = Waiting {
            call: entering.call,
            server: entering.server.cloned(),
            target: Arc::clone(entering.target),
            label: entering.label,
            named: entering.named,
            suspicious: entering.suspicious,
            said: entering.said.map(list_said).unwrap_or_default(),
            text,
        };
        self.held += waiting.cost();
        self.waiting.push_back(waiting);
        while self.held > self.most_held
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.held -= oldest.cost();
            if oldest.is_worth_more_than_its_label() {
                oldest.index(&mut self.index, words);
            } else {
                self.index.forget(oldest.label);
            }
        }
    }

    /// Indexes what waits.
    fn catch_up(&mut self, words: &mut Words) {
        for waiting in self.waiting.drain(..) {
            waiting.index(&mut self.index, words);
        }
        self.held = 0;
    }
}

impl Waiting {
    const fn cost(&self) -> usize {
        let (Text::Result(text) | Text::Plain(text)) = &self.text;
        WAITING_COST + text.capacity() + self.said.capacity()
    }

    /// Once it is forgotten, its label is all that is known of it.
    const fn is_worth_more_than_its_label(&self) -> bool {
        self.suspicious || self.named || !matches!(self.label.confidentiality, Confidentiality::Public)
    }

    fn index(self, index: &mut Index, words: &mut Words) {
        // It was made of JSON.
        let said = JsonText::try_from(self.said).ok();
        let entering = Entering {
            call: self.call,
            server: self.server.as_ref(),
            target: &self.target,
            label: self.label,
            named: self.named,
            suspicious: self.suspicious,
            said: said.as_ref().map(JsonText::value),
        };
        match self.text {
            Text::Plain(text) => index.enter_text(&entering, &text, words),
            Text::Result(text) => match JsonText::try_from(text) {
                Ok(result) => index.enter(&entering, result.value(), words),
                // Nested deeper than we read what is our own.
                Err(_) => index.forget(self.label),
            },
        }
    }
}

/// The strings that a server may repeat, as a JSON array.
fn list_said(said: Json<'_>) -> String {
    let mut list = String::new();
    is_said(said, &mut |value| {
        list.push(if list.is_empty() { '[' } else { ',' });
        list.push_str(value.raw());
    });
    if !list.is_empty() {
        list.push(']');
    }
    list
}

#[cfg(test)]
mod tests;
