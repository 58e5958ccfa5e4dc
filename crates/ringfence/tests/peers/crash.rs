//! A kernel that is killed: the client's next call works, and the journal tells what nobody knows.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::{Home, children, is_running, kill, text};
use super::installed::{Server, part};
use super::wait::until;

fn connect(home: &Home, peer: Peer) -> Client {
    let everything = wrapped(home, "everything", &direct(Server::Everything, &[]));
    Client::start(home, peer, &Person::Absent, &[everything])
}

fn echo(client: &mut Client, message: &str) {
    let echo = client.call(0, "echo", json!({ "message": message }));
    assert_eq!(echo["content"][0]["text"], format!("Echo: {message}"));
}

#[test]
fn between_two_calls_the_client_notices_nothing() {
    for peer in [Peer::Sdk, Peer::Mcp] {
        let home = Home::new();
        let mut client = connect(&home, peer);
        echo(&mut client, "before");
        let first = home.kernel();
        kill(first);
        echo(&mut client, "after");
        assert_ne!(home.kernel(), first);
        assert_eq!(home.judged("echo"), vec![json!(["allow", "ok", null]); 2]);
        home.verified();
    }
}

#[test]
fn between_two_calls_of_the_modern_era_too() {
    let home = Home::new();
    let time = wrapped(&home, "time", &direct(Server::Time, &["--local-timezone", "UTC"]));
    let mut client = Client::start(&home, Peer::Mcp, &Person::Absent, &[time]);
    assert_eq!(client.ready[0]["version"], "2026-07-28");
    client.call(0, "get_current_time", json!({ "timezone": "UTC" }));
    kill(home.kernel());
    client.call(0, "get_current_time", json!({ "timezone": "UTC" }));
    assert_eq!(home.judged("get_current_time"), vec![json!(["allow", "ok", null]); 2]);
}

#[test]
fn in_mid_call_the_call_is_answered_as_withheld_and_closed_as_unknown() {
    let home = Home::new();
    let mut client = connect(&home, Peer::Sdk);
    client.begin_long();
    let kernel = home.kernel();
    let servers = children(kernel);
    kill(kernel);
    let lost = client.try_ask(&json!({ "op": "end", "task": 1 })).unwrap_err();
    assert_eq!(lost["code"], 1003, "{lost}");
    echo(&mut client, "after");
    assert_eq!(home.judged("trigger-long-running-operation"), [json!(["allow", "unknown", null])]);
    assert_eq!(home.judged("echo"), [json!(["allow", "ok", null])]);
    home.verified();
    // Their pipes have closed: a server of a killed kernel ends, too.
    until("the servers of the killed kernel end", || {
        servers.iter().all(|server| !is_running(*server)).then_some(())
    });
}

#[test]
fn the_journal_of_a_killed_kernel_verifies_before_anything_restarts() {
    let home = Home::new();
    let mut client = connect(&home, Peer::Sdk);
    echo(&mut client, "x");
    let kernel = home.kernel();
    drop(client);
    kill(kernel);
    let entries = home.verified();
    let rows = home.tool_calls();
    assert_eq!(rows.iter().map(|row| row["outcome"].clone()).collect::<Vec<Value>>(), ["ok"]);
    assert!(home.verified() > entries, "the next kernel goes on with the same journal");
}

#[test]
fn a_kernel_that_is_told_to_end_between_two_calls_costs_nothing() {
    let home = Home::new();
    let mut client = connect(&home, Peer::Sdk);
    echo(&mut client, "before");
    let first = home.kernel();
    super::home::signal(first, rustix::process::Signal::TERM);
    until("the kernel ends", || (!is_running(first)).then_some(()));
    echo(&mut client, "after");
    assert_eq!(home.judged("echo"), vec![json!(["allow", "ok", null]); 2]);
    home.verified();
}

#[test]
fn an_answer_to_a_question_of_a_killed_kernel_allows_nothing() {
    let home = Home::new();
    let new = home.file("new.txt");
    let files = wrapped(&home, "files", &direct(Server::Filesystem, &[home.path("files").to_str().unwrap()]));
    let mut client = Client::start(&home, Peer::Sdk, &Person::Thinks, &[files]);
    let write = json!({ "path": new, "content": "x" });
    client.begin("write_file", write.clone());
    client.heard("elicitation/create");
    kill(home.kernel());
    let lost = client.try_ask(&json!({ "op": "end", "task": 1 })).unwrap_err();
    assert_eq!(lost["code"], 1003, "{lost}");
    let yes = json!({ "action": "accept", "content": { "allow": true } });
    client.ask(&json!({ "op": "answer", "answer": yes }));
    let listed = client.call(0, "list_directory", json!({ "path": home.path("files") }));
    assert_eq!(listed["content"][0]["text"], "", "{listed}");

    // The next kernel asks for itself.
    client.begin("write_file", write);
    client.ask(&json!({ "op": "heard", "until": "elicitation/create", "count": 2 }));
    client.ask(&json!({ "op": "answer", "answer": yes }));
    client.ask(&json!({ "op": "end", "task": 1 }));
    assert_eq!(text(&new), "x");
    home.verified();
}

#[test]
fn a_client_killed_in_mid_call_cancels_it() {
    let home = Home::new();
    let mut client = connect(&home, Peer::Sdk);
    client.begin_long();
    client.kill();
    assert_eq!(home.judged_at_last("trigger-long-running-operation"), [json!(["allow", "cancelled", null])]);
}

#[test]
fn a_client_killed_before_its_person_answers_has_allowed_nothing() {
    let home = Home::new();
    let new = home.file("new.txt");
    let files = wrapped(&home, "files", &direct(Server::Filesystem, &[home.path("files").to_str().unwrap()]));
    let mut client = Client::start(&home, Peer::Sdk, &Person::Thinks, &[files]);
    client.begin("write_file", json!({ "path": new, "content": "x" }));
    client.heard("elicitation/create");
    client.kill();
    let judged = until("the question is withdrawn", || {
        let judged = home.judged("write_file");
        (judged.len() > 1).then_some(judged)
    });
    assert_eq!(judged, [json!(["ask", null, 1002]), json!(["deny", null, 1001])]);
    assert!(!std::path::Path::new(&new).exists());
}

#[test]
fn in_mid_call_of_the_modern_era_too() {
    let home = Home::new();
    let server = json!({ "command": part("venv/bin/python"), "args": [part("clients/modern_server.py")] });
    let through = wrapped(&home, "modern", &server);
    let mut client = Client::start(&home, Peer::Mcp, &Person::Absent, &[through]);
    let (started, cancelled) = (home.path("started"), home.path("cancelled"));
    client.begin("read_slowly", json!({ "started": started, "cancelled": cancelled }));
    until("the call has begun", || started.exists().then_some(()));
    kill(home.kernel());
    let lost = client.try_ask(&json!({ "op": "end", "task": 1 })).unwrap_err();
    assert_eq!(lost["code"], 1003, "{lost}");
    let more = client.call(0, "read_more", json!({}));
    assert_eq!(more["content"][0]["text"], "more");
    assert_eq!(home.judged("read_slowly"), [json!(["allow", "unknown", null])]);
    home.verified();
}
