//! Room for the bytes of large messages, over all clients: taken while a message arrives, and held until nobody holds the
//! message any more, whether it is read, worked on or waits for an answer.
//!
//! Must never wait: messages that wait for each other would all be cut off in the end.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of all messages at once, beyond the first [`SMALL`] of each.
const MOST: usize = 256 << 20;

/// Bytes of a message that need no place: the bounds on connections and on calls in flight bound them.
pub(crate) const SMALL: usize = 64 << 10;

/// Places for bytes.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

/// The places of one message.
#[derive(Debug)]
pub(crate) struct Places {
    room: Room,
    taken: Option<OwnedSemaphorePermit>,
}

/// A message with its places, which go with the last of what shares its bytes.
struct Held {
    bytes: Bytes,
    _places: OwnedSemaphorePermit,
}

impl Room {
    /// For 256 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::of(MOST)
    }

    pub(crate) fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// For a message of which nothing has arrived.
    pub(crate) fn places(&self) -> Places {
        Places { room: self.clone(), taken: None }
    }

    /// A whole message with its places; as it came where there is no room for it.
    pub(crate) fn hold(&self, message: Bytes) -> Result<Bytes, Bytes> {
        let mut places = self.places();
        if places.suffice(message.len()) { Ok(places.with(message)) } else { Err(message) }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

impl Places {
    /// Takes what is lacking for a message of so many bytes; false where there is no room.
    pub(crate) fn suffice(&mut self, bytes: usize) -> bool {
        let taken = self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Ok(lacking) = u32::try_from(bytes.saturating_sub(SMALL).saturating_sub(taken)) else {
            return false;
        };
        if lacking == 0 {
            return true;
        }
        let Ok(more) = Arc::clone(&self.room.0).try_acquire_many_owned(lacking) else { return false };
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        true
    }

    /// The message, which holds them from now on.
    pub(crate) fn with(self, bytes: Bytes) -> Bytes {
        match self.taken {
            Some(places) => Bytes::from_owner(Held { bytes, _places: places }),
            None => bytes,
        }
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests;
