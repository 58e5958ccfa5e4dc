use std::fs;
use std::io::Write as _;

use ringfence_model::config::Durability;
use ringfence_model::verdict::Decision;

use super::*;
use crate::error::Fault;
use crate::tail::MARK_EVERY;
use crate::{Journal, Options, SEGMENT, sample};

const OPTIONS: Options = Options { durability: Durability::Process, log_id: [9; 16], segment: SEGMENT };

fn read(reader: &mut Reader) -> Vec<(u64, Entry)> {
    reader.map(Result::unwrap).collect()
}

#[test]
fn a_reader_goes_on_with_what_is_appended() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let mut live = journal.reader(0).unwrap();
    let mut offline = Reader::open(dir.path(), 0).unwrap();
    for index in 0..5 {
        assert_eq!(read(&mut live), []);
        assert_eq!(read(&mut offline), []);
        let entry = sample::judged(u128::from(index), Decision::Allow);
        journal.append(&entry).unwrap();
        assert_eq!(read(&mut live), [(index, entry.clone())]);
        assert_eq!(read(&mut offline), [(index, entry)]);
    }
}

#[test]
fn a_reader_begins_where_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let total = MARK_EVERY * 2 + 10;
    let entries: Vec<_> = (0..total).map(|call| sample::judged(call.into(), Decision::Deny)).collect();
    // In pieces, so that marks fall on and within batches.
    for piece in entries.chunks(300) {
        journal.append_all(piece).unwrap();
    }
    let check = |journal: &Journal| {
        for from in
            [0, 1, MARK_EVERY - 1, MARK_EVERY, MARK_EVERY + 1, MARK_EVERY * 2, total - 1, total, total + 5]
        {
            let expected: Vec<_> = (from..total).collect();
            let indexes = |reader: Reader| reader.map(|entry| entry.unwrap().0).collect::<Vec<_>>();
            assert_eq!(indexes(journal.reader(from).unwrap()), expected, "from {from}");
            assert_eq!(indexes(Reader::open(dir.path(), from).unwrap()), expected, "from {from}");
        }
    };
    check(&journal);
    drop(journal);
    check(&Journal::open(dir.path(), OPTIONS).unwrap().0);
}

#[test]
fn a_record_under_way_is_not_read_until_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("00000000000000000000.rfj");
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let before = fs::metadata(&file).unwrap().len();
    let entry = sample::closed();
    journal.append(&entry).unwrap();
    drop(journal);
    let whole = fs::read(&file).unwrap();
    let (start, frame) = whole.split_at(usize::try_from(before).unwrap());
    fs::write(&file, start).unwrap();
    let mut reader = Reader::open(dir.path(), 0).unwrap();
    // First a record that is taken back, as after a failed write; then the one that stays.
    let mut writer = fs::OpenOptions::new().append(true).open(&file).unwrap();
    writer.write_all(&frame.iter().map(|byte| byte ^ 0x20).collect::<Vec<_>>()[..6]).unwrap();
    assert_eq!(read(&mut reader), []);
    writer.set_len(before).unwrap();
    for byte in frame {
        assert_eq!(read(&mut reader), []);
        writer.write_all(&[*byte]).unwrap();
    }
    assert_eq!(read(&mut reader), [(0, entry)]);
}

#[test]
fn a_reader_stops_at_damage() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("00000000000000000000.rfj");
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    for call in 0..3 {
        journal.append(&sample::judged(call, Decision::Deny)).unwrap();
    }
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let mut reader = journal.reader(0).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().0, 0);
    for _ in 0..2 {
        assert!(matches!(reader.next(), Some(Err(JournalError::Broken(broken))) if broken.index == 1));
    }
}

#[test]
fn a_log_that_was_cut_off_under_the_kernel_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    journal.append_all(&vec![sample::closed(); usize::try_from(MARK_EVERY).unwrap() + 1]).unwrap();
    let file = fs::OpenOptions::new().write(true).open(dir.path().join("00000000000000000000.rfj")).unwrap();
    file.set_len(200).unwrap();
    let shrunk =
        |error: &JournalError| matches!(error, JournalError::Broken(broken) if broken.what == Fault::Shrunk);
    let error = journal.reader(MARK_EVERY).unwrap().next().unwrap().unwrap_err();
    assert!(shrunk(&error), "{error}");
}
