//! server-everything behind npm's sdk 1.x: every feature of the legacy era comes to the same as without the kernel.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::Home;
use super::installed::Server;

fn both(home: &Home) -> [Value; 2] {
    let plain = direct(Server::Everything, &[]);
    [plain.clone(), wrapped(home, "everything", &plain)]
}

fn call(name: &str, arguments: Value) -> Value {
    json!({ "op": "call", "name": name, "arguments": arguments })
}

#[test]
fn tools_answer_the_same() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home));
    assert_eq!(client.ready[1], client.ready[0], "version and server info");
    client.same(json!({ "op": "tools" }));
    let echo = client.same(call("echo", json!({ "message": "ü \u{1f512} \\ \"q\"" })));
    assert_eq!(echo["content"][0]["text"], "Echo: ü \u{1f512} \\ \"q\"");
    let sum = client.same(call("get-sum", json!({ "a": 9_007_199_254_740_993_i64, "b": 0.1 })));
    assert_eq!(sum["isError"], Value::Null, "{sum}");
    client.same(call("get-structured-content", json!({ "location": "Chicago" })));
    client.same(call("get-tiny-image", json!({})));
    client.same(call("get-annotated-message", json!({ "messageType": "error", "includeImage": true })));
    client.same(call("get-resource-links", json!({ "count": 3 })));
    let wrong = client.same(call("get-sum", json!({ "a": "one", "b": 2 })));
    assert_eq!(wrong["isError"], true, "the server's own validation: {wrong}");
}

#[test]
fn an_unknown_tool_is_an_error_of_the_protocol_and_recorded() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home)[1..]);
    let unknown = client.try_ask(&call("no-such-tool", json!({}))).unwrap_err();
    assert_eq!(unknown["code"], -32602, "{unknown}");
    assert_eq!(home.judged("no-such-tool"), [json!(["deny", null, 1001])]);
}

#[test]
fn resources_prompts_and_completion_answer_the_same() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home));
    let resources = client.same(json!({ "op": "resources" }));
    let uri = resources[0]["resources"][0]["uri"].clone();
    client.same(json!({ "op": "read", "uri": uri }));
    let missing = client.same(json!({ "op": "read", "uri": "demo://resource/no/such" }));
    assert!(missing["code"].as_i64().unwrap() < 0, "the server's own error: {missing}");
    let templates = client.same(json!({ "op": "templates" }));
    let template = templates[0]["resourceTemplates"][0]["uriTemplate"].clone();
    let prompts = client.same(json!({ "op": "prompts" }));
    assert!(prompts[0]["prompts"].as_array().unwrap().len() >= 3, "{prompts}");
    client.same(json!({ "op": "prompt", "name": "simple-prompt" }));
    client.same(
        json!({ "op": "prompt", "name": "args-prompt", "arguments": { "city": "Köln", "state": "NRW" } }),
    );
    client.same(json!({ "op": "prompt", "name": "no-such-prompt" }));
    let completed = client.same(json!({
        "op": "complete",
        "ref": { "type": "ref/prompt", "name": "completable-prompt" },
        "argument": { "name": "department", "value": "E" },
    }));
    assert_eq!(completed["completion"]["values"], json!(["Engineering"]), "{completed}");
    client.same(json!({
        "op": "complete",
        "ref": { "type": "ref/prompt", "name": "completable-prompt" },
        "argument": { "name": "name", "value": "" },
        "context": { "department": "Engineering" },
    }));
    client.same(json!({
        "op": "complete",
        "ref": { "type": "ref/resource", "uri": template },
        "argument": { "name": "resourceId", "value": "1" },
    }));
    client.same(json!({ "op": "ping" }));
}

#[test]
fn progress_reaches_a_client_that_wants_it() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home)[1..]);
    let steps = json!({ "duration": 0.3, "steps": 3 });
    let done = client.ask(&json!({
        "op": "call", "name": "trigger-long-running-operation", "arguments": steps, "progress": true,
    }));
    // The last one may share a read with the answer, and then this client drops it.
    assert_eq!(done["progress"].as_array().unwrap()[..2], [json!([1, 3]), json!([2, 3])]);
}

#[test]
fn progress_comes_before_the_answer_under_the_clients_own_token() {
    let home = Home::new();
    let through = both(&home)[1].clone();
    let arguments: Vec<&str> =
        through["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let mut command = home.command(through["command"].as_str().unwrap(), &arguments);
    let mut shim = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = shim.stdin.take().unwrap();
    let call = |id: &str, token: &str| {
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
            "name": "trigger-long-running-operation", "arguments": { "duration": 0.2, "steps": 2 },
            "_meta": { "progressToken": token },
        } })
    };
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "raw", "version": "1" },
    } });
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    for message in [initialize, initialized, call("a", "token of a"), call("b", "token of b")] {
        writeln!(stdin, "{message}").unwrap();
    }
    let mut told = Vec::new();
    for line in BufReader::new(shim.stdout.take().unwrap()).lines() {
        let message: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if message["method"] == "notifications/progress" {
            told.push(json!([message["params"]["progressToken"], message["params"]["progress"]]));
        } else if message["id"].is_string() {
            told.push(message["id"].clone());
        }
        if told.iter().filter(|item| item.is_string()).count() == 2 {
            break;
        }
    }
    drop(stdin);
    shim.wait().unwrap();
    for id in ["a", "b"] {
        let token = json!(format!("token of {id}"));
        let of_call: Vec<Value> =
            told.iter().filter(|item| **item == id || item[0] == token).cloned().collect();
        assert_eq!(of_call, [json!([token, 1]), json!([token, 2]), json!(id)], "{told:?}");
    }
}

#[test]
fn a_cancelled_call_ends_at_once_and_is_recorded_as_cancelled() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home)[1..]);
    client.begin_long();
    client.ask(&json!({ "op": "cancel", "task": 1 }));
    client.try_ask(&json!({ "op": "end", "task": 1 })).unwrap_err();
    // The conversation goes on, and the slot of the call is free.
    client.call(0, "echo", json!({ "message": "after" }));
    assert_eq!(home.judged_at_last("trigger-long-running-operation"), [json!(["allow", "cancelled", null])]);
}

#[test]
fn log_messages_reach_a_client_that_set_a_level() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home)[1..]);
    client.ask(&json!({ "op": "level", "level": "debug" }));
    client.call(0, "toggle-simulated-logging", json!({}));
    let messages = client.heard("notifications/message");
    let data = messages[0]["params"]["data"].as_str().unwrap();
    assert!(data.to_lowercase().contains("message"), "{data}");
}

#[test]
fn a_servers_question_reaches_the_person_and_the_answer_the_server() {
    let home = Home::new();
    let answer = json!({ "action": "accept", "content": {
        "name": "Ada", "check": true, "firstLine": "It was a dark night.", "email": "ada@example.org",
    } });
    let mut client = Client::start(&home, Peer::Sdk, &Person::Says(answer), &both(&home));
    let told = client.same(call("trigger-elicitation-request", json!({})));
    assert!(told.to_string().contains("Ada"), "{told}");
    let questions = client.questions();
    assert_eq!(questions.len(), 2);
    assert_eq!(questions[1], questions[0]);
    assert_eq!(home.judged("trigger-elicitation-request"), [json!(["allow", "ok", null])]);
}

#[test]
fn a_servers_question_is_not_asked_of_a_client_that_offers_no_elicitation() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home));
    let names = client.tool_names(1);
    assert!(!names.iter().any(|name| name == "trigger-elicitation-request"), "{names:?}");
}

#[test]
fn changed_lists_are_announced() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home)[1..]);
    let text = json!({ "name": "note.gz", "data": "data:text/plain,hello", "outputType": "resourceLink" });
    let linked = client.call(0, "gzip-file-as-resource", text);
    client.heard("notifications/resources/list_changed");
    let uri = linked["content"][0]["uri"].clone();
    let read = client.ask(&json!({ "op": "read", "uri": uri }));
    assert_eq!(read["contents"][0]["uri"], uri);
}
