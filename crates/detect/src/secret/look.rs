//! One look at a text: what it is for, and what is known of the text before. Must never hold a part of the text.

use super::scan::Sought;
use crate::signs::Signs;

/// One look at a text: for what, what its bytes say of it, and the anchors met on the way where they are wanted.
pub(crate) struct Look<'l> {
    pub(crate) sought: Sought,
    pub(crate) signs: &'l Signs,
    pub(crate) anchors: Option<&'l mut Vec<usize>>,
}

impl Look<'_> {
    /// An anchor at byte `at`.
    pub(super) fn note(&mut self, at: usize) {
        if let Some(anchors) = &mut self.anchors {
            anchors.push(at);
        }
    }
}

/// What a JSON text writes otherwise than it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// Nothing.
    None,
    /// Quotes, backslashes and control characters: no literal holds one.
    Simple,
    /// Letters, too: what is looked for may hide behind them.
    Any,
}

impl Escapes {
    /// Those of `json`.
    pub(crate) fn of(json: &str) -> Self {
        let bytes = json.as_bytes();
        let mut escapes = Self::None;
        let mut done = 0;
        for at in memchr::memchr_iter(b'\\', bytes) {
            if at < done {
                continue;
            }
            if !matches!(bytes.get(at + 1), Some(b'n' | b'"' | b'\\' | b't' | b'r' | b'b' | b'f')) {
                return Self::Any;
            }
            escapes = Self::Simple;
            done = at + 2;
        }
        escapes
    }
}
