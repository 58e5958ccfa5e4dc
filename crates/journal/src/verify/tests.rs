use std::fs;
use std::path::PathBuf;

use ringfence_model::config::Durability;
use ringfence_model::verdict::Decision;

use super::*;
use crate::error::{Broken, Fault};
use crate::frame::HEADER;
use crate::{Journal, Options, sample};

const OPTIONS: Options = Options { durability: Durability::Process, log_id: [9; 16] };

/// A closed journal of two rulings and a short entry: its directory, its file, and where its frames begin and the last
/// one ends.
fn small() -> (tempfile::TempDir, PathBuf, Vec<u64>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("00000000000000000000.rfj");
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let mut starts = vec![HEADER as u64];
    for entry in [sample::judged(1, Decision::Deny), sample::closed(), sample::judged(2, Decision::Deny)] {
        journal.append(&entry).unwrap();
        starts.push(fs::metadata(&file).unwrap().len());
    }
    (dir, file, starts)
}

#[test]
fn a_flip_of_any_byte_is_found_and_named() {
    let (dir, file, starts) = small();
    let whole = fs::read(&file).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&file, &bytes).unwrap();
        let JournalError::Broken(broken) = verify(dir.path()).unwrap_err() else {
            panic!("byte {at}: not broken")
        };
        let entry = starts.iter().rposition(|start| *start <= at as u64);
        let what = match entry.map(|entry| at as u64 - starts[entry]) {
            None => Fault::Header,
            Some(0..8) => Fault::Length,
            Some(_) => Fault::Hash,
        };
        let offset = entry.map_or(0, |entry| starts[entry]);
        assert_eq!(broken, Broken { index: entry.unwrap_or(0) as u64, offset, what }, "byte {at}");
        // Nor does a kernel go on from it.
        let opened = Journal::open(dir.path(), OPTIONS);
        assert!(matches!(opened, Err(JournalError::Broken(same)) if same == broken), "byte {at}");
    }
}

#[test]
fn entries_removed_put_in_or_exchanged_are_found() {
    let (dir, file, starts) = small();
    let whole = fs::read(&file).unwrap();
    let frame =
        |at: usize| &whole[usize::try_from(starts[at]).unwrap()..usize::try_from(starts[at + 1]).unwrap()];
    let header = &whole[..HEADER];
    for (what, bytes, first) in [
        ("removed", [header, frame(0), frame(2)].concat(), 1),
        ("exchanged", [header, frame(1), frame(0), frame(2)].concat(), 0),
        ("repeated", [header, frame(0), frame(0), frame(1), frame(2)].concat(), 1),
    ] {
        fs::write(&file, bytes).unwrap();
        let JournalError::Broken(broken) = verify(dir.path()).unwrap_err() else { panic!("{what}") };
        assert_eq!((broken.index, broken.what), (first, Fault::Hash), "{what}");
    }
}

#[test]
fn an_entry_of_another_log_is_found() {
    let (dir, file, starts) = small();
    let (_other, other_file, _) = {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("00000000000000000000.rfj");
        let (journal, _) = Journal::open(dir.path(), Options { log_id: [8; 16], ..OPTIONS }).unwrap();
        journal.append(&sample::judged(1, Decision::Deny)).unwrap();
        (dir, file, ())
    };
    let mut bytes = fs::read(&file).unwrap();
    let end = usize::try_from(starts[1]).unwrap();
    bytes[HEADER..end].copy_from_slice(&fs::read(other_file).unwrap()[HEADER..end]);
    fs::write(&file, bytes).unwrap();
    let broken = Broken { index: 0, offset: starts[0], what: Fault::Hash };
    assert!(matches!(verify(dir.path()), Err(JournalError::Broken(same)) if same == broken));
}

#[test]
fn a_live_journal_can_be_verified() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let empty = verify(dir.path()).unwrap();
    assert_eq!((empty.entries, empty.torn), (0, None));
    journal.append(&sample::closed()).unwrap();
    let one = verify(dir.path()).unwrap();
    assert_eq!((one.entries, one.torn), (1, None));
    assert_ne!(one.head, empty.head);
    assert_eq!(one.head.len(), 64);
}

#[test]
fn no_journal_is_not_a_valid_one() {
    let dir = tempfile::tempdir().unwrap();
    let error = verify(dir.path()).unwrap_err();
    assert!(
        matches!(error, JournalError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    );
}

#[test]
fn a_newer_format_is_named_as_such() {
    let (dir, file, _) = small();
    let header = crate::frame::Header { version: 2, first: 0, log_id: [9; 16], before: [0; 32] };
    fs::write(&file, header.encode()).unwrap();
    assert!(matches!(verify(dir.path()), Err(JournalError::Version { found: 2, known: 1 })));
    fs::write(dir.path().join("00000000000000000007.rfj"), header.encode()).unwrap();
    assert!(matches!(verify(dir.path()), Err(JournalError::Segment { name }) if name.starts_with("0000")));
}
