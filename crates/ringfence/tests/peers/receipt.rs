//! The record for strangers: receipts checked by a program that is not ours, and journals that were changed.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, at};
use super::home::Home;
use super::installed::{Server, part};
use super::wait::until;

/// A kernel before mcp-server-time after a real client has called it, and the id of that call.
fn called() -> (Home, String) {
    let mut home = Home::new();
    let program = Server::Time.program();
    home.configure(&format!(
        "version: 1\nservers:\n  time:\n    command: {program}\n    args: [--local-timezone, UTC]\n"
    ));
    home.serve(&json!({}), &[]);
    let mut client =
        Client::start(&home, Peer::Mcp, &Person::allows(), &[at(&home.url("/servers/time/mcp"))]);
    let answer = client.call(0, "get_current_time", json!({ "timezone": "Asia/Tokyo" }));
    assert_ne!(answer["isError"], true, "{answer}");
    let id = until("the call is over", || {
        let rows = home.tool_calls();
        let row = rows.first().filter(|row| row["outcome"] == "ok")?;
        Some(row["call"].as_str().unwrap().to_owned())
    });
    (home, id)
}

fn key(home: &Home) -> String {
    let (code, said) = home.ringfence(&["keys", "export"]);
    assert_eq!(code, 0, "{said}");
    said["key"].as_str().unwrap().to_owned()
}

/// What the Python script says of the receipt in `file`.
fn by_python(home: &Home, file: &str, key: &str) -> (i32, Value) {
    python(home, &[file, key])
}

fn python(home: &Home, given: &[&str]) -> (i32, Value) {
    let script = part("clients/verify_receipt.py");
    let ran = home.run(part("venv/bin/python"), &[&[&*script], given].concat());
    let said = serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran.status.code().unwrap(), said)
}

#[test]
fn a_receipt_is_checked_offline_by_other_code_and_one_character_is_noticed() {
    let (mut home, call) = called();
    let key = key(&home);
    let receipt = home.run(env!("CARGO_BIN_EXE_ringfence"), &["audit", "receipt", &call]);
    assert!(receipt.status.success(), "{receipt:?}");
    let text = String::from_utf8(receipt.stdout).unwrap();
    let entries = serde_json::from_str::<Value>(&text).unwrap()["entries"].clone();
    let kinds: Vec<_> = entries.as_array().unwrap().iter().map(|proven| &proven["entry"]["entry"]).collect();
    assert_eq!(kinds, ["ruling", "outcome"]);
    // From here on with nothing of ours but the key.
    home.stop();
    fs::remove_dir_all(home.data()).unwrap();
    let file = home.path("receipt.json");
    let file = file.to_str().unwrap();
    fs::write(file, &text).unwrap();
    let (code, said) = by_python(&home, file, &key);
    assert_eq!((code, &said["valid"], &said["call"]), (0, &json!(true), &json!(call)), "{said}");
    let (code, ours) = home.ringfence(&["audit", "verify-receipt", file, "--key", &key]);
    assert_eq!((code, &ours["valid"], &ours["call"]), (0, &json!(true), &json!(call)), "{ours}");
    assert_eq!(ours["size"], said["size"]);

    for (what, changed) in [
        ("decision", text.replacen("\"allow\"", "\"allaw\"", 1)),
        ("target", text.replacen("get_current_time", "get_current_tine", 1)),
        ("call", text.replace(&call, &format!("{:032x}", 5))),
        ("index", text.replacen("\"index\":", "\"index\":1", 1)),
    ] {
        assert_ne!(changed, text, "{what}");
        fs::write(file, changed).unwrap();
        assert_eq!(by_python(&home, file, &key).0, 1, "{what}");
        let (code, ours) = home.ringfence(&["audit", "verify-receipt", file, "--key", &key]);
        assert_eq!((code, &ours["valid"]), (1, &json!(false)), "{what}: {ours}");
    }
    // By the key of another log.
    let other = called().0;
    fs::write(file, &text).unwrap();
    let other = self::key(&other);
    assert_eq!(by_python(&home, file, &other).0, 1);
    assert_eq!(home.ringfence(&["audit", "verify-receipt", file, "--key", &other]).0, 1);
}

#[test]
fn the_arguments_are_shown_to_who_has_them_until_the_session_is_erased() {
    let (mut home, call) = called();
    let key = key(&home);
    let session = home.tool_calls()[0]["session"].as_str().unwrap().to_owned();
    let (file, given) = (home.path("receipt.json"), home.path("given"));
    let (file, given) = (file.to_str().unwrap(), given.to_str().unwrap());
    let receipt = home.run(env!("CARGO_BIN_EXE_ringfence"), &["audit", "receipt", "--open", &call]);
    fs::write(file, &receipt.stdout).unwrap();
    for (arguments, code) in [(r#"{"timezone":"Asia/Tokyo"}"#, 0), (r#"{"timezone":"Asia/Tokio"}"#, 1)] {
        fs::write(given, arguments).unwrap();
        let (by_python, said) = python(&home, &[file, &key, given]);
        assert_eq!(by_python, code, "{said}");
        let verify = ["audit", "verify-receipt", file, "--key", &key, "--arguments", given];
        let (by_us, said) = home.ringfence(&verify);
        assert_eq!(by_us, code, "{said}");
    }
    // The session is over with its kernel.
    home.stop();
    let (code, said) = home.ringfence(&["audit", "erase", "--session", &session]);
    assert_eq!((code, &said["session"]), (0, &json!(session)), "{said}");
    let (code, said) = home.ringfence(&["audit", "receipt", "--open", &call]);
    assert_eq!(code, 2, "{said}");
    assert!(said.to_string().contains("the key of the session is gone"), "{said}");
    let (code, said) = home.ringfence(&["audit", "verify"]);
    assert_eq!((code, &said["valid"]), (0, &json!(true)), "{said}");
    let receipt = home.run(env!("CARGO_BIN_EXE_ringfence"), &["audit", "receipt", &call]);
    fs::write(file, &receipt.stdout).unwrap();
    assert_eq!(by_python(&home, file, &key).0, 0);
    assert_eq!(home.ringfence(&["stop"]).0, 0);
}

#[test]
fn a_call_that_is_not_there_has_no_receipt() {
    let (home, _) = called();
    let (code, said) = home.ringfence(&["audit", "receipt", &format!("{:032x}", 5)]);
    assert_eq!(code, 2, "{said}");
    assert!(said.to_string().contains("no call"), "{said}");
}

/// The only segment of the journal.
fn segment(home: &Home) -> PathBuf {
    home.data().join("journal/00000000000000000000.rfj")
}

/// The lengths at which the log holds whole frames.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = vec![100];
    while let Some(length) = bytes.get(ends[ends.len() - 1]..).and_then(|frame| frame.first_chunk::<4>()) {
        ends.push(ends[ends.len() - 1] + u32::from_le_bytes(*length) as usize + 40);
    }
    ends
}

#[test]
fn a_journal_that_was_cut_off_or_put_back_is_found_and_no_kernel_goes_on_from_it() {
    let (mut home, _) = called();
    let key = key(&home);
    home.stop();
    let (code, said) = home.ringfence(&["audit", "verify"]);
    assert_eq!((code, &said["valid"]), (0, &json!(true)), "{said}");
    assert_eq!(said["signed"], said["entries"], "a kernel signs all before it ends");
    let checkpoint = home.data().join("journal/checkpoint");
    fs::copy(&checkpoint, home.path("kept")).unwrap();

    let whole = fs::read(segment(&home)).unwrap();
    let ends = ends(&whole);
    fs::write(segment(&home), &whole[..ends[ends.len() - 2]]).unwrap();
    let (code, said) = home.ringfence(&["audit", "verify"]);
    assert_eq!((code, &said["valid"]), (1, &json!(false)), "{said}");
    assert!(said["reason"].as_str().unwrap().contains("cut off"), "{said}");
    let (code, said) = home.ringfence(&["status"]);
    assert_ne!(code, 0, "{said}");

    // The checkpoint gone, too: the chain is whole, and only who kept something notices.
    fs::remove_file(&checkpoint).unwrap();
    let (code, said) = home.ringfence(&["audit", "verify"]);
    assert_eq!((code, &said["signed"]), (0, &Value::Null), "{said}");
    let kept = home.path("kept");
    let (code, said) =
        home.ringfence(&["audit", "verify", "--checkpoint", kept.to_str().unwrap(), "--key", &key]);
    assert_eq!((code, &said["valid"]), (1, &json!(false)), "{said}");

    // The log whole again, and its key lost: the kernel makes no other one in its place.
    fs::write(segment(&home), &whole).unwrap();
    fs::copy(&kept, &checkpoint).unwrap();
    assert_eq!(home.ringfence(&["status"]).0, 0);
    assert_eq!(home.ringfence(&["stop"]).0, 0);
    let stored = home.data().join("keys/log");
    fs::rename(&stored, home.path("key")).unwrap();
    let (code, said) = home.ringfence(&["status"]);
    assert_ne!(code, 0, "{said}");
    assert!(!stored.exists());
    fs::rename(home.path("key"), &stored).unwrap();
    assert_eq!(home.ringfence(&["status"]).0, 0);
}
