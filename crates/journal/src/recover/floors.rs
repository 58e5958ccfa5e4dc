//! The floors of sessions, as the log tells them. Must never report one lower than it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use ringfence_model::id::{SessionId, Timestamp};
use ringfence_model::label::Label;
use ringfence_model::name::Realm;
use serde::Deserialize;

/// Most sessions that one opening follows.
const MAX_SESSIONS: usize = 65_536;

/// A session that had read something when its kernel ended: what its principal begins with, if that was not long ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftFloor {
    /// The tenant.
    pub realm: Realm,
    /// The principal's name.
    pub principal: Arc<str>,
    /// How far the floor had risen.
    pub floor: Label,
    /// When the session was last used.
    pub used: Timestamp,
}

/// The floors so far. Of too many sessions the oldest are forgotten: they are the ones that ended first.
pub(super) struct Floors(BTreeMap<SessionId, LeftFloor>);

/// Whose session an entry `session_opened` begins.
#[derive(Deserialize)]
struct Opened {
    principal: Owner,
}

#[derive(Deserialize)]
struct Owner {
    realm: Realm,
    name: Arc<str>,
}

impl Floors {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// A session begins.
    pub(super) fn open(
        &mut self,
        session: SessionId,
        floor: Label,
        at: Timestamp,
        payload: &[u8],
    ) -> Result<(), serde_json::Error> {
        let Owner { realm, name } = serde_json::from_slice::<Opened>(payload)?.principal;
        self.0.insert(session, LeftFloor { realm, principal: name, floor, used: at });
        if self.0.len() > MAX_SESSIONS {
            // Ids are time ordered.
            self.0.pop_first();
        }
        Ok(())
    }

    /// A session is used, and may have read more.
    pub(super) fn see(&mut self, session: SessionId, floor: Option<Label>, at: Timestamp) {
        if let Some(left) = self.0.get_mut(&session) {
            left.used = left.used.max(at);
            left.floor = floor.into_iter().fold(left.floor, Label::join);
        }
    }

    /// Those that have risen.
    pub(super) fn left(self) -> Vec<LeftFloor> {
        self.0.into_values().filter(|left| left.floor != Label::FRESH).collect()
    }
}
