//! The database file: opened, created, bound to a log, replaced when it is damaged.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row as _, SqlStr};
use tokio::sync::{Mutex, MutexGuard};

use crate::error::StoreError;
use crate::row::unsigned;

/// The view of one log. Cheap to share by reference; questions are answered while entries are fed.
#[derive(Debug)]
pub struct Store {
    pool: SqlitePool,
    /// The journal index that is due next. Held while entries are fed, so that only one batch is at a time.
    due: Mutex<u64>,
}

/// What [`Store::open`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The view, as it was left.
    Kept,
    /// No file: an empty view was made.
    Created,
    /// The view of another log: it was emptied.
    Emptied,
    /// A damaged file or one that is not ours: it was moved aside and an empty view was made.
    Replaced {
        /// Where the file is now.
        aside: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
}

impl Store {
    /// Opens the view at `path` of the log with this id, or makes an empty one: where there is none, where the one there
    /// is of another log, and where the file is not a sound database of ours. What it lacks is then to be fed from the
    /// journal, from [`Store::indexed`] on.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Sql`] for what a new file would not mend.
    pub async fn open(path: &Path, log_id: [u8; 16]) -> Result<(Self, Opened), StoreError> {
        let created = create(path)?;
        match Self::connect(path, log_id).await {
            Ok((store, true)) => Ok((store, Opened::Kept)),
            Ok((store, false)) => Ok((store, if created { Opened::Created } else { Opened::Emptied })),
            Err(error) if error.damaged() => {
                let reason = error.to_string();
                let (store, aside) = Self::replace(path, log_id).await?;
                Ok((store, Opened::Replaced { aside, reason }))
            }
            Err(error) => Err(error),
        }
    }

    /// Moves the file at `path` aside and makes an empty view. For a [`StoreError::damaged`] that shows itself only while
    /// the view is in use; [`Store::close`] it first. Returns where the file is now; one put there before is gone.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn replace(path: &Path, log_id: [u8; 16]) -> Result<(Self, PathBuf), StoreError> {
        let aside = beside(path, ".damaged");
        std::fs::rename(path, &aside)
            .map_err(|source| StoreError::Io { what: "move the damaged database aside", source })?;
        create(path)?;
        let (store, _) = Self::connect(path, log_id).await?;
        Ok((store, aside))
    }

    /// The journal index that is due next.
    pub async fn indexed(&self) -> u64 {
        *self.due.lock().await
    }

    /// Closes the file, once what is under way has ended.
    pub async fn close(self) {
        self.pool.close().await;
    }

    pub(crate) const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    pub(crate) async fn feeding(&self) -> MutexGuard<'_, u64> {
        self.due.lock().await
    }

    /// True where the view was of this log already.
    async fn connect(path: &Path, log_id: [u8; 16]) -> Result<(Self, bool), StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit lost with the power is fed again from the journal.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        let bound = match prepare(&pool, log_id).await {
            Ok(bound) => bound,
            Err(error) => {
                pool.close().await;
                return Err(error);
            }
        };
        let (due, kept) = bound;
        Ok((Self { pool, due: Mutex::new(due) }, kept))
    }
}

/// Brings the tables up to date and binds them to the log. Returns the index that is due next, and true where they were
/// bound to it already.
async fn prepare(pool: &SqlitePool, log_id: [u8; 16]) -> Result<(u64, bool), StoreError> {
    migrations().run(pool).await?;
    let log_id: String = log_id.iter().map(|byte| format!("{byte:02x}")).collect();
    let row = sqlx::query("SELECT log_id, indexed FROM log WHERE id = 1").fetch_optional(pool).await?;
    if let Some(row) = row
        && row.try_get::<String, _>("log_id")? == log_id
    {
        return Ok((unsigned(row.try_get("indexed")?), true));
    }
    let mut transaction = pool.begin().await?;
    for empty in ["DELETE FROM calls", "DELETE FROM outcomes", "DELETE FROM log"] {
        sqlx::query(empty).execute(&mut *transaction).await?;
    }
    sqlx::query("INSERT INTO log (id, log_id, indexed, total, blocked) VALUES (1, $1, 0, 0, 0)")
        .bind(log_id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok((0, false))
}

fn migrations() -> Migrator {
    let all = [
        (1, "calls", include_str!("../migrations/0001_calls.sql")),
        (2, "places", include_str!("../migrations/0002_places.sql")),
        (3, "labels", include_str!("../migrations/0003_labels.sql")),
    ];
    let migration = |(version, name, sql)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, SqlStr::from_static(sql), false)
    };
    Migrator::with_migrations(all.map(migration).into())
}

/// Creates an empty file that only its owner can read; SQLite gives its companions the same mode, and drops a write-ahead
/// log left by a file that is gone. False where there is a file already.
fn create(path: &Path) -> Result<bool, StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(StoreError::Io { what: "create the database", source }),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests;
