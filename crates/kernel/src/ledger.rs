//! The journal: what is written into it, how it is signed once a second, and receipts of single calls.
//!
//! Must never let anything happen that could not be written, and never hold a call up by signing: that runs beside.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ringfence_identity::{KeysError, LogKey};
use ringfence_journal::{BadKey, Journal, JournalError, NoteKey, Receipt, origin};
use ringfence_model::config::Durability;
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::id::CallId;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio_util::sync::CancellationToken;

use crate::audit::AuditError;
use crate::env::{Env, NoRandomness};
use crate::kernel::Kernel;

/// Entries after which the log is signed before a second is over.
const MANY: u64 = 1_000;

/// How often it is looked whether there are so many; so the log is signed ten times a second at most.
const LOOK: Duration = Duration::from_millis(100);

/// Looks after which whatever there is is signed: a second.
const LOOKS: u32 = 10;

/// The journal and the key that signs it.
#[derive(Debug)]
pub(crate) struct Ledger {
    journal: Arc<Journal>,
    key: NoteKey,
}

/// Why the log cannot be signed, or not be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The journal is not what its key has signed, or cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The key.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The log is signed, and the key that signed it is gone.
    #[error("the journal is signed by a key that is not there any more: `keys/log`")]
    KeyLost,
    /// No randomness for a key.
    #[error(transparent)]
    Env(#[from] NoRandomness),
    /// The log has no name for its key.
    #[error(transparent)]
    Name(#[from] BadKey),
}

impl Ledger {
    /// Holds `journal` against what its key in `keys_dir` has signed; makes the key of a log that is not signed yet.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing may be appended.
    pub(crate) fn open(journal: Arc<Journal>, keys_dir: &Path, env: &Env) -> Result<Self, LedgerError> {
        let kept = match LogKey::load(keys_dir)? {
            Some(key) => key,
            None if journal.is_signed()? => return Err(LedgerError::KeyLost),
            None => {
                let mut filled = Ok(());
                let key = LogKey::create(keys_dir, &mut |bytes| filled = filled.and(env.fill(bytes)))?;
                filled?;
                key
            }
        };
        let key = NoteKey::new(&origin(journal.log_id()), &kept.seed)?;
        journal.check_signed(key.verifier())?;
        Ok(Self { journal, key })
    }

    /// Signs what is there. Blocks for the time of an fdatasync.
    pub(crate) fn sign(&self) {
        if let Err(error) = self.journal.sign(&self.key) {
            tracing::warn!(%error, "the journal could not be signed; the next second tries again");
        }
    }

    fn unsigned(&self) -> u64 {
        self.journal.entries() - self.journal.signed()
    }
}

impl Kernel {
    /// Signs the journal until `stop`: each second, or sooner where much was recorded.
    pub async fn keep_signed(self: &Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK);
        let mut looks = 0;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            looks += 1;
            let unsigned = self.ledger.unsigned();
            if unsigned >= MANY || (unsigned > 0 && looks >= LOOKS) {
                looks = 0;
                let kernel = Arc::clone(self);
                if let Err(error) = tokio::task::spawn_blocking(move || kernel.ledger.sign()).await {
                    tracing::error!(%error, "signing the journal failed");
                }
            }
        }
    }

    /// The receipt of a call; `None` where the journal holds no such call.
    ///
    /// # Errors
    /// [`AuditError`].
    pub async fn receipt(self: &Arc<Self>, call: CallId) -> Result<Option<Receipt>, AuditError> {
        let places = self.audit.places(call).await?;
        if places.is_empty() {
            return Ok(None);
        }
        let kernel = Arc::clone(self);
        let make = move || kernel.ledger.journal.receipt(call, &places, &kernel.ledger.key);
        let made = tokio::task::spawn_blocking(make).await.map_err(|_| AuditError::Interrupted)?;
        Ok(Some(made?))
    }

    /// Appends to the journal.
    ///
    /// # Errors
    /// [`JournalError`]: what was to happen may not.
    pub(crate) fn record(&self, entry: &Entry) -> Result<u64, JournalError> {
        let index = match (self.append(entry), &entry.body) {
            (Err(JournalError::TooLarge { .. }), EntryBody::Ruling(ruling)) => {
                let body = EntryBody::Ruling(Box::new((**ruling).clone().shorten()));
                self.append(&Entry { body, ..entry.clone() })?
            }
            (appended, _) => appended?,
        };
        for seen in self.trust.follow(entry) {
            let lowered = Entry::at(entry.time, EntryBody::TrustLowered(Box::new(seen)));
            self.append(&lowered)?;
            self.trust.follow(&lowered);
        }
        Ok(index)
    }

    fn append(&self, entry: &Entry) -> Result<u64, JournalError> {
        match self.durability {
            Durability::Process => self.journal.append(entry),
            // Waits for the disk: the other calls of this thread go on elsewhere meanwhile.
            Durability::Power => match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
                Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| self.journal.append(entry)),
                Ok(_) | Err(_) => self.journal.append(entry),
            },
        }
    }
}

#[cfg(test)]
mod tests;
