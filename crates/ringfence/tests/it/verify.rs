//! `audit verify` on a journal that is as written, and on one that is not.

use ringfence_journal::{Journal, Options, SEGMENT};
use ringfence_model::config::Durability;
use ringfence_model::entry::{ENTRY_VERSION, Entry, EntryBody};
use ringfence_model::id::Timestamp;
use serde_json::Value;

use super::home::Home;

fn journal(home: &Home) -> std::path::PathBuf {
    let folder = home.data().join("journal");
    std::fs::create_dir_all(home.data()).unwrap();
    let options = Options { durability: Durability::Process, log_id: [7; 16], segment: SEGMENT };
    let (journal, _) = Journal::open(&folder, options).unwrap();
    for count in 0..3 {
        let body = EntryBody::Aggregate { what: "rate-limited".into(), principal: None, count };
        journal.append(&Entry { v: ENTRY_VERSION, time: Timestamp(count), body }).unwrap();
    }
    drop(journal);
    let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
    files.max_by_key(|file| file.metadata().unwrap().len()).unwrap()
}

#[test]
fn a_journal_as_written_is_valid() {
    let home = Home::new();
    journal(&home);
    let text = home.run(&["audit", "verify"]);
    assert_eq!((text.code, text.stderr.as_str()), (0, ""));
    assert!(text.stdout.starts_with("valid: 3 entries, head "), "{}", text.stdout);
    let json = home.run(&["audit", "verify", "--json"]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&report["valid"], &report["entries"], &report["torn"]), (&true.into(), &3.into(), &0.into()));
    let head = report["head"].as_str().unwrap();
    // No kernel ran here, so there is no key that could have signed.
    let unsigned = "not signed: nothing shows that the end was not cut off";
    assert_eq!(text.stdout, format!("valid: 3 entries, head {head}\n{unsigned}\n"));
    assert_eq!(report["signed"], Value::Null);
}

#[test]
fn one_changed_byte_names_the_entry() {
    let home = Home::new();
    let segment = journal(&home);
    let mut bytes = std::fs::read(&segment).unwrap();
    let second = bytes.windows(9).position(|window| window == b"\"count\":1").unwrap();
    bytes[second + 8] = b'9';
    std::fs::write(&segment, bytes).unwrap();
    let text = home.run(&["audit", "verify"]);
    assert_eq!((text.code, text.stderr.as_str()), (1, ""));
    assert!(text.stdout.starts_with("not valid: entry 1, at byte "), "{}", text.stdout);
    let json = home.run(&["audit", "verify", "--json"]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &report["valid"], &report["entry"]), (1, &false.into(), &1.into()));
}
