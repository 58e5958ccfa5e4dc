//! Tasks as a client sees them: under our ids, whatever their server calls them.
//!
//! Must never show a server's own id of a task.

use ringfence_mcp::meta;
use ringfence_mcp::version::Era;
use ringfence_model::call::TaskRequest;
use ringfence_model::id::CallId;
use ringfence_model::json::{Json, JsonText, Splice};

use super::era;
use crate::call::{Naming, Permitted, Request};
use crate::kernel::Kernel;
use crate::tasks::Task;

/// The answer to a call that goes on as a task.
pub(in crate::call::release) fn begun(request: &Request, task: &Task, result: &JsonText) -> JsonText {
    let stripped = meta::strip_ours(result);
    let value = stripped.value();
    let said = match task.era {
        Era::Modern => Some(value),
        Era::Legacy => value.get("task"),
    };
    let shown = said.map_or_else(|| stripped.clone(), |said| task.shown_in(&stripped, said));
    in_era(request, &shown)
}

/// The answer to whoever asked after a task.
pub(super) fn result(
    kernel: &Kernel,
    permitted: &Permitted,
    wanted: TaskRequest,
    result: &JsonText,
) -> JsonText {
    let request = permitted.request();
    let stripped = meta::strip_ours(result);
    let Some(task) = &permitted.assessed.known.task else { return in_era(request, &list(kernel, &stripped)) };
    match wanted {
        TaskRequest::List => in_era(request, &list(kernel, &stripped)),
        TaskRequest::Result => in_era(request, &of_task(&shown(request, task, &stripped), task)),
        TaskRequest::Get | TaskRequest::Update | TaskRequest::Cancel => {
            let inner = stripped.value().get("result").map(|inner| {
                let plain = meta::strip_ours(&stripped.share(inner));
                (inner, shown(request, task, &plain))
            });
            let mut splice = Splice::new(&stripped);
            if let Some((inner, shown)) = &inner {
                splice.replace(*inner, shown);
            }
            let with_result = splice.finish();
            in_era(request, &task.shown_in(&with_result, with_result.value()))
        }
    }
}

/// The notification that a task has changed.
pub(super) fn status(kernel: &Kernel, request: &Request, params: &JsonText) -> JsonText {
    match request.call.parent.and_then(|call| kernel.tasks.of_call(call)) {
        Some(task) => task.shown_in(params, params.value()),
        None => JsonText::empty_object(),
    }
}

/// A message with the task that it belongs to under our id (2025-11-25 `RelatedTaskMetadata`).
pub(in crate::call::release) fn of_task(message: &JsonText, task: &Task) -> JsonText {
    let related = JsonText::object([("taskId", task.shown())]);
    let value = message.value();
    let mut splice = Splice::new(message);
    match value.get("_meta") {
        Some(meta) => splice.set(meta, meta::RELATED_TASK, &related),
        None => splice.set(value, "_meta", &JsonText::object([(meta::RELATED_TASK, related)])),
    }
    splice.finish()
}

/// A tool's result within it, with the URIs that this client can read.
fn shown(request: &Request, task: &Task, result: &JsonText) -> JsonText {
    match request.naming {
        Naming::Prefixed => super::with_shown_uris(task.server.name(), result),
        Naming::Plain => result.clone(),
    }
}

/// A list that names the calls of tasks, with our ids in their places.
fn list(kernel: &Kernel, result: &JsonText) -> JsonText {
    let mut splice = Splice::new(result);
    for said in result.value().get("tasks").into_iter().flat_map(Json::elements) {
        let Some(id) = said.get("taskId") else { continue };
        let call = id.as_str().and_then(|call| call.parse::<CallId>().ok());
        if let Some(task) = call.and_then(|call| kernel.tasks.of_call(call)) {
            splice.replace(id, &task.shown());
        }
    }
    splice.finish()
}

fn in_era(request: &Request, result: &JsonText) -> JsonText {
    let version = request.exchange.client.version;
    match version.era() {
        Era::Modern => era::modern(&request.call.action, result),
        Era::Legacy => era::legacy(&request.call.action, version, result),
    }
}
