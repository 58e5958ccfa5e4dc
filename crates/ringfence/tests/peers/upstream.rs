//! Servers that die: the next call starts them again, and one that dies in mid-call costs that call.

use rustix::process::Pid;
use serde_json::{Value, json};

use super::client::{Client, Peer, Person, at, direct, with_env, wrapped};
use super::home::{Home, children, is_running, kill};
use super::installed::Server;
use super::wait::until;
use super::web::{free_port, listens};

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
    client.begin_long();
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

#[test]
fn a_server_that_cannot_start_is_said_so_to_the_client() {
    let home = Home::new();
    let failing = json!({ "command": "/bin/sh", "args": ["-c", "echo the disk is gone >&2; exit 3"] });
    for peer in [Peer::Sdk, Peer::Mcp] {
        let started = Client::try_start(&home, peer, &Person::Absent, &[wrapped(&home, "failing", &failing)]);
        let error = started.err().expect("no client connects").to_string();
        assert!(error.contains("`failing`"), "{peer:?}: {error}");
    }
    let missing = json!({ "command": home.path("no-such-program"), "args": [] });
    let started =
        Client::try_start(&home, Peer::Sdk, &Person::Absent, &[wrapped(&home, "missing", &missing)]);
    let error = started.err().expect("no client connects").to_string();
    assert!(error.contains("`missing`"), "{error}");
}

#[test]
fn a_server_started_by_npx_is_known_and_ends_with_all_its_processes() {
    let home = Home::new();
    let note = home.with_file("note.txt", "by npx\n");
    let folder = home.path("files");
    let package = "@modelcontextprotocol/server-filesystem";
    let npx = json!({ "command": "npx", "args": ["-y", package, folder] });
    let mut through = wrapped(&home, "files", &npx);
    // Where the package is installed, npx needs no network.
    through["cwd"] = super::installed::part("").into();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[through]);
    let read = client.call(0, "read_text_file", json!({ "path": note }));
    assert_eq!(read["content"][0]["text"], "by npx\n");
    let (code, tools) = home.ringfence(&["tools", "list"]);
    let known = tools.as_array().unwrap().iter().filter(|tool| tool["server"] == "files");
    let sources: Vec<&Value> = known.map(|tool| &tool["source"]).collect();
    assert_eq!((code, sources.is_empty()), (0, false));
    assert!(sources.iter().all(|source| *source == "catalogue"), "{tools}");

    let kernel = home.kernel();
    let mut started = children(kernel);
    let grandchildren: Vec<Pid> = started.iter().flat_map(|child| children(*child)).collect();
    started.extend(grandchildren);
    assert!(started.len() >= 2, "npx and the server: {started:?}");
    drop(client);
    super::home::signal(kernel, rustix::process::Signal::TERM);
    until("npx and its server end", || (!started.iter().any(|process| is_running(*process))).then_some(()));
}

#[test]
fn many_calls_at_once_of_two_clients_get_their_own_answers() {
    let home = Home::new();
    let everything = wrapped(&home, "everything", &direct(Server::Everything, &[]));
    let mut clients: Vec<Client> = (0..2)
        .map(|_| Client::start(&home, Peer::Sdk, &Person::Absent, std::slice::from_ref(&everything)))
        .collect();
    std::thread::scope(|scope| {
        for (number, client) in clients.iter_mut().enumerate() {
            scope.spawn(move || {
                let messages: Vec<String> = (0..100).map(|call| format!("{call} of {number}")).collect();
                let echoes: Vec<String> = messages.iter().map(|message| format!("Echo: {message}")).collect();
                let answers = client.ask(&json!({ "op": "burst", "name": "echo", "messages": messages }));
                assert_eq!(answers, json!(echoes));
            });
        }
    });
    assert_eq!(home.judged("echo"), vec![json!(["allow", "ok", null]); 200]);
    home.verified();
}

#[test]
fn a_large_file_passes_whole() {
    let home = Home::new();
    let line = "0123456789 ü \u{1f512} \\ \"\t and so on, to make a line of text\n";
    let large = home.with_file("large.txt", &line.repeat(50_000));
    let plain = direct(Server::Filesystem, &[home.path("files").to_str().unwrap()]);
    let through = wrapped(&home, "files", &plain);
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[plain, through]);
    let mut read = |server: usize| client.call(server, "read_text_file", json!({ "path": large }));
    let (plain, through) = (read(0), read(1));
    assert!(plain == through, "{} and {} bytes", plain.to_string().len(), through.to_string().len());
}

#[test]
fn a_remote_server_that_forgot_its_sessions_is_greeted_again() {
    let mut home = Home::new();
    let port = free_port();
    let program = Server::Everything.program();
    let start = |home: &Home| {
        let remote = home.background(&program, &["streamableHttp"], &[("PORT", &port.to_string())]);
        until("server-everything listens", || listens(port).then_some(()));
        remote
    };
    let remote = start(&home);
    home.serve(&json!({ "remote": { "url": format!("http://127.0.0.1:{port}/mcp") } }), &[]);
    let mut client =
        Client::start(&home, Peer::Sdk, &Person::Absent, &[at(&home.url("/servers/remote/mcp"))]);
    echo(&mut client, "before");
    drop(remote);
    let lost = client.call(0, "echo", json!({ "message": "meanwhile" }));
    assert_eq!(lost["_meta"]["io.ringfence/denied"]["code"], 1004, "{lost}");
    let _remote = start(&home);
    let answer = until("the breaker lets a call through", || {
        let answer = client.call(0, "echo", json!({ "message": "after" }));
        (answer["isError"] != true).then_some(answer)
    });
    assert_eq!(answer["content"][0]["text"], "Echo: after");
}

#[test]
fn a_wrapped_server_gets_no_variable_that_is_not_named() {
    let home = Home::new();
    let plain = with_env(direct(Server::Everything, &[]), json!({ "NAMED": "yes" }));
    let mut through = wrapped(&home, "everything", &plain);
    through["env"]["SOME_API_KEY"] = "of the client".into();
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[through]);
    let told = client.call(0, "get-env", json!({}));
    let env: Value = serde_json::from_str(told["content"][0]["text"].as_str().unwrap()).unwrap();
    let home_path = home.path("");
    let home_path = home_path.to_str().unwrap().trim_end_matches('/');
    assert_eq!(env, json!({ "HOME": home_path, "PATH": super::installed::search_path(), "NAMED": "yes" }));
}

#[test]
fn a_server_that_greets_people_on_stdout_is_still_a_server() {
    let home = Home::new();
    let noisy = format!("echo 'Welcome!'; echo; exec {}", Server::Everything.program());
    let plain = json!({ "command": "/bin/sh", "args": ["-c", noisy] });
    let through = wrapped(&home, "noisy", &plain);
    // As it is for the client by itself.
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[plain, through]);
    client.same(json!({ "op": "call", "name": "echo", "arguments": { "message": "x" } }));
}
