//! The questions the view answers.

use ringfence_model::control::AuditQuery;
use ringfence_model::id::CallId;
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

impl Store {
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

fn select(query: &AuditQuery) -> QueryBuilder<Sqlite> {
    let AuditQuery { limit, principal, server, target, decision, passed, since, before } = query;
    let mut sql = QueryBuilder::new(SELECT);
    // Always true, so that each filter can be added alike.
    sql.push(" WHERE c.position >= 0");
    let words = [
        (" AND c.principal = ", principal.clone()),
        (" AND c.server = ", server.clone()),
        (" AND c.target = ", target.clone()),
        (" AND c.decision = ", decision.as_ref().and_then(word)),
    ];
    for (condition, value) in words {
        if let Some(value) = value {
            sql.push(condition).push_bind(value);
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
    if let Some(before) = before {
        sql.push(" AND c.position < ").push_bind(signed(*before));
    }
    sql.push(" ORDER BY c.position DESC LIMIT ").push_bind(i64::from((*limit).min(MAX_ROWS)));
    sql
}

#[cfg(test)]
mod tests;
