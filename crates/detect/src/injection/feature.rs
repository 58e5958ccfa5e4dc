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
        let mut hashed = Vec::with_capacity(folded.len() * 3 + 16);
        n_grams(folded, |bucket| hashed.push(bucket));
        Self { hashed, dense: dense(folded, hits) }
    }
}

/// Hands out word 1- and 2-grams, and character 3- to 5-grams across words, digits being one digit and runs of other
/// characters one.
pub(super) fn n_grams(folded: &str, mut take: impl FnMut(u32)) {
    // The last characters, twelve bits each: enough to tell five of them apart.
    let mut last = 0_u64;
    let mut word = 0_u64;
    let mut previous = 0_u64;
    let mut in_gap = true;
    for character in folded.chars().chain(std::iter::once(' ')) {
        let code = code(character);
        if code == GAP && in_gap {
            continue;
        }
        in_gap = code == GAP;
        last = last << 12 | code;
        take(bucket(last & 0xF_FFFF_FFFF, 0x9E37_79B9_7F4A_7C15));
        take(bucket(last & 0xFFFF_FFFF_FFFF, 0xC2B2_AE3D_27D4_EB4F));
        take(bucket(last & 0xFFF_FFFF_FFFF_FFFF, 0x1656_67B1_9E37_79F9));
        if in_gap {
            take(bucket(word, 0xD6E8_FEB8_6659_FD93));
            take(bucket(previous.rotate_left(23) ^ word, 0xA076_1D64_78BD_642F));
            previous = word;
            word = 0;
        } else {
            word = (word ^ code).wrapping_mul(0x2545_F491_4F6C_DD1D).rotate_left(29);
        }
    }
}

/// Everything that is neither letter nor digit.
const GAP: u64 = 32;

/// Twelve bits of a letter, one number for all digits, [`GAP`] for the rest.
fn code(character: char) -> u64 {
    match character {
        'a'..='z' => u64::from(character),
        '0'..='9' => u64::from('0'),
        '\0'..='\x7f' => GAP,
        letter if letter.is_alphanumeric() => {
            let code = u64::from(letter);
            (code ^ code >> 12) & 0xFFF | 0x80
        }
        _ => GAP,
    }
}

/// Bucket of a key in the family that `spread` makes (multiplicative hashing; Knuth, volume 3, 6.4).
#[expect(clippy::cast_possible_truncation, reason = "eighteen bits are left")]
const fn bucket(key: u64, spread: u64) -> u32 {
    ((key ^ key >> 31).wrapping_mul(spread) >> (64 - BUCKETS.trailing_zeros())) as u32
}

/// Concepts, concepts that stand near each other, and traits; ascending, each once.
pub(super) fn dense(folded: &str, hits: &[Hit]) -> Vec<u16> {
    let mut present = Vec::with_capacity(64);
    let mut mark = |at: usize| present.extend(u16::try_from(at));
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
    present.sort_unstable();
    present.dedup();
    present
}

/// The feature of two concepts near each other, in either order; of one with itself, its plain feature.
fn pair(one: Concept, other: Concept) -> usize {
    let (low, high) = (one.index().min(other.index()), one.index().max(other.index()));
    if low == high { low } else { CONCEPTS * 2 + high * (high - 1) / 2 + low }
}

/// What a window looks like, apart from its words.
fn traits(folded: &str) -> [bool; TRAITS] {
    let bytes = folded.as_bytes();
    let (mut letters, mut beyond, mut has) = (0, 0, [false; 128]);
    for byte in bytes {
        letters += usize::from(byte.is_ascii_lowercase());
        beyond += usize::from(*byte >= 0x80);
        if let Some(seen) = has.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let seen = |sign: u8| has.get(usize::from(sign)) == Some(&true);
    // A mark is looked for only where its rarest sign was seen.
    let holds = |sign: u8, mark: &str| seen(sign) && folded.contains(mark);
    let (mut repeated, mut longest, mut numbers, mut before) = (0, 0, 0, "");
    for token in folded.split_ascii_whitespace() {
        repeated += usize::from(token == before);
        longest = longest.max(token.len());
        let number = |byte: u8| matches!(byte, b'0' | b'1' | b'.' | b'-' | b'/');
        numbers += usize::from(token.bytes().all(number));
        before = token;
    }
    [
        holds(b':', "http://") || holds(b':', "https://") || holds(b'w', "www."),
        seen(b'@'),
        seen(b'?') || beyond > 0 && folded.contains(['？', '؟']),
        holds(b'!', "!!"),
        holds(b'`', "```") || holds(b'<', "<code"),
        holds(b'<', "<!--") || holds(b'>', "-->"),
        holds(b':', "q:") && holds(b':', "a:"),
        repeated >= 8,
        longest > 60 && beyond == 0,
        numbers >= 8,
        beyond > letters,
        folded.len() < 60,
        (60..200).contains(&folded.len()),
        holds(b'-', "---") || holds(b'=', "===") || holds(b'#', "###"),
        holds(b':', ": "),
        seen(b'"') || seen(b'\'') || beyond > 0 && folded.contains('“'),
    ]
}
