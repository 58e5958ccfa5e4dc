//! What an argument is known to be: constants followed, concatenations and formats folded. Must never take a text for
//! whole of which a part is not known: that part is marked.

use super::Family;
use super::lex::{Kind, Token};
use super::names::Names;
use crate::code::shell::UNKNOWN;

/// What an argument is known to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A text; parts that are not known are marked.
    Text(String),
    /// A list of texts; `None` for one that is not known.
    List(Vec<Option<String>>),
    Number(String),
    /// A function, an object, a condition: no text.
    Code,
    Unknown,
}

pub(super) struct Argument<'l> {
    /// The name of a keyword argument.
    pub(super) name: Option<&'l str>,
    pub(super) tokens: &'l [Token],
}

/// Folds arguments with the names of their text.
pub(super) struct Folder<'n> {
    pub(super) names: &'n Names,
    pub(super) family: Family,
}

impl Folder<'_> {
    /// What `tokens`, one argument, are known to be.
    pub(super) fn value(&self, tokens: &[Token]) -> Value {
        let tokens: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Newline).collect();
        let Some(first) = tokens.first() else { return Value::Code };
        if first.sign(b'[')
            || (first.sign(b'{') && self.family == Family::C)
            || first.is("vec")
            || first.is("Arrays.asList")
            || first.is("List.of")
        {
            return self.list(&tokens);
        }
        if let Kind::Number(number) = &first.kind
            && tokens.len() == 1
        {
            return Value::Number(number.clone());
        }
        if first.is("function")
            || first.is("async")
            || first.is("lambda")
            || first.sign(b'{')
            || tokens.windows(2).any(|pair| matches!(pair, [one, two] if one.sign(b'=') && two.sign(b'>')))
        {
            return Value::Code;
        }
        self.folded(&tokens)
    }

    /// A concatenation, a format, a constant.
    fn folded(&self, tokens: &[&Token]) -> Value {
        let mut out = String::new();
        let mut known = false;
        let mut depth = 0_usize;
        let mut formatted = false;
        for (index, token) in tokens.iter().enumerate() {
            match &token.kind {
                Kind::Text(text) if depth == 0 => {
                    out.push_str(text);
                    known = true;
                }
                Kind::Path(path) if path.starts_with('.') && depth == 0 => {
                    // `"…".format(…)`, `"…".join(…)`: other text is put in.
                    formatted |=
                        path == ".format" || path == ".replace" || path == ".join" || path == ".concat";
                }
                Kind::Path(path) if depth == 0 && !matches!(path.as_str(), "const" | "new" | "await") => {
                    let called = tokens.get(index + 1).is_some_and(|next| next.sign(b'('));
                    match self.names.constant(path).filter(|_| !called) {
                        Some(text) => {
                            out.push_str(text);
                            known = true;
                        }
                        None => out.push(UNKNOWN),
                    }
                }
                Kind::Symbol(b'(' | b'[' | b'{') => depth += 1,
                Kind::Symbol(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
                // `"…" % values`
                Kind::Symbol(b'%') if depth == 0 => formatted = true,
                Kind::Number(number) if depth == 0 => out.push_str(number),
                Kind::Text(text) if !known && index <= 2 => {
                    // A text in brackets: `("rm" + …)`, `text("…")`.
                    out = out.trim_end_matches(UNKNOWN).to_owned();
                    out.push_str(text);
                    known = true;
                }
                Kind::Text(text) if known && !formatted => out.push_str(text),
                Kind::Symbol(_)
                | Kind::Path(_)
                | Kind::Text(_)
                | Kind::Shell(_)
                | Kind::Number(_)
                | Kind::Newline => {}
            }
        }
        if formatted {
            out = fill(&out);
        }
        if known || out.contains(|character: char| character != UNKNOWN) {
            Value::Text(out)
        } else {
            Value::Unknown
        }
    }

    fn list(&self, tokens: &[&Token]) -> Value {
        let open = tokens
            .iter()
            .position(|token| token.sign(b'[') || token.sign(b'(') || token.sign(b'{'))
            .unwrap_or_default();
        let inner: Vec<Token> = tokens
            .get(open + 1..tokens.len().saturating_sub(1))
            .unwrap_or_default()
            .iter()
            .map(|token| (*token).clone())
            .collect();
        let items = split(&inner);
        Value::List(
            items
                .iter()
                .map(|item| match self.value(item.tokens) {
                    Value::Text(text) => Some(text),
                    Value::Number(number) => Some(number),
                    Value::List(_) | Value::Code | Value::Unknown => None,
                })
                .collect(),
        )
    }
}

/// Marks the places that a format fills.
fn fill(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '%']) {
        let (plain, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let length = if from.starts_with('{') {
            from.find('}').map_or(1, |close| close + 1)
        } else if from.starts_with("%(") {
            from.find(')').map_or(2, |close| close + 2)
        } else {
            2
        };
        let filled = from.starts_with('{') && length > 1
            || from.starts_with("%s")
            || from.starts_with("%d")
            || from.starts_with("%r")
            || from.starts_with("%(");
        if filled {
            out.push(UNKNOWN);
            rest = from.get(length..).unwrap_or_default();
        } else {
            out.push_str(from.get(..1).unwrap_or_default());
            rest = from.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// Arguments at the commas of the outermost level.
pub(super) fn split(tokens: &[Token]) -> Vec<Argument<'_>> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut parts = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Symbol(b'(' | b'[' | b'{') => depth += 1,
            Kind::Symbol(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Kind::Symbol(b',') if depth == 0 => {
                parts.push(tokens.get(start..index).unwrap_or_default());
                start = index + 1;
            }
            Kind::Symbol(_)
            | Kind::Path(_)
            | Kind::Text(_)
            | Kind::Shell(_)
            | Kind::Number(_)
            | Kind::Newline => {}
        }
    }
    parts.push(tokens.get(start..).unwrap_or_default());
    parts
        .into_iter()
        .map(|part| {
            let trimmed = part
                .iter()
                .position(|token| token.kind != Kind::Newline)
                .and_then(|first| part.get(first..))
                .unwrap_or_default();
            match trimmed {
                [name, equals, rest @ ..]
                    if equals.sign(b'=')
                        && !rest.first().is_some_and(|next| next.sign(b'=') || next.sign(b'>')) =>
                {
                    Argument { name: name.path(), tokens: rest }
                }
                _ => Argument { name: None, tokens: trimmed },
            }
        })
        .filter(|argument| !argument.tokens.is_empty())
        .collect()
}
