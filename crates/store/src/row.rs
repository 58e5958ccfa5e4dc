//! A call as the view shows it: ruling and outcome joined; and how it is laid out in columns.

use ringfence_model::call::ActionKind;
use ringfence_model::effect::{EffectSource, Effects};
use ringfence_model::entry::{CallOutcome, OutcomeKind, Ruling};
use ringfence_model::finding::{Finding, Severity};
use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::name::{Realm, ServerName};
use ringfence_model::verdict::{Code, Decision};
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde::{Serialize, Serializer};
use sqlx::Row as _;
use sqlx::query_builder::Separated;
use sqlx::sqlite::{Sqlite, SqliteRow};

use crate::error::StoreError;

/// One call: how it was judged and, where it was let through, how it ended. Members without a value are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallRow {
    /// Journal index of its ruling; also the cursor for the page after it.
    pub index: u64,
    /// When it was judged; RFC 3339 in JSON.
    #[serde(serialize_with = "rfc3339")]
    pub time: Timestamp,
    /// Which call.
    pub call: CallId,
    /// The call within which it arose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<CallId>,
    /// The call that it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<CallId>,
    /// Tenant.
    pub realm: Realm,
    /// Who.
    pub principal: String,
    /// In which session.
    pub session: SessionId,
    /// What kind of action.
    pub action: ActionKind,
    /// Which server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerName>,
    /// What there: tool, URI, prompt, listing, verb.
    pub target: String,
    /// The tool, where it is a call of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What the tool can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effects: Option<Effects>,
    /// How we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect_source: Option<EffectSource>,
    /// What was decided.
    pub decision: Decision,
    /// What would have been decided in mode `strict`, where the mode made a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would: Option<Decision>,
    /// The rule that decided.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// How grave a breach of that rule is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// A person confirmed an `ask`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeKind>,
    /// The code the caller got, where it got no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Size of the result in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Microseconds from ruling to outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// What detectors saw, in the arguments and then in the result.
    pub findings: Vec<Finding>,
}

fn rfc3339<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

pub(crate) const CALL_COLUMNS: &str = "position, time_ns, call_id, parent, retries, realm, principal, session, action, \
     server, target, effects, effect_source, decision, would, rule, reason, severity, confirmed, code, findings, labels";

pub(crate) const OUTCOME_COLUMNS: &str = "call_id, position, outcome, bytes, took_us, code, findings";

type Tuple<'b> = Separated<'b, Sqlite, &'static str>;

/// Binds the values of [`CALL_COLUMNS`], in that order.
pub(crate) fn push_call(tuple: &mut Tuple<'_>, position: u64, time: Timestamp, ruling: &Ruling) {
    let deciding = ruling.verdict.reasons.first();
    tuple
        .push_bind(signed(position))
        .push_bind(signed(time.0))
        .push_bind(ruling.call.to_string())
        .push_bind(ruling.parent.map(|call| call.to_string()))
        .push_bind(ruling.retries.map(|call| call.to_string()))
        .push_bind(ruling.realm.to_string())
        .push_bind(ruling.principal.to_string())
        .push_bind(ruling.session.to_string())
        .push_bind(ruling.action.as_str())
        .push_bind(ruling.server.as_ref().map(ToString::to_string))
        .push_bind(ruling.target.to_string())
        .push_bind(ruling.effects.as_ref().and_then(|(effects, _)| serde_json::to_string(effects).ok()))
        .push_bind(ruling.effects.as_ref().and_then(|(_, source)| word(source)))
        .push_bind(word(&ruling.verdict.decision))
        .push_bind(ruling.verdict.would.as_ref().and_then(word))
        .push_bind(deciding.map_or_else(String::new, |reason| reason.rule.to_string()))
        .push_bind(deciding.map_or_else(String::new, |reason| reason.message.to_string()))
        .push_bind(deciding.and_then(|reason| word(&reason.severity)))
        .push_bind(ruling.confirmed)
        .push_bind(ruling.code.map(|code| i64::from(code.number())))
        .push_bind(findings(&ruling.findings))
        .push_bind(labels(ruling));
}

/// Binds the values of [`OUTCOME_COLUMNS`], in that order.
pub(crate) fn push_outcome(tuple: &mut Tuple<'_>, position: u64, outcome: &CallOutcome) {
    tuple
        .push_bind(outcome.call.to_string())
        .push_bind(signed(position))
        .push_bind(outcome.outcome.as_str())
        .push_bind(signed(outcome.bytes))
        .push_bind(signed(outcome.took_us))
        .push_bind(outcome.code.map(|code| i64::from(code.number())))
        .push_bind(findings(&outcome.findings));
}

/// The columns that [`CallRow`] is made of; the tables are `calls c` and `outcomes o`.
pub(crate) const SELECT: &str = "SELECT c.position, c.time_ns, c.call_id, c.parent, c.retries, c.realm, c.principal, \
     c.session, c.action, c.server, c.target, c.effects, c.effect_source, c.decision, c.would, c.rule, c.reason, \
     c.severity, c.confirmed, COALESCE(o.code, c.code) AS code, c.findings, o.outcome, o.bytes, o.took_us, \
     o.findings AS result_findings FROM calls c LEFT JOIN outcomes o \
     ON o.call_id = c.call_id AND c.code IS NULL";

impl CallRow {
    pub(crate) fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        let cells = Cells { row, position: unsigned(row.try_get("position")?) };
        let action: ActionKind = cells.word("action")?;
        let target: String = row.try_get("target")?;
        Ok(Self {
            index: cells.position,
            time: Timestamp(unsigned(row.try_get("time_ns")?)),
            call: cells.word("call_id")?,
            parent: cells.optional("parent")?,
            retries: cells.optional("retries")?,
            realm: cells.word("realm")?,
            principal: row.try_get("principal")?,
            session: cells.word("session")?,
            action,
            server: cells.optional("server")?,
            tool: (action == ActionKind::CallTool).then(|| target.clone()),
            target,
            effects: cells.json("effects")?,
            effect_source: cells.optional("effect_source")?,
            decision: cells.word("decision")?,
            would: cells.optional("would")?,
            rule: row.try_get("rule")?,
            reason: row.try_get("reason")?,
            severity: cells.optional("severity")?,
            confirmed: row.try_get("confirmed")?,
            outcome: cells.optional("outcome")?,
            code: cells.code()?,
            bytes: row.try_get::<Option<i64>, _>("bytes")?.map(unsigned),
            took_us: row.try_get::<Option<i64>, _>("took_us")?.map(unsigned),
            findings: {
                let mut all: Vec<Finding> = cells.json("findings")?.unwrap_or_default();
                all.extend(cells.json::<Vec<Finding>>("result_findings")?.unwrap_or_default());
                all
            },
        })
    }
}

/// One row of the database, to be turned into our types.
struct Cells<'r> {
    row: &'r SqliteRow,
    position: u64,
}

impl Cells<'_> {
    fn bad(&self, column: &str, why: impl std::fmt::Display) -> StoreError {
        StoreError::Row { position: self.position, what: format!("{column}: {why}") }
    }

    fn word<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        self.optional(column)?.ok_or_else(|| self.bad(column, "missing"))
    }

    fn optional<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self.row.try_get(column)?;
        text.map(|text| T::deserialize(text.into_deserializer()))
            .transpose()
            .map_err(|error: serde::de::value::Error| self.bad(column, error))
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self.row.try_get(column)?;
        text.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| self.bad(column, error))
    }

    fn code(&self) -> Result<Option<Code>, StoreError> {
        let number: Option<i64> = self.row.try_get("code")?;
        let code =
            |number: i64| i32::try_from(number).map_err(|error| error.to_string()).and_then(Code::try_from);
        number.map(code).transpose().map_err(|error| self.bad("code", error))
    }
}

/// The word that stands for a value of one of our enums.
pub(crate) fn word<T: Serialize>(value: &T) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(word),
        Ok(_) | Err(_) => None,
    }
}

/// The labels that the call was judged under, of the session and of its arguments: words between spaces.
fn labels(ruling: &Ruling) -> String {
    let label = ruling.provenance.label().map_or(ruling.floor, |label| label.join(ruling.floor));
    let words = [word(&label.confidentiality), label.pii.then(|| "pii".to_owned()), word(&label.integrity)];
    format!(" {} ", words.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn findings(findings: &[Finding]) -> Option<String> {
    if findings.is_empty() { None } else { serde_json::to_string(findings).ok() }
}

/// SQL has no unsigned integers. Nothing we count reaches 2⁶³.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
