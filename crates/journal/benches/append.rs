//! What an append costs: `cargo bench -p ringfence-journal`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may fail loudly")]

use std::time::Instant;

use ringfence_journal::{Journal, Options, Reader, SEGMENT, verify};
use ringfence_model::config::Durability;
use ringfence_model::entry::OutcomeKind;
use ringfence_model::verdict::Decision;

#[path = "../src/sample.rs"]
mod sample;

const ENTRIES: u32 = 200_000;

fn main() {
    // Beside the build products, so that it is measured on a real disk and not in memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let options = Options { durability: Durability::Process, log_id: [1; 16], segment: SEGMENT };
    let (journal, _) = Journal::open(dir.path(), options).unwrap();
    let entry = sample::judged(0x1234_5678_9abc_def0_1234_5678_9abc_def0, Decision::Deny);
    println!("entry: {} bytes", serde_json::to_vec(&entry).unwrap().len());

    let mut times = Vec::with_capacity(ENTRIES as usize);
    for _ in 0..ENTRIES {
        let start = Instant::now();
        journal.append(&entry).unwrap();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    for (name, at) in [("p50", ENTRIES / 2), ("p99", ENTRIES / 100 * 99)] {
        println!("append {name}: {:?}", times.get(at as usize).unwrap());
    }

    let call = [entry, sample::ended(1, OutcomeKind::Ok)];
    rate("append_all of ruling and outcome", ENTRIES, || {
        for _ in 0..ENTRIES / 2 {
            journal.append_all(&call).unwrap();
        }
    });
    journal.append(&sample::closed()).unwrap();
    drop(journal);
    rate("verify", ENTRIES * 2, || drop(verify(dir.path(), None).unwrap()));
    rate("open", ENTRIES * 2, || drop(Journal::open(dir.path(), options).unwrap()));
    rate("read", ENTRIES * 2, || {
        assert_eq!(Reader::open(dir.path(), 0).unwrap().count(), ENTRIES as usize * 2 + 1)
    });
}

fn rate(name: &str, entries: u32, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    let each = start.elapsed() / entries;
    println!("{name}: {each:?} per entry");
}
