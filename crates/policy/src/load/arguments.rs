//! Conditions on arguments: pointer to test.
//!
//! Must never accept a pointer or pattern that can match nothing because it is misspelt.

use std::ops::Bound;

use ringfence_model::code::{CommandClass, SqlClass};

use super::read::{Reader, keep};
use super::tree::{Node, Value};
use crate::rule::{
    ArgumentMatch, BadPointer, Globs, Missing, Network, Pointer, Roots, Scalar, ValueTest, regex,
};

const SQL: [(&str, SqlClass); 4] = [
    ("read", SqlClass::Read),
    ("write", SqlClass::Write),
    ("unknown", SqlClass::Unknown),
    ("destructive", SqlClass::Destructive),
];
const COMMANDS: [(&str, CommandClass); 3] =
    [("safe", CommandClass::Safe), ("unknown", CommandClass::Unknown), ("unsafe", CommandClass::Unsafe)];

/// Conditions by JSON pointer.
pub(super) fn arguments(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<ArgumentMatch>> {
    let fields = reader.map(node, "`arguments`")?;
    let mut all = Some(Vec::new());
    for (key, at, node) in fields.members() {
        let pointer = Pointer::parse(key).map_err(|bad| {
            let hint = matches!(bad, BadPointer::NoSlash).then(|| format!("did you mean `/{key}`?"));
            reader.error(at, format!("`{key}` names no argument: {bad}"), hint);
        });
        let found = argument(reader, node);
        keep(&mut all, pointer.ok().zip(found));
    }
    let build = |(pointer, (tests, missing))| ArgumentMatch { pointer, tests, missing };
    all.map(|all| all.into_iter().map(build).collect())
}

fn argument(reader: &mut Reader<'_>, node: &Node) -> Option<(Vec<ValueTest>, Missing)> {
    let known = ["regex", "glob", "range", "equals", "in", "cidr", "path_under", "sql", "command", "missing"];
    let fields = reader.fields(node, "an argument", &known)?;
    let mut tests = Some(Vec::new());
    let mut missing = Missing::Misses;
    for (key, _, node) in fields.members() {
        let test = match key {
            "regex" => {
                let text = reader.text(node, "`regex`");
                text.and_then(|text| reader.pattern(node, text, regex)).map(ValueTest::Regex)
            }
            "glob" => globs(reader, node),
            "range" => range(reader, node),
            "equals" => scalar(reader, node, "`equals`").map(|scalar| ValueTest::OneOf(vec![scalar])),
            "in" => one_of(reader, node),
            "cidr" => networks(reader, node),
            "path_under" => roots(reader, node),
            "sql" => reader.words(node, "`sql`", &SQL).map(ValueTest::Sql),
            "command" => reader.words(node, "`command`", &COMMANDS).map(ValueTest::Command),
            "missing" => {
                let words = [("match", Missing::Matches), ("no_match", Missing::Misses)];
                missing = reader.word(node, "`missing`", &words)?;
                continue;
            }
            _ => None,
        };
        keep(&mut tests, test);
    }
    if tests.as_ref().is_some_and(Vec::is_empty) {
        let hint = "use one of: regex, glob, range, equals, in, cidr, path_under, sql, command".to_owned();
        reader.error(fields.at, "an argument needs a condition".to_owned(), Some(hint));
        return None;
    }
    tests.map(|tests| (tests, missing))
}

fn globs(reader: &mut Reader<'_>, node: &Node) -> Option<ValueTest> {
    let mut all = Some(Vec::new());
    for node in reader.one_or_more(node, "`glob`")? {
        let found = reader
            .text(node, "`glob`")
            .and_then(|text| reader.pattern(node, text, |text| Globs::new([text]).map(|_| text.to_owned())));
        keep(&mut all, found);
    }
    let texts = all?;
    reader
        .pattern(node, &texts.join(", "), |_| Globs::new(texts.iter().map(String::as_str)))
        .map(ValueTest::Glob)
}

fn networks(reader: &mut Reader<'_>, node: &Node) -> Option<ValueTest> {
    let mut all = Some(Vec::new());
    for node in reader.one_or_more(node, "`cidr`")? {
        let found = reader.text(node, "`cidr`").and_then(|text| reader.pattern(node, text, Network::parse));
        keep(&mut all, found);
    }
    all.map(ValueTest::Within)
}

fn roots(reader: &mut Reader<'_>, node: &Node) -> Option<ValueTest> {
    let mut texts = Some(Vec::new());
    for node in reader.one_or_more(node, "`path_under`")? {
        let found = reader.text(node, "`path_under`");
        keep(&mut texts, found);
    }
    let texts = texts?;
    reader.pattern(node, &texts.join(", "), |_| Roots::new(texts.iter().copied())).map(ValueTest::Below)
}

fn range(reader: &mut Reader<'_>, node: &Node) -> Option<ValueTest> {
    let fields = reader.fields(node, "`range`", &["min", "max", "above", "below"])?;
    let mut bound = |inclusive: &str, exclusive: &str| match (fields.get(inclusive), fields.get(exclusive)) {
        (Some(node), None) => reader.number(node, &format!("`{inclusive}`")).map(Bound::Included),
        (None, Some(node)) => reader.number(node, &format!("`{exclusive}`")).map(Bound::Excluded),
        (None, None) => Some(Bound::Unbounded),
        (Some(_), Some(node)) => {
            reader.error(node.at, format!("give `{inclusive}` or `{exclusive}`, not both"), None);
            None
        }
    };
    let (low, high) = (bound("min", "above"), bound("max", "below"));
    let (low, high) = (low?, high?);
    if (low, high) == (Bound::Unbounded, Bound::Unbounded) {
        reader.error(fields.at, "`range` needs `min`, `max`, `above` or `below`".to_owned(), None);
        return None;
    }
    Some(ValueTest::Range(low, high))
}

fn one_of(reader: &mut Reader<'_>, node: &Node) -> Option<ValueTest> {
    let mut all = Some(Vec::new());
    for node in reader.list(node, "`in`")? {
        let found = scalar(reader, node, "an element of `in`");
        keep(&mut all, found);
    }
    all.map(ValueTest::OneOf)
}

fn scalar(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Scalar> {
    match &node.value {
        Value::Bool(flag) => Some(Scalar::Bool(*flag)),
        Value::Integer(integer) => Some(Scalar::Integer(*integer)),
        Value::Number(number) => Some(Scalar::Number(*number)),
        Value::Text(text) => Some(Scalar::Text(text.clone())),
        Value::Null | Value::List(_) | Value::Map(_) => {
            let kind = node.value.kind();
            let message = format!("{what} must be text, a number, true or false, not {kind}");
            reader.error(node.at, message, None);
            None
        }
    }
}
