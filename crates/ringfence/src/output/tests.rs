use ringfence_model::problem::{Problem, ProblemKind};

use super::{properties, render, table, visible};

#[test]
fn a_problem_is_one_error_and_its_hints() {
    let problem = Problem::new(ProblemKind::User, "x", "no tool \"a\u{1b}[31mb\"").hint("try c").hint("or d");
    insta::assert_snapshot!(render(&problem, false), @r#"
    error: no tool "a\u{1b}[31mb"
    hint: try c
    hint: or d
    "#);
    assert_eq!(render(&Problem::new(ProblemKind::User, "x", "m"), true), "\u{1b}[1;31merror\u{1b}[0m: m\n");
}

#[test]
fn columns_are_aligned() {
    let rows = vec![vec!["a".into(), "bé\nx".into()], vec!["longer".into(), String::new()]];
    insta::assert_snapshot!(table(&["NAME", "WHAT"], &rows), @r"
    NAME    WHAT
    a       bé x
    longer
    ");
}

#[test]
fn what_could_drive_a_terminal_becomes_visible() {
    assert_eq!(visible("a\tb\nc\r\u{7f}\u{202e}\u{9b}ü"), "a\tb\nc\\u{d}\\u{7f}\\u{202e}\\u{9b}ü");
}

#[test]
fn nested_properties_are_indented() {
    let value = serde_json::json!({
        "pid": 7, "tools": ["a", "b"], "none": null,
        "sessions": [{"id": "s1", "floor": {"integrity": "user"}}], "empty": {},
    });
    insta::assert_snapshot!(properties(&value), @r"
    pid       7
    tools     a, b
    none
    sessions
      -
        id     s1
        floor
          integrity  user
    empty     {}
    ");
}
