//! The conditions of `match` and `except`.
//!
//! Must never drop a condition that was written: a matcher without it would speak about more calls.

use ringfence_model::call::ActionKind;
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::finding::Severity;
use ringfence_model::json::{JsonText, Kind};
use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::principal::Scope;

use super::arguments::arguments;
use super::read::{Reader, keep};
use super::rules::{CATEGORIES, SEVERITIES};
use super::state::{provenance, rate, time};
use super::tree::{Node, Value};
use crate::rule::{
    BadExpression, EffectsMatch, Expression, FindingMatch, FloorMatch, Matcher, Names, Pattern,
};

const MATCHER: [&str; 21] = [
    "server",
    "tool",
    "target",
    "action",
    "effects",
    "irreversible",
    "egress",
    "sandboxed",
    "principal",
    "scope",
    "arguments",
    "argument_names",
    "exactly",
    "findings",
    "result",
    "floor",
    "provenance",
    "time",
    "rate",
    "environment",
    "when",
];
/// What a person may look for, and why there is no such condition.
const UNFED: [(&str, &str); 6] = [
    ("trust", "no trust is kept yet"),
    ("pin", "a definition that is held is not called, whatever the rules say"),
    ("budget", "nobody counts what calls cost; `obligations: { budget: … }` sums an argument"),
    ("agent", "what a client says of itself decides nothing; match `principal`"),
    ("role", "principals have scopes, not roles; match `scope`"),
    ("session", "match what the session has read with `floor`"),
];
const SCOPES: [(&str, Scope); 3] =
    [("call", Scope::Call), ("confirm", Scope::Confirm), ("operate", Scope::Operate)];
pub(super) const CONFIDENTIALITIES: [(&str, Confidentiality); 3] = [
    ("public", Confidentiality::Public),
    ("internal", Confidentiality::Internal),
    ("secret", Confidentiality::Secret),
];
const INTEGRITIES: [(&str, Integrity); 4] = [
    ("user", Integrity::User),
    ("trusted", Integrity::Trusted),
    ("model", Integrity::Model),
    ("untrusted", Integrity::Untrusted),
];

/// A matcher; `None` after an error.
pub(super) fn matcher(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Matcher> {
    let fields = reader.fields_but(node, what, &MATCHER, &UNFED)?;
    let mut matcher = Matcher::default();
    let mut whole = true;
    for (key, _, node) in fields.members() {
        whole &= match key {
            "server" => store(&mut matcher.server, names(reader, node, "`server`")),
            "tool" => store(&mut matcher.tool, names(reader, node, "`tool`")),
            "principal" => store(&mut matcher.principal, names(reader, node, "`principal`")),
            "action" => store(&mut matcher.actions, reader.words(node, "`action`", &actions())),
            "effects" => store(&mut matcher.effects, effects(reader, node)),
            "findings" => store(&mut matcher.findings, findings(reader, node, "`findings`")),
            "result" => store(&mut matcher.result, findings(reader, node, "`result`")),
            "argument_names" => store(&mut matcher.argument_names, names(reader, node, "`argument_names`")),
            "floor" => store(&mut matcher.floor, floor(reader, node)),
            "target" => store(&mut matcher.target, names(reader, node, "`target`")),
            "scope" => store(&mut matcher.scopes, reader.words(node, "`scope`", &SCOPES)),
            "irreversible" => store(&mut matcher.irreversible, reader.flag(node, "`irreversible`")),
            "egress" => store(&mut matcher.egress, reader.flag(node, "`egress`")),
            "sandboxed" => store(&mut matcher.sandboxed, reader.flag(node, "`sandboxed`")),
            "provenance" => store(&mut matcher.provenance, provenance(reader, node)),
            "time" => store(&mut matcher.time, time(reader, node)),
            "rate" => store(&mut matcher.rate, rate(reader, node)),
            "environment" => store(&mut matcher.environment, names(reader, node, "`environment`")),
            "when" => store(&mut matcher.expression, expression(reader, node)),
            "exactly" => store(&mut matcher.exactly, exactly(reader, node)),
            "arguments" => arguments(reader, node).map(|found| matcher.arguments = found).is_some(),
            _ => false,
        };
    }
    whole.then_some(matcher)
}

/// Arguments as JSON, in canonical form.
fn exactly(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node, "`exactly`")?;
    match JsonText::try_from(text.to_owned()) {
        Ok(json) if json.value().kind() == Kind::Object => Some(json.value().canonical()),
        Ok(_) => {
            reader.error(node.at, "`exactly` must be a JSON object, as text".to_owned(), None);
            None
        }
        Err(error) => {
            reader.error(node.at, format!("`exactly` is not JSON: {error}"), None);
            None
        }
    }
}

fn store<T>(slot: &mut Option<T>, found: Option<T>) -> bool {
    *slot = found;
    slot.is_some()
}

fn actions() -> [(&'static str, ActionKind); ActionKind::ALL.len()] {
    ActionKind::ALL.map(|kind| (kind.as_str(), kind))
}

fn expression(reader: &mut Reader<'_>, node: &Node) -> Option<Expression> {
    let text = reader.text(node, "`when`")?;
    Expression::parse(text)
        .map_err(|BadExpression { why, unknown }| {
            let hint = unknown.map(|(given, known)| super::read::suggest(&given, known));
            reader.error(node.at, format!("`when`: {why}"), hint);
        })
        .ok()
}

/// A glob, a list of globs, or `{regex: …}`.
pub(super) fn names(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Names> {
    if matches!(node.value, Value::Map(_)) {
        let fields = reader.fields(node, what, &["regex"])?;
        let Some(node) = fields.get("regex") else {
            reader.error(fields.at, format!("{what} needs a glob or `regex`"), None);
            return None;
        };
        let text = reader.text(node, "`regex`")?;
        return reader.pattern(node, text, Pattern::regex).map(|pattern| Names::any_of(vec![pattern]));
    }
    let mut all = Some(Vec::new());
    for node in reader.one_or_more(node, what)? {
        let found = reader.text(node, what).and_then(|text| reader.pattern(node, text, Pattern::glob));
        keep(&mut all, found);
    }
    all.map(Names::any_of)
}

fn effects(reader: &mut Reader<'_>, node: &Node) -> Option<EffectsMatch> {
    let mut table: Vec<(&str, Option<Effect>)> =
        Effect::ALL.iter().map(|effect| (effect.as_str(), Some(*effect))).collect();
    table.push(("unknown", None));
    let set = |found: Vec<Option<Effect>>| {
        let known: Vec<Effect> = found.iter().copied().flatten().collect();
        (Effects::of(&known), known.len() < found.len())
    };
    if !matches!(node.value, Value::Map(_)) {
        let (any, unknown) = set(reader.words(node, "`effects`", &table)?);
        return Some(EffectsMatch { any, unknown, all: Effects::UNKNOWN });
    }
    let fields = reader.fields(node, "`effects`", &["any", "all"])?;
    if fields.members().next().is_none() {
        reader.error(fields.at, "`effects` needs `any` or `all`".to_owned(), None);
        return None;
    }
    let any = fields.get("any").map_or(Some(Vec::new()), |node| reader.words(node, "`any`", &table));
    // Unknown is the absence of all effects, so it cannot come together with one.
    let known: Vec<(&str, Option<Effect>)> =
        table.into_iter().filter(|(_, effect)| effect.is_some()).collect();
    let all = fields.get("all").map_or(Some(Vec::new()), |node| reader.words(node, "`all`", &known));
    let (any, unknown) = set(any?);
    Some(EffectsMatch { any, unknown, all: set(all?).0 })
}

fn findings(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<FindingMatch> {
    let fields = reader.fields(node, what, &["category", "severity", "id"])?;
    let categories = fields.get("category").map(|node| reader.words(node, "`category`", &CATEGORIES));
    let at_least = fields.get("severity").map(|node| reader.word(node, "`severity`", &SEVERITIES));
    let id = fields.get("id").map(|node| names(reader, node, "`id`"));
    Some(FindingMatch {
        categories: categories.map_or(Some(None), |found| found.map(Some))?,
        at_least: at_least.unwrap_or(Some(Severity::Info))?,
        id: id.map_or(Some(None), |found| found.map(Some))?,
    })
}

fn floor(reader: &mut Reader<'_>, node: &Node) -> Option<FloorMatch> {
    let fields = reader.fields(node, "`floor`", &["confidentiality", "integrity", "pii"])?;
    let confidentiality =
        fields.get("confidentiality").map(|node| reader.word(node, "`confidentiality`", &CONFIDENTIALITIES));
    let integrity = fields.get("integrity").map(|node| reader.word(node, "`integrity`", &INTEGRITIES));
    let pii = fields.get("pii").map(|node| reader.flag(node, "`pii`"));
    Some(FloorMatch {
        confidentiality: confidentiality.map_or(Some(None), |found| found.map(Some))?,
        integrity: integrity.map_or(Some(None), |found| found.map(Some))?,
        pii: pii.map_or(Some(None), |found| found.map(Some))?,
    })
}
