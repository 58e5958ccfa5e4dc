//! What is tried with each server: a feature is a few operations of a client, one after the other.

use serde_json::{Value, json};

use super::client::VISIT;
use super::server::{Column, Kind, Servers};

/// All features, in the order of the table.
pub(super) const NAMES: [&str; 13] = [
    "tools",
    "resources",
    "prompts",
    "completion",
    "pagination",
    "progress",
    "cancellation",
    "list_changed",
    "subscription",
    "elicitation",
    "sampling",
    "roots",
    "logging",
];

/// A feature of one server.
pub(super) struct Feature {
    pub(super) name: &'static str,
    pub(super) operations: Vec<Value>,
}

fn feature(name: &'static str, operations: &[Value]) -> Feature {
    Feature { name, operations: operations.to_vec() }
}

fn call(name: &str, arguments: &Value) -> Value {
    json!({ "op": "call", "name": name, "arguments": arguments })
}

/// A call whose result holds a number that is another one each time; that it is answered is looked at.
fn call_for_its_effect(name: &str) -> Value {
    json!({ "op": "call", "name": name, "arguments": {}, "compare": "kind" })
}

/// What was heard of this method first.
fn heard(method: &str) -> Value {
    json!({ "op": "heard", "until": method })
}

/// That something of this method was heard, whatever it was.
fn heard_of(method: &str) -> Value {
    json!({ "op": "heard", "until": method, "compare": "kind" })
}

/// A call in the background that is given up once it is under way.
fn cancelled(name: &str, arguments: &Value) -> Vec<Value> {
    vec![
        json!({ "op": "begin", "task": 1, "name": name, "arguments": arguments, "progress": true }),
        json!({ "op": "progressed", "task": 1 }),
        json!({ "op": "cancel", "task": 1 }),
        json!({ "op": "end", "task": 1, "compare": "kind" }),
    ]
}

pub(super) fn of(column: &Column, servers: &Servers) -> Vec<Feature> {
    match column.kind {
        Kind::Everything => everything(),
        Kind::Git => git(&servers.repository.to_string_lossy()),
        Kind::Fixture => fixture(),
    }
}

fn everything() -> Vec<Feature> {
    let document = "demo://resource/static/document/architecture.md";
    let complete = json!({ "op": "complete", "argument": { "name": "department", "value": "E" },
        "ref": { "type": "ref/prompt", "name": "completable-prompt" } });
    let note = json!({ "name": "note.gz", "data": "data:text/plain,hello", "outputType": "resourceLink" });
    let long = json!({ "duration": 600, "steps": 6000 });
    let short = json!({ "duration": 0.3, "steps": 3 });
    vec![
        feature(
            "tools",
            &[
                // It asks for the roots a moment after the greeting: here, so that no later call is interrupted.
                call("trigger-long-running-operation", &json!({ "duration": 1, "steps": 1 })),
                json!({ "op": "tools" }),
                call("echo", &json!({ "message": "ü \u{1f512} \\ \"q\"" })),
                call("get-structured-content", &json!({ "location": "Chicago" })),
                call("get-tiny-image", &json!({})),
                call("get-resource-links", &json!({ "count": 3 })),
                call("get-sum", &json!({ "a": "one", "b": 2 })),
            ],
        ),
        feature(
            "resources",
            &[
                json!({ "op": "resources" }),
                json!({ "op": "templates" }),
                json!({ "op": "read", "uri": document }),
            ],
        ),
        feature(
            "prompts",
            &[
                json!({ "op": "prompts" }),
                json!({ "op": "prompt", "name": "args-prompt",
                    "arguments": { "city": "Köln", "state": "NRW" } }),
            ],
        ),
        feature("completion", &[complete]),
        feature(
            "progress",
            &[json!({ "op": "call", "name": "trigger-long-running-operation", "arguments": short,
                "progress": true, "compare": "progress" })],
        ),
        feature(
            "cancellation",
            &[
                cancelled("trigger-long-running-operation", &long),
                vec![call("echo", &json!({ "message": "after" }))],
            ]
            .concat(),
        ),
        feature(
            "list_changed",
            &[
                json!({ "op": "follow", "lists": ["resources"] }),
                json!({ "op": "call", "name": "gzip-file-as-resource", "arguments": note }),
                heard("notifications/resources/list_changed"),
            ],
        ),
        feature(
            "subscription",
            &[
                json!({ "op": "follow", "resources": [document] }),
                call_for_its_effect("toggle-subscriber-updates"),
                heard("notifications/resources/updated"),
                call_for_its_effect("toggle-subscriber-updates"),
            ],
        ),
        feature(
            "elicitation",
            &[call("trigger-elicitation-request", &json!({})), heard("elicitation/create")],
        ),
        feature(
            "sampling",
            &[
                call("trigger-sampling-request", &json!({ "prompt": "hello", "maxTokens": 10 })),
                heard("sampling/createMessage"),
            ],
        ),
        feature("roots", &[call("get-roots-list", &json!({})), heard_of("roots/list")]),
        feature(
            "logging",
            &[
                json!({ "op": "call", "name": "toggle-simulated-logging", "arguments": {}, "level": "debug",
                    "compare": "kind" }),
                // One message comes every five seconds; a modern client hears those of its calls.
                json!({ "op": "call", "name": "trigger-long-running-operation", "level": "debug",
                    "arguments": { "duration": 6, "steps": 1 } }),
                heard_of("notifications/message"),
                call_for_its_effect("toggle-simulated-logging"),
            ],
        ),
    ]
}

fn git(repository: &str) -> Vec<Feature> {
    vec![feature(
        "tools",
        &[
            json!({ "op": "tools" }),
            call("git_status", &json!({ "repo_path": repository })),
            call("git_log", &json!({ "repo_path": repository, "max_count": 1 })),
            call("git_show", &json!({ "repo_path": repository, "revision": "HEAD" })),
            call("git_status", &json!({ "repo_path": "/nowhere" })),
            call("git_status", &json!({})),
        ],
    )]
}

fn fixture() -> Vec<Feature> {
    let watched = "test://watched-resource";
    let reference = |kind: &str, key: &str, of: &str| json!({ "op": "complete", "ref": { "type": kind, key: of }, "argument": { "name": "arg1", "value": "te" } });
    let label = json!({ "label": VISIT });
    vec![
        feature(
            "tools",
            &[
                json!({ "op": "tools" }),
                call("greet", &json!({ "name": "Köln" })),
                call("test_multiple_content_types", &json!({})),
                call("test_error_handling", &json!({})),
                call("no_such_tool", &json!({})),
            ],
        ),
        feature(
            "resources",
            &[
                json!({ "op": "read", "uri": "test://static-text" }),
                json!({ "op": "read", "uri": "test://static-binary" }),
                json!({ "op": "read", "uri": "test://template/7/data" }),
                json!({ "op": "read", "uri": "test://nowhere" }),
            ],
        ),
        feature(
            "prompts",
            &[
                json!({ "op": "prompt", "name": "test_simple_prompt" }),
                json!({ "op": "prompt", "name": "test_prompt_with_arguments",
                    "arguments": { "arg1": "one", "arg2": "two" } }),
                json!({ "op": "prompt", "name": "test_prompt_with_image" }),
                json!({ "op": "prompt", "name": "no_such_prompt" }),
            ],
        ),
        feature(
            "completion",
            &[
                reference("ref/prompt", "name", "test_prompt_with_arguments"),
                reference("ref/resource", "uri", "test://template/{id}/data"),
            ],
        ),
        feature(
            "pagination",
            &[json!({ "op": "resources" }), json!({ "op": "templates" }), json!({ "op": "prompts" })],
        ),
        feature(
            "progress",
            &[
                json!({ "op": "call", "name": "test_tool_with_progress", "progress": true, "compare": "progress" }),
            ],
        ),
        feature("cancellation", &[cancelled("wait", &label), vec![call("was_cancelled", &label)]].concat()),
        feature(
            "list_changed",
            &[
                json!({ "op": "follow", "lists": ["tools"] }),
                call("test_trigger_tool_change", &json!({})),
                heard("notifications/tools/list_changed"),
            ],
        ),
        feature(
            "subscription",
            &[
                json!({ "op": "follow", "resources": [watched] }),
                call("touch", &json!({})),
                heard("notifications/resources/updated"),
            ],
        ),
        feature("elicitation", &[call("ask_user", &json!({})), heard("elicitation/create")]),
        feature("sampling", &[call("ask_model", &json!({})), heard("sampling/createMessage")]),
        feature("roots", &[call("ask_roots", &json!({})), heard("roots/list")]),
        feature(
            "logging",
            &[
                json!({ "op": "call", "name": "test_logging_tool", "level": "info" }),
                heard("notifications/message"),
            ],
        ),
    ]
}
