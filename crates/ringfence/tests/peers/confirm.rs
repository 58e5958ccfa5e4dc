//! Confirmation in the modern era (Multi Round-Trip Requests): by PyPI's mcp client, and by requests that cheat.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, at};
use super::home::Home;
use super::installed::Server;
use super::web::{Answer, post};

const KEY: &str = "io.ringfence/confirm";

/// A kernel before mcp-server-time, of which the operator says that converting cannot be taken back.
fn home() -> Home {
    let mut home = Home::new();
    let program = Server::Time.program();
    home.configure(&format!(
        "version: 1\nservers:\n  time:\n    command: {program}\n    args: [--local-timezone, UTC]\n    tools:\n      \
         convert_time: {{ effects: [delete], irreversible: true }}\n"
    ));
    home.serve(&json!({}), &[]);
    home
}

fn noon() -> Value {
    json!({ "source_timezone": "Asia/Tokyo", "time": "12:00", "target_timezone": "Asia/Kolkata" })
}

/// Raw `tools/call` of `convert_time` by a client that can be asked, with more members of `params`.
fn call(home: &Home, arguments: &Value, more: &Value) -> Answer {
    let mut params = json!({
        "name": "convert_time",
        "arguments": arguments,
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "raw", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
        },
    });
    for (key, value) in more.as_object().unwrap() {
        params[key] = value.clone();
    }
    let headers =
        [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "convert_time")];
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    post(&home.address, "/servers/time/mcp", &headers, &body)
}

fn yes(state: &Value) -> Value {
    json!({
        "requestState": state,
        "inputResponses": { KEY: { "action": "accept", "content": { "allow": true } } },
    })
}

/// The state of a call that waits for the user.
fn asked(home: &Home, arguments: &Value) -> Value {
    let result = call(home, arguments, &json!({})).message()["result"].take();
    assert_eq!(result["resultType"], "input_required", "{result}");
    assert_eq!(result["inputRequests"][KEY]["method"], "elicitation/create", "{result}");
    result["requestState"].clone()
}

#[test]
fn a_client_that_handles_input_required_confirms_or_declines() {
    let home = home();
    let server = [at(&home.url("/servers/time/mcp"))];
    let mut client = Client::start(&home, Peer::Mcp, &Person::allows(), &server);
    assert_eq!(client.ready[0]["version"], "2026-07-28");
    let converted = client.call(0, "convert_time", noon());
    assert_eq!(converted["structuredContent"]["time_difference"], "-3.5h", "{converted}");
    let questions = client.questions();
    assert!(questions[0]["message"].as_str().unwrap().contains("`convert_time`"), "{questions:?}");
    drop(client);

    let mut client = Client::start(&home, Peer::Mcp, &Person::declines(), &server);
    let denied = client.call(0, "convert_time", noon());
    assert_eq!(
        (&denied["isError"], &denied["_meta"]["io.ringfence/denied"]["code"]),
        (&json!(true), &json!(1001))
    );
    drop(client);

    let mut client = Client::start(&home, Peer::Mcp, &Person::Absent, &server);
    let denied = client.call(0, "convert_time", noon());
    assert_eq!(
        (&denied["isError"], &denied["_meta"]["io.ringfence/denied"]["code"]),
        (&json!(true), &json!(1002))
    );
    assert_eq!(
        home.judged("convert_time"),
        [
            json!(["ask", null, 1002]),
            json!(["ask", "ok", null]),
            json!(["ask", null, 1002]),
            json!(["deny", null, 1001]),
            json!(["ask", null, 1002]),
        ]
    );
}

#[test]
fn a_confirmation_counts_once() {
    let home = home();
    let state = asked(&home, &noon());
    let first = call(&home, &noon(), &yes(&state)).message();
    assert_eq!(first["result"]["structuredContent"]["time_difference"], "-3.5h", "{first}");
    let second = call(&home, &noon(), &yes(&state));
    assert_eq!(second.message()["error"]["code"], -32602, "{second:?}");
    let calls = home.tool_calls();
    let ok = calls.iter().filter(|call| call["outcome"] == "ok").count();
    assert_eq!(ok, 1, "{calls:?}");
}

#[test]
fn a_confirmation_is_of_these_arguments_only() {
    let home = home();
    let state = asked(&home, &noon());
    let mut other = noon();
    other["time"] = "13:00".into();
    let answer = call(&home, &other, &yes(&state)).message();
    assert_eq!(answer["result"]["resultType"], "input_required", "asked again: {answer}");
}

#[test]
fn a_state_that_was_edited_or_made_up_is_refused() {
    let home = home();
    let state = asked(&home, &noon());
    let state = state.as_str().unwrap();
    let last = if state.ends_with('A') { "B" } else { "A" };
    let edited = format!("{}{last}", &state[..state.len() - 1]);
    for forged in [edited.as_str(), "", "made up", "e30"] {
        let answer = call(&home, &noon(), &yes(&forged.into()));
        assert_eq!(answer.message()["error"]["code"], -32602, "{forged:?}: {answer:?}");
    }
    let answer =
        call(&home, &noon(), &json!({ "inputResponses": yes(&Value::Null)["inputResponses"] })).message();
    assert_eq!(
        answer["result"]["resultType"], "input_required",
        "an answer without a question is none: {answer}"
    );
    assert!(home.tool_calls().iter().all(|call| call["outcome"] != "ok"));
}

#[test]
fn a_confirmation_does_not_outlive_its_kernel() {
    let mut home = home();
    let state = asked(&home, &noon());
    home.stop();
    home.serve(&json!({}), &[]);
    let answer = call(&home, &noon(), &yes(&state)).message();
    assert_eq!(answer["result"]["resultType"], "input_required", "asked again: {answer}");
}
