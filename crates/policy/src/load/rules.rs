//! The shape of a rule file; `docs/policy.md` describes it for its authors.
//!
//! Must never fill a gap with something milder than what was written.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ringfence_model::finding::{Category, Severity};
use ringfence_model::verdict::{Decision, Reason};

use super::conditions::matcher;
use super::obligations::obligations;
use super::read::{Fields, Reader, keep};
use super::table::table;
use super::tree::{At, Node, Value};
use crate::rule::{Matcher, Place, Rule};
use crate::table::Table;

pub(crate) const SEVERITIES: [(&str, Severity); 5] = [
    ("info", Severity::Info),
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];
pub(super) const DECISIONS: [(&str, Decision); 3] =
    [("allow", Decision::Allow), ("ask", Decision::Ask), ("deny", Decision::Deny)];
pub(crate) const CATEGORIES: [(&str, Category); 9] = [
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

const RULE: [&str; 10] = [
    "id",
    "severity",
    "description",
    "match",
    "except",
    "decision",
    "message",
    "alternative",
    "obligations",
    "references",
];

type Conditions = BTreeMap<String, String>;

/// Most references of one rule.
const MOST_REFERENCES: usize = 32;

/// Adds the rules and the table of a file. `places` remembers where each id was first used, over all files.
pub(super) fn document(
    reader: &mut Reader<'_>,
    document: &Node,
    places: &mut HashMap<String, String>,
    rules: &mut Vec<Rule>,
    tables: &mut Vec<Table>,
) {
    let Some(fields) = reader.fields(document, "a rule file", &["title", "description", "table", "rules"])
    else {
        return;
    };
    if let Some(node) = fields.get("table") {
        tables.extend(table(reader, node));
    }
    match fields.get("rules") {
        None if fields.get("table").is_some() => {}
        None => reader.error(fields.at, "a rule file needs `rules`".to_owned(), None),
        // An empty list is a file in the making, not a mistake.
        Some(node) if matches!(&node.value, Value::List(list) if list.is_empty()) => {}
        Some(node) => {
            let list = reader.list(node, "`rules`").unwrap_or_default();
            rules.extend(list.iter().filter_map(|node| rule(reader, node, places)));
        }
    }
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

    let references = match fields.get("references") {
        Some(node) => references(reader, node),
        None => Some(Vec::new()),
    };
    let place = Place { file: reader.file().into(), line: node.at.line };

    let (id, severity, decision) = (id?, severity?, decision?);
    if when.as_ref().is_some_and(|when| when.result.is_some())
        && (decision != Some(Decision::Deny) || fields.get("obligations").is_some())
    {
        let hint =
            "write `decision: deny`: the effect has happened, only its result can be withheld".to_owned();
        reader.error(fields.at, "a rule about a `result` can only deny".to_owned(), Some(hint));
    }
    if let (Some(when), Some(except)) = (&when, &except) {
        let allows = decision == Some(Decision::Allow);
        labels_make_stricter(reader, fields.at, allows, when, except);
    }
    let message = message.or(description).unwrap_or_else(|| format!("rule {id}"));
    let reason = decision.map(|decision| Reason {
        rule: Arc::clone(&id),
        decision,
        severity,
        message: message.into(),
        alternative: alternative.map(Into::into),
    });
    let (obligations, references) = (obligations?, references?);
    Some(Rule { id, severity, when: when?, except: except?, reason, obligations, references, place })
}

/// A label that is added never makes a verdict milder: a condition that would let it is refused.
fn labels_make_stricter(reader: &mut Reader<'_>, at: At, allows: bool, when: &Matcher, except: &[Matcher]) {
    let milder = if allows {
        when.is_raised_by_labels() || except.iter().any(Matcher::is_silenced_by_labels)
    } else {
        when.is_silenced_by_labels() || except.iter().any(Matcher::is_raised_by_labels)
    };
    if milder {
        let hint = if allows {
            "say which words may steer it, `provenance: { word: [user, configured] }`, or put the label under `except`"
        } else {
            "leave out `pii: false` under `match`, and labels under `except`"
        };
        let message = "a label that is added would make this rule milder".to_owned();
        reader.error(at, message, Some(hint.to_owned()));
    }
}

fn references(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Box<str>>> {
    let nodes = reader.one_or_more(node, "`references`")?;
    if nodes.len() > MOST_REFERENCES {
        reader.error(node.at, format!("a rule has at most {MOST_REFERENCES} references"), None);
        return None;
    }
    let mut all = Some(Vec::new());
    for node in nodes {
        let reference = reader.text(node, "a reference").map(Into::into);
        keep(&mut all, reference);
    }
    all
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
        if except.as_ref().is_some_and(|except| except.result.is_some()) {
            reader.error(node.at, "`except` cannot look at a `result`".into(), None);
        }
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

/// The conditions and the exceptions of each rule, as they were written.
pub(super) fn conditions_of(document: &Node) -> Vec<(Conditions, Vec<Conditions>)> {
    let rules = member(document, "rules").map(|rules| rules.elements()).unwrap_or_default();
    rules
        .iter()
        .map(|rule| {
            let when = member(rule, "match").map(written).unwrap_or_default();
            let except = member(rule, "except").map(|node| node.one_or_more().iter().map(written).collect());
            (when, except.unwrap_or_default())
        })
        .collect()
}

fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Map(members) => members.iter().find(|(name, _)| name.text == key).map(|(_, value)| value),
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::List(_) => None,
    }
}

fn written(matcher: &Node) -> Conditions {
    let mut conditions = Conditions::new();
    flatten(matcher, String::new(), &mut conditions);
    conditions
}

/// A map by its keys; lists are sorted, since their order says nothing.
fn flatten(node: &Node, path: String, conditions: &mut Conditions) {
    match &node.value {
        Value::Map(members) => members.iter().for_each(|(key, value)| {
            let key = key.text.replace('~', "~0").replace('/', "~1");
            flatten(value, format!("{path}/{key}"), conditions);
        }),
        Value::List(list) => {
            let mut texts: Vec<String> = list.iter().map(|node| format!("{:?}", node.value)).collect();
            texts.sort();
            conditions.insert(path, texts.join("\n"));
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Number(_) | Value::Text(_) => {
            conditions.insert(path, format!("{:?}", node.value));
        }
    }
}
