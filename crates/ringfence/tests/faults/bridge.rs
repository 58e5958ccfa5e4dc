//! A client of each version with a server of each version: the same calls come to the same, and what a server asks
//! reaches the client in the client's own way.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::client::Piped;
use super::fake::{Stage, is_gone, journal, seen};
use super::house::{Home, Kernel, until};
use super::http::{Connection, request};

pub(crate) const VERSIONS: [&str; 5] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

/// Everything that a client of the newest legacy version can be asked.
pub(crate) fn able() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": { "tools": {} }, "roots": {} })
}

pub(crate) fn server(home: &Home, version: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/bridge.py");
    json!({
        "command": "python3",
        "args": ["-I", "-S", script, home.path(&format!("v{version}.journal")), version],
        "tools": { "*": { "effects": ["read"], "egress": false } },
    })
}

pub(crate) fn stage() -> Stage {
    Stage::with(json!({}), |home| Map::from_iter([("well".into(), super::fake::entry(home, "well", "well"))]))
}

/// A task of the client's.
fn goes_on(id: &str, status: &str) -> Value {
    let when = "2026-11-30T00:00:00Z";
    json!({ "taskId": id, "status": status, "createdAt": when, "lastUpdatedAt": when, "ttl": 60_000 })
}

/// A client of one version that answers what it is asked.
pub(crate) struct Talker {
    pub(crate) piped: Piped,
    pub(crate) version: &'static str,
    capabilities: Value,
    next: i64,
    /// Notifications that came, but for those of a subscription.
    heard: Vec<Value>,
    /// What it was asked, as method and params.
    pub(crate) asked: Vec<(String, Value)>,
    pub(crate) greeting: Value,
}

impl Talker {
    pub(crate) fn is_modern(&self) -> bool {
        self.version == "2026-07-28"
    }

    fn elicits(&self) -> bool {
        self.version >= "2025-06-18"
    }

    /// Behind `wrap`, with a server of its own.
    fn open(stage: &Stage, version: &'static str, of_server: &str, capabilities: Value) -> Self {
        let server = server(&stage.kernel.home, of_server);
        let role = json!({ "wrap": { "name": format!("v{of_server}"), "server": server } });
        Self::with(&stage.kernel, version, &role, capabilities)
    }

    /// In this role.
    pub(crate) fn with(kernel: &Kernel, version: &'static str, role: &Value, capabilities: Value) -> Self {
        let piped = Piped::welcomed(kernel, role);
        let (heard, asked) = (Vec::new(), Vec::new());
        let mut talker = Self { piped, version, capabilities, next: 1, heard, asked, greeting: Value::Null };
        talker.greeting = if talker.is_modern() {
            talker.ask("server/discover", json!({}))["result"].clone()
        } else {
            let client = json!({ "name": "test", "version": "1" });
            let capabilities = talker.capabilities.clone();
            let greeting = talker.ask(
                "initialize",
                json!({ "protocolVersion": version, "capabilities": capabilities, "clientInfo": client }),
            );
            talker.piped.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
            greeting["result"].clone()
        };
        talker
    }

    pub(crate) fn send(&mut self, method: &str, mut params: Value) -> i64 {
        let id = self.next;
        self.next += 1;
        if self.is_modern() {
            let meta = params.as_object_mut().unwrap().entry("_meta").or_insert_with(|| json!({}));
            meta["io.modelcontextprotocol/protocolVersion"] = self.version.into();
            meta["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
        }
        self.piped.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// What this client's user, model or workspace says to a question.
    fn says(&mut self, method: &str, params: &Value) -> Value {
        self.asked.push((method.to_owned(), params.clone()));
        match method {
            _ if params["task"].is_object() => json!({ "task": goes_on("mine-1", "working") }),
            "tasks/get" => goes_on(params["taskId"].as_str().unwrap(), "completed"),
            "tasks/cancel" => goes_on(params["taskId"].as_str().unwrap(), "cancelled"),
            "tasks/list" => {
                let tasks = [goes_on("mine-0", "working"), goes_on("mine-1", "working")];
                json!({ "tasks": tasks, "nextCursor": "more" })
            }
            "tasks/result" => json!({
                "action": "accept", "content": { "word": format!("ghp_{}", "a1B2".repeat(9)) },
                "_meta": { "io.modelcontextprotocol/related-task": { "taskId": params["taskId"] } },
            }),
            "elicitation/create" if params["mode"] == "url" => json!({ "action": "accept" }),
            "elicitation/create" if params["requestedSchema"]["properties"]["allow"].is_object() => {
                json!({ "action": "accept", "content": { "allow": true } })
            }
            "elicitation/create" => json!({ "action": "accept", "content": { "word": "ü" } }),
            "sampling/createMessage" => {
                json!({ "role": "assistant", "model": "m", "content": { "type": "text", "text": "7" } })
            }
            "roots/list" => json!({ "roots": [{ "uri": "file:///work" }] }),
            other => panic!("asked {other}"),
        }
    }

    /// The answer to one request, whatever it takes.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut id = self.send(method, params.clone());
        loop {
            let message = self.piped.hear().expect("an answer");
            if let Some(asked) = message.get("method").and_then(Value::as_str) {
                if message.get("id").is_some() {
                    assert!(!self.is_modern(), "a modern client has no requests to answer: {message}");
                    let result = self.says(asked, &message["params"]);
                    self.piped.say(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
                } else {
                    self.heard.push(message);
                }
                continue;
            }
            assert_eq!(message["id"], id, "{message}");
            if message["result"]["resultType"] != "input_required" {
                return message;
            }
            assert!(self.is_modern(), "{message}");
            let requests = message["result"]["inputRequests"].as_object().cloned().unwrap_or_default();
            let mut again = params.clone();
            let mut answers = Map::new();
            for (key, asked) in &requests {
                answers.insert(key.clone(), self.says(asked["method"].as_str().unwrap(), &asked["params"]));
            }
            again["inputResponses"] = answers.into();
            again["requestState"] = message["result"]["requestState"].clone();
            id = self.send(method, again);
        }
    }

    /// The text of a tool's result.
    #[track_caller]
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> String {
        let answer = self.ask("tools/call", json!({ "name": tool, "arguments": arguments }));
        assert_ne!(answer["result"]["isError"], true, "{answer}");
        let text = answer["result"]["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text: {answer}")).to_owned()
    }

    /// A result without what one era has and the other has not.
    pub(crate) fn plain(&mut self, method: &str, params: Value) -> Value {
        let mut result = self.ask(method, params)["result"].take();
        let cached = matches!(
            method,
            "tools/list" | "resources/list" | "resources/templates/list" | "prompts/list" | "resources/read"
        );
        let modern = [result["resultType"].take(), result["ttlMs"].take(), result["cacheScope"].take()];
        let is = |present: bool| if present { self.is_modern() } else { false };
        assert_eq!(modern[0].is_null(), !self.is_modern(), "{method}: {result}");
        assert_eq!(!modern[1].is_null(), is(cached), "{method}: {result}");
        assert_eq!(modern[2] == "private", is(cached), "{method}: {result}");
        let object = result.as_object_mut().unwrap();
        object.retain(|_, member| !member.is_null());
        result
    }

    /// The methods of what it was asked since the last time.
    pub(crate) fn asked(&mut self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.asked)
    }

    /// True where a notification of this method has come and was not asked for.
    pub(crate) fn has_heard(&self, method: &str) -> bool {
        self.heard.iter().any(|message| message["method"] == method)
    }

    /// The next notification of this method, heard already or yet to come.
    pub(crate) fn hears(&mut self, method: &str) -> Value {
        if let Some(place) = self.heard.iter().position(|message| message["method"] == method) {
            return self.heard.swap_remove(place);
        }
        loop {
            let message = self.piped.hear().expect("a notification");
            if message["method"] == method {
                return message;
            }
            self.heard.push(message);
        }
    }
}

/// Runs `check` for a client of each version with a server of each version. Each client version has a kernel of its own:
/// the notices that one session hears in a second are bounded.
pub(crate) fn each_pair(check: impl Fn(&Stage, &mut Talker, &str)) {
    for version in VERSIONS {
        let stage = stage();
        for of_server in VERSIONS {
            let mut talker = Talker::open(&stage, version, of_server, able());
            check(&stage, &mut talker, of_server);
        }
        stage.kernel.finish();
    }
}

#[test]
fn what_a_server_has_is_the_same_for_a_client_of_each_version() {
    each_pair(|_, client, of_server| {
        let pair = format!("{} with {of_server}", client.version);
        assert_eq!(
            client.greeting["capabilities"],
            json!({ "tools": { "listChanged": true }, "resources": { "listChanged": true, "subscribe": true },
                    "prompts": { "listChanged": true }, "completions": {}, "logging": {} }),
            "{pair}"
        );
        assert_eq!(client.greeting["instructions"], "Be brief.", "{pair}");
        assert_eq!(client.call("echo", json!({ "text": "ü" })), "ü", "{pair}");
        let page = client.plain("resources/list", json!({}));
        assert_eq!(
            page,
            json!({ "resources": [{ "uri": "file:///a", "name": "a" }, { "uri": "file:///b", "name": "b" }],
                    "nextCursor": "2" }),
            "{pair}"
        );
        let page = client.plain("resources/list", json!({ "cursor": "2" }));
        assert_eq!(page, json!({ "resources": [super::shown::resource()] }), "{pair}");
        let templates = client.plain("resources/templates/list", json!({}));
        assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "file:///{name}", "{pair}");
        let read = client.plain("resources/read", json!({ "uri": "file:///a" }));
        assert_eq!(
            read,
            json!({ "contents": [{ "uri": "file:///a", "mimeType": "text/plain", "text": "a" }] }),
            "{pair}"
        );
        let prompts = client.plain("prompts/list", json!({}));
        assert_eq!(prompts["prompts"].as_array().unwrap().len(), 2, "{pair}");
        let got = client.plain("prompts/get", json!({ "name": "plain", "arguments": { "who": "x" } }));
        assert_eq!(got["messages"][0]["content"]["text"], r#"[{"who": "x"}, {}]"#, "{pair}");
        let completed = client.plain(
            "completion/complete",
            json!({ "ref": { "type": "ref/prompt", "name": "asking" }, "argument": { "name": "who", "value": "f" } }),
        );
        assert_eq!(
            completed,
            json!({ "completion": { "values": ["fringe"], "total": 1, "hasMore": false } }),
            "{pair}"
        );
    });
}

#[test]
fn a_resource_that_is_not_there_is_refused_in_the_words_of_the_client_s_version() {
    each_pair(|_, client, of_server| {
        let answer = client.ask("resources/read", json!({ "uri": "file:///none" }));
        let code = if client.is_modern() { -32602 } else { -32002 };
        assert_eq!(answer["error"]["code"], code, "{} with {of_server}: {answer}", client.version);
    });
}

#[test]
fn what_a_server_asks_reaches_the_client_in_its_own_way_and_the_answer_the_server() {
    each_pair(|_, client, of_server| {
        let pair = format!("{} with {of_server}", client.version);
        // Elicitation exists from 2025-06-18 on.
        let mut names = vec!["sample", "roots"];
        names.extend(client.elicits().then_some("form"));
        let told = client.call("ask", json!({ "names": names }));
        let mut expected = json!({
            "sample": { "role": "assistant", "model": "m", "content": { "type": "text", "text": "7" } },
            "roots": { "roots": [{ "uri": "file:///work" }] },
        });
        if client.elicits() {
            expected["form"] = json!({ "action": "accept", "content": { "word": "ü" } });
        }
        assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), expected, "{pair}");
        let mut asked = client.asked();
        let form = json!({ "message": "Which word?", "requestedSchema": {
            "type": "object", "properties": { "word": { "type": "string" } }, "required": ["word"] } });
        // What other servers said is not this server's to have.
        let sample = json!({ "maxTokens": 9,
            "messages": [{ "role": "user", "content": { "type": "text", "text": "Say a number" } }] });
        let mut questions =
            vec![("roots/list".to_owned(), json!({})), ("sampling/createMessage".to_owned(), sample)];
        questions.extend(client.elicits().then(|| ("elicitation/create".to_owned(), form)));
        asked.sort_by(|one, other| one.0.cmp(&other.0));
        questions.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(asked, questions, "{pair}");
        let read = client.plain("resources/read", json!({ "uri": "ask://roots" }));
        assert!(read["contents"][0]["text"].as_str().unwrap().contains("file:///work"), "{pair}: {read}");
        let got = client.plain("prompts/get", json!({ "name": "asking", "arguments": {} }));
        assert!(
            got["messages"][0]["content"]["text"].as_str().unwrap().contains("assistant"),
            "{pair}: {got}"
        );
        assert_eq!(client.call("ask_often", json!({ "times": 4 })), "asked 4 times", "{pair}");
    });
}

#[test]
fn a_page_to_open_and_tools_for_a_model_are_asked_for_where_the_client_s_version_has_them() {
    each_pair(|_, client, of_server| {
        let pair = format!("{} with {of_server}", client.version);
        for name in ["url", "sample_tools"] {
            let answer = client.ask("tools/call", json!({ "name": "ask", "arguments": { "names": [name] } }));
            let asked = client.asked();
            if client.version < "2025-11-25" {
                assert_eq!(asked, [], "{pair} {name}");
                assert!(
                    answer["error"].is_object()
                        || answer["result"]["isError"] == true
                        || answer["result"]["content"][0]["text"].as_str().unwrap().contains("cancel"),
                    "{pair}: {answer}"
                );
                continue;
            }
            let [(_, params)] = asked.as_slice() else { panic!("{pair} {name}: {asked:?} {answer}") };
            if name == "url" {
                assert_eq!(params["url"], "https://login.example/x", "{pair}");
                assert_eq!(params["elicitationId"].is_string(), !client.is_modern(), "{pair}: {params}");
            } else {
                assert_eq!(params["tools"][0]["name"], "add", "{pair}");
            }
        }
    });
}

#[test]
fn a_server_is_told_what_the_client_can_be_asked_and_does_not_ask_for_more() {
    let stage = stage();
    for version in VERSIONS {
        for of_server in VERSIONS {
            let name = format!("v{of_server}");
            let mut client = Talker::open(&stage, version, of_server, json!({ "roots": {} }));
            let answer =
                client.ask("tools/call", json!({ "name": "ask", "arguments": { "names": ["sample"] } }));
            assert_eq!(client.asked(), [], "{version} with {of_server}: {answer}");
            let told = journal(&stage.kernel.home, &name);
            let event = if of_server == "2026-07-28" { "capabilities" } else { "initialize" };
            let last = told.iter().rfind(|entry| entry["event"] == event).unwrap();
            assert_eq!(last["capabilities"], json!({ "roots": {} }), "{version} with {of_server}");
        }
    }
    stage.kernel.finish();
}

#[test]
fn progress_and_log_messages_come_to_the_call_in_each_version() {
    each_pair(|_, client, of_server| {
        let pair = format!("{} with {of_server}", client.version);
        let meta = if client.is_modern() {
            json!({ "progressToken": "mine", "io.modelcontextprotocol/logLevel": "warning" })
        } else {
            client.ask("logging/setLevel", json!({ "level": "warning" }));
            json!({ "progressToken": "mine" })
        };
        client.ask("tools/call", json!({ "name": "report", "_meta": meta }));
        let progress: Vec<Value> = client.heard.drain(..).map(|message| message["params"].clone()).collect();
        assert_eq!(
            progress,
            [
                json!({ "progressToken": "mine", "progress": 1, "total": 2 }),
                json!({ "progressToken": "mine", "progress": 2, "total": 2 })
            ],
            "{pair}"
        );
        client.ask("tools/call", json!({ "name": "log", "_meta": meta }));
        let line = client.hears("notifications/message");
        assert_eq!(line["params"], json!({ "level": "error", "logger": "fake", "data": "a line" }), "{pair}");
        assert_eq!(client.heard, [] as [Value; 0], "{pair}: what is below the level is not heard");
    });
}

#[test]
fn a_call_that_is_given_up_ends_at_the_server() {
    each_pair(|stage, client, of_server| {
        let name = format!("v{of_server}");
        let is = |event: &str| {
            let event = event.to_owned();
            move |entry: &Value| entry["event"] == event.as_str()
        };
        let before = journal(&stage.kernel.home, &name).iter().filter(|entry| is("cancelled")(entry)).count();
        let held = json!({ "name": "hold", "arguments": { "file": stage.gate("never") } });
        let calls = |entry: &Value| entry["event"] == "call" && entry["tool"] == "hold";
        let began = journal(&stage.kernel.home, &name).iter().filter(|entry| calls(entry)).count();
        let id = client.send("tools/call", held);
        seen(&stage.kernel.home, &name, began + 1, calls);
        client.piped.say(
            &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }),
        );
        seen(&stage.kernel.home, &name, before + 1, is("cancelled"));
        assert_eq!(client.call("echo", json!({ "text": "on" })), "on");
    });
}

#[test]
fn changes_of_lists_and_of_followed_resources_are_heard_in_each_version() {
    each_pair(|_, client, of_server| {
        let pair = format!("{} with {of_server}", client.version);
        assert_eq!(client.call("echo", json!({ "text": "x" })), "x");
        let uri = "file:///a";
        let listening = if client.is_modern() {
            let wants = json!({ "toolsListChanged": true, "resourceSubscriptions": [uri] });
            let id = client.send("subscriptions/listen", json!({ "notifications": wants }));
            let acknowledged = client.hears("notifications/subscriptions/acknowledged");
            assert_eq!(acknowledged["params"]["notifications"], wants, "{pair}");
            Some(id)
        } else {
            let answer = client.ask("resources/subscribe", json!({ "uri": uri }));
            assert_eq!(answer["result"], json!({}), "{pair}: {answer}");
            None
        };
        let change = |method: &str, params: Value| json!({ "method": method, "params": params });
        let updated = "notifications/resources/updated";
        client.call("change", change(updated, json!({ "uri": "file:///b" })));
        client.call("change", change(updated, json!({ "uri": uri })));
        let heard = client.hears(updated);
        assert_eq!(heard["params"]["uri"], uri, "{pair}");
        client.call("change", change("notifications/tools/list_changed", json!({})));
        let heard = client.hears("notifications/tools/list_changed");
        if let Some(id) = listening {
            assert_eq!(heard["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id, "{pair}");
            client.piped.say(
                &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }),
            );
        } else {
            assert_eq!(
                client.ask("resources/unsubscribe", json!({ "uri": uri }))["result"],
                json!({}),
                "{pair}"
            );
        }
    });
}

#[test]
fn what_a_legacy_version_cannot_hold_is_left_out() {
    each_pair(|_, client, of_server| {
        let pair = format!("{} with {of_server}", client.version);
        let mut tools = Vec::new();
        let mut cursor = None;
        loop {
            let params = cursor.map_or_else(|| json!({}), |cursor: Value| json!({ "cursor": cursor }));
            let page = client.plain("tools/list", params);
            tools.extend(page["tools"].as_array().unwrap().clone());
            let Some(next) = page.get("nextCursor") else { break };
            cursor = Some(next.clone());
        }
        let tool = tools.iter().find(|tool| tool["name"] == "structure").unwrap();
        let result = client.plain("tools/call", json!({ "name": "structure" }));
        let (schema, content) = match (client.is_modern(), of_server) {
            (true, "2026-07-28") => (json!("array"), json!([1])),
            (false, "2026-07-28") => (Value::Null, Value::Null),
            _ => (json!("object"), json!({ "a": 1 })),
        };
        assert_eq!(
            (&tool["outputSchema"]["type"], &result["structuredContent"]),
            (&schema, &content),
            "{pair}"
        );
    });
}

#[test]
fn a_server_that_ends_when_it_is_greeted_in_the_other_era_is_started_anew() {
    let stage = stage();
    for (version, of_server) in [("2025-11-25", "2026-07-28"), ("2026-07-28", "2025-11-25")] {
        let mut server = server(&stage.kernel.home, of_server);
        server["args"].as_array_mut().unwrap().push("leaves".into());
        let role = json!({ "wrap": { "name": format!("v{of_server}"), "server": server } });
        let mut client = Talker::with(&stage.kernel, version, &role, able());
        assert_eq!(client.call("echo", json!({ "text": "x" })), "x");
        seen(&stage.kernel.home, &format!("v{of_server}"), 1, |entry| entry["event"] == "left");
    }
    stage.kernel.finish();
}

#[test]
fn a_legacy_server_hears_that_roots_changed_and_asks_for_them_outside_calls() {
    let stage = stage();
    let mut client =
        Talker::open(&stage, "2025-11-25", "2025-11-25", json!({ "roots": { "listChanged": true } }));
    assert_eq!(client.call("echo", json!({ "text": "x" })), "x");
    client.piped.say(&json!({ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" }));
    let asked = loop {
        let message = client.piped.hear().unwrap();
        if message["method"] == "roots/list" {
            break message;
        }
    };
    let roots = json!({ "roots": [{ "uri": "file:///new" }] });
    client.piped.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": roots }));
    let heard = |entry: &Value| entry["event"] == "roots" && entry["roots"][0]["uri"] == "file:///new";
    seen(&stage.kernel.home, "v2025-11-25", 1, heard);
    stage.kernel.finish();
}

/// A modern client's call that a legacy server has asked something within: the params that go on with it.
fn parked(client: &mut Talker) -> Value {
    let params = json!({ "name": "ask", "arguments": { "names": ["roots"] } });
    let id = client.send("tools/call", params.clone());
    let answer = client.piped.answer(id);
    assert_eq!(answer["result"]["resultType"], "input_required", "{answer}");
    let mut again = params;
    again["requestState"] = answer["result"]["requestState"].clone();
    again["inputResponses"] = json!({ "question": { "roots": [{ "uri": "file:///late" }] } });
    again
}

fn retry(client: &mut Talker, params: &Value) -> Value {
    let id = client.send("tools/call", params.clone());
    client.piped.answer(id)
}

#[test]
fn a_parked_call_goes_on_once_with_the_same_arguments_only() {
    let stage = stage();
    let mut client = Talker::open(&stage, "2026-07-28", "2025-11-25", able());
    let again = parked(&mut client);
    let mut other = again.clone();
    other["arguments"]["names"] = json!(["form"]);
    assert_eq!(retry(&mut client, &other)["error"]["code"], -32602);
    let mut silent = again.clone();
    silent.as_object_mut().unwrap().remove("inputResponses");
    let asked_again = retry(&mut client, &silent);
    assert_eq!(asked_again["result"]["inputRequests"]["question"]["method"], "roots/list", "{asked_again}");
    assert_eq!(retry(&mut client, &again)["error"]["code"], -32602, "that state has been used");
    let mut again = again;
    again["requestState"] = asked_again["result"]["requestState"].clone();
    let done = retry(&mut client, &again);
    assert_eq!(
        done["result"]["content"][0]["text"], r#"{"roots": {"roots": [{"uri": "file:///late"}]}}"#,
        "{done}"
    );
    assert_eq!(retry(&mut client, &again)["error"]["code"], -32602, "that state has been used");
    let calls = journal(&stage.kernel.home, "v2025-11-25");
    assert_eq!(calls.iter().filter(|entry| entry["event"] == "call").count(), 1, "{calls:?}");
    assert_eq!(stage.kernel.outcomes("ask"), ["ok", "parked", "parked"]);
    stage.kernel.finish();
}

#[test]
fn a_parked_call_that_nobody_comes_back_to_is_cancelled_at_the_server() {
    let well = |home: &Home| Map::from_iter([("well".into(), super::fake::entry(home, "well", "well"))]);
    let stage = Stage::with(json!({ "person": "200ms" }), well);
    let mut client = Talker::open(&stage, "2026-07-28", "2025-11-25", able());
    let again = parked(&mut client);
    seen(&stage.kernel.home, "v2025-11-25", 1, |entry| entry["event"] == "cancelled");
    assert_eq!(retry(&mut client, &again)["error"]["code"], -32602);
    assert_eq!(client.call("echo", json!({ "text": "on" })), "on");
    stage.kernel.finish();
}

#[test]
fn a_server_is_not_told_a_credential_that_an_answer_holds() {
    let secret = format!("ghp_{}", "a1B2".repeat(9));
    each_pair(|_, client, of_server| {
        if !client.elicits() {
            return;
        }
        let params = json!({ "name": "ask", "arguments": { "names": ["form"] } });
        let mut id = client.send("tools/call", params.clone());
        let answer = json!({ "action": "accept", "content": { "word": secret } });
        let told = loop {
            let message = client.piped.hear().unwrap();
            if message["method"] == "elicitation/create" {
                client.piped.say(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": answer }));
            } else if message["result"]["resultType"] == "input_required" {
                let key = message["result"]["inputRequests"].as_object().unwrap().keys().next().unwrap();
                let mut again = params.clone();
                again["inputResponses"] = json!({ key.as_str(): answer });
                again["requestState"] = message["result"]["requestState"].clone();
                id = client.send("tools/call", again);
            } else if message["id"] == id {
                break message;
            }
        };
        let told = told["result"]["content"][0]["text"].as_str().unwrap_or_default();
        assert!(told.contains("[redacted:"), "{} with {of_server}: {told}", client.version);
    });
}

#[test]
fn a_batch_is_answered_at_once_in_the_version_that_has_batches_and_refused_in_others() {
    let stage = stage();
    for (version, of_server) in
        [("2025-03-26", "2026-07-28"), ("2025-03-26", "2025-11-25"), ("2025-06-18", "2025-11-25")]
    {
        let mut client = Talker::open(&stage, version, of_server, able());
        let call = |id: i64, text: &str| {
            json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
                    "params": { "name": "echo", "arguments": { "text": text } } })
        };
        let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let opening = json!({ "jsonrpc": "2.0", "id": 103, "method": "initialize", "params": {} });
        client.piped.say(&json!([call(101, "one"), note, call(102, "two"), 7, opening]));
        let answer = client.piped.hear().unwrap();
        if version != "2025-03-26" {
            assert_eq!(answer["error"]["code"], -32600, "{answer}");
            continue;
        }
        let [one, two, wrong, opened] = answer.as_array().unwrap().as_slice() else { panic!("{answer}") };
        let text = |answer: &Value| answer["result"]["content"][0]["text"].clone();
        assert_eq!((&one["id"], text(one)), (&json!(101), json!("one")), "{answer}");
        assert_eq!((&two["id"], text(two)), (&json!(102), json!("two")), "{answer}");
        assert_eq!((&wrong["error"]["code"], &opened["error"]["code"]), (&json!(-32600), &json!(-32600)));
    }
    stage.kernel.finish();
}

/// The stream of a client of 2024-11-05, and where it posts to.
fn stream(stage: &Stage, path: &str) -> (Connection, String) {
    let get = request("GET", path, &[("Accept", "text/event-stream")], "");
    let mut stream = Connection::with(stage.kernel.address, &get);
    let head = stream.head().unwrap();
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    let address = stream.message().as_str().unwrap().to_owned();
    assert!(address.starts_with(&format!("{path}?")), "{address}");
    (stream, address)
}

fn posted(stage: &Stage, address: &str, message: &Value) -> u16 {
    let post = request("POST", address, &[], message.to_string());
    Connection::with(stage.kernel.address, &post).answer().unwrap().status
}

#[test]
fn a_client_of_2024_11_05_talks_over_its_own_transport() {
    let stage = stage();
    let (mut heard, address) = stream(&stage, "/servers/well/sse");
    let opening = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": { "name": "old", "version": "1" } } });
    let call = |id: i64, text: &str| {
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
                "params": { "name": "echo", "arguments": { "text": text } } })
    };
    assert_eq!(posted(&stage, &address, &opening), 202);
    let opened = heard.message();
    assert_eq!((&opened["id"], &opened["result"]["protocolVersion"]), (&json!(0), &json!("2024-11-05")));
    let long = "x".repeat(2 << 20);
    for (id, text) in [(1, "over the stream"), (2, long.as_str())] {
        assert_eq!(posted(&stage, &address, &call(id, text)), 202);
        let answer = heard.message();
        assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&json!(id), &json!(text)));
    }
    let elsewhere = address.replace("/servers/well/sse", "/sse");
    let mut forged = address.clone();
    forged.push('A');
    for (address, status) in [(elsewhere, 404), (forged, 404), ("/servers/well/sse".into(), 405)] {
        assert_eq!(posted(&stage, &address, &call(3, "x")), status, "{address}");
    }
    // Its stream is the conversation: what runs ends with it, and the address with both.
    let held = json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/call",
                       "params": { "name": "hold", "arguments": { "file": stage.gate("never") } } });
    assert_eq!(posted(&stage, &address, &held), 202);
    stage.took("well", "hold", 1);
    drop(heard);
    is_gone(&stage.kernel.home, "well");
    assert_eq!(stage.kernel.outcomes("hold"), ["cancelled"]);
    until("the address is gone", || posted(&stage, &address, &call(5, "x")) == 404);
    stage.kernel.finish();
}
