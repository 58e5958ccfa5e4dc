//! The operator credential on the command line.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::home::Home;

/// Obviously not anybody's.
const FIRST: &str = "not a real passphrase 1";
const SECOND: &str = "not a real passphrase 2";

#[test]
fn a_passphrase_is_set_once_and_then_guards_itself() {
    let home = Home::new();
    let shown = home.run_with(&["init", "--passphrase-stdin", "--json"], &format!("{FIRST}\n"));
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    assert_eq!(
        serde_json::from_str::<Value>(&shown.stdout).unwrap(),
        json!({ "passphrase": "set", "config": "HOME/config/ringfence/ringfence.yaml", "config_written": true, "data_dir": "HOME/state/ringfence" })
    );
    let mode = std::fs::metadata(home.config()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let wrong = home.run_with(&["init", "--passphrase-stdin"], &format!("{SECOND}\n{SECOND}\n"));
    assert_eq!((wrong.code, wrong.stderr.as_str()), (3, "error: that is not the operator's credential\n"));
    let nobody = home.run(&["init", "--token"]);
    assert_eq!((nobody.code, nobody.stdout.as_str()), (2, ""));
    let changed = home.run_with(&["init", "--passphrase-stdin"], &format!("{FIRST}\n{SECOND}\n"));
    assert_eq!(
        (changed.code, changed.stdout.as_str()),
        (
            0,
            "operator passphrase changed\nconfiguration HOME/config/ringfence/ringfence.yaml left as it is\n"
        )
    );
}

#[test]
fn a_token_is_printed_once_and_opens_what_the_passphrase_opens() {
    let home = Home::new();
    assert_eq!(home.run_with(&["init", "--passphrase-stdin"], &format!("{FIRST}\n")).code, 0);
    let minted = home.run_with(&["init", "--token", "deploy", "--passphrase-stdin"], &format!("{FIRST}\n"));
    assert_eq!((minted.code, minted.stdout.lines().count()), (0, 1));
    let token = minted.stdout.trim();
    let with = |token: &str| {
        home.command(&["init", "--token", "next"]).env("RINGFENCE_OPERATOR_TOKEN", token).output().unwrap()
    };
    assert_eq!(with("no-such-token").status.code(), Some(3));
    assert_eq!(with(token).status.code(), Some(0));
    assert_eq!(with(token).status.code(), Some(2), "a name is taken once");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let home = Home::new();
    let shown = home.run(&["init"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(shown.stderr, @r"
    error: there is no terminal to ask for the passphrase on
    hint: run it on a terminal, or give the passphrase with --passphrase-stdin
    ");
    let short = home.run_with(&["init", "--passphrase-stdin"], "short\n");
    assert_eq!(short.code, 2);
    assert!(!home.config().exists(), "nothing is written before the passphrase is set");
}
