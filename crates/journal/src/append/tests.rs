use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use ringfence_model::verdict::Decision;

use super::*;
use crate::frame::{HEADER, Header};
use crate::medium::Medium;
use crate::tree::Tree;
use crate::{sample, verify};

const OPTIONS: Options = Options { durability: Durability::Process, log_id: [9; 16], segment: SEGMENT };

/// What the disk does next; after the last one it works.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Works,
    /// Writes this many bytes and no more.
    Short(usize),
    /// Writes nothing: `ENOSPC`.
    Full,
    Interrupted,
    CannotTruncate,
    CannotSync,
}

/// A disk that fails as told; what it holds is a real file.
struct Disk {
    file: File,
    fates: Mutex<Vec<Fate>>,
    syncs: AtomicU64,
}

impl Disk {
    fn next(&self) -> Fate {
        let mut fates = self.fates.lock();
        if fates.is_empty() { Fate::Works } else { fates.remove(0) }
    }
}

struct Shared(Arc<Disk>);

impl Medium for Shared {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        match self.0.next() {
            Fate::Short(most) => Medium::write_at(&self.0.file, &bytes[..most.min(bytes.len())], offset),
            Fate::Full => Err(io::ErrorKind::StorageFull.into()),
            Fate::Interrupted => Err(io::ErrorKind::Interrupted.into()),
            Fate::Works | Fate::CannotTruncate | Fate::CannotSync => {
                Medium::write_at(&self.0.file, bytes, offset)
            }
        }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        if matches!(self.0.next(), Fate::CannotTruncate) {
            return Err(io::Error::from_raw_os_error(5));
        }
        self.0.file.truncate(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.syncs.fetch_add(1, Ordering::Relaxed);
        if matches!(self.0.next(), Fate::CannotSync) {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(())
    }
}

struct Rig {
    dir: tempfile::TempDir,
    disk: Arc<Disk>,
    journal: Journal,
}

fn rig(durability: Durability, fates: &[Fate]) -> Rig {
    let dir = tempfile::tempdir().unwrap();
    let header = Header::of_first(OPTIONS.log_id);
    let (file, head) = segment::create(dir.path(), header).unwrap();
    let disk = Arc::new(Disk { file, fates: Mutex::new(fates.to_vec()), syncs: AtomicU64::new(0) });
    let position = Position::first_of(0);
    let end = recover::End { log_id: OPTIONS.log_id, position, head, tree: Tree::new(), marks: Vec::new() };
    let tail = Tail::new(Arc::new(Shared(Arc::clone(&disk))), end);
    let journal = Journal::at(dir.path(), tail, Options { durability, ..OPTIONS }, None);
    Rig { dir, disk, journal }
}

fn error_kind(result: Result<u64, JournalError>) -> io::ErrorKind {
    match result {
        Err(JournalError::Io { source, .. }) => source.kind(),
        other => panic!("not an I/O error: {other:?}"),
    }
}

#[test]
fn a_full_disk_refuses_the_entry_and_room_lets_the_next_one_in() {
    let rig = rig(Durability::Process, &[Fate::Works, Fate::Short(30), Fate::Full, Fate::Works]);
    assert_eq!(rig.journal.append(&sample::judged(1, Decision::Deny)).unwrap(), 0);
    let before = verify(rig.dir.path(), None).unwrap();
    assert_eq!(
        error_kind(rig.journal.append(&sample::judged(2, Decision::Deny))),
        io::ErrorKind::StorageFull
    );
    assert_eq!(verify(rig.dir.path(), None).unwrap(), before);
    let after = sample::judged(3, Decision::Deny);
    assert_eq!(rig.journal.append(&after).unwrap(), 1);
    let read: Vec<_> = rig.journal.reader(1).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, [(1, after)]);
    assert_eq!(verify(rig.dir.path(), None).unwrap().entries, 2);
}

#[test]
fn short_and_interrupted_writes_are_carried_on() {
    let fates = [Fate::Short(1), Fate::Interrupted, Fate::Short(50), Fate::Interrupted];
    let rig = rig(Durability::Process, &fates);
    rig.journal.append(&sample::judged(1, Decision::Deny)).unwrap();
    let verified = verify(rig.dir.path(), None).unwrap();
    assert_eq!((verified.entries, verified.torn), (1, None));
}

#[test]
fn where_half_a_record_cannot_be_taken_back_nothing_follows_it() {
    let rig = rig(Durability::Process, &[Fate::Works, Fate::Short(30), Fate::Full, Fate::CannotTruncate]);
    rig.journal.append(&sample::closed()).unwrap();
    rig.journal.append(&sample::judged(1, Decision::Deny)).unwrap_err();
    for _ in 0..2 {
        let refused = rig.journal.append(&sample::closed());
        assert!(matches!(refused, Err(JournalError::Failed)), "{refused:?}");
    }
    let verified = verify(rig.dir.path(), None).unwrap();
    assert_eq!((verified.entries, verified.torn), (1, Some(30)));
    drop(rig.journal);
    let (journal, recovered) = Journal::open(rig.dir.path(), OPTIONS).unwrap();
    assert_eq!(recovered.torn, 30);
    assert_eq!(journal.append(&sample::closed()).unwrap(), 1);
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged() {
    let rig = rig(Durability::Power, &[Fate::Works, Fate::CannotSync]);
    rig.journal.append(&sample::closed()).unwrap_err();
    assert!(matches!(rig.journal.append(&sample::closed()), Err(JournalError::Failed)));
}

#[test]
fn only_power_waits_for_the_disk() {
    for (durability, syncs) in [(Durability::Process, 0), (Durability::Power, 3)] {
        let rig = rig(durability, &[]);
        for _ in 0..3 {
            rig.journal.append(&sample::closed()).unwrap();
        }
        assert_eq!(rig.disk.syncs.load(Ordering::Relaxed), syncs);
    }
}

#[test]
fn one_sync_serves_all_who_wait() {
    let rig = rig(Durability::Power, &[]);
    // While somebody syncs, the others write and wait.
    let syncing = rig.journal.synced.lock();
    let written = Barrier::new(9);
    std::thread::scope(|scope| {
        for call in 0..8 {
            let (journal, written) = (&rig.journal, &written);
            scope.spawn(move || {
                let mut draft = Draft::new();
                encode(&mut draft, &[sample::judged(call, Decision::Deny)]).unwrap();
                let (_, end) = journal.write(&mut draft.batch).unwrap();
                written.wait();
                journal.sync_to(end).unwrap();
            });
        }
        written.wait();
        drop(syncing);
    });
    assert_eq!(rig.disk.syncs.load(Ordering::Relaxed), 1);
    assert_eq!(verify(rig.dir.path(), None).unwrap().entries, 8);
}

#[test]
fn threads_append_one_valid_chain_and_each_entry_where_its_index_says() {
    let dir = tempfile::tempdir().unwrap();
    for durability in [Durability::Process, Durability::Power] {
        let (journal, _) = Journal::open(dir.path(), Options { durability, ..OPTIONS }).unwrap();
        let first = journal.entries();
        let mut placed: Vec<(u64, Entry)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8_u128)
                .map(|thread| {
                    let journal = &journal;
                    scope.spawn(move || {
                        let place = |call| {
                            let entry = sample::judged(thread * 1000 + call, Decision::Deny);
                            (journal.append(&entry).unwrap(), entry)
                        };
                        (0..50).map(place).collect::<Vec<_>>()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        placed.sort_by_key(|(index, _)| *index);
        let read: Vec<_> = journal.reader(first).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, placed);
        assert_eq!(verify(dir.path(), None).unwrap().entries, first + 400);
    }
}

#[test]
fn a_second_kernel_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    assert!(matches!(Journal::open(dir.path(), OPTIONS), Err(JournalError::Locked)));
    drop(journal);
    Journal::open(dir.path(), OPTIONS).unwrap();
}

#[test]
fn the_log_keeps_its_id_and_is_readable_by_its_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("journal");
    let (journal, recovered) = Journal::open(&dir, OPTIONS).unwrap();
    assert_eq!(recovered, Recovered { entries: 0, torn: 0, open: Vec::new(), floors: Vec::new() });
    assert_eq!(journal.log_id(), [9; 16]);
    drop(journal);
    let (journal, _) = Journal::open(&dir, Options { log_id: [1; 16], ..OPTIONS }).unwrap();
    assert_eq!(journal.log_id(), [9; 16]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let mut files: Vec<_> = dir.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let expected = ["00000000000000000000.rfj", "lock"].map(|name| (dir.join(name), 0o600));
    assert_eq!(files.iter().map(|file| (file.clone(), mode(file))).collect::<Vec<_>>(), expected);
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    // Also for root, whom permissions do not stop.
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Journal::open(&file.join("journal"), OPTIONS).unwrap_err();
    assert!(matches!(error, JournalError::Io { what: "create the journal's directory", .. }), "{error:?}");
    let read_only = Path::new("/proc/self/fdinfo");
    let error = Journal::open(read_only, OPTIONS).unwrap_err();
    assert!(matches!(error, JournalError::Io { what: "open the journal's lock", .. }), "{error:?}");
}

#[test]
fn a_header_cut_short_is_refused_and_a_draft_of_one_is_not_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let (header, _) = Header::of_first([1; 16]).encode();
    std::fs::write(dir.path().join("00000000000000000000.new"), &header[..40]).unwrap();
    drop(Journal::open(dir.path(), OPTIONS).unwrap());
    let file = dir.path().join("00000000000000000000.rfj");
    for length in [0, 1, HEADER - 1] {
        std::fs::write(&file, &header[..length]).unwrap();
        assert!(matches!(Journal::open(dir.path(), OPTIONS), Err(JournalError::Broken(_))), "{length}");
    }
}

#[test]
fn an_entry_over_the_limit_is_refused_and_leaves_no_trace() {
    let rig = rig(Durability::Process, &[]);
    let mut ruling = sample::ruling(1, Decision::Deny);
    ruling.target = "x".repeat(MAX_ENTRY).into();
    let body = ringfence_model::entry::EntryBody::Ruling(Box::new(ruling));
    let entry = Entry { body, ..sample::closed() };
    assert!(matches!(rig.journal.append(&entry), Err(JournalError::TooLarge { .. })));
    assert_eq!(rig.journal.append(&sample::closed()).unwrap(), 0);
    assert_eq!(verify(rig.dir.path(), None).unwrap().entries, 1);
}
