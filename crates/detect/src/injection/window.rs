//! Which parts of a text the model looks at. Must never skip a part that holds an anchor.

use std::ops::Range;

use crate::literals::{LiteralError, Literals};

/// The longest window, in bytes.
const LONGEST: usize = 1200;
/// What two windows of a long text share.
const SHARED: usize = 200;
/// What is looked at before and behind an anchor.
const BEFORE: usize = 240;
const BEHIND: usize = 480;
/// Text of scripts beyond ASCII has no anchors: a block of so many bytes is looked at when one in eight is not ASCII.
const BLOCK: usize = 256;

/// Beginnings of words without which an attack in a Latin script is hard to write. A hit costs one window, no more.
pub(crate) const ANCHORS: [&str; 158] = [
    // To ignore and to forget.
    "ignor",
    "disregard",
    "forget ",
    "overlook",
    "overrid",
    "bypass",
    "negeer",
    "vergiss",
    "vergessen",
    "missacht",
    "oubli",
    "olvid",
    "esque",
    "dimentic",
    "abaikan",
    "lupakan",
    "zapome",
    "pomi\u{144}",
    "yok say",
    "unut",
    "unohda",
    "felejts",
    "uita ",
    "glem ",
    "balewala",
    "kalimutan",
    "desconsider",
    "regardless of",
    "do not follow",
    "don't follow",
    "do not listen",
    "not obey",
    "no longer",
    "overrul",
    // What was said before, and orders.
    "instruc",
    "instruk",
    "istruzion",
    "anweisung",
    "previous ",
    "consigne",
    "directive",
    "pokyn",
    "talimat",
    "tagubilin",
    "prompt",
    "guideline",
    "the above",
    "poleceni",
    "utas\u{ed}t",
    // The one who reads.
    "assistant",
    "chatgpt",
    "language model",
    "chatbot",
    "openai",
    "anthropic",
    "claude",
    " llm",
    " ai ",
    "ai agent",
    "an ai",
    "jailbreak",
    "assistent",
    "asistente",
    "asystent",
    "asisten ",
    // Secrets.
    "password",
    "passwor",
    "passcode",
    "passphrase",
    "contrase",
    "mot de passe",
    "senha",
    "kennwort",
    "wachtwoord",
    "kata sandi",
    "parola",
    "salasana",
    "jelsz",
    "secret",
    "api key",
    "api_key",
    "credential",
    "geheim",
    "system prompt",
    // Not to tell.
    "do not tell",
    "don't tell",
    "not mention",
    "do not inform",
    "without telling",
    "silently",
    "confidential",
    "without asking",
    "do not reveal",
    "not notify",
    "secretly",
    "keep this",
    "the user",
    // To be somebody else.
    "you are now",
    "you're now",
    "from now on",
    "pretend",
    "act as",
    "roleplay",
    "role play",
    "imagine",
    "suppose",
    "hypothetic",
    "i am your",
    "i'm your",
    "developer mode",
    "system mode",
    "mode>",
    "without restriction",
    "unfiltered",
    "uncensored",
    "anything now",
    "a partir de",
    "ab jetzt",
    "d'ora in poi",
    // Tags.
    "<important",
    "<system",
    "<information",
    "[inst",
    "<|im_",
    "<|start",
    "[system",
    "### ins",
    "###ins",
    "<|eot",
    "<!--",
    "important!",
    "important:",
    "attention:",
    "urgent",
    "important message",
    // What to do.
    "your response",
    "your answer",
    "your reply",
    "your output",
    "your code",
    "respond with",
    "reply with",
    "before you can",
    "before using",
    "before calling",
    "in your",
    "you must",
    "you have to",
    "best tool",
    "this tool",
    "other tools",
    "say that",
    "state that",
    // Where it hurts.
    ".ssh",
    "id_rsa",
    "/etc/passwd",
    ".env",
    "mcp.json",
];

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Its first byte.
    pub start: usize,
    /// The part.
    pub text: &'a str,
}

/// `text` in windows that overlap; one for a short text, none for an empty one.
pub fn chunks(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    let mut next = (!text.trim().is_empty()).then_some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let end = if text.len() - start <= LONGEST { text.len() } else { floor(text, start + LONGEST) };
        next = (end < text.len()).then(|| floor(text, end - SHARED));
        Some(Chunk { start, text: text.get(start..end).unwrap_or_default() })
    })
}

/// Finds the parts worth a look.
#[derive(Debug)]
pub(super) struct Prefilter(Literals);

impl Prefilter {
    pub(super) fn new() -> Result<Self, LiteralError> {
        Literals::new(ANCHORS).map(Self)
    }

    /// Where the anchors of `text` begin.
    pub(super) fn anchors(&self, text: &str) -> Vec<usize> {
        self.0.find(text.as_bytes()).map(|found| found.start).collect()
    }
}

/// The parts of `text` around its `anchors` or in another script, ascending, not overlapping.
pub(super) fn parts(text: &str, anchors: &[usize]) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for at in anchors {
        let part = at.saturating_sub(BEFORE)..at + BEHIND;
        match parts.last_mut() {
            Some(last) if last.contains(&part.start) => last.end = last.end.max(part.end),
            Some(_) | None => parts.push(part),
        }
    }
    if !text.is_ascii() {
        let blocks = text.as_bytes().chunks(BLOCK).enumerate().filter(|(_, block)| is_foreign(block));
        parts
            .extend(blocks.map(|(at, block)| (at * BLOCK).saturating_sub(64)..at * BLOCK + block.len() + 64));
    }
    parts.sort_by_key(|part| part.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(parts.len());
    for part in parts {
        match merged.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            Some(_) | None => merged.push(part),
        }
    }
    merged.into_iter().map(|part| floor(text, part.start)..floor(text, part.end)).collect()
}

/// True for a text with a block of another script.
pub(super) fn has_foreign(text: &str) -> bool {
    text.as_bytes().chunks(BLOCK).any(is_foreign)
}

/// True for a block of another script.
fn is_foreign(block: &[u8]) -> bool {
    block.iter().filter(|byte| **byte >= 0x80).count() * 8 > block.len()
}

/// The greatest character boundary at or below `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
