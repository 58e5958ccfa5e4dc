//! Patterns over names and text: literals, globs, regular expressions.
//!
//! Must never backtrack: `regex` and `globset` match in time linear in the text, and compiled size is bounded.

use std::borrow::Cow;

use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};
use ringfence_model::principal::Principal;

/// Most bytes that one compiled expression may take.
const COMPILED: usize = 1 << 20;

/// One pattern over a whole name.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// Exactly this.
    Literal(Box<str>),
    /// A glob whose `*` crosses `/`.
    Glob(GlobMatcher),
    /// An expression that covers the whole name.
    Regex(Regex),
}

/// Patterns over a name, any of which may match.
#[derive(Debug)]
pub(crate) struct Names(Vec<Pattern>);

/// Globs over text, any of which may match. `*` stays within a `/` segment, `**` crosses them.
#[derive(Debug)]
pub(crate) struct Globs(Vec<GlobMatcher>);

impl Pattern {
    /// A literal, or a glob where `text` has one of `* ? [ {`.
    pub(crate) fn glob(text: &str) -> Result<Self, String> {
        if !text.contains(['*', '?', '[', '{', '\\']) {
            return Ok(Self::Literal(text.into()));
        }
        GlobBuilder::new(text)
            .build()
            .map(|glob| Self::Glob(glob.compile_matcher()))
            .map_err(|error| error.kind().to_string())
    }

    /// An expression that must cover the whole name.
    pub(crate) fn regex(text: &str) -> Result<Self, String> {
        // Compiled alone first: `a)(b` must not become valid by being wrapped.
        regex(text)?;
        regex(&format!("^(?:{text})$")).map(Self::Regex)
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => **literal == *text,
            Self::Glob(glob) => glob.is_match(text),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// True when the pattern says something of the realm, too.
    fn spans_realm(&self) -> bool {
        match self {
            Self::Literal(literal) => literal.contains('/'),
            Self::Glob(glob) => glob.glob().glob().contains('/'),
            Self::Regex(_) => true,
        }
    }
}

impl Names {
    pub(crate) const fn any_of(patterns: Vec<Pattern>) -> Self {
        Self(patterns)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(text))
    }

    /// A pattern without `/` is a name in any realm; one with `/`, and an expression, covers `realm/name`.
    pub(crate) fn matches_principal(&self, principal: &Principal) -> bool {
        self.0.iter().any(|pattern| {
            if pattern.spans_realm() {
                pattern.matches(&principal.to_string())
            } else {
                pattern.matches(&principal.name)
            }
        })
    }

    /// The names that can match, where they can be listed.
    pub(crate) fn literals(&self) -> Option<Vec<&str>> {
        self.0
            .iter()
            .map(|pattern| match pattern {
                Pattern::Literal(literal) => Some(&**literal),
                Pattern::Glob(_) | Pattern::Regex(_) => None,
            })
            .collect()
    }
}

impl Globs {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let compile = |text| {
            GlobBuilder::new(text)
                .literal_separator(true)
                .build()
                .map(|glob| glob.compile_matcher())
                .map_err(|error| error.kind().to_string())
        };
        texts.into_iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// Matches `text` with `.` and `..` segments resolved as text, so that `/data/../etc/passwd` is below `/etc`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let plain = plain_path(text);
        self.0.iter().any(|glob| glob.is_match(&*plain))
    }
}

/// `text` as a bounded expression that matches anywhere.
pub(crate) fn regex(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(COMPILED).build().map_err(|error| match error {
        regex::Error::Syntax(why) => {
            // The last line says what is wrong; those before it draw the place.
            why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
        regex::Error::CompiledTooBig(limit) => format!("compiled it exceeds {limit} bytes"),
        other => other.to_string(),
    })
}

/// A path without `.`, `..` and empty segments (RFC 3986 section 5.2.4, kept relative where it was). What stands
/// before `://` and the host are left alone.
fn plain_path(text: &str) -> Cow<'_, str> {
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
