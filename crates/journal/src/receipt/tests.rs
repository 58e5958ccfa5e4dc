use std::fs;

use ringfence_model::config::Durability;
use ringfence_model::entry::{EntryBody, OutcomeKind};
use ringfence_model::verdict::Decision;

use super::*;
use crate::{Options, origin, sample};

const OPTIONS: Options = Options { durability: Durability::Process, log_id: [9; 16], segment: 50_000 };

fn key() -> NoteKey {
    NoteKey::new(&origin(OPTIONS.log_id), &[1; 32]).unwrap()
}

/// A journal of 300 calls, two entries each.
fn journal() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    for call in 0..300 {
        journal.append(&sample::judged(call, Decision::Allow)).unwrap();
        journal.append(&sample::ended(call, OutcomeKind::Ok)).unwrap();
    }
    (dir, journal)
}

fn receipt(journal: &Journal, call: u64) -> String {
    let receipt = journal.receipt(CallId(call.into()), &[call * 2, call * 2 + 1], &key()).unwrap();
    serde_json::to_string(&receipt).unwrap()
}

#[test]
fn a_call_is_proven_to_who_has_only_the_key() {
    let (dir, journal) = journal();
    for call in [0, 1, 127, 128, 200, 299] {
        let attested = verify_receipt(&receipt(&journal, call), key().verifier(), Values::UNASKED).unwrap();
        let expected =
            Attested { call: CallId(call.into()), indexes: vec![call * 2, call * 2 + 1], size: 600 };
        assert_eq!(attested, expected);
    }
    // After a restart, too; and the log may have grown since.
    drop(journal);
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    journal.append(&sample::closed()).unwrap();
    let attested = verify_receipt(&receipt(&journal, 5), key().verifier(), Values::UNASKED).unwrap();
    assert_eq!(attested.size, 601);
    assert!(matches!(journal.receipt(CallId(1), &[601], &key()), Err(JournalError::NoEntry { index: 601 })));
}

#[test]
fn a_receipt_with_openings_is_of_its_values_and_of_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let secret = SessionSecret::new(&[5; 32]);
    let commit = |which, value: &[u8]| Some(secret.commit(which, CallId(3), &value_digest(value)));
    let mut ruling = sample::ruling(3, Decision::Allow);
    ruling.arguments = commit(Committed::Arguments, b"{}");
    journal.append(&sample::entry(1, EntryBody::Ruling(Box::new(ruling)))).unwrap();
    let mut ended = sample::ended(3, OutcomeKind::Ok);
    if let EntryBody::Outcome(outcome) = &mut ended.body {
        outcome.result = commit(Committed::Result, b"done");
    }
    journal.append(&ended).unwrap();
    let mut receipt = journal.receipt(CallId(3), &[0, 1], &key()).unwrap();
    assert_eq!(receipt.session(), Some(ringfence_model::id::SessionId(7)));
    let check = |receipt: &Receipt, arguments, result| {
        let text = serde_json::to_string(receipt).unwrap();
        verify_receipt(&text, key().verifier(), Values { arguments, result })
    };
    let (right, wrong) = (Some(&b"{}"[..]), Some(&b"{ }"[..]));
    assert!(matches!(check(&receipt, right, None), Err(BadReceipt::Closed("arguments"))));
    receipt.open(&secret);
    assert_eq!(check(&receipt, right, Some(b"done")).unwrap().indexes, [0, 1]);
    assert_eq!(check(&receipt, None, None).unwrap().indexes, [0, 1]);
    assert!(matches!(check(&receipt, wrong, Some(b"done")), Err(BadReceipt::Value("arguments"))));
    assert!(matches!(check(&receipt, right, Some("doné".as_bytes())), Err(BadReceipt::Value("result"))));
    // By the openings of another session.
    receipt.open(&SessionSecret::new(&[6; 32]));
    assert!(matches!(check(&receipt, right, None), Err(BadReceipt::Value("arguments"))));
}

#[test]
fn white_space_and_the_order_of_members_do_not_matter() {
    let (_dir, journal) = journal();
    let value: serde_json::Value = serde_json::from_str(&receipt(&journal, 5)).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    verify_receipt(&pretty, key().verifier(), Values::UNASKED).unwrap();
}

#[test]
fn one_character_changed_is_found() {
    let (_dir, journal) = journal();
    let text = receipt(&journal, 100);
    let whole = verify_receipt(&text, key().verifier(), Values::UNASKED).unwrap();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 7);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let answer = verify_receipt(&changed, key().verifier(), Values::UNASKED);
        assert!(answer.is_err(), "byte {at}: {whole:?} is {answer:?} in {changed}");
    }
}

#[test]
fn a_receipt_of_another_call_log_or_key_proves_nothing() {
    let (_dir, journal) = journal();
    let text = receipt(&journal, 100);
    let other_key = NoteKey::new(key().verifier().name(), &[2; 32]).unwrap();
    assert!(matches!(
        verify_receipt(&text, other_key.verifier(), Values::UNASKED),
        Err(BadReceipt::Checkpoint(_))
    ));
    let of_another = journal.receipt(CallId(5), &[200, 201], &key()).unwrap();
    let of_another = serde_json::to_string(&of_another).unwrap();
    assert!(matches!(
        verify_receipt(&of_another, key().verifier(), Values::UNASKED),
        Err(BadReceipt::Call(200))
    ));
    let twice = text.replacen("{\"format\"", "{\"call\":\"00000000000000000000000000000005\",\"format\"", 1);
    assert!(matches!(verify_receipt(&twice, key().verifier(), Values::UNASKED), Err(BadReceipt::Form(_))));
    let more = text.replacen("{\"format\"", "{\"note\":1,\"format\"", 1);
    assert!(matches!(verify_receipt(&more, key().verifier(), Values::UNASKED), Err(BadReceipt::Form(_))));
}

#[test]
fn an_entry_of_an_earlier_build_is_part_of_the_log_and_not_proven_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (bytes, before) =
        crate::frame::Header { version: 1, ..crate::frame::Header::of_first([9; 16]) }.encode();
    let entry = serde_json::to_vec(&sample::judged(1, Decision::Deny)).unwrap();
    let length = u32::try_from(entry.len()).unwrap();
    let frame = [&length.to_le_bytes()[..], &(!length).to_le_bytes(), &entry].concat();
    let hash = tree::digest(&[&before, &frame]);
    fs::write(dir.path().join("00000000000000000000.rfj"), [&bytes[..], &frame, &hash].concat()).unwrap();
    let (journal, recovered) = Journal::open(dir.path(), OPTIONS).unwrap();
    assert_eq!(recovered.entries, 1);
    assert_eq!(journal.append(&sample::judged(2, Decision::Deny)).unwrap(), 1);
    assert_eq!(crate::verify(dir.path(), None).unwrap().entries, 2);
    let answer = journal.receipt(CallId(1), &[0], &key());
    assert!(matches!(answer, Err(JournalError::NotCanonical { index: 0 })), "{answer:?}");
    let of_the_second = serde_json::to_string(&journal.receipt(CallId(2), &[1], &key()).unwrap()).unwrap();
    assert_eq!(verify_receipt(&of_the_second, key().verifier(), Values::UNASKED).unwrap().size, 2);
}
