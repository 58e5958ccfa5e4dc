//! The servers of PyPI, which speak both eras, behind PyPI's mcp client: modern (auto) and legacy.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::Home;
use super::installed::Server;
use super::web::Site;

const ERAS: [(Peer, &str); 2] = [(Peer::Mcp, "2026-07-28"), (Peer::McpLegacy, "2025-11-25")];

fn connect(home: &Home, peer: Peer, version: &str, name: &str, plain: &Value) -> Client {
    let through = wrapped(home, name, plain);
    let client = Client::start(home, peer, &Person::Absent, &[plain.clone(), through]);
    assert_eq!(client.ready[0]["version"], version);
    assert_eq!(client.ready[1], client.ready[0], "version and server info");
    client
}

fn call(name: &str, arguments: Value) -> Value {
    json!({ "op": "call", "name": name, "arguments": arguments })
}

#[test]
fn time_in_both_eras() {
    for (peer, version) in ERAS {
        let home = Home::new();
        let mut client =
            connect(&home, peer, version, "time", &direct(Server::Time, &["--local-timezone", "UTC"]));
        client.same(json!({ "op": "tools" }));
        let noon =
            json!({ "source_timezone": "Asia/Tokyo", "time": "12:00", "target_timezone": "Asia/Kolkata" });
        // The answer names the day, which may change between two calls.
        let before = client.call(0, "convert_time", noon.clone());
        let through = client.call(1, "convert_time", noon.clone());
        let after = client.call(0, "convert_time", noon);
        assert!(through == before || through == after, "{through} is neither {before} nor {after}");
        assert_eq!(through["structuredContent"]["time_difference"], "-3.5h", "{through}");
        let wrong = client.same(call("get_current_time", json!({ "timezone": "Nowhere/Land" })));
        assert_eq!(wrong["isError"], true, "{wrong}");
        client.same(call("no_such_tool", json!({})));
    }
}

#[test]
fn git_in_both_eras() {
    for (peer, version) in ERAS {
        let home = Home::new();
        let repo = home.path("files");
        let git = |words: &[&str]| {
            let identity =
                ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", repo.to_str().unwrap()];
            let ran = home.run("git", &[&identity[..], words].concat());
            assert!(ran.status.success(), "{ran:?}");
            String::from_utf8(ran.stdout).unwrap()
        };
        git(&["init", "--initial-branch=main"]);
        git(&["config", "user.name", "Ada"]);
        git(&["config", "user.email", "ada@example.org"]);
        home.with_file("a.txt", "one\n");
        git(&["add", "."]);
        git(&["commit", "-m", "first"]);
        home.with_file("a.txt", "two\n");
        let path = json!({ "repo_path": repo });

        let plain = direct(Server::Git, &["--repository", repo.to_str().unwrap()]);
        let mut client = connect(&home, peer, version, "git", &plain);
        client.same(json!({ "op": "tools" }));
        client.same(call("git_status", path.clone()));
        let changed = client.same(call("git_diff_unstaged", path.clone()));
        assert!(changed.to_string().contains("+two"), "{changed}");
        client.same(call("git_log", path.clone()));
        client.same(call("git_show", json!({ "repo_path": repo, "revision": "no-such-revision" })));
        client.call(1, "git_add", json!({ "repo_path": repo, "files": ["a.txt"] }));
        let committed = client.call(1, "git_commit", json!({ "repo_path": repo, "message": "second" }));
        assert_ne!(committed["isError"], true, "{committed}");
        assert_eq!(git(&["log", "--format=%s"]), "second\nfirst\n");
        assert_eq!(home.judged("git_commit"), [json!(["allow", "ok", null])]);
    }
}

#[test]
fn fetch_in_both_eras() {
    for (peer, version) in ERAS {
        let home = Home::new();
        // The server asks for robots.txt first: 401 and 403 forbid everything, other 4xx nothing.
        let site = Site::serve(&[
            ("/robots.txt", "text/plain", "User-agent: *\nDisallow: /private\n"),
            ("/page", "text/plain", "plain words, ü"),
            ("/private", "text/plain", "not for robots"),
        ]);
        home.configure(&site.let_in());
        let mut client =
            connect(&home, peer, version, "fetch", &direct(Server::Fetch, &["--allow-private-ips"]));
        client.same(json!({ "op": "tools" }));
        client.same(json!({ "op": "prompts" }));
        let page = client.same(call("fetch", json!({ "url": site.url("/page") })));
        assert!(page.to_string().contains("plain words, ü"), "{page}");
        let private = client.same(call("fetch", json!({ "url": site.url("/private") })));
        assert_eq!(private["isError"], true, "{private}");
        client.same(json!({ "op": "prompt", "name": "fetch", "arguments": { "url": site.url("/private") } }));
        let effects: Vec<Value> =
            home.tool_calls().iter().map(|call| json!([call["effects"], call["decision"]])).collect();
        assert_eq!(effects, vec![json!([["read", "network"], "allow"]); 2]);
    }
}

#[test]
fn a_server_that_may_not_reach_private_addresses_says_so_through_the_kernel() {
    let home = Home::new();
    let site = Site::serve(&[("/page", "text/plain", "inside")]);
    home.configure(&site.let_in());
    let mut client = connect(&home, Peer::Mcp, "2026-07-28", "fetch", &direct(Server::Fetch, &[]));
    let refused = client.same(call("fetch", json!({ "url": site.url("/page") })));
    assert_eq!(refused["isError"], true, "{refused}");
}
