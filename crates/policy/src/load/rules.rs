//! The shape of a rule file; `docs/policy.md` describes it for its authors.
//!
//! Must never fill a gap with something milder than what was written.

use std::collections::HashMap;
use std::sync::Arc;

use ringfence_model::finding::{Category, Severity};
use ringfence_model::quantity::Span;
use ringfence_model::verdict::{Decision, Obligation, Reason};

use super::conditions::matcher;
use super::read::{Fields, Reader, keep};
use super::tree::{Node, Value};
use crate::rule::{Matcher, Rule};

pub(super) const SEVERITIES: [(&str, Severity); 5] = [
    ("info", Severity::Info),
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];
const DECISIONS: [(&str, Decision); 3] =
    [("allow", Decision::Allow), ("ask", Decision::Ask), ("deny", Decision::Deny)];
pub(super) const CATEGORIES: [(&str, Category); 9] = [
    ("secret", Category::Secret),
    ("code", Category::Code),
    ("command", Category::Command),
    ("sql", Category::Sql),
    ("pii", Category::Pii),
    ("injection", Category::Injection),
    ("hidden", Category::Hidden),
    ("url", Category::Url),
    ("uninspected", Category::Uninspected),
];

const RULE: [&str; 9] =
    ["id", "severity", "description", "match", "except", "decision", "message", "alternative", "obligations"];

/// The rules of a file. `places` remembers where each id was first used, over all files.
pub(super) fn document(
    reader: &mut Reader<'_>,
    document: &Node,
    places: &mut HashMap<String, String>,
) -> Vec<Rule> {
    let Some(fields) = reader.fields(document, "a rule file", &["rules"]) else { return Vec::new() };
    let Some(node) = fields.get("rules") else {
        reader.error(fields.at, "a rule file needs `rules`".to_owned(), None);
        return Vec::new();
    };
    // An empty list is a file in the making, not a mistake.
    if matches!(&node.value, Value::List(list) if list.is_empty()) {
        return Vec::new();
    }
    let Some(list) = reader.list(node, "`rules`") else { return Vec::new() };
    list.iter().filter_map(|node| rule(reader, node, places)).collect()
}

fn rule(reader: &mut Reader<'_>, node: &Node, places: &mut HashMap<String, String>) -> Option<Rule> {
    let fields = reader.fields(node, "a rule", &RULE)?;
    // Every part is read before any is missed, so that all errors of the rule show.
    let id = required(reader, &fields, "id").and_then(|node| rule_id(reader, node, places));
    let severity =
        required(reader, &fields, "severity").and_then(|node| reader.word(node, "`severity`", &SEVERITIES));
    let when = required(reader, &fields, "match").and_then(|node| matcher(reader, node, "`match`"));
    let except = match fields.get("except") {
        Some(node) => exceptions(reader, node),
        None => Some(Vec::new()),
    };
    let obligations = match fields.get("obligations") {
        Some(node) => obligations(reader, node),
        None => Some(Vec::new()),
    };
    let mut words = |key: &str| {
        let node = fields.get(key)?;
        reader.text(node, &format!("`{key}`")).map(str::to_owned)
    };
    let (description, message, alternative) = (words("description"), words("message"), words("alternative"));
    let decision = match fields.get("decision") {
        Some(node) => reader.word(node, "`decision`", &DECISIONS).map(Some),
        None if fields.get("obligations").is_some() => Some(None),
        None => required(reader, &fields, "decision").map(|_| None),
    };

    let (id, severity, decision) = (id?, severity?, decision?);
    let message = message.or(description).unwrap_or_else(|| format!("rule {id}"));
    let reason = decision.map(|decision| Reason {
        rule: Arc::clone(&id),
        decision,
        severity,
        message: message.into(),
        alternative: alternative.map(Into::into),
    });
    Some(Rule { id, severity, when: when?, except: except?, reason, obligations: obligations? })
}

fn required<'n>(reader: &mut Reader<'_>, fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
    let found = fields.get(key);
    if found.is_none() {
        let hint = match key {
            "decision" => "write allow, ask or deny; only a rule with `obligations` may leave it out",
            "severity" => "write info, low, medium, high or critical",
            "match" => "write `match: {}` for a rule that speaks about every call",
            _ => "each rule has a name of its own",
        };
        reader.error(fields.at, format!("a rule needs `{key}`"), Some(hint.to_owned()));
    }
    found
}

fn rule_id(reader: &mut Reader<'_>, node: &Node, places: &mut HashMap<String, String>) -> Option<Arc<str>> {
    let id = reader.text(node, "`id`")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.len() > 64 || !id.chars().all(plain) {
        let hint = "use 1 to 64 of letters, digits, `-`, `_` and `.`".to_owned();
        reader.error(node.at, format!("`id` cannot be {id:?}"), Some(hint));
        return None;
    }
    if id.starts_with("ringfence.") {
        let hint = "ids that begin with `ringfence.` are our own".to_owned();
        reader.error(node.at, format!("the id `{id}` is reserved"), Some(hint));
        return None;
    }
    let here = format!("{}:{}", reader.file(), node.at.line);
    if let Some(first) = places.get(id) {
        reader.error(
            node.at,
            format!("the id `{id}` is taken"),
            Some(format!("it was first used at {first}")),
        );
        return None;
    }
    places.insert(id.to_owned(), here);
    Some(id.into())
}

fn exceptions(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Matcher>> {
    let mut all = Some(Vec::new());
    for node in reader.one_or_more(node, "`except`")? {
        let except = matcher(reader, node, "`except`");
        if except.as_ref().is_some_and(Matcher::is_empty) {
            reader.error(
                node.at,
                "an empty `except` matches every call: the rule would never speak".into(),
                None,
            );
        }
        keep(&mut all, except);
    }
    all
}

fn obligations(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Obligation>> {
    let fields = reader.fields(node, "`obligations`", &["redact", "limit", "require_approvers"])?;
    let mut all = Some(Vec::new());
    for (key, _, node) in fields.members() {
        let obligation = match key {
            "redact" => reader
                .words(node, "`redact`", &CATEGORIES)
                .map(|categories| Obligation::Redact { categories }),
            "limit" => limit(reader, node),
            "require_approvers" => approvers(reader, node),
            _ => None,
        };
        keep(&mut all, obligation);
    }
    if all.as_ref().is_some_and(Vec::is_empty) {
        reader.error(
            fields.at,
            "`obligations` needs `redact`, `limit` or `require_approvers`".to_owned(),
            None,
        );
        return None;
    }
    all
}

/// Most approvers that a rule may want.
const MOST_APPROVERS: u8 = 9;

fn approvers(reader: &mut Reader<'_>, node: &Node) -> Option<Obligation> {
    let needed = match node.value {
        Value::Integer(count) => {
            u8::try_from(count).ok().filter(|count| (1..=MOST_APPROVERS).contains(count))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            None
        }
    };
    if needed.is_none() {
        reader.error(node.at, "`require_approvers` must be a whole number from 1 to 9".to_owned(), None);
    }
    needed.map(|needed| Obligation::Approvers { needed })
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
    let per_span = reader.text(per, "`per`").and_then(|text| {
        let parsed: Result<Span, _> = text.parse();
        parsed.map_err(|bad| reader.error(per.at, format!("`per`: {bad}"), None)).ok()
    });
    if per_span.is_some_and(|span| span.0.is_zero()) {
        reader.error(per.at, "`per` must be longer than 0".to_owned(), None);
        return None;
    }
    Some(Obligation::Limit { calls: count?, per: per_span?.0 })
}
