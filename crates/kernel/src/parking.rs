//! Calls to legacy servers that wait for a modern client to come back with an answer (docs/adr/0008).
//!
//! Each is kept under the id of the client's call that was told so, for one retry of the same session, and cancelled at
//! the server when it is dropped. Bounded by session, in all, and in time; must never be handed out twice.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_mcp::client::{FromServer, PeerError, Reply};
use ringfence_mcp::message::Answer;
use ringfence_model::call::Call;
use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::json::JsonText;
use tokio::sync::mpsc;

use crate::limits::{Who, has_room, who};
use crate::upstream::Connection;

/// Most calls of one session that wait.
const MOST_OF_SESSION: usize = 32;

/// Calls that wait in all before each principal is held to an even share.
const MOST: usize = 1_024;

/// A request to a server on its way to the answer; dropping it cancels it there.
pub(crate) type UnderWay = Pin<Box<dyn Future<Output = Result<Answer, PeerError>> + Send>>;

/// A call that waits.
pub(crate) struct Parked {
    /// The conversation it runs in.
    pub(crate) connection: Arc<Connection>,
    /// The request.
    pub(crate) answer: UnderWay,
    /// What the server sends meanwhile.
    pub(crate) events: mpsc::Receiver<FromServer>,
    /// Where the answer to its question goes.
    pub(crate) reply: Reply,
    /// The question as the client was given it: the member of `inputRequests`.
    pub(crate) asked: JsonText,
}

/// All calls that wait.
pub(crate) struct Parking {
    keeps: Duration,
    lots: Mutex<HashMap<CallId, Lot>>,
}

struct Lot {
    owner: Who,
    session: SessionId,
    until: Timestamp,
    parked: Parked,
}

/// There is no room for another call that waits; this one goes on.
pub(crate) struct Full(pub(crate) Box<Parked>);

impl Parking {
    /// None yet. Each may wait for `keeps`.
    pub(crate) fn new(keeps: Duration) -> Self {
        Self { keeps, lots: Mutex::new(HashMap::new()) }
    }

    /// Keeps a call for a retry of `call`.
    pub(crate) fn park(&self, call: &Call, now: Timestamp, parked: Parked) -> Result<(), Full> {
        let (id, session, owner) = (call.id, call.session, who(&call.principal));
        let mut lots = self.lots.lock();
        let of_session = lots.values().filter(|lot| lot.session == session).count();
        if of_session >= MOST_OF_SESSION || !has_room(MOST, &&owner, lots.values().map(|lot| &lot.owner)) {
            return Err(Full(Box::new(parked)));
        }
        let keeps = u64::try_from(self.keeps.as_nanos()).unwrap_or(u64::MAX);
        lots.insert(id, Lot { owner, session, until: Timestamp(now.0.saturating_add(keeps)), parked });
        Ok(())
    }

    /// Takes the call that waits for a retry of `id`, once, and for its own session only.
    pub(crate) fn take(&self, id: CallId, session: SessionId, now: Timestamp) -> Option<Parked> {
        let mut lots = self.lots.lock();
        if lots.get(&id).is_none_or(|lot| lot.session != session || lot.until <= now) {
            return None;
        }
        lots.remove(&id).map(|lot| lot.parked)
    }

    /// Gives up the call that waits for a retry of `id`.
    pub(crate) fn cancel(&self, id: CallId) {
        let given_up = self.lots.lock().remove(&id);
        drop(given_up);
    }

    /// Gives up those that have waited too long, or whose session is not `alive`.
    pub(crate) fn sweep(&self, now: Timestamp, alive: impl Fn(SessionId) -> bool) {
        let over: Vec<Lot> = {
            let mut lots = self.lots.lock();
            let ids: Vec<CallId> = lots
                .iter()
                .filter(|(_, lot)| lot.until <= now || !alive(lot.session) || lot.parked.connection.is_dead())
                .map(|(id, _)| *id)
                .collect();
            ids.iter().filter_map(|id| lots.remove(id)).collect()
        };
        // Outside the lock: each tells its server.
        drop(over);
    }

    /// Gives up all.
    pub(crate) fn clear(&self) {
        let over = std::mem::take(&mut *self.lots.lock());
        drop(over);
    }
}

impl fmt::Debug for Parking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parking({})", self.lots.lock().len())
    }
}

impl fmt::Debug for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked").field("connection", &self.connection).finish_non_exhaustive()
    }
}
