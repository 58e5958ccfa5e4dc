//! What a rule asks for besides its decision.
//!
//! Must never take one that nothing in the kernel carries out: it would be a promise that nobody keeps.

use std::time::Duration;

use ringfence_model::finding::Category;
use ringfence_model::quantity::Span;
use ringfence_model::verdict::Obligation;

use super::read::{Reader, keep};
use super::rules::CATEGORIES;
use super::tree::{Node, Value};
use crate::rule::Pointer;

const KNOWN: [&str; 6] = ["redact", "limit", "budget", "require_approvers", "record", "notify"];

/// What is planned and not there, and what to do meanwhile.
const UNAVAILABLE: [(&str, &str); 2] = [
    ("sandbox", "nothing runs in a sandbox of ours yet; deny what must not run outside one"),
    ("transform", "only results are redacted: `redact`"),
];

/// What the kernel takes out of results.
const REDACTED: [Category; 3] = [Category::Secret, Category::Pii, Category::Hidden];

fn redact(reader: &mut Reader<'_>, node: &Node) -> Option<Obligation> {
    let categories = reader.words(node, "`redact`", &CATEGORIES)?;
    if let Some(other) = categories.iter().find(|category| !REDACTED.contains(category)) {
        let word = CATEGORIES.iter().find(|(_, category)| category == other).map_or("", |(word, _)| word);
        let known =
            CATEGORIES.iter().filter(|(_, category)| REDACTED.contains(category)).map(|(word, _)| *word);
        let hint = format!("what can be redacted: {}", known.collect::<Vec<_>>().join(", "));
        reader.error(node.at, format!("unavailable: findings of `{word}` are not redacted"), Some(hint));
        return None;
    }
    Some(Obligation::Redact { categories })
}

/// Most approvers that a rule may want.
const MOST_APPROVERS: u8 = 9;

fn approvers(reader: &mut Reader<'_>, node: &Node) -> Option<Obligation> {
    let (count, roles) = match &node.value {
        Value::Map(_) => {
            let fields = reader.fields(node, "`require_approvers`", &["needed", "roles"])?;
            let Some(count) = fields.get("needed") else {
                let hint = "for example { needed: 2, roles: [finance] }".to_owned();
                reader.error(fields.at, "`require_approvers` needs `needed`".to_owned(), Some(hint));
                return None;
            };
            (count, fields.get("roles"))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::List(_) => (node, None),
    };
    let needed = match count.value {
        Value::Integer(count) => {
            u8::try_from(count).ok().filter(|count| (1..=MOST_APPROVERS).contains(count))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            None
        }
    };
    if needed.is_none() {
        reader.error(count.at, "`require_approvers` must be a whole number from 1 to 9".to_owned(), None);
    }
    let roles = match roles {
        Some(node) => {
            let known: Vec<(&str, &str)> = reader.roles().iter().map(|role| (*role, *role)).collect();
            reader.words(node, "a role", &known)?
        }
        None => Vec::new(),
    };
    Some(Obligation::Approvers { needed: needed?, roles: roles.into_iter().map(Into::into).collect() })
}

fn notify(reader: &mut Reader<'_>, node: &Node) -> Option<Obligation> {
    match reader.flag(node, "`notify`")? {
        true => Some(Obligation::Notify),
        false => {
            reader.error(
                node.at,
                "who is not to be told is not named: `notify` cannot be false".to_owned(),
                None,
            );
            None
        }
    }
}

fn record(reader: &mut Reader<'_>, node: &Node) -> Option<Obligation> {
    match reader.flag(node, "`record`")? {
        true => Some(Obligation::Record),
        false => {
            reader.error(node.at, "every call is recorded: `record` cannot be false".to_owned(), None);
            None
        }
    }
}

fn budget(reader: &mut Reader<'_>, node: &Node) -> Option<Obligation> {
    let fields = reader.fields(node, "`budget`", &["sum", "most", "per"])?;
    let (Some(sum), Some(most), Some(per)) = (fields.get("sum"), fields.get("most"), fields.get("per"))
    else {
        let hint = "for example { sum: /amount, most: 500, per: 1d }".to_owned();
        reader.error(fields.at, "`budget` needs `sum`, `most` and `per`".to_owned(), Some(hint));
        return None;
    };
    let pointer = reader.text(sum, "`sum`").and_then(|text| {
        let parsed = Pointer::parse(text);
        parsed.map_err(|bad| reader.error(sum.at, format!("`{text}` names no argument: {bad}"), None)).ok()
    });
    let most_units = reader.number(most, "`most`");
    if most_units.is_some_and(|most| !(most > 0.0 && most <= 1e12)) {
        reader.error(most.at, "`most` must be above 0, and at most 1e12".to_owned(), None);
        return None;
    }
    let per = window(reader, per);
    // Kept in thousandths, so that a verdict can be compared and stored.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1e15 by the check above"
    )]
    let most = (most_units? * 1_000.0) as u64;
    Some(Obligation::Budget { sum: pointer?.to_string().into(), most, per: per? })
}

fn window(reader: &mut Reader<'_>, per: &Node) -> Option<Duration> {
    let span = reader.text(per, "`per`").and_then(|text| {
        let parsed: Result<Span, _> = text.parse();
        parsed.map_err(|bad| reader.error(per.at, format!("`per`: {bad}"), None)).ok()
    })?;
    if span.0.is_zero() {
        reader.error(per.at, "`per` must be longer than 0".to_owned(), None);
        return None;
    }
    Some(span.0)
}

/// What a rule asks for besides its decision; `None` after an error.
pub(super) fn obligations(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Obligation>> {
    let fields = reader.fields_but(node, "`obligations`", &KNOWN, &UNAVAILABLE)?;
    let mut all = Some(Vec::new());
    for (key, _, node) in fields.members() {
        let obligation = match key {
            "redact" => redact(reader, node),
            "limit" => limit(reader, node),
            "budget" => budget(reader, node),
            "require_approvers" => approvers(reader, node),
            "record" => record(reader, node),
            "notify" => notify(reader, node),
            _ => None,
        };
        keep(&mut all, obligation);
    }
    if all.as_ref().is_some_and(Vec::is_empty) {
        reader.error(
            fields.at,
            "`obligations` needs one of: redact, limit, budget, require_approvers, record, notify".to_owned(),
            None,
        );
        return None;
    }
    all
}

fn limit(reader: &mut Reader<'_>, node: &Node) -> Option<Obligation> {
    let fields = reader.fields(node, "`limit`", &["calls", "per"])?;
    let (Some(calls), Some(per)) = (fields.get("calls"), fields.get("per")) else {
        let hint = "for example { calls: 10, per: 1m }".to_owned();
        reader.error(fields.at, "`limit` needs `calls` and `per`".to_owned(), Some(hint));
        return None;
    };
    let count = match calls.value {
        Value::Integer(count) => u32::try_from(count).ok().filter(|count| *count > 0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            None
        }
    };
    if count.is_none() {
        reader.error(calls.at, "`calls` must be a whole number from 1".to_owned(), None);
    }
    let per = window(reader, per);
    Some(Obligation::Limit { calls: count?, per: per? })
}
