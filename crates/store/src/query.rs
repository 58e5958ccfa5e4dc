//! The questions the view answers.

use ringfence_model::control::AuditQuery;
use ringfence_model::id::{CallId, Timestamp};
use serde::Serialize;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use crate::error::StoreError;
use crate::row::{CallRow, SELECT, signed, unsigned, word};
use crate::store::Store;

/// Most rows of one answer, whatever the query's limit.
pub const MAX_ROWS: u32 = 10_000;

/// How many calls were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// All.
    pub total: u64,
    /// Not let through: denied, or asked about and not confirmed.
    pub blocked: u64,
    /// Let through.
    pub allowed: u64,
}

/// What the calls of some time came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rulings: a call that a person was asked about has two.
    pub rulings: u64,
    /// By decision.
    pub decisions: Vec<Count>,
    /// By how calls ended.
    pub outcomes: Vec<Count>,
    /// Those who called most.
    pub principals: Vec<Count>,
    /// What was called most, as `server/target`.
    pub targets: Vec<Count>,
    /// The rules that decided most.
    pub rules: Vec<Count>,
}

/// How often something was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// What.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// Most rows of each part of a [`Summary`].
const MOST_COUNTS: i64 = 20;

impl Store {
    /// What the calls came to that were judged at or after `since`.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn summary(&self, since: Timestamp) -> Result<Summary, StoreError> {
        let calls = "FROM calls c WHERE c.time_ns >= $1";
        let ended =
            "FROM calls c JOIN outcomes o ON o.call_id = c.call_id AND c.code IS NULL WHERE c.time_ns >= $1";
        let decisions = self.counts("c.decision", calls, since).await?;
        Ok(Summary {
            rulings: decisions.iter().map(|decision| decision.count).sum(),
            decisions,
            outcomes: self.counts("o.outcome", ended, since).await?,
            principals: self.counts("c.realm || '/' || c.principal", calls, since).await?,
            targets: self.counts("COALESCE(c.server, '') || '/' || c.target", calls, since).await?,
            rules: self.counts("c.rule", calls, since).await?,
        })
    }

    async fn counts(&self, name: &str, from: &str, since: Timestamp) -> Result<Vec<Count>, StoreError> {
        // Of our own words alone.
        let sql =
            format!("SELECT {name} AS name, COUNT(*) AS count {from} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql));
        let rows = query.bind(signed(since.0)).bind(MOST_COUNTS).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| Ok(Count { name: row.try_get("name")?, count: unsigned(row.try_get("count")?) }))
            .collect()
    }

    /// The calls that `query` asks for, newest first. The page after it begins at the `index` of the last row.
    ///
    /// # Errors
    /// [`StoreError::Sql`] and [`StoreError::Row`].
    pub async fn calls(&self, query: &AuditQuery) -> Result<Vec<CallRow>, StoreError> {
        let mut sql = select(query);
        sql.build().fetch_all(self.pool()).await?.iter().map(CallRow::read).collect()
    }

    /// Where the entries of a call stand in the journal: its rulings and its outcome, in order. None where there is no such call.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn places(&self, call: CallId) -> Result<Vec<u64>, StoreError> {
        let sql = "SELECT position FROM calls WHERE call_id = $1 \
                   UNION SELECT position FROM outcomes WHERE call_id = $1 ORDER BY position";
        let rows = sqlx::query(sql).bind(call.to_string()).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok(unsigned(row.try_get("position")?))).collect()
    }

    /// How many calls were judged, up to where the journal has been read.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let row = sqlx::query("SELECT total, blocked FROM log WHERE id = 1").fetch_one(self.pool()).await?;
        let (total, blocked) = (unsigned(row.try_get("total")?), unsigned(row.try_get("blocked")?));
        Ok(Stats { total, blocked, allowed: total.saturating_sub(blocked) })
    }
}

/// A text of which no character stands for others in LIKE.
fn literally(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn select(query: &AuditQuery) -> QueryBuilder<Sqlite> {
    let AuditQuery {
        limit,
        principal,
        server,
        target,
        session,
        rule,
        label,
        text,
        decision,
        passed,
        since,
        until,
        before,
    } = query;
    let mut sql = QueryBuilder::new(SELECT);
    // Always true, so that each filter can be added alike.
    sql.push(" WHERE c.position >= 0");
    let words = [
        (" AND c.principal = ", principal.clone()),
        (" AND c.server = ", server.clone()),
        (" AND c.target = ", target.clone()),
        (" AND c.session = ", session.map(|session| session.to_string())),
        (" AND c.rule = ", rule.clone()),
        (" AND c.labels LIKE ", label.as_ref().map(|label| format!("% {} %", literally(label)))),
        (" AND c.decision = ", decision.as_ref().and_then(word)),
    ];
    for (condition, value) in words {
        if let Some(value) = value {
            sql.push(condition).push_bind(value);
            if condition.ends_with("LIKE ") {
                sql.push(" ESCAPE '\\'");
            }
        }
    }
    // As `Ruling::passed`.
    match passed {
        Some(true) => sql.push(" AND c.code IS NULL AND (c.decision = 'allow' OR c.confirmed)"),
        Some(false) => sql.push(" AND NOT (c.code IS NULL AND (c.decision = 'allow' OR c.confirmed))"),
        None => &mut sql,
    };
    if let Some(since) = since {
        sql.push(" AND c.time_ns >= ").push_bind(signed(since.0));
    }
    if let Some(until) = until {
        sql.push(" AND c.time_ns < ").push_bind(signed(until.0));
    }
    if let Some(text) = text {
        let sought = format!("%{}%", literally(&text.to_lowercase()));
        for (before, column) in [
            (" AND (LOWER(", "c.target"),
            (" OR LOWER(", "c.rule"),
            (" OR LOWER(", "c.reason"),
            (" OR LOWER(", "COALESCE(c.findings, '')"),
            (" OR LOWER(", "COALESCE(o.findings, '')"),
        ] {
            sql.push(before).push(column).push(") LIKE ").push_bind(sought.clone()).push(" ESCAPE '\\'");
        }
        sql.push(")");
    }
    if let Some(before) = before {
        sql.push(" AND c.position < ").push_bind(signed(*before));
    }
    sql.push(" ORDER BY c.position DESC LIMIT ").push_bind(i64::from((*limit).min(MAX_ROWS)));
    sql
}

#[cfg(test)]
mod tests;
