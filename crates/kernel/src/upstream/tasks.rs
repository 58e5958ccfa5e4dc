//! What a server says of tasks, and word of it that a task of its has changed.
//!
//! Must never tell of a task to another session than the one it belongs to.

use std::collections::BTreeSet;
use std::sync::Arc;

use ringfence_mcp::meta;
use ringfence_mcp::version::{Era, ProtocolVersion};
use ringfence_model::call::Notice;
use ringfence_model::json::{Json, JsonText};
use tokio::sync::mpsc;

use super::{Connection, Upstream};
use crate::exchange::{Ability, Interim};
use crate::interim;
use crate::kernel::Kernel;
use crate::session::Session;
use crate::tasks::Task;

impl Kernel {
    /// The client at `channel`, which listens, hears from now on when one of these tasks of its session changes. Those of
    /// which its server has agreed to tell.
    pub async fn follow_tasks(
        &self,
        session: &Session,
        ids: &[&str],
        channel: &mpsc::Sender<Interim>,
    ) -> Vec<String> {
        let mut followed = Vec::with_capacity(ids.len());
        let mut servers: Vec<Arc<Upstream>> = Vec::new();
        for id in ids {
            let Ok(task) = self.task(session, id) else { continue };
            if task.era == Era::Legacy || !task.server.follow_task(channel, &task.own) {
                continue;
            }
            if !servers.iter().any(|server| Arc::ptr_eq(server, &task.server)) {
                servers.push(Arc::clone(&task.server));
            }
            followed.push((*id, task));
        }
        let runs = |connection: &Connection, task: &Task| {
            Arc::ptr_eq(connection.server(), &task.server)
                && connection.followed_tasks().contains(task.own.as_str())
        };
        let mut agreed: Vec<Arc<Connection>> = Vec::new();
        for connection in servers.iter().flat_map(|server| server.live()) {
            if followed.iter().any(|(_, task)| runs(&connection, task))
                && connection.followed().changed().await
            {
                agreed.push(connection);
            }
        }
        followed.retain(|(_, task)| {
            let mut own = agreed.iter().filter(|connection| runs(connection, task));
            let told = own.any(|connection| connection.followed().has_task(&task.own));
            if !told {
                task.server.unfollow_task(channel, &task.own);
            }
            told
        });
        followed.into_iter().map(|(id, _)| id.to_owned()).collect()
    }
}

impl Connection {
    /// True where the server has tasks in the form of its era.
    #[must_use]
    pub fn has_tasks(&self) -> bool {
        has_tasks(self.era(), self.peer().capabilities())
    }

    /// The server's own ids of the tasks that clients of this conversation follow.
    pub(super) fn followed_tasks(&self) -> BTreeSet<Arc<str>> {
        self.server().followed_tasks(self.key())
    }

    /// True where the server takes calls of tools that ask to become tasks (2025-11-25).
    #[must_use]
    pub fn augments_calls(&self) -> bool {
        self.peer().version() == ProtocolVersion::V2025_11_25
            && self.peer().capabilities().value().pointer("/tasks/requests/tools/call").is_some()
    }

    /// True for a tool that can only be called as a task (2025-11-25).
    #[must_use]
    pub fn requires_task(&self, tool: &str) -> bool {
        self.known(tool).is_some_and(|entry| {
            let support = entry.definition.value().pointer("/execution/taskSupport");
            support.and_then(Json::as_str).as_deref() == Some("required")
        })
    }
}

/// `notifications/tasks` (the extension): word to whoever follows that task that it has changed, and no more. What it has
/// come to the client's side asks for, and that is judged as any request about a task.
pub(super) async fn tell_of_change(kernel: &Arc<Kernel>, connection: &Connection, params: Option<JsonText>) {
    let Some(params) = params else { return };
    let server = connection.server();
    let named = params.value().get("taskId").and_then(|id| Some((id, id.as_str()?)));
    let Some((id, own)) = named else { return };
    for task in kernel.tasks.named(server, connection.key(), &own) {
        for listener in server.hearing(connection.key(), Notice::TaskChanged) {
            if listener.session.id == task.session && listener.tasks.contains(&*own) {
                let word = JsonText::object([("taskId", params.share(id))]);
                let parent = Some(task.call);
                interim::announce(kernel, &listener, server.name(), Notice::TaskChanged, Some(word), parent)
                    .await;
            }
        }
    }
}

/// True for capabilities with tasks in the form of this era.
pub(super) fn has_tasks(era: Era, capabilities: &JsonText) -> bool {
    match era {
        Era::Legacy => capabilities.value().get("tasks").is_some(),
        Era::Modern => {
            let extensions = capabilities.value().get("extensions");
            extensions.and_then(|extensions| extensions.get(meta::TASKS_EXTENSION)).is_some()
        }
    }
}

/// `notifications/tasks/status` (2025-11-25): to the session of that task, wherever in the conversation it came.
pub(crate) async fn tell_of_task(kernel: &Arc<Kernel>, connection: &Connection, params: Option<JsonText>) {
    let Some(params) = params else { return };
    let server: &Arc<Upstream> = connection.server();
    let Some(own) = params.value().get("taskId").and_then(Json::as_str) else { return };
    for task in kernel.tasks.named(server, connection.key(), &own) {
        task.update(params.value());
        for listener in server.hearing(connection.key(), Notice::TaskStatus) {
            if listener.session.id == task.session && listener.client.abilities.has(Ability::Tasks) {
                let params = Some(params.clone());
                interim::announce(
                    kernel,
                    &listener,
                    server.name(),
                    Notice::TaskStatus,
                    params,
                    Some(task.call),
                )
                .await;
            }
        }
    }
}
