//! How much a string reads like words: by the letter triples of a list of words (`rules/secret/words.txt`), generated
//! into a bit set. Must never need the words themselves.

use super::letters::{COMMON, LETTERS};

/// The share of letter triples of `text` that words have, from 0 (noise) to 1 (words); `None` without letters. Case, digits and signs part words.
pub(super) fn likeness(text: &str) -> Option<f32> {
    let mut seen = 0_u16;
    let mut known = 0_u16;
    for_each_run(text, |run| {
        if run.len() >= 3 {
            let (all, common) = triples(run);
            seen = seen.saturating_add(all);
            known = known.saturating_add(common);
        } else {
            // Crumbs between digits and turns of case are what noise is made of.
            seen = seen.saturating_add(1);
        }
    });
    (seen > 0).then(|| f32::from(known) / f32::from(seen))
}

/// True when every run of letters of `text` reads like a word, and there is one.
pub(super) fn is_wordy(text: &str) -> bool {
    let mut runs = 0;
    let mut words = 0;
    for_each_run(text, |run| {
        let (all, common) = triples(run);
        runs += 1;
        // Short runs are articles and abbreviations; three or four letters prove little.
        words += usize::from(run.len() <= 2 || u32::from(common) * 100 >= u32::from(all) * 60);
    });
    runs > 0 && runs == words
}

/// Calls `each` for the runs of letters of `text`: `fooBar_baz1` has three.
fn for_each_run(text: &str, mut each: impl FnMut(&[u8])) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut at = 0;
    while at <= bytes.len() {
        let byte = bytes.get(at).copied().unwrap_or_default();
        let letter = byte.is_ascii_alphabetic();
        let turns = letter
            && byte.is_ascii_uppercase()
            && at > start
            && (bytes.get(at - 1).is_some_and(u8::is_ascii_lowercase)
                || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if !letter || turns {
            if at > start {
                each(bytes.get(start..at).unwrap_or_default());
            }
            start = if letter { at } else { at + 1 };
        }
        at += 1;
    }
}

/// How many triples a run has, its edges included, and how many of them words have.
fn triples(run: &[u8]) -> (u16, u16) {
    let code = |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(byte.to_ascii_lowercase() - b'a') + 1);
    let mut all = 0_u16;
    let mut common = 0_u16;
    for at in 0..run.len().min(512) {
        let before = at.checked_sub(1).and_then(|at| run.get(at));
        let index = (code(before) * LETTERS + code(run.get(at))) * LETTERS + code(run.get(at + 1));
        let bit = COMMON.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1);
        all += 1;
        common += u16::from(bit);
    }
    (all, common)
}
