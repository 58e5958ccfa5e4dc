use std::fs;
use std::path::PathBuf;

use ringfence_model::config::Durability;
use ringfence_model::verdict::Decision;

use super::*;
use crate::Reader;
use crate::error::{Broken, Fault};
use crate::frame::{HEADER, Header};
use crate::{Journal, Options, SEGMENT, sample};

const OPTIONS: Options = Options { durability: Durability::Process, log_id: [9; 16], segment: SEGMENT };

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
        let JournalError::Broken(broken) = verify(dir.path(), None).unwrap_err() else {
            panic!("byte {at}: not broken")
        };
        let entry = starts.iter().rposition(|start| *start <= at as u64);
        let what = match entry.map(|entry| at as u64 - starts[entry]) {
            None => Fault::Header,
            Some(0..8) => Fault::Length,
            Some(_) => Fault::Hash,
        };
        let offset = entry.map_or(0, |entry| starts[entry]);
        assert_eq!(
            broken,
            Broken { index: entry.unwrap_or(0) as u64, segment: 0, offset, what },
            "byte {at}"
        );
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
        let JournalError::Broken(broken) = verify(dir.path(), None).unwrap_err() else { panic!("{what}") };
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
    let broken = Broken { index: 0, segment: 0, offset: starts[0], what: Fault::Hash };
    assert!(matches!(verify(dir.path(), None), Err(JournalError::Broken(same)) if same == broken));
}

#[test]
fn a_live_journal_can_be_verified() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let empty = verify(dir.path(), None).unwrap();
    assert_eq!((empty.entries, empty.torn), (0, None));
    journal.append(&sample::closed()).unwrap();
    let one = verify(dir.path(), None).unwrap();
    assert_eq!((one.entries, one.torn), (1, None));
    assert_ne!(one.head, empty.head);
    assert_eq!(one.head.len(), 64);
}

#[test]
fn no_journal_is_not_a_valid_one() {
    let dir = tempfile::tempdir().unwrap();
    let error = verify(dir.path(), None).unwrap_err();
    assert!(
        matches!(error, JournalError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    );
}

#[test]
fn a_newer_format_is_named_as_such() {
    let (dir, file, _) = small();
    let header = Header { version: 3, ..Header::of_first([9; 16]) };
    fs::write(&file, header.encode().0).unwrap();
    assert!(matches!(verify(dir.path(), None), Err(JournalError::Version { found: 3, known: 2 })));
    fs::write(dir.path().join("7.rfj"), "").unwrap();
    assert!(matches!(verify(dir.path(), None), Err(JournalError::Segment { name }) if name == "7.rfj"));
}

#[test]
fn a_log_in_segments_is_one_log() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment: 2_000, ..OPTIONS };
    let (journal, _) = Journal::open(dir.path(), options).unwrap();
    let mut live = journal.reader(0).unwrap();
    let mut heads = Vec::new();
    for call in 0..20 {
        journal.append(&sample::judged(call, Decision::Deny)).unwrap();
        assert_eq!(live.next().unwrap().unwrap().0, u64::try_from(call).unwrap());
        assert!(live.next().is_none());
        heads.push(verify(dir.path(), None).unwrap().head);
    }
    drop(journal);
    let mut names: Vec<_> = dir.path().read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
    names.retain(|name| name.to_string_lossy().ends_with(".rfj"));
    names.sort();
    assert!(names.len() > 4, "{names:?}");
    let read =
        |from| Reader::open(dir.path(), from).unwrap().map(|entry| entry.unwrap().0).collect::<Vec<_>>();
    assert_eq!(read(0), (0..20).collect::<Vec<_>>());
    assert_eq!(read(13), (13..20).collect::<Vec<_>>());
    let (journal, recovered) = Journal::open(dir.path(), options).unwrap();
    assert_eq!((recovered.entries, recovered.torn), (20, 0));
    assert_eq!(journal.reader(7).unwrap().count(), 13);
    assert_eq!(journal.append(&sample::closed()).unwrap(), 20);
    drop(journal);

    // Without one of them, the log does not go on; without the last, it is a shorter one.
    for (at, name) in names.iter().enumerate() {
        let (here, away) = (dir.path().join(name), dir.path().join("away"));
        fs::rename(&here, &away).unwrap();
        let answer = verify(dir.path(), None);
        if at + 1 < names.len() {
            assert!(
                matches!(&answer, Err(JournalError::Broken(broken)) if broken.what == Fault::Gap),
                "{answer:?}"
            );
        } else {
            assert!(answer.unwrap().entries < 20);
        }
        fs::rename(away, here).unwrap();
    }
    // Nor where one was put in place of another.
    let [first, second] = [1, 2].map(|at| dir.path().join(&names[at]));
    let bytes = fs::read(&first).unwrap();
    fs::copy(&second, &first).unwrap();
    assert!(matches!(verify(dir.path(), None), Err(JournalError::Broken(_))));
    fs::write(&first, bytes).unwrap();
    assert_eq!(verify(dir.path(), None).unwrap().entries, 21);
}
