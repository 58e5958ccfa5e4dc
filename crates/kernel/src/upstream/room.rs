//! How many conversations may be open at once, and which of them makes room for another.
//!
//! Must never end one that is in use.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Slot, Upstreams};

/// The places for conversations.
#[derive(Debug)]
pub(super) struct Room(Arc<Semaphore>);

/// One of them, given back on drop.
#[derive(Debug)]
pub(super) struct Place(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Room {
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))))
    }

    fn take(&self) -> Option<Place> {
        Arc::clone(&self.0).try_acquire_owned().ok().map(Place)
    }
}

impl Upstreams {
    /// A place for one more conversation; where all are taken, that of the one longest unused. None where all are in use.
    pub(super) fn place(&self) -> Option<Place> {
        loop {
            // Whoever is faster may take what was made free: then another one makes room.
            if let Some(place) = self.room.take() {
                return Some(place);
            }
            if !self.close_longest_unused() {
                return None;
            }
        }
    }

    fn close_longest_unused(&self) -> bool {
        let slots = self.all().into_iter().flat_map(|upstream| upstream.slots());
        let longest =
            slots.filter_map(|slot| Some((slot.unused_since()?, slot))).min_by_key(|(since, _)| *since);
        longest.is_some_and(|(_, slot)| slot.close_unused())
    }
}

impl Slot {
    /// When its conversation was last used, where one is open that nobody needs now.
    fn unused_since(&self) -> Option<u64> {
        let open = self.open.lock();
        // Calls, parked ones and tasks that wait hold it.
        let idle = open.as_ref().filter(|open| Arc::strong_count(open) == 1)?;
        (!idle.is_listened_to()).then(|| idle.used().0)
    }

    /// Ends its conversation, unless it has come into use.
    fn close_unused(&self) -> bool {
        let mut open = self.open.lock();
        let is_unused = open.as_ref().is_some_and(|open| Arc::strong_count(open) == 1);
        if is_unused {
            *open = None;
        }
        is_unused
    }
}
