//! Exit codes and output of the commands.

use serde_json::{Value, json};

use super::fake::Fake;
use super::home::{Home, Ran};

/// Runs a command before a kernel that answers its one request with `replies`; also returns the request.
fn ask(arguments: &[&str], replies: &[Value]) -> (Ran, Value) {
    let lines: Vec<String> = replies.iter().map(Value::to_string).collect();
    ask_raw(arguments, &lines)
}

/// The same, with the kernel's lines as they are.
fn ask_raw(arguments: &[&str], replies: &[String]) -> (Ran, Value) {
    let home = Home::new();
    let kernel = Fake::listen(&home);
    let child = home.command(arguments).spawn().unwrap();
    let mut peer = kernel.accept();
    assert_eq!(peer.hello["role"], "control");
    let request = peer.hear().unwrap();
    for reply in replies {
        peer.say_raw(reply);
    }
    drop(peer);
    (home.finish(child), request)
}

fn ran(code: i32, stdout: &str, stderr: &str) -> Ran {
    Ran { code, stdout: stdout.into(), stderr: stderr.into() }
}

#[test]
fn usage_is_exit_2_and_with_json_one_value_on_stdout() {
    let home = Home::new();
    let shown = home.run(&["staus"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(shown.stderr, @r"
    error: unrecognized subcommand 'staus'

      tip: some similar subcommands exist: 'trust', 'status'

    Usage: ringfence [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    let shown = home.run(&["--json", "tools", "call"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (2, ""));
    insta::assert_snapshot!(shown.stdout, @r#"{"problem":{"kind":"user","code":"usage","message":"the following required arguments were not provided: <NAME>","hints":["Usage: ringfence tools call <NAME>","For more information, try '--help'."]}}"#);
    let shown = home.run(&["wrap"]);
    assert_eq!(shown.code, 2, "{shown:?}");
}

#[test]
fn status_is_the_kernels_one_item() {
    let replies = [json!({ "item": { "pid": 7, "sessions": [] } }), json!("done")];
    let (json, request) = ask(&["status", "--json"], &replies);
    assert_eq!(json, ran(0, "{\"pid\":7,\"sessions\":[]}\n", ""));
    assert_eq!(request, json!({ "verb": "status" }));
    let (text, _) = ask(&["status"], &replies);
    assert_eq!(text, ran(0, "pid       7\nsessions\n", ""));
}

#[test]
fn a_problem_of_the_kernel_picks_the_exit_code() {
    for (kind, code) in [("user", 2), ("config", 2), ("denied", 3), ("upstream", 4), ("internal", 70)] {
        let problem = json!({ "kind": kind, "code": "c", "message": "no", "hints": ["try"] });
        let (text, _) = ask(&["tools", "list"], &[json!({ "problem": problem })]);
        assert_eq!(text, ran(code, "", "error: no\nhint: try\n"), "{kind}");
        let (json, _) = ask(&["tools", "list", "--json"], &[json!({ "problem": problem })]);
        assert_eq!(json.code, code);
        let shown: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((shown, json.stderr.as_str()), (json!({ "problem": problem }), ""));
    }
}

#[test]
fn tools_are_a_table_or_one_array() {
    let tool = json!({
        "server": "files", "tool": "read_file", "name": "files__read_file", "description": "…", "effects": ["read"],
        "source": "catalogue", "irreversible": false, "egress": false, "consequential": [],
    });
    let replies = [json!({ "item": tool }), json!("done")];
    let (json, _) = ask(&["tools", "list", "--json"], &replies);
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap(), json!([tool]));
    for arguments in [["tools", "list"], ["serve", "--list-tools"]] {
        let (text, _) = ask(&arguments, &replies);
        let table = "TOOL              EFFECTS  KNOWN BY   NOTE\nfiles__read_file  read     catalogue\n";
        assert_eq!(text, ran(0, table, ""));
    }
}

#[test]
fn a_tool_call_carries_its_arguments_and_ends_as_its_result_says() {
    let denied = json!({ "content": [{ "type": "text", "text": "denied by rule r" }], "isError": true,
        "_meta": { "io.ringfence/denied": { "code": 1001, "rule": "r" } } });
    let given = r#"{"n": -123456789012345678901234567890, "f": 1.50}"#;
    let arguments = ["tools", "call", "a__b", "--args", given];
    let (text, request) = ask(&arguments, &[json!({ "item": denied }), json!("done")]);
    assert_eq!(text, ran(3, "denied by rule r\n", ""));
    assert_eq!(request, json!({ "verb": "tools_call", "args": { "name": "a__b", "arguments": given } }));
    let digits = r#"{"content":[],"structuredContent":{"n":123456789012345678901234567890,"f":1.50}}"#;
    let (shown, _) = ask_raw(
        &["tools", "call", "a__b", "--json"],
        &[format!(r#"{{"item":{digits}}}"#), "\"done\"".into()],
    );
    assert_eq!(shown, ran(0, &format!("{digits}\n"), ""));
    let home = Home::new();
    let wrong = home.run(&["tools", "call", "a", "--args", "[]"]);
    assert_eq!(wrong.code, 2);
    assert!(!home.data().exists(), "no kernel is started for arguments that cannot be used");
}

#[test]
fn an_audit_query_says_what_it_is_asked() {
    let call = json!({ "index": 4, "time": "1970-01-01T00:00:01.000Z", "principal": "uid:7", "server": "files",
        "target": "read_file", "decision": "deny", "rule": "r1" });
    let arguments = [
        "audit",
        "query",
        "--decision",
        "deny",
        "--tool",
        "read_file",
        "--since",
        "1970-01-01",
        "--limit",
        "5",
    ];
    let (text, request) = ask(&arguments, &[json!({ "item": call }), json!("done")]);
    assert_eq!(
        request,
        json!({ "verb": "audit_query", "args": { "limit": 5, "target": "read_file", "decision": "deny", "since": "1970-01-01T00:00:00.000000000Z" } })
    );
    insta::assert_snapshot!(text.stdout, @r"
        TIME                      PRINCIPAL  SERVER  TARGET     DECISION  OUTCOME  RULE
        1970-01-01T00:00:01.000Z  uid:7      files   read_file  deny               r1
        ");
}

#[test]
fn a_tail_is_json_lines_until_the_kernel_ends() {
    let entries = [json!({ "item": { "index": 1, "entry": "closed" } }), json!({ "item": { "index": 2 } })];
    let (shown, request) = ask(&["audit", "tail", "-f", "-n", "2", "--json"], &entries);
    assert_eq!(request, json!({ "verb": "audit_tail", "args": { "begin": { "last": 2 }, "follow": true } }));
    assert_eq!(shown.code, 70);
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(lines.get(..2), Some(&[r#"{"index":1,"entry":"closed"}"#, r#"{"index":2}"#][..]));
    let problem: Value = serde_json::from_str(lines[2]).unwrap();
    assert_eq!(problem["problem"]["code"], "kernel-ended");
}

#[test]
fn verify_without_a_journal_cannot_answer() {
    let home = Home::new();
    let shown = home.run(&["audit", "verify"]);
    let hint = "error: there is no journal in HOME/state/ringfence/journal\nhint: name the data directory with --data-dir\n";
    assert_eq!(shown, ran(2, "", hint));
}

#[test]
fn a_policy_check_shows_every_error_with_its_place() {
    let home = Home::new();
    assert_eq!(home.run(&["policy", "check"]), ran(0, "valid: HOME/config/ringfence/ringfence.yaml\n", ""));
    home.write(&home.config(), "servers:\n  a: {}\n  b: {command: x, url: y}\n");
    let shown = home.run(&["policy", "check"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(shown.stderr, @r#"
    error: HOME/config/ringfence/ringfence.yaml:2:3: server "a" has neither `command` nor `url`
    hint: `command: npx` starts a program, `url: https://…` reaches one that runs
    error: HOME/config/ringfence/ringfence.yaml:3:3: server "b" has both `command` and `url`
    hint: remove one of them
    "#);
    home.write(&home.path("rules.yaml"), "rules:\n  - id: x\n    nonsense: 1\n");
    let shown = home.run(&["policy", "check", "rules.yaml", "--json"]);
    let report: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(
        (shown.code, &report["valid"], &report["checked"]),
        (1, &json!(false), &json!(["rules.yaml"]))
    );
    let message = report["problems"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("rules.yaml:"), "{message}");
}

#[test]
fn a_configuration_that_is_wrong_keeps_the_kernel_from_starting() {
    let home = Home::new();
    home.write(&home.config(), "polcy: {}\n");
    let expected = "error: HOME/config/ringfence/ringfence.yaml:1:1: unknown key \"polcy\"\n";
    for arguments in [&["serve"][..], &["status"], &["serve", "--stdio"], &["wrap", "--", "true"]] {
        let shown = home.run(arguments);
        assert_eq!((shown.code, shown.stdout.as_str()), (2, ""), "{arguments:?}: {}", shown.stderr);
        assert!(shown.stderr.starts_with(expected), "{arguments:?}: {}", shown.stderr);
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let home = Home::new();
    let mut child = home.command(&["--help"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(home.finish(child), ran(0, "", ""));
}
