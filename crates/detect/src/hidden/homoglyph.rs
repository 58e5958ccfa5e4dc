//! Words that mix scripts so that a letter looks like another (Unicode UTS #39, confusables; the table holds the letters
//! that are drawn alike in common fonts). Must never report a word of one script, whatever script that is.

use ringfence_model::finding::Severity;

use super::scan::{Seen, Sightings};

/// Cyrillic, Greek and Armenian letters, and the Latin ones they look like.
const ALIKE: [(char, char); 62] = [
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('һ', 'h'),
    ('ԁ', 'd'),
    ('ԛ', 'q'),
    ('ԝ', 'w'),
    ('ѵ', 'v'),
    ('ɡ', 'g'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('Ѕ', 'S'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('Ԁ', 'D'),
    ('ӏ', 'l'),
    ('Ӏ', 'I'),
    ('к', 'k'),
    ('м', 'm'),
    ('т', 't'),
    ('п', 'n'),
    ('г', 'r'),
    ('α', 'a'),
    ('ο', 'o'),
    ('ν', 'v'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'u'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('ε', 'e'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Χ', 'X'),
    ('ո', 'n'),
];

/// The Latin word that `word` looks like: each letter of another script replaced by its look-alike.
#[must_use]
pub fn skeleton(word: &str) -> String {
    word.chars().map(plain).collect()
}

/// Adds the words of two scripts whose foreign letters all look like Latin ones.
pub(super) fn look(text: &str, seen: &mut Sightings) {
    // Greek, Cyrillic and Armenian letters begin with these bytes; without one of them there is nothing to find.
    let may_mix = |block: &[u8]| block.iter().fold(false, |any, byte| any | (0xC9..=0xD6).contains(byte));
    if !text.as_bytes().chunks(64).any(may_mix) {
        return;
    }
    let mut start = None;
    for (at, character) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        if character.is_alphabetic() {
            start = start.or(Some(at));
            continue;
        }
        let Some(from) = start.take() else { continue };
        let word = text.get(from..at).unwrap_or_default();
        if is_mixed(word) {
            let what = "A word that mixes scripts so that it reads like another";
            let decoded = skeleton(word);
            seen.add(Seen {
                id: "homoglyph",
                what,
                severity: Severity::Medium,
                confidence: 80,
                at: from..at,
                decoded,
            });
        }
    }
}

/// Latin letters, and letters of Cyrillic, Greek or Armenian that all have a Latin look-alike. Short words are units and
/// symbols (`μm`, `kΩ`).
pub(super) fn is_mixed(word: &str) -> bool {
    if word.is_ascii() {
        return false;
    }
    let latin = word.chars().filter(char::is_ascii_alphabetic).count();
    let mut foreign = word.chars().filter(|letter| !letter.is_ascii()).peekable();
    latin > 0
        && word.chars().count() >= 4
        && foreign.peek().is_some()
        && foreign.all(|letter| plain(letter) != letter)
}

fn plain(letter: char) -> char {
    ALIKE.iter().find(|(foreign, _)| *foreign == letter).map_or(letter, |(_, latin)| *latin)
}
