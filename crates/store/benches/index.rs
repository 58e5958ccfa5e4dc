//! How fast the view follows the journal and answers: `cargo bench -p ringfence-store`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may fail loudly")]

use std::time::Instant;

use ringfence_model::control::AuditQuery;
use ringfence_model::entry::OutcomeKind;
use ringfence_model::verdict::Decision;
use ringfence_store::Store;

#[path = "../src/sample.rs"]
mod sample;

const CALLS: u64 = 100_000;
const BATCH: usize = 2_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (store, _) = Store::open(&dir.path().join("state.db"), [1; 16]).await.unwrap();
    let mut entries = vec![sample::closed(0)];
    for call in 0..CALLS {
        let mut ruling = sample::ruling(call.into(), Decision::Allow);
        if call % 100 == 0 {
            ruling.principal = format!("uid:{}", call % 7).into();
            ruling.findings.push(sample::finding("github_token"));
        }
        entries.push(sample::judged(call, ruling));
        entries.push(sample::ended(call, call.into(), OutcomeKind::Ok));
    }
    let batches: Vec<Vec<_>> = {
        let mut numbered = (0..).zip(entries);
        std::iter::from_fn(|| {
            let batch: Vec<_> = numbered.by_ref().take(BATCH).collect();
            (!batch.is_empty()).then_some(batch)
        })
        .collect()
    };
    let start = Instant::now();
    for batch in batches {
        store.index(batch).await.unwrap();
    }
    println!("index: {:.0} entries/s", (CALLS * 2) as f64 / start.elapsed().as_secs_f64());

    let newest = AuditQuery::newest(20);
    let rare = AuditQuery { principal: Some("uid:3".into()), ..newest.clone() };
    for (name, query) in [("newest 20", newest), ("20 of a rare principal", rare)] {
        let start = Instant::now();
        assert_eq!(store.calls(&query).await.unwrap().len(), 20);
        println!("{name}: {:?}", start.elapsed());
    }
}
