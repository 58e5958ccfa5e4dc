//! What stands behind an endpoint, and how names on it map to servers: `server__tool`, `mcp+server+uri`.
//!
//! Must never guess: a name either maps to one server or to nothing.

use std::sync::Arc;

use ringfence_model::id::CallId;
use ringfence_model::json::JsonText;
use ringfence_model::name::ServerName;

use crate::call::{Naming, Target};
use crate::kernel::Kernel;
use crate::session::Session;
use crate::upstream::Upstream;

/// What a client's connection reaches.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// All configured servers and our own tools, under prefixed names.
    Every,
    /// One server, under its own names.
    One(Arc<Upstream>),
}

/// Between server and tool in a prefixed name.
const SEPARATOR: &str = "__";

/// In front of the server in a prefixed URI: a scheme must begin with a letter, a server name need not.
const SCHEME: &str = "mcp+";

/// The name of `name` of `server` on a shared endpoint.
#[must_use]
pub fn shown_name(server: &ServerName, name: &str) -> String {
    format!("{server}{SEPARATOR}{name}")
}

/// Characters of [`shown_name`].
#[must_use]
pub(crate) fn shown_length(server: &ServerName, name: &str) -> usize {
    server.as_str().len() + SEPARATOR.len() + name.chars().count()
}

/// The URI of `uri` of `server` on a shared endpoint. Works for templates, too: it only puts something in front.
#[must_use]
pub fn shown_uri(server: &ServerName, uri: &str) -> String {
    format!("{SCHEME}{server}+{uri}")
}

/// What every list of a shared endpoint says to modern clients: complete, for this principal only, not to be cached.
pub(crate) fn modern_list_members() -> [(&'static str, JsonText); 3] {
    [
        ("resultType", JsonText::string("complete")),
        ("ttlMs", JsonText::from(0)),
        ("cacheScope", JsonText::string("private")),
    ]
}

/// Our own server name.
#[must_use]
pub fn own_name() -> ServerName {
    #[expect(clippy::expect_used, reason = "a literal of the grammar; tested")]
    "ringfence".parse().expect("a server name")
}

/// A name on an endpoint, resolved.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Where a call to it goes.
    pub target: Target,
    /// Whose it is.
    pub server: ServerName,
    /// The server's own name for it.
    pub name: Arc<str>,
}

impl Endpoint {
    /// How names look on it.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        match self {
            Self::Every => Naming::Prefixed,
            Self::One(_) => Naming::Plain,
        }
    }

    /// The servers behind it.
    #[must_use]
    pub fn servers(&self, kernel: &Kernel) -> Vec<Arc<Upstream>> {
        match self {
            Self::Every => kernel.upstreams.configured(),
            Self::One(upstream) => vec![Arc::clone(upstream)],
        }
    }

    /// Where a request about all of it goes.
    #[must_use]
    pub fn whole(&self, kernel: &Kernel) -> (Target, Option<ServerName>) {
        match self {
            Self::Every => (Target::Every(self.servers(kernel)), None),
            Self::One(upstream) => (Target::Upstream(Arc::clone(upstream)), Some(upstream.name().clone())),
        }
    }

    /// The tool of this name.
    #[must_use]
    pub fn tool(&self, kernel: &Kernel, name: &str) -> Resolved {
        match self {
            Self::One(upstream) => Resolved::of(upstream, name),
            Self::Every => match kernel.builtins.get(name) {
                Some(tool) => Resolved {
                    target: Target::Builtin(Arc::clone(tool)),
                    server: own_name(),
                    name: name.into(),
                },
                None => kernel.prefixed(name.split_once(SEPARATOR), name),
            },
        }
    }

    /// The prompt of this name.
    #[must_use]
    pub fn prompt(&self, kernel: &Kernel, name: &str) -> Resolved {
        match self {
            Self::One(upstream) => Resolved::of(upstream, name),
            Self::Every => kernel.prefixed(name.split_once(SEPARATOR), name),
        }
    }

    /// The resource, or resource template, of this URI.
    #[must_use]
    pub fn resource(&self, kernel: &Kernel, uri: &str) -> Resolved {
        match self {
            Self::One(upstream) => Resolved::of(upstream, uri),
            Self::Every => {
                kernel.prefixed(uri.strip_prefix(SCHEME).and_then(|rest| rest.split_once('+')), uri)
            }
        }
    }
}

impl Endpoint {
    /// Where what a client of `session` wants of a task goes, whose it is, and which call began it.
    #[must_use]
    pub fn task(
        &self,
        kernel: &Kernel,
        session: &Session,
        id: &str,
    ) -> (Target, Option<ServerName>, Option<CallId>) {
        match kernel.task(session, id) {
            Ok(task) if self.servers(kernel).iter().any(|server| Arc::ptr_eq(server, &task.server)) => {
                let server = Some(task.server.name().clone());
                (Target::Upstream(Arc::clone(&task.server)), server, Some(task.call))
            }
            Ok(_) | Err(_) => (Target::Nothing, None, None),
        }
    }
}

impl Resolved {
    fn of(upstream: &Arc<Upstream>, name: &str) -> Self {
        Self {
            target: Target::Upstream(Arc::clone(upstream)),
            server: upstream.name().clone(),
            name: name.into(),
        }
    }
}

impl Kernel {
    fn prefixed(&self, parts: Option<(&str, &str)>, whole: &str) -> Resolved {
        let found =
            parts.and_then(|(server, name)| Some((self.upstreams.named(&server.parse().ok()?)?, name)));
        match found {
            Some((upstream, name)) => Resolved::of(&upstream, name),
            None => Resolved { target: Target::Nothing, server: own_name(), name: whole.into() },
        }
    }
}

#[cfg(test)]
mod tests;
