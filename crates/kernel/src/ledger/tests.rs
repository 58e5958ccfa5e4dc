//! What is recorded where all of it does not fit into an entry.

use ringfence_journal::{JournalError, MAX_ENTRY, Reader};
use ringfence_model::config::{Config, PolicyConfig};
use ringfence_model::entry::{Entry, EntryBody};
use ringfence_policy::PolicySet;
use serde_json::{Value, json};

use crate::env::Env;
use crate::kernel::{Kernel, Parts};

/// A ruling whose provenance has so many values, each with four sources of this target, and so many reasons.
fn ruling(values: usize, reasons: usize, target: &str) -> Entry {
    let label = json!({ "confidentiality": "secret", "pii": false, "integrity": "untrusted" });
    let source = |call: usize| json!({ "call": format!("{call:032x}"), "target": target, "by": "atom", "label": label });
    let value = |at: usize| {
        json!({
            "pointer": format!("/{}/{at}", "k".repeat(2_000)), "role": "consequential", "word": "untrusted",
            "label": label, "sources": [source(1), source(2), source(3), source(4)],
        })
    };
    let reason = json!({ "rule": "r", "decision": "allow", "severity": "info", "message": "m".repeat(500) });
    let entry = json!({
        "v": 2, "time": "2026-11-20T16:45:00.000000001Z", "entry": "ruling", "call": format!("{:032x}", 9),
        "realm": "default", "principal": "uid:1000", "session": format!("{:032x}", 7), "action": "call_tool",
        "target": "t", "provenance": { "values": (0..values).map(value).collect::<Vec<Value>>() },
        "floor": label, "policy": "p",
        "verdict": { "decision": "allow", "reasons": vec![reason; reasons] },
    });
    serde_json::from_value(entry).unwrap()
}

#[tokio::test]
async fn a_ruling_that_is_larger_than_an_entry_is_recorded_in_short_and_one_that_is_so_in_short_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let kernel = Kernel::start(Parts {
        config: Config::standard(),
        policy: PolicySet::load(&[], &PolicyConfig::standard()).unwrap(),
        lock: None,
        data_dir: dir.path().to_owned(),
        builtins: Vec::new(),
        base_environment: Vec::new(),
        env: Env::system().unwrap(),
    })
    .unwrap();
    let large = ruling(64, 1, &"t".repeat(1_024));
    assert!(serde_json::to_vec(&large).unwrap().len() > MAX_ENTRY);
    let index = kernel.record(&large).unwrap();
    let mut reader = Reader::open(&dir.path().join("journal"), index).unwrap();
    let (_, Entry { body: EntryBody::Ruling(kept), .. }) = reader.next().unwrap().unwrap() else {
        panic!("a ruling is recorded");
    };
    assert!(kept.shortened);
    let EntryBody::Ruling(given) = &large.body else { panic!("it is one") };
    let said = |ruling: &ringfence_model::entry::Ruling| {
        let of = |value: &ringfence_model::provenance::Origin| (value.role, value.word, value.label);
        ruling.provenance.values.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(said(&kept), said(given), "what policy judges by is whole");
    assert_eq!(kept.verdict, given.verdict);

    let before = kernel.journal.entries();
    let refused = kernel.record(&ruling(1, 200, "t"));
    assert!(matches!(refused, Err(JournalError::TooLarge { .. })), "{refused:?}");
    assert_eq!(kernel.journal.entries(), before);
}
