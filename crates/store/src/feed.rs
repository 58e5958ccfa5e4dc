//! Feeding the journal to the view, in order and without gaps.

use ringfence_model::entry::{CallOutcome, Entry, EntryBody, Ruling};
use ringfence_model::id::Timestamp;
use sqlx::{QueryBuilder, SqliteConnection};

use crate::error::StoreError;
use crate::row::{self, CALL_COLUMNS, OUTCOME_COLUMNS, signed};
use crate::store::Store;

/// Rows of one INSERT. A statement costs a round trip to SQLite's thread, so one row at a time would be ten times slower.
const ROWS: usize = 128;

impl Store {
    /// Adds entries of the journal, all or none, and returns the index that is due next. Entries that are there already
    /// are passed over, so that feeding the same ones again changes nothing. Memory is bounded however long the batch is,
    /// but nothing of it is seen before it ends.
    ///
    /// # Errors
    /// [`StoreError::Gap`] when an entry is missing before one of these; [`StoreError::Sql`]. Nothing was added then.
    pub async fn index<I>(&self, batch: I) -> Result<u64, StoreError>
    where
        I: IntoIterator<Item = (u64, Entry)>,
        I::IntoIter: Send,
    {
        let entries = batch.into_iter();
        let mut feeding = self.feeding().await;
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let mut due = *feeding;
        let (mut total, mut blocked) = (0, 0);
        let mut pending = Pending::default();
        for (index, Entry { time, body, .. }) in entries {
            if index < due {
                continue;
            }
            if index > due {
                return Err(StoreError::Gap { expected: due, got: index });
            }
            due += 1;
            match body {
                EntryBody::Ruling(ruling) => {
                    // A question that was asked on an open stream has been counted, as blocked, with its first ruling.
                    total += i64::from(!ruling.answers_a_question());
                    blocked += match (ruling.passed(), ruling.answers_a_question()) {
                        (false, false) => 1,
                        (true, true) => -1,
                        (true, false) | (false, true) => 0,
                    };
                    pending.calls.push((index, time, ruling));
                }
                EntryBody::Outcome(outcome) => pending.outcomes.push((index, *outcome)),
                EntryBody::Opened { .. }
                | EntryBody::Closed
                | EntryBody::PolicyLoaded { .. }
                | EntryBody::PolicyRejected { .. }
                | EntryBody::SessionOpened { .. }
                | EntryBody::FloorRaised { .. }
                | EntryBody::StoreTainted { .. }
                | EntryBody::ServerOpening { .. }
                | EntryBody::Aggregate { .. }
                | EntryBody::Operator { .. }
                | EntryBody::ApprovalRequested(_)
                | EntryBody::ApprovalAnswered(_)
                | EntryBody::Pinned(_)
                | EntryBody::PinHeld(_)
                | EntryBody::WitnessDisagrees { .. }
                | EntryBody::SessionErased { .. }
                | EntryBody::PinAnswered(_)
                | EntryBody::TrustLowered(_)
                | EntryBody::TrustInvalidated(_) => {}
            }
            if pending.calls.len() >= ROWS || pending.outcomes.len() >= ROWS {
                pending.flush(&mut transaction).await?;
            }
        }
        pending.flush(&mut transaction).await?;
        sqlx::query("UPDATE log SET indexed = $1, total = total + $2, blocked = blocked + $3 WHERE id = 1")
            .bind(signed(due))
            .bind(total)
            .bind(blocked)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        *feeding = due;
        Ok(due)
    }
}

/// Rows to be inserted.
#[derive(Default)]
struct Pending {
    calls: Vec<(u64, Timestamp, Box<Ruling>)>,
    outcomes: Vec<(u64, CallOutcome)>,
}

impl Pending {
    async fn flush(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if !self.calls.is_empty() {
            // Only a full statement comes again in the same words and is worth remembering.
            let again = self.calls.len() == ROWS;
            let mut sql = QueryBuilder::new(format!("INSERT INTO calls ({CALL_COLUMNS}) "));
            sql.push_values(self.calls.drain(..), |mut tuple, (index, time, ruling)| {
                row::push_call(&mut tuple, index, time, &ruling);
            });
            sql.build().persistent(again).execute(&mut *connection).await?;
        }
        if !self.outcomes.is_empty() {
            let again = self.outcomes.len() == ROWS;
            let mut sql = QueryBuilder::new(format!("INSERT INTO outcomes ({OUTCOME_COLUMNS}) "));
            sql.push_values(self.outcomes.drain(..), |mut tuple, (index, outcome)| {
                row::push_outcome(&mut tuple, index, &outcome);
            });
            // A call ends once; what may come later does not change how.
            sql.push(" ON CONFLICT (call_id) DO NOTHING");
            sql.build().persistent(again).execute(connection).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
