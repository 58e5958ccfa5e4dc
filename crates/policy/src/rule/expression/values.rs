//! The facts of a call as expressions see them.
//!
//! Must never hold a fact under two names, nor make a large one of a small call.

use std::collections::HashMap;
use std::fmt;

use cel::Value;
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::objects::{Key, Map};
use ringfence_model::finding::{Category, Severity};
use ringfence_model::json::{Json, Kind};
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::principal::Scope;
use ringfence_model::provenance::{Origin, Role, Word};
use ringfence_model::tally::Counts;

use crate::facts::Facts;

/// Every fact.
pub(super) const NAMES: [&str; 16] = [
    "action",
    "server",
    "target",
    "principal",
    "args",
    "effects",
    "irreversible",
    "egress",
    "findings",
    "provenance",
    "floor",
    "recent",
    "trust",
    "environment",
    "sandboxed",
    "answerable",
];

/// The fields of those facts that have fixed ones.
pub(super) const FIELDS: [(&str, &[&str]); 3] = [
    ("principal", &["realm", "name", "scopes"]),
    ("floor", &["confidentiality", "integrity", "pii"]),
    ("recent", &["calls", "denied"]),
];

/// Most bytes of arguments that expressions look at.
const MOST_BYTES: usize = 64 << 10;

/// Most values in the arguments that expressions look at.
const MOST_VALUES: usize = 4_096;

/// The facts of one call.
pub(in crate::rule) struct Values {
    by_name: HashMap<&'static str, Box<dyn Val>>,
    facts: Size,
    /// `None` where the arguments are too large to be looked at.
    arguments: Option<Size>,
}

/// How much there is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Elements of the longest list.
    pub(super) longest: usize,
    /// Bytes of text.
    pub(super) bytes: usize,
}

impl Values {
    pub(in crate::rule) fn of(facts: &Facts<'_>, environment: Option<&str>) -> Self {
        let mut values = Self {
            by_name: HashMap::with_capacity(NAMES.len()),
            facts: Size {
                longest: facts.findings.len().max(facts.provenance.values.len()).max(16),
                bytes: 1_024,
            },
            arguments: None,
        };
        let tool = facts.tool;
        let effects = facts.effects().into_iter().flat_map(|effects| effects.iter().collect::<Vec<_>>());
        values.set("action", text(facts.action.as_str()));
        values.set("server", text(facts.server.map_or("", |server| server.as_str())));
        values.set("target", text(facts.target));
        values.set("principal", principal(facts));
        values.set("effects", list(effects.map(|effect| text(effect.as_str()))));
        values.set("irreversible", Value::Bool(tool.is_some_and(|tool| tool.irreversible)));
        values.set("egress", Value::Bool(facts.leaves()));
        let finding = |finding: &ringfence_model::finding::Finding| {
            map([
                ("id", text(&finding.id)),
                ("category", text(category(finding.category))),
                ("severity", Value::Int(severity(finding.severity))),
            ])
        };
        values.set("findings", list(facts.findings.iter().map(finding)));
        values.set("provenance", list(facts.provenance.values.iter().map(origin)));
        values.set("floor", label(facts.floor));
        let recent = [("calls", counts(&facts.recent.calls)), ("denied", counts(&facts.recent.denied))];
        values.set("recent", map(recent));
        values.set("trust", Value::Int(i64::from(facts.trust.0)));
        // Where nobody said what this installation is, asking for it is an error, which counts against the caller.
        if let Some(environment) = environment {
            values.set("environment", text(environment));
        }
        values.set("sandboxed", Value::Bool(facts.sandboxed));
        values.set("answerable", Value::Bool(facts.answerable));
        match facts.arguments {
            None => values.set_arguments(Value::Map(Map::from(HashMap::<Key, Value>::new())), 0, 0),
            Some(arguments) if arguments.as_str().len() <= MOST_BYTES => {
                let mut built = Build { left: MOST_VALUES, longest: 0 };
                if let Some(value) = built.value(arguments.value()) {
                    values.set_arguments(value, built.longest, arguments.as_str().len());
                }
            }
            Some(_) => {}
        }
        values
    }

    /// How much an expression can look at; `None` where it is too much.
    pub(super) fn size(&self, arguments: bool) -> Option<Size> {
        if !arguments {
            return Some(self.facts);
        }
        self.arguments.map(|size| Size {
            longest: size.longest.max(self.facts.longest),
            bytes: size.bytes + self.facts.bytes,
        })
    }

    fn set(&mut self, name: &'static str, value: Value) {
        if let Ok(value) = value.try_into() {
            self.by_name.insert(name, value);
        }
    }

    fn set_arguments(&mut self, value: Value, longest: usize, bytes: usize) {
        self.set("args", value);
        self.arguments = Some(Size { longest, bytes });
    }
}

impl VariableResolver for Values {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        self.by_name.get(variable).map(|value| CowVal::Borrowed(&**value))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

/// Arguments as values, as long as there is room.
struct Build {
    left: usize,
    longest: usize,
}

impl Build {
    fn value(&mut self, json: Json<'_>) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        Some(match json.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(json.as_bool()?),
            Kind::Number => match (json.as_i64(), json.raw().parse()) {
                (Some(integer), _) => Value::Int(integer),
                (None, Ok(number)) => Value::Float(number),
                (None, Err(_)) => return None,
            },
            Kind::String => text(&json.as_str()?),
            Kind::Array => {
                let all = json.elements().map(|element| self.value(element)).collect::<Option<Vec<_>>>()?;
                self.longest = self.longest.max(all.len());
                Value::List(all.into())
            }
            Kind::Object => {
                let mut members = HashMap::new();
                for (key, member) in json.members() {
                    members.insert(Key::from(key.as_str()?.into_owned()), self.value(member)?);
                }
                self.longest = self.longest.max(members.len());
                Value::Map(Map::from(members))
            }
        })
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned().into())
}

fn list(values: impl Iterator<Item = Value>) -> Value {
    Value::List(values.collect::<Vec<_>>().into())
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(Map::from(
        members.into_iter().map(|(key, value)| (Key::from(key), value)).collect::<HashMap<_, _>>(),
    ))
}

fn principal(facts: &Facts<'_>) -> Value {
    let scope = |scope: &Scope| {
        text(match scope {
            Scope::Call => "call",
            Scope::Confirm => "confirm",
            Scope::Vouch => "vouch",
            Scope::Operate => "operate",
        })
    };
    map([
        ("realm", text(facts.principal.realm.as_str())),
        ("name", text(&facts.principal.name)),
        ("scopes", list(facts.principal.scopes.iter().map(scope))),
    ])
}

fn label(label: Label) -> Value {
    let confidentiality = match label.confidentiality {
        Confidentiality::Public => "public",
        Confidentiality::Internal => "internal",
        Confidentiality::Secret => "secret",
    };
    let integrity = match label.integrity {
        Integrity::User => "user",
        Integrity::Trusted => "trusted",
        Integrity::Model => "model",
        Integrity::Untrusted => "untrusted",
    };
    map([
        ("confidentiality", text(confidentiality)),
        ("integrity", text(integrity)),
        ("pii", Value::Bool(label.pii)),
    ])
}

fn origin(origin: &Origin) -> Value {
    let servers = origin.sources.iter().filter_map(|source| source.server.as_ref());
    map([
        ("pointer", text(&origin.pointer)),
        (
            "role",
            text(match origin.role {
                Role::Content => "content",
                Role::Consequential => "consequential",
            }),
        ),
        ("word", text(word(origin.word))),
        ("label", label(origin.label)),
        ("servers", list(servers.map(|server| text(server.as_str())))),
    ])
}

fn counts(counts: &Counts) -> Value {
    map([
        ("minute", Value::Int(counts.minute.into())),
        ("hour", Value::Int(counts.hour.into())),
        ("day", Value::Int(counts.day.into())),
    ])
}

/// 0 for info to 4 for critical, so that expressions can compare it.
const fn severity(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

fn category(category: Category) -> &'static str {
    crate::load::CATEGORIES.iter().find(|(_, known)| *known == category).map_or("", |(word, _)| word)
}

fn word(word: Word) -> &'static str {
    crate::load::WORDS.iter().find(|(_, known)| *known == word).map_or("", |(name, _)| name)
}
