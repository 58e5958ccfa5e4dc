//! Servers that die: the next call starts them again, and one that dies in mid-call costs that call.

use rustix::process::Pid;
use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::{Home, children, is_running, kill};
use super::installed::Server;
use super::wait::until;

/// The one process that the kernel has started.
fn server(home: &Home) -> Pid {
    let started = children(home.kernel());
    assert_eq!(started.len(), 1, "{started:?}");
    started[0]
}

fn connect(home: &Home) -> Client {
    let everything = wrapped(home, "everything", &direct(Server::Everything, &[]));
    Client::start(home, Peer::Sdk, &Person::Absent, &[everything])
}

fn echo(client: &mut Client, message: &str) {
    let echo = client.call(0, "echo", json!({ "message": message }));
    assert_eq!(echo["content"][0]["text"], format!("Echo: {message}"));
}

#[test]
fn a_server_killed_while_idle_is_started_again_by_the_next_call() {
    let home = Home::new();
    let mut client = connect(&home);
    for round in ["first", "second", "third"] {
        echo(&mut client, round);
        let running = server(&home);
        kill(running);
        until("the kernel reaps the server", || (!children(home.kernel()).contains(&running)).then_some(()));
    }
    echo(&mut client, "last");
    assert_eq!(home.judged("echo"), vec![json!(["allow", "ok", null]); 4]);
}

#[test]
fn a_server_killed_in_mid_call_costs_that_call_only() {
    let home = Home::new();
    let mut client = connect(&home);
    client.ask(&json!({
        "op": "begin", "task": 1, "name": "trigger-long-running-operation",
        "arguments": { "duration": 600, "steps": 6000 }, "progress": true,
    }));
    client.heard_progress(1);
    kill(server(&home));
    let lost = client.ask(&json!({ "op": "end", "task": 1 }))["result"].take();
    assert_eq!(
        (&lost["isError"], &lost["_meta"]["io.ringfence/denied"]["code"]),
        (&json!(true), &json!(1004)),
        "{lost}"
    );
    echo(&mut client, "after");
    assert_eq!(home.judged("trigger-long-running-operation"), [json!(["allow", "error", 1004])]);
}

#[test]
fn servers_end_with_their_kernel() {
    let home = Home::new();
    let mut client = connect(&home);
    echo(&mut client, "x");
    let (kernel, running) = (home.kernel(), server(&home));
    drop(client);
    super::home::signal(kernel, rustix::process::Signal::TERM);
    until("kernel and server end", || (!is_running(kernel) && !is_running(running)).then_some(()));
    let (_, closed) = home.ringfence(&["audit", "verify"]);
    assert_eq!(closed["valid"], Value::Bool(true));
}
