//! `wrap` and `serve --stdio` before a kernel that the test speaks for, and that dies.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use serde_json::{Value, json};

use super::fake::{Fake, PATIENCE};
use super::home::Home;

/// An MCP client that started a shim.
struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Client {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut child = home.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Self { stdin: child.stdin.take(), child, lines }
    }

    fn say(&mut self, message: &Value) {
        self.say_raw(&message.to_string());
    }

    fn say_raw(&mut self, line: &str) {
        self.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn hear_raw(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the shim says something")
    }

    fn hear(&self) -> Value {
        serde_json::from_str(&self.hear_raw()).unwrap()
    }

    /// Closes stdin; the shim's exit code, and that it says nothing more.
    fn close(mut self) -> i32 {
        drop(self.stdin.take());
        let code = self.child.wait().unwrap().code().unwrap();
        assert_eq!(self.lines.recv_timeout(PATIENCE).ok(), None);
        code
    }
}

fn lines(stdout: ChildStdout) -> Receiver<String> {
    let (send, receive) = sync_channel(64);
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            if send.send(line.unwrap()).is_err() {
                break;
            }
        }
    });
    receive
}

fn request(id: i64, method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": {} })
}

fn result(id: i64, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

#[test]
fn lines_pass_unchanged_both_ways() {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let mut client = Client::start(&home, &["serve", "--stdio"]);
    let mut peer = kernel.accept();
    assert_eq!(peer.hello, json!({ "control": 1, "version": env!("CARGO_PKG_VERSION"), "role": "stdio" }));
    let odd = r#"{"jsonrpc":"2.0", "id":1,"method":"tools/call","params":{"n":12345678901234567890123,"f":1.50,"u":"\u00e9"}}"#;
    client.say_raw(odd);
    let mut heard = peer.hear().unwrap();
    assert_eq!(heard["id"].take(), json!(1));
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"f":2.50,  "u":"\u00e9"}}"#;
    peer.say_raw(answer);
    assert_eq!(client.hear_raw(), answer);
    client.say_raw("this is no JSON");
    drop(client.stdin.take());
    assert!(client.child.wait().unwrap().success());
}

#[test]
fn wrap_tells_the_kernel_which_server() {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let client = Client::start(
        &home,
        &[
            "wrap",
            "--env",
            "KEY=v",
            "--env",
            "HOME",
            "--",
            "npx",
            "-y",
            "@modelcontextprotocol/server-filesystem",
            ".",
        ],
    );
    let peer = kernel.accept();
    let folder = home.path("").canonicalize().unwrap();
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    assert_eq!(
        peer.hello["role"],
        json!({ "wrap": { "name": "filesystem", "server": {
            "command": "npx",
            "args": ["-y", "@modelcontextprotocol/server-filesystem", "."],
            "env": { "PATH": "/usr/bin:/bin", "KEY": "v", "HOME": home.path("").to_str().unwrap().trim_end_matches('/') },
            "cwd": folder,
            "content": "untrusted",
        } } })
    );
    drop(peer);
    drop(kernel);
    drop(client);
}

#[test]
fn a_kernel_killed_in_mid_call_costs_that_call_and_no_other() {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let mut client = Client::start(&home, &["wrap", "--name", "x", "--", "server"]);

    let mut first = kernel.accept();
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} }, "clientInfo": { "name": "c", "version": "1" },
    } });
    client.say(&initialize);
    assert_eq!(first.hear().unwrap(), initialize);
    let agreed = json!({ "protocolVersion": "2025-11-25", "capabilities": {} });
    first.say(&result(0, agreed.clone()));
    assert_eq!(client.hear(), result(0, agreed.clone()));
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    client.say(&initialized);
    assert_eq!(first.hear().unwrap(), initialized);

    client.say(&request(1, "tools/call"));
    assert_eq!(first.hear().unwrap(), request(1, "tools/call"));
    let question = request(77, "elicitation/create");
    first.say(&question);
    assert_eq!(client.hear(), question);
    drop(first);

    let lost = client.hear();
    assert_eq!((&lost["id"], &lost["error"]["code"]), (&json!(1), &json!(1003)), "{lost}");
    let withdrawn = client.hear();
    assert_eq!(
        (&withdrawn["method"], &withdrawn["params"]["requestId"]),
        (&json!("notifications/cancelled"), &json!(77))
    );
    // Said while no kernel answers: the answer to a question of the dead one, and the next call.
    client.say(&result(77, json!({ "action": "accept" })));
    client.say(&request(2, "tools/call"));

    let mut second = kernel.accept();
    assert_eq!(second.hello["role"]["wrap"]["name"], "x");
    let replay = second.hear().unwrap();
    assert_eq!((&replay["method"], &replay["params"]), (&initialize["method"], &initialize["params"]));
    let replay_id = replay["id"].as_i64().unwrap();
    assert_ne!(replay_id, 0);
    second.say(&result(replay_id, agreed));
    assert_eq!(second.hear().unwrap(), initialized);
    assert_eq!(second.hear().unwrap(), request(2, "tools/call"));
    second.say(&result(2, json!({ "content": [] })));
    assert_eq!(client.hear(), result(2, json!({ "content": [] })));

    drop(client.stdin.take());
    assert_eq!(second.hear(), None, "the end of the client is passed on");
    assert_eq!(client.close(), 0);
}

#[test]
fn answers_on_their_way_reach_a_client_that_closed_its_end() {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let mut client = Client::start(&home, &["serve", "--stdio"]);
    let mut peer = kernel.accept();
    client.say(&request(1, "tools/list"));
    peer.hear().unwrap();
    drop(client.stdin.take());
    assert_eq!(peer.hear(), None);
    peer.say(&result(1, json!({ "tools": [] })));
    assert_eq!(client.hear(), result(1, json!({ "tools": [] })));
    assert_eq!(client.close(), 0, "without waiting for the kernel to close too");
}

#[test]
fn a_call_that_the_dead_kernel_has_not_read_is_made_once_by_the_next() {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let mut client = Client::start(&home, &["serve", "--stdio"]);
    let first = kernel.accept();
    client.say(&request(1, "tools/call"));
    drop(first);
    let mut second = kernel.accept();
    assert_eq!(second.hear().unwrap(), request(1, "tools/call"));
    second.say(&result(1, json!({ "content": [] })));
    assert_eq!(client.hear(), result(1, json!({ "content": [] })));
    drop(client.stdin.take());
    assert_eq!(second.hear(), None, "it is said once");
    assert_eq!(client.close(), 0);
}

#[test]
fn a_kernel_that_was_ended_is_not_started_for_a_client_that_leaves() {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let mut client = Client::start(&home, &["serve", "--stdio"]);
    let mut peer = kernel.accept();
    client.say(&request(1, "ping"));
    peer.hear().unwrap();
    peer.say(&result(1, json!({})));
    assert_eq!(client.hear(), result(1, json!({})));
    drop(peer);
    drop(kernel);
    assert_eq!(client.close(), 0);
    assert!(!home.data().join("run/kernel.log").exists(), "no kernel was started");
}

#[test]
fn kernels_that_end_without_a_word_are_not_asked_forever() {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let mut client = Client::start(&home, &["serve", "--stdio"]);
    for id in 0..6 {
        client.say(&request(id, "tools/call"));
    }
    for _ in 0..6 {
        drop(kernel.accept());
    }
    let ran = home.finish(client.child);
    assert_eq!(ran.code, 70);
    assert!(ran.stderr.contains("kernels in a row ended without a word"), "{}", ran.stderr);
}

#[test]
fn a_refusal_goes_to_stderr_and_never_to_stdout() {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let mut child = home.command(&["serve", "--stdio", "--json"]);
    let child = child.stdin(Stdio::piped()).spawn().unwrap();
    kernel.accept_silently().say(&json!({ "refused": {
        "kind": "config", "code": "kernel-version", "message": "a kernel of version 9 runs", "hints": ["end it"],
    } }));
    let ran = home.finish(child);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (2, "", "error: a kernel of version 9 runs\nhint: end it\n")
    );
}
