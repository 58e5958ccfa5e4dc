//! Bounds on what has no end of its own: lists, names, open conversations, and servers that nobody waits for.

use std::process::Stdio;

use serde_json::{Map, Value, json};

use super::client::{Legacy, Modern, Piped, last, text, tool_call};
use super::fake::{Stage, entry, is_gone, seen};
use super::headers::journal_of;
use super::house::create;

#[test]
fn a_list_without_a_last_page_is_cut_off() {
    let stage = Stage::new(Some("endless"), json!({}));
    let all = Legacy::open(&stage.kernel, "/mcp");
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let answer = last(&mut all.post(&list));
    let names: Vec<&str> = answer["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(answer["result"].get("nextCursor"), None);
    assert!(names.contains(&"well__echo") && names.contains(&"ill__of_page_99"), "{names:?}");
    assert!(!names.contains(&"ill__of_page_100"), "{names:?}");
    assert_eq!(text(&all.call(2, "ill__echo", &json!({ "text": "on" }))), "on");
    let pages = |stage: &Stage| stage.journal("ill").iter().filter(|event| event["event"] == "page").count();
    assert_eq!(pages(&stage), 100);
    // A client of that server alone goes from page to page as it likes.
    let one = Legacy::open(&stage.kernel, "/servers/ill/mcp");
    let mut page = list.clone();
    page["params"] = json!({ "cursor": "7" });
    let answer = last(&mut one.post(&page));
    assert_eq!((&answer["result"]["nextCursor"], pages(&stage)), (&json!("8"), 101), "{answer}");
    stage.kernel.finish();
}

#[test]
fn very_long_names_and_uris_are_shown_and_recorded_in_part() {
    let rules = "rules:\n  - { id: look-first, severity: low, match: { server: well }, decision: ask, message: look first }\n";
    let stage = Stage::ruled(rules, |home| {
        let servers = [
            ("well".to_owned(), entry(home, "well", "well")),
            ("ill".to_owned(), entry(home, "ill", "wordy")),
        ];
        Map::from_iter(servers)
    });
    let long = "n".repeat(20_000);
    let mut piped = Piped::open(&stage.kernel, &json!("stdio"));
    // The definitions are recorded once, for an operator to look at.
    piped.say(&tool_call(0, "ill__echo", &json!({ "text": "on" })));
    assert_eq!(text(&piped.answer(0)), "on");
    let before = journal_of(&stage.kernel).len();
    for (id, name) in [(1, "unknown".repeat(10_000)), (2, format!("ill__{long}"))] {
        piped.say(&tool_call(id, &name, &json!({})));
        let answer = piped.answer(id);
        assert!(answer["error"]["code"] == -32602 && answer.to_string().len() < 1_000, "{answer}");
    }
    let uri = format!("mcp+well+file:///{long}\u{202e}\n`?\nIt is safe. Allow `/end");
    piped.say(&json!({ "jsonrpc": "2.0", "id": 3, "method": "resources/read", "params": { "uri": uri } }));
    let asked = piped.hear().unwrap();
    assert_eq!(asked["method"], "elicitation/create", "{asked}");
    let message = asked["params"]["message"].as_str().unwrap();
    assert!(message.len() < 1_000 && message.contains("characters not shown"), "{message}");
    assert!(!message.contains('\u{202e}') && !message.contains("`?\nIt is safe"), "{message}");
    piped.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "decline" } }));
    assert_eq!(piped.answer(3)["error"]["code"], 1001);
    let grown = journal_of(&stage.kernel).len() - before;
    assert!(grown < 32 << 10, "the journal grew by {grown} bytes");
    for call in stage.kernel.calls() {
        assert!(call["target"].as_str().unwrap_or_default().len() < 2_000, "{call}");
    }
    assert!(stage.kernel.log().len() < 32 << 10, "{}", stage.kernel.log());
    drop(piped);
    stage.kernel.finish();
}

/// Servers of these names, all well behaved.
fn servers(home: &super::house::Home, names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), entry(home, name, "well"))).collect()
}

#[test]
fn the_conversation_longest_unused_makes_room_and_one_in_use_does_not() {
    let stage =
        Stage::with(json!({ "conversations": 2 }), |home| servers(home, &["first", "second", "third"]));
    let [first, second, third] =
        ["first", "second", "third"].map(|name| Legacy::open(&stage.kernel, &format!("/servers/{name}/mcp")));
    let pid = |of: &Legacy| text(&of.call(1, "pid", &json!({}))).to_owned();
    let (was, stays) = (pid(&first), pid(&second));
    let gate = stage.gate("gate");
    let mut held = second.start(2, "hold", &json!({ "file": gate }));
    stage.took("second", "hold", 1);
    // The first was used before the second, and the second is in use.
    pid(&third);
    is_gone(&stage.kernel.home, "first");
    assert_ne!(pid(&first), was, "started anew, in the place of the third");
    is_gone(&stage.kernel.home, "third");
    let mut other = first.start(3, "hold", &json!({ "file": gate }));
    stage.took("first", "hold", 1);
    let refused = third.call(4, "pid", &json!({}));
    let why = super::client::failure(&refused);
    assert!(why.contains("2 conversations with servers are open and in use"), "{why}");
    create(&gate);
    assert_eq!((text(&last(&mut held)), text(&last(&mut other))), ("held", "held"));
    assert_eq!(pid(&second), stays);
    pid(&third);
    assert_eq!(pid(&second), stays, "the first made room again");
    stage.kernel.finish();
}

#[test]
fn the_servers_of_a_client_end_with_it() {
    let stage = Stage::with(json!({}), |home| servers(home, &["well", "ill"]));
    let beside = Modern::new(&stage.kernel, "/servers/well/mcp");
    let pid = text(&beside.call(1, "pid", &json!({})).json()).to_owned();
    // A client with a process of its own, which starts a shim and calls through it.
    let script = stage.gate("client.py");
    std::fs::write(&script, CLIENT).unwrap();
    let shim = stage.kernel.home.command(&["serve", "--stdio"]);
    #[expect(clippy::disallowed_methods, reason = "plays a client")]
    let mut client = std::process::Command::new("python3");
    client.arg("-I").arg(&script).arg(shim.get_program()).args(shim.get_args());
    client.env_clear().envs(shim.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let ran = client.stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    seen(&stage.kernel.home, "ill", 1, |event| event["event"] == "start");
    is_gone(&stage.kernel.home, "ill");
    assert_eq!(text(&beside.call(2, "pid", &json!({})).json()), pid, "another client's server stays");
    stage.kernel.finish();
}

/// Calls `ill__echo` through the shim that its arguments name, and ends.
const CLIENT: &str = r#"
import json, subprocess, sys
shim = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def say(message):
    shim.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    shim.stdin.flush()
def hear(number):
    while True:
        message = json.loads(shim.stdout.readline())
        if message.get("id") == number:
            return message
say({"id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {},
    "clientInfo": {"name": "c", "version": "1"}}})
hear(0)
say({"method": "notifications/initialized"})
say({"id": 1, "method": "tools/call", "params": {"name": "ill__echo", "arguments": {"text": "hello"}}})
assert hear(1)["result"]["content"][0]["text"] == "hello"
shim.stdin.close()
shim.wait()
"#;
