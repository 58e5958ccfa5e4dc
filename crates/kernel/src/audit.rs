//! The journal as something to ask: its view is brought up to date when somebody asks, never on the path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_journal::{Journal, JournalError, Reader};
use ringfence_model::control::AuditQuery;
use ringfence_model::entry::Entry;
use ringfence_model::id::{CallId, Timestamp};
use ringfence_store::{CallRow, Stats, Store, StoreError, Summary};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

/// Entries that are indexed in one transaction.
const BATCH: usize = 4_096;

/// The view and the journal behind it.
#[derive(Debug)]
pub struct Audit {
    journal: Arc<Journal>,
    path: PathBuf,
    /// Opened when somebody first asks.
    store: Mutex<Option<Store>>,
}

/// Why the journal cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The view.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The reading thread ended.
    #[error("reading the journal was interrupted")]
    Interrupted,
}

impl Audit {
    pub(crate) fn new(data_dir: &Path, journal: Arc<Journal>) -> Self {
        Self { journal, path: data_dir.join("state.db"), store: Mutex::new(None) }
    }

    /// Calls, newest first.
    ///
    /// # Errors
    /// [`AuditError`].
    pub async fn calls(&self, query: &AuditQuery) -> Result<Vec<CallRow>, AuditError> {
        match self.try_calls(query).await {
            Err(error) if self.heal(&error).await? => self.try_calls(query).await,
            answered => answered,
        }
    }

    /// Where the entries of a call stand in the journal, in order; none where there is no such call.
    ///
    /// # Errors
    /// [`AuditError`].
    pub async fn places(&self, call: CallId) -> Result<Vec<u64>, AuditError> {
        match self.try_places(call).await {
            Err(error) if self.heal(&error).await? => self.try_places(call).await,
            answered => answered,
        }
    }

    /// Counts over all calls.
    ///
    /// # Errors
    /// [`AuditError`].
    pub async fn stats(&self) -> Result<Stats, AuditError> {
        match self.try_stats().await {
            Err(error) if self.heal(&error).await? => self.try_stats().await,
            answered => answered,
        }
    }

    /// What the calls came to that were judged at or after `since`.
    ///
    /// # Errors
    /// [`AuditError`].
    pub async fn summary(&self, since: Timestamp) -> Result<Summary, AuditError> {
        match self.try_summary(since).await {
            Err(error) if self.heal(&error).await? => self.try_summary(since).await,
            answered => answered,
        }
    }

    /// Entries in the journal.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.journal.entries()
    }

    /// A reader of the entries from `index` on.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn reader(&self, index: u64) -> Result<Reader, JournalError> {
        self.journal.reader(index)
    }

    async fn try_calls(&self, query: &AuditQuery) -> Result<Vec<CallRow>, AuditError> {
        let store = self.current().await?;
        Ok(store.calls(query).await?)
    }

    async fn try_places(&self, call: CallId) -> Result<Vec<u64>, AuditError> {
        let store = self.current().await?;
        Ok(store.places(call).await?)
    }

    async fn try_stats(&self) -> Result<Stats, AuditError> {
        let store = self.current().await?;
        Ok(store.stats().await?)
    }

    async fn try_summary(&self, since: Timestamp) -> Result<Summary, AuditError> {
        let store = self.current().await?;
        Ok(store.summary(since).await?)
    }

    /// Puts a damaged view aside and begins a new one; false where the error has another cause.
    async fn heal(&self, error: &AuditError) -> Result<bool, AuditError> {
        let AuditError::Store(damage) = error else { return Ok(false) };
        if !damage.damaged() {
            return Ok(false);
        }
        let mut place = self.store.lock().await;
        if let Some(store) = place.take() {
            store.close().await;
        }
        let (store, aside) = Store::replace(&self.path, self.journal.log_id()).await?;
        tracing::warn!(%error, aside = %aside.display(), "the view of the journal was damaged and is made anew");
        *place = Some(store);
        Ok(true)
    }

    /// The view after everything that the journal holds now.
    async fn current(&self) -> Result<MappedMutexGuard<'_, Store>, AuditError> {
        let mut place = self.store.lock().await;
        if place.is_none() {
            let (store, opened) = Store::open(&self.path, self.journal.log_id()).await?;
            tracing::debug!(?opened, "the view of the journal is open");
            *place = Some(store);
        }
        let store = MutexGuard::try_map(place, Option::as_mut).map_err(|_| AuditError::Interrupted)?;
        let end = self.journal.entries();
        let mut next = store.indexed().await;
        while next < end {
            let journal = Arc::clone(&self.journal);
            let read = tokio::task::spawn_blocking(move || batch(&journal, next)).await;
            let entries = read.map_err(|_| AuditError::Interrupted)??;
            if entries.is_empty() {
                break;
            }
            next += entries.len() as u64;
            store.index(entries).await?;
        }
        Ok(store)
    }
}

fn batch(journal: &Journal, from: u64) -> Result<Vec<(u64, Entry)>, JournalError> {
    journal.reader(from)?.take(BATCH).collect()
}
