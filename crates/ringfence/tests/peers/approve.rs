//! Approval by somebody else: what a real client gets, and what an agent's own shell, another terminal and time make of it.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, at};
use super::home::{Home, text};
use super::installed::Server;
use super::wait;

const PASSPHRASE: &str = "not a real passphrase 1";

/// A kernel before mcp-server-time, of which the operator says that converting pays: nobody may confirm that themselves.
fn home(more: &str) -> Home {
    let mut home = Home::new();
    let program = Server::Time.program();
    home.configure(&format!(
        "version: 1\nservers:\n  time:\n    command: {program}\n    args: [--local-timezone, UTC]\n    tools:\n      \
         convert_time: {{ effects: [pay] }}\n{more}"
    ));
    home.serve(&json!({}), &[]);
    home
}

pub(super) fn noon() -> Value {
    json!({ "source_timezone": "Asia/Tokyo", "time": "12:00", "target_timezone": "Asia/Kolkata" })
}

pub(super) fn client(home: &Home) -> Client {
    Client::start(home, Peer::Mcp, &Person::allows(), &[at(&home.url("/servers/time/mcp"))])
}

/// `ringfence` with `--json`, with a token or as anybody; what goes to stdin is the passphrase.
fn ringfence(home: &Home, token: Option<&str>, arguments: &[&str]) -> (i32, Value) {
    use std::io::Write as _;
    let mut command = home.command(env!("CARGO_BIN_EXE_ringfence"), &[arguments, &["--json"]].concat());
    command.envs(token.map(|token| ("RINGFENCE_OPERATOR_TOKEN", token)));
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let _may_not_read = child.stdin.take().unwrap().write_all(format!("{PASSPHRASE}\n").as_bytes());
    let ran = child.wait_with_output().unwrap();
    let said = serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    (ran.status.code().unwrap(), said)
}

/// Makes an operator with these tokens.
pub(super) fn tokens<const N: usize>(home: &Home, names: [&str; N]) -> [String; N] {
    assert_eq!(ringfence(home, None, &["init", "--passphrase-stdin"]).0, 0);
    names.map(|name| {
        let (code, minted) = ringfence(home, None, &["init", "--token", name, "--passphrase-stdin"]);
        assert_eq!(code, 0, "{minted}");
        minted["token"].as_str().unwrap().to_owned()
    })
}

/// The id in a denial of the code 1002.
pub(super) fn asked(denied: &Value) -> String {
    let data = &denied["_meta"]["io.ringfence/denied"];
    assert_eq!((&denied["isError"], &data["code"]), (&json!(true), &json!(1002)), "{denied}");
    let id = data["approval_id"].as_str().unwrap_or_else(|| panic!("{denied}")).to_owned();
    assert!(
        denied["content"][0]["text"].as_str().unwrap().contains(&id),
        "the model can tell the user: {denied}"
    );
    id
}

pub(super) fn is_done(answer: &Value) -> bool {
    answer["structuredContent"]["time_difference"] == "-3.5h"
}

#[test]
fn an_ask_is_approved_from_another_terminal_and_the_retry_passes_once() {
    let home = home("");
    let [token] = tokens(&home, ["desk"]);
    let mut client = client(&home);
    let id = asked(&client.call(0, "convert_time", noon()));
    assert_eq!(asked(&client.call(0, "convert_time", noon())), id, "asking again makes no second request");

    let (code, shown) = ringfence(&home, None, &["approvals", "show", &id]);
    assert_eq!((code, &shown["state"], &shown["target"]), (0, &json!("pending"), &json!("convert_time")));
    assert!(shown["shown"].as_str().unwrap().contains("Asia/Kolkata"), "{shown}");

    let (code, refused) = ringfence(&home, None, &["approvals", "approve", &id]);
    assert_eq!(
        (code, &refused["problem"]["code"]),
        (3, &json!("operator-credential")),
        "the agent's own shell"
    );
    let (code, refused) = ringfence(&home, Some("made up"), &["approvals", "approve", &id]);
    assert_eq!(code, 3, "{refused}");
    assert_eq!(asked(&client.call(0, "convert_time", noon())), id);

    let (code, approved) =
        ringfence(&home, Some(&token), &["approvals", "approve", &id, "--comment", "seen"]);
    assert_eq!((code, &approved["state"]), (0, &json!("approved")), "{approved}");
    let mut other = noon();
    other["time"] = "13:00".into();
    assert_ne!(asked(&client.call(0, "convert_time", other)), id, "it is of these arguments only");
    let passed = client.call(0, "convert_time", noon());
    assert!(is_done(&passed), "{passed}");
    assert_ne!(asked(&client.call(0, "convert_time", noon())), id, "it counts once");

    let (code, over) = ringfence(&home, Some(&token), &["approvals", "deny", &id]);
    assert_eq!((code, &over["problem"]["message"]), (2, &json!("this request is used")), "{over}");
    let done = home.tool_calls().into_iter().filter(|call| call["outcome"] == "ok").count();
    assert_eq!(done, 1);
    home.verified();
}

#[test]
fn an_approval_survives_a_restart_and_a_denial_ends_it() {
    let mut home = home("");
    let [token] = tokens(&home, ["desk"]);
    let mut first = client(&home);
    let id = asked(&first.call(0, "convert_time", noon()));
    let mut late = noon();
    late["time"] = "23:00".into();
    let no = asked(&first.call(0, "convert_time", late.clone()));
    drop(first);
    home.stop();
    home.serve(&json!({}), &[]);
    assert_eq!(ringfence(&home, Some(&token), &["approvals", "approve", &id]).0, 0);
    assert_eq!(ringfence(&home, Some(&token), &["approvals", "deny", &no]).0, 0);
    home.stop();
    home.serve(&json!({}), &[]);
    let mut second = client(&home);
    assert!(is_done(&second.call(0, "convert_time", noon())));
    assert_ne!(asked(&second.call(0, "convert_time", late)), no, "what was denied is asked anew");
    let (_, waiting) = ringfence(&home, None, &["approvals", "list"]);
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    home.stop();
    home.serve(&json!({}), &[]);
    let mut third = client(&home);
    assert_ne!(asked(&third.call(0, "convert_time", noon())), id, "a restart gives nothing back");
}

#[test]
fn an_approval_is_of_this_policy_only() {
    let mut home = home("");
    let [token] = tokens(&home, ["desk"]);
    let id = asked(&client(&home).call(0, "convert_time", noon()));
    assert_eq!(ringfence(&home, Some(&token), &["approvals", "approve", &id]).0, 0);
    home.stop();
    home.serve(&json!({}), &[("RINGFENCE_POLICY_PRESETS", "strict")]);
    assert_ne!(asked(&client(&home).call(0, "convert_time", noon())), id);
}

#[test]
fn two_approvers_are_two_and_one_that_cannot_come_together_is_not_asked_for() {
    let rules = "policy: { files: [two.yaml] }\n";
    let mut home = Home::new();
    std::fs::write(
        home.path("two.yaml"),
        "rules:\n  - id: two\n    severity: critical\n    match: { tool: convert_time }\n    decision: ask\n    \
         obligations: { require_approvers: 2 }\n",
    )
    .unwrap();
    let program = Server::Time.program();
    home.configure(&format!(
        "version: 1\n{rules}servers:\n  time:\n    command: {program}\n    args: [--local-timezone, UTC]\n    tools:\n      \
         convert_time: {{ effects: [pay] }}\n"
    ));
    home.serve(&json!({}), &[]);
    let mut client = client(&home);
    let denied = client.call(0, "convert_time", noon());
    let data = &denied["_meta"]["io.ringfence/denied"];
    assert_eq!((&data["code"], data.get("approval_id")), (&json!(1002), None), "{denied}");
    assert!(data["reason"].as_str().unwrap().contains("2 approvers are needed and 0 are known"), "{denied}");

    let [one, two] = tokens(&home, ["one", "two"]);
    let id = asked(&client.call(0, "convert_time", noon()));
    let (_, first) = ringfence(&home, Some(&one), &["approvals", "approve", &id]);
    assert_eq!(first["state"], "pending", "{first}");
    let (_, again) = ringfence(&home, Some(&one), &["approvals", "approve", &id]);
    assert_eq!(
        (&again["state"], again["answers"].as_array().unwrap().len()),
        (&json!("pending"), 1),
        "{again}"
    );
    let (code, other) = ringfence(&home, Some(&one), &["approvals", "deny", &id]);
    assert_eq!((code, &other["problem"]["message"]), (2, &json!("operator:one has answered already")));
    assert_eq!(asked(&client.call(0, "convert_time", noon())), id);
    let (_, second) = ringfence(&home, Some(&two), &["approvals", "approve", &id]);
    assert_eq!(second["state"], "approved", "{second}");
    assert!(is_done(&client.call(0, "convert_time", noon())));
}

#[test]
fn an_approval_expires() {
    let mut home = home("");
    home.stop();
    home.serve(&json!({}), &[("RINGFENCE_LIMITS_APPROVAL", "1ms")]);
    let [token] = tokens(&home, ["desk"]);
    let id = asked(&client(&home).call(0, "convert_time", noon()));
    let (code, late) = ringfence(&home, Some(&token), &["approvals", "approve", &id]);
    assert_eq!((code, &late["problem"]["message"]), (2, &json!("this request is expired")), "{late}");
}

/// The same kernel with a rule file of its operator's.
fn with_rules() -> Home {
    let mut home = Home::new();
    std::fs::write(home.path("mine.yaml"), "rules: []\n").unwrap();
    let program = Server::Time.program();
    home.configure(&format!(
        "version: 1\npolicy: {{ files: [mine.yaml] }}\nservers:\n  time:\n    command: {program}\n    args: [--local-timezone, \
         UTC]\n    tools:\n      convert_time: {{ effects: [pay] }}\n"
    ));
    home.serve(&json!({}), &[]);
    home
}

#[test]
fn an_approval_for_the_session_holds_for_the_same_call_in_it() {
    let home = home("");
    let [token] = tokens(&home, ["desk"]);
    let mut client = client(&home);
    let id = asked(&client.call(0, "convert_time", noon()));
    let unseen = ringfence(&home, Some(&token), &["approvals", "approve", &id, "--for", "session"]);
    assert_eq!(unseen.0, 2, "what is allowed is shown first: {unseen:?}");
    let (code, said) =
        ringfence(&home, Some(&token), &["approvals", "approve", &id, "--for", "session", "--yes"]);
    assert_eq!((code, &said["state"]), (0, &json!("approved")), "{said}");
    for _ in 0..2 {
        assert!(is_done(&client.call(0, "convert_time", noon())));
    }
    let mut other = noon();
    other["time"] = "13:00".into();
    assert_ne!(asked(&client.call(0, "convert_time", other)), id);
}

#[test]
fn an_approval_for_always_is_a_rule_of_exactly_this_call() {
    let home = with_rules();
    let [token] = tokens(&home, ["desk"]);
    let mut client = client(&home);
    let id = asked(&client.call(0, "convert_time", noon()));
    let file = home.path("mine.yaml").display().to_string();
    let always = ["approvals", "approve", &id, "--for", "always", "--yes", "--file", &file];
    let (code, _) = ringfence(&home, None, &always);
    assert_eq!((code, text(&file).as_str()), (3, "rules: []\n"), "nothing is written without the operator");
    let (code, said) = ringfence(&home, Some(&token), &always);
    assert_eq!((code, &said["in_force"]), (0, &json!(true)), "{said}");
    assert!(text(&file).contains("decision: allow"), "{}", text(&file));
    wait::until("the rule is in force", || (home.status()["policy"]["rules"] == 1).then_some(()));
    for _ in 0..2 {
        assert!(is_done(&client.call(0, "convert_time", noon())));
    }
    let mut other = noon();
    other["time"] = "13:00".into();
    asked(&client.call(0, "convert_time", other));
}

#[test]
fn a_changed_policy_waits_for_the_operator_where_there_is_one() {
    let home = with_rules();
    let [token] = tokens(&home, ["desk"]);
    let mut client = client(&home);
    asked(&client.call(0, "convert_time", noon()));
    let loose = "rules: [{ id: all, severity: low, match: {}, decision: allow }]\n";
    std::fs::write(home.path("mine.yaml"), loose).unwrap();
    wait::until("the change was seen", || home.status()["policy"]["waiting"].as_str().map(drop));
    asked(&client.call(0, "convert_time", noon()));
    assert_eq!(ringfence(&home, None, &["policy", "load"]).0, 3, "the agent's own shell");
    let (code, loaded) = ringfence(&home, Some(&token), &["policy", "load"]);
    assert_eq!((code, &loaded["in_force"]), (0, &json!(true)), "{loaded}");
    assert!(is_done(&client.call(0, "convert_time", noon())));
}
