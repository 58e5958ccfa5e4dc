//! `check`, on one input and on lines.

use serde_json::{Value, json};

use super::home::Home;

/// A key id in the form of a provider, put together here so that no scanner takes this file for a leak.
fn secret() -> String {
    ["AKIA", "Q3EGRIXK", "7PLV2MZT"].concat()
}

#[test]
fn the_exit_code_is_the_answer() {
    let home = Home::new();
    for (arguments, code) in [
        (&["check", "command", "ls -l"][..], 0),
        (&["check", "command", "rm -rf /"], 1),
        (&["check", "sql", "SELECT 1"], 0),
        (&["check", "sql", "DROP TABLE users"], 1),
        (&["check", "sql", "--language", "python", "SELECT 1"], 2),
        (&["check", "code", "--language", "python", "import os; os.system(input())"], 1),
        (&["check", "text", "good morning"], 0),
        (&["check", "url", "https://example.com/a?b=c"], 0),
        (&["check", "url", "http://2852039166/"], 1),
        (&["check", "url", "localhost:8080"], 1),
        (&["check", "command"], 2),
        (&["check", "command", "--jsonl", "ls"], 2),
    ] {
        let shown = home.run(arguments);
        assert_eq!(shown.code, code, "{arguments:?}: {shown:?}");
    }
    assert!(!home.data().exists(), "no kernel and no data directory is needed");
}

#[test]
fn a_secret_is_found_and_not_shown() {
    let home = Home::new();
    let text = format!("key = {}\n", secret());
    for arguments in [&["check", "text", "-"][..], &["check", "text", "-", "--json"]] {
        let shown = home.run_with(arguments, &text);
        assert_eq!(shown.code, 1, "{shown:?}");
        assert!(!shown.stdout.contains(&secret()), "{}", shown.stdout);
    }
    let shown = home.run_with(&["check", "text", "-", "--json"], &text);
    let report: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((&report["safe"], &report["verdict"]), (&json!(false), &json!("unsafe")));
    assert_eq!(report["findings"][0]["span"]["line"], 1);
}

#[test]
fn lines_are_answered_in_order_and_a_bad_one_does_not_stop_the_run() {
    let home = Home::new();
    let lines = [
        r#"{"id": "a", "text": "ls", "label": "benign"}"#,
        "",
        "not json",
        r#"{"id": 7}"#,
        r#"{"id": 8, "text": 5}"#,
        r#"{"id": {"n": 1}, "text": "rm -rf / --no-preserve-root"}"#,
    ];
    let shown = home.run_with(&["check", "command", "--jsonl"], &lines.join("\n"));
    assert_eq!((shown.code, shown.stderr.as_str()), (2, ""));
    let answers: Vec<Value> = shown.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!("a"), &Value::Null, &json!(7), &json!(8), &json!({ "n": 1 })]);
    assert_eq!(answers[0], json!({ "id": "a", "safe": true, "verdict": "safe", "findings": [] }));
    for bad in &answers[1..4] {
        assert!(bad["error"].is_string() && bad.get("safe").is_none(), "{bad}");
    }
    assert_eq!((&answers[4]["safe"], &answers[4]["verdict"]), (&json!(false), &json!("unsafe")));
    let fine = home.run_with(&["check", "command", "--jsonl"], lines[0]);
    assert_eq!(fine.code, 0);
}

#[test]
fn a_line_may_name_its_language() {
    let home = Home::new();
    let lines =
        [r#"{"id": 1, "text": "print(1)", "language": "python"}"#, r#"{"id": 2, "text": "print(1)"}"#];
    let shown = home.run_with(&["check", "code", "--jsonl"], &lines.join("\n"));
    let verdicts: Vec<Value> = shown
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["verdict"].take())
        .collect();
    assert_eq!(verdicts, ["safe", "unknown"], "an unknown language is never safe");
    assert_eq!(shown.code, 1);
}

#[test]
fn urls_are_answered_line_by_line() {
    let home = Home::new();
    let lines = [
        r#"{"id": 1, "text": "https://example.com/"}"#,
        r#"{"id": 2, "text": "http://[64:ff9b::a9fe:a9fe]/latest"}"#,
        r#"{"id": 3, "text": "http://exa mple/"}"#,
    ];
    let shown = home.run_with(&["check", "url", "--jsonl"], &lines.join("\n"));
    let answers: Vec<(Value, Value, Value)> = shown
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| (line["safe"].clone(), line["verdict"].clone(), line["findings"][0]["id"].clone()))
        .collect();
    assert_eq!(
        answers,
        [
            (json!(true), json!("safe"), Value::Null),
            (json!(false), json!("block"), json!("metadata_service")),
            (json!(false), json!("block"), json!("url_unparsed")),
        ]
    );
    assert_eq!(shown.code, 1);
}
