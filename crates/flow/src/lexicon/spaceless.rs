//! Chinese and Japanese, which put no spaces between words: words are looked for wherever they may begin.
//!
//! Must never cost anything for a text that has none of their letters.

use std::collections::HashMap;

use super::Acts;

const WORDS: [&str; 2] = [include_str!("../../data/words.zh.txt"), include_str!("../../data/words.ja.txt")];

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Act(Acts),
    Please,
    Reads,
}

/// The words, by their first letter.
#[derive(Debug)]
pub(crate) struct Spaceless {
    words: HashMap<char, Vec<(&'static str, Is)>>,
}

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Says {
    /// Its words that ask for an act, wherever they stand.
    pub(crate) acts: Acts,
    /// It asks for something, or begins with such a word.
    pub(crate) asks: bool,
    /// It asks to be told something.
    pub(crate) reads: bool,
}

impl Spaceless {
    pub(super) fn new() -> Self {
        let mut words: HashMap<char, Vec<(&'static str, Is)>> = HashMap::new();
        for line in WORDS.iter().flat_map(|words| words.lines()) {
            let Some((kind, list)) = line.split_once(": ") else { continue };
            let is = match (kind, Acts::named(kind)) {
                (_, Some(acts)) => Is::Act(acts),
                ("please", None) => Is::Please,
                ("reads", None) => Is::Reads,
                (_, None) => continue,
            };
            for word in list.split_whitespace() {
                if let Some(first) = word.chars().next() {
                    words.entry(first).or_default().push((word, is));
                }
            }
        }
        Self { words }
    }

    /// What one sentence says.
    pub(crate) fn says(&self, sentence: &str) -> Says {
        let mut says = Says { acts: Acts::NONE, asks: false, reads: false };
        let mut begins = true;
        for (at, letter) in sentence.char_indices() {
            let rest = sentence.get(at..).unwrap_or_default();
            for (_, is) in
                self.words.get(&letter).into_iter().flatten().filter(|(word, _)| rest.starts_with(*word))
            {
                match is {
                    Is::Act(acts) => {
                        says.acts = says.acts.and(*acts);
                        says.asks |= begins;
                    }
                    Is::Please => says.asks = true,
                    Is::Reads => says.reads = true,
                }
            }
            // A clause begins behind a mark.
            begins = matches!(letter, '，' | '、' | '：' | ':' | ',') || (begins && letter.is_whitespace());
        }
        says
    }

    /// What the text orders, sentence by sentence.
    pub(crate) fn orders(&self, text: &str) -> Acts {
        sentences(text).map(|sentence| self.says(sentence)).fold(Acts::NONE, |orders, says| {
            let command = Acts(says.acts.0 & Acts::COMMANDS.0);
            orders.and(if says.asks { says.acts } else { command })
        })
    }
}

/// True where the text has letters of these scripts: kana, or Han (their UTF-8 begins with `E3` to `E9`).
pub(crate) fn has_spaceless(text: &str) -> bool {
    !text.is_ascii() && text.bytes().any(|byte| (0xe3..=0xe9).contains(&byte))
}

/// The sentences of a text.
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['。', '！', '？', '；', '\n', '!', '?', ';']).filter(|sentence| !sentence.trim().is_empty())
}

/// Runs of letters, digits and marks of ASCII that stand among other letters: a value in a text without spaces.
pub(crate) fn embedded(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let belongs = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'@' | b'.' | b'-' | b'_' | b'/' | b':' | b'+' | b'#' | b'%' | b'=' | b'&' | b'?'
            )
    };
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let from = at;
            while bytes.get(at).is_some_and(|byte| belongs(*byte)) {
                at += 1;
            }
            if at > from {
                let beside = |byte: Option<&u8>| byte.is_some_and(|byte| *byte >= 0x80);
                let before = from.checked_sub(1).and_then(|before| bytes.get(before));
                if beside(before) || beside(bytes.get(at)) {
                    return Some(from..at);
                }
            } else {
                at += 1;
            }
        }
        None
    })
}
