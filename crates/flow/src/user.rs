//! The user's own words: what they say exactly, what they refer to, which acts they ask for.
//!
//! Held as hashes, for one session and a bounded time. Must never be fed from anything but a client that may vouch for its user.

use std::collections::{HashMap, HashSet};

use ringfence_model::id::Timestamp;

use crate::atom::{Atom, Kind, trim};
use crate::decode;
use crate::document::hash_of;
use crate::generation::Generation;
use crate::hash::{ByHash, Seed};
use crate::lexicon::{Acts, Cue, Lexicon, key_of, spaceless, stem};
use crate::line::Line;

/// Most texts that count at once, most bytes of one, most words of a phrase; most values that were handed over.
const MOST_TEXTS: usize = 16;
const MOST_HANDED: usize = 1_024;
const LONGEST: usize = 16 * 1024;
const PHRASE: usize = 8;

/// What the user said.
#[derive(Debug)]
pub struct Words {
    texts: Vec<Text>,
    /// The records that they name, by generation and place.
    named: HashSet<u64, ByHash>,
    /// Values that calls handed over before the session had read anything of strangers, each with its field: whoever they
    /// come from, it is none of these.
    handed: HashMap<u64, u32, ByHash>,
}

#[derive(Debug)]
struct Text {
    digest: u64,
    /// When it was heard last: a clock that goes back makes no words last longer.
    since: Timestamp,
    until: Timestamp,
    exact: HashSet<u64, ByHash>,
    refers: HashSet<u32, ByHash>,
    stems: HashSet<u32, ByHash>,
    acts: Acts,
    /// It asks for something in words that are not known: a verb, or the whole language.
    unclear: bool,
}

impl Words {
    /// Nothing has been said.
    #[must_use]
    pub fn none() -> Self {
        Self { texts: Vec::new(), named: HashSet::default(), handed: HashMap::default() }
    }

    /// The records of `generation` from `from` on that the words name are remembered.
    pub(crate) fn name(&mut self, generation: &Generation, serial: u32, from: usize) {
        if self.texts.is_empty() {
            return;
        }
        let Self { texts, named, .. } = self;
        generation.named(
            from,
            |tokens| overlap(texts, tokens),
            |record, says| {
                let key = key(serial, record);
                match says {
                    Some(true) => named.insert(key),
                    Some(false) => false,
                    None => named.contains(&key),
                }
            },
        );
    }

    /// Forgets what they named in a generation that is gone.
    pub(crate) fn forget(&mut self, serial: u32) {
        self.named.retain(|key| key >> 32 != u64::from(serial));
    }

    /// The words, as far as they still count, name this record.
    pub(crate) fn names(&self, serial: u32, record: u32, now: Timestamp) -> bool {
        self.any(now) && self.named.contains(&key(serial, record))
    }

    /// `text` has been heard and still counts.
    pub(crate) fn knows(&self, seed: Seed, text: &str, now: Timestamp) -> bool {
        let digest = seed.of(text.bytes());
        self.heard(now).any(|known| known.digest == digest)
    }

    /// Hears `text`; false where it has been heard before and only lasts longer now.
    pub(crate) fn hear(
        &mut self,
        seed: Seed,
        lexicon: &Lexicon,
        text: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> bool {
        let digest = seed.of(text.bytes());
        self.texts.retain(|known| known.until > now);
        if let Some(known) = self.texts.iter_mut().find(|known| known.digest == digest) {
            (known.since, known.until) = (now, until);
            return false;
        }
        if self.texts.len() == MOST_TEXTS {
            self.texts.remove(0);
        }
        self.texts.push(Text::of(seed, lexicon, cut(text), digest, now, until));
        true
    }

    fn heard(&self, now: Timestamp) -> impl Iterator<Item = &Text> {
        self.texts.iter().filter(move |text| text.since <= now && now < text.until)
    }

    /// True where the user's words count at all.
    pub(crate) fn any(&self, now: Timestamp) -> bool {
        self.heard(now).next().is_some()
    }

    /// The user said exactly this.
    pub(crate) fn said(&self, hash: u64, now: Timestamp) -> bool {
        self.heard(now).any(|text| text.exact.contains(&hash))
    }

    /// The user asked for something to be done, and not only to be told something.
    pub(crate) fn wants(&self, now: Timestamp) -> bool {
        self.heard(now).any(|text| text.unclear || !text.acts.deeds().is_none())
    }

    /// No more values that are handed over are remembered.
    pub(crate) fn has_no_room(&self) -> bool {
        self.handed.len() >= MOST_HANDED
    }

    /// `value` was handed over in `field` before anything of strangers was read.
    pub(crate) fn hand(&mut self, value: u64, field: u32) {
        if self.handed.len() < MOST_HANDED {
            self.handed.entry(value).or_insert(field);
        }
    }

    /// The field that a value was handed over in, where it was.
    pub(crate) fn handed(&self, value: u64) -> Option<u32> {
        self.handed.get(&value).copied()
    }

    /// The user said a word of this family: `maintainer` for `maintain`, `deleted` for `delete`.
    pub(crate) fn said_kin(&self, seed: Seed, word: &str, now: Timestamp) -> bool {
        let stem = stem(word);
        let kin = [stem.clone(), format!("{stem}er"), format!("{stem}or")].map(|kin| token(seed, &kin));
        self.heard(now).any(|text| kin.iter().any(|kin| text.stems.contains(kin)))
    }

    /// The user asked for one of these acts, or said a word of the tool's name.
    pub(crate) fn asked(&self, acts: Acts, tool: &[u32], now: Timestamp) -> bool {
        self.heard(now).any(|text| text.acts.meets(acts) || tool.iter().any(|word| text.stems.contains(word)))
    }
}

impl Text {
    fn of(
        seed: Seed,
        lexicon: &Lexicon,
        text: &str,
        digest: u64,
        since: Timestamp,
        until: Timestamp,
    ) -> Self {
        let mut this = Self {
            digest,
            since,
            until,
            exact: HashSet::default(),
            refers: HashSet::default(),
            stems: HashSet::default(),
            acts: Acts::NONE,
            unclear: is_unclear(lexicon, text),
        };
        this.refers.extend(tokens(seed, lexicon, text));
        // Whom an address belongs to is not referred to by where others have theirs.
        for host in
            text.split_whitespace().filter_map(|word| trim(word).split_once('@')).map(|(_, host)| host)
        {
            for word in host.split(|c: char| !c.is_alphanumeric()) {
                this.refers.remove(&token(seed, word));
            }
        }
        // A verb refers to nothing: what is to be done is no name of a thing.
        let mut cued = true;
        for word in text.split_whitespace() {
            let bare = trim(word);
            let (acts, cue) = lexicon.acts_and_cue(key_of(bare.bytes()));
            if cued && !acts.is_none() {
                this.refers.remove(&token(seed, bare));
            }
            cued = cue > Cue::None || word.ends_with(['.', ',', ':', ';', '!', '?']);
        }
        for chunk in
            text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')' | '<' | '>' | ';' | '|'))
        {
            let whole = Atom::of(chunk);
            let parts = chunk.split(',').chain(chunk.rsplit([':', '=']).take(1)).filter_map(Atom::of);
            this.exact.extend(whole.into_iter().chain(parts).map(|atom| hash_of(seed, &atom)));
        }
        let words: Vec<&str> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        if spaceless::has_spaceless(text) {
            for said in spaceless::sentences(text).map(|sentence| lexicon.spaceless().says(sentence)) {
                this.acts = this.acts.and(said.acts).deeds();
            }
            for value in spaceless::embedded(text).filter_map(|range| text.get(range)).filter_map(Atom::of) {
                this.exact.insert(hash_of(seed, &value));
            }
        }
        this.stems.extend(words.iter().map(|word| token(seed, word)));
        for sentence in text.split_inclusive(['.', '!', '?', ';', '\n']) {
            if is_question(lexicon, sentence) {
                continue;
            }
            let mut before = "";
            for word in sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
                if !lexicon.is_before_noun(before) {
                    this.acts = this.acts.and(lexicon.acts_of(word)).deeds();
                }
                before = word;
            }
        }
        for from in 0..words.len() {
            let mut said = String::new();
            for word in words.iter().skip(from).take(PHRASE) {
                if !said.is_empty() {
                    said.push(' ');
                }
                said.push_str(word);
                this.exact.insert(phrase(seed, &said));
                if let Some(account) = Atom::of(&said).filter(|atom| atom.kind == Kind::Account) {
                    this.exact.insert(hash_of(seed, &account));
                }
            }
        }
        for number in decode::numbers_in_words(text) {
            this.exact.insert(seed.of(number.to_string().bytes()));
        }
        let mut line = Line::new();
        for part in text.lines() {
            line.read(part, lexicon);
            for chunk in &line.chunks {
                this.exact.extend(
                    part.get(chunk.range.clone()).and_then(Atom::of).map(|atom| hash_of(seed, &atom)),
                );
            }
        }
        this
    }
}

/// True for a question whose answer is all that is wanted: `What did he write?`, not `Can you write him?`.
fn is_question(lexicon: &Lexicon, sentence: &str) -> bool {
    let first = sentence.split_whitespace().map(trim).find(|word| !word.is_empty()).unwrap_or_default();
    let requests = ["can", "could", "get", "give"].iter().any(|word| first.eq_ignore_ascii_case(word));
    sentence.ends_with('?') && lexicon.reads(first) && !requests
}

/// True where the text asks for something in words that the lexicon does not hold: a clause that begins with an unknown word
/// and goes on with what it acts on (`Bump the package`), or a text none of whose words are known.
fn is_unclear(lexicon: &Lexicon, text: &str) -> bool {
    if spaceless::has_spaceless(text) {
        let says = |sentence| lexicon.spaceless().says(sentence);
        return spaceless::sentences(text).map(says).all(|says| says.acts.is_none() && !says.reads);
    }
    let (mut begins, mut verb, mut words, mut known) = (true, false, 0, 0);
    for word in text.split_whitespace() {
        let bare = trim(word);
        let acts_on = lexicon.is_before_noun(bare) || matches!(bare, "it" | "them" | "him" | "us");
        if verb && acts_on {
            return true;
        }
        let (acts, cue) = lexicon.acts_and_cue(key_of(bare.bytes()));
        let is_known = !acts.is_none()
            || cue > Cue::None
            || acts_on
            || lexicon.reads(bare)
            || lexicon.is_common(bare)
            || !lexicon.acts_of(bare).is_none();
        words += 1;
        known += usize::from(is_known);
        verb = begins && !is_known && bare.chars().all(char::is_alphabetic);
        begins = cue > Cue::None
            || word.ends_with(['.', ',', ':', ';', '!', '?'])
            || matches!(bare, "and" | "und" | "et" | "y" | "e" | "en");
    }
    words >= 3 && known == 0
}

const fn key(serial: u32, record: u32) -> u64 {
    (serial as u64) << 32 | record as u64
}

/// How many of these tokens the texts hold.
fn overlap(texts: &[Text], tokens: &[u32]) -> usize {
    let held = tokens.iter().copied().filter(|token| texts.iter().any(|text| text.refers.contains(token)));
    let mut seen: Vec<u32> = held.collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

fn cut(text: &str) -> &str {
    match text.char_indices().find(|(at, _)| *at >= LONGEST) {
        Some((at, _)) => text.get(..at).unwrap_or_default(),
        None => text,
    }
}

/// The hash of words: letters and digits in lower case, one space between.
pub(crate) fn phrase(seed: Seed, text: &str) -> u64 {
    let mut gap = false;
    let mut begun = false;
    let bytes = text.bytes().flat_map(|byte| {
        let counts = byte.is_ascii_alphanumeric() || byte >= 0x80;
        let space = counts && gap && begun;
        gap = !counts;
        begun |= counts;
        [space.then_some(b' '), counts.then_some(byte)].into_iter().flatten()
    });
    seed.of(bytes)
}

/// The hash of a word's stem.
pub(crate) fn token(seed: Seed, word: &str) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "half a hash is a hash")]
    let half = seed.of(stem(word).bytes()) as u32;
    half
}

/// What a text can be referred to by: its uncommon words and its identifiers.
pub(crate) fn tokens<'a>(seed: Seed, lexicon: &'a Lexicon, text: &'a str) -> impl Iterator<Item = u32> + 'a {
    let chunks = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '(' | ')' | '<' | '>'))
        .map(trim)
        .filter(|chunk| {
            chunk.len() >= 3
                && chunk.contains(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | '@' | '/'))
        });
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(move |word| word.len() >= 3 && !lexicon.is_common(word) && !is_year(word));
    chunks.chain(words).map(move |word| token(seed, word)).chain(pairs(seed, text))
}

/// Pairs of letters of a script without spaces: what stands for words there.
fn pairs(seed: Seed, text: &str) -> impl Iterator<Item = u32> {
    let letters: Vec<char> = if spaceless::has_spaceless(text) { text.chars().collect() } else { Vec::new() };
    let pairs: Vec<u32> = letters
        .windows(2)
        .filter(|pair| pair.iter().all(|c| c.is_alphabetic() && *c >= '\u{3040}'))
        .map(|pair| token(seed, &pair.iter().collect::<String>()))
        .collect();
    pairs.into_iter()
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a tool's name: `delete_all`, `deleteAll`, `delete-all`.
pub(crate) fn words_of_name(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .flat_map(|part| {
            let mut rest = Some(part);
            std::iter::from_fn(move || {
                let part = rest?;
                let cut = part.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
                let (word, after) = match cut.and_then(|at| part.split_at_checked(at)) {
                    Some((word, after)) => (word, Some(after)),
                    None => (part, None),
                };
                rest = after;
                Some(word)
            })
        })
        .filter(|word| word.len() >= 3)
}

/// True for a field that names one of many.
pub(crate) fn is_id(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    field == "id"
        || field.ends_with("id")
        || field.ends_with("ids")
        || field.ends_with("number")
        || field.ends_with("key")
}
