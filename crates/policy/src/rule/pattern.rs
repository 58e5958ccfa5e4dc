//! Patterns over names and text: literals, globs, regular expressions.
//!
//! Must never backtrack: `regex` and `globset` match in time linear in the text, and compiled size is bounded.

use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};
use ringfence_model::principal::Principal;

use super::path::plain_path;
use super::required;

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

    /// True where it plainly matches every name.
    pub(crate) fn match_all(&self) -> bool {
        self.0.iter().any(|pattern| match pattern {
            Pattern::Literal(_) => false,
            Pattern::Glob(glob) => matches!(glob.glob().glob(), "*" | "**"),
            Pattern::Regex(regex) => matches!(regex.as_str(), "^(?:.*)$" | "^(?:.+)$"),
        })
    }

    /// Literals one of which stands in every name that matches.
    pub(crate) fn required(&self) -> Option<Vec<Vec<u8>>> {
        let all = self.0.iter().map(|pattern| match pattern {
            Pattern::Literal(literal) => Some(vec![literal.as_bytes().to_vec()]),
            Pattern::Glob(glob) => required::literals(glob.glob().regex()),
            Pattern::Regex(regex) => required::literals(regex.as_str()),
        });
        all.collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect())
    }

    /// Names of principals that can match, where they can be listed and say nothing of the realm.
    pub(crate) fn plain_literals(&self) -> Option<Vec<&str>> {
        self.literals().filter(|literals| literals.iter().all(|literal| !literal.contains('/')))
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

    /// Literals one of which stands in every path that matches.
    pub(super) fn required(&self) -> Option<Vec<Vec<u8>>> {
        let all: Option<Vec<_>> = self.0.iter().map(|glob| required::literals(glob.glob().regex())).collect();
        all.map(|all| all.into_iter().flatten().collect())
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
