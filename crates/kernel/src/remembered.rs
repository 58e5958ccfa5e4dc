//! What was made of a text, kept for texts that come again and again: a list that has not changed costs a comparison.
//!
//! Only for what follows from text and key alone. Must never be asked where something else decides, too.

use std::collections::VecDeque;

use parking_lot::Mutex;
use ringfence_model::json::JsonText;

/// Most texts that are kept, and the most bytes of one.
const MOST: usize = 16;
const LONGEST: usize = 1 << 18;

/// What was made of the texts seen last.
#[derive(Debug)]
pub(crate) struct Remembered<K, V>(Mutex<VecDeque<Kept<K, V>>>);

#[derive(Debug)]
struct Kept<K, V> {
    text: JsonText,
    key: K,
    value: V,
}

impl<K: PartialEq, V: Clone> Remembered<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// What `make` gives for this text and key, or gave before.
    pub(crate) fn of(&self, text: &JsonText, key: K, make: impl FnOnce() -> V) -> V {
        if text.as_str().len() > LONGEST {
            return make();
        }
        let known = self
            .0
            .lock()
            .iter()
            .find(|kept| kept.key == key && kept.text == *text)
            .map(|kept| kept.value.clone());
        known.unwrap_or_else(|| {
            // Outside the lock: two may make the same at once, and neither waits.
            let value = make();
            let mut kept = self.0.lock();
            kept.truncate(MOST - 1);
            kept.push_front(Kept { text: text.clone(), key, value: value.clone() });
            value
        })
    }

    /// Forgets everything: what it followed from has changed.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

#[cfg(test)]
mod tests;
