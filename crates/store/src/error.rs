//! What can go wrong with the view.

use std::io;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system said no.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried, e.g. `create the database`.
        what: &'static str,
        /// What came of it.
        source: io::Error,
    },
    /// The database said no.
    #[error("the database failed: {0}")]
    Sql(#[from] sqlx::Error),
    /// Its tables could not be brought to this build's version.
    #[error("the database cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row that does not say what this build would have written.
    #[error("row {position} of the database cannot be read: {what}")]
    Row {
        /// The journal index that the row stands for.
        position: u64,
        /// What is wrong with it.
        what: String,
    },
    /// An entry that does not follow those already there.
    #[error("entry {got} was given to the store, which waits for entry {expected}")]
    Gap {
        /// The index that is due.
        expected: u64,
        /// The one that came.
        got: u64,
    },
}

/// SQLite's primary result codes (sqlite.org/rescode.html): the generic one, which a missing or different table gives,
/// `SQLITE_CORRUPT` and `SQLITE_NOTADB`.
const DAMAGE: [u32; 3] = [1, 11, 26];

impl StoreError {
    /// True when the file itself is at fault and [`Store::replace`](crate::Store::replace) helps; false for what would
    /// hit a new one too, such as a full disk.
    #[must_use]
    pub fn damaged(&self) -> bool {
        use sqlx::migrate::MigrateError;
        match self {
            Self::Sql(error)
            | Self::Migrate(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
                damage(error)
            }
            Self::Migrate(_) | Self::Row { .. } => true,
            Self::Io { .. } | Self::Gap { .. } => false,
        }
    }
}

fn damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    match code {
        // The upper bits are the extended code.
        Some(code) => DAMAGE.contains(&(code & 0xFF)),
        // A column or row that should be there is not, or is of another type.
        None => matches!(
            error,
            sqlx::Error::RowNotFound
                | sqlx::Error::ColumnNotFound(_)
                | sqlx::Error::ColumnDecode { .. }
                | sqlx::Error::Decode(_)
        ),
    }
}
