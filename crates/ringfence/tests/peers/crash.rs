//! A kernel that is killed: the client's next call works, and the journal tells what nobody knows.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::{Home, children, is_running, kill};
use super::installed::Server;
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
    client.ask(&json!({
        "op": "begin", "task": 1, "name": "trigger-long-running-operation",
        "arguments": { "duration": 600, "steps": 6000 }, "progress": true,
    }));
    client.heard_progress(1);
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
