//! Questions that a client of 2025-11-25 goes on with as tasks of its own.

use serde_json::{Map, Value, json};

use super::bridge::{Talker, able};
use super::fake::Stage;
use super::house::{Kernel, until};
use super::tasks::{LEGACY, MODERN, server};

const RELATED: &str = "io.modelcontextprotocol/related-task";

/// A kernel with two legacy servers and a modern one.
fn stage() -> Stage {
    Stage::ruled("", |home| {
        Map::from_iter([
            ("old".into(), server(home, "old", LEGACY)),
            ("other".into(), server(home, "other", LEGACY)),
            ("new".into(), server(home, "new", MODERN)),
        ])
    })
}

fn goes_on() -> Value {
    let mut able = able();
    able["tasks"] = json!({
        "list": {}, "cancel": {},
        "requests": { "sampling": { "createMessage": {} }, "elicitation": { "create": {} } },
    });
    able
}

fn client(kernel: &Kernel, version: &'static str, capabilities: Value) -> Talker {
    Talker::with(kernel, version, &json!("stdio"), capabilities)
}

/// What the server `old` noted of this kind.
fn events(stage: &Stage, kind: &str) -> Vec<Value> {
    stage.journal("old").into_iter().filter(|event| event["event"] == kind).collect()
}

fn form() -> Value {
    json!({ "message": "Which word?", "requestedSchema": { "type": "object", "properties": {
        "word": { "type": "string" } } } })
}

/// What the server heard when it asked and went after it.
fn delegated(client: &mut Talker, server: &str, arguments: Value) -> Vec<Value> {
    let heard = client.call(&format!("{server}__delegate"), arguments);
    serde_json::from_str(&heard).unwrap()
}

#[test]
fn a_server_goes_after_a_question_that_the_client_goes_on_with() {
    let stage = stage();
    let mut client = client(&stage.kernel, LEGACY, goes_on());
    let after = ["tasks/get", "tasks/list", "tasks/result", "tasks/cancel"];
    for (ask, params) in [
        ("elicitation/create", form()),
        ("sampling/createMessage", json!({ "messages": [], "maxTokens": 9, "includeContext": "allServers" })),
    ] {
        let heard = delegated(&mut client, "old", json!({ "ask": ask, "params": params, "after": after }));
        let [begun, get, list, result, cancel] = heard.try_into().unwrap();
        let id = begun["result"]["task"]["taskId"].as_str().unwrap_or_else(|| panic!("{begun}"));
        assert_ne!(id, "mine-1", "the client's own id");
        assert_eq!(
            (&get["result"]["taskId"], &get["result"]["status"]),
            (&json!(id), &json!("completed")),
            "{get}"
        );
        let listed = list["result"]["tasks"].as_array().unwrap_or_else(|| panic!("{list}"));
        // Those that others began are nobody else's business; each asked under the one id that this client gives.
        assert!(!listed.is_empty() && listed.iter().all(|task| task["taskId"] != "mine-0"), "{list}");
        assert_eq!(list["result"]["nextCursor"], "more", "{list}");
        assert_eq!(result["result"]["_meta"][RELATED], json!({ "taskId": id }), "{result}");
        let word = result["result"]["content"]["word"].as_str().unwrap_or_default();
        assert!(word.starts_with("[redacted:"), "no server may ask for credentials: {result}");
        assert_eq!(
            (&cancel["result"]["taskId"], &cancel["result"]["status"]),
            (&json!(id), &json!("cancelled"))
        );
        let asked = client.asked();
        assert_eq!(asked[0].1["task"], json!({ "ttl": 60_000 }), "{asked:?}");
        assert_eq!(asked[0].1.get("includeContext"), None, "{asked:?}");
        let methods: Vec<&str> = asked.iter().map(|(method, _)| method.as_str()).collect();
        assert_eq!(methods, [&[ask][..], &after].concat());
        assert!(
            asked[1..].iter().all(|(method, params)| {
                *params == if method == "tasks/list" { json!({}) } else { json!({ "taskId": "mine-1" }) }
            }),
            "{asked:?}"
        );
        // Neither another server nor a guess comes by it.
        for (server, named) in [("other", id), ("old", "mine-1"), ("old", "job-1")] {
            let heard = delegated(
                &mut client,
                server,
                json!({ "ask": "roots/list", "after": ["tasks/get", "tasks/result", "tasks/cancel"], "id": named }),
            );
            let codes: Vec<&Value> = heard[1..].iter().map(|answer| &answer["error"]["code"]).collect();
            assert_eq!(codes, [-32602, -32602, -32602], "{server} {named}: {heard:?}");
        }
        assert_eq!(client.asked().len(), 3, "only for the roots");
    }
    drop(client);
    stage.kernel.finish();
}

#[test]
fn a_server_goes_after_it_when_its_own_call_is_over() {
    let stage = stage();
    let mut client = client(&stage.kernel, LEGACY, goes_on());
    let arguments =
        json!({ "ask": "elicitation/create", "params": form(), "after": ["tasks/result"], "later": true });
    assert_eq!(client.call("old__delegate", arguments), "later");
    let mut heard = Value::Null;
    until("the server has its answer", || {
        client.ask("ping", json!({}));
        let noted = events(&stage, "delegated");
        heard = noted.first().map_or(Value::Null, |event| event["heard"].clone());
        !noted.is_empty()
    });
    assert_eq!(heard[1]["result"]["action"], "accept", "{heard}");
    drop(client);
    stage.kernel.finish();
}

#[test]
fn who_does_not_go_on_with_questions_answers_them() {
    let stage = stage();
    let mut without_list = goes_on();
    without_list["tasks"] = json!({ "requests": { "sampling": { "createMessage": {} } } });
    for (version, capabilities) in
        [(LEGACY, able()), ("2025-06-18", goes_on()), (MODERN, goes_on()), (LEGACY, without_list)]
    {
        let mut client = client(&stage.kernel, version, capabilities.clone());
        let after = ["tasks/list", "tasks/get"];
        let arguments = json!({ "ask": "elicitation/create", "params": form(), "after": after, "id": "x" });
        let heard = delegated(&mut client, "old", arguments);
        assert_eq!(heard[0]["result"]["content"]["word"], "ü", "{version} {capabilities}: {heard:?}");
        for answer in &heard[1..] {
            assert!(answer["error"]["code"].is_i64(), "{version} {capabilities}: {heard:?}");
        }
        let asked = client.asked();
        assert_eq!(asked.len(), 1, "{version} {capabilities}: {asked:?}");
        assert_eq!(asked[0].1.get("task"), None, "{version} {capabilities}: {asked:?}");
        drop(client);
    }
    let told = events(&stage, "initialize");
    let tasks: Vec<&Value> = told.iter().map(|said| &said["capabilities"]["tasks"]).collect();
    let sampling = json!({ "requests": { "sampling": { "createMessage": {} } } });
    assert_eq!(tasks.iter().filter(|tasks| ***tasks == sampling).count(), 1, "{tasks:?}");
    assert!(tasks.iter().all(|tasks| tasks.is_null() || **tasks == sampling), "{tasks:?}");
    stage.kernel.finish();
}
