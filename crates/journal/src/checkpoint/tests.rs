use std::fs;

use ringfence_model::config::Durability;
use ringfence_model::verdict::Decision;

use super::*;
use crate::{Options, Trusted, sample, verify};

const OPTIONS: Options = Options { durability: Durability::Process, log_id: [9; 16], segment: 20_000 };

fn key() -> NoteKey {
    NoteKey::new(&origin(OPTIONS.log_id), &[1; 32]).unwrap()
}

/// A closed journal of `entries` entries, of which the first `signed` are signed.
fn log(entries: u32, signed: u32) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    for call in 0..entries {
        if call == signed {
            assert_eq!(journal.sign(&key()).unwrap().0, u64::from(signed));
        }
        journal.append(&sample::judged(call.into(), Decision::Deny)).unwrap();
    }
    if entries == signed {
        journal.sign(&key()).unwrap();
    }
    dir
}

/// What the log in `dir` is found to be by who reads it and by a kernel that would go on with it.
fn found(dir: &Path, key: &NoteVerifier) -> Result<Option<u64>, Fault> {
    let fault = |error: JournalError| {
        let JournalError::Broken(broken) = error else { panic!("{error}") };
        broken.what
    };
    let read = verify(dir, Some(Trusted { key, kept: &[] })).map(|verified| verified.signed).map_err(fault);
    let opened =
        Journal::open(dir, OPTIONS).and_then(|(journal, _)| journal.check_signed(key)).map_err(fault);
    assert_eq!(read, opened);
    read
}

#[test]
fn what_is_signed_is_told_and_what_follows_too() {
    for (entries, signed) in [(1, 1), (5, 0), (5, 3), (600, 512), (700, 513), (700, 700)] {
        let dir = log(entries, signed);
        assert_eq!(found(dir.path(), key().verifier()), Ok(Some(signed.into())), "{signed} of {entries}");
        let verified = verify(dir.path(), Some(Trusted { key: key().verifier(), kept: &[] })).unwrap();
        assert_eq!(verified.entries, u64::from(entries));
        assert_eq!(verified.origin, key().verifier().name());
    }
}

#[test]
fn a_note_is_a_checkpoint_of_the_specification() {
    let dir = log(3, 3);
    let note = read(dir.path()).unwrap().unwrap();
    let root = verify(dir.path(), None).unwrap().root;
    let lines: Vec<_> = note.lines().collect();
    assert_eq!(lines[..2], ["ringfence/09090909090909090909090909090909", "3"]);
    let read: String = STANDARD.decode(lines[2]).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(read, root);
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with("\u{2014} ringfence/0909"), "{note}");
    assert_eq!(lines.len(), 5);
}

#[test]
fn a_log_cut_off_is_found() {
    let dir = log(30, 20);
    let file = dir.path().join("00000000000000000000.rfj");
    let whole = fs::read(&file).unwrap();
    // Cut at the ends of frames, where the chain alone sees nothing.
    let mut ends = vec![crate::frame::HEADER];
    while let Some(length) = whole.get(ends[ends.len() - 1]..).and_then(|frame| frame.first_chunk::<4>()) {
        ends.push(ends[ends.len() - 1] + u32::from_le_bytes(*length) as usize + crate::frame::OVERHEAD);
    }
    assert_eq!(ends.len(), 31);
    for (kept, end) in ends.iter().enumerate() {
        fs::write(&file, &whole[..*end]).unwrap();
        let expected = if kept < 20 { Err(Fault::Cut) } else { Ok(Some(20)) };
        assert_eq!(found(dir.path(), key().verifier()), expected, "{kept}");
    }
}

#[test]
fn a_log_written_anew_is_found_though_its_chain_is_whole() {
    let dir = log(30, 20);
    let other = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(other.path(), OPTIONS).unwrap();
    for call in 0..30 {
        let decision = if call == 7 { Decision::Allow } else { Decision::Deny };
        journal.append(&sample::judged(call, decision)).unwrap();
    }
    drop(journal);
    fs::copy(dir.path().join("checkpoint"), other.path().join("checkpoint")).unwrap();
    assert_eq!(verify(other.path(), None).unwrap().entries, 30);
    assert_eq!(found(other.path(), key().verifier()), Err(Fault::Unsigned));
}

#[test]
fn a_checkpoint_of_another_key_or_log_is_none() {
    let dir = log(5, 5);
    for wrong in [
        NoteKey::new(key().verifier().name(), &[2; 32]).unwrap(),
        NoteKey::new(&origin([8; 16]), &[1; 32]).unwrap(),
    ] {
        assert_eq!(found(dir.path(), wrong.verifier()), Err(Fault::Checkpoint));
    }
    // Signed by the right key, but not the one text that says so.
    let (size, root) = (5, [0; 32]);
    let text = Checkpoint { size, root }.text(key().verifier().name());
    for text in
        [text.replace("\n5\n", "\n05\n"), format!("{text}more\n"), text.replace("ringfence/0", "ringfence/1")]
    {
        fs::write(dir.path().join("checkpoint"), key().sign(&text)).unwrap();
        assert_eq!(found(dir.path(), key().verifier()), Err(Fault::Checkpoint), "{text}");
    }
    for text in [&b""[..], b"\xff\xfe", b"not a note\n"] {
        fs::write(dir.path().join("checkpoint"), text).unwrap();
        assert_eq!(found(dir.path(), key().verifier()), Err(Fault::Checkpoint));
    }
    fs::remove_file(dir.path().join("checkpoint")).unwrap();
    assert_eq!(found(dir.path(), key().verifier()), Ok(None));
}

#[test]
fn what_did_not_grow_is_not_signed_again() {
    let dir = log(5, 5);
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    journal.check_signed(key().verifier()).unwrap();
    let before = fs::read(dir.path().join("checkpoint")).unwrap();
    fs::remove_file(dir.path().join("checkpoint")).unwrap();
    let (size, note) = journal.sign(&key()).unwrap();
    assert_eq!((size, note.as_bytes()), (5, &before[..]));
    assert!(!dir.path().join("checkpoint").exists());
    journal.append(&sample::closed()).unwrap();
    assert_eq!(journal.sign(&key()).unwrap().0, 6);
    assert!(dir.path().join("checkpoint").exists());
}

#[test]
fn a_checkpoint_kept_elsewhere_finds_a_log_that_was_put_back() {
    let dir = log(30, 10);
    let early = read(dir.path()).unwrap().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let (_, late) = journal.sign(&key()).unwrap();
    drop(journal);
    let key = key();
    let found = |dir: &Path, kept: &[&String]| {
        let kept: Vec<String> = kept.iter().map(|note| (*note).clone()).collect();
        let found = verify(dir, Some(Trusted { key: key.verifier(), kept: &kept }));
        found.map(|verified| verified.signed).map_err(|error| {
            let JournalError::Broken(broken) = error else { panic!("{error}") };
            broken.what
        })
    };
    assert_eq!(found(dir.path(), &[&late, &early, &late]), Ok(Some(30)));
    // The log and its checkpoint as they were earlier: sound by themselves.
    let before = log(10, 10);
    assert_eq!(found(before.path(), &[]), Ok(Some(10)));
    assert_eq!(found(before.path(), &[&early]), Ok(Some(10)));
    assert_eq!(found(before.path(), &[&early, &late]), Err(Fault::Cut));
    // And a log that went another way after that.
    let (journal, _) = Journal::open(before.path(), OPTIONS).unwrap();
    journal.append_all(&vec![sample::closed(); 30]).unwrap();
    journal.sign(&key).unwrap();
    assert_eq!(found(before.path(), &[&early]), Ok(Some(40)));
    assert_eq!(found(before.path(), &[&late]), Err(Fault::Unsigned));
    assert_eq!(found(before.path(), &[&"not signed\n".to_owned()]), Err(Fault::Checkpoint));
}
