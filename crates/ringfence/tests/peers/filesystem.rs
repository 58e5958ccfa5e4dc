//! `wrap` of server-filesystem behind each client library: reads pass as they are, a write is asked, all of it is recorded.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::{Home, text};
use super::installed::{Server, part};

const DENIED: &str = "io.ringfence/denied";

/// The server by itself and wrapped.
fn both(home: &Home) -> [Value; 2] {
    let plain = direct(Server::Filesystem, &[home.path("files").to_str().unwrap()]);
    [plain.clone(), wrapped(home, "files", &plain)]
}

fn write(home: &Home) -> (String, Value) {
    let path = home.file("new.txt");
    (path.clone(), json!({ "path": path, "content": "written" }))
}

fn behind(peer: Peer) {
    let home = Home::new();
    let note = home.with_file("note.txt", "first line\nzweite Zeile: ü, \u{1f512}, \"quoted\"\n");
    let folder = home.path("files");
    let read = |name: &str, arguments: Value| json!({ "op": "call", "name": name, "arguments": arguments });
    let (new, new_file) = write(&home);

    let mut client = Client::start(&home, peer, &Person::Absent, &both(&home));
    assert_eq!(client.ready[1]["server"], client.ready[0]["server"], "server info");
    // The server is of the legacy era; a client that prefers the modern one need not know.
    let modern = json!("2026-07-28");
    let versions = [&client.ready[0]["version"], &client.ready[1]["version"]];
    assert!(versions[0] == versions[1] || *versions[1] == modern, "{versions:?}");
    client.same(json!({ "op": "tools" }));
    let noted = client.same(read("read_text_file", json!({ "path": note })));
    assert_eq!(noted["content"][0]["text"], "first line\nzweite Zeile: ü, \u{1f512}, \"quoted\"\n");
    client.same(read("list_directory", json!({ "path": folder })));
    client.same(read("directory_tree", json!({ "path": folder })));
    let missing = client.same(read("read_text_file", json!({ "path": home.file("missing.txt") })));
    assert_eq!(missing["isError"], true, "the server's own error: {missing}");
    let outside = client.same(read("read_text_file", json!({ "path": "/etc/hostname" })));
    assert_eq!(outside["isError"], true, "the server's own refusal: {outside}");

    let denied = client.call(1, "write_file", new_file.clone());
    assert_eq!((&denied["isError"], denied.get("structuredContent")), (&json!(true), None), "{denied}");
    let mut why = denied["_meta"][DENIED].clone();
    assert!(
        why.as_object_mut().unwrap().remove("approval_id").is_some(),
        "somebody else can be asked: {denied}"
    );
    assert_eq!(
        why,
        json!({
            "code": 1002,
            "rule": "ringfence.default.irreversible",
            "reason": "what the tool does cannot be taken back",
            "alternative": "write to a new name, or use a tool whose effect can be undone",
        })
    );
    assert!(!Path::new(&new).exists());
    drop(client);

    let mut client = Client::start(&home, peer, &Person::declines(), &both(&home)[1..]);
    let denied = client.call(0, "write_file", new_file.clone());
    assert_eq!(
        (&denied["isError"], &denied["_meta"][DENIED]["code"]),
        (&json!(true), &json!(1001)),
        "{denied}"
    );
    assert_eq!(client.questions().len(), 1);
    assert!(!Path::new(&new).exists());
    drop(client);

    let mut client = Client::start(&home, peer, &Person::allows(), &both(&home));
    let written = client.call(1, "write_file", new_file.clone());
    assert_eq!(text(&new), "written");
    assert_eq!(written, client.call(0, "write_file", new_file), "as the server itself answers");
    let questions = client.questions();
    assert_eq!(questions.len(), 1, "{questions:?}");
    let message = questions[0]["message"].as_str().unwrap();
    assert!(
        message.contains("`write_file`") && message.contains("`files`") && message.contains(&new),
        "{message}"
    );
    drop(client);

    assert_eq!(
        home.judged("write_file"),
        [
            json!(["ask", null, 1002]),
            json!(["ask", null, 1002]),
            json!(["deny", null, 1001]),
            json!(["ask", null, 1002]),
            json!(["ask", "ok", null]),
        ]
    );
    // What is outside and what is missing were the server's own errors.
    let read = ["error", "error", "ok"].map(|outcome| json!(["allow", outcome, null]));
    let mut judged = home.judged("read_text_file");
    judged.sort_by_key(Value::to_string);
    assert_eq!(judged, read);
    home.verified();
}

#[test]
fn behind_pypi_mcp() {
    behind(Peer::Mcp);
}

#[test]
fn behind_fastmcp() {
    behind(Peer::FastMcp);
}

#[test]
fn behind_npm_sdk_1() {
    behind(Peer::Sdk);
}

#[test]
fn behind_npm_client_2() {
    behind(Peer::Client);
}

#[test]
fn behind_npm_client_2_in_auto_mode() {
    behind(Peer::ClientAuto);
}

#[test]
fn behind_inspector() {
    let home = Home::new();
    let note = home.with_file("note.txt", "seen by the inspector\n");
    let (new, _) = write(&home);
    let [plain, through] = both(&home);
    let inspect = |server: &Value, method: &[&str]| -> Value {
        let config = home.path("inspector.json");
        std::fs::write(&config, json!({ "mcpServers": { "s": server } }).to_string()).unwrap();
        let mut arguments = vec!["--cli", "--config", config.to_str().unwrap(), "--server", "s", "--method"];
        arguments.extend(method);
        let ran = home.run(part("node_modules/.bin/inspector"), &arguments);
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    };
    let list = ["tools/list"];
    assert_eq!(inspect(&through, &list), inspect(&plain, &list));
    let path = format!("path={note}");
    let read = ["tools/call", "--tool-name", "read_text_file", "--tool-arg", &path];
    let text = inspect(&through, &read);
    assert_eq!(text["content"][0]["text"], "seen by the inspector\n");
    assert_eq!(text, inspect(&plain, &read));
    let path = format!("path={new}");
    let write = ["tools/call", "--tool-name", "write_file", "--tool-arg", &path, "content=x"];
    let denied = inspect(&through, &write);
    assert_eq!(denied["isError"], true, "{denied}");
    assert!(!Path::new(&new).exists());
    assert_eq!(home.judged("read_text_file"), [json!(["allow", "ok", null])]);
}

#[test]
fn one_changed_byte_of_the_journal_is_found_and_named() {
    let home = Home::new();
    let note = home.with_file("note.txt", "text\n");
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &both(&home)[1..]);
    client.call(0, "read_text_file", json!({ "path": note }));
    client.call(0, "write_file", write(&home).1);
    drop(client);
    let calls = home.tool_calls();
    let shown: Vec<Value> = calls
        .iter()
        .map(|call| json!([call["server"], call["tool"], call["effects"], call["decision"], call["rule"]]))
        .collect();
    assert_eq!(
        shown,
        [
            json!(["files", "read_text_file", ["read"], "allow", "ringfence.default.read"]),
            json!(["files", "write_file", ["write", "delete"], "ask", "ringfence.default.irreversible"]),
        ]
    );
    home.verified();

    let segments = std::fs::read_dir(home.data().join("journal")).unwrap();
    let found = segments.filter_map(|entry| {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).ok()?;
        let target = br#""target":"write_file""#;
        let kind = br#""entry":"ruling""#;
        // Members stand by name: the kind of an entry before its target.
        let ruling = |at: &usize| {
            let before = &bytes[..*at];
            let last = before.windows(9).rposition(|window| window == br#""entry":""#).unwrap();
            before[last..].starts_with(kind)
        };
        let mut places = bytes.windows(target.len()).enumerate();
        let at = places.by_ref().filter(|(_, window)| window == target).map(|(at, _)| at).find(ruling)? + 10;
        Some((path, bytes, at))
    });
    let [(path, mut bytes, at)] = <[_; 1]>::try_from(found.collect::<Vec<_>>()).unwrap();
    bytes[at] = b'W';
    std::fs::write(&path, bytes).unwrap();
    let (code, verified) = home.ringfence(&["audit", "verify"]);
    assert_eq!(
        (code, &verified["valid"], &verified["entry"]),
        (1, &json!(false), &calls[1]["index"]),
        "{verified}"
    );
}

#[test]
fn init_writes_down_what_the_tools_of_configured_servers_do() {
    let home = Home::new();
    let folder = home.path("files");
    std::fs::create_dir_all(&folder).unwrap();
    let program = Server::Filesystem.program();
    home.configure(&format!(
        "version: 1\nservers:\n  files: {{ command: {program:?}, args: [{:?}] }}\n",
        folder.display().to_string()
    ));
    let mut init = home.command(env!("CARGO_BIN_EXE_ringfence"), &["init", "--passphrase-stdin"]);
    let mut init = init.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    init.stdin.take().unwrap().write_all(b"not a real passphrase\n").unwrap();
    let ended = init.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let review = text(home.path("tools.review.yaml"));
    assert!(review.contains("\nservers:\n  files:\n    tools:\n"), "{review}");
    let read = "      \"read_text_file\": { effects: [read], consequential: [\"/path\"] } # catalogue\n";
    assert!(review.contains(read), "{review}");
    assert!(!review.contains("verify_code_safety"), "our own tools need no word of the operator: {review}");
}
