//! Bounded tables that several principals fill: whoever fills one does so at its own expense.
//!
//! Up to the bound anybody finds a place; from there on only within an even share of it. Must never refuse a
//! principal because of what another one holds.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::Arc;

use ringfence_model::id::Timestamp;
use ringfence_model::principal::Principal;

/// Realm and name of a principal.
pub(crate) type Who = (Arc<str>, Arc<str>);

/// Realm and name of `principal`.
pub(crate) fn who(principal: &Principal) -> Who {
    (principal.realm.as_str().into(), Arc::clone(&principal.name))
}

/// Between two searches for what is over, in nanoseconds: who is refused again and again must not have all searched each time.
const REST: u64 = 1_000_000_000;

/// True where `who` may take one more of `most` places that `holders` have taken, one by one.
pub(crate) fn has_room<W: Eq + Hash>(most: usize, who: &W, holders: impl Iterator<Item = W>) -> bool {
    let mut held: HashMap<W, usize> = HashMap::new();
    let mut total: usize = 0;
    for holder in holders {
        *held.entry(holder).or_insert(0) += 1;
        total += 1;
    }
    let own = held.get(who).copied().unwrap_or(0);
    is_within(most, total, own, held.len() + usize::from(own == 0))
}

const fn is_within(most: usize, total: usize, own: usize, holders: usize) -> bool {
    total < most || own.saturating_add(1).saturating_mul(holders) <= most
}

/// Values by principal and key. Holds at most twice the bound.
#[derive(Debug)]
pub(super) struct Shares<K, V> {
    most: usize,
    held: HashMap<Who, HashMap<K, V>>,
    total: usize,
    searched: Option<Timestamp>,
}

impl<K: Eq + Hash, V> Shares<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, held: HashMap::new(), total: 0, searched: None }
    }

    /// The value of `who` under `key`, made by `fresh` where there is none; none where there is no room for it. What `is_over`
    /// makes room.
    pub(super) fn at(
        &mut self,
        who: Who,
        key: K,
        now: Timestamp,
        is_over: impl Fn(&V) -> bool,
        fresh: impl FnOnce() -> V,
    ) -> Option<&mut V> {
        let is_known = self.held.get(&who).is_some_and(|own| own.contains_key(&key));
        if !is_known && self.total >= self.most {
            self.forget(now, is_over);
        }
        let own = self.held.get(&who).map_or(0, HashMap::len);
        let holders = self.held.len() + usize::from(own == 0);
        if !is_known && !is_within(self.most, self.total, own, holders) {
            return None;
        }
        match self.held.entry(who).or_default().entry(key) {
            Entry::Occupied(held) => Some(held.into_mut()),
            Entry::Vacant(place) => {
                self.total += 1;
                Some(place.insert(fresh()))
            }
        }
    }

    fn forget(&mut self, now: Timestamp, is_over: impl Fn(&V) -> bool) {
        if self.searched.is_some_and(|last| now.0.abs_diff(last.0) < REST) {
            return;
        }
        self.searched = Some(now);
        self.held.retain(|_, own| {
            own.retain(|_, value| !is_over(value));
            !own.is_empty()
        });
        self.total = self.held.values().map(HashMap::len).sum();
    }
}
