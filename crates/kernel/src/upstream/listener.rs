//! Clients that listen to what a server says outside calls: what each wants to hear, and which resources it follows.
//!
//! Must never hear what belongs to another session's conversation.

use std::collections::BTreeSet;
use std::sync::Arc;

use ringfence_mcp::version::Era;
use ringfence_model::call::Notice;
use tokio::sync::mpsc;

use super::{Connection, PoolKey, Upstream};
use crate::call::Naming;
use crate::exchange::{ClientTerms, Interim};
use crate::session::Session;

/// Most resources of one server that one client follows, and most tasks.
const MOST_URIS: usize = 1_024;

/// A client that wants to hear what a server says outside calls.
#[derive(Debug)]
pub struct Listener {
    /// Its session.
    pub session: Arc<Session>,
    /// What it agreed on.
    pub client: Arc<ClientTerms>,
    /// What it wants to hear.
    pub wants: Vec<Notice>,
    /// The server's own URIs of the resources whose changes it wants to hear of.
    pub uris: BTreeSet<Arc<str>>,
    /// The server's own ids of the tasks whose changes it wants to hear of.
    pub tasks: BTreeSet<Arc<str>>,
    /// How names look to it.
    pub naming: Naming,
    /// Where it hears it.
    pub out: mpsc::Sender<Interim>,
}

impl Upstream {
    /// Adds a client that wants to hear what the server says outside calls. What the same channel was to hear before is
    /// over, but for the resources that it follows.
    pub fn listen(&self, mut listener: Listener) {
        let mut listeners = self.listeners.lock();
        listeners.retain(|known| !known.out.is_closed());
        if let Some(place) = listeners.iter().position(|known| known.out.same_channel(&listener.out)) {
            let before = listeners.swap_remove(place);
            listener.uris.extend(before.uris);
            listener.tasks.extend(before.tasks);
        }
        listeners.push(listener);
    }

    /// The client at `channel` hears of changes of `uri` from now on; false where it follows too many or does not listen.
    pub(crate) fn follow(&self, channel: &mpsc::Sender<Interim>, uri: &Arc<str>) -> bool {
        let mut listeners = self.listeners.lock();
        let Some(listener) = listeners.iter_mut().find(|known| known.out.same_channel(channel)) else {
            return false;
        };
        if listener.uris.len() >= MOST_URIS {
            return listener.uris.contains(uri);
        }
        listener.uris.insert(Arc::clone(uri));
        true
    }

    /// The client at `channel` hears of changes of the task of this id from now on; false where it follows too many or does
    /// not listen.
    pub(super) fn follow_task(&self, channel: &mpsc::Sender<Interim>, own: &str) -> bool {
        let mut listeners = self.listeners.lock();
        let Some(listener) = listeners.iter_mut().find(|known| known.out.same_channel(channel)) else {
            return false;
        };
        if listener.tasks.len() >= MOST_URIS {
            return listener.tasks.contains(own);
        }
        listener.tasks.insert(own.into());
        true
    }

    /// The client at `channel` hears of changes of this task no more.
    pub(super) fn unfollow_task(&self, channel: &mpsc::Sender<Interim>, own: &str) {
        let mut listeners = self.listeners.lock();
        if let Some(listener) = listeners.iter_mut().find(|known| known.out.same_channel(channel)) {
            listener.tasks.remove(own);
        }
    }

    /// The tasks that clients of the conversation `key` follow.
    pub(super) fn followed_tasks(&self, key: &PoolKey) -> BTreeSet<Arc<str>> {
        self.hearing(key, Notice::TaskChanged).into_iter().flat_map(|listener| listener.tasks).collect()
    }

    /// The client at `channel` hears of changes of `uri` no more.
    pub(crate) fn unfollow(&self, channel: &mpsc::Sender<Interim>, uri: &str) {
        let mut listeners = self.listeners.lock();
        if let Some(listener) = listeners.iter_mut().find(|known| known.out.same_channel(channel)) {
            listener.uris.remove(uri);
        }
    }

    /// True where a client of this conversation follows `uri`.
    pub(crate) fn is_followed(&self, connection: &Connection, uri: &str) -> bool {
        self.followed(connection.key()).contains(uri)
    }

    /// The URIs that clients of the conversation `key` follow.
    pub(super) fn followed(&self, key: &PoolKey) -> BTreeSet<Arc<str>> {
        self.hearing(key, Notice::ResourceUpdated).into_iter().flat_map(|listener| listener.uris).collect()
    }

    /// Those who want to hear `notice` of the conversation `key`.
    pub(super) fn hearing(&self, key: &PoolKey, notice: Notice) -> Vec<Listener> {
        let mut listeners = self.listeners.lock();
        listeners.retain(|known| !known.out.is_closed());
        let concerned = |listener: &&Listener| {
            listener.wants.contains(&notice)
                && match key {
                    PoolKey::Session(id, _, abilities) => {
                        // A modern client says with each request what it is able to do.
                        listener.session.id == *id
                            && (listener.client.abilities == *abilities
                                || listener.client.version.era() == Era::Modern)
                    }
                    PoolKey::Principal(principal, _) => listener.session.principal.to_string() == *principal,
                    PoolKey::Everyone(_) => true,
                }
        };
        listeners.iter().filter(concerned).map(Listener::again).collect()
    }
}

impl Listener {
    fn again(&self) -> Self {
        Self {
            session: Arc::clone(&self.session),
            client: Arc::clone(&self.client),
            wants: self.wants.clone(),
            uris: self.uris.clone(),
            tasks: self.tasks.clone(),
            naming: self.naming,
            out: self.out.clone(),
        }
    }
}
