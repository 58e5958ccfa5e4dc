//! A real client, driven line by line: one of the programs in `tests/peers/clients`.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use serde_json::{Map, Value, json};

use super::home::{Home, text};
use super::installed::{Server, part};
use super::wait::PATIENCE;

/// The client libraries, each in the mode that a program gets without saying more, and in others that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// PyPI mcp 2.x: tries the modern era first.
    Mcp,
    /// The same with the handshake of the legacy era.
    McpLegacy,
    /// PyPI fastmcp.
    FastMcp,
    /// npm @modelcontextprotocol/sdk 1.x.
    Sdk,
    /// npm @modelcontextprotocol/client 2.x.
    Client,
    /// The same where it tries the modern era first.
    ClientAuto,
}

/// What the person behind a client answers to every question.
#[derive(Debug, Clone)]
pub(crate) enum Person {
    /// The client does not offer elicitation.
    Absent,
    Says(Value),
    /// Takes their time: the test answers.
    Thinks,
}

impl Person {
    /// Yes to our own question.
    pub(crate) fn allows() -> Self {
        Self::Says(json!({ "action": "accept", "content": { "allow": true } }))
    }

    pub(crate) fn declines() -> Self {
        Self::Says(json!({ "action": "decline" }))
    }
}

/// A running client program.
pub(crate) struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    /// What it and its servers write beside the conversation.
    log: PathBuf,
    /// What it says of each of its servers: version and server info.
    pub(crate) ready: Value,
}

/// A server as a client starts it: by itself.
pub(crate) fn direct(server: Server, arguments: &[&str]) -> Value {
    json!({ "command": server.program(), "args": arguments })
}

/// The same with variables of its entry.
pub(crate) fn with_env(mut entry: Value, variables: Value) -> Value {
    entry["env"] = variables;
    entry
}

/// The same behind `ringfence wrap`.
pub(crate) fn wrapped(home: &Home, name: &str, entry: &Value) -> Value {
    let mut arguments = vec!["wrap".to_owned(), "--name".into(), name.into()];
    for (key, value) in entry["env"].as_object().into_iter().flatten() {
        arguments.extend(["--env".into(), format!("{key}={}", value.as_str().unwrap())]);
    }
    arguments.extend(["--".into(), entry["command"].as_str().unwrap().into()]);
    arguments.extend(entry["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().into()));
    ringfence(home, &arguments)
}

/// `ringfence` with these arguments as a server.
pub(crate) fn ringfence(home: &Home, arguments: &[impl AsRef<str>]) -> Value {
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let env: Map<String, Value> =
        home.environment().into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    json!({ "command": env!("CARGO_BIN_EXE_ringfence"), "args": arguments, "env": env })
}

/// A server at a URL.
pub(crate) fn at(url: &str) -> Value {
    json!({ "url": url })
}

impl Client {
    /// Starts a client that connects to all `servers`, in this order.
    pub(crate) fn start(home: &Home, peer: Peer, person: &Person, servers: &[Value]) -> Self {
        Self::try_start(home, peer, person, servers).unwrap_or_else(|error| panic!("{peer:?}: {error}"))
    }

    /// The same; the client's error where it cannot connect.
    pub(crate) fn try_start(
        home: &Home,
        peer: Peer,
        person: &Person,
        servers: &[Value],
    ) -> Result<Self, Value> {
        let (program, script, mode) = match peer {
            Peer::Mcp => ("venv/bin/python", "mcp_client.py", None),
            Peer::McpLegacy => ("venv/bin/python", "mcp_client.py", Some("legacy")),
            Peer::FastMcp => ("venv/bin/python", "fastmcp_client.py", None),
            Peer::Sdk => ("node_modules/.bin/node", "sdk_client.mjs", None),
            Peer::Client => ("node_modules/.bin/node", "client.mjs", None),
            Peer::ClientAuto => ("node_modules/.bin/node", "client.mjs", Some("auto")),
        };
        let mut plan = json!({ "servers": servers });
        if let Some(mode) = mode {
            plan["mode"] = mode.into();
        }
        match person {
            Person::Absent => {}
            Person::Says(answer) => plan["answer"] = answer.clone(),
            Person::Thinks => plan["answer"] = "later".into(),
        }
        let script = part(&format!("clients/{script}"));
        let log = home.log();
        let mut command = home.command(part(program), &[script, plan.to_string()]);
        command.stdin(Stdio::piped()).stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = sync_channel(64);
        std::thread::spawn(move || {
            for line in stdout.lines() {
                if send.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        let mut client = Self { stdin: child.stdin.take(), child, lines, log, ready: Value::Null };
        let mut first = client.hear();
        if first.get("ready").is_none() {
            eprintln!("{}", text(&client.log));
            return Err(first["error"].take());
        }
        client.ready = first["ready"].take();
        Ok(client)
    }

    fn hear(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("the client says something");
        serde_json::from_str(&line).unwrap()
    }

    /// One operation; the error that the client's own program would see.
    pub(crate) fn try_ask(&mut self, operation: &Value) -> Result<Value, Value> {
        self.stdin.as_mut().unwrap().write_all(format!("{operation}\n").as_bytes()).unwrap();
        let mut answer = self.hear();
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["result"].take()),
        }
    }

    pub(crate) fn ask(&mut self, operation: &Value) -> Value {
        self.try_ask(operation).unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Calls a tool of the server in this place.
    pub(crate) fn call(&mut self, server: usize, name: &str, arguments: Value) -> Value {
        self.ask(&json!({ "op": "call", "server": server, "name": name, "arguments": arguments }))
    }

    /// Everything that servers said or asked, once `method` was heard.
    pub(crate) fn heard(&mut self, method: &str) -> Vec<Value> {
        let all = self.ask(&json!({ "op": "heard", "until": method }));
        all.as_array().unwrap().iter().filter(|item| item["method"] == method).cloned().collect()
    }

    /// Calls a tool in the background, as task 1.
    pub(crate) fn begin(&mut self, name: &str, arguments: Value) {
        self.ask(
            &json!({ "op": "begin", "task": 1, "name": name, "arguments": arguments, "progress": true }),
        );
    }

    /// Begins a call of server-everything that takes very long, and is under way.
    pub(crate) fn begin_long(&mut self) {
        self.begin("trigger-long-running-operation", json!({ "duration": 600, "steps": 6000 }));
        self.heard_progress(1);
    }

    /// Waits until a call in the background has made progress.
    pub(crate) fn heard_progress(&mut self, task: u64) {
        self.ask(&json!({ "op": "progressed", "task": task }));
    }

    /// The questions so far.
    pub(crate) fn questions(&mut self) -> Vec<Value> {
        let all = self.ask(&json!({ "op": "heard" }));
        let asked = all.as_array().unwrap().iter().filter(|item| item["method"] == "elicitation/create");
        asked.map(|item| item["params"].clone()).collect()
    }

    /// The same operation on a server directly (place 0) and behind the kernel (place 1) comes to the same.
    pub(crate) fn same(&mut self, operation: Value) -> Value {
        let mut on = |server: usize| {
            let mut operation = operation.clone();
            operation["server"] = server.into();
            self.try_ask(&operation)
        };
        let (mut plain, mut through) = (on(0), on(1));
        if self.ready[0]["version"] != self.ready[1]["version"] {
            // The bridge: what one era has and the other has not is no difference.
            [&mut plain, &mut through].into_iter().flatten().for_each(without_era);
        }
        assert_eq!(through, plain, "{operation}");
        through.unwrap_or_else(|error| error)
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
    }

    /// Ends it; what it wrote to stderr.
    pub(crate) fn end(self) -> String {
        let log = self.log.clone();
        drop(self);
        text(&log)
    }

    /// The names of the tools of the server in this place.
    pub(crate) fn tool_names(&mut self, server: usize) -> Vec<String> {
        let pages = self.ask(&json!({ "op": "tools", "server": server }));
        let tools = pages.as_array().unwrap().iter().flat_map(|page| page["tools"].as_array().unwrap());
        tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ended = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", text(&self.log));
        }
    }
}

/// Takes out what results have in one era only.
fn without_era(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for member in ["ttlMs", "cacheScope", "resultType", "execution"] {
                members.remove(member);
            }
            members.values_mut().for_each(without_era);
        }
        Value::Array(elements) => elements.iter_mut().for_each(without_era),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
