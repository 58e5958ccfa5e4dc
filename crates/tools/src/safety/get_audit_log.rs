//! `get_audit_log`: the journal as the seeds' users know it, newest first.

use ringfence_model::control::AuditQuery;
use ringfence_model::effect::Effect;
use ringfence_model::id::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tool::{Context, Failure, Tool};

/// Most calls of one answer.
const MOST: u32 = 1_000;

/// Show the audit trail of this installation, newest first: which calls were made, by whom, what the policy decided and
/// why, and how they ended. Arguments and results are not recorded, only their digests.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetAuditLog {
    /// How many calls to show.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: u32,
    /// Which calls to show.
    #[serde(default)]
    pub filter: Option<Filter>,
}

const fn twenty() -> u32 {
    20
}

/// Which calls to show.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Only calls of this principal, e.g. `uid:1000`.
    #[serde(default)]
    pub agent_id: Option<String>,
    /// Only calls that were let through, or only those that were not.
    #[serde(default, rename = "type")]
    pub kind: Option<Kind>,
    /// Only calls since this time, RFC 3339, e.g. `2026-11-20T16:45:00Z`.
    #[serde(default)]
    pub since: Option<String>,
}

/// Calls by how they were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Denied, or asked about and not confirmed.
    Blocked,
    /// Let through.
    Allowed,
    /// Both.
    All,
}

/// The audit trail.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditLog {
    /// The calls, newest first; see `ringfence audit query --help` for the members.
    pub logs: Vec<serde_json::Map<String, serde_json::Value>>,
    /// How many are shown.
    pub returned: usize,
    /// How many were judged in all.
    pub total: u64,
    /// Counts over all calls.
    pub stats: Counts,
}

/// Counts over all calls.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Counts {
    /// Not let through.
    pub blocked_total: u64,
    /// Let through.
    pub allowed_total: u64,
}

impl Tool for GetAuditLog {
    const NAME: &'static str = "get_audit_log";
    const TITLE: &'static str = "Audit trail";
    const EFFECTS: &'static [Effect] = &[Effect::Read];
    type Output = AuditLog;

    async fn run(self, context: Context<'_>) -> Result<AuditLog, Failure> {
        let filter = self.filter.unwrap_or(Filter { agent_id: None, kind: None, since: None });
        let since = match &filter.since {
            Some(text) => Some(
                text.parse::<Timestamp>().map_err(|error| Failure::Arguments(format!("`since`: {error}")))?,
            ),
            None => None,
        };
        let query = AuditQuery {
            principal: filter.agent_id,
            passed: match filter.kind {
                Some(Kind::Blocked) => Some(false),
                Some(Kind::Allowed) => Some(true),
                Some(Kind::All) | None => None,
            },
            since,
            ..AuditQuery::newest(self.limit.clamp(1, MOST))
        };
        let unreadable = |error: &dyn std::error::Error| {
            tracing::error!(%error, "the audit trail cannot be read");
            Failure::Unavailable("the audit trail cannot be read; the kernel's log says why".into())
        };
        let rows = context.kernel.audit.calls(&query).await.map_err(|error| unreadable(&error))?;
        let stats = context.kernel.audit.stats().await.map_err(|error| unreadable(&error))?;
        let logs: Vec<_> = rows
            .iter()
            .filter_map(|row| match serde_json::to_value(row) {
                Ok(serde_json::Value::Object(members)) => Some(members),
                Ok(_) | Err(_) => None,
            })
            .collect();
        Ok(AuditLog {
            returned: logs.len(),
            logs,
            total: stats.total,
            stats: Counts { blocked_total: stats.blocked, allowed_total: stats.allowed },
        })
    }
}
