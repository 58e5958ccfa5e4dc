//! Confirmation in the modern era (Multi Round-Trip Requests): by PyPI's mcp client, and by requests that cheat.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, at, direct, wrapped};
use super::home::Home;
use super::installed::{Server, part};
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
    let answer = call(&home, &other, &yes(&state));
    assert_eq!(answer.message()["error"]["code"], -32602, "{answer:?}");
    assert!(home.tool_calls().iter().all(|call| call["outcome"] != "ok"));
}

#[test]
fn a_state_that_was_edited_or_made_up_is_refused() {
    let home = home();
    let state = asked(&home, &noon());
    let state = state.as_str().unwrap();
    let mut edited = state.to_owned();
    let last = if edited.pop() == Some('A') { 'B' } else { 'A' };
    edited.push(last);
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
    let answer = call(&home, &noon(), &yes(&state));
    assert_eq!(answer.message()["error"]["code"], -32602, "{answer:?}");
    assert!(home.tool_calls().iter().all(|call| call["outcome"] != "ok"));
}

/// tests/peers/clients/modern_server.py behind `wrap`, and by itself.
fn modern(home: &Home) -> [Value; 2] {
    let server = json!({ "command": part("venv/bin/python"), "args": [part("clients/modern_server.py")] });
    [server.clone(), wrapped(home, "modern", &server)]
}

#[test]
fn a_modern_servers_questions_reach_the_person_one_after_the_other() {
    let home = Home::new();
    let answer = Person::Says(json!({ "action": "accept", "content": { "word": "ü" } }));
    let mut client = Client::start(&home, Peer::Mcp, &answer, &modern(&home));
    assert_eq!(client.ready[1]["version"], "2026-07-28");
    let told = client.same(json!({ "op": "call", "name": "read_answers", "arguments": { "count": 3 } }));
    assert_eq!(told["content"][0]["text"], "ü ü ü", "{told}");
    let questions = client.questions();
    assert_eq!(questions[..3], questions[3..]);
    assert_eq!(
        home.judged("read_answers"),
        [
            json!(["allow", "parked", null]),
            json!(["allow", "parked", null]),
            json!(["allow", "parked", null]),
            json!(["allow", "ok", null]),
        ]
    );
}

#[test]
fn a_modern_client_hears_that_tools_changed() {
    let home = Home::new();
    let mut client = Client::start(&home, Peer::Mcp, &Person::Absent, &modern(&home));
    for server in 0..2 {
        let heard = client.ask(&json!({
            "op": "listen", "server": server, "what": "tools_list_changed", "then": { "name": "read_more" },
        }));
        assert_eq!(heard, "ToolsListChanged");
        let mut names = vec!["read_more", "read_answers", "read_slowly"];
        // What a server adds later is held until an operator has looked at it.
        names.extend((server == 0).then_some("read_again"));
        assert_eq!(client.tool_names(server), names);
    }
    assert_eq!(home.ringfence(&["pins", "approve", "modern/read_again"]).0, 0);
    assert_eq!(client.tool_names(1), ["read_more", "read_answers", "read_slowly", "read_again"]);
}

#[test]
fn a_rule_of_the_operator_asks_and_denies() {
    let home = Home::new();
    home.configure("version: 1\npolicy: { files: [rules.yaml] }\n");
    std::fs::write(
        home.path("rules.yaml"),
        "rules:\n  - id: no-tokyo\n    severity: high\n    match:\n      server: time\n      tool: convert_time\n      \
         arguments:\n        /source_timezone: { glob: \"Asia/T*\" }\n    decision: deny\n    message: Tokyo is closed\n  - id: ask-first\n    \
         severity: medium\n    match: { server: time, tool: convert_time }\n    decision: ask\n",
    )
    .unwrap();
    let time = wrapped(&home, "time", &direct(Server::Time, &["--local-timezone", "UTC"]));
    let mut client = Client::start(&home, Peer::Mcp, &Person::allows(), &[time]);
    let denied = client.call(0, "convert_time", noon());
    let told = &denied["_meta"]["io.ringfence/denied"];
    assert_eq!(
        (&told["code"], &told["rule"], &told["reason"]),
        (&json!(1001), &json!("no-tokyo"), &json!("Tokyo is closed"))
    );
    assert_eq!(client.questions(), [] as [Value; 0]);
    let mut other = noon();
    other["source_timezone"] = "Asia/Seoul".into();
    let converted = client.call(0, "convert_time", other);
    assert_eq!(converted["structuredContent"]["time_difference"], "-3.5h", "{converted}");
    assert_eq!(client.questions().len(), 1);
}

#[test]
fn nobody_is_asked_to_confirm_a_payment() {
    let mut home = Home::new();
    home.configure(&format!(
        "version: 1\nservers:\n  time:\n    command: {}\n    args: [--local-timezone, UTC]\n    tools:\n      \
         convert_time: {{ effects: [pay] }}\n",
        Server::Time.program()
    ));
    home.serve(&json!({}), &[]);
    let server = [at(&home.url("/servers/time/mcp"))];
    let mut client = Client::start(&home, Peer::Mcp, &Person::allows(), &server);
    let denied = client.call(0, "convert_time", noon());
    assert_eq!(denied["_meta"]["io.ringfence/denied"]["code"], 1002, "{denied}");
    assert_eq!(client.questions(), [] as [Value; 0]);
}
