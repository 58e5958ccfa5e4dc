//! The commands before a real kernel: what it does, and what its journal then holds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use ringfence_journal::Reader;
use ringfence_model::entry::EntryBody;
use serde_json::{Value, json};

use super::fake::PATIENCE;
use super::home::{Home, Ran};

/// Obviously not anybody's.
const PASSPHRASE: &str = "not a real passphrase 1";

/// What `stop` says where nobody is the operator.
const UNGUARDED: &str = "note: no operator credential is set, so any program of this user can do this; `ringfence init` sets one\n";

/// Has a kernel started that stays until it is stopped; its process id.
pub(super) fn start(home: &Home) -> u64 {
    let mut status = home.command(&["status", "--json"]);
    let shown = home.finish(status.env("RINGFENCE_LIMITS_KERNEL_IDLE", "60s").spawn().unwrap());
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    serde_json::from_str::<Value>(&shown.stdout).unwrap()["pid"].as_u64().unwrap()
}

pub(super) fn stop(home: &Home, token: &str) -> Ran {
    let mut command = home.command(&["stop"]);
    home.finish(command.env("RINGFENCE_OPERATOR_TOKEN", token).spawn().unwrap())
}

pub(super) fn journal(home: &Home) -> Vec<EntryBody> {
    let reader = Reader::open(&home.data().join("journal"), 0).unwrap();
    reader.map(|entry| entry.unwrap().1.body).collect()
}

/// The operator's entries: verb, and whether the credential was shown.
fn operated(home: &Home) -> Vec<(String, bool)> {
    let of_operator = |entry| {
        if let EntryBody::Operator { verb, attested, .. } = entry { Some((verb, attested)) } else { None }
    };
    journal(home).into_iter().filter_map(of_operator).collect()
}

/// One request to the kernel by hand; its first answer.
fn request(home: &Home, request: &Value) -> Value {
    let mut stream = UnixStream::connect(home.socket()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let hello = json!({ "control": 1, "version": env!("CARGO_PKG_VERSION"), "role": "control" });
    stream.write_all(format!("{hello}\n{request}\n").as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("{\"ready\""));
    serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap()
}

#[test]
fn stop_starts_no_kernel() {
    let home = Home::new();
    let nobody =
        || Ran { code: 0, stdout: "no kernel runs on HOME/state/ringfence\n".into(), stderr: String::new() };
    assert_eq!(home.run(&["stop"]), nobody());
    assert!(!home.data().exists(), "not even a data directory is made");
    std::fs::create_dir_all(home.data()).unwrap();
    assert_eq!(home.run(&["stop"]), nobody());
    assert_eq!(home.run(&["stop", "--json"]).stdout, "{\"kernel\":null}\n");
    assert!(!home.data().join("run/kernel.log").exists());
}

#[test]
fn stop_ends_the_kernel_before_it_returns() {
    let home = Home::new();
    let pid = start(&home);
    let stopped = home.run(&["stop"]);
    let said = format!("the kernel (pid {pid}) has ended\n");
    assert_eq!(stopped, Ran { code: 0, stdout: said, stderr: UNGUARDED.into() });
    assert_eq!(operated(&home), [("shutdown".to_owned(), false)]);
    assert_eq!(journal(&home).last(), Some(&EntryBody::Closed));
    let next = start(&home);
    assert_ne!(next, pid, "its journal is free for the next one");
    let stopped = home.run(&["stop", "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&stopped.stdout).unwrap(),
        json!({ "kernel": { "pid": next, "ended": true } })
    );
}

#[test]
fn a_kernel_with_an_operator_is_stopped_by_the_operator_alone() {
    let home = Home::new();
    let pid = start(&home);
    let set = home.run_with(&["init", "--passphrase-stdin"], &format!("{PASSPHRASE}\n"));
    assert_eq!((set.code, set.stderr.as_str()), (0, ""));
    let minted =
        home.run_with(&["init", "--token", "t", "--passphrase-stdin", "--json"], &format!("{PASSPHRASE}\n"));
    assert_eq!((minted.code, minted.stderr.as_str()), (0, ""));
    let token = serde_json::from_str::<Value>(&minted.stdout).unwrap()["token"].as_str().unwrap().to_owned();

    let nobody = home.run(&["stop"]);
    assert_eq!((nobody.code, nobody.stdout.as_str()), (3, ""));
    insta::assert_snapshot!(nobody.stderr, @r"
    error: this needs the operator credential
    hint: run it on a terminal, or set RINGFENCE_OPERATOR_TOKEN to a token from `ringfence init --token`
    ");
    let wrong = stop(&home, "no-such-token");
    assert_eq!((wrong.code, wrong.stderr.as_str()), (3, "error: the operator credential is wrong\n"));
    assert_eq!(start(&home), pid, "it still runs");

    let stopped = stop(&home, &token);
    let said = format!("the kernel (pid {pid}) has ended\n");
    assert_eq!(stopped, Ran { code: 0, stdout: said, stderr: String::new() });
    let done = [("credential.set", true), ("token.minted", true), ("shutdown", true)];
    assert_eq!(operated(&home), done.map(|(verb, attested)| (verb.to_owned(), attested)));
    let written = format!("{:?}", journal(&home));
    assert!(!written.contains(&token) && !written.contains(PASSPHRASE), "{written}");
}

#[test]
fn init_has_a_kernel_started_to_record_the_change() {
    let home = Home::new();
    let set = home.run_with(&["init", "--passphrase-stdin"], &format!("{PASSPHRASE}\n"));
    assert_eq!((set.code, set.stderr.as_str()), (0, ""));
    assert_eq!(operated(&home), [("credential.set".to_owned(), true)]);
}

#[test]
fn a_change_that_cannot_be_recorded_stands_and_says_so() {
    let home = Home::new();
    home.write(&home.config(), "polcy: {}\n");
    let set = home.run_with(&["init", "--passphrase-stdin"], &format!("{PASSPHRASE}\n"));
    assert_eq!(set.code, 0, "{}", set.stderr);
    assert_eq!(
        set.stderr,
        "warning: `credential.set` is not in the journal: HOME/config/ringfence/ringfence.yaml:1:1: unknown key \"polcy\"\n"
    );
    assert!(!home.data().join("journal").exists());
    let again = home.run_with(&["init", "--passphrase-stdin"], "not that one, sorry\n");
    assert_eq!(again.code, 3, "the passphrase is set");
}

#[test]
fn nobody_without_the_credential_has_a_change_of_it_recorded() {
    let home = Home::new();
    start(&home);
    let mut claim = json!({ "verb": "credential_changed", "args": { "what": "credential.set" } });
    let unset = request(&home, &claim);
    assert_eq!(unset["problem"]["message"], "no operator credential has been set", "{unset}");
    home.run_with(&["init", "--passphrase-stdin"], &format!("{PASSPHRASE}\n"));
    let unshown = request(&home, &claim);
    assert_eq!(unshown["problem"]["kind"], "denied", "{unshown}");
    claim["credential"] = json!({ "passphrase": "not that one, sorry" });
    let wrong = request(&home, &claim);
    assert_eq!(wrong["problem"]["kind"], "denied", "{wrong}");
    claim["credential"] = json!({ "passphrase": PASSPHRASE });
    assert_eq!(request(&home, &claim), json!("done"));
    let set = ("credential.set".to_owned(), true);
    assert_eq!(operated(&home), [set.clone(), set]);
    let stop = json!({ "verb": "shutdown", "credential": { "passphrase": PASSPHRASE } });
    assert_eq!(request(&home, &stop), json!({ "item": { "attested": true } }));
}

#[test]
fn the_digits_of_an_argument_reach_the_kernel() {
    let home = Home::new();
    start(&home);
    let arguments = r#"{"n": 123456789012345678901234567890, "f": 1.10}"#;
    home.run(&["tools", "call", "ringfence_status", "--args", arguments]);
    let judged = |entry| {
        let EntryBody::Ruling(ruling) = entry else { return None };
        (&*ruling.target == "ringfence_status").then_some(ruling.call)
    };
    let call = journal(&home).into_iter().find_map(judged).unwrap();
    let receipt = home.run(&["audit", "receipt", "--open", &call.to_string()]).stdout;
    let key = home.run(&["keys", "export"]).stdout;
    let given = home.path("arguments");
    for (text, code) in [(arguments, 0), (&*arguments.replace("1.10", "1.1"), 1)] {
        home.write(&given, text);
        let verify =
            ["audit", "verify-receipt", "-", "--key", key.trim(), "--arguments", given.to_str().unwrap()];
        let ran = home.run_with(&verify, &receipt);
        assert_eq!(ran.code, code, "{text}: {ran:?}");
    }
    for bad in ["[1]", "7", r#"{"a": 1, "a": 2}"#, "{", ""] {
        let call = json!({ "verb": "tools_call", "args": { "name": "ringfence_status", "arguments": bad } });
        let answer = request(&home, &call);
        assert_eq!(answer["problem"]["code"], "bad-arguments", "{bad}: {answer}");
    }
    assert_eq!(home.run(&["stop"]).code, 0);
}

#[test]
fn entries_are_told_to_other_systems_counted_and_shown_from_the_end() {
    let home = Home::new();
    start(&home);
    assert_eq!(home.run(&["tools", "call", "ringfence_status"]).code, 0);
    let lines = |arguments: &[&str]| {
        let ran = home.run(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let values = |arguments: &[&str]| {
        lines(arguments).iter().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let entries = values(&["audit", "export"]);
    assert_eq!(entries.len(), journal(&home).len(), "with the export itself");
    let indexes: Vec<_> = entries.iter().map(|entry| entry["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, (0..entries.len() as u64).collect::<Vec<_>>());
    let of_export = entries.last().unwrap();
    assert_eq!((&of_export["entry"], &of_export["target"]), (&json!("outcome"), &Value::Null));
    let called = |entry: &&Value| entry["target"] == "ringfence_status" && entry["entry"] == "ruling";
    let index = entries.iter().find(called).unwrap()["index"].as_u64().unwrap();
    let from = index.to_string();
    for (format, member) in [("ocsf", "/unmapped/target"), ("cloudevents", "/data/target")] {
        let told = values(&["audit", "export", "--format", format, "--from", &from]);
        assert_eq!(told[0].pointer(member).unwrap(), "ringfence_status", "{format}");
    }
    let csv = lines(&["audit", "export", "--format", "csv", "--from", &from]);
    assert!(csv[0].starts_with("index,time,entry,") && csv[1].starts_with(&format!("{index},")), "{csv:?}");
    assert!(
        lines(&["audit", "export", "--format", "cef", "--from", &from])[0]
            .contains("request=ringfence_status")
    );
    assert!(values(&["audit", "export", "--until", "2020-01-01"]).is_empty());

    let last = values(&["audit", "tail", "-n", "3", "--json"]);
    assert_eq!(last.len(), 3);
    let counted = &values(&["audit", "stats", "--json"])[0];
    let targets = counted["targets"].as_array().unwrap();
    assert!(
        targets.iter().any(|target| target["name"] == "ringfence/ringfence_status" && target["count"] == 1),
        "{counted}"
    );
    let found = &values(&["audit", "query", "--text", "RINGFENCE_STAT", "--label", "public", "--json"])[0];
    assert_eq!(found[0]["target"], "ringfence_status", "{found}");
    assert_eq!(home.run(&["stop"]).code, 0);
}

#[test]
fn an_audit_query_is_a_table_of_the_calls() {
    let home = Home::new();
    let rules = "rules:\n  - id: no-log\n    severity: high\n    match: { tool: get_audit_log }\n    decision: deny\n    message: not here\n";
    home.write(&home.path("config/ringfence/rules.yaml"), rules);
    home.write(&home.config(), "policy: { files: [rules.yaml] }\n");
    start(&home);
    assert_eq!(home.run(&["tools", "call", "ringfence_status"]).code, 0);
    assert_eq!(home.run(&["tools", "call", "get_audit_log"]).code, 3);
    let shown = home.run(&["audit", "query"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    let mut lines = shown.stdout.lines();
    let header = lines.next().unwrap();
    let columns: Vec<usize> = ["TIME", "PRINCIPAL", "SERVER", "TARGET", "DECISION", "OUTCOME", "RULE"]
        .iter()
        .map(|name| header.find(name).unwrap())
        .collect();
    let cells = |line: &str| -> Vec<String> {
        let ends = columns.iter().skip(1).copied().chain([line.len()]);
        columns.iter().zip(ends).map(|(from, to)| line.get(*from..to).unwrap().trim().to_owned()).collect()
    };
    let uid = format!("uid:{}", rustix::process::getuid().as_raw());
    let mut rows: Vec<Vec<String>> = lines.map(cells).collect();
    for row in &mut rows {
        let time = row.remove(0);
        assert!(time.starts_with("20") && time.ends_with('Z') && time.len() == 24, "{time}");
        assert_eq!(row.remove(0), uid);
    }
    assert_eq!(
        rows,
        [
            ["", "audit.query", "allow", "", "ringfence.default.protocol"],
            ["ringfence", "get_audit_log", "deny", "", "no-log"],
            ["ringfence", "ringfence_status", "allow", "ok", "ringfence.default.read"],
            ["", "status", "allow", "ok", "ringfence.default.protocol"],
        ]
    );
    assert_eq!(home.run(&["stop"]).code, 0);
}

#[test]
fn flags_that_a_running_kernel_does_not_heed_are_named() {
    let home = Home::new();
    home.write(&home.config(), "version: 1\n");
    home.write(&home.path("servers.json"), "{\"mcpServers\": {}}");
    let stdio = |flags: &[&str]| {
        let mut command = home.command(&[&["serve", "--stdio"], flags].concat());
        home.finish(command.env("RINGFENCE_LIMITS_KERNEL_IDLE", "60s").spawn().unwrap())
    };
    let config = home.config();
    let config = ["--config", config.to_str().unwrap()];
    let silent = Ran { code: 0, stdout: String::new(), stderr: String::new() };
    assert_eq!(stdio(&config), silent, "it has started the kernel with them");
    let pid = start(&home);
    let note = |flags: &str| Ran {
        stderr: format!(
            "note: {flags} changed nothing: a kernel runs already (pid {pid}); after `ringfence stop` the next one starts with what is given\n"
        ),
        ..Ran { code: 0, stdout: String::new(), stderr: String::new() }
    };
    let all = [&config[..], &["--servers", "servers.json", "--policy-mode", "audit"]].concat();
    assert_eq!(stdio(&all), note("--config, --servers, --policy-mode"));
    let wrap = home.run(&[&["wrap"], &config[..], &["--", "true"]].concat());
    assert_eq!(wrap, note("--config"));
    assert_eq!(stdio(&[]), silent);
    assert_eq!(home.run(&["stop"]).code, 0);
}
