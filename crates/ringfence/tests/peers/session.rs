//! Sessions: all wraps of one client process share one, and nobody else does.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::{Home, children, is_running, kill};
use super::installed::{Server, part};
use super::wait::until;

/// The sessions that connections hold open, without the one of the asking command line.
fn sessions(home: &Home) -> Vec<Value> {
    let status = home.status();
    let test = u64::from(std::process::id());
    let all = status["sessions"].as_array().unwrap().clone();
    all.into_iter()
        .filter(|session| session["links"] != 0 && session["shared_by"]["client_process"]["pid"] != test)
        .collect()
}

#[test]
fn two_wraps_of_one_client_share_a_session_and_two_clients_do_not() {
    let home = Home::new();
    let note = home.with_file("note.txt", "text\n");
    let files = wrapped(&home, "files", &direct(Server::Filesystem, &[home.path("files").to_str().unwrap()]));
    let everything = wrapped(&home, "everything", &direct(Server::Everything, &[]));

    let mut one = Client::start(&home, Peer::Sdk, &Person::Absent, &[files, everything.clone()]);
    let two = Client::start(&home, Peer::Mcp, &Person::Absent, &[everything]);
    one.call(0, "read_text_file", json!({ "path": note }));
    let found = sessions(&home);
    let links: Vec<&Value> = found.iter().map(|session| &session["links"]).collect();
    assert_eq!(links, [2, 1], "{found:?}");
    assert_ne!(found[0]["id"], found[1]["id"]);
    assert_ne!(found[0]["shared_by"], found[1]["shared_by"]);
    assert_eq!(
        found[0]["floor"],
        json!({ "confidentiality": "internal", "pii": false, "integrity": "untrusted" }),
        "what was read through one wrap is known of the whole session"
    );
    assert_eq!(found[1]["floor"], json!({ "confidentiality": "public", "pii": false, "integrity": "user" }));

    one.call(1, "echo", json!({ "message": "x" }));
    let of_one: Vec<Value> = home.tool_calls().iter().map(|call| call["session"].clone()).collect();
    assert_eq!(of_one, [found[0]["id"].clone(), found[0]["id"].clone()]);
    drop(two);
}

#[test]
fn two_wraps_of_one_server_by_one_client_answer_each_their_own() {
    let home = Home::new();
    let everything = wrapped(&home, "everything", &direct(Server::Everything, &[]));
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[everything.clone(), everything]);
    client.begin_long();
    let burst = |server: usize| json!({ "op": "burst", "server": server, "name": "echo", "messages": ["a", "b", "c"] });
    for server in [1, 0, 1] {
        assert_eq!(client.ask(&burst(server)), json!(["Echo: a", "Echo: b", "Echo: c"]));
    }
    client.ask(&json!({ "op": "cancel", "task": 1 }));
    assert_eq!(client.ask(&burst(1)), json!(["Echo: a", "Echo: b", "Echo: c"]));
    assert_eq!(sessions(&home).len(), 1);
}

#[test]
fn many_clients_that_start_at_once_and_lose_their_kernel_share_the_next() {
    let home = Home::new();
    let everything = wrapped(&home, "everything", &direct(Server::Everything, &[]));
    let starting: Vec<Value> = vec![everything; 4];
    let mut clients: Vec<Client> = std::thread::scope(|scope| {
        let threads: Vec<_> = starting
            .iter()
            .map(|server| {
                scope.spawn(|| Client::start(&home, Peer::Sdk, &Person::Absent, std::slice::from_ref(server)))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for round in 0..3 {
        std::thread::scope(|scope| {
            for client in &mut clients {
                scope.spawn(move || {
                    let echo = client.call(0, "echo", json!({ "message": "x" }));
                    assert_eq!(echo["content"][0]["text"], "Echo: x", "{echo}");
                });
            }
        });
        assert_eq!(sessions(&home).len(), 4);
        if round < 2 {
            kill(home.kernel());
        }
    }
    assert_eq!(home.judged("echo"), vec![json!(["allow", "ok", null]); 12]);
    home.verified();
}

#[test]
fn a_kernel_that_nobody_uses_ends_with_its_servers() {
    let home = Home::new();
    home.configure("version: 1\nlimits: { kernel_idle: 1s }\n");
    let everything = wrapped(&home, "everything", &direct(Server::Everything, &[]));
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[everything]);
    client.call(0, "echo", json!({ "message": "x" }));
    let kernel = home.kernel();
    let mut processes = children(kernel);
    processes.push(kernel);
    drop(client);
    until("kernel and server end", || (!processes.iter().any(|process| is_running(*process))).then_some(()));
    home.verified();
}

#[test]
fn a_session_that_nobody_uses_ends_with_its_servers() {
    let home = Home::new();
    home.configure("version: 1\nlimits: { session_idle: 3s }\n");
    let modern = json!({ "command": part("venv/bin/python"), "args": [part("clients/modern_server.py")] });
    let servers = [
        wrapped(&home, "everything", &direct(Server::Everything, &[])),
        wrapped(&home, "time", &direct(Server::Time, &[])),
        wrapped(&home, "modern", &modern),
    ];
    let mut client = Client::start(&home, Peer::Mcp, &Person::Absent, &servers);
    let versions: Vec<&Value> =
        client.ready.as_array().unwrap().iter().map(|ready| &ready["version"]).collect();
    assert_eq!(versions, ["2026-07-28"; 3], "whatever the era of the server");
    client.call(0, "echo", json!({ "message": "x" }));
    client.call(2, "read_more", json!({}));
    let kernel = home.kernel();
    assert!(!children(kernel).is_empty());
    drop(client);
    until("the servers end", || children(kernel).is_empty().then_some(()));
    assert!(is_running(kernel));
}
