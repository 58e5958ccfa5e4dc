//! Paths as texts: what a path comes to once its `.` and `..` are resolved, and whether it lies below a folder.
//!
//! Must never look at a file system: links are not seen, which is why what cannot be told counts against the caller.

use std::borrow::Cow;

use super::Doubt;

/// Folders, absolute and plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roots(Vec<Box<str>>);

impl Roots {
    /// Absolute folders.
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let root = |text: &'a str| {
            if !text.starts_with('/') {
                return Err(format!("`{text}` is not absolute"));
            }
            let plain = plain_path(text);
            Ok(plain.strip_suffix('/').unwrap_or(&plain).into())
        };
        texts.into_iter().map(root).collect::<Result<_, _>>().map(Self)
    }

    /// True where `text`, a path or a `file:` URL, is one of the folders or lies in one. A path that begins at a place
    /// that is not known (`..`, `~`, a variable) may lie anywhere.
    pub(super) fn hold(&self, text: &str, doubt: Doubt) -> bool {
        let decoded = decoded(text);
        let below = |text: &str| self.below(text, doubt);
        match doubt {
            Doubt::Matches => below(text) || decoded.as_deref().is_some_and(below),
            Doubt::Misses => below(text) && decoded.as_deref().is_none_or(below),
        }
    }

    /// Literals one of which stands in every text that may lie in one of the folders: the longest name in each, and what makes
    /// a text begin at an unknown place or be read otherwise. None for the root of all.
    pub(super) fn required(&self) -> Option<Vec<Vec<u8>>> {
        let longest = |root: &str| {
            let name = root.split('/').max_by_key(|name| name.len())?;
            (!name.is_empty()).then(|| name.as_bytes().to_vec())
        };
        let names: Option<Vec<_>> = self.0.iter().map(|root| longest(root)).collect();
        let doubtful = ["..", "~", "$", "%"].map(|sign| sign.as_bytes().to_vec());
        names.map(|names| names.into_iter().chain(doubtful).collect())
    }

    fn below(&self, text: &str, doubt: Doubt) -> bool {
        let text =
            text.strip_prefix("file://localhost").or_else(|| text.strip_prefix("file://")).unwrap_or(text);
        let plain = plain_path(text);
        if plain.starts_with('/') {
            return self.0.iter().any(|root| {
                plain.strip_prefix(&**root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
        }
        doubt == Doubt::Matches
            && (plain == ".." || plain.starts_with("../") || plain.starts_with(['~', '$']))
    }
}

/// `text` with its `%` escapes decoded once; `None` where it has none, or they are not text.
fn decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

/// A path without `.`, `..` and empty segments (RFC 3986 section 5.2.4, kept relative where it was). What stands
/// before `://` and the host are left alone.
pub(crate) fn plain_path(text: &str) -> Cow<'_, str> {
    let (origin, path) = match text.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.find('/').unwrap_or(rest.len());
            text.split_at_checked(scheme.len() + 3 + host).unwrap_or((text, ""))
        }
        None => ("", text),
    };
    let body = path.strip_prefix('/').unwrap_or(path);
    let odd = |segment: &str| matches!(segment, "" | "." | "..");
    if body.is_empty() || !body.split('/').any(odd) {
        return Cow::Borrowed(text);
    }
    let absolute = path.starts_with('/');
    let mut segments: Vec<&str> = Vec::new();
    for segment in body.split('/') {
        match segment {
            "" | "." => {}
            ".." if segments.last().is_some_and(|last| *last != "..") => {
                segments.pop();
            }
            ".." if absolute => {}
            other => segments.push(other),
        }
    }
    let slash = if absolute { "/" } else { "" };
    Cow::Owned(format!("{origin}{slash}{}", segments.join("/")))
}
