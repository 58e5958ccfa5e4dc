//! The journal: what is written into it, how it is signed once a second, and receipts of single calls.
//!
//! Must never let anything happen that could not be written, and never hold a call up by signing: that runs beside.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_identity::{KeysError, LogKey};
use ringfence_journal::{BadKey, Journal, JournalError, NoteKey, Receipt, origin};
use ringfence_model::config::{Durability, JournalConfig};
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_model::id::CallId;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::audit::AuditError;
use crate::env::{Env, NoRandomness};
use crate::kernel::Kernel;
use crate::witness::{self, BadWitness, Witness, WitnessError};

/// Entries after which the log is signed before a second is over.
const MANY: u64 = 1_000;

/// How often it is looked whether there are so many; so the log is signed ten times a second at most.
const LOOK: Duration = Duration::from_millis(100);

/// Looks after which whatever there is is signed: a second.
const LOOKS: u32 = 10;

/// The journal, the key that signs it, and who keeps what was signed.
#[derive(Debug)]
pub(crate) struct Ledger {
    journal: Arc<Journal>,
    key: NoteKey,
    witnesses: Vec<Witness>,
    /// How often they are told.
    interval: Duration,
    /// Something was recorded.
    grown: Notify,
    /// The witnesses that know another log, and what they know.
    disagree: Mutex<BTreeMap<String, String>>,
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
    /// The configuration of a witness.
    #[error("journal.witnesses: {0}")]
    BadWitness(#[from] BadWitness),
    /// A witness knows another log.
    #[error("the journal is not the one that the witness {name} knows: {source}")]
    Witness {
        /// Which witness.
        name: String,
        /// What it knows.
        source: WitnessError,
    },
}

impl Ledger {
    /// Holds `journal` against what its key in `keys_dir` has signed; makes the key of a log that is not signed yet.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing may be appended.
    pub(crate) fn open(
        journal: Arc<Journal>,
        config: &JournalConfig,
        keys_dir: &Path,
        env: &Env,
    ) -> Result<Self, LedgerError> {
        let witnesses = config.witnesses.iter().map(Witness::new).collect::<Result<Vec<_>, _>>()?;
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
        let ledger = Self {
            journal,
            key,
            witnesses,
            interval: config.witness_interval.0,
            grown: Notify::new(),
            disagree: Mutex::new(BTreeMap::new()),
        };
        for witness in &ledger.witnesses {
            // One over HTTP is asked once the kernel runs: it may be away, and what is here can be worked with.
            if let Witness::File(path) = witness {
                let held = ledger.hold_against(path);
                held.map_err(|source| LedgerError::Witness { name: witness.name(), source })?;
            }
        }
        Ok(ledger)
    }

    /// Holds the log against the file of a witness. How many entries that knows.
    fn hold_against(&self, path: &Path) -> Result<u64, WitnessError> {
        match witness::last(path)? {
            Some(note) => Ok(self.journal.check_witnessed(&note, self.key.verifier())?),
            None => Ok(0),
        }
    }

    /// Has a witness keep what is signed.
    async fn tell(&self, witness: &Witness) -> Result<(), WitnessError> {
        match witness {
            Witness::File(path) => {
                let known = self.hold_against(path)?;
                if let Some(note) = self.journal.checkpoint().filter(|_| known < self.journal.signed()) {
                    witness::add(path, &note)?;
                }
                Ok(())
            }
            Witness::Http(http) => http.submit(|known| self.journal.add_checkpoint(known)).await.map(drop),
        }
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
    /// Signs the journal until `stop`: a second after something was recorded, or sooner where that is much. Sleeps until then.
    pub async fn keep_signed(self: &Arc<Self>, stop: CancellationToken) {
        let waited = async {
            loop {
                if self.ledger.unsigned() == 0 {
                    self.ledger.grown.notified().await;
                    continue;
                }
                for _ in 0..LOOKS {
                    tokio::time::sleep(LOOK).await;
                    if self.ledger.unsigned() >= MANY {
                        break;
                    }
                }
                let kernel = Arc::clone(self);
                if let Err(error) = tokio::task::spawn_blocking(move || kernel.ledger.sign()).await {
                    tracing::error!(%error, "signing the journal failed");
                }
            }
        };
        stop.run_until_cancelled(waited).await;
    }

    /// Has witnesses keep what is signed, until `stop`.
    pub async fn keep_witnessed(self: &Arc<Self>, stop: CancellationToken) {
        if self.ledger.witnesses.is_empty() {
            return;
        }
        let told = async {
            let mut told = 0;
            loop {
                let signed = self.ledger.journal.signed();
                if signed > told && self.tell_witnesses(&self.ledger.witnesses).await {
                    told = signed;
                }
                tokio::time::sleep(self.ledger.interval).await;
            }
        };
        stop.run_until_cancelled(told).await;
    }

    /// Signs what there is, and has the files that witness it keep that.
    pub(crate) async fn sign_last(&self) {
        self.ledger.sign();
        let files = self.ledger.witnesses.iter().filter(|witness| matches!(witness, Witness::File(_)));
        self.tell_witnesses(files).await;
    }

    /// False where one did not keep it.
    async fn tell_witnesses(&self, witnesses: impl IntoIterator<Item = &Witness>) -> bool {
        let mut all = true;
        for witness in witnesses {
            let Err(error) = self.ledger.tell(witness).await else { continue };
            all = false;
            let (name, why) = (witness.name(), error.to_string());
            if !error.disagrees() {
                tracing::warn!(witness = %name, why, "a witness did not keep where the journal stands");
                continue;
            }
            tracing::error!(witness = %name, why, "a witness knows another journal than this one");
            let known = self.ledger.disagree.lock().insert(name.clone(), why.clone());
            if known.as_ref() != Some(&why) {
                let body = EntryBody::WitnessDisagrees { witness: name, why };
                if let Err(error) = self.record(&Entry::at(self.env.now(), body)) {
                    tracing::error!(%error, "that a witness knows another journal could not be recorded");
                }
            }
        }
        all
    }

    /// What witnesses know that know another log, by their names.
    pub(crate) fn disagreements(&self) -> BTreeMap<String, String> {
        self.ledger.disagree.lock().clone()
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
        self.ledger.grown.notify_one();
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
