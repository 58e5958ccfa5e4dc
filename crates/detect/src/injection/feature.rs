//! What the linear model sees of a window: hashed n-grams of its letters and words, and what its words are about. Must
//! never change without training anew: a feature's number is part of the weights.

use super::concept::Concept;
use super::lexicon::Hit;

/// Hashed features: 2^18 buckets.
pub(super) const BUCKETS: usize = 1 << 18;
const CONCEPTS: usize = Concept::ALL.len();
/// One for each concept, one for each pair of two, one for each trait.
pub(super) const DENSE: usize = PLAIN + TRIPLES;
const PLAIN: usize = CONCEPTS * 2 + CONCEPTS * (CONCEPTS - 1) / 2 + TRAITS;
/// Three different concepts in a row, in any order, hashed into so many features.
const TRIPLES: usize = 2048;
const TRAITS: usize = 16;
/// Characters within which two words have to do with each other.
const NEAR: usize = 64;

/// A window as the model sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// Buckets of the n-grams, as often as they occur.
    pub hashed: Vec<u32>,
    /// The dense features that are there, ascending.
    pub dense: Vec<u16>,
}

impl Features {
    /// The features of a window of folded text, `hits` being its words.
    #[must_use]
    pub fn of(folded: &str, hits: &[Hit]) -> Self {
        Self { hashed: n_grams(folded), dense: dense(folded, hits) }
    }
}

/// Word 1- and 2-grams, and character 3- to 5-grams across words, digits being one digit and runs of other characters one.
fn n_grams(folded: &str) -> Vec<u32> {
    let mut buckets = Vec::with_capacity(folded.len() * 3 + 16);
    // The hashes of the character sequences that end here, of 1 to 5 characters.
    let mut ends = [0_u32; 5];
    let mut word = 0_u32;
    let mut previous = 0_u32;
    let mut in_gap = true;
    for character in folded.chars().chain(std::iter::once(' ')) {
        let letter = character.is_alphanumeric();
        if !letter && in_gap {
            continue;
        }
        in_gap = !letter;
        let code = match character {
            digit if digit.is_ascii_digit() => u32::from('0'),
            letter if letter.is_alphanumeric() => u32::from(letter),
            _ => u32::from(' '),
        };
        let mut longer = 0x811C_9DC5;
        for end in &mut ends {
            let next = mix(longer, code);
            longer = *end;
            *end = next;
        }
        let [_, _, three, four, five] = ends;
        buckets.extend([bucket(three, 3), bucket(four, 4), bucket(five, 5)]);
        if letter {
            word = mix(word, code);
        } else {
            buckets.extend([bucket(word, 1), bucket(mix(previous, word), 2)]);
            previous = word;
            word = 0;
        }
    }
    buckets
}

const fn mix(hash: u32, code: u32) -> u32 {
    (hash ^ code).wrapping_mul(0x0100_0193).rotate_left(5).wrapping_add(0x9E37_79B9)
}

/// Bucket of a hash in the family `kind`.
const fn bucket(hash: u32, kind: u32) -> u32 {
    let spread = (hash ^ kind.wrapping_mul(0x85EB_CA6B)).wrapping_mul(0xC2B2_AE35);
    (spread ^ (spread >> 15)) % BUCKETS as u32
}

/// Concepts, concepts that stand near each other, and traits.
fn dense(folded: &str, hits: &[Hit]) -> Vec<u16> {
    let mut present = [false; DENSE];
    let mut mark = |at: usize| {
        if let Some(cell) = present.get_mut(at) {
            *cell = true;
        }
    };
    let mut counts = [0_usize; CONCEPTS];
    for (at, hit) in hits.iter().enumerate() {
        mark(hit.concept.index());
        if let Some(count) = counts.get_mut(hit.concept.index()) {
            *count += 1;
        }
        for other in hits.iter().skip(at + 1) {
            if other.position > hit.position + NEAR {
                break;
            }
            mark(pair(hit.concept, other.concept));
        }
    }
    for three in hits.windows(3) {
        if let [one, two, three] = three
            && three.position <= one.position + NEAR
        {
            let mut set = [one.concept.index(), two.concept.index(), three.concept.index()];
            set.sort_unstable();
            let code = set.iter().fold(0, |code, concept| code * CONCEPTS + concept);
            mark(PLAIN + ((code * 0x9E3_7795) >> 7) % TRIPLES);
        }
    }
    for (concept, count) in counts.iter().enumerate() {
        if *count >= 3 {
            mark(CONCEPTS + concept);
        }
    }
    for (at, trait_) in traits(folded).into_iter().enumerate() {
        if trait_ {
            mark(PLAIN - TRAITS + at);
        }
    }
    present.iter().zip(0_u16..).filter(|(there, _)| **there).map(|(_, at)| at).collect()
}

/// The feature of two concepts near each other, in either order; of one with itself, its plain feature.
fn pair(one: Concept, other: Concept) -> usize {
    let (low, high) = (one.index().min(other.index()), one.index().max(other.index()));
    if low == high { low } else { CONCEPTS * 2 + high * (high - 1) / 2 + low }
}

/// What a window looks like, apart from its words.
fn traits(folded: &str) -> [bool; TRAITS] {
    let bytes = folded.as_bytes();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let beyond = bytes.iter().filter(|byte| **byte >= 0x80).count();
    let tokens = || folded.split_ascii_whitespace();
    let repeated = tokens().zip(tokens().skip(1)).filter(|(one, next)| one == next).count();
    let longest = tokens().map(str::len).max().unwrap_or(0);
    let two_digits =
        tokens().filter(|token| token.bytes().all(|byte| matches!(byte, b'0' | b'1' | b'.' | b'-' | b'/')));
    [
        folded.contains("http://") || folded.contains("https://") || folded.contains("www."),
        bytes.contains(&b'@'),
        folded.contains('?') || folded.contains('？') || folded.contains('؟'),
        folded.contains("!!"),
        folded.contains("```") || folded.contains("<code"),
        folded.contains("<!--") || folded.contains("-->"),
        folded.contains("q:") && folded.contains("a:"),
        repeated >= 8,
        longest > 60 && beyond == 0,
        two_digits.count() >= 8,
        beyond > letters,
        folded.len() < 60,
        (60..200).contains(&folded.len()),
        folded.contains("---") || folded.contains("===") || folded.contains("###"),
        folded.contains(": "),
        folded.contains('"') || folded.contains('\'') || folded.contains('“'),
    ]
}
