//! What was written into servers: text of strangers that comes back from one keeps its label.
//!
//! Must never be written behind the answer: what is not recorded is not released.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_flow::{Lexicon, Memory};
use ringfence_model::json::Json;
use ringfence_model::label::Label;
use ringfence_model::name::{Realm, ServerName};

/// The stores of all servers, by realm.
#[derive(Debug)]
pub(crate) struct Stores {
    table: Mutex<HashMap<(Realm, ServerName), Store>>,
    seed: u64,
    lexicon: Arc<Lexicon>,
}

#[derive(Debug)]
struct Store {
    memory: Memory,
    /// The labels of all that was written, as the journal has them.
    recorded: Label,
}

impl Stores {
    pub(crate) fn new(seed: u64, lexicon: Arc<Lexicon>) -> Self {
        Self { table: Mutex::new(HashMap::new()), seed, lexicon }
    }

    /// What an earlier kernel's journal says was written: piece by piece it is not known any more.
    pub(crate) fn inherit(&self, realm: Realm, server: ServerName, label: Label) {
        self.with(realm, server, |store| {
            store.memory.lost(label);
            store.recorded = store.recorded.join(label);
        });
    }

    /// `arguments` were written with `label`; true where that is news to the journal.
    pub(crate) fn write(
        &self,
        realm: &Realm,
        server: &ServerName,
        arguments: Json<'_>,
        label: Label,
    ) -> bool {
        self.with(realm.clone(), server.clone(), |store| {
            store.memory.write(arguments, label);
            let joined = store.recorded.join(label);
            let news = joined != store.recorded;
            store.recorded = joined;
            news
        })
    }

    /// The label of what comes back from a server, where it was written with one.
    pub(crate) fn read(&self, realm: &Realm, server: &ServerName, result: Json<'_>) -> Option<Label> {
        let table = self.table.lock();
        if table.is_empty() {
            return None;
        }
        table.get(&(realm.clone(), server.clone())).and_then(|store| store.memory.read(result))
    }

    fn with<T>(&self, realm: Realm, server: ServerName, act: impl FnOnce(&mut Store) -> T) -> T {
        let mut table = self.table.lock();
        let fresh =
            || Store { memory: Memory::new(self.seed, Arc::clone(&self.lexicon)), recorded: Label::FRESH };
        act(table.entry((realm, server)).or_insert_with(fresh))
    }
}
