//! What a server says of tasks, and word of it that a task of its has changed.
//!
//! Must never tell of a task to another session than the one it belongs to.

use std::sync::Arc;

use ringfence_mcp::meta;
use ringfence_mcp::version::{Era, ProtocolVersion};
use ringfence_model::call::Notice;
use ringfence_model::json::{Json, JsonText};

use super::{Connection, Upstream};
use crate::exchange::Ability;
use crate::interim;
use crate::kernel::Kernel;

impl Connection {
    /// True where the server has tasks in the form of its era.
    #[must_use]
    pub fn has_tasks(&self) -> bool {
        has_tasks(self.era(), self.peer().capabilities())
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
