//! `serve --servers`: several real servers behind one endpoint and behind endpoints of their own, over Streamable HTTP.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, at, direct};
use super::home::{Background, Home};
use super::installed::Server;
use super::wait::until;
use super::web::{free_port, listens};

/// server-everything over Streamable HTTP; also its URL.
fn remote(home: &Home) -> (Background, String) {
    let port = free_port();
    let program = Server::Everything.program();
    let server = home.background(&program, &["streamableHttp"], &[("PORT", &port.to_string())]);
    until("server-everything listens", || listens(port).then_some(()));
    (server, format!("http://127.0.0.1:{port}/mcp"))
}

/// The elements of a list on the shared endpoint that are of one server, under its own names.
fn part_of(pages: &Value, member: &str, key: &str, prefix: &str) -> Vec<Value> {
    let all = pages.as_array().unwrap().iter().flat_map(|page| page[member].as_array().unwrap());
    all.filter_map(|element| {
        let mut element = element.clone();
        let own = element[key].as_str().unwrap().strip_prefix(prefix)?.to_owned();
        element[key] = own.into();
        Some(element)
    })
    .collect()
}

/// All elements of a list.
fn all_of(pages: &Value, member: &str) -> Vec<Value> {
    pages.as_array().unwrap().iter().flat_map(|page| page[member].as_array().unwrap()).cloned().collect()
}

#[test]
fn all_servers_are_behind_one_endpoint_and_each_behind_its_own() {
    let mut home = Home::new();
    let note = home.with_file("note.txt", "over HTTP\n");
    let folder = home.path("files");
    let (_remote, url) = remote(&home);
    let files = direct(Server::Filesystem, &[folder.to_str().unwrap()]);
    let everything = direct(Server::Everything, &[]);
    home.serve(&json!({ "files": files, "everything": everything, "remote": { "url": url } }), &[]);
    let servers = [
        at(&home.url("/mcp")),
        at(&home.url("/servers/files/mcp")),
        at(&home.url("/servers/everything/mcp")),
        at(&home.url("/servers/remote/mcp")),
        files,
        everything,
        at(&url),
    ];
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &servers);
    let versions: Vec<&Value> =
        client.ready.as_array().unwrap()[..4].iter().map(|ready| &ready["version"]).collect();
    assert_eq!(versions, ["2025-11-25"; 4]);
    assert_eq!(client.ready[0]["server"]["name"], "ringfence");

    // Lists: on the server's own endpoint as the server gives them, on the shared one prefixed.
    let lists = [
        ("tools", "tools", "name"),
        ("prompts", "prompts", "name"),
        ("resources", "resources", "uri"),
        ("templates", "resourceTemplates", "uriTemplate"),
    ];
    for (place, name) in [(1, "files"), (2, "everything"), (3, "remote")] {
        for (op, member, key) in lists {
            if name == "files" && op != "tools" {
                continue;
            }
            let mut list = |server: usize| client.ask(&json!({ "op": op, "server": server }));
            let own = list(place);
            assert_eq!(own, list(place + 3), "{name}: {op}");
            let prefix = if key == "name" { format!("{name}__") } else { format!("mcp+{name}+") };
            assert_eq!(part_of(&list(0), member, key, &prefix), all_of(&own, member), "{name}: {op}");
        }
    }
    let names = client.tool_names(0);
    let built_in: Vec<&String> = names.iter().filter(|name| !name.contains("__")).collect();
    assert_eq!(built_in, ["verify_code_safety", "get_audit_log", "ringfence_status"]);

    let mut same = |shared: Value, own: Value, place: usize| {
        let mut on = |server: usize, operation: &Value| {
            let mut operation = operation.clone();
            operation["server"] = server.into();
            client.ask(&operation)
        };
        let (shared, through, plain) = (on(0, &shared), on(place, &own), on(place + 3, &own));
        assert_eq!(through, plain, "{own}");
        (shared, through)
    };
    let call = |name: &str, arguments: &Value| json!({ "op": "call", "name": name, "arguments": arguments });
    let arguments = json!({ "path": note });
    let (shared, own) =
        same(call("files__read_text_file", &arguments), call("read_text_file", &arguments), 1);
    assert_eq!(shared, own);
    for (place, name) in [(2, "everything"), (3, "remote")] {
        let arguments = json!({ "a": 2, "b": 40 });
        let (shared, own) =
            same(call(&format!("{name}__get-sum"), &arguments), call("get-sum", &arguments), place);
        assert_eq!(shared, own);
        let prompt = |name: &str| json!({ "op": "prompt", "name": name });
        let (shared, own) = same(prompt(&format!("{name}__simple-prompt")), prompt("simple-prompt"), place);
        assert_eq!(shared, own);
        let uri = "demo://resource/static/document/architecture.md";
        let read = |uri: &str| json!({ "op": "read", "uri": uri });
        let prefixed = format!("mcp+{name}+{uri}");
        let (mut shared, own) = same(read(&prefixed), read(uri), place);
        assert_eq!(shared["contents"][0]["uri"].take(), prefixed);
        shared["contents"][0]["uri"] = uri.into();
        assert_eq!(shared, own);
    }
    let status = client.call(0, "ringfence_status", json!({}));
    assert_ne!(status["isError"], true, "{status}");
    drop(client);
    assert_eq!(home.judged("get-sum").len(), 4);
    home.verified();
}

#[test]
fn links_in_results_can_be_read_on_the_shared_endpoint() {
    let mut home = Home::new();
    home.serve(&json!({ "everything": direct(Server::Everything, &[]) }), &[]);
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[at(&home.url("/mcp"))]);
    let links = client.call(0, "everything__get-resource-links", json!({ "count": 2 }));
    let blocks = links["content"].as_array().unwrap();
    let uris: Vec<&str> = blocks
        .iter()
        .filter(|block| block["type"] == "resource_link")
        .map(|block| block["uri"].as_str().unwrap())
        .collect();
    assert_eq!(uris.len(), 2, "{links}");
    for uri in uris {
        let read = client.ask(&json!({ "op": "read", "uri": uri }));
        assert_eq!(read["contents"][0]["uri"], uri);
    }
}

#[test]
fn a_client_of_either_era_finds_servers_of_both() {
    let mut home = Home::new();
    home.serve(
        &json!({ "time": direct(Server::Time, &["--local-timezone", "UTC"]), "everything": direct(Server::Everything, &[]) }),
        &[],
    );
    let noon = json!({ "source_timezone": "Asia/Tokyo", "time": "12:00", "target_timezone": "Asia/Kolkata" });
    let difference = |result: &Value| result["structuredContent"]["time_difference"].clone();

    let mut modern = Client::start(&home, Peer::Mcp, &Person::Absent, &[at(&home.url("/servers/time/mcp"))]);
    assert_eq!(modern.ready[0]["version"], "2026-07-28");
    assert_eq!(modern.tool_names(0), ["get_current_time", "convert_time"]);
    assert_eq!(difference(&modern.call(0, "convert_time", noon.clone())), "-3.5h");

    // server-everything is legacy: an automatic client need not know.
    let mut auto = Client::start(
        &home,
        Peer::Mcp,
        &Person::Absent,
        &[at(&home.url("/servers/everything/mcp")), at(&home.url("/mcp"))],
    );
    let versions: Vec<&Value> =
        auto.ready.as_array().unwrap().iter().map(|ready| &ready["version"]).collect();
    assert_eq!(versions, ["2026-07-28", "2026-07-28"]);
    let echo = auto.call(0, "echo", json!({ "message": "legacy" }));
    assert_eq!(echo["content"][0]["text"], "Echo: legacy");
    assert_eq!(difference(&auto.call(1, "time__convert_time", noon)), "-3.5h");
}

#[test]
fn a_dead_server_does_not_hurt_the_others() {
    let mut home = Home::new();
    home.serve(
        &json!({
            "missing": { "command": home.path("no-such-program") },
            "failing": { "command": "/bin/sh", "args": ["-c", "echo broken >&2; exit 3"] },
            "refusing": { "url": format!("http://127.0.0.1:{}/mcp", free_port()) },
            "everything": direct(Server::Everything, &[]),
        }),
        &[],
    );
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[at(&home.url("/mcp"))]);
    let names = client.tool_names(0);
    assert!(names.iter().any(|name| name == "everything__echo"), "{names:?}");
    for dead in ["missing", "failing", "refusing"] {
        let denied = client.call(0, &format!("{dead}__echo"), json!({ "message": "x" }));
        assert_eq!(denied["isError"], true, "{denied}");
        assert_eq!(denied["_meta"]["io.ringfence/denied"]["code"], 1004, "{denied}");
        let echo = client.call(0, "everything__echo", json!({ "message": dead }));
        assert_eq!(echo["content"][0]["text"], format!("Echo: {dead}"));
    }
    let status = home.status();
    let open: Vec<&Value> =
        status["servers"].as_array().unwrap().iter().filter(|server| server["state"] == "open").collect();
    assert_eq!(open.len(), 1, "{status}");
    assert_eq!(open[0]["name"], "everything");
}

#[test]
fn a_servers_environment_is_the_base_and_what_its_entry_names() {
    let mut home = Home::new();
    let folder = home.path("files").display().to_string();
    let mut entry = direct(Server::Everything, &[]);
    entry["env"] = json!({ "NAMED": "by the entry" });
    home.serve(
        &json!({ "everything": entry }),
        &[("LANG", "C.UTF-8"), ("TZ", "UTC"), ("TMPDIR", &folder), ("SOME_API_KEY", "of the kernel only")],
    );
    let mut client =
        Client::start(&home, Peer::Sdk, &Person::Absent, &[at(&home.url("/servers/everything/mcp"))]);
    let told = client.call(0, "get-env", json!({}));
    let env: Value = serde_json::from_str(told["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(
        env,
        json!({
            "PATH": super::installed::search_path(),
            "HOME": home.path("").to_str().unwrap().trim_end_matches('/'),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TMPDIR": folder,
            "NAMED": "by the entry",
        })
    );
}

#[test]
fn a_write_is_asked_over_http_too() {
    let mut home = Home::new();
    let new = home.file("new.txt");
    home.serve(&json!({ "files": direct(Server::Filesystem, &[home.path("files").to_str().unwrap()]) }), &[]);
    for (peer, person, written) in [
        (Peer::Sdk, Person::Absent, false),
        (Peer::Sdk, Person::declines(), false),
        (Peer::Sdk, Person::allows(), true),
        (Peer::Mcp, Person::allows(), true),
        (Peer::ClientAuto, Person::allows(), true),
    ] {
        let _absent = std::fs::remove_file(&new);
        let mut client = Client::start(&home, peer, &person, &[at(&home.url("/mcp"))]);
        client.call(0, "files__write_file", json!({ "path": new, "content": "x" }));
        assert_eq!(std::path::Path::new(&new).exists(), written, "{peer:?} {person:?}");
    }
}

#[test]
fn questions_of_one_server_to_two_clients_are_kept_apart() {
    let mut home = Home::new();
    home.serve(&json!({ "everything": direct(Server::Everything, &[]) }), &[]);
    let server = [at(&home.url("/servers/everything/mcp"))];
    let mut clients: Vec<(Client, &str)> = ["Ada", "Bob"]
        .map(|name| {
            let answer = json!({ "action": "accept", "content": { "name": name, "check": true } });
            (Client::start(&home, Peer::Sdk, &Person::Says(answer), &server), name)
        })
        .into();
    std::thread::scope(|scope| {
        for (client, name) in &mut clients {
            scope.spawn(move || {
                for _ in 0..5 {
                    let told = client.call(0, "trigger-elicitation-request", json!({})).to_string();
                    let other = if *name == "Ada" { "Bob" } else { "Ada" };
                    assert!(told.contains(*name) && !told.contains(other), "{name}: {told}");
                }
                assert_eq!(client.questions().len(), 5);
            });
        }
    });
}

#[test]
fn what_a_remote_server_says_beside_its_answers_arrives() {
    let mut home = Home::new();
    let (_remote, url) = remote(&home);
    home.serve(&json!({ "remote": { "url": url } }), &[]);
    let answer = json!({ "action": "accept", "content": { "name": "Ada", "check": true } });
    let mut client = Client::start(&home, Peer::Sdk, &Person::Says(answer), &[at(&home.url("/mcp"))]);
    let done = client.ask(&json!({
        "op": "call", "name": "remote__trigger-long-running-operation",
        "arguments": { "duration": 0.3, "steps": 3 }, "progress": true,
    }));
    assert_eq!(done["progress"].as_array().unwrap()[..2], [json!([1, 3]), json!([2, 3])]);
    let told = client.call(0, "remote__trigger-elicitation-request", json!({}));
    assert!(told.to_string().contains("Ada"), "{told}");
    let text = json!({ "name": "note.gz", "data": "data:text/plain,hello", "outputType": "resourceLink" });
    let linked = client.call(0, "remote__gzip-file-as-resource", text);
    client.heard("notifications/resources/list_changed");
    let uri = linked["content"][0]["uri"].clone();
    assert_eq!(uri, "mcp+remote+demo://resource/session/note.gz");
    assert_eq!(client.ask(&json!({ "op": "read", "uri": uri }))["contents"][0]["uri"], uri);
}

#[test]
fn every_server_over_stdio() {
    let home = Home::new();
    let servers = home.path("mcp.json");
    let file = json!({ "mcpServers": {
        "everything": direct(Server::Everything, &[]),
        "time": direct(Server::Time, &["--local-timezone", "UTC"]),
    } });
    std::fs::write(&servers, file.to_string()).unwrap();
    let through =
        super::client::ringfence(&home, &["serve", "--stdio", "--servers", servers.to_str().unwrap()]);
    let mut client = Client::start(&home, Peer::Client, &Person::Absent, &[through]);
    let names = client.tool_names(0);
    for name in ["ringfence_status", "everything__echo", "time__convert_time"] {
        assert!(names.iter().any(|listed| listed == name), "{name}: {names:?}");
    }
    let echo = client.call(0, "everything__echo", json!({ "message": "x" }));
    assert_eq!(echo["content"][0]["text"], "Echo: x");
    let (code, echo) =
        home.ringfence(&["tools", "call", "everything__echo", "--args", r#"{"message":"by hand"}"#]);
    assert_eq!((code, &echo["content"][0]["text"]), (0, &json!("Echo: by hand")), "{echo}");
}

#[test]
fn schemas_of_built_in_tools_are_clean_for_strict_validators() {
    let mut home = Home::new();
    home.serve(&json!({}), &[]);
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[at(&home.url("/mcp"))]);
    client.tool_names(0);
    let said = client.end();
    assert_eq!(said, "", "the validator of npm's sdk complains");
}

#[test]
fn a_legacy_client_that_leaves_over_http_does_not_end_its_call() {
    let mut home = Home::new();
    home.serve(&json!({ "everything": direct(Server::Everything, &[]) }), &[]);
    let mut client =
        Client::start(&home, Peer::Sdk, &Person::Absent, &[at(&home.url("/servers/everything/mcp"))]);
    client.begin("trigger-long-running-operation", json!({ "duration": 1, "steps": 10 }));
    client.heard_progress(1);
    client.kill();
    assert_eq!(home.judged_at_last("trigger-long-running-operation"), [json!(["allow", "ok", null])]);
}

#[test]
fn a_modern_client_that_leaves_over_http_cancels_its_call_at_the_server() {
    let mut home = Home::new();
    let script = super::installed::part("clients/modern_server.py");
    home.serve(
        &json!({ "modern": { "command": super::installed::part("venv/bin/python"), "args": [script] } }),
        &[],
    );
    let mut client =
        Client::start(&home, Peer::Mcp, &Person::Absent, &[at(&home.url("/servers/modern/mcp"))]);
    let (started, cancelled) = (home.path("started"), home.path("cancelled"));
    client.begin("read_slowly", json!({ "started": started, "cancelled": cancelled }));
    until("the call has begun", || started.exists().then_some(()));
    client.kill();
    until("the server is told", || cancelled.exists().then_some(()));
    assert_eq!(home.judged_at_last("read_slowly"), [json!(["allow", "cancelled", null])]);
}
