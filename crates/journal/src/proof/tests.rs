//! Proofs of a log in use and of one that is only read.

use ringfence_model::config::Durability;
use ringfence_model::verdict::Decision;

use super::*;
use crate::{NoteKey, Options, sample};

const OPTIONS: Options = Options { durability: Durability::Process, log_id: [9; 16], segment: 40_000 };

#[test]
fn a_log_in_use_and_one_that_is_read_prove_the_same_and_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let key = NoteKey::new(&origin(OPTIONS.log_id), &[1; 32]).unwrap();
    for call in 0..700 {
        journal.append(&sample::judged(call, Decision::Deny)).unwrap();
        if call == 599 {
            journal.sign(&key).unwrap();
        }
    }
    let replica = Replica::read(dir.path()).unwrap();
    for old in [0, 1, 255, 256, 257, 511, 512, 600] {
        let told = replica.consistency(old, None).unwrap().unwrap();
        assert_eq!((told.old.size, told.new.size), (old, 600), "to what is signed");
        assert_eq!(told.checkpoint, journal.checkpoint());
        let proof = journal.consistency(old, 600).unwrap().unwrap();
        assert_eq!(told.proof, proof.iter().map(|hash| STANDARD.encode(hash)).collect::<Vec<_>>());
        let root = |size| journal.root_at(size).unwrap().unwrap();
        assert!(tree::is_consistent((old, root(old)), (600, root(600)), &proof));
        assert_eq!(
            replica.add_checkpoint(key.verifier(), old).unwrap(),
            journal.add_checkpoint(old).unwrap(),
            "asked of a witness"
        );
    }
    let told = replica.consistency(650, None).unwrap().unwrap();
    assert_eq!((told.new.size, told.checkpoint), (700, None), "nothing of that size is signed");
    assert_eq!(replica.consistency(701, None).unwrap(), None);
    assert_eq!(replica.consistency(5, Some(701)).unwrap(), None);
    assert_eq!(journal.add_checkpoint(601).unwrap(), None, "a witness that knows more than is signed");
}

#[test]
fn a_proof_is_checked_with_the_key_and_a_checkpoint_that_was_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let key = NoteKey::new(&origin(OPTIONS.log_id), &[1; 32]).unwrap();
    let mut kept = Vec::new();
    for call in 0..300 {
        journal.append(&sample::judged(call, Decision::Deny)).unwrap();
        if [100, 299].contains(&call) {
            kept.push(journal.sign(&key).unwrap().1);
        }
    }
    let proof = Replica::read(dir.path()).unwrap().consistency(101, None).unwrap().unwrap();
    let text = serde_json::to_string(&proof).unwrap();
    assert_eq!(verify_consistency(&text, &kept[0], key.verifier()).unwrap(), (101, 300));
    let other = NoteKey::new(key.verifier().name(), &[2; 32]).unwrap();
    for (kept, key) in [(&kept[1], key.verifier()), (&kept[0], other.verifier())] {
        assert!(matches!(verify_consistency(&text, kept, key), Err(BadConsistency::Checkpoint("old", _))));
    }
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 7);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert!(verify_consistency(&changed, &kept[0], key.verifier()).is_err(), "byte {at}: {changed}");
    }
}
